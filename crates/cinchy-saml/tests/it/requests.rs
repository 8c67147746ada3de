//! What is sent to identity providers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cinchy_saml::{AuthnRequest, ServiceProvider};

use crate::good::{ACS, AUDIENCE, now};

#[test]
fn the_redirect() {
    let mut request = AuthnRequest {
        id: "_0123",
        at: now(),
        destination: "https://idp.example.test/sso?tenant=a&b",
        issuer: "https://cinchy.example.test/?a=1&b=<2>",
        acs: ACS,
    };
    let url = request.redirect_url("state +/=&x");
    let query = url
        .strip_prefix("https://idp.example.test/sso?tenant=a&b&SAMLRequest=")
        .unwrap();
    let (packed, state) = query.split_once('&').unwrap();
    assert_eq!(state, "RelayState=state%20%2B%2F%3D%26x");
    let packed = packed
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    let packed = STANDARD.decode(packed).unwrap();
    // One stored block, the last.
    assert_eq!(packed[0], 1);
    let xml = String::from_utf8(packed[5..].to_vec()).unwrap();
    assert_eq!(xml, request.xml());
    assert_eq!(
        usize::from(u16::from_le_bytes([packed[1], packed[2]])),
        xml.len()
    );
    assert_eq!([packed[3], packed[4]], [!packed[1], !packed[2]]);
    let tree = uppsala::parse(&xml).unwrap();
    let root = tree.document_element().unwrap();
    assert_eq!(
        tree.get_attribute(root, "Destination"),
        Some(request.destination)
    );
    assert_eq!(tree.text_content_deep(root), request.issuer);
    assert!(xml.contains(r#"IssueInstant="2026-05-01T12:00:00Z""#));
    request.destination = "https://idp.example.test/sso";
    assert!(
        request
            .redirect_url("")
            .starts_with("https://idp.example.test/sso?SAMLRequest=")
    );
}

#[test]
fn our_metadata() {
    let xml = ServiceProvider {
        entity_id: AUDIENCE,
        acs: ACS,
    }
    .metadata();
    let tree = uppsala::parse(&xml).unwrap();
    let root = tree.document_element().unwrap();
    assert_eq!(tree.get_attribute(root, "entityID"), Some(AUDIENCE));
    assert!(xml.contains(&format!(r#"Location="{ACS}""#)));
}
