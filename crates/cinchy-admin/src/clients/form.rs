//! The form of a client: what was typed, and what is wrong with it.

use cinchy_auth::client::join_urls;
use cinchy_auth::{GrantType, Scope};

use super::{Client, grant_help, redirects, scope_help};
use crate::form::Pairs;

/// A client id, a secret or a scope list may be so long (contract: requests are refused beyond it).
const LONGEST_ID: usize = 100;
/// A redirect URL may be so long.
const LONGEST_URL: usize = 400;
/// A year.
const LONGEST_LIFETIME: i32 = 31_536_000;

/// What stands in the form.
#[derive(Debug, Clone)]
pub struct Draft {
    pub client_id: String,
    pub name: String,
    pub grants: Vec<Choice>,
    /// One a line.
    pub login_urls: String,
    pub logout_urls: String,
    pub scopes: Vec<Choice>,
    pub lifetime: String,
    pub show_login: bool,
    pub enabled: bool,
    pub wrong: Wrong,
}

/// A box that can be ticked.
#[derive(Debug, Clone)]
pub struct Choice {
    pub value: &'static str,
    /// Also the id of its element.
    pub key: String,
    pub help: &'static str,
    pub ticked: bool,
}

/// What is wrong, by field; empty where nothing is.
#[derive(Debug, Clone, Default)]
pub struct Wrong {
    pub client_id: String,
    pub grants: String,
    pub login_urls: String,
    pub logout_urls: String,
    pub scopes: String,
    pub lifetime: String,
}

impl Wrong {
    /// Messages with the ids of their fields.
    pub fn all(&self) -> Vec<(&'static str, &str)> {
        [
            ("client_id", self.client_id.as_str()),
            ("grants", &self.grants),
            ("login_urls", &self.login_urls),
            ("logout_urls", &self.logout_urls),
            ("scopes", &self.scopes),
            ("lifetime", &self.lifetime),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
    }
}

/// Values that can be written.
#[derive(Debug)]
pub struct Valid {
    pub client_id: String,
    pub name: Option<String>,
    pub grants: String,
    pub login_urls: Option<String>,
    pub logout_urls: Option<String>,
    pub scopes: Option<String>,
    pub lifetime: Option<i32>,
    pub show_login: bool,
    pub enabled: bool,
}

fn grant_choices(ticked: &[GrantType]) -> Vec<Choice> {
    GrantType::ALL
        .iter()
        .map(|grant| Choice {
            value: grant.as_str(),
            key: format!("grant-{}", grant.as_str().to_lowercase().replace(' ', "-")),
            help: grant_help(*grant),
            ticked: ticked.contains(grant),
        })
        .collect()
}

fn scope_choices(ticked: &[Scope]) -> Vec<Choice> {
    Scope::ALL
        .iter()
        .map(|scope| Choice {
            value: scope.choice(),
            key: format!("scope-{}", scope.as_str()),
            help: scope_help(*scope),
            ticked: ticked.contains(scope),
        })
        .collect()
}

impl Draft {
    /// A new client: ready for an app of the SDKs but for its addresses.
    pub fn blank() -> Self {
        let usual: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|scope| scope.as_str() != "offline_access")
            .collect();
        Self {
            client_id: String::new(),
            name: String::new(),
            grants: grant_choices(&[GrantType::ResourceOwnerPassword]),
            login_urls: String::new(),
            logout_urls: String::new(),
            scopes: scope_choices(&usual),
            lifetime: String::new(),
            show_login: true,
            enabled: true,
            wrong: Wrong::default(),
        }
    }

    /// The form of a client.
    pub fn of(client: &Client) -> Self {
        Self {
            client_id: client.client_id.clone(),
            name: client.name.clone(),
            grants: grant_choices(&client.grants),
            login_urls: client.login_urls.join("\n"),
            logout_urls: client.logout_urls.join("\n"),
            scopes: scope_choices(&client.scopes),
            lifetime: client.lifetime.map(|s| s.to_string()).unwrap_or_default(),
            show_login: client.show_login,
            enabled: client.enabled,
            wrong: Wrong::default(),
        }
    }

    /// The form of a copy: a client id that nobody has, the rest as it is.
    pub fn copy(client: &Client, taken: &[String]) -> Self {
        let mut copy = Self::of(client);
        let id = |number: usize| match number {
            1 => format!("{}-copy", client.client_id),
            n => format!("{}-copy-{n}", client.client_id),
        };
        let free = (1..).map(id).find(|id| !taken.contains(id));
        copy.client_id = free.unwrap_or_default();
        if !copy.name.is_empty() {
            copy.name.push_str(" (copy)");
        }
        copy
    }

