//! A browser as far as the flows of the identity server need one: cookies, forms, and redirects that the test follows
//! itself, so that it sees each.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cinchy_testkit::{Builder, Emulator};
use reqwest::{Response, Url};
use serde_json::Value;

use super::backends::builder;

/// Clients of every flow, for users of the demo seed.
const CLIENTS: &str = "
users:
  - { username: browse, password: browse-pw-1, firstName: Bea, lastName: Browse, email: bea@example.test }
  - { username: forget, password: forget-pw-1 }
  - { username: service, password: service-pw-1, authenticationMethod: Non Interactive }
  - { username: sso-only, password: sso-pw-1-x, authenticationMethod: Single Sign-On }
clients:
  - { clientId: spa, grantType: [Implicit], redirectUrls: [\"http://localhost:4200/\", \"http://localhost:4200/silent.html\"], logoutUrls: [\"http://localhost:4200/bye\"], scopes: [js_api, openid, id, profile, email, roles], secret: spa-secret }
  - { clientId: web, grantType: [Authorization Code], redirectUrls: [\"http://localhost:3000/cb\"], logoutUrls: [\"http://localhost:3000/\", \"http://localhost:3000/bye\"], scopes: [js_api, openid, id, profile, email, roles, offline_access], secret: web-secret }
  - { clientId: web2, grantType: [Authorization Code], redirectUrls: [\"http://localhost:3000/cb\"], scopes: [js_api, openid, offline_access], secret: web2-secret }
  - { clientId: both, grantType: [Authorization Code, Implicit], redirectUrls: [\"http://localhost:3000/both\"], scopes: [js_api, openid, id], secret: both-secret }
  - { clientId: machine, grantType: [Client Credentials], scopes: [js_api, openid, id], secret: machine-secret }
  - { clientId: tv, grantType: [Device Code], scopes: [js_api, openid, id, offline_access], secret: tv-secret }
";

/// The demo seed, the cases' seed, and clients of every flow.
pub fn with_clients() -> Builder {
    builder().seed_text(CLIENTS)
}

/// The verifier of every PKCE pair here.
pub const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0123456789";

/// Its challenge.
pub fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
}

/// A browser.
pub struct Browser {
    base: String,
    http: reqwest::Client,
    /// By name.
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    /// One without cookies.
    pub fn new(emulator: &Emulator) -> Self {
        Self::at(emulator.url(), emulator.http().clone())
    }

    /// One without cookies, for a server at this address; the client follows no redirects.
    pub fn at(base: &str, http: reqwest::Client) -> Self {
        Self {
            base: base.to_owned(),
            http,
            cookies: BTreeMap::new(),
        }
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let request = request.header("cookie", cookies.join("; "));
        let response = request.send().await.unwrap();
        for set in response.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// GET.
    pub async fn get(&mut self, path: &str) -> Response {
        let request = self.http.get(self.url(path));
        self.send(request).await
    }

    /// POST of a form as it is.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.http.post(self.url(path)).form(fields);
        self.send(request).await
    }

    /// Opens a page and posts its form with these fields; its hidden ones go along.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Response {
        let body = self.get(page).await.text().await.unwrap();
        let mut all: Vec<(String, String)> = hidden(&body);
        all.extend(
            fields
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        );
        let request = self.http.post(self.url(action)).form(&all);
        self.send(request).await
    }

    /// Signs in at the login page, on the way to an authorize request; where the browser is sent then.
    pub async fn sign_in(&mut self, authorize: &str, user: &str, password: &str) -> String {
        let first = self.get(authorize).await;
        let login = location(&first);
        assert!(login.contains("/account/login?returnUrl="), "{login}");
        let answer = self
            .submit(
                &login,
                "/account/login",
                &[("username", user), ("password", password)],
            )
            .await;
        assert_eq!(answer.status(), 302, "the login");
        let back = location(&answer);
        assert!(back.contains("/connect/authorize/callback?"), "{back}");
        location(&self.get(&back).await)
    }
}

/// The hidden fields of the first form of a page.
pub fn hidden(body: &str) -> Vec<(String, String)> {
    let form = body.split("</form>").next().unwrap();
    form.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once('"').unwrap();
            let value = rest
                .split_once("value=\"")
                .unwrap()
                .1
                .split('"')
                .next()
                .unwrap();
            let value = value
                .replace("&#38;", "&")
                .replace("&amp;", "&")
                .replace("&#34;", "\"")
                .replace("&#39;", "'");
            (name.to_owned(), value)
        })
        .collect()
}

/// Where an answer sends the browser.
#[track_caller]
pub fn location(response: &Response) -> String {
    let header = response.headers().get("location");
    let header = header.unwrap_or_else(|| panic!("no Location, status {}", response.status()));
    header.to_str().unwrap().to_owned()
}

/// The parameters of a redirect: of its fragment, or of its query.
#[track_caller]
pub fn parameters(location: &str) -> BTreeMap<String, String> {
    let url = Url::parse(location).unwrap();
    let text = url
        .fragment()
        .filter(|fragment| fragment.contains('=') && *fragment != "_=_");
    let text = text.or(url.query()).unwrap_or_default();
    assert!(!text.contains('+'), "a blank is %20: {text}");
    Url::parse(&format!("http://x/?{text}"))
        .unwrap()
        .query_pairs()
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect()
}

/// An authorize request of client `web`, with PKCE.
pub fn code_request(more: &str) -> String {
    format!(
        "/connect/authorize?response_type=code&client_id=web&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcb\
         &scope=openid%20profile%20js_api%20offline_access&state=st&nonce=n1&code_challenge={}&code_challenge_method=S256{more}",
        challenge()
    )
}

/// An authorize request of client `spa` as the Angular SDK sends it.
pub fn implicit_request(more: &str) -> String {
    format!(
        "/connect/authorize?response_type=id_token%20token&client_id=spa&state=st%3Bx&redirect_uri=http%3A%2F%2Flocalhost%3A4200%2F\
         &scope=js_api%20openid%20id%20profile%20email%20roles&nonce=n1{more}"
    )
}

/// Posts a form to the token endpoint; status and body.
pub async fn token(emulator: &Emulator, fields: &[(&str, &str)]) -> (u16, Value) {
    post_json(emulator, "/connect/token", fields).await
}

/// Posts a form; status and body, `null` where there is none.
pub async fn post_json(emulator: &Emulator, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}{path}", emulator.url());
    let response = emulator.http().post(url).form(fields).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Exchanges a code of client `web`.
pub async fn exchange(emulator: &Emulator, code: &str) -> (u16, Value) {
    token(
        emulator,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("client_secret", "web-secret"),
            ("code", code),
            ("redirect_uri", "http://localhost:3000/cb"),
            ("code_verifier", VERIFIER),
        ],
    )
    .await
}

/// Uses a refresh token of client `web`.
pub async fn refresh(emulator: &Emulator, refresh_token: &str) -> (u16, Value) {
    token(
        emulator,
        &[
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("client_secret", "web-secret"),
            ("refresh_token", refresh_token),
        ],
    )
    .await
}
