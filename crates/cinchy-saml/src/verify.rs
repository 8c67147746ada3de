//! The nine rules in their order: bytes and XML, the one assertion, signatures, then what the assertion says.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use uppsala::NodeId;

use crate::metadata::IdentityProvider;
use crate::signature::Strength;
use crate::tree::{SAML, SAMLP, Tree};
use crate::{SamlError, assertion, decode, signature};

/// What a document must be meant for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Our entity id.
    pub audience: &'a str,
    /// Our assertion consumer service and what else an assertion may be sent to (the token endpoint).
    pub recipients: &'a [String],
    /// The time, by the instance's clock. Up to a minute is allowed either way.
    pub now: DateTime<Utc>,
    /// The weakest hash that is accepted.
    pub minimum: Strength,
}

/// What a verified document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The NameID: the user name (documented: "the only required claim").
    pub name_id: String,
    /// Entity id of the identity provider.
    pub issuer: String,
    /// Whether the identity provider says that it signed the user in (an `AuthnStatement`), as it must for a browser (SAML
    /// profiles 4.1.4.2).
    pub signed_in: bool,
    /// Attributes in their order, each with its plain values.
    pub attributes: Vec<(String, Vec<String>)>,
    /// The request that is answered, where the confirmation names one.
    pub in_response_to: Option<String>,
    /// Identifies the assertion: upper-case hex of a SHA-256 of issuer and assertion id. It may be used once; the caller
    /// stores it until [`Subject::expires`].
    pub replay_key: String,
    /// From when on the assertion is refused by its age.
    pub expires: DateTime<Utc>,
}

impl Subject {
    /// The first value of an attribute, by its full name or the last part of a name that is a URI, in any case.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_values(name)
            .and_then(|values| values.first())
            .map(String::as_str)
    }

    /// All values of an attribute.
    pub fn attribute_values(&self, name: &str) -> Option<&[String]> {
        let fits = |full: &str| {
            full.eq_ignore_ascii_case(name)
                || full
                    .rsplit(['/', ':'])
                    .next()
                    .is_some_and(|last| last.eq_ignore_ascii_case(name))
        };
        self.attributes
            .iter()
            .find(|(full, _)| fits(full))
            .map(|(_, values)| values.as_slice())
    }
}

/// Verifies a SAML token: base64 of a `samlp:Response` or a `saml:Assertion`.
///
/// The caller must still refuse a [`Subject::replay_key`] that was used before.
///
/// # Errors
/// The first rule that the document breaks.
pub fn verify(
    token: &str,
    providers: &[IdentityProvider],
    expected: &Expected<'_>,
) -> Result<Subject, SamlError> {
    // Rule 1.
    let source = decode::document(token)?;
    let tree = Tree::parse(&source).map_err(SamlError::NotXml)?;
    // Rule 2.
    let places = Places::find(&tree)?;
    // The issuer chooses the keys; it is worth nothing before they verify.
    let issuer = tree.one(places.assertion, SAML, "Issuer", "Assertion")?;
    let issuer = tree.plain(issuer, "Issuer")?;
    let provider = providers
        .iter()
        .find(|provider| provider.entity_id() == issuer)
        .ok_or_else(|| SamlError::UnknownIssuer(issuer.chars().take(200).collect()))?;
    // Rules 3 and 4.
    signature::check(
        &tree,
        &source,
        &places.may_sign(),
        provider.keys(),
        expected.minimum,
    )?;
    // Rules 5 to 7 and 9.
    if let Some(response) = places.response {
        assertion::check_response(&tree, response, issuer, expected)?;
    }
    let read = assertion::read(&tree, places.assertion, expected)?;
    let id = tree
        .attribute(places.assertion, "ID")
        .ok_or(SamlError::BadId)?;
    Ok(Subject {
        replay_key: replay_key(issuer, id),
        issuer: issuer.to_owned(),
        name_id: read.name_id,
        signed_in: read.signed_in,
        attributes: read.attributes,
        in_response_to: read.in_response_to,
        expires: read.expires,
    })
}

/// Where the two elements are that count.
struct Places {
    response: Option<NodeId>,
    assertion: NodeId,
}

impl Places {
    /// Rule 2: exactly one assertion, where it belongs, and ids that point to one element each.
    fn find(tree: &Tree<'_>) -> Result<Self, SamlError> {
        let root = tree.root().ok_or(SamlError::WrongRoot)?;
        let elements = tree.elements(root);
        let count = |name: &str| {
            elements
                .iter()
                .filter(|node| tree.is(**node, SAML, name))
                .count()
        };
        let is_response = tree.is(root, SAMLP, "Response");
        if !is_response && !tree.is(root, SAML, "Assertion") {
            return Err(if tree.is(root, SAML, "EncryptedAssertion") {
                SamlError::Encrypted
            } else {
                SamlError::WrongRoot
            });
        }
        if count("EncryptedAssertion") + count("EncryptedID") + count("EncryptedAttribute") > 0 {
            return Err(SamlError::Encrypted);
        }
        if count("Assertion") != 1 {
            return Err(SamlError::NotOneAssertion);
        }
        unique_ids(tree, &elements)?;
        if !is_response {
            return Ok(Self {
                response: None,
                assertion: root,
            });
        }
        let assertion = tree
            .named(root, SAML, "Assertion")
            .next()
            .ok_or(SamlError::NotOneAssertion)?;
        Ok(Self {
            response: Some(root),
            assertion,
        })
    }

    fn may_sign(&self) -> Vec<NodeId> {
        self.response.into_iter().chain([self.assertion]).collect()
    }
}

/// Whatever might be taken for an id, in any namespace and spelling, stands once in the whole document, and is a plain name:
/// a signature's `#id` can mean one thing only.
fn unique_ids(tree: &Tree<'_>, elements: &[NodeId]) -> Result<(), SamlError> {
    let mut seen = std::collections::HashSet::new();
    for element in elements {
        let Some(element) = tree.doc.element(*element) else {
            continue;
        };
        for attribute in &element.attributes {
            let name = &*attribute.name.local_name;
            if !name.eq_ignore_ascii_case("id") && !name.eq_ignore_ascii_case("assertionid") {
                continue;
            }
            let plain = !attribute.value.is_empty()
                && attribute.value.len() <= 1024
                && attribute
                    .value
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
            if !plain || !seen.insert(&*attribute.value) {
                return Err(SamlError::BadId);
            }
        }
    }
    Ok(())
}

fn replay_key(issuer: &str, id: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(issuer.as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    hash.finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02X}");
            text
        })
}
