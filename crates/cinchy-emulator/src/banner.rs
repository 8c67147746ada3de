//! What a person, or a program by the locator file, needs to begin: URLs and ready credentials.

use std::fmt::{self, Write as _};
use std::path::Path;

use cinchy_auth::client::IntegratedClient;
use cinchy_seed::Seed;
use cinchy_seed::model::GrantType;
use serde::Serialize;

/// URLs and credentials of a started emulator; also the locator file (its members are documented).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Web root: the API is below it.
    pub url: String,
    /// SSO: the token URL is `<sso>/identity/connect/token`.
    pub sso_url: String,
    /// Console.
    pub admin_url: String,
    /// Control API; `None` when it is off.
    pub control_url: Option<String>,
    /// This process.
    pub pid: u32,
    /// The first enabled client with the password grant.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<String>,
    /// The first enabled user with a plain password in the seed, no administrator if there is one.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<String>,
}

/// What the seeds say about who may sign in, or the data where it was made of other seeds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    pub client: Option<(String, Option<String>)>,
    /// Users with plain passwords, in the order of the seed. None of data of other seeds: it has hashes only.
    pub users: Vec<(String, String)>,
    /// The first of them that is no administrator, else `admin`.
    pub user: Option<(String, String)>,
}

impl Credentials {
    /// Reads them from the seeds of this start. A bare platform has `admin`/`cinchy`.
    pub(crate) fn of(seeds: &[Seed]) -> Self {
        let mut found = Self::default();
        let mut plain = None;
        let mut admin = Some(("admin".to_owned(), "cinchy".to_owned()));
        for user in seeds.iter().flat_map(|s| &s.users) {
            let Some(password) = &user.password else {
                if user.username.eq_ignore_ascii_case("admin") && user.password_hash.is_some() {
                    admin = None;
                }
                continue;
            };
            let pair = (user.username.value.clone(), password.expose().to_owned());
            if user.username.eq_ignore_ascii_case("admin") {
                admin = Some(pair.clone());
            }
            let is_admin = user
                .groups
                .iter()
                .any(|g| g.eq_ignore_ascii_case("Cinchy Administrators"));
            let enabled = user.disabled != Some(true);
            if plain.is_none()
                && enabled
                && !is_admin
                && !user.username.eq_ignore_ascii_case("admin")
            {
                plain = Some(pair.clone());
            }
            if enabled {
                found.users.push(pair);
            }
        }
        if found.users.is_empty() {
            found.users.extend(admin.clone());
        }
        found.user = plain.or(admin);
        found.client = seeds
            .iter()
            .flat_map(|s| &s.clients)
            .find(|c| {
                c.enabled != Some(false)
                    && c.grant_type
                        .iter()
                        .any(|g| g.value == GrantType::ResourceOwnerPassword)
            })
            .map(|c| {
                (
                    c.client_id.value.clone(),
                    c.secret.as_ref().map(|s| s.expose().to_owned()),
                )
            });
        found
    }

    /// The first client of the data that may use the password grant.
    pub(crate) fn of_data(clients: Vec<IntegratedClient>) -> Self {
        let client = clients.into_iter().find(|client| {
            client.enabled
                && client
                    .grant_types
                    .contains(&cinchy_auth::grant_type::GrantType::ResourceOwnerPassword)
        });
        Self {
            client: client.map(|c| (c.client_id, Some(c.secret.expose().to_owned()))),
            ..Self::default()
        }
    }
}

/// The banner of a start.
pub(crate) struct Banner<'a> {
    pub ready: &'a Ready,
    pub credentials: &'a Credentials,
    pub database: &'a str,
    pub notes: &'a [String],
    /// `Domain/Name` of a saved query to try, as a URL path.
    pub query: Option<&'a str>,
    pub version: &'a str,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.ready;
        writeln!(f, "cinchy-emulator {} is ready\n", self.version)?;
        writeln!(f, "  Web       {}", ready.url)?;
        writeln!(
            f,
            "  SSO       {}    (token: POST {}/identity/connect/token)",
            ready.sso_url, ready.sso_url
        )?;
        writeln!(f, "  Console   {}", ready.admin_url)?;
        if let Some(control) = &ready.control_url {
            writeln!(f, "  Control   {control}")?;
        }
        writeln!(f, "  Database  {}\n", self.database)?;
        if let Some(client) = &ready.client_id {
            let secret = ready
                .client_secret
                .as_deref()
                .unwrap_or("(generated; see Integrated Clients)");
            writeln!(f, "  Client    {client}    secret {secret}")?;
        } else {
            writeln!(
                f,
                "  Client    none that may use the password grant; add one to the seed (`clients:`)"
            )?;
        }
        if self.credentials.users.is_empty() {
            writeln!(f, "  Users     those of the database, with their passwords")?;
        }
        for (index, (user, password)) in self.credentials.users.iter().enumerate() {
            let head = if index == 0 { "Users   " } else { "        " };
            writeln!(f, "  {head}  {user} / {password}")?;
        }
        for note in self.notes {
            writeln!(f, "\n  Note: {note}")?;
        }
        if let (Some(client), Some(secret), Some(user), Some(password)) = (
            &ready.client_id,
            &ready.client_secret,
            &ready.username,
            &ready.password,
        ) {
            writeln!(f, "\nGet a token:\n")?;
            writeln!(f, "  curl -s {}/identity/connect/token \\", ready.sso_url)?;
            writeln!(f, "    -d grant_type=password -d scope=js_api \\")?;
            writeln!(
                f,
                "    -d client_id={} -d client_secret={} \\",
                shell(client),
                shell(secret)
            )?;
            writeln!(
                f,
                "    --data-urlencode username={} --data-urlencode password={}",
                shell(user),
                shell(password)
            )?;
            if let Some(query) = self.query {
                writeln!(f, "\nRun a saved query:\n")?;
                writeln!(
                    f,
                    "  curl -s -H \"Authorization: Bearer $TOKEN\" '{}/API/{query}'",
                    ready.url
                )?;
                writeln!(
                    f,
                    "  curl -s -u {} '{}/BasicAuthAPI/{query}?ResultFormat=CSV'",
                    shell(&format!("{user}:{password}")),
                    ready.url
                )?;
            }
        }
        Ok(())
    }
}

/// Quotes a word for a shell when it needs it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Percent-encodes a path segment.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Writes the locator file: whole or not at all.
pub(crate) fn write_locator(path: &Path, ready: &Ready) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, ready)?;
    std::io::Write::write_all(&mut file, b"\n")?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
