//! Access tokens: the documented shape, the round trip, and forgeries.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cinchy_auth::issuer::{IssuerDefect, Reached};
use cinchy_auth::token::{Purpose, UserClaims, verify_access_token};
use cinchy_auth::{
    AccessClaims, AccessToken, IssuerRule, KeyRing, MintedToken, Mount, Scope, SigningKey,
    TokenDefect, TokenProfile,
};
use serde_json::{Value, json};

use crate::support::{SAMPLE_SECONDS, at, key, now, other_key, rng, rule, user};

/// The documented sample: its payload, and its header with the key's own thumbprint.
const SAMPLE_PAYLOAD: &str = r#"{"nbf":1554131820,"exp":1554135420,"iss":"http://localhost:8081","aud":["http://localhost:8081/resources","js_api"],"client_id":"abc","sub":"1","auth_time":1554131820,"idp":"local","profile":"Administrator","email":"admin@cinchy.co","role":"Cinchy User Account","id":"admin","scope":["js_api"],"amr":["custom"]}"#;

fn mint_with(profile: TokenProfile, scopes: &[Scope], user_claims: bool) -> MintedToken {
    let issuer = rule().issuer("http://localhost:8081", Reached::ByPath, Mount::Root);
    let user = user();
    AccessToken {
        issuer: &issuer,
        client_id: "abc",
        user: user_claims.then(|| UserClaims::password_grant(&user, now())),
        scopes,
        lifetime: 3600,
    }
    .mint(&key(), profile, now(), &mut rng(9))
    .unwrap()
}

fn sample() -> String {
    mint_with(TokenProfile::V2, &[Scope::JsApi], true).access_token
}

fn part(token: &str, index: usize) -> String {
    let part = token.split('.').nth(index).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(key(), vec![])
}

fn verify_at(token: &str, seconds: i64) -> Result<AccessClaims, TokenDefect> {
    verify_access_token(token, &ring(), &rule(), Purpose::Api, at(seconds))
}

fn verify(token: &str) -> Result<AccessClaims, TokenDefect> {
    verify_at(token, SAMPLE_SECONDS)
}

/// Signs any header and payload with a key: what an attacker with a key of ours could not do better.
fn sign(key: &SigningKey, header: &str, payload: &str) -> String {
    let pem: String = key
        .private_pem()
        .expose()
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(pem).unwrap()).unwrap();
    let message = message(header, payload);
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn message(header: &str, payload: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    )
}

fn header() -> String {
    json!({"alg": "RS256", "kid": key().kid()}).to_string()
}

/// The sample with some claims replaced; `null` takes one out.
fn sample_with(changes: Value) -> String {
    let mut payload: Value = serde_json::from_str(SAMPLE_PAYLOAD).unwrap();
    let claims = payload.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
    sign(&key(), &header(), &payload.to_string())
}

#[test]
fn v2_is_the_documented_sample_byte_for_byte() {
    let minted = mint_with(TokenProfile::V2, &[Scope::JsApi], true);
    assert_eq!(part(&minted.access_token, 1), SAMPLE_PAYLOAD);
    let key = key();
    let expect = format!(
        r#"{{"alg":"RS256","kid":"{}","typ":"JWT","x5t":"{}"}}"#,
        key.kid(),
        key.verifying().x5t()
    );
    assert_eq!(part(&minted.access_token, 0), expect);
    let signature = minted.access_token.rsplit('.').next().unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap().len(), 256);
    assert_eq!(minted.expires_in, 3600);
    assert_eq!(minted.scope, None);
    assert!(!format!("{minted:?}").contains(&minted.access_token));
}