    /// What was sent, whatever it was: nothing typed is lost.
    pub fn sent(form: &Pairs) -> Self {
        let ticked = |name: &str| form.all(name);
        let grants: Vec<GrantType> = ticked("grants")
            .into_iter()
            .filter_map(|text| GrantType::parse(text).ok())
            .collect();
        let scopes: Vec<Scope> = ticked("scopes")
            .into_iter()
            .filter_map(|text| Scope::parse(text).ok())
            .collect();
        Self {
            client_id: form.text("client_id").to_owned(),
            name: form.text("name").to_owned(),
            grants: grant_choices(&grants),
            login_urls: form.get("login_urls").unwrap_or_default().to_owned(),
            logout_urls: form.get("logout_urls").unwrap_or_default().to_owned(),
            scopes: scope_choices(&scopes),
            lifetime: form.text("lifetime").to_owned(),
            show_login: form.has("show_login"),
            enabled: form.has("enabled"),
            wrong: Wrong::default(),
        }
    }

    /// The values to write, or the form with what is wrong beside its fields. `taken`: client ids of others.
    pub fn check(mut self, taken: &[String]) -> Result<Valid, Box<Self>> {
        let mut wrong = Wrong::default();
        if self.client_id.is_empty() {
            wrong.client_id = "Give the client an id, for example my-app.".to_owned();
        } else if self.client_id.chars().count() > LONGEST_ID {
            wrong.client_id =
                format!("At most {LONGEST_ID} characters: longer ones are refused at sign-in.");
        } else if self
            .client_id
            .chars()
            .any(|c| c.is_control() || c.is_whitespace())
        {
            wrong.client_id = "No blanks: an id travels in addresses.".to_owned();
        } else if taken.contains(&self.client_id) {
            wrong.client_id = format!("Another client has the id {}.", self.client_id);
        }
        let grants = ticked(&self.grants);
        if grants.is_empty() {
            wrong.grants =
                "Tick at least one: a client without a grant type cannot get a token.".to_owned();
        }
        let login_urls = urls(&self.login_urls);
        let needs_urls = self
            .grants
            .iter()
            .filter(|choice| choice.ticked)
            .filter_map(|choice| GrantType::parse(choice.value).ok())
            .any(redirects);
        match &login_urls {
            Err(text) => wrong.login_urls.clone_from(text),
            Ok(urls) if urls.is_empty() && needs_urls => {
                wrong.login_urls = "Implicit and Authorization Code need at least one: the browser is sent back to nowhere else. For example http://localhost:4200/.".to_owned();
            }
            Ok(_) => {}
        }
        let logout_urls = urls(&self.logout_urls);
        if let Err(text) = &logout_urls {
            wrong.logout_urls.clone_from(text);
        }
        let scopes = ticked(&self.scopes);
        if scopes.is_empty() {
            wrong.scopes =
                "Tick at least one: js_api is what calls of the web API need.".to_owned();
        }
        let lifetime = lifetime(&self.lifetime);
        if let Err(text) = &lifetime {
            wrong.lifetime.clone_from(text);
        }
        match (login_urls, logout_urls, lifetime) {
            (Ok(login), Ok(logout), Ok(lifetime)) if wrong.all().is_empty() => Ok(Valid {
                client_id: self.client_id,
                name: Some(self.name).filter(|name| !name.is_empty()),
                grants,
                login_urls: Some(join_urls(&login)).filter(|text| !text.is_empty()),
                logout_urls: Some(join_urls(&logout)).filter(|text| !text.is_empty()),
                scopes: Some(scopes),
                lifetime,
                show_login: self.show_login,
                enabled: self.enabled,
            }),
            _ => {
                self.wrong = wrong;
                Err(Box::new(self))
            }
        }
    }
}

/// Ticked values as a cell of several choices holds them.
fn ticked(choices: &[Choice]) -> String {
    let ticked: Vec<&str> = choices
        .iter()
        .filter(|c| c.ticked)
        .map(|c| c.value)
        .collect();
    ticked.join(", ")
}

fn lifetime(text: &str) -> Result<Option<i32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<i32>() {
        Ok(seconds) if (1..=LONGEST_LIFETIME).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(format!(
            "A whole number of seconds from 1 to {LONGEST_LIFETIME} (a year), or nothing for an hour."
        )),
    }
}

