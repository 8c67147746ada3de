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
