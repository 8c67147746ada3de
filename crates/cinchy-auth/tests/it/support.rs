//! What several modules need: keys (made anew in each run: none lies in the repository), a moment, a client, a user.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use chrono::{DateTime, Utc};
use cinchy_auth::{
    AuthenticationMethod, GrantType, IntegratedClient, IssuerRule, PlainSecret, Scope, SigningKey,
    User, password,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The documented sample's `nbf`.
pub const SAMPLE_SECONDS: i64 = 1_554_131_820;

static KEYS: LazyLock<[Arc<SigningKey>; 2]> = LazyLock::new(|| {
    [(); 2].map(|()| Arc::new(SigningKey::certified(&private_key(), now()).unwrap()))
});

/// A new private key, PKCS#8 as DER.
pub fn private_key() -> Vec<u8> {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    pair.as_der().unwrap().as_ref().to_vec()
}

pub fn key() -> Arc<SigningKey> {
    KEYS[0].clone()
}

pub fn other_key() -> Arc<SigningKey> {
    KEYS[1].clone()
}

pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

pub fn now() -> DateTime<Utc> {
    at(SAMPLE_SECONDS)
}

pub fn rule() -> IssuerRule {
    IssuerRule::new(None, "", None).unwrap()
}

pub fn client(grant_types: &[GrantType]) -> IntegratedClient {
    IntegratedClient {
        id: 1,
        client_id: "abc".into(),
        client_name: "A client".into(),
        grant_types: grant_types.to_vec(),
        redirect_urls: vec![],
        logout_urls: vec![],
        scopes: vec![Scope::OpenId, Scope::Id],
        access_token_lifetime: None,
        show_login_screen: true,
        enabled: true,
        secret: PlainSecret::from("s3cret"),
    }
}

pub fn user() -> User {
    User {
        id: 1,
        username: "admin".into(),
        display_name: "Administrator (admin)".into(),
        profile: "Administrator".into(),
        email: Some("admin@cinchy.co".into()),
        authentication_method: AuthenticationMethod::CinchyUserAccount,
        disabled: false,
        locked_until: None,
        password: Some(password::dummy()),
        credential_version: 1,
        password_expires: None,
    }
}
