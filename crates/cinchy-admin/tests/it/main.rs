//! The page and what it needs, called without a socket.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod clients;
mod data;
mod emulator;
mod people;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use cinchy_auth::{IssuerRule, PlainSecret, TokenProfile};
use cinchy_storage::seeding::{Mode, Seeds, apply_once, prepare};
use cinchy_storage::{Base, Database, Options};
use cinchy_web::session::{Kind, Login};
use cinchy_web::{
    ControlAccess, Instance, InstanceOptions, Platform, PlatformOptions, assets, edge,
};

fn platform(control: ControlAccess, base_path: &str) -> Arc<Platform> {
    let database = Database::open(&Options::default()).unwrap();
    let base = Arc::new(Base::new(prepare(Seeds::none(), Mode::Replace).unwrap()));
    apply_once(&database, base.prepared(), chrono::Utc::now()).unwrap();
    let instance = Instance::new(InstanceOptions {
        name: None,
        database,
        issuers: IssuerRule::new(None, base_path, None).unwrap(),
        token_profile: TokenProfile::V2,
        spare_key: None,
        keys: None,
        base,
        hashing: Arc::default(),
    });
    let options = PlatformOptions {
        version: "1.2.3",
        public_url: None,
        base_path: base_path.to_owned(),
        faithful: false,
        token_profile: TokenProfile::V2,
        control,
        loopback: true,
    };
    Arc::new(Platform::new(options, Arc::new(instance.unwrap())))
}

async fn send(platform: &Arc<Platform>, request: TestRequest) -> (u16, HeaderMap, String) {
    let app = init_service(
        App::new()
            .app_data(web::Data::from(platform.clone()))
            .wrap(from_fn(edge::cross))
            .configure(assets::routes)
            .configure(cinchy_admin::routes),
    )
    .await;
    let mut request = request
        .insert_header(("host", "localhost:8081"))
        .to_request();
    if let Some(user) = request.head_mut().headers_mut().remove(WHO).next() {
        let own = session(platform, user.to_str().unwrap());
        let more = request
            .head()
            .headers()
            .get("cookie")
            .map(|c| c.to_str().unwrap().to_owned());
        let cookies = format!("{own}; {}", more.unwrap_or_default());
        request
            .headers_mut()
            .insert(header::COOKIE, cookies.parse().unwrap());
    }
    let response = call_service(&app, request).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (
        status,
        headers,
        String::from_utf8(read_body(response).await.to_vec()).unwrap(),
    )
}

/// The header that says whose browser sends a request of these tests.
const WHO: &str = "x-test-user";

thread_local! {
    /// Cookies of sessions of the console by platform and user: each test is a thread, and a user signs in once.
    static SESSIONS: RefCell<HashMap<(usize, String), String>> = RefCell::default();
}

/// The cookie of a user's session.
fn session(platform: &Arc<Platform>, user: &str) -> String {
    let key = (Arc::as_ptr(platform) as usize, user.to_owned());
    if let Some(known) = SESSIONS.with(|all| all.borrow().get(&key).cloned()) {
        return known;
    }
    let instance = platform.default_instance();
    let entry = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        generation.user_by_name(conn, user)
    });
    let entry: Arc<cinchy_web::PrincipalEntry> = entry.unwrap().unwrap();
    let login = Login::new("pwd", "local", chrono::Utc::now());
    let cookie = instance.start_session(Kind::Console, &entry.user, &login);
    let cookie = format!(
        "{}={}",
        instance.cookies().console,
        cookie.unwrap().expose()
    );
    SESSIONS.with(|all| all.borrow_mut().insert(key, cookie.clone()));
    cookie
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header((WHO, "admin"))
}

/// What stands between two texts, the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no `{before}` in {text}"));
    rest.split_once(after).unwrap().0
}

/// The token that the forms of a page carry.
async fn token_on(platform: &Arc<Platform>, page: &str) -> String {
    let (_, _, html) = send(platform, get(page)).await;
    between(&html, "name=\"form_token\" value=\"", "\"").to_owned()
}

