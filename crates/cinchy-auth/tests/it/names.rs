//! Names as the tables, seeds and the wire spell them: scopes, grant types, methods, lists.

use cinchy_auth::client::{generate_client_secret, join_urls, parse_urls};
use cinchy_auth::scope::{self, ScopeError};
use cinchy_auth::{AuthenticationMethod, GrantKind, GrantType, Scope, TokenProfile, pat};

use crate::support::{at, client, now, rng};

#[test]
fn requested_scopes_are_judged() {
    let permitted = [Scope::OpenId, Scope::Id, Scope::OfflineAccess];
    let unknown = |name: &str| Err(ScopeError::Unknown(name.into()));
    for (requested, expect) in [
        (Some("js_api"), Ok("js_api")),
        (Some("js_api openid id"), Ok("js_api openid id")),
        (Some("id  openid id openid"), Ok("id openid")),
        (None, Ok("openid id offline_access js_api")),
        (Some(""), Ok("openid id offline_access js_api")),
        (Some("  "), Ok("openid id offline_access js_api")),
        (Some("email"), Err(ScopeError::NotPermitted(Scope::Email))),
        (
            Some("js_api roles"),
            Err(ScopeError::NotPermitted(Scope::Roles)),
        ),
        (Some("OpenId"), unknown("OpenId")),
        (Some("js_api admin"), unknown("admin")),
        (Some("js_api,openid"), unknown("js_api,openid")),
        (Some("offline_access"), Err(ScopeError::OnlyOfflineAccess)),
        (Some("offline_access js_api"), Ok("offline_access js_api")),
    ] {
        let got = scope::resolve(requested, &permitted).map(|list| Scope::wire_text(&list));
        assert_eq!(got, expect.map(str::to_owned), "{requested:?}");
    }
    let long = "js_api ".repeat(43);
    assert_eq!(
        scope::resolve(Some(&long), &permitted),
        Err(ScopeError::TooLong)
    );
    assert_eq!(scope::resolve(None, &[]), Ok(vec![Scope::JsApi]));
}

#[test]
fn scope_lists_go_round() {
    for (text, stored, wire) in [
        (
            "Id, OpenId, Email, Profile, Roles",
            "Id, OpenId, Email, Profile, Roles",
            "id openid email profile roles",
        ),
        (
            "js_api,offline_access , OPENID,js_api",
            "js_api, offline_access, OpenId",
            "js_api offline_access openid",
        ),
        ("Offline Access", "offline_access", "offline_access"),
        (" , ", "", ""),
    ] {
        let scopes = Scope::parse_list(text).unwrap();
        assert_eq!(Scope::list_text(&scopes), stored);
        assert_eq!(Scope::wire_text(&scopes), wire);
        assert_eq!(Scope::parse_list(&Scope::list_text(&scopes)), Ok(scopes));
    }
    assert_eq!(Scope::parse_list("Id, Admin").unwrap_err().0, "Admin");
}

#[test]
fn grant_types_go_round() {
    for (text, stored) in [
        ("resource owner PASSWORD", "Resource Owner Password"),
        (
            "Implicit,Authorization Code",
            "Implicit, Authorization Code",
        ),
        ("saml2, Saml2, device code", "Saml2, Device Code"),
        ("", ""),
    ] {
        let options = GrantType::parse_list(text).unwrap();
        assert_eq!(GrantType::list_text(&options), stored);
        assert_eq!(GrantType::parse_list(stored), Ok(options));
    }
    assert_eq!(
        GrantType::parse_list("Implicit, password").unwrap_err().0,
        "password"
    );
    for kind in GrantKind::ALL {
        assert_eq!(GrantKind::from_wire(kind.as_str()), Some(kind));
    }
}

#[test]
fn options_allow_their_grants() {
    use GrantKind::{AuthorizationCode, ClientCredentials, DeviceCode, Password, Saml2};
    for (option, allowed) in [
        (GrantType::ResourceOwnerPassword, vec![Password, Saml2]),
        (GrantType::Implicit, vec![]),
        (GrantType::AuthorizationCode, vec![AuthorizationCode]),
        (GrantType::ClientCredentials, vec![ClientCredentials]),
        (GrantType::Saml2, vec![Saml2]),
        (GrantType::DeviceCode, vec![DeviceCode]),
    ] {
        for kind in GrantKind::ALL {
            assert_eq!(
                client(&[option]).allows(kind),
                allowed.contains(&kind),
                "{option} {kind}"
            );
        }
    }
    let mut refreshing = client(&[]);
    refreshing.scopes.push(Scope::OfflineAccess);
    assert!(refreshing.allows(GrantKind::RefreshToken));
}

#[test]
fn other_names_go_round() {
    for method in AuthenticationMethod::ALL {
        let shouted = method.as_str().to_uppercase();
        assert_eq!(AuthenticationMethod::parse(&shouted), Ok(method));
    }
    assert!(AuthenticationMethod::parse("LDAP").is_err());
    for profile in [TokenProfile::V2, TokenProfile::V4] {
        assert_eq!(profile.to_string().parse(), Ok(profile));
    }
    assert!("v3".parse::<TokenProfile>().is_err());
}

#[test]
fn url_lists_are_trimmed() {
    let urls = parse_urls(" http://a/ ; http://b/x;;\n");
    assert_eq!(urls, ["http://a/", "http://b/x"]);
    assert_eq!(parse_urls(&join_urls(&urls)), urls);
    assert!(parse_urls("").is_empty());
}

#[test]
fn lifetimes_default_to_an_hour() {
    for (column, seconds) in [
        (None, 3600),
        (Some(1), 1),
        (Some(86_400), 86_400),
        (Some(0), 3600),
        (Some(-5), 3600),
    ] {
        let mut row = client(&[]);
        row.access_token_lifetime = column;
        assert_eq!(row.lifetime(), seconds);
    }
}

#[test]
fn generated_secrets_have_their_form() {
    let secret = generate_client_secret(&mut rng(1));
    let text = secret.expose();
    assert_eq!(text.len(), 36);
    assert_eq!(
        text.split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    assert_eq!(text, text.to_uppercase());
    assert_ne!(secret, generate_client_secret(&mut rng(2)));

    let token = pat::generate(&mut rng(1));
    assert!(token.expose().starts_with("pat_"));
    assert_eq!(token.expose().len(), 47);
    assert!(!token.expose().contains('.'));
    assert_ne!(token, pat::generate(&mut rng(2)));
    // The SHA-256 of `abc`, from FIPS 180-2.
    assert_eq!(
        pat::hash(&"abc".into()),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn a_jwt_has_two_dots() {
    for (token, expect) in [
        ("a.b.c", true),
        ("pat_x", false),
        ("a.b", false),
        ("a.b.c.d", false),
        ("", false),
    ] {
        assert_eq!(pat::looks_like_jwt(token), expect, "{token}");
    }
}

#[test]
fn tokens_are_limited() {
    use pat::PatRefusal::{ExpiryPast, ExpiryTooLate, TooMany};
    let year = now() + chrono::Months::new(12);
    for (active, expires, expect) in [
        (4, year, Ok(())),
        (0, at(now().timestamp() + 1), Ok(())),
        (5, year, Err(TooMany)),
        (0, now(), Err(ExpiryPast)),
        (0, at(year.timestamp() + 1), Err(ExpiryTooLate)),
    ] {
        assert_eq!(pat::may_create(active, expires, now()), expect);
    }
}