#[test]
fn v4_adds_its_claims() {
    let minted = mint_with(TokenProfile::V4, &[Scope::JsApi, Scope::Id], true);
    let payload: Value = serde_json::from_str(&part(&minted.access_token, 1)).unwrap();
    let names: Vec<&str> = payload
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "nbf",
            "exp",
            "iss",
            "aud",
            "client_id",
            "sub",
            "auth_time",
            "idp",
            "profile",
            "email",
            "role",
            "id",
            "jti",
            "iat",
            "scope",
            "amr"
        ]
    );
    assert_eq!(payload["iat"], payload["nbf"]);
    let jti = payload["jti"].as_str().unwrap();
    assert_eq!(jti.len(), 32);
    assert!(
        jti.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
    );
    assert!(part(&minted.access_token, 0).contains(r#""typ":"at+jwt""#));
    assert_eq!(minted.scope.as_deref(), Some("js_api id"));
    let claims = verify(&minted.access_token).unwrap();
    assert_eq!(claims.jti.as_deref(), Some(jti));
}

#[test]
fn a_session_is_named_in_v4_only() {
    let issuer = rule().issuer("http://h", Reached::ByPath, Mount::Idp);
    let user = user();
    let mut claims = UserClaims::password_grant(&user, now());
    claims.session = Some("S1");
    claims.email = Some("  ");
    let token = AccessToken {
        issuer: &issuer,
        client_id: "abc",
        user: Some(claims),
        scopes: &[Scope::JsApi],
        lifetime: 5,
    };
    for (profile, session) in [(TokenProfile::V2, None), (TokenProfile::V4, Some("S1"))] {
        let minted = token.mint(&key(), profile, now(), &mut rng(1)).unwrap();
        let claims = verify(&minted.access_token).unwrap();
        assert_eq!(claims.session.as_deref(), session);
        assert!(!part(&minted.access_token, 1).contains("email"));
    }
}

#[test]
fn minted_tokens_verify() {
    let claims = verify(&sample()).unwrap();
    assert_eq!(
        claims,
        AccessClaims {
            issuer: "http://localhost:8081".into(),
            client_id: "abc".into(),
            user_id: Some(1),
            username: Some("admin".into()),
            scopes: vec!["js_api".into()],
            not_before: Some(now()),
            expires_at: at(SAMPLE_SECONDS + 3600),
            jti: None,
            session: None,
        }
    );
    assert!(claims.has_scope(Scope::JsApi) && !claims.has_scope(Scope::OpenId));
    let own = mint_with(TokenProfile::V2, &[Scope::JsApi], false);
    assert_eq!(verify(&own.access_token).unwrap().user_id, None);
}

#[test]
fn a_retired_key_still_verifies() {
    let ring = KeyRing::new(other_key(), vec![key().verifying().clone()]);
    let got = verify_access_token(&sample(), &ring, &rule(), Purpose::Api, now());
    assert!(got.is_ok());
    let gone = KeyRing::new(other_key(), vec![]);
    let got = verify_access_token(&sample(), &gone, &rule(), Purpose::Api, now());
    assert_eq!(got, Err(TokenDefect::UnknownKey(key().kid().into())));
}

#[test]
fn times_are_those_of_the_given_clock() {
    let token = sample();
    for (offset, expect) in [
        (-10, Ok(())),
        (0, Ok(())),
        (3599, Ok(())),
        (-11, Err(TokenDefect::NotYetValid(now()))),
        (3600, Err(TokenDefect::Expired(at(SAMPLE_SECONDS + 3600)))),
        (10_000, Err(TokenDefect::Expired(at(SAMPLE_SECONDS + 3600)))),
    ] {
        let got = verify_at(&token, SAMPLE_SECONDS + offset).map(|_| ());
        let expired = got.as_ref().is_err_and(TokenDefect::is_expired);
        assert_eq!(expired, offset >= 3600);
        assert_eq!(got, expect, "{offset}");
    }
}

#[test]
fn both_documented_shapes_are_accepted() {
    let resources = "http://localhost:8081/resources";
    for changes in [
        json!({}),
        // The second public token: one audience as a text, iat and jti, no user claims.
        json!({"aud": resources, "iat": 1, "jti": "00", "profile": null, "email": null, "role": null, "id": null}),
        json!({"aud": "js_api"}),
        json!({"aud": [resources], "scope": "openid js_api"}),
        json!({"nbf": null}),
        json!({"iss": "https://elsewhere/cinchysso", "aud": ["js_api"]}),
    ] {
        let got = verify(&sample_with(changes.clone()));
        assert!(got.is_ok(), "{changes} {got:?}");
    }
    let later_kid =
        json!({"alg": "RS256", "kid": format!("{}RS256", key().kid()), "typ": "at+jwt"});
    let token = sign(&key(), &later_kid.to_string(), SAMPLE_PAYLOAD);
    assert!(verify(&token).is_ok());
}

#[test]
fn wrong_claims_are_refused() {
    let path = |issuer: &str| TokenDefect::Issuer {
        issuer: issuer.into(),
        defect: IssuerDefect::Path,
    };
    for (changes, expect) in [
        (json!({"iss": "http://h/other"}), path("http://h/other")),
        (
            json!({"iss": "http://h/identity"}),
            path("http://h/identity"),
        ),
        (json!({"iss": null}), TokenDefect::Claims),
        (json!({"aud": "other"}), TokenDefect::Audience),
        (
            json!({"aud": ["http://evil/resources"]}),
            TokenDefect::Audience,
        ),
        (json!({"aud": null}), TokenDefect::Audience),
        (
            json!({"aud": "http://localhost:8081/resources", "scope": ["openid"]}),
            TokenDefect::Audience,
        ),
        (json!({"exp": null}), TokenDefect::Claims),
        (json!({"exp": "soon"}), TokenDefect::Claims),
        (json!({"exp": i64::MAX}), TokenDefect::Claims),
        (json!({"exp": 1, "nbf": 0}), TokenDefect::Expired(at(1))),
        (json!({"sub": "admin"}), TokenDefect::Subject),
        (json!({"client_id": null}), TokenDefect::NotAccessToken),
        (json!({"scope": null}), TokenDefect::NotAccessToken),
        (json!({"nonce": "n"}), TokenDefect::NotAccessToken),
        (
            json!({"aud": "abc", "client_id": null, "scope": null, "nonce": "n", "at_hash": "h"}),
            TokenDefect::NotAccessToken,
        ),
    ] {
        let got = verify(&sample_with(changes.clone()));
        assert_eq!(got, Err(expect), "{changes}");
    }
}

#[test]
fn userinfo_takes_a_token_that_is_not_for_the_api() {
    let token = mint_with(TokenProfile::V2, &[Scope::OpenId], true).access_token;
    assert!(part(&token, 1).contains(r#""aud":"http://localhost:8081/resources","#));
    assert_eq!(verify(&token), Err(TokenDefect::Audience));
    let claims = verify_access_token(&token, &ring(), &rule(), Purpose::Identity, now()).unwrap();
    assert!(claims.has_scope(Scope::OpenId));
}

#[test]
fn a_public_url_binds_the_origin() {
    let bound = IssuerRule::new(Some("https://cinchy.example"), "", None).unwrap();
    let got = verify_access_token(&sample(), &ring(), &bound, Purpose::Api, now());
    assert_eq!(
        got,
        Err(TokenDefect::Issuer {
            issuer: "http://localhost:8081".into(),
            defect: IssuerDefect::Origin
        })
    );
}

#[test]
fn forgeries_are_refused() {
    let key = key();
    let kid = key.kid();
    let good = sample();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let forged_payload = SAMPLE_PAYLOAD.replace(r#""sub":"1""#, r#""sub":"2""#);
    let algorithm = |alg: &str| TokenDefect::Algorithm(alg.into());
    let with_alg = |alg: &str| json!({"alg": alg, "kid": kid}).to_string();

    // HS256 with what is public as the secret: the certificate and the modulus.
    let public = [
        key.certificate_der().to_vec(),
        serde_json::to_vec(key.verifying().jwk()).unwrap(),
    ];
    for secret in public {
        let message = message(&with_alg("HS256"), SAMPLE_PAYLOAD);
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &secret),
            message.as_bytes(),
        );
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(verify(&token), Err(algorithm("HS256")));
    }

    let none = message(&with_alg("none"), SAMPLE_PAYLOAD);
    let foreign = sign(&other_key(), &header(), SAMPLE_PAYLOAD);
    let own_header = json!({"alg": "RS256", "kid": kid, "jku": "http://evil", "jwk": other_key().verifying().jwk()});
    let signed_by_jwk = sign(&other_key(), &own_header.to_string(), SAMPLE_PAYLOAD);
    let unknown = json!({"alg": "RS256", "kid": "FF"}).to_string();
    let keyless = json!({"alg": "RS256"}).to_string();
    let critical = json!({"alg": "RS256", "kid": kid, "crit": ["exp"]}).to_string();
    let logout = json!({"alg": "RS256", "kid": kid, "typ": "logout+jwt"}).to_string();
    for (name, token, expect) in [
        ("none", format!("{none}."), algorithm("none")),
        (
            "none, signed",
            format!("{none}.{signature}"),
            algorithm("none"),
        ),
        (
            "NONE",
            format!("{}.", message(&with_alg("NONE"), SAMPLE_PAYLOAD)),
            algorithm("NONE"),
        ),
        (
            "RS512",
            sign(&key, &with_alg("RS512"), SAMPLE_PAYLOAD),
            algorithm("RS512"),
        ),
        (
            "PS256",
            sign(&key, &with_alg("PS256"), SAMPLE_PAYLOAD),
            algorithm("PS256"),
        ),
        (
            "rs256",
            sign(&key, &with_alg("rs256"), SAMPLE_PAYLOAD),
            algorithm("rs256"),
        ),
        ("foreign key, our kid", foreign, TokenDefect::Signature),
        ("key in the header", signed_by_jwk, TokenDefect::Signature),
        (
            "changed payload",
            format!("{}.{signature}", message(&header(), &forged_payload)),
            TokenDefect::Signature,
        ),
        ("no signature", format!("{signed}."), TokenDefect::Signature),
        (
            "cut signature",
            good[..good.len() - 8].to_owned(),
            TokenDefect::Signature,
        ),
        (
            "bad signature text",
            format!("{signed}.!!"),
            TokenDefect::Signature,
        ),
        (
            "unknown kid",
            sign(&key, &unknown, SAMPLE_PAYLOAD),
            TokenDefect::UnknownKey("FF".into()),
        ),
        (
            "no kid",
            sign(&key, &keyless, SAMPLE_PAYLOAD),
            TokenDefect::NoKeyId,
        ),
        (
            "crit",
            sign(&key, &critical, SAMPLE_PAYLOAD),
            TokenDefect::Header,
        ),
        (
            "logout token",
            sign(&key, &logout, SAMPLE_PAYLOAD),
            TokenDefect::Header,
        ),
        (
            "payload no JSON",
            sign(&key, &header(), "x"),
            TokenDefect::Claims,
        ),
        (
            "payload no object",
            sign(&key, &header(), "[]"),
            TokenDefect::Claims,
        ),
        (
            "header no JSON",
            sign(&key, "x", SAMPLE_PAYLOAD),
            TokenDefect::NotJwt,
        ),
        ("empty", String::new(), TokenDefect::NotJwt),
        ("null", "null".into(), TokenDefect::NotJwt),
        ("dots", "..".into(), TokenDefect::NotJwt),
        ("four parts", format!("{good}.x"), TokenDefect::NotJwt),
    ] {
        assert_eq!(verify(&token), Err(expect), "{name}");
    }
    assert!(verify(&good).is_ok());
}
