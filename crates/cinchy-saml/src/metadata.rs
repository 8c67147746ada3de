//! An identity provider from its metadata: who it is, with which certificates it signs, where people sign in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::KeysManager;
use bergshamra::keys::loader::load_x509_cert_der;
use uppsala::NodeId;

use crate::MetadataError;
use crate::tree::{DS, MD, Tree};

/// Most bytes of metadata.
const MOST_BYTES: usize = 1 << 20;

const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// An identity provider whose assertions are accepted.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    entity_id: String,
    sso_url: Option<String>,
    keys: KeysManager,
}

impl IdentityProvider {
    /// Reads metadata: an `EntityDescriptor`, or an `EntitiesDescriptor` that has one of this entity id.
    ///
    /// Metadata is configuration, so its own signature is not looked at; certificates count by their keys, whatever their
    /// dates and issuers say.
    ///
    /// # Errors
    /// Metadata that cannot be read, is not about this entity, or has no certificate to verify with.
    pub fn from_metadata(xml: &str, entity_id: &str) -> Result<Self, MetadataError> {
        if xml.len() > MOST_BYTES {
            return Err(MetadataError::TooLarge);
        }
        let tree = Tree::parse(xml.trim_start_matches('\u{feff}').trim_start())
            .map_err(MetadataError::NotXml)?;
        let no_entity = || MetadataError::NoEntity(entity_id.to_owned());
        let root = tree.root().ok_or_else(no_entity)?;
        let entity = tree
            .elements(root)
            .into_iter()
            .find(|node| {
                tree.is(*node, MD, "EntityDescriptor")
                    && tree.attribute(*node, "entityID") == Some(entity_id)
            })
            .ok_or_else(no_entity)?;
        let descriptor = tree
            .named(entity, MD, "IDPSSODescriptor")
            .next()
            .ok_or_else(|| MetadataError::NotIdentityProvider(entity_id.to_owned()))?;
        let mut keys = KeysManager::new();
        for certificate in certificates(&tree, descriptor) {
            if let Ok(key) = load_x509_cert_der(&certificate) {
                keys.add_key(key);
            }
        }
        if keys.is_empty() {
            return Err(MetadataError::NoCertificate(entity_id.to_owned()));
        }
        let sso_url = tree
            .named(descriptor, MD, "SingleSignOnService")
            .find(|service| tree.attribute(*service, "Binding") == Some(REDIRECT))
            .and_then(|service| tree.attribute(service, "Location"))
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .map(str::to_owned);
        Ok(Self {
            entity_id: entity_id.to_owned(),
            sso_url,
            keys,
        })
    }

    /// Its name, the issuer of its assertions.
    pub fn entity_id(&self) -> &str {
        &self.entity_id
    }

    /// Where a browser is sent to sign in (binding HTTP-Redirect).
    pub fn sso_url(&self) -> Option<&str> {
        self.sso_url.as_deref()
    }

    pub(crate) fn keys(&self) -> &KeysManager {
        &self.keys
    }
}

/// The certificates of keys that sign; a KeyDescriptor without `use` is for both.
fn certificates(tree: &Tree<'_>, descriptor: NodeId) -> Vec<Vec<u8>> {
    let signing = tree.named(descriptor, MD, "KeyDescriptor").filter(|key| {
        tree.attribute(*key, "use")
            .is_none_or(|for_| for_ == "signing")
    });
    let mut found = Vec::new();
    for key in signing {
        for node in tree.elements(key) {
            if !tree.is(node, DS, "X509Certificate") {
                continue;
            }
            let packed: String = tree
                .text(node)
                .unwrap_or_default()
                .split_whitespace()
                .collect();
            if let Ok(der) = STANDARD.decode(packed) {
                found.push(der);
            }
        }
    }
    found
}
