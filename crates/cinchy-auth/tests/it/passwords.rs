//! Hashes, their parameters, and secrets that stay out of `Debug`.

use cinchy_auth::password::{self, PasswordError};
use cinchy_auth::secret::HashedSecretError;
use cinchy_auth::verified::VerifiedCredentials;
use cinchy_auth::{Credential, HashedSecret, PlainSecret, TokenForm, pat};

use crate::support::{client, key, rng, user};

#[test]
fn a_hash_has_the_stated_parameters_and_verifies_its_own_password_only() {
    let password = PlainSecret::from("secret-1");
    let hash = password::hash(&password, [7; 16]).unwrap();
    assert!(
        hash.as_phc()
            .starts_with("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"),
        "{}",
        hash.as_phc()
    );
    assert!(password::verify(&password, &hash));
    assert!(!password::verify(&PlainSecret::from("secret-2"), &hash));
    assert!(!password::needs_rehash(&hash));
    assert_eq!(HashedSecret::parse(hash.as_phc()), Ok(hash.clone()));
    assert_ne!(hash, password::hash(&password, [8; 16]).unwrap());
}

#[test]
fn the_dummy_is_a_real_hash_with_the_same_cost() {
    let dummy = password::dummy();
    assert_eq!(HashedSecret::parse(dummy.as_phc()), Ok(dummy.clone()));
    assert!(!password::needs_rehash(&dummy));
    assert!(!password::verify(&PlainSecret::from(""), &dummy));
    assert!(!password::verify(&PlainSecret::from("cinchy"), &dummy));
}

#[test]
fn passwords_have_one_to_a_hundred_characters() {
    let hash = |text: String| password::hash(&PlainSecret::from(text), [1; 16]).map(|_| ());
    assert_eq!(hash(String::new()), Err(PasswordError::Empty));
    assert_eq!(hash("é".repeat(100)), Ok(()));
    assert_eq!(hash("é".repeat(101)), Err(PasswordError::TooLong));
}

#[test]
fn phc_texts_are_checked() {
    let tail = "BwcHBwcHBwcHBwcHBwcHBw$jX1nCr5gWzWnVwYQk8Q2Hk1m3q0l9vJ8kz0T1yY5b4E";
    for (text, expect) in [
        (format!("$argon2id$v=19$m=19456,t=2,p=1${tail}"), Ok(false)),
        (format!("$argon2id$v=19$m=4096,t=3,p=1${tail}"), Ok(true)),
        (format!("$argon2i$v=19$m=19456,t=2,p=1${tail}"), Ok(true)),
        ("secret-1".into(), Err(HashedSecretError::NotPhc)),
        (String::new(), Err(HashedSecretError::NotPhc)),
        (
            format!("$scrypt$ln=16,r=8,p=1${tail}"),
            Err(HashedSecretError::Algorithm),
        ),
        (
            "$argon2id$v=19$m=19456,t=2,p=1".into(),
            Err(HashedSecretError::Parameters),
        ),
        (
            format!("$argon2id$v=19$m=1,t=2,p=1${tail}"),
            Err(HashedSecretError::Parameters),
        ),
        (
            format!("$argon2id$v=19$m=4000000,t=2,p=1${tail}"),
            Err(HashedSecretError::TooCostly),
        ),
        (
            format!("$argon2id$v=19$m=19456,t=999,p=1${tail}"),
            Err(HashedSecretError::TooCostly),
        ),
    ] {
        let got = HashedSecret::parse(&text).map(|hash| password::needs_rehash(&hash));
        assert_eq!(got, expect, "{text}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let pat = pat::generate(&mut rng(1));
    let credential = Credential::parse(Some(b"Basic YW5uOmhpZGRlbi1wdw==")).unwrap();
    let form = TokenForm::parse(
        &credential,
        [
            ("grant_type", "password"),
            ("username", "ann"),
            ("password", "hidden-two"),
        ],
    )
    .unwrap();
    let seen = format!(
        "{pat:?} {credential:?} {form:?} {:?} {:?} {:?}",
        client(&[]),
        user(),
        key()
    );
    for secret in [
        pat.expose(),
        "hidden-pw",
        "hidden-two",
        "s3cret",
        password::dummy().as_phc(),
        "PRIVATE KEY",
    ] {
        assert!(!seen.contains(secret), "{seen}");
    }
}

#[test]
fn the_verified_key_depends_on_everything_it_is_made_of() {
    let first = VerifiedCredentials::new(&mut rng(1));
    let second = VerifiedCredentials::new(&mut rng(2));
    let password = PlainSecret::from("a");
    let base = first.cache_key(1, 1, &password);
    assert_eq!(base, first.cache_key(1, 1, &password));
    for other in [
        first.cache_key(2, 1, &password),
        first.cache_key(1, 2, &password),
        first.cache_key(1, 1, &PlainSecret::from("b")),
        second.cache_key(1, 1, &password),
    ] {
        assert_ne!(base, other);
    }
}
