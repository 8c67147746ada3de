//! The saml2 grant over HTTP: who gets a token for a document, and what everybody else reads.

use chrono::Utc;
use cinchy_testkit::{Builder, Emulator};
use futures_util::future::join_all;
use reqwest::{Response, Url};
use serde_json::{Value, json};

use crate::support::backends::{builder, start_each};
use crate::support::browser::Browser;
use crate::support::jwt;

#[path = "../../../../cinchy-saml/tests/it/idp.rs"]
#[expect(
    dead_code,
    reason = "shared with the tests of cinchy-saml, which use all of it"
)]
mod idp;

use idp::{IDP, Idp, Parts, Signed, encoded, idp};

const AUDIENCE: &str = "https://cinchy.example.test";

/// The usual seed with an identity provider, and what else `saml` has to say.
fn with_saml(more: Value) -> Builder {
    let mut saml = json!({
        "spEntityId": AUDIENCE,
        "identityProviders": [{"entityId": IDP, "metadata": idp().metadata(IDP)}],
    });
    for (key, value) in more.as_object().unwrap() {
        saml[key] = value.clone();
    }
    let users = json!([
        {"username": "Sam", "authenticationMethod": "Single Sign-On", "email": "sam@example.test"},
        {"username": "kim", "authenticationMethod": "Single Sign-On"},
        {"username": "gone", "authenticationMethod": "Single Sign-On", "disabled": true},
    ]);
    let groups = json!([
        {"name": "Directory", "type": "AD Group"},
        {"name": "Sales", "type": "AD Group"},
        {"name": "Other", "type": "AD Group"},
    ]);
    builder().seed_text(json!({"saml": saml, "users": users, "groups": groups}).to_string())
}

/// A good document for this emulator.
fn parts(emulator: &Emulator, user: &str) -> Parts {
    let recipient = format!("{}/Saml2/Acs", emulator.url());
    let mut parts = Parts::new(Utc::now(), AUDIENCE, &recipient, user);
    parts.assertion_id = format!("_{:032x}", rand::random::<u128>());
    parts
}

struct Answer {
    status: u16,
    reason: String,
    body: Value,
}

async fn post(emulator: &Emulator, form: &[(&str, &str)]) -> Answer {
    let url = format!("{}/identity/connect/token", emulator.url());
    let response = emulator.http().post(url).form(form).send().await.unwrap();
    let reason = response.headers().get("x-emulator-reason");
    Answer {
        status: response.status().as_u16(),
        reason: reason.map_or("", |r| r.to_str().unwrap()).to_owned(),
        body: response.json().await.unwrap(),
    }
}

/// Asks as the documentation shows it.
async fn ask(emulator: &Emulator, document: &str) -> Answer {
    let form = [
        ("client_id", "app"),
        ("client_secret", "app-secret"),
        ("grant_type", "saml2"),
        ("scope", "js_api"),
        ("token", &encoded(document)),
    ];
    post(emulator, &form).await
}

#[track_caller]
fn refused(answer: &Answer, reason: &str) {
    assert_eq!(answer.status, 400, "{reason}");
    let wanted = json!({"error": "invalid_grant", "error_description": "Invalid SAML token"});
    assert_eq!(answer.body, wanted);
    assert!(
        answer.reason.contains(reason),
        "{:?} is not {reason:?}",
        answer.reason
    );
}

