//! One rule broken at a time, in a document that is genuinely signed; and what is no document at all.

use bergshamra::core::algorithm;
use chrono::TimeDelta;
use cinchy_saml::{SamlError, Strength};

use crate::good::{ACS, AUDIENCE, judge, judge_with, now, parts};
use crate::idp::{IDP, Idp, Parts, Signed, encoded, idp, stamp};

/// Judges each document and compares the reason.
fn refused(cases: Vec<(Parts, &str)>) {
    for (parts, reason) in cases {
        let judged = judge(&parts.document());
        let error = judged.expect_err(reason).to_string();
        assert!(error.contains(reason), "{error:?} is not {reason:?}");
    }
}

#[test]
fn what_it_says() {
    let good = parts();
    let confirmation = |from: &str, to: &str| Parts {
        confirmation: good.confirmation.replace(from, to),
        ..good.clone()
    };
    let conditions = |from: &str, to: &str| Parts {
        conditions: good.conditions.replace(from, to),
        ..good.clone()
    };
    let name_id = |xml: &str| Parts {
        name_id: xml.to_owned(),
        ..good.clone()
    };
    refused(vec![
        (
            Parts {
                issuer: "https://evil.example.test".to_owned(),
                ..good.clone()
            },
            "is no configured identity provider",
        ),
        (
            Parts {
                response_issuer: "https://evil.example.test".to_owned(),
                ..good.clone()
            },
            "different issuers",
        ),
        (
            Parts {
                status: "urn:oasis:names:tc:SAML:2.0:status:Requester".to_owned(),
                ..good.clone()
            },
            "not Success",
        ),
        (
            Parts {
                version: "1.1".to_owned(),
                ..good.clone()
            },
            "`Version` must be 2.0",
        ),
        (
            Parts {
                destination: r#" Destination="https://evil.example.test/acs""#.to_owned(),
                ..good.clone()
            },
            "the Destination of the Response is `https://evil.example.test/acs`",
        ),
        (
            conditions(AUDIENCE, "https://other.example.test"),
            "must name `https://cinchy.example.test`",
        ),
        (
            conditions(AUDIENCE, "https://cinchy.example.test/"),
            "must name `https://cinchy.example.test`",
        ),
        (
            conditions(
                "</saml:Conditions>",
                "<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction></saml:Conditions>",
            ),
            "must name `https://cinchy.example.test`",
        ),
        (
            conditions("</saml:Conditions>", "<saml:Condition/></saml:Conditions>"),
            "a condition that is not known: `Condition`",
        ),
        (
            Parts {
                conditions: String::new(),
                ..good.clone()
            },
            "exactly one `Conditions`",
        ),
        (
            Parts {
                conditions: "<saml:Conditions/>".to_owned(),
                ..good.clone()
            },
            "must name `https://cinchy.example.test`",
        ),
        (
            Parts {
                conditions: good.conditions.repeat(2),
                ..good.clone()
            },
            "exactly one `Conditions`",
        ),
        (
            conditions(&stamp(now(), 300), &stamp(now(), -61)),
            "its NotOnOrAfter is past",
        ),
        (
            conditions(&stamp(now(), -10), &stamp(now(), 61)),
            "its NotBefore is in the future",
        ),
        (
            conditions(&stamp(now(), 300), "tomorrow"),
            "`NotOnOrAfter` is not a time",
        ),
        (
            Parts {
                instant: stamp(now(), 3600),
                ..good.clone()
            },
            "its IssueInstant is in the future",
        ),
        (
            confirmation(ACS, "https://evil.example.test/acs"),
            "the Recipient",
        ),
        (
            confirmation(&format!(r#" Recipient="{ACS}""#), ""),
            "the Recipient",
        ),
        (
            confirmation(&stamp(now(), 300), &stamp(now(), -61)),
            "its NotOnOrAfter is past",
        ),
        (
            confirmation(&format!(r#" NotOnOrAfter="{}""#, stamp(now(), 300)), ""),
            "exactly one `NotOnOrAfter`",
        ),
        (
            confirmation(
                " Recipient=",
                r#" NotBefore="2026-01-01T00:00:00Z" Recipient="#,
            ),
            "must not have NotBefore",
        ),
        (
            confirmation("cm:bearer", "cm:holder-of-key"),
            "SubjectConfirmation of method bearer",
        ),
        (
            Parts {
                confirmation: good.confirmation.repeat(2),
                ..good.clone()
            },
            "SubjectConfirmation of method bearer",
        ),
        (
            Parts {
                confirmation: String::new(),
                ..good.clone()
            },
            "SubjectConfirmation of method bearer",
        ),
        (
            Parts {
                statements: format!(
                    r#"<saml:AuthnStatement SessionNotOnOrAfter="{}"/>"#,
                    stamp(now(), -61)
                ),
                ..good.clone()
            },
            "its SessionNotOnOrAfter is past",
        ),
        (name_id(""), "`NameID` must hold plain text"),
        (name_id("  "), "`NameID` must hold plain text"),
        (name_id("saml\u{2003}"), "`NameID` must hold plain text"),
        (name_id("sa\u{a0}ml"), "`NameID` must hold plain text"),
        (name_id("sa&#9;ml"), "`NameID` must hold plain text"),
        (name_id("saml&#x85;"), "`NameID` must hold plain text"),
        (name_id("saml<!-- -->"), "`NameID` must hold plain text"),
        (name_id("<b>saml</b>"), "`NameID` must hold plain text"),
        (name_id("<![CDATA[saml]]>"), "`NameID` must hold plain text"),
        (
            name_id("saml</saml:NameID><saml:NameID>admin"),
            "exactly one `NameID`",
        ),
        (
            Parts {
                statements: "<saml:Subject/>".to_owned(),
                ..good.clone()
            },
            "exactly one `Subject`",
        ),
    ]);
}

#[test]
fn how_it_is_signed() {
    let good = parts();
    refused(vec![
        (
            Parts {
                signed: Signed::Nothing,
                ..good.clone()
            },
            "neither the Assertion nor its Response is signed",
        ),
        (
            Parts {
                signature_method: algorithm::RSA_SHA1,
                ..good.clone()
            },
            "rsa-sha1`, which is not allowed; sign with SHA-256",
        ),
        (
            Parts {
                digest_method: algorithm::SHA1,
                ..good.clone()
            },
            "#sha1`, which is not allowed; sign with SHA-256",
        ),
        (
            Parts {
                c14n: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
                ..good.clone()
            },
            "REC-xml-c14n-20010315`, which is not allowed",
        ),
        (
            Parts {
                c14n: algorithm::EXC_C14N_WITH_COMMENTS,
                ..good.clone()
            },
            "WithComments`, which is not allowed",
        ),
        (
            Parts {
                assertion_id: "a b".to_owned(),
                ..good.clone()
            },
            "not plain names",
        ),
    ]);
    // A stronger minimum than the document's.
    let document = encoded(&good.document());
    let judged = judge_with(&document, idp(), now(), Strength::Sha512);
    assert!(matches!(judged, Err(SamlError::Algorithm(_))));
    // Somebody else's key, which the document brings along.
    let other = Idp::rsa();
    let forged = Parts {
        key_info: other.key_info(),
        ..good.clone()
    };
    assert_eq!(judge(&forged.signed_by(&other)), Err(SamlError::Signature));
    // A key of another kind.
    let elliptic = Parts {
        signature_method: algorithm::ECDSA_SHA256,
        ..good.clone()
    };
    assert_eq!(
        judge(&elliptic.signed_by(&Idp::ec())),
        Err(SamlError::Signature)
    );
    // Touched after signing, in every place that counts.
    let document = good.document();
    for (from, to) in [
        (">saml<", ">admin<"),
        ("NotOnOrAfter=\"2026", "NotOnOrAfter=\"2027"),
        ("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        ("<ds:DigestValue>", "<ds:DigestValue>AAAA"),
    ] {
        let touched = document.replacen(from, to, 1);
        assert_ne!(touched, document);
        assert_eq!(judge(&touched), Err(SamlError::Signature), "{to}");
    }
    // One of two signatures is broken.
    let both = Parts {
        signed: Signed::Both,
        ..good
    }
    .document();
    let touched = both.replacen("<ds:SignatureValue>", "<ds:SignatureValue>AAAA", 1);
    assert_eq!(judge(&touched), Err(SamlError::Signature));
}

#[test]
fn an_old_document_is_refused_by_its_age() {
    let document = encoded(&parts().document());
    let at = |seconds| {
        judge_with(
            &document,
            idp(),
            now() + TimeDelta::seconds(seconds),
            Strength::Sha256,
        )
    };
    assert!(at(359).is_ok());
    assert!(matches!(at(360), Err(SamlError::Expired(_))));
    assert!(matches!(at(-71), Err(SamlError::NotYet(_))));
    // The clock at the ends of time.
    for far in [
        chrono::DateTime::<chrono::Utc>::MAX_UTC,
        chrono::DateTime::<chrono::Utc>::MIN_UTC,
    ] {
        assert!(judge_with(&document, idp(), far, Strength::Sha256).is_err());
    }
}

#[test]
fn no_document() {
    let raw = |token: &str| {
        judge_with(token, idp(), now(), Strength::Sha256)
            .expect_err(token)
            .to_string()
    };
    for (token, reason) in [
        ("", "not XML"),
        ("%%%", "not base64"),
        ("YQ=b", "not base64"),
        ("//79", "not UTF-8"),
        (&encoded("saml"), "not XML"),
        (&encoded("<a>"), "not XML"),
        (&encoded("<a/>"), "the root of the SAML document"),
        (&encoded("<Response/>"), "the root of the SAML document"),
        (
            &encoded(r#"<?xml version="1.0" encoding="UTF-16"?><a/>"#),
            "another encoding",
        ),
        (
            &encoded(r#"<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion"/>"#),
            "the root of the SAML document",
        ),
        (
            &encoded(r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>"#),
            "exactly one Assertion",
        ),
        (
            &encoded(&format!("{}{}", "<a>".repeat(500), "</a>".repeat(500))),
            "not XML",
        ),
        (&encoded(&" ".repeat(300 * 1024)), "more than 256 KiB"),
        (&"A".repeat(1 << 20), "more than 256 KiB"),
        (
            &encoded(r#"<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/>"#),
            "encrypted, which is not supported",
        ),
    ] {
        let error = raw(token);
        assert!(error.contains(reason), "{error:?} is not {reason:?}");
    }
    let encrypted = parts().document().replace(
        "<samlp:Status>",
        r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/><samlp:Status>"#,
    );
    assert_eq!(judge(&encrypted), Err(SamlError::Encrypted));
}

#[test]
fn document_types() {
    let document = parts().document();
    for doctype in [
        "<!DOCTYPE Response>",
        r#"<!DOCTYPE r [<!ENTITY user "admin">]>"#,
        r#"<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#,
        r#"<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>"#,
        r#"<!DOCTYPE r [<!ATTLIST saml:Assertion ID ID "x">]>"#,
    ] {
        let judged = judge(&format!("{doctype}{document}"));
        assert!(matches!(judged, Err(SamlError::NotXml(_))), "{doctype}");
    }
    // An entity that nobody declared.
    let judged = judge(&document.replace(">saml<", ">&user;<"));
    assert!(matches!(judged, Err(SamlError::NotXml(_))));
    assert!(judge(&document).is_ok());
    assert!(document.contains(IDP));
}
