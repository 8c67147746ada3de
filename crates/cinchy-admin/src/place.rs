//! Addresses of the console's pages, all below the path of the instance.

/// Where the console keeps a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What runs here.
    Overview,
    /// Integrated Clients.
    Clients,
    /// Users.
    Users,
    /// Groups.
    Groups,
    /// Domains and tables.
    Tables,
    /// Saved queries.
    Queries,
    /// The journal of requests.
    Requests,
    /// The emulator itself.
    Emulator,
    /// Health.
    Health,
    /// What is emulated.
    Fidelity,
    /// The signed-in user's own settings.
    Settings,
    /// None of them.
    Nowhere,
}

impl Section {
    /// The section of an address below the instance's path: where a page belongs that cannot be shown.
    pub fn of(address: &str) -> Self {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let name = path.strip_prefix("/admin").unwrap_or(path);
        match name.trim_start_matches('/').split('/').next() {
            Some("" | "index") => Self::Overview,
            Some("clients") => Self::Clients,
            Some("users") => Self::Users,
            Some("groups") => Self::Groups,
            Some("tables") => Self::Tables,
            Some("queries") => Self::Queries,
            Some("requests") => Self::Requests,
            Some("emulator") => Self::Emulator,
            Some("health") => Self::Health,
            Some("fidelity") => Self::Fidelity,
            Some("settings") => Self::Settings,
            _ => Self::Nowhere,
        }
    }
}

/// What follows scheme and host in a URL; empty when nothing does.
pub fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_shown_has_its_section() {
        for (address, expected) in [
            ("/admin", Section::Overview),
            ("/admin/clients?q=a/b", Section::Clients),
            ("/admin/tables/7/rows/2", Section::Tables),
            ("/admin/nothing", Section::Nowhere),
        ] {
            assert_eq!(Section::of(address), expected, "{address}");
        }
    }

    #[test]
    fn a_path_is_what_follows_the_host() {
        for (url, expected) in [
            ("http://localhost:8081", ""),
            ("http://[::1]:8081/i/suite", "/i/suite"),
            ("https://team.example/tools", "/tools"),
        ] {
            assert_eq!(path_of(url), expected);
        }
    }
}
