//! `POST /identity/connect/token`: what is granted and what is refused, with the exact JSON.

use serde_json::{Value, json};

use crate::support::backends::start_on_each;
use crate::support::case::{Case, basic, check, get, post, request};

const TOKEN: &str = "/identity/connect/token";
const CLIENT: &str = "client_id=app&client_secret=app-secret&grant_type=password";
const USER: &str = "username=ann&password=ann-demo-1";

/// A documented request with something more.
fn asked(more: &str) -> Case {
    post(TOKEN).form(format!("{CLIENT}&{USER}&scope=js_api{more}"))
}

/// Another form.
fn form(body: &str) -> Case {
    post(TOKEN).form(body).named(body)
}

fn granted(case: Case) -> Case {
    no_store(case)
        .header("content-type", "application/json; charset=UTF-8")
        .has("\",\"expires_in\":3600,\"token_type\":\"Bearer\"}")
        .without("x-emulator-reason")
        .without("set-cookie")
}

fn no_store(case: Case) -> Case {
    case.header_has("cache-control", "no-store")
        .header("pragma", "no-cache")
}

/// 400 with this error and nothing else. Why is in a header.
fn refused(case: Case, error: &str) -> Case {
    refused_with(case, json!({ "error": error }))
}

/// The documented answer to bad credentials.
fn bad_user(case: Case) -> Case {
    let answer =
        json!({"error": "invalid_grant", "error_description": "Invalid username or password"});
    refused_with(case, answer)
}

fn refused_with(case: Case, answer: Value) -> Case {
    no_store(case.is(400))
        .header("content-type", "application/json; charset=UTF-8")
        .gives_json(answer)
        .header_has("x-emulator-reason", " ")
        .without("www-authenticate")
}

fn grants() -> Vec<Case> {
    let upper = "CLIENT_ID=app&CLIENT_SECRET=app-secret&GRANT_TYPE=password&USERNAME=ann&PASSWORD=ann-demo-1&SCOPE=js_api";
    let documented = "Client_id=app&Client_secret=app-secret&Grant_Type=password&Username=ann&Password=ann-demo-1&Scope=js_api";
    let lower_hex = "client_id=app&client_secret=app%2dsecret&grant_type=password&username=Zo%c3%ab&password=ann%2ddemo%2d1&scope=js_api";
    let no_client = format!("grant_type=password&scope=js_api&{USER}");
    let mut cases: Vec<Case> = [
        asked("").named("the six fields"),
        asked("&foo=bar&=").named("unknown fields"),
        asked("")
            .with("content_type", "application/json")
            .named("the toolkit's stray header"),
        post(TOKEN)
            .body(
                "application/x-www-form-urlencoded;charset=utf-8",
                format!("{CLIENT}&{USER}&scope=js_api"),
            )
            .named("with a charset"),
        post(TOKEN)
            .body(
                "Application/X-WWW-Form-Urlencoded",
                format!("{CLIENT}&{USER}&scope=js_api"),
            )
            .named("content type in another case"),
        form(upper),
        form(documented),
        form(lower_hex),
        form(&format!("{CLIENT}&{USER}")),
        form(&format!("{CLIENT}&{USER}&scope=openid+js_api%20profile")),
        form(&format!("{CLIENT}&{USER}&scope=openid")),
        form(&format!(
            "{CLIENT}&scope=js_api&username=ANN&password=ann-demo-1"
        )),
        form(&format!(
            "{CLIENT}&scope=js_api&username=ZO%C3%8B&password=ann-demo-1"
        )),
        form(&format!(
            "{CLIENT}&scope=js_api&username=robot&password=ann-demo-1"
        )),
        post(TOKEN)
            .form(no_client.as_str())
            .authorization(basic("app", "app-secret"))
            .named("secret by Basic"),
        post(TOKEN)
            .form(format!("{no_client}&client_id=app"))
            .authorization(basic("app", "app-secret"))
            .named("secret by Basic, id in both"),
        asked("")
            .authorization(basic("app", "app-secret"))
            .named("secret in both"),
        asked("")
            .authorization(basic("app", ""))
            .named("Basic without a secret"),
        asked("").authorization("Bearer null").named("Bearer null"),
        asked("")
            .authorization("Basic !!!")
            .named("a header that cannot be read"),
        post(TOKEN)
            .form(no_client.as_str())
            .authorization(basic("odd+app%3A1", "a%2Bb+c%25%C3%A9%3Ad"))
            .named("Basic in form encoding"),
        form(&format!(
            "client_id=odd+app%3A1&client_secret=a%2Bb+c%25%C3%A9%3Ad&grant_type=password&{USER}"
        )),
        asked("")
            .with("origin", "https://app.example.test")
            .named("from a browser"),
    ]
    .into_iter()
    .map(granted)
    .collect();
    for mount in [
        "",
        "/idp",
        "/idp/identity",
        "/cinchysso",
        "/CinchySSO/Identity",
        "/cinchyssocore",
        "/cinchyssocore/identity",
        "/",
        "//identity/",
    ] {
        let path = format!("{mount}/connect/token");
        cases.push(granted(
            post(&path).form(format!("{CLIENT}&{USER}&scope=js_api")),
        ));
    }
    for path in ["/IDENTITY/CONNECT/TOKEN", "/identity/connect/token/"] {
        cases.push(granted(
            post(path).form(format!("{CLIENT}&{USER}&scope=js_api")),
        ));
    }
    for (client, lifetime) in [("long", 7200), ("brief", 1), ("narrow", 3600)] {
        let body =
            format!("client_id={client}&client_secret={client}-secret&grant_type=password&{USER}");
        let answer = format!("\"expires_in\":{lifetime},\"token_type\":\"Bearer\"}}");
        cases.push(form(&body).has(&answer));
    }
    cases
}