#[tokio::test]
async fn a_document_gives_the_documented_token() {
    for on in start_each(with_saml(json!({}))).await {
        let emulator = &on.emulator;
        // The name matches in any case.
        let answer = ask(emulator, &parts(emulator, "sam").document()).await;
        assert_eq!(
            (answer.status, answer.reason.as_str()),
            (200, ""),
            "{}",
            on.name
        );
        assert_eq!(answer.body["token_type"], "Bearer");
        assert_eq!(answer.body["expires_in"], 3600);
        let token = answer.body["access_token"].as_str().unwrap();
        let (_, claims) = jwt::parts(token);
        assert_eq!(claims["id"], "Sam");
        assert_eq!(claims["email"], "sam@example.test");
        assert_eq!(claims["role"], "Single Sign-On");
        assert_eq!(claims["amr"], json!(["external"]));
        assert_eq!(claims["client_id"], "app");
        let call = emulator
            .http()
            .get(format!("{}/API/HR/Open%20Positions", emulator.url()));
        let status = call.bearer_auth(token).send().await.unwrap().status();
        assert_ne!(status, 401);
        // A bare Assertion, for the token endpoint.
        let mut bare = parts(emulator, "Sam");
        bare.bare = true;
        bare.confirmation = bare
            .confirmation
            .replace("/Saml2/Acs", "/identity/connect/token");
        assert_eq!(ask(emulator, &bare.document()).await.status, 200);
    }
}

#[tokio::test]
async fn each_document_works_once() {
    for on in start_each(with_saml(json!({}))).await {
        let emulator = &on.emulator;
        let document = parts(emulator, "Sam").document();
        let answers = join_all((0..20).map(|_| ask(emulator, &document))).await;
        let granted = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(granted, 1, "{}", on.name);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            refused(answer, "was used before");
        }
        // In another envelope, too.
        let mut again = parts(emulator, "Sam");
        again.signed = Signed::Both;
        let first = ask(emulator, &again.document()).await;
        assert_eq!(first.status, 200);
        again.signed = Signed::Response;
        refused(&ask(emulator, &again.document()).await, "was used before");
        // A reset forgets.
        emulator.reset().await.unwrap();
        assert_eq!(ask(emulator, &document).await.status, 200);
    }
}

#[tokio::test]
async fn everything_else_is_one_refusal() {
    for on in start_each(with_saml(json!({}))).await {
        let emulator = &on.emulator;
        let good = parts(emulator, "Sam");
        let with = |change: &dyn Fn(&mut Parts)| {
            let mut parts = parts(emulator, "Sam");
            change(&mut parts);
            parts.document()
        };
        let cases = [
            ("x".to_owned(), "not XML"),
            ("<a/>".to_owned(), "the root of the SAML document"),
            (with(&|p| p.signed = Signed::Nothing), "is signed"),
            (good.signed_by(&Idp::rsa()), "does not verify"),
            (
                with(&|p| p.conditions = p.conditions.replace(AUDIENCE, "https://other.test")),
                "must name `https://cinchy.example.test`",
            ),
            (
                with(&|p| p.confirmation = p.confirmation.replace("Saml2", "other")),
                "the Recipient of the SubjectConfirmation must be one of",
            ),
            (
                with(&|p| p.issuer = "https://x.test".to_owned()),
                "`https://x.test`",
            ),
            (
                with(&|p| p.name_id = "nobody".to_owned()),
                "no user is named `nobody`",
            ),
            (
                with(&|p| p.name_id = "\u{212a}im".to_owned()),
                "no user is named",
            ),
            (
                with(&|p| p.name_id = "x".repeat(101)),
                "more than 100 characters",
            ),
            (
                with(&|p| p.name_id = "ann".to_owned()),
                "is not Single Sign-On",
            ),
            (
                with(&|p| p.name_id = "admin".to_owned()),
                "is not Single Sign-On",
            ),
            (
                with(&|p| p.name_id = "Anonymous".to_owned()),
                "is not Single Sign-On",
            ),
            (
                with(&|p| p.name_id = "gone".to_owned()),
                "disabled or locked",
            ),
            (
                with(&|p| p.name_id = "Sam<!-- -->".to_owned()),
                "plain text",
            ),
        ];
        for (document, reason) in cases {
            refused(&ask(emulator, &document).await, reason);
        }
        let client = [
            ("client_id", "app"),
            ("client_secret", "app-secret"),
            ("grant_type", "saml2"),
        ];
        refused(&post(emulator, &client).await, "the form has no token");
        for token in ["", "%%%", "PHg+", "\u{0}"] {
            let form = [&client[..], &[("token", token)]].concat();
            refused(&post(emulator, &form).await, " ");
        }
        // What was refused is not used up.
        let mut twice = parts(emulator, "nobody");
        refused(&ask(emulator, &twice.document()).await, "no user");
        twice.name_id = "Sam".to_owned();
        assert_eq!(ask(emulator, &twice.document()).await.status, 200);
    }
}

