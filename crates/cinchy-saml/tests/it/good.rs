//! What is accepted.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bergshamra::core::algorithm;
use chrono::{DateTime, TimeDelta, Utc};
use cinchy_saml::{Expected, IdentityProvider, SamlError, Strength, Subject, verify};

use crate::idp::{IDP, Idp, Parts, Signed, encoded, idp, stamp};

pub const AUDIENCE: &str = "https://cinchy.example.test";
pub const ACS: &str = "http://localhost:8081/saml2/acs";
pub const TOKEN_URL: &str = "http://localhost:8081/connect/token";

pub fn now() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

pub fn parts() -> Parts {
    Parts::new(now(), AUDIENCE, ACS, "saml")
}

pub fn provider(idp: &Idp) -> IdentityProvider {
    IdentityProvider::from_metadata(&idp.metadata(IDP), IDP).unwrap()
}

/// Verifies with what the tests agree on.
pub fn judge_with(
    token: &str,
    idp: &Idp,
    at: DateTime<Utc>,
    minimum: Strength,
) -> Result<Subject, SamlError> {
    let recipients = [ACS.to_owned(), TOKEN_URL.to_owned()];
    verify(
        token,
        &[provider(idp)],
        &Expected {
            audience: AUDIENCE,
            recipients: &recipients,
            now: at,
            minimum,
        },
    )
}

pub fn judge(document: &str) -> Result<Subject, SamlError> {
    judge_with(&encoded(document), idp(), now(), Strength::Sha256)
}

#[test]
fn whatever_is_signed() {
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let subject = judge(&Parts { signed, ..parts() }.document()).unwrap();
        assert_eq!(subject.name_id, "saml");
        assert_eq!(subject.issuer, IDP);
        assert_eq!(subject.in_response_to, None);
        assert_eq!(subject.expires, now() + TimeDelta::seconds(360));
        assert_eq!(subject.replay_key.len(), 64);
    }
    let bare = Parts {
        bare: true,
        ..parts()
    };
    assert_eq!(judge(&bare.document()).unwrap().name_id, "saml");
}

#[test]
fn the_replay_key_is_of_the_assertion() {
    let one = judge(&parts().document()).unwrap().replay_key;
    let again = judge(
        &Parts {
            signed: Signed::Both,
            ..parts()
        }
        .document(),
    );
    assert_eq!(one, again.unwrap().replay_key);
    let other = judge(
        &Parts {
            assertion_id: "_assertion2".to_owned(),
            ..parts()
        }
        .document(),
    );
    assert_ne!(one, other.unwrap().replay_key);
}

#[test]
fn every_alphabet_and_line_break() {
    let document = format!("\u{feff}{}", parts().document());
    let standard = STANDARD.encode(&document);
    let lines: Vec<&str> = standard
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let tokens = [
        standard.clone(),
        URL_SAFE_NO_PAD.encode(&document),
        standard.trim_end_matches('=').to_owned(),
        lines.join("\r\n"),
        // A form in which `+` was not escaped.
        standard.replace('+', " "),
    ];
    for token in tokens {
        let subject = judge_with(&token, idp(), now(), Strength::Sha256).unwrap();
        assert_eq!(subject.name_id, "saml");
    }
}

#[test]
fn algorithms() {
    let rsa = [
        (algorithm::RSA_SHA256, algorithm::SHA256, Strength::Sha256),
        (algorithm::RSA_SHA384, algorithm::SHA384, Strength::Sha384),
        (algorithm::RSA_SHA512, algorithm::SHA512, Strength::Sha512),
        (algorithm::RSA_SHA1, algorithm::SHA1, Strength::Sha1),
    ];
    for (signature_method, digest_method, minimum) in rsa {
        let document = Parts {
            signature_method,
            digest_method,
            ..parts()
        }
        .document();
        let judged = judge_with(&encoded(&document), idp(), now(), minimum);
        assert_eq!(judged.unwrap().name_id, "saml", "{signature_method}");
    }
    let ec = Idp::ec();
    let document = Parts {
        signature_method: algorithm::ECDSA_SHA256,
        ..parts()
    }
    .signed_by(&ec);
    let judged = judge_with(&encoded(&document), &ec, now(), Strength::Sha256);
    assert_eq!(judged.unwrap().name_id, "saml");
}

#[test]
fn what_real_providers_send_besides() {
    let fine = [
        Parts {
            key_info: idp().key_info(),
            ..parts()
        },
        // No Destination, another of our addresses as the recipient.
        Parts {
            destination: String::new(),
            confirmation: parts().confirmation.replace(ACS, TOKEN_URL),
            ..parts()
        },
        Parts {
            conditions: parts().conditions.replace(
                "</saml:Conditions>",
                "<saml:OneTimeUse/><saml:ProxyRestriction Count=\"0\"/></saml:Conditions>",
            ),
            ..parts()
        },
        // Another audience beside ours.
        Parts {
            conditions: parts().conditions.replace(
                "<saml:Audience>",
                "<saml:Audience>https://other.example.test</saml:Audience><saml:Audience>",
            ),
            ..parts()
        },
        Parts {
            name_id: "\n   saml \n".to_owned(),
            ..parts()
        },
        // Half a minute ahead of us.
        Parts {
            instant: stamp(now(), 30),
            conditions: parts()
                .conditions
                .replace(&stamp(now(), -10), &stamp(now(), 30)),
            ..parts()
        },
        Parts {
            instant: "2026-05-01T12:00:00.123".to_owned(),
            ..parts()
        },
        Parts {
            response_issuer: IDP.to_owned(),
            statements: format!(
                r#"<saml:AuthnStatement AuthnInstant="{}" SessionNotOnOrAfter="{}"><saml:AuthnContext/></saml:AuthnStatement>"#,
                stamp(now(), 0),
                stamp(now(), 3600)
            ),
            ..parts()
        },
    ];
    for (number, fine) in fine.iter().enumerate() {
        let judged = judge(&fine.document());
        assert_eq!(judged.map(|s| s.name_id), Ok("saml".to_owned()), "{number}");
    }
}

#[test]
fn attributes_by_their_names() {
    let statements = r#"<saml:AttributeStatement><saml:Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"><saml:AttributeValue>Ann &amp; Lee</saml:AttributeValue></saml:Attribute><saml:Attribute Name="MemberOf"><saml:AttributeValue>Staff</saml:AttributeValue><saml:AttributeValue>Mana<!-- -->gers</saml:AttributeValue><saml:AttributeValue>Sales</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#;
    let subject = judge(
        &Parts {
            statements: statements.to_owned(),
            confirmation: parts()
                .confirmation
                .replace("Recipient=", "InResponseTo=\"_q1\" Recipient="),
            ..parts()
        }
        .document(),
    )
    .unwrap();
    assert_eq!(subject.attribute("GivenName"), Some("Ann & Lee"));
    // The value with a comment is left out.
    assert_eq!(
        subject.attribute_values("memberof"),
        Some(&["Staff".to_owned(), "Sales".to_owned()][..])
    );
    assert_eq!(subject.attribute("email"), None);
    assert_eq!(subject.in_response_to.as_deref(), Some("_q1"));
}
