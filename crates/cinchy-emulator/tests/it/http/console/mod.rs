//! The console over real HTTP, as a browser without JavaScript uses it.

mod emulator;
mod grid;
mod requests;
mod rights;
mod tables;

use cinchy_testkit::Emulator;
use reqwest::Response;

use crate::support::browser::{Browser, hidden, location};

/// Opens the console as this user, through the login page.
pub async fn signed_in(emulator: &Emulator, user: &str, password: &str) -> Browser {
    let mut browser = Browser::new(emulator);
    let authorize = location(&browser.get("/admin").await);
    let back = browser.sign_in(&authorize, user, password).await;
    let home = browser.get(&back).await;
    assert_eq!(home.status(), 303, "the console takes the sign-in");
    browser
}

/// Opens it as the demo's administrator.
pub async fn administrator(emulator: &Emulator) -> Browser {
    signed_in(emulator, "admin", "cinchy").await
}

/// The text of a page that answers this status.
#[track_caller]
pub fn checked(response: &Response, status: u16) {
    assert_eq!(response.status(), status, "{}", response.url());
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
}

/// The text of a page.
pub async fn page(browser: &mut Browser, path: &str, status: u16) -> String {
    let response = browser.get(path).await;
    checked(&response, status);
    let text = response.text().await.unwrap();
    assert!(text.len() < 100_000, "{path} has {} bytes", text.len());
    text
}

/// Sends the form of a page that goes to `action` and has this text in it, with fields of one's own; where it leads, or the
/// page that says what is wrong.
pub async fn send(
    browser: &mut Browser,
    page: &str,
    action: &str,
    within: &str,
    fields: &[(&str, &str)],
) -> Result<String, String> {
    let form = page
        .split("<form")
        .skip(1)
        .map(|form| form.split("</form>").next().unwrap())
        .find(|form| form.contains(&format!("action=\"{action}\"")) && form.contains(within))
        .unwrap_or_else(|| panic!("no form to {action} with `{within}` in {page}"));
    let mut all = hidden(form);
    all.extend(
        fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
    );
    let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let response = browser.post(action, &all).await;
    if response.status() == 303 {
        return Ok(location(&response));
    }
    Err(response.text().await.unwrap())
}

/// A text of a page as people read it.
pub fn plain(html: &str) -> String {
    html.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}

/// Cinchy Id of a table or query, as the list of the console links it.
pub async fn id_of(emulator: &Emulator, list: &str, name: &str) -> i32 {
    let mut admin = administrator(emulator).await;
    let shown = page(&mut admin, list, 200).await;
    let at = shown
        .find(&format!(">{name}</a>"))
        .unwrap_or_else(|| panic!("no {name} in {shown}"));
    let link = shown[..at].rsplit("href=\"").next().unwrap();
    let id = link.trim_end_matches('"').rsplit('/').next().unwrap();
    id.split(['"', '?']).next().unwrap().parse().unwrap()
}
