//! The page of requests: what it lists, why something was refused, and that one click mends it.

use cinchy_testkit::Emulator;
use serde_json::json;

use super::{administrator, page, plain, send, signed_in};
use crate::support::backends::{OnBackend, builder, start, start_each};

/// A query that eve may not execute, over a column that she may view.
const QUERY: &str = "queries:
  - { domain: HR, name: First Names, cql: 'SELECT [First Name] FROM [HR].[Employees]', execute: { groups: [Managers] } }
  - { domain: HR, name: Well Paid, cql: 'SELECT [First Name], UPPER([Department Code]) AS [code] FROM [HR].[Employees] WHERE [Full Name] <> @x AND [Salary] > 0', execute: { users: [eve] } }
";

/// A request that is refused, and how it can be sent again.
enum Call {
    /// A saved query or another GET of the web API by a user.
    Get(&'static str, &'static str),
    /// CQL by a user.
    Cql(&'static str, &'static str),
    /// The token endpoint: client, secret, user, scope.
    Token(&'static str, &'static str, &'static str, &'static str),
    /// The authorize endpoint: what follows the client's redirect URL.
    Authorize(&'static str),
}

impl Call {
    /// Whether it is done.
    async fn send(&self, emulator: &Emulator) -> bool {
        let url = |path: &str| format!("{}{path}", emulator.url());
        let http = emulator.http();
        match self {
            Self::Get(user, path) => {
                let token = minted(emulator, user).await;
                let answer = http.get(url(path)).bearer_auth(token).send().await.unwrap();
                answer.status() == 200
            }
            Self::Cql(user, cql) => {
                let token = minted(emulator, user).await;
                let form = [("Query", *cql), ("Type", "QUERY")];
                let request = http.post(url("/API/ExecuteCQL")).bearer_auth(token);
                request.form(&form).send().await.unwrap().status() == 200
            }
            Self::Token(client, secret, user, scope) => {
                let form = [
                    ("grant_type", "password"),
                    ("client_id", *client),
                    ("client_secret", *secret),
                    ("username", *user),
                    ("password", "ann-demo-1"),
                    ("scope", *scope),
                ];
                let request = http.post(url("/connect/token")).form(&form);
                request.send().await.unwrap().status() == 200
            }
            Self::Authorize(rest) => {
                let answer = http.get(url(&format!("/connect/authorize?{rest}")));
                let answer = answer.send().await.unwrap();
                let to = answer.headers()["location"].to_str().unwrap();
                to.contains("/account/login")
            }
        }
    }
}

async fn minted(emulator: &Emulator, user: &str) -> String {
    emulator.token("app", user).lifetime("1h").await.unwrap()
}

/// The number of the newest refused request.
async fn newest_refused(browser: &mut crate::support::browser::Browser) -> String {
    let list = page(browser, "/admin/requests?refused=1", 200).await;
    let first = list.split("/admin/requests/").find(|part| {
        part.split('"')
            .next()
            .is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    });
    first
        .expect("a refused request")
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn what_was_refused_passes_after_one_click() {
    let cases = [
        (
            Call::Get("eve", "/API/HR/First%20Names"),
            "Let eve execute the query",
        ),
        (
            Call::Cql("eve", "SELECT [Name] FROM [HR].[Skills]"),
            "Let eve view and query HR.Skills",
        ),
        (
            Call::Get("eve", "/API/HR/Well%20Paid?%40x=a"),
            "Let eve view ",
        ),
        (
            Call::Token("off-app", "off-secret", "w1", "js_api"),
            "Enable the client",
        ),
        (
            Call::Token("narrow", "narrow-secret", "w1", "js_api offline_access"),
            "Add offline_access to the client",
        ),
        (
            Call::Token(
                "demo-spa",
                "D232AE82-37D1-4182-A3E9-7789A17F7FF4",
                "w1",
                "js_api",
            ),
            "Add Resource Owner Password to the client",
        ),
        (
            Call::Token("app", "app-secret", "off", "js_api"),
            "Enable the account",
        ),
        (
            Call::Authorize(
                "client_id=demo-web&response_type=code&scope=openid&redirect_uri=http%3A%2F%2Flocalhost%3A9%2Fa%26b",
            ),
            "Add this URL to the client",
        ),
        (
            Call::Get("ann", "/API/HR/Employees"),
            "Delete the fault broken",
        ),
    ];
    for OnBackend { name, emulator, .. } in &start_each(builder().seed_text(QUERY)).await {
        let fault = json!({"name": "broken", "match": {"path": "/API/HR/Employees"}, "times": null, "effect": {"status": 503}});
        let url = format!("{}/_emulator/faults", emulator.url());
        let made = emulator.http().post(url).json(&fault).send().await.unwrap();
        assert_eq!(made.status(), 201);
        let mut admin = administrator(emulator).await;
        for (call, button) in &cases {
            assert!(
                !call.send(emulator).await,
                "{name}: {button}: refused first"
            );
            let seq = newest_refused(&mut admin).await;
            let before = page(&mut admin, &format!("/admin/requests/{seq}"), 200).await;
            assert!(before.contains("Why it was refused"), "{name}: {button}");
            let action = format!("/admin/requests/{seq}/mend");
            let done = send(&mut admin, &before, &action, button, &[]).await;
            let done = done.unwrap_or_else(|page| panic!("{name}: {button}: {page}"));
            let after = page(&mut admin, &done, 200).await;
            assert!(
                !after.contains(&action),
                "{name}: {button}: nothing is left to mend"
            );
            assert!(call.send(emulator).await, "{name}: {button}: passes then");
        }
    }
}

#[tokio::test]
async fn columns_are_given_and_rows_stay_the_same() {
    for OnBackend { name, emulator, .. } in &start_each(builder().seed_text(QUERY)).await {
        let rows = async |query: &str| {
            let token = minted(emulator, "eve").await;
            let url = format!("{}/API/HR/{query}", emulator.url());
            let answer = emulator.http().get(url).bearer_auth(token).send();
            let answer: serde_json::Value = answer.await.unwrap().json().await.unwrap();
            answer["data"].as_array().map(Vec::len)
        };
        let mut admin = administrator(emulator).await;
        let call = Call::Get("eve", "/API/HR/Well%20Paid?%40x=a");
        assert!(!call.send(emulator).await, "{name}");
        let seq = newest_refused(&mut admin).await;
        let before = page(&mut admin, &format!("/admin/requests/{seq}"), 200).await;
        let button = "Let eve view Code of HR.Departments, and Full Name, Salary, Department, Department Code of HR.Employees";
        let action = format!("/admin/requests/{seq}/mend");
        let done = send(&mut admin, &before, &action, "Let eve view", &[]).await;
        assert!(done.is_ok(), "{name}: {done:?}");
        assert!(plain(&before).contains(button), "{name}: {before}");
        // Two employees are not active, which eve does not see; one has no salary.
        assert_eq!(rows("Well%20Paid?%40x=a").await, Some(9), "{name}");
        let all = "/API/ExecuteCQL?Query=SELECT%20%5BSalary%5D%20FROM%20%5BHR%5D.%5BEmployees%5D";
        let token = minted(emulator, "eve").await;
        let url = format!("{}{all}", emulator.url());
        let answer = emulator.http().post(url).bearer_auth(token).send();
        let answer: serde_json::Value = answer.await.unwrap().json().await.unwrap();
        assert_eq!(
            answer["data"].as_array().map(Vec::len),
            Some(10),
            "{name}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_locked_account_is_unlocked() {
    let emulator = start().await;
    let wrong = [
        ("grant_type", "password"),
        ("client_id", "app"),
        ("client_secret", "app-secret"),
        ("username", "locky"),
        ("password", "wrong"),
    ];
    let url = format!("{}/connect/token", emulator.url());
    for _ in 0..3 {
        emulator
            .http()
            .post(&url)
            .form(&wrong)
            .send()
            .await
            .unwrap();
    }
    let call = Call::Token("app", "app-secret", "locky", "js_api");
    assert!(!call.send(&emulator).await);
    let mut admin = administrator(&emulator).await;
    let seq = newest_refused(&mut admin).await;
    let before = page(&mut admin, &format!("/admin/requests/{seq}"), 200).await;
    let action = format!("/admin/requests/{seq}/mend");
    let done = send(&mut admin, &before, &action, "Unlock the account", &[]).await;
    assert!(done.is_ok(), "{done:?}");
    assert!(call.send(&emulator).await);
}

#[tokio::test]
async fn the_seed_of_a_request_makes_it_pass() {
    for OnBackend { name, emulator, .. } in &start_each(builder().seed_text(QUERY)).await {
        let mut admin = administrator(emulator).await;
        for call in [
            Call::Get("eve", "/API/HR/First%20Names"),
            Call::Get("eve", "/API/HR/Well%20Paid?%40x=a"),
            Call::Token("narrow", "narrow-secret", "w2", "js_api profile openid"),
        ] {
            assert!(!call.send(emulator).await, "{name}");
            let seq = newest_refused(&mut admin).await;
            let shown = page(&mut admin, &format!("/admin/requests/{seq}"), 200).await;
            let seed = shown.split("<code id=\"snippet-seed\">").nth(1).unwrap();
            let seed = plain(seed.split("</code>").next().unwrap());
            let merged = emulator.seed(&seed, cinchy_testkit::SeedMode::Merge).await;
            merged.unwrap_or_else(|error| panic!("{name}: {error}\n{seed}"));
            assert!(call.send(emulator).await, "{name}: {seed}");
        }
    }
}

#[tokio::test]
async fn a_mend_that_is_not_offered_changes_nothing() {
    let emulator = start().await;
    let call = Call::Get("eve", "/API/HR/My%20Profile");
    assert!(!call.send(&emulator).await);
    let mut admin = administrator(&emulator).await;
    let seq = newest_refused(&mut admin).await;
    let before = page(&mut admin, &format!("/admin/requests/{seq}"), 200).await;
    let action = format!("/admin/requests/{seq}/mend");
    for order in ["query:3:user:99", "user:1:enable", ""] {
        // The last field of a name is the one that counts.
        let done = send(&mut admin, &before, &action, "Let eve", &[("mend", order)]).await;
        assert!(
            done.is_err_and(|page| page.contains("Nothing was changed")),
            "{order}"
        );
    }
    let forged = admin
        .post(&action, &[("mend", "query:3:user:5"), ("form_token", "x")])
        .await;
    assert_eq!(forged.status(), 403);
    assert!(!call.send(&emulator).await);
}

#[tokio::test]
async fn filters_stand_in_the_address() {
    let emulator = start().await;
    Call::Get("ann", "/API/HR/Employees").send(&emulator).await;
    Call::Get("eve", "/API/HR/My%20Profile")
        .send(&emulator)
        .await;
    Call::Get("eve", "/API/HR/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
        .send(&emulator)
        .await;
    let mut admin = administrator(&emulator).await;
    for (query, expected, other) in [
        ("?user=ann", "/API/HR/Employees", "My%20Profile"),
        ("?path=profile", "My%20Profile", "/API/HR/Employees<"),
        ("?status=403", "My%20Profile", "/API/HR/Employees<"),
        ("?status=4xx&user=eve", "script", "/API/HR/Employees<"),
        ("?refused=1", "may not execute", "/API/HR/Employees<"),
        ("?client=nobody", "Nothing matches", "My%20Profile"),
    ] {
        let list = page(&mut admin, &format!("/admin/requests{query}"), 200).await;
        assert!(
            list.contains(expected) && !list.contains(other),
            "{query}: {list}"
        );
        assert!(!list.contains("<script>alert"), "{query}");
    }
    let wrong = page(&mut admin, "/admin/requests?status=%22soon", 200).await;
    assert!(wrong.contains("is no status"), "{wrong}");
    let seq = newest_refused(&mut admin).await;
    let shown = page(&mut admin, &format!("/admin/requests/{seq}"), 200).await;
    assert!(!shown.contains("<script>alert"), "{shown}");
    for part in [
        "cinchy-emulator token --url",
        "Bearer ***",
        "cinchy.token(",
        "bearer_auth(token)",
    ] {
        assert!(plain(&shown).contains(part), "no {part} in {shown}");
    }
    page(&mut admin, "/admin/requests/999999", 404).await;
}

#[tokio::test]
async fn the_list_is_live() {
    let emulator = start().await;
    let mut admin = administrator(&emulator).await;
    let list = page(&mut admin, "/admin/requests?user=eve", 200).await;
    let live = list.split("data-live=\"").nth(1).unwrap();
    let live = plain(live.split('"').next().unwrap());
    assert!(
        live.contains("user=eve") && live.contains("since="),
        "{live}"
    );
    let mut stream = admin.get(&live).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(
        stream.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    Call::Get("ann", "/API/HR/Employees").send(&emulator).await;
    Call::Get("eve", "/API/HR/My%20Profile")
        .send(&emulator)
        .await;
    let mut seen = String::new();
    while !seen.contains("My%20Profile") {
        let piece = stream.chunk().await.unwrap().expect("the stream goes on");
        seen.push_str(std::str::from_utf8(&piece).unwrap());
    }
    assert!(seen.contains("event: entry\ndata: <tr>"), "{seen}");
    assert!(!seen.contains("/API/HR/Employees"), "{seen}");
}

#[tokio::test]
async fn it_is_for_administrators() {
    let emulator = start().await;
    Call::Get("eve", "/API/HR/My%20Profile")
        .send(&emulator)
        .await;
    let mut ann = signed_in(&emulator, "ann", "ann-demo-1").await;
    for path in [
        "/admin/requests",
        "/admin/requests/1",
        "/admin/requests/stream",
    ] {
        let refused = page(&mut ann, path, 403).await;
        assert!(refused.contains("Cinchy Administrators"), "{path}");
        assert!(!refused.contains("My%20Profile"), "{path}");
    }
}