fn bad_requests() -> Vec<Case> {
    let json = json!({"client_id": "app", "client_secret": "app-secret", "grant_type": "password",
        "username": "ann", "password": "ann-demo-1", "scope": "js_api"});
    let in_query = format!("{TOKEN}?{CLIENT}&{USER}&scope=js_api");
    let big = format!(
        "{CLIENT}&{USER}&scope=js_api&filler={}",
        "x".repeat(2 << 20)
    );
    [
        get(TOKEN),
        get(&in_query),
        request("PUT", TOKEN).form(format!("{CLIENT}&{USER}")),
        request("DELETE", TOKEN),
        post(TOKEN).named("nothing"),
        post(TOKEN).body("application/json", json.to_string()).named("JSON"),
        post(TOKEN).body("text/plain", format!("{CLIENT}&{USER}")).named("text"),
        post(TOKEN).body("", format!("{CLIENT}&{USER}")).named("no content type"),
        post(TOKEN)
            .body("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\npassword\r\n--x--\r\n")
            .named("multipart"),
        post(&in_query).named("everything in the query string"),
        asked("&username=bob").named("user name twice"),
        asked("&scope=js_api").named("scope twice, the same"),
        asked("&Client_Secret=app-secret").named("twice in another case"),
        asked("&foo=1&foo=2").named("an unknown field twice"),
        post(TOKEN).form(big).named("2 MB"),
    ]
    .into_iter()
    .map(|case| refused(case, "invalid_request"))
    .collect()
}

fn bad_clients() -> Vec<Case> {
    let rest = format!("grant_type=password&{USER}&scope=js_api");
    let long = "x".repeat(101);
    let mut cases = vec![
        form(&rest),
        form(&format!("client_id=&client_secret=app-secret&{rest}")),
        form(&format!("client_secret=app-secret&{rest}")),
        form(&format!("client_id=app&{rest}")),
        form(&format!("client_id=app&client_secret=&{rest}")),
        form(&format!("client_id=app&client_secret=wrong&{rest}")),
        form(&format!("client_id=app&client_secret=APP-SECRET&{rest}")),
        form(&format!("client_id=APP&client_secret=app-secret&{rest}")),
        form(&format!("client_id=nobody&client_secret=app-secret&{rest}")),
        form(&format!("client_id=narrow&client_secret=app-secret&{rest}")),
        form(&format!(
            "client_id=off-app&client_secret=off-secret&{rest}"
        )),
        form(&format!("client_id={long}&client_secret=app-secret&{rest}")),
        form(&format!("client_id=app&client_secret={long}&{rest}")),
        form(&format!("client_id=app&client_secret=%FF&{rest}")),
        form(&format!("client_id=%zz&client_secret=%&{rest}")),
        form(&format!("client_id=app%00&client_secret=app-secret&{rest}")),
        // The client comes first, whatever else is wrong.
        form("client_id=app&client_secret=wrong&grant_type=magic"),
        post(TOKEN)
            .form(rest.as_str())
            .authorization(basic("app", "wrong"))
            .named("wrong secret by Basic"),
        post(TOKEN)
            .form(rest.as_str())
            .authorization("Basic !!!")
            .named("no base64"),
        post(TOKEN)
            .form(rest.as_str())
            .authorization("Basic YXBw")
            .named("no colon"),
        post(TOKEN)
            .form(rest.as_str())
            .authorization("Bearer app-secret")
            .named("Bearer"),
        asked("")
            .authorization(basic("app", "wrong"))
            .named("wrong secret by Basic, right one in the form"),
        post(&format!("{TOKEN}?client_secret=app-secret"))
            .form(format!("client_id=app&{rest}"))
            .named("the secret in the query string"),
        post(&format!("{TOKEN}?{CLIENT}"))
            .form(rest.as_str())
            .named("the client in the query string"),
    ];
    cases = cases
        .into_iter()
        .map(|case| refused(case, "invalid_client"))
        .collect();
    cases
}