#[tokio::test]
async fn without_a_provider_and_without_reasons() {
    let emulator = builder().start().await.unwrap();
    let document = parts(&emulator, "saml").document();
    refused(
        &ask(&emulator, &document).await,
        "no identity provider is configured",
    );
    let faithful = with_saml(json!({}))
        .option(|options| options.faithful = true)
        .start()
        .await
        .unwrap();
    let answer = ask(&faithful, "<a/>").await;
    refused(&answer, "");
    assert_eq!(answer.reason, "");
    // Metadata that cannot be read is as good as none.
    let broken = json!({"identityProviders": [{"entityId": IDP, "metadata": "<a"}]});
    let broken = with_saml(broken).start().await.unwrap();
    refused(&ask(&broken, &document).await, "whose metadata can be read");
}

#[tokio::test]
async fn users_are_made_where_the_seed_says_so() {
    let create = json!({"createUsers": {"email": "mail"}, "minimumAlgorithm": "SHA1"});
    for on in start_each(with_saml(create)).await {
        let emulator = &on.emulator;
        let mut new = parts(emulator, "new@example.test");
        let attribute = |name: &str, values: &[&str]| {
            let values: String = values
                .iter()
                .map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>"))
                .collect();
            format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
        };
        new.statements = format!(
            "<saml:AttributeStatement>{}{}{}{}</saml:AttributeStatement>",
            attribute("FirstName", &["Nora"]),
            attribute("urn:x:LastName", &["New"]),
            attribute("mail", &["nora@example.test"]),
            attribute(
                "MemberOf",
                &[
                    "directory",
                    "CN=Sales,OU=Groups,DC=test",
                    "Managers",
                    "No such group",
                    "All Users",
                    "Cinchy Administrators"
                ]
            ),
        );
        let answer = ask(emulator, &new.document()).await;
        assert_eq!(
            (answer.status, answer.reason.as_str()),
            (200, ""),
            "{}",
            on.name
        );
        let (_, claims) = jwt::parts(answer.body["access_token"].as_str().unwrap());
        assert_eq!(claims["profile"], "Nora New");
        assert_eq!(claims["email"], "nora@example.test");
        assert_eq!(claims["role"], "Single Sign-On");
        // Known from now on.
        let again = parts(emulator, "NEW@example.test").document();
        let answer = ask(emulator, &again).await;
        let (_, claims_again) = jwt::parts(answer.body["access_token"].as_str().unwrap());
        assert_eq!(claims_again["sub"], claims["sub"]);
        // The seed that is written has the user in its groups (documented: those of the directory), and what was said about
        // SAML.
        let written = emulator
            .http()
            .get(format!("{}/_emulator/seed", emulator.url()));
        let written = written.header("accept", "application/json");
        let written: Value = written.send().await.unwrap().json().await.unwrap();
        let users = written["users"].as_array().unwrap();
        let user = users
            .iter()
            .find(|user| user["username"] == "new@example.test");
        assert_eq!(user.unwrap()["groups"], json!(["Directory", "Sales"]));
        let saml = &written["saml"];
        assert_eq!(saml["spEntityId"], AUDIENCE);
        assert_eq!(saml["minimumAlgorithm"], "SHA1");
        assert_eq!(saml["createUsers"]["email"], "mail");
        assert_eq!(
            saml["identityProviders"][0]["metadata"],
            idp().metadata(IDP)
        );
    }
}