/// Sends a form of a page, with the token that the page carries.
async fn post(
    platform: &Arc<Platform>,
    page: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> (u16, String, String) {
    let token = token_on(platform, page).await;
    send_form(platform, action, fields, &token).await
}

async fn send_form(
    platform: &Arc<Platform>,
    action: &str,
    fields: &[(&str, &str)],
    token: &str,
) -> (u16, String, String) {
    let mut fields = fields.to_vec();
    fields.push(("form_token", token));
    let request = TestRequest::post()
        .uri(action)
        .insert_header((WHO, "admin"))
        .set_form(fields);
    let (status, headers, body) = send(platform, request).await;
    let to = headers
        .get("location")
        .map(|to| to.to_str().unwrap().to_owned());
    (status, to.unwrap_or_default(), body)
}

#[actix_web::test]
async fn the_page_says_what_runs() {
    let open = platform(ControlAccess::Loopback, "");
    for path in ["/admin", "/Admin/", "/admin/index", "/Cinchy/Admin/Index"] {
        let (status, headers, page) = send(&open, get(path)).await;
        assert_eq!(status, 200, "{path}");
        assert_eq!(
            headers.get("content-type").unwrap(),
            "text/html; charset=utf-8"
        );
        assert!(
            headers
                .get("content-security-policy")
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(headers.get(name).unwrap(), value);
        }
        for said in [
            "1.2.3",
            "Green",
            "SQLite",
            "default",
            "<code>http://localhost:8081/identity/connect/token</code>",
            "href=\"/assets/console.css\"",
            "href=\"/_emulator/info\"",
        ] {
            assert!(page.contains(said), "{said}\n{page}");
        }
    }
    assert_eq!(
        send(&open, TestRequest::delete().uri("/admin")).await.0,
        405
    );
    let (status, headers, _) = send(&open, TestRequest::get().uri("/admin")).await;
    assert_eq!(status, 302);
    let to = headers.get("location").unwrap().to_str().unwrap();
    assert!(
        to.starts_with("http://localhost:8081/connect/authorize?"),
        "{to}"
    );
    let (status, _, page) = send(
        &open,
        TestRequest::get().uri("/admin/signin?code=x&state=y"),
    )
    .await;
    assert_eq!(status, 401);
    assert!(page.contains("was not begun in this browser"), "{page}");
}

#[actix_web::test]
async fn links_stand_below_the_base_path_and_follow_the_control_api() {
    let token = platform(ControlAccess::Token(PlainSecret::new("t")), "/tools");
    let (_, _, page) = send(&token, get("/tools/admin")).await;
    assert!(
        page.contains("href=\"/tools/assets/console.css\""),
        "{page}"
    );
    assert!(page.contains("<code>http://localhost:8081/tools/_emulator</code>"));
    assert!(page.contains("needs the control token"));
    let (_, _, page) = send(&platform(ControlAccess::Off, ""), get("/admin")).await;
    assert!(!page.contains("/_emulator"), "{page}");
}

#[actix_web::test]
async fn assets_are_served_and_kept_by_tag() {
    let open = platform(ControlAccess::Off, "");
    let css = || TestRequest::get().uri("/Assets/console.css");
    let (status, headers, body) = send(&open, css()).await;
    assert_eq!(
        (
            status,
            headers.get("content-type").unwrap().to_str().unwrap()
        ),
        (200, "text/css; charset=utf-8")
    );
    assert!(body.contains("color-scheme: light dark"));
    let tag = headers.get("etag").unwrap().to_str().unwrap().to_owned();
    let (status, headers, body) =
        send(&open, css().insert_header(("if-none-match", tag.clone()))).await;
    assert_eq!(
        (
            status,
            headers.get("etag").unwrap().to_str().unwrap(),
            body.as_str()
        ),
        (304, tag.as_str(), "")
    );
    for known in ["\"other\"", "garbage", "*", ""] {
        assert_eq!(
            send(&open, css().insert_header(("if-none-match", known)))
                .await
                .0,
            200,
            "{known}"
        );
    }
    for missing in ["/assets/nothing.css", "/assets/..%2fCargo.toml", "/assets/"] {
        assert_eq!(
            send(&open, TestRequest::get().uri(missing)).await.0,
            404,
            "{missing}"
        );
    }
}
