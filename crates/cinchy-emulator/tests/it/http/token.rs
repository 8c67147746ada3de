//! The token itself, and the documents that let others verify it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cinchy_emulator::config::Profile;
use cinchy_testkit::Emulator;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use crate::support::backends::{builder, start, start_on_each};
use crate::support::jwt::{parts, public_key_of, texts};

async fn get_json(emulator: &Emulator, path: &str) -> Value {
    let url = format!("{}{path}", emulator.url());
    let response = emulator.http().get(url).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

/// Asks below a mount; the answer as it is.
async fn ask(emulator: &Emulator, mount: &str, more: &str) -> Value {
    let url = format!("{}{mount}/connect/token", emulator.url());
    let form = format!(
        "client_id=app&client_secret=app-secret&grant_type=password&username=ann&password=ann-demo-1{more}"
    );
    let request = emulator.http().post(url).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.send().await.unwrap().json().await.unwrap()
}

/// The names of an object's members in the order of the text.
fn names(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn the_token_is_the_documented_one() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let before = chrono::Utc::now().timestamp();
        let answer = ask(emulator, "/identity", "&scope=js_api").await;
        let after = chrono::Utc::now().timestamp();
        assert_eq!(names(&answer), ["access_token", "expires_in", "token_type"]);
        let token = answer["access_token"].as_str().unwrap();
        let (header, payload) = parts(token);
        assert_eq!(names(&header), ["alg", "kid", "typ", "x5t"]);
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&json!("RS256"), &json!("JWT"))
        );
        let kid = header["kid"].as_str().unwrap();
        assert_eq!(kid.len(), 40);
        assert!(
            kid.bytes()
                .all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)),
            "{kid}"
        );
        let thumbprint = URL_SAFE_NO_PAD
            .decode(header["x5t"].as_str().unwrap())
            .unwrap();
        let hex: String = thumbprint
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        assert_eq!(hex, kid, "kid and x5t are the same thumbprint");
        let signature = token.rsplit('.').next().unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.decode(signature).unwrap().len(),
            256,
            "RSA of 2048 bits"
        );

        let nbf = payload["nbf"].as_i64().unwrap();
        assert!((before..=after).contains(&nbf));
        // The second may end between the two.
        let auth_time = payload["auth_time"].as_i64().unwrap();
        assert!((before..=nbf).contains(&auth_time));
        let issuer = emulator.url();
        // The text itself: order, types and no blanks.
        assert_eq!(
            texts(token).1,
            format!(
                "{{\"nbf\":{nbf},\"exp\":{},\"iss\":\"{issuer}\",\"aud\":[\"{issuer}/resources\",\"js_api\"],\
                 \"client_id\":\"app\",\"sub\":\"2\",\"auth_time\":{auth_time},\"idp\":\"local\",\"profile\":\"Ann Lee\",\
                 \"email\":\"ann@example.test\",\"role\":\"Cinchy User Account\",\"id\":\"ann\",\"scope\":[\"js_api\"],\
                 \"amr\":[\"custom\"]}}",
                nbf + 3600
            )
        );
    }
}

#[tokio::test]
async fn scopes_lifetimes_and_people_show_in_the_token() {
    let emulator = start().await;
    let claims = async |more: &str| {
        let answer = ask(&emulator, "/identity", more).await;
        parts(answer["access_token"].as_str().unwrap()).1
    };
    let all = claims("").await;
    assert_eq!(
        all["scope"].as_array().unwrap().len(),
        7,
        "a missing scope is all of them"
    );
    let only = claims("&scope=openid").await;
    assert_eq!(only["aud"], json!(format!("{}/resources", emulator.url())));
    assert_eq!(only["scope"], json!(["openid"]));

    let token = emulator.token("long", "robot").await.unwrap();
    let (_, payload) = parts(&token);
    assert_eq!(
        payload["exp"].as_i64().unwrap() - payload["nbf"].as_i64().unwrap(),
        7200
    );
    assert_eq!(payload["role"], "Non Interactive");
    assert_eq!(payload.get("email"), None);
    let token = emulator.token("app", "ZOË").await.unwrap();
    let (_, payload) = parts(&token);
    assert_eq!(
        (&payload["id"], &payload["profile"]),
        (&json!("Zoë"), &json!("Zoë Ångström"))
    );
    let token = emulator.token("app", "admin").await.unwrap();
    let (_, payload) = parts(&token);
    assert_eq!(
        (&payload["sub"], &payload["profile"]),
        (&json!("1"), &json!("Administrator"))
    );
}

