//! What every request crosses: CORS, methods, unknown paths, public documents, explanations.

use crate::support::backends::start_on_each;
use crate::support::case::{Case, check, get, post, request};

const ORIGIN: &str = "http://app.example.test:4200";
const DISCOVERY: &str = "/.well-known/openid-configuration";

fn cors() -> Vec<Case> {
    let preflight = |path: &str| {
        request("OPTIONS", path)
            .with("origin", ORIGIN)
            .with("access-control-request-method", "POST")
            .with(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .is(204)
            .header_has("access-control-allow-methods", "POST")
            .header_has("access-control-allow-methods", "GET")
            .header("access-control-allow-headers", "authorization,content-type")
    };
    let from = |case: Case| case.with("origin", ORIGIN);
    let mut cases = Vec::new();
    for path in [
        "/API/HR/Employees",
        "/BasicAuthAPI/HR/Employees",
        "/API/ExecuteCQL",
        "/healthcheck",
        "/Cinchy/API/Website/Notices",
        "/Account/GetGroupsCurrentUserBelongsTo",
        "//Cinchy//Account/GetTableEntitlementsById",
        "/API/Translate",
        "/API/callback?key=x",
        "/openapi.json",
    ] {
        cases.push(preflight(path).header("access-control-allow-origin", "*"));
    }
    for path in [
        "/identity/connect/token",
        "/connect/token",
        "/cinchysso/identity/connect/token",
    ] {
        cases.push(
            preflight(path)
                .header("access-control-allow-origin", ORIGIN)
                .header("access-control-allow-credentials", "true"),
        );
    }
    for path in [DISCOVERY, "/idp/.well-known/openid-configuration/jwks"] {
        cases.push(
            preflight(path)
                .header("access-control-allow-origin", ORIGIN)
                .without("access-control-allow-credentials"),
        );
        cases.push(
            from(get(path))
                .header("access-control-allow-origin", ORIGIN)
                .without("access-control-allow-credentials"),
        );
    }
    // Errors carry the headers too, or a browser app cannot read why.
    for case in [
        get("/API/HR/Employees").is(401),
        get("/API/HR/Missing").is(404),
        get("/API/HR/Salaries").bearer("eve").is(400),
        get("/BasicAuthAPI/HR/Employees").is(401),
        get("/Account/GetGroupsCurrentUserBelongsTo").is(401),
        post("/API/Translate").is(401),
    ] {
        cases.push(
            from(case)
                .header("access-control-allow-origin", "*")
                .header_has("access-control-expose-headers", "X-Cinchy-Error")
                .without("access-control-allow-credentials"),
        );
    }
    cases.push(
        from(post("/identity/connect/token").form("grant_type=password"))
            .is(400)
            .header("access-control-allow-origin", ORIGIN)
            .header("access-control-allow-credentials", "true"),
    );
    // Neither the control API nor the console is for pages of others.
    for path in ["/_emulator/info", "/_emulator/seed", "/admin"] {
        cases.push(
            request("OPTIONS", path)
                .with("origin", ORIGIN)
                .with("access-control-request-method", "POST")
                .without("access-control-allow-origin")
                .refused(),
        );
    }
    cases
}

fn public_documents() -> Vec<Case> {
    let mut cases = Vec::new();
    for path in [
        DISCOVERY,
        "/.well-known/openid-configuration/jwks",
        "/.well-known/jwks",
        "/healthcheck",
        "/idp/healthcheck",
        "/livez",
        "/readyz",
    ] {
        cases.push(get(path));
        for header in ["Bearer null", "Bearer x", "Basic !!!", "Nonsense"] {
            cases.push(get(path).authorization(header).named(header));
        }
    }
    cases.push(
        get("/healthcheck")
            .has("\"component\":\"Cinchy\"")
            .has("\"status\":\"Green\""),
    );
    cases.push(get("/idp/healthcheck").has("\"component\":\"CinchySSO\""));
    cases
}

fn methods_and_paths() -> Vec<Case> {
    let mut cases = Vec::new();
    for (method, path) in [
        ("PUT", "/API/HR/Employees"),
        ("DELETE", "/API/HR/Employees"),
        ("PATCH", "/BasicAuthAPI/HR/Employees"),
        ("PUT", "/API/ExecuteCQL"),
        ("POST", DISCOVERY),
        ("DELETE", "/.well-known/openid-configuration/jwks"),
    ] {
        cases.push(request(method, path).is(405).header_has("allow", "GET"));
    }
    for path in [
        "/nothing",
        "/API/a/b/c/d",
        "/identity",
        "/connect/nothing",
        "/.env",
        "/API/../../etc/passwd",
        "/i/no_such/API/HR/Employees",
    ] {
        cases.push(get(path).is(404));
    }
    cases
}

#[tokio::test]
async fn cross_origin() {
    check(&start_on_each(|_| {}).await, &cors()).await;
}

#[tokio::test]
async fn public_endpoints_ignore_credentials() {
    check(&start_on_each(|_| {}).await, &public_documents()).await;
}

#[tokio::test]
async fn methods_and_unknown_paths() {
    check(&start_on_each(|_| {}).await, &methods_and_paths()).await;
}

/// What the emulator explains, it explains in a header of its own; `--faithful` takes it away and changes nothing else.
#[tokio::test]
async fn explanations() {
    let refusals = || {
        [
            get("/API/HR/Employees").is(401),
            get("/API/HR/Employees").bearer_text("null").is(401),
            get("/BasicAuthAPI/HR/Employees")
                .basic("nobody", "x")
                .is(401),
            get("/API/HR/My%20Profile").bearer("eve").is(403),
            get("/API/HR/Missing").bearer("eve").is(404),
            get("/API/HR/Salaries").bearer("eve").is(400),
            request("PUT", "/API/HR/Employees").is(405),
        ]
    };
    let explained: Vec<Case> = refusals()
        .map(|case| case.header_has("x-emulator-reason", " "))
        .into();
    check(&start_on_each(|_| {}).await, &explained).await;
    let silent: Vec<Case> = refusals()
        .map(|case| case.without("x-emulator-reason"))
        .into();
    check(&start_on_each(|serve| serve.faithful = true).await, &silent).await;
}
