//! What we send to an identity provider: the AuthnRequest of the redirect binding, and our own metadata.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::text::{escaped, time_text};

/// A request to sign somebody in. It is not signed: metadata says so.
#[derive(Debug, Clone, Copy)]
pub struct AuthnRequest<'a> {
    /// Its id, an XML name; at least 128 random bits.
    pub id: &'a str,
    /// When it is sent.
    pub at: DateTime<Utc>,
    /// The identity provider's address.
    pub destination: &'a str,
    /// Our entity id.
    pub issuer: &'a str,
    /// Where the answer goes.
    pub acs: &'a str,
}

impl AuthnRequest<'_> {
    /// The document.
    pub fn xml(&self) -> String {
        format!(
            r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{at}" Destination="{destination}" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="{acs}"><saml:Issuer>{issuer}</saml:Issuer><samlp:NameIDPolicy AllowCreate="true"/></samlp:AuthnRequest>"#,
            id = escaped(self.id),
            at = time_text(self.at),
            destination = escaped(self.destination),
            acs = escaped(self.acs),
            issuer = escaped(self.issuer),
        )
    }

    /// The address that the browser is sent to (SAML bindings 3.4.4.1). The relay state comes back with the answer.
    pub fn redirect_url(&self, relay_state: &str) -> String {
        let request = STANDARD.encode(stored_deflate(self.xml().as_bytes()));
        let joint = if self.destination.contains('?') {
            '&'
        } else {
            '?'
        };
        format!(
            "{}{joint}SAMLRequest={}&RelayState={}",
            self.destination,
            utf8_percent_encode(&request, NON_ALPHANUMERIC),
            utf8_percent_encode(relay_state, NON_ALPHANUMERIC),
        )
    }
}

/// DEFLATE without compression: stored blocks (RFC 1951 3.2.4). The binding asks for the format, and a request is short.
fn stored_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 5);
    let mut blocks = bytes.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out
}

/// We, as an identity provider knows us.
#[derive(Debug, Clone, Copy)]
pub struct ServiceProvider<'a> {
    /// Our entity id.
    pub entity_id: &'a str,
    /// Our assertion consumer service.
    pub acs: &'a str,
}

impl ServiceProvider<'_> {
    /// Our metadata.
    pub fn metadata(&self) -> String {
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">
  <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{acs}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
"#,
            entity = escaped(self.entity_id),
            acs = escaped(self.acs),
        )
    }
}