fn bad_grants_and_scopes() -> Vec<Case> {
    let app = "client_id=app&client_secret=app-secret";
    let spa = "client_id=demo-spa&client_secret=D232AE82-37D1-4182-A3E9-7789A17F7FF4";
    let narrow = "client_id=narrow&client_secret=narrow-secret&grant_type=password";
    let long = "x".repeat(101);
    let unsupported = [
        form(&format!("{app}&{USER}&scope=js_api")),
        form(&format!("{app}&{USER}&grant_type=")),
        form(&format!("{app}&{USER}&grant_type=magic")),
        form(&format!("{app}&{USER}&grant_type=Password")),
        form(&format!("{app}&{USER}&grant_type={long}")),
        form(&format!("{spa}&grant_type=saml2&token=PHg%2BPC94Pg%3D%3D")),
    ];
    let unauthorized = [
        form(&format!("{spa}&grant_type=password&{USER}")),
        form(&format!("{app}&grant_type=client_credentials")),
        form(&format!("{app}&grant_type=authorization_code&code=x")),
        form(&format!(
            "{app}&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=x"
        )),
    ];
    let scopes = [
        form(&format!("{CLIENT}&{USER}&scope=magic")),
        form(&format!("{CLIENT}&{USER}&scope=js_api+magic")),
        form(&format!("{CLIENT}&{USER}&scope=JS_API")),
        form(&format!("{CLIENT}&{USER}&scope=offline_access")),
        form(&format!("{CLIENT}&{USER}&scope={}", "js_api+".repeat(44))),
        form(&format!("{narrow}&{USER}&scope=openid")),
        form(&format!("{narrow}&{USER}&scope=js_api+offline_access")),
        // The scope comes before the credentials of the user.
        form(&format!("{CLIENT}&username=nobody&password=x&scope=magic")),
    ];
    let mut cases = Vec::new();
    cases.extend(unsupported.map(|case| refused(case, "unsupported_grant_type")));
    cases.extend(unauthorized.map(|case| refused(case, "unauthorized_client")));
    cases.extend(scopes.map(|case| refused(case, "invalid_scope")));
    cases
}

fn bad_users() -> Vec<Case> {
    let long = "x".repeat(101);
    let incomplete = [
        form(&format!("{CLIENT}&scope=js_api")),
        form(&format!("{CLIENT}&username=ann")),
        form(&format!("{CLIENT}&username=ann&password=")),
        form(&format!("{CLIENT}&username=&password=ann-demo-1")),
        form(&format!("{CLIENT}&username={long}&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=ann&password={long}")),
    ];
    let refused_users = [
        form(&format!("{CLIENT}&username=w1&password=wrong")),
        form(&format!("{CLIENT}&username=w2&password=ANN-DEMO-1")),
        form(&format!("{CLIENT}&username=w3&password=ann-demo-1+")),
        form(&format!("{CLIENT}&username=w4&password=%FF%FE%00")),
        form(&format!("{CLIENT}&username=w5&password=%zz%2")),
        post(TOKEN)
            .form(
                [
                    format!("{CLIENT}&username=w6&password=").as_bytes(),
                    b"\xff\xfe\x80",
                ]
                .concat(),
            )
            .named("bytes that are no UTF-8"),
        form(&format!("{CLIENT}&username=nobody&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=%FF&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=ann%00&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=ann'--&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=off&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=saml&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=blank&password=ann-demo-1")),
        form(&format!("{CLIENT}&username=Anonymous&password=ann-demo-1")),
    ];
    let mut cases = Vec::new();
    cases.extend(incomplete.map(|case| refused(case, "invalid_grant")));
    cases.extend(refused_users.map(bad_user));
    cases
}

#[tokio::test]
async fn token_requests() {
    let backends = start_on_each(|_| {}).await;
    for cases in [
        grants(),
        bad_requests(),
        bad_clients(),
        bad_grants_and_scopes(),
        bad_users(),
    ] {
        check(&backends, &cases).await;
    }
}

/// `--faithful` says no more than the platform does.
#[tokio::test]
async fn faithful_token_requests() {
    let backends = start_on_each(|serve| serve.faithful = true).await;
    let cases: Vec<Case> = [
        get(TOKEN),
        form(&format!("{CLIENT}&username=w1&password=wrong")),
        form("client_id=app&client_secret=wrong&grant_type=password"),
    ]
    .into_iter()
    .map(|case| case.is(400).without("x-emulator-reason").has("\"error\":"))
    .collect();
    check(&backends, &cases).await;
}
