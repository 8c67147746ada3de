//! Metadata of identity providers.

use cinchy_saml::{IdentityProvider, MetadataError};

use crate::idp::{IDP, idp};

#[test]
fn good() {
    let xml = idp().metadata(IDP);
    let provider = IdentityProvider::from_metadata(&xml, IDP).unwrap();
    assert_eq!(provider.entity_id(), IDP);
    assert_eq!(provider.sso_url(), Some("https://idp.example.test/sso"));
    // Among others, and with a certificate that cannot be read beside the good one.
    let one = xml.trim_start_matches(r#"<?xml version="1.0"?>"#).replace(
        "<ds:X509Certificate>",
        "<ds:X509Certificate>AAAA</ds:X509Certificate><ds:X509Certificate>\n  ",
    );
    let many = format!(
        r#"<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:EntityDescriptor entityID="https://other.example.test"/>{one}</md:EntitiesDescriptor>"#
    );
    assert!(IdentityProvider::from_metadata(&many, IDP).is_ok());
    // A browser is never sent to another scheme.
    let script = xml.replace("https://idp.example.test/sso", "javascript:alert(1)");
    let provider = IdentityProvider::from_metadata(&script, IDP).unwrap();
    assert_eq!(provider.sso_url(), None);
}

#[test]
fn bad() {
    let xml = idp().metadata(IDP);
    let read = |xml: &str| {
        IdentityProvider::from_metadata(xml, IDP)
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(read(""), MetadataError::NotXml(_)));
    assert!(matches!(read("idp.xml"), MetadataError::NotXml(_)));
    let doctype = xml.replace("?>", "?><!DOCTYPE x [<!ENTITY a 'b'>]>");
    assert!(matches!(read(&doctype), MetadataError::NotXml(_)));
    assert!(matches!(
        read(&" ".repeat(2 << 20)),
        MetadataError::TooLarge
    ));
    assert!(matches!(
        read(&idp().metadata("https://x.test")),
        MetadataError::NoEntity(_)
    ));
    let sp = xml.replace("IDPSSODescriptor", "SPSSODescriptor");
    assert!(matches!(read(&sp), MetadataError::NotIdentityProvider(_)));
    let encryption = xml.replace("use=\"signing\"", "use=\"encryption\"");
    assert!(matches!(read(&encryption), MetadataError::NoCertificate(_)));
}
