//! Which part of the program a path belongs to: what is written into the journal, and what a fault may hit.

/// A part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The platform's web API.
    Web,
    /// The platform's identity server, its pages included.
    Identity,
    /// The console.
    Console,
    /// The emulator's own: control API, probes, metrics, styles.
    Own,
}

impl Area {
    /// The part of a canonical path.
    pub fn of(path: &str) -> Self {
        let first = path[1.min(path.len())..]
            .split('/')
            .next()
            .unwrap_or_default();
        match first {
            "connect" | ".well-known" | "saml2" | "authservices" | "device" | "home" => {
                Self::Identity
            }
            // The web API answers below `/account` too.
            "account" if path.starts_with("/account/get") => Self::Web,
            "account" => Self::Identity,
            "admin" => Self::Console,
            "_emulator" | "livez" | "readyz" | "metrics" | "assets" | "favicon.ico" => Self::Own,
            _ => Self::Web,
        }
    }

    /// Whether its requests stand in the journal: those of the platform itself do.
    pub fn is_recorded(self) -> bool {
        matches!(self, Self::Web | Self::Identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_their_parts() {
        for (path, expected) in [
            ("/", Area::Web),
            ("/api/HR/Employees", Area::Web),
            ("/account/getgroupscurrentuserbelongsto", Area::Web),
            ("/account/login", Area::Identity),
            ("/connect/token", Area::Identity),
            ("/saml2/acs", Area::Identity),
            ("/authservices/acs", Area::Identity),
            ("/admin/users", Area::Console),
            ("/_emulator/info", Area::Own),
            ("/livez", Area::Own),
            ("", Area::Web),
        ] {
            assert_eq!(Area::of(path), expected, "{path}");
        }
    }
}
