//! The form of the token endpoint: what is read, what is refused, and in which order.

use cinchy_auth::client::ClientRefusal;
use cinchy_auth::{
    Credential, GrantKind, GrantType, IntegratedClient, PlainSecret, SignInRefusal, TokenError,
    TokenForm, TokenRequest,
};

use crate::support::{client, now};

const GOOD: &str =
    "client_id=abc&client_secret=s3cret&grant_type=password&username=ann&password=pw&scope=js_api";

fn pairs(form: &str) -> Vec<(String, String)> {
    form.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn basic(username: &str, password: &str) -> Credential {
    Credential::Basic {
        username: username.into(),
        password: PlainSecret::from(password),
    }
}

/// Parse, authenticate against the one client `abc`, and judge the grant: what the identity room does.
fn walk(
    credential: &Credential,
    form: &str,
    row: &IntegratedClient,
) -> Result<TokenRequest, TokenError> {
    let form = TokenForm::parse(credential, pairs(form))?;
    let known = Some(row).filter(|row| row.client_id == form.client_id());
    let found = form.authenticate(known)?;
    form.into_request(found)
}

#[test]
fn a_password_request_is_read() {
    let row = client(&[GrantType::ResourceOwnerPassword]);
    let expect = TokenRequest::Password {
        username: "ann".into(),
        password: PlainSecret::from("pw"),
        scope: Some("js_api".into()),
    };
    for (credential, form) in [
        (Credential::None, GOOD.to_owned()),
        // The documentation's overview page writes names with capitals.
        (
            Credential::None,
            "Client_id=abc&CLIENT_SECRET=s3cret&Grant_Type=password&Username=ann&Password=pw&Scope=js_api".into(),
        ),
        (Credential::None, format!("{GOOD}&unknown=1")),
        // The SDK's interceptor may add a bearer credential to anything.
        (Credential::Bearer(PlainSecret::from("x")), GOOD.into()),
        (
            basic("abc", "s3cret"),
            "grant_type=password&username=ann&password=pw&scope=js_api".into(),
        ),
        // The header wins over the form.
        (basic("abc", "s3cret"), GOOD.replace("s3cret", "wrong")),
        // The header's parts are form-encoded.
        (basic("%61bc", "s%33cret"), GOOD.into()),
        // A header without a secret gives way to the form's.
        (basic("abc", ""), GOOD.into()),
        (basic("abc", ""), GOOD.replace("client_id=abc&", "")),
        (basic("", "nobody"), GOOD.into()),
    ] {
        assert_eq!(
            walk(&credential, &form, &row).as_ref(),
            Ok(&expect),
            "{credential:?} {form}"
        );
    }
    let without = walk(
        &Credential::None,
        &GOOD.replace("&scope=js_api", "&scope="),
        &row,
    );
    assert!(matches!(
        without,
        Ok(TokenRequest::Password { scope: None, .. })
    ));
}

#[test]
fn refusals_have_their_code_and_order() {
    let row = client(&[GrantType::ResourceOwnerPassword]);
    let long = "x".repeat(101);
    for (form, code, error) in [
        (
            format!("{GOOD}&USERNAME=bob"),
            "invalid_request",
            TokenError::RepeatedParameter("username".into()),
        ),
        (
            format!("{GOOD}&other=1&other=1"),
            "invalid_request",
            TokenError::RepeatedParameter("other".into()),
        ),
        (String::new(), "invalid_client", TokenError::ClientIdMissing),
        (
            GOOD.replace("abc", ""),
            "invalid_client",
            TokenError::ClientIdMissing,
        ),
        (
            GOOD.replace("abc", &long),
            "invalid_client",
            TokenError::ClientIdTooLong,
        ),
        (
            GOOD.replace("s3cret", &long),
            "invalid_client",
            TokenError::ClientSecretTooLong,
        ),
        (
            GOOD.replace("abc", "ABC"),
            "invalid_client",
            TokenError::UnknownClient("ABC".into()),
        ),
        (
            GOOD.replace("s3cret", ""),
            "invalid_client",
            ClientRefusal::SecretMissing.into(),
        ),
        (
            GOOD.replace("s3cret", "S3CRET"),
            "invalid_client",
            ClientRefusal::SecretWrong.into(),
        ),
        // The client first, then the grant type.
        (
            "client_id=abc&client_secret=no&grant_type=nonsense".into(),
            "invalid_client",
            ClientRefusal::SecretWrong.into(),
        ),
        (
            GOOD.replace("grant_type=password", "grant_type="),
            "unsupported_grant_type",
            TokenError::GrantTypeMissing,
        ),
        (
            GOOD.replace("=password", "=Password"),
            "unsupported_grant_type",
            TokenError::UnknownGrantType("Password".into()),
        ),
        (
            GOOD.replace("=password", &format!("={long}")),
            "unsupported_grant_type",
            TokenError::UnknownGrantType("x".repeat(100)),
        ),
        (
            GOOD.replace("=password", "=client_credentials"),
            "unauthorized_client",
            TokenError::GrantNotAllowed(GrantKind::ClientCredentials),
        ),
        (
            GOOD.replace("=password", "=saml2"),
            "invalid_grant",
            TokenError::SamlTokenMissing,
        ),
        (
            GOOD.replace("=password", "=refresh_token"),
            "invalid_request",
            TokenError::RefreshTokenMissing,
        ),
        (
            GOOD.replace("=ann", "="),
            "invalid_grant",
            TokenError::UserNameMissing,
        ),
        (
            GOOD.replace("=pw", "="),
            "invalid_grant",
            TokenError::PasswordMissing,
        ),
        (
            GOOD.replace("=ann", &format!("={long}")),
            "invalid_grant",
            TokenError::UserNameTooLong,
        ),
        (
            GOOD.replace("=pw", &format!("={long}")),
            "invalid_grant",
            TokenError::PasswordTooLong,
        ),
    ] {
        let got = walk(&Credential::None, &form, &row).unwrap_err();
        assert_eq!(got.code(), code, "{form}");
        assert_eq!(got, error, "{form}");
        assert!(!got.reason().contains("s3cret"), "{}", got.reason());
    }
}

#[test]
fn the_clients_grant_types_decide_before_the_parameters_do() {
    let form = "client_id=abc&client_secret=s3cret&grant_type=password";
    let saml = "client_id=abc&client_secret=s3cret&grant_type=saml2&token=x";
    let implicit = "client_id=abc&grant_type=password&username=a&password=b";
    for (grant_types, form, error) in [
        (
            vec![GrantType::Saml2],
            form,
            TokenError::GrantNotAllowed(GrantKind::Password),
        ),
        (
            vec![GrantType::Saml2],
            "client_id=abc&client_secret=s3cret&grant_type=saml2&token=",
            TokenError::SamlTokenMissing,
        ),
        (
            vec![GrantType::AuthorizationCode],
            saml,
            TokenError::ExtensionGrantNotAllowed(GrantKind::Saml2),
        ),
        // A browser client needs no secret, and gets no token here.
        (
            vec![GrantType::Implicit],
            implicit,
            TokenError::GrantNotAllowed(GrantKind::Password),
        ),
        (
            vec![GrantType::Implicit, GrantType::ResourceOwnerPassword],
            implicit,
            ClientRefusal::SecretMissing.into(),
        ),
    ] {
        let got = walk(&Credential::None, form, &client(&grant_types));
        assert_eq!(got, Err(error), "{grant_types:?}");
    }
}

#[test]
fn disabled_clients_and_blank_stored_secrets_are_refused() {
    let mut row = client(&[GrantType::ResourceOwnerPassword]);
    row.secret = PlainSecret::from("");
    let got = walk(&Credential::None, GOOD, &row);
    assert_eq!(got, Err(ClientRefusal::NoSecretStored.into()));
    row.enabled = false;
    let got = walk(&Credential::None, GOOD, &row);
    assert_eq!(got, Err(ClientRefusal::Disabled.into()));
}

#[test]
fn every_refused_user_reads_the_same() {
    for refusal in [
        SignInRefusal::UnknownUser,
        SignInRefusal::WrongPassword,
        SignInRefusal::NoPassword,
        SignInRefusal::LockedOut { until: now() },
        SignInRefusal::Disabled,
        SignInRefusal::SingleSignOnOnly,
        SignInRefusal::Anonymous,
    ] {
        let error = TokenError::from(refusal);
        assert_eq!(error.code(), "invalid_grant");
        assert_eq!(error.description(), Some("Invalid username or password"));
        assert_eq!(error.reason(), refusal.to_string());
    }
}

#[test]
fn reasons_fit_on_a_header_line() {
    let row = client(&[GrantType::ResourceOwnerPassword]);
    let got = walk(&basic("a\r\nX: 1é", "s"), GOOD, &row).unwrap_err();
    assert_eq!(got, TokenError::UnknownClient("a\r\nX: 1é".into()));
    assert!(
        got.reason()
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte))
    );
}
