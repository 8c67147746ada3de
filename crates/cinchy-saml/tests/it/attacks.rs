//! Wrapping and splitting: documents with a genuine signature, rearranged so that a reader takes another subject than the
//! signer meant. XSW 1 to 8 are numbered as in SAML Raider.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::keys::loader::load_x509_cert_der;
use bergshamra::{DsigContext, KeysManager};

use crate::good::{judge, parts};
use crate::idp::{Parts, Signed, idp};

/// Cuts an element out by its tag, which must stand once.
fn cut(document: &str, tag: &str) -> (String, String) {
    let start = document.find(&format!("<{tag} ")).unwrap();
    let end = document.rfind(&format!("</{tag}>")).unwrap() + tag.len() + 3;
    let mut rest = document.to_owned();
    rest.replace_range(start..end, "");
    (document[start..end].to_owned(), rest)
}

/// Another subject and another id.
fn forged(xml: &str) -> String {
    xml.replace(">saml<", ">admin<")
        .replace("_assertion1", "_evil_a")
        .replace("_response1", "_evil_r")
}

/// Puts something before the first place of a mark.
fn before(document: &str, mark: &str, what: &str) -> String {
    let at = document.find(mark).unwrap();
    format!("{}{what}{}", &document[..at], &document[at..])
}

fn with(signed: Signed) -> String {
    Parts { signed, ..parts() }.document()
}

/// Whether the signature by itself is genuine: what a naive reader asks. An attack that does not even get so far shows
/// nothing.
fn genuine(document: &str) -> bool {
    let certificate = idp().key_info();
    let certificate = &certificate[certificate.find("ate>").unwrap() + 4..];
    let certificate = &certificate[..certificate.find('<').unwrap()];
    let mut keys = KeysManager::new();
    keys.add_key(load_x509_cert_der(&STANDARD.decode(certificate).unwrap()).unwrap());
    let context = DsigContext::new_permissive(keys).with_trusted_keys_only(true);
    bergshamra::verify(&context, document).is_ok_and(|result| result.is_valid())
}

/// Refused for this reason, though (or, for a few, whether or not) the signature is genuine.
fn attack(name: &str, document: &str, is_genuine: bool, reason: &str) {
    assert!(document.contains("admin"), "{name}: nobody is attacked");
    assert_eq!(genuine(document), is_genuine, "{name}: {document}");
    let error = judge(document).expect_err(name).to_string();
    assert!(
        error.contains(reason),
        "{name}: {error:?} is not {reason:?}"
    );
}

#[test]
fn wrapped_responses() {
    let document = with(Signed::Response);
    let (signature, unsigned) = cut(&document, "ds:Signature");
    let evil = forged(&unsigned);
    let xsw1 = before(
        &evil,
        "<samlp:Status>",
        &signature.replace("</ds:Signature>", &format!("{unsigned}</ds:Signature>")),
    );
    attack("XSW1", &xsw1, false, "exactly one Assertion");
    let xsw2 = before(&evil, "<samlp:Status>", &format!("{unsigned}{signature}"));
    attack("XSW2", &xsw2, true, "exactly one Assertion");
}

#[test]
fn wrapped_assertions() {
    let document = with(Signed::Assertion);
    let (signed, shell) = cut(&document, "saml:Assertion");
    let (signature, original) = cut(&signed, "ds:Signature");
    let evil = forged(&original);
    let end = "</samlp:Response>";
    let xsw3 = before(&shell, end, &format!("{evil}{signed}"));
    attack("XSW3", &xsw3, true, "exactly one Assertion");
    let xsw4 = before(
        &shell,
        end,
        &evil.replace("</saml:Assertion>", &format!("{signed}</saml:Assertion>")),
    );
    attack("XSW4", &xsw4, true, "exactly one Assertion");
    let evil_signed = before(&evil, "<saml:Subject>", &signature);
    let xsw5 = before(&shell, end, &format!("{evil_signed}{original}"));
    attack("XSW5", &xsw5, true, "exactly one Assertion");
    let inside = signature.replace("</ds:Signature>", &format!("{original}</ds:Signature>"));
    let xsw6 = before(&shell, end, &before(&evil, "<saml:Subject>", &inside));
    attack("XSW6", &xsw6, false, "exactly one Assertion");
    let xsw7 = before(
        &document,
        "<samlp:Status>",
        &format!("<samlp:Extensions>{evil}</samlp:Extensions>"),
    );
    attack("XSW7", &xsw7, true, "exactly one Assertion");
    let object = signature.replace(
        "</ds:Signature>",
        &format!("<ds:Object>{original}</ds:Object></ds:Signature>"),
    );
    let xsw8 = before(&shell, end, &before(&evil, "<saml:Subject>", &object));
    attack("XSW8", &xsw8, false, "exactly one Assertion");
}