/// Addresses, one a line or with semicolons between.
fn urls(text: &str) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    for url in text
        .split(['\n', ';'])
        .map(str::trim)
        .filter(|u| !u.is_empty())
    {
        check_url(url)?;
        if !found.iter().any(|known| known == url) {
            found.push(url.to_owned());
        }
    }
    Ok(found)
}

fn check_url(url: &str) -> Result<(), String> {
    let shown: String = url.chars().take(80).collect();
    let bad = |why: &str| Err(format!("“{shown}” {why}"));
    let Some((scheme, rest)) = url.split_once(':') else {
        return bad(
            "is not a full address: it must begin with http:// or https:// (or the scheme of a mobile app).",
        );
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let is_web = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https");
    if !is_scheme || rest.is_empty() {
        return bad(
            "is not a full address: it must begin with http:// or https:// (or the scheme of a mobile app).",
        );
    }
    if matches!(
        scheme.to_ascii_lowercase().as_str(),
        "javascript" | "data" | "vbscript" | "file"
    ) {
        return bad("is not an address that a browser may be sent to.");
    }
    if is_web
        && rest
            .strip_prefix("//")
            .is_none_or(|host| host.is_empty() || host.starts_with('/'))
    {
        return bad("has no host: write it as http://localhost:4200/.");
    }
    if url.contains('#') {
        return bad("has a #: the answer is put there, so an address must not have one.");
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return bad("has a blank in it. Put each address on a line of its own.");
    }
    if url.chars().count() > LONGEST_URL {
        return bad("is longer than 400 characters, which is refused at sign-in.");
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;

    fn sent(text: &str) -> Draft {
        Draft::sent(&Pairs::decode(text.as_bytes()))
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let good = "client_id=a&grants=Implicit&login_urls=http://a/&scopes=js_api";
        assert!(sent(good).check(&[]).is_ok());
        for (text, field) in [
            (
                "grants=Implicit&login_urls=http://a/&scopes=js_api",
                "client_id",
            ),
            ("client_id=a+b&grants=Saml2&scopes=js_api", "client_id"),
            ("client_id=b&grants=Saml2&scopes=js_api", "client_id"),
            ("client_id=a&scopes=js_api", "grants"),
            ("client_id=a&grants=Implicit&scopes=js_api", "login_urls"),
            (
                "client_id=a&grants=Saml2&scopes=js_api&login_urls=nowhere",
                "login_urls",
            ),
            (
                "client_id=a&grants=Saml2&scopes=js_api&login_urls=http://a/%23x",
                "login_urls",
            ),
            (
                "client_id=a&grants=Saml2&scopes=js_api&login_urls=http:///x",
                "login_urls",
            ),
            (
                "client_id=a&grants=Saml2&scopes=js_api&login_urls=JavaScript:alert(1)",
                "login_urls",
            ),
            (
                "client_id=a&grants=Saml2&scopes=js_api&logout_urls=http://a+b/",
                "logout_urls",
            ),
            ("client_id=a&grants=Saml2", "scopes"),
            (
                "client_id=a&grants=Saml2&scopes=js_api&lifetime=0",
                "lifetime",
            ),
            (
                "client_id=a&grants=Saml2&scopes=js_api&lifetime=1h",
                "lifetime",
            ),
        ] {
            let draft = sent(text).check(&["b".to_owned()]).unwrap_err();
            let fields: Vec<_> = draft.wrong.all().iter().map(|(f, _)| *f).collect();
            assert_eq!(fields, [field], "{text}");
        }
    }

    #[test]
    fn addresses_are_taken_one_a_line_or_with_semicolons() {
        let urls = urls("http://a/\n  https://b/x?y=1 ; my-app://back\n\nhttp://a/").unwrap();
        assert_eq!(urls, ["http://a/", "https://b/x?y=1", "my-app://back"]);
    }

    #[test]
    fn nothing_typed_is_lost() {
        let draft =
            sent("client_id=a+b&name=N&login_urls=x%0D%0Ay&lifetime=soon&scopes=Email&enabled=on");
        let draft = draft.check(&[]).unwrap_err();
        assert_eq!(
            (
                draft.client_id.as_str(),
                draft.name.as_str(),
                draft.login_urls.as_str()
            ),
            ("a b", "N", "x\ny")
        );
        assert_eq!(
            (draft.lifetime.as_str(), draft.enabled, draft.show_login),
            ("soon", true, false)
        );
        assert!(draft.scopes.iter().any(|s| s.value == "Email" && s.ticked));
    }
}