/// Follows `Login with Single Sign-On` out; where the browser is sent, and the id of the request.
async fn out(browser: &mut Browser, path: &str) -> (String, String) {
    let answer = browser.get(path).await;
    assert_eq!(answer.status(), 302, "{path}");
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let url = Url::parse(&location).unwrap();
    let state = url
        .query_pairs()
        .find(|(name, _)| name == "RelayState")
        .unwrap()
        .1
        .into_owned();
    (location, state)
}

/// The identity provider's answer, as the browser posts it.
async fn answer(browser: &mut Browser, path: &str, document: &str, state: &str) -> Response {
    let token = encoded(document);
    let fields = [("SAMLResponse", token.as_str()), ("RelayState", state)];
    browser.post(path, &fields).await
}

/// The answer to a request.
fn answering(emulator: &Emulator, user: &str, state: &str) -> Parts {
    let mut parts = parts(emulator, user);
    parts.confirmation = parts.confirmation.replace(
        " Recipient=",
        &format!(r#" InResponseTo="{state}" Recipient="#),
    );
    parts.statements = format!(r#"<saml:AuthnStatement AuthnInstant="{}"/>"#, parts.instant);
    parts
}

fn location(response: &Response) -> String {
    assert_eq!(response.status(), 302);
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// An authorize request of a client that wants no login page of ours.
const AUTHORIZE: &str = "/connect/authorize?client_id=straight&response_type=id_token%20token&redirect_uri=http%3A%2F%2Flocalhost%3A4200%2F&scope=openid%20js_api&nonce=n1&state=s1";

fn with_browser() -> Builder {
    let clients = json!([{
        "clientId": "straight", "grantType": ["Implicit"], "scopes": ["js_api", "openid", "id"],
        "redirectUrls": ["http://localhost:4200/"], "showLoginScreen": false,
    }]);
    with_saml(json!({})).seed_text(json!({"clients": clients}).to_string())
}

#[tokio::test]
async fn a_browser_signs_in_with_an_identity_provider() {
    for on in start_each(with_browser()).await {
        let emulator = &on.emulator;
        for acs in ["/Saml2/Acs", "/identity/AuthServices/Acs"] {
            let mut browser = Browser::new(emulator);
            // No login page of ours on the way.
            let first = location(&browser.get(AUTHORIZE).await);
            assert!(first.contains("/account/external?returnUrl="), "{first}");
            let (away, state) = out(&mut browser, &first).await;
            assert!(
                away.starts_with("https://idp.example.test/sso?SAMLRequest="),
                "{away}"
            );
            let document = answering(emulator, "Sam", &state).document();
            let back = location(&answer(&mut browser, acs, &document, &state).await);
            assert_eq!(back, "/account/external/callback");
            let on_to = location(&browser.get(&back).await);
            assert!(
                on_to.starts_with("/connect/authorize/callback?client_id=straight"),
                "{on_to}"
            );
            let app = location(&browser.get(&on_to).await);
            let fragment = app.strip_prefix("http://localhost:4200/#").unwrap();
            let token = fragment
                .split('&')
                .find_map(|pair| pair.strip_prefix("access_token="));
            let (_, claims) = jwt::parts(token.unwrap());
            assert_eq!(claims["id"], "Sam");
            assert_eq!(claims["amr"], json!(["external"]));
            assert_eq!(claims["idp"], IDP);
            // The way back works once.
            assert_eq!(browser.get(&back).await.status(), 200);
        }
    }
}

#[tokio::test]
async fn the_login_page_offers_it_where_a_provider_is_configured() {
    let with = with_browser().start().await.unwrap();
    let page = Browser::new(&with)
        .get("/account/login?returnUrl=%2Fx")
        .await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains(
            r#"<a href="/account/external?returnUrl=%2Fx">Login with Single Sign-On</a>"#
        )
    );
    let without = builder().start().await.unwrap();
    let page = Browser::new(&without).get("/account/login").await;
    assert!(!page.text().await.unwrap().contains("Single Sign-On</a>"));
    let refused = Browser::new(&without).get("/account/external").await;
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("no identity provider is configured")
    );
    let metadata = Browser::new(&with)
        .get("/Saml2")
        .await
        .text()
        .await
        .unwrap();
    assert!(metadata.contains(&format!(r#"Location="{}/Saml2/Acs""#, with.url())));
    assert!(metadata.contains(&format!(r#"entityID="{AUDIENCE}""#)));
}

#[tokio::test]
async fn an_answer_belongs_to_the_browser_that_asked() {
    for on in start_each(with_browser()).await {
        let emulator = &on.emulator;
        let mut browser = Browser::new(emulator);
        let failed = |body: &str, reason: &str| {
            assert!(
                body.contains("The sign-in with the identity provider failed."),
                "{body}"
            );
            assert!(body.contains(reason), "{reason}: {body}");
        };
        let (_, state) = out(&mut browser, "/account/external?returnUrl=%2Fadmin").await;
        // Nobody asked, or somebody else did.
        for stranger in ["", "_", "x", "_0123", &"_a".repeat(500)] {
            let document = parts(emulator, "Sam").document();
            let page = answer(&mut browser, "/Saml2/Acs", &document, stranger).await;
            failed(
                &page.text().await.unwrap(),
                "no sign-in of this browser waits",
            );
        }
        let document = answering(emulator, "Sam", "_other").document();
        let page = answer(&mut browser, "/Saml2/Acs", &document, &state).await;
        failed(&page.text().await.unwrap(), "answers another request");
        let unasked = parts(emulator, "Sam").document();
        let page = answer(&mut browser, "/Saml2/Acs", &unasked, &state).await;
        failed(&page.text().await.unwrap(), "no AuthnStatement");
        let page = answer(&mut browser, "/Saml2/Acs", "<a/>", &state).await;
        failed(&page.text().await.unwrap(), "the root of the SAML document");
        // Whoever is not registered reads the documented message.
        let document = answering(emulator, "nobody", &state).document();
        let page = answer(&mut browser, "/Saml2/Acs", &document, &state).await;
        let text = page.text().await.unwrap();
        assert!(text.contains(
            "You are not a registered user in Cinchy. Please contact your Cinchy administrator."
        ));
        // Another browser cannot take the answer.
        let document = answering(emulator, "Sam", &state).document();
        let back =
            location(&answer(&mut Browser::new(emulator), "/Saml2/Acs", &document, &state).await);
        let stolen = Browser::new(emulator).get(&back).await;
        failed(
            &stolen.text().await.unwrap(),
            "no sign-in of this browser waits",
        );
        // The answer cannot be given again, the browser's own way back works, and it leads to this site only.
        let again = parts(emulator, "Sam").document();
        let page = answer(&mut browser, "/Saml2/Acs", &again, &state).await;
        failed(
            &page.text().await.unwrap(),
            "no sign-in of this browser waits",
        );
        assert_eq!(location(&browser.get(&back).await), "/admin");
        for evil in [
            "https%3A%2F%2Fevil.test",
            "%2F%2Fevil.test",
            "%2F%5Cevil.test",
        ] {
            let mut browser = Browser::new(emulator);
            let begin = format!("/account/external?returnUrl={evil}");
            let (away, state) = out(&mut browser, &begin).await;
            assert!(away.starts_with("https://idp.example.test/"));
            let document = answering(emulator, "Sam", &state).document();
            let back = location(&answer(&mut browser, "/Saml2/Acs", &document, &state).await);
            let end = location(&browser.get(&back).await);
            assert!(end.starts_with('/') && !end.contains("evil"), "{end}");
        }
    }
}