#[tokio::test]
async fn profile_v4_has_what_newer_servers_add() {
    let emulator = builder()
        .option(|serve| serve.token_profile = Profile::V4)
        .start()
        .await
        .unwrap();
    let answer = ask(&emulator, "/identity", "&scope=js_api").await;
    assert_eq!(
        names(&answer),
        ["access_token", "expires_in", "token_type", "scope"]
    );
    assert_eq!(answer["scope"], "js_api");
    let token = answer["access_token"].as_str().unwrap();
    let (header, payload) = parts(token);
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(payload["iat"], payload["nbf"]);
    assert_eq!(payload["jti"].as_str().unwrap().len(), 32);
    let other = ask(&emulator, "/identity", "").await;
    let (_, other) = parts(other["access_token"].as_str().unwrap());
    assert_ne!(other["jti"], payload["jti"]);
    let url = format!("{}/API/HR/Headcount", emulator.url());
    let answer = emulator
        .http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn any_jwt_library_verifies_the_token() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let (header, _) = parts(&token);
    let document = get_json(&emulator, "/.well-known/openid-configuration").await;
    let url = document["jwks_uri"].as_str().unwrap();
    let response = emulator.http().get(url).send().await.unwrap();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("application/jwk-set+json"), "{kind}");
    let keys: Value = response.json().await.unwrap();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let key = &keys[0];
    assert_eq!(
        names(key),
        ["kty", "use", "kid", "x5t", "e", "n", "x5c", "alg"]
    );
    let fixed = (&key["kty"], &key["use"], &key["alg"], &key["e"]);
    assert_eq!(
        fixed,
        (
            &json!("RSA"),
            &json!("sig"),
            &json!("RS256"),
            &json!("AQAB")
        )
    );
    assert_eq!((&key["kid"], &key["x5t"]), (&header["kid"], &header["x5t"]));

    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["js_api"]);
    validation.set_issuer(&[emulator.url()]);
    let (n, e) = (key["n"].as_str().unwrap(), key["e"].as_str().unwrap());
    let by_numbers = DecodingKey::from_rsa_components(n, e).unwrap();
    let claims = decode::<Value>(&token, &by_numbers, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["id"], "ann");

    let chain = key["x5c"].as_array().unwrap();
    assert_eq!(chain.len(), 1);
    let certificate = STANDARD.decode(chain[0].as_str().unwrap()).unwrap();
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
    let hex: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    assert_eq!(
        json!(hex),
        key["kid"],
        "the kid is the certificate's thumbprint"
    );
    let by_certificate = DecodingKey::from_rsa_der(&public_key_of(&certificate));
    decode::<Value>(&token, &by_certificate, &validation).unwrap();
}

/// Mount as clients write it, and the issuer's path.
const MOUNTS: &[(&str, &str)] = &[
    ("", ""),
    ("/", ""),
    ("/identity", ""),
    ("/Identity", ""),
    ("/idp", "/idp"),
    ("/IDP/identity", "/idp"),
    ("/cinchysso", "/cinchysso"),
    ("/CinchySSO", "/cinchysso"),
    ("/CinchySSO/identity", "/cinchysso"),
    ("/cinchyssocore", "/cinchyssocore"),
    ("/CinchySSOCore/Identity", "/cinchyssocore"),
];