/// The same, with the genuine element under a name that is not counted as an assertion.
#[test]
fn wrapped_under_another_name() {
    let signed = Parts {
        bare: true,
        ..parts()
    }
    .document();
    let (signature, original) = cut(&signed, "ds:Signature");
    // The signature of one element in another one that has no id, or the same id.
    let moved = before(&forged(&original), "<saml:Subject>", &signature);
    attack("moved", &moved, false, "points to another element");
    let same_id = moved.replace("_evil_a", "_assertion1");
    attack("same id", &same_id, false, "does not verify");
    // Two elements with the id, in whatever spelling.
    for attribute in ["ID", "Id", "id", "AssertionID", "xml:id", "x:ID"] {
        let twice = signed.replace(
            "<saml:Subject>",
            &format!(r#"<saml:Subject xmlns:x="urn:x" {attribute}="_assertion1" x:by="admin">"#),
        );
        let error = judge(&twice).expect_err(attribute).to_string();
        assert!(error.contains("not unique"), "{attribute}: {error}");
    }
    // A signature below something that it does not sign.
    let deeper = before(&forged(&original), "<saml:NameID>", &signature);
    attack("deeper", &deeper, false, "an enveloped one");
}

#[test]
fn a_second_signed_assertion() {
    let admin = Parts {
        name_id: "admin".to_owned(),
        assertion_id: "_assertion2".to_owned(),
        ..parts()
    };
    let (other, _) = cut(&admin.document(), "saml:Assertion");
    let document = before(&with(Signed::Assertion), "</samlp:Response>", &other);
    attack("two", &document, true, "exactly one Assertion");
}

/// Canonical form drops comments, so a signature survives them (CVE-2018-7340 and its kin).
#[test]
fn split_names() {
    let document = Parts {
        name_id: "admin.evil.example.test".to_owned(),
        ..parts()
    }
    .document();
    assert_eq!(judge(&document).unwrap().name_id, "admin.evil.example.test");
    let comment = document.replace("admin.evil", "admin<!-- -->.evil");
    attack("comment", &comment, true, "`NameID` must hold plain text");
    let instruction = document.replace("admin.evil", "admin<?x y?>.evil");
    attack("instruction", &instruction, false, "does not verify");
    let cdata = document.replace("admin.evil", "admin<![CDATA[.evil]]>");
    attack("CDATA", &cdata, true, "`NameID` must hold plain text");
    // An issuer is read too, before anything is verified.
    let issuer = document.replacen(
        ".example.test</saml:Issuer><ds",
        "<!-- -->.example.test</saml:Issuer><ds",
        1,
    );
    attack("issuer", &issuer, true, "`Issuer` must hold plain text");
}

/// A signature with something in it that its reader and its verifier may see differently (CVE-2025-29775).
#[test]
fn comments_in_the_signature() {
    let document = with(Signed::Assertion);
    for (from, to) in [
        ("<ds:DigestValue>", "<ds:DigestValue><!-- admin -->"),
        ("<ds:SignatureValue>", "<ds:SignatureValue><!-- admin -->"),
        ("<ds:SignedInfo>", "<ds:SignedInfo><?admin?>"),
    ] {
        let changed = document.replacen(from, to, 1);
        let error = judge(&changed).expect_err(to).to_string();
        assert!(error.contains("it has comments"), "{error}");
    }
    for (from, to) in [
        ("</ds:Signature>", "<ds:Object/></ds:Signature>"),
        ("</ds:SignedInfo>", "<ds:Reference/></ds:SignedInfo>"),
        ("<ds:SignatureValue>", "<ds:SignedInfo/><ds:SignatureValue>"),
        (
            "<ds:Transforms>",
            "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/>",
        ),
        ("<ds:Transforms>", "<ds:Transforms Id=\"admin\"><x/>"),
    ] {
        let changed = document.replacen(from, to, 1);
        let error = judge(&changed).expect_err(to).to_string();
        assert!(error.contains("is not an enveloped one"), "{error}");
    }
    for uri in [
        "",
        "#",
        "#xpointer(/)",
        "file:///etc/passwd",
        "#_response1",
        "cid:x",
    ] {
        let changed = document.replacen("URI=\"#_assertion1\"", &format!("URI=\"{uri}\""), 1);
        let error = judge(&changed).expect_err(uri).to_string();
        assert!(
            error.contains("points to another element"),
            "{uri}: {error}"
        );
    }
    for hmac in [
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    ] {
        let changed =
            document.replacen("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", hmac, 1);
        let error = judge(&changed).expect_err(hmac).to_string();
        assert!(error.contains("which is not allowed"), "{error}");
    }
}

/// Cut off anywhere, or with any one character changed: refused or the same subject, never a panic, never another subject.
#[test]
fn damaged_anywhere() {
    let document = with(Signed::Both);
    for end in (0..document.len()).step_by(7) {
        assert!(judge(&document[..end]).is_err());
    }
    for at in (0..document.len()).step_by(11) {
        let mut bytes = document.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(subject) = judge(&text)
        {
            assert_eq!(subject.name_id, "saml");
        }
    }
}
