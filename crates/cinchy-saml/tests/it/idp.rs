//! An identity provider for tests: it makes documents from parts that may be wrong in any way, and signs them.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::core::algorithm;
use bergshamra::keys::loader::load_pem_auto;
use bergshamra::{DsigContext, KeysManager};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};

/// The entity id of [`idp`].
pub const IDP: &str = "https://idp.example.test";

/// A key and its self-signed certificate.
pub struct Idp {
    key_pem: String,
    certificate: String,
}

impl Idp {
    fn of(key: &KeyPair) -> Self {
        let certificate = CertificateParams::new(vec!["idp.example.test".to_owned()])
            .unwrap()
            .self_signed(key)
            .unwrap();
        Self {
            key_pem: key.serialize_pem(),
            certificate: STANDARD.encode(certificate.der()),
        }
    }

    /// One with an RSA key.
    pub fn rsa() -> Self {
        Self::of(&KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap())
    }

    /// One with an elliptic key.
    pub fn ec() -> Self {
        Self::of(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap())
    }

    /// Its metadata.
    pub fn metadata(&self, entity_id: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{entity_id}/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#,
            self.certificate
        )
    }

    /// `KeyInfo` with the certificate, as identity providers send it.
    pub fn key_info(&self) -> String {
        format!(
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
            self.certificate
        )
    }

    /// Fills the first signature of a document that is not yet made.
    pub fn sign(&self, document: &str) -> String {
        let mut keys = KeysManager::new();
        keys.add_key(load_pem_auto(self.key_pem.as_bytes(), None).unwrap());
        bergshamra::sign(&DsigContext::new(keys), document).unwrap()
    }
}

/// The identity provider of most tests.
pub fn idp() -> &'static Idp {
    static IDP: OnceLock<Idp> = OnceLock::new();
    IDP.get_or_init(Idp::rsa)
}

/// What is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    Nothing,
    Assertion,
    Response,
    Both,
}

/// The parts of a document, good as they come from [`Parts::new`].
#[derive(Clone)]
pub struct Parts {
    pub signed: Signed,
    /// Without a Response around the Assertion.
    pub bare: bool,
    pub issuer: String,
    pub response_issuer: String,
    pub destination: String,
    pub status: String,
    pub version: String,
    /// What stands in NameID, as XML.
    pub name_id: String,
    pub confirmation: String,
    pub conditions: String,
    /// Whatever follows the conditions.
    pub statements: String,
    pub instant: String,
    pub assertion_id: String,
    pub signature_method: &'static str,
    pub digest_method: &'static str,
    pub c14n: &'static str,
    pub key_info: String,
}

/// A time as SAML writes it.
pub fn stamp(now: DateTime<Utc>, seconds: i64) -> String {
    (now + TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Parts {
    /// A good document.
    pub fn new(now: DateTime<Utc>, audience: &str, recipient: &str, user: &str) -> Self {
        Self {
            signed: Signed::Assertion,
            bare: false,
            issuer: IDP.to_owned(),
            response_issuer: IDP.to_owned(),
            destination: format!(r#" Destination="{recipient}""#),
            status: "urn:oasis:names:tc:SAML:2.0:status:Success".to_owned(),
            version: "2.0".to_owned(),
            name_id: user.to_owned(),
            confirmation: format!(
                r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{}" Recipient="{recipient}"/></saml:SubjectConfirmation>"#,
                stamp(now, 300)
            ),
            conditions: format!(
                r#"<saml:Conditions NotBefore="{}" NotOnOrAfter="{}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"#,
                stamp(now, -10),
                stamp(now, 300)
            ),
            statements: String::new(),
            instant: stamp(now, 0),
            assertion_id: "_assertion1".to_owned(),
            signature_method: algorithm::RSA_SHA256,
            digest_method: algorithm::SHA256,
            c14n: algorithm::EXC_C14N,
            key_info: String::new(),
        }
    }

    fn template(&self, id: &str) -> String {
        format!(
            r##"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{c14n}"/><ds:SignatureMethod Algorithm="{method}"/><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="{c14n}"/></ds:Transforms><ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue>{key_info}</ds:Signature>"##,
            c14n = self.c14n,
            method = self.signature_method,
            digest = self.digest_method,
            key_info = self.key_info,
        )
    }

    /// The assertion with `signature` in its place.
    fn assertion(&self, signature: &str) -> String {
        format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="{version}" IssueInstant="{instant}"><saml:Issuer>{issuer}</saml:Issuer>{signature}<saml:Subject><saml:NameID>{name_id}</saml:NameID>{confirmation}</saml:Subject>{conditions}{statements}</saml:Assertion>"#,
            id = self.assertion_id,
            version = self.version,
            instant = self.instant,
            issuer = self.issuer,
            name_id = self.name_id,
            confirmation = self.confirmation,
            conditions = self.conditions,
            statements = self.statements,
        )
    }

    fn response(&self, signature: &str, assertion: &str) -> String {
        format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response1" Version="{version}" IssueInstant="{instant}"{destination}><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</saml:Issuer>{signature}<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>{assertion}</samlp:Response>"#,
            version = self.version,
            instant = self.instant,
            destination = self.destination,
            issuer = self.response_issuer,
            status = self.status,
        )
    }

    /// The document, signed by `idp`.
    pub fn signed_by(&self, idp: &Idp) -> String {
        let signs_assertion = matches!(self.signed, Signed::Assertion | Signed::Both);
        let signs_response = matches!(self.signed, Signed::Response | Signed::Both);
        let mut assertion = self.assertion("");
        if signs_assertion {
            assertion = idp.sign(&self.assertion(&self.template(&self.assertion_id)));
        }
        if self.bare {
            return assertion;
        }
        if signs_response {
            idp.sign(&self.response(&self.template("_response1"), &assertion))
        } else {
            self.response("", &assertion)
        }
    }

    /// The document, signed by the identity provider of most tests.
    pub fn document(&self) -> String {
        self.signed_by(idp())
    }
}

/// A document as a form carries it.
pub fn encoded(document: &str) -> String {
    STANDARD.encode(document)
}
