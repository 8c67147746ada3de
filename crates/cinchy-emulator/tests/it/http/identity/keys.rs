//! Signing keys over time, and what several processes on one database agree on.

use std::sync::Arc;

use cinchy_auth::token::{Purpose, verify_access_token};
use cinchy_auth::{AccessToken, IssuerRule, Mount, Scope, TokenProfile, issuer::Reached};
use cinchy_storage::seeding::{Mode, Seeds, prepare};
use cinchy_storage::testing::PostgresDatabase;
use cinchy_storage::{Base, Database, Options};
use cinchy_web::{Instance, InstanceOptions};
use serde_json::json;

use crate::support::backends::postgres_server;
use crate::support::browser::{
    Browser, code_request, exchange, implicit_request, location, parameters, post_json, refresh,
    with_clients,
};

fn instance(url: Option<String>) -> Instance {
    let options = Options {
        url,
        ..Options::default()
    };
    Instance::new(InstanceOptions {
        name: None,
        database: Database::open(&options).unwrap(),
        issuers: IssuerRule::new(None, "", None).unwrap(),
        token_profile: TokenProfile::V2,
        spare_key: None,
        keys: None,
        base: Arc::new(Base::new(prepare(Seeds::none(), Mode::Replace).unwrap())),
        hashing: Arc::default(),
    })
    .unwrap()
}

fn mint(instance: &Instance) -> String {
    let issuer = instance
        .issuers()
        .issuer("http://localhost", Reached::ByPath, Mount::Root);
    let token = AccessToken {
        issuer: &issuer,
        client_id: "abc",
        user: None,
        scopes: &[Scope::JsApi],
        lifetime: 3600,
    };
    let now = instance.clock().now();
    let minted = token.mint(
        instance.keys().unwrap().current(),
        TokenProfile::V2,
        now,
        &mut rand::rng(),
    );
    minted.unwrap().access_token
}

fn is_good(instance: &Instance, token: &str) -> bool {
    let now = instance.clock().now();
    verify_access_token(
        token,
        &instance.keys().unwrap(),
        instance.issuers(),
        Purpose::Api,
        now,
    )
    .is_ok()
}

/// A look at the database, as each request takes.
fn look(instance: &Instance) {
    let looked = instance
        .database()
        .read(|conn| instance.generation(conn).map(|_| ()));
    looked.unwrap();
}

fn kids(instance: &Instance) -> Vec<String> {
    let keys = serde_json::to_value(instance.keys().unwrap().jwks()).unwrap();
    let keys = keys["keys"].as_array().unwrap().clone();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_rotated_key_is_listed_while_its_tokens_live() {
    let instance = instance(None);
    let before = mint(&instance);
    let old = kids(&instance);
    let new = instance.rotate_keys().unwrap();
    assert_eq!(kids(&instance), [new.clone(), old[0].clone()]);
    assert_eq!(instance.keys().unwrap().current().kid(), new);
    assert!(is_good(&instance, &before) && is_good(&instance, &mint(&instance)));
    look(&instance);
    assert_eq!(kids(&instance), [new, old[0].clone()]);
}

/// Not only when the next key comes.
#[tokio::test]
async fn a_retired_key_goes_when_its_tokens_are_over() {
    for on in crate::support::backends::start_each(with_clients()).await {
        let emulator = &on.emulator;
        let listed = async || {
            let url = format!("{}/.well-known/openid-configuration/jwks", emulator.url());
            let keys = emulator.http().get(url).send().await.unwrap();
            let keys: serde_json::Value = keys.json().await.unwrap();
            keys["keys"].as_array().unwrap().len()
        };
        assert_eq!(listed().await, 1);
        let url = format!("{}/_emulator/keys/rotate", emulator.url());
        let rotated = emulator.http().post(url).send().await.unwrap();
        assert!(rotated.status().is_success(), "{}", rotated.status());
        assert_eq!(listed().await, 2, "{}", on.name);
        emulator.clock().advance("30m").await.unwrap();
        assert_eq!(listed().await, 2, "{}", on.name);
        emulator.clock().advance("48h").await.unwrap();
        assert_eq!(listed().await, 1, "{}", on.name);
    }
}

#[test]
fn processes_agree_on_rotated_keys() {
    let Some(server) = postgres_server() else {
        return;
    };
    let database = PostgresDatabase::create(&server).unwrap();
    let url = || Some(database.url().to_owned());
    let (one, two) = (instance(url()), instance(url()));
    let before = mint(&two);
    let new = one.rotate_keys().unwrap();
    look(&two);
    assert_eq!(two.keys().unwrap().current().kid(), new);
    assert_eq!(kids(&one), kids(&two));
    for token in [before, mint(&one), mint(&two)] {
        assert!(is_good(&one, &token) && is_good(&two, &token));
    }
    let third = instance(url());
    assert_eq!(kids(&one), kids(&third), "a later start finds both");
}

/// Sessions, codes, refresh tokens, revocations: whichever process is asked.
#[tokio::test]
async fn processes_agree_on_who_is_signed_in() {
    let Some(server) = postgres_server() else {
        return;
    };
    let database = PostgresDatabase::create(&server).unwrap();
    let start = || with_clients().database(database.url()).start();
    let (one, two) = tokio::join!(start(), start());
    let (one, two) = (one.unwrap(), two.unwrap());
    let mut at_one = Browser::new(&one);
    let back = at_one
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    let (status, tokens) = exchange(&two, &parameters(&back)["code"]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(
        exchange(&one, &parameters(&back)["code"]).await,
        (400, json!({"error": "invalid_grant"}))
    );
    // Used twice, so what it gave is gone in both.
    for emulator in [&one, &two] {
        let token = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(emulator, token).await.0, 400);
        let url = format!("{}/API/Zoo/Count", emulator.url());
        let request = emulator
            .http()
            .get(url)
            .bearer_auth(tokens["access_token"].as_str().unwrap());
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    // The session is known to the other one, until it ends at either.
    let mut at_two = Browser::new(&two);
    at_two.cookies = at_one.cookies.clone();
    let silent = location(&at_two.get(&implicit_request("&prompt=none")).await);
    assert!(silent.contains("id_token="), "{silent}");
    at_two
        .submit("/account/logout", "/account/logout", &[])
        .await;
    let silent = location(&at_one.get(&implicit_request("&prompt=none")).await);
    assert!(silent.contains("error=login_required"), "{silent}");
    // A token is revoked at one and refused at the other.
    let token = one.token("app", "browse").await.unwrap();
    let call = async || {
        let url = format!("{}/API/Zoo/Count", two.url());
        let request = two.http().get(url).bearer_auth(&token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(call().await, 200);
    let form = [
        ("client_id", "app"),
        ("client_secret", "app-secret"),
        ("token", token.as_str()),
    ];
    assert_eq!(post_json(&one, "/connect/revocation", &form).await.0, 200);
    assert_eq!(call().await, 401);
}