async fn discovery_at(emulator: &Emulator, origin: &str, base: &str) {
    for (mount, path) in MOUNTS {
        let mut seen = Vec::new();
        for document in [
            "/.well-known/openid-configuration",
            "/.Well-Known/OpenID-Configuration",
        ] {
            seen.push(get_json(emulator, &format!("{mount}{document}")).await);
        }
        assert_eq!(seen[0], seen[1], "{mount}");
        let document = &seen[0];
        let issuer = format!("{origin}{base}{path}");
        assert_eq!(document["issuer"], issuer, "{mount}");
        assert_eq!(
            document["token_endpoint"],
            format!("{issuer}/connect/token"),
            "{mount}"
        );
        let jwks = format!("{issuer}/.well-known/openid-configuration/jwks");
        assert_eq!(document["jwks_uri"], jwks, "{mount}");
        for (name, value) in document.as_object().unwrap() {
            if let (true, Some(url)) = (name.ends_with("_endpoint"), value.as_str()) {
                assert!(url.starts_with(&issuer), "{mount}: {name}");
            }
        }
        // The issuer of the token is the one of the document.
        let answer = ask(emulator, mount, "&scope=js_api").await;
        let token = answer["access_token"].as_str().unwrap();
        let (_, payload) = parts(token);
        assert_eq!(payload["iss"], issuer, "{mount}");
        assert_eq!(payload["aud"][0], format!("{issuer}/resources"), "{mount}");
        // It is good at the API, wherever it came from.
        let url = format!("{}/API/HR/Headcount", emulator.url());
        let answer = emulator
            .http()
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{mount}");
    }
}

#[tokio::test]
async fn each_mount_has_its_issuer() {
    let emulator = start().await;
    discovery_at(&emulator, emulator.url(), "").await;
    let document = get_json(&emulator, "/.well-known/openid-configuration").await;
    for (name, expected) in [
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ("subject_types_supported", json!(["public"])),
        (
            "token_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post"]),
        ),
        ("request_parameter_supported", json!(false)),
        (
            "claims_supported",
            json!(["sub", "id", "profile", "email", "role"]),
        ),
    ] {
        assert_eq!(document[name], expected, "{name}");
    }
    let grants = document["grant_types_supported"].as_array().unwrap();
    assert!(grants.contains(&json!("password")));
}

#[tokio::test]
async fn the_issuer_follows_the_host_of_the_request() {
    let emulator = start().await;
    let port = emulator.address().port();
    for (host, issuer) in [
        (
            format!("127.0.0.1:{port}"),
            format!("http://127.0.0.1:{port}"),
        ),
        (format!("[::1]:{port}"), format!("http://[::1]:{port}")),
        (
            "SSO.Example.Test".to_owned(),
            "http://sso.example.test".to_owned(),
        ),
    ] {
        let url = format!("{}/.well-known/openid-configuration", emulator.url());
        let request = emulator.http().get(url).header("host", &host);
        let document: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(document["issuer"], issuer);
    }
}

#[tokio::test]
async fn a_public_url_is_the_issuer_whatever_the_host() {
    let public = "https://Cinchy.Example.Test/";
    let options = builder().option(|serve| serve.public_url = Some(public.to_owned()));
    let emulator = options.start().await.unwrap();
    assert_eq!(emulator.ready().url, "https://cinchy.example.test");
    discovery_at(&emulator, "https://cinchy.example.test", "").await;
}

#[tokio::test]
async fn a_base_path_stands_before_everything() {
    let options = builder().option(|serve| serve.base_path = Some("/Team/Cinchy/".to_owned()));
    let emulator = options.start().await.unwrap();
    assert!(
        emulator.url().ends_with("/team/cinchy"),
        "{}",
        emulator.url()
    );
    let origin = emulator.url().strip_suffix("/team/cinchy").unwrap();
    discovery_at(&emulator, origin, "/team/cinchy").await;
    let token = emulator.token("app", "ann").await.unwrap();
    for path in [
        "/Team/Cinchy/API/HR/Headcount",
        "/TEAM/cinchy/api/hr/headcount",
        "/API/HR/Headcount",
    ] {
        let answer = emulator
            .http()
            .get(format!("{origin}{path}"))
            .bearer_auth(&token);
        assert_eq!(answer.send().await.unwrap().status(), 200, "{path}");
    }
}
