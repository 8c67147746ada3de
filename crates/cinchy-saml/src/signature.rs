//! Rules 3 and 4: where a signature may stand, what it must point to, with which algorithms, and whether it verifies.

use bergshamra::core::algorithm;
use bergshamra::dsig::verify::verify_all_document_with_source;
use bergshamra::{DsigContext, KeysManager, VerifyResult};
use uppsala::NodeId;

use crate::SamlError;
use crate::tree::{DS, Tree};

/// The weakest hash that signatures may use, as the platform's setting `SAMLSignCertificateMinAlgorithm` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Strength {
    /// SHA-1, for identity providers that cannot do better.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Signature algorithms that are ever allowed: no HMAC, which a public key would verify.
const SIGNATURES: [(&str, Strength); 8] = [
    (algorithm::RSA_SHA1, Strength::Sha1),
    (algorithm::RSA_SHA256, Strength::Sha256),
    (algorithm::RSA_SHA384, Strength::Sha384),
    (algorithm::RSA_SHA512, Strength::Sha512),
    (algorithm::ECDSA_SHA1, Strength::Sha1),
    (algorithm::ECDSA_SHA256, Strength::Sha256),
    (algorithm::ECDSA_SHA384, Strength::Sha384),
    (algorithm::ECDSA_SHA512, Strength::Sha512),
];

/// Digest algorithms that are ever allowed.
const DIGESTS: [(&str, Strength); 4] = [
    (algorithm::SHA1, Strength::Sha1),
    (algorithm::SHA256, Strength::Sha256),
    (algorithm::SHA384, Strength::Sha384),
    (algorithm::SHA512, Strength::Sha512),
];

/// Verifies every signature of a document. `may_sign` are the elements that may be signed: the Response and its Assertion.
///
/// # Errors
/// No signature, one in a wrong place or shape, a wrong algorithm, or one that does not verify.
pub(crate) fn check(
    tree: &Tree<'_>,
    source: &str,
    may_sign: &[NodeId],
    keys: &KeysManager,
    minimum: Strength,
) -> Result<(), SamlError> {
    let root = tree.root().ok_or(SamlError::WrongRoot)?;
    let signatures: Vec<NodeId> = tree
        .elements(root)
        .into_iter()
        .filter(|node| tree.is(*node, DS, "Signature"))
        .collect();
    if signatures.is_empty() {
        return Err(SamlError::NotSigned);
    }
    // A stray part of a signature is for nothing good.
    let parts = tree
        .elements(root)
        .into_iter()
        .filter(|node| tree.is(*node, DS, "SignedInfo") || tree.is(*node, DS, "Reference"))
        .count();
    if parts != 2 * signatures.len() {
        return Err(SamlError::SignatureShape(
            "one SignedInfo with one Reference",
        ));
    }
    let mut signed: Vec<NodeId> = Vec::new();
    for signature in &signatures {
        let parent = shape(tree, *signature, minimum)?;
        if !may_sign.contains(&parent) || signed.contains(&parent) {
            return Err(SamlError::SignatureShape(
                "it must be the only one directly in the Response or the Assertion",
            ));
        }
        signed.push(parent);
    }
    let context = DsigContext::new(keys.clone());
    let results = verify_all_document_with_source(&context, &tree.doc, Some(source))
        .map_err(|_| SamlError::Signature)?;
    if results.len() != signatures.len() {
        return Err(SamlError::Signature);
    }
    for ((signature, parent), result) in signatures.iter().zip(&signed).zip(&results) {
        let VerifyResult::Valid {
            signature_node,
            references,
            ..
        } = result
        else {
            return Err(SamlError::Signature);
        };
        let covers = matches!(references.as_slice(), [reference]
            if reference.digest_verified && reference.resolved_node == Some(*parent));
        if signature_node != signature || !covers {
            return Err(SamlError::Signature);
        }
    }
    Ok(())
}

/// Whether a signature has the one shape that is accepted. Gives the element that holds it and that it signs.
fn shape(tree: &Tree<'_>, signature: NodeId, minimum: Strength) -> Result<NodeId, SamlError> {
    let wrong = SamlError::SignatureShape;
    // Canonical form leaves comments out, and a reader of base64 might stop at one (CVE-2025-29775).
    if tree.has_comments(signature) {
        return Err(wrong("it has comments, processing instructions or CDATA"));
    }
    let parent = tree.doc.parent(signature).ok_or(wrong("it stands alone"))?;
    expect_children(
        tree,
        signature,
        &["SignedInfo", "SignatureValue"],
        Some("KeyInfo"),
    )?;
    let info = tree.one(signature, DS, "SignedInfo", "Signature")?;
    expect_children(
        tree,
        info,
        &["CanonicalizationMethod", "SignatureMethod", "Reference"],
        None,
    )?;
    let canonical = tree.one(info, DS, "CanonicalizationMethod", "SignedInfo")?;
    exclusive(tree, canonical)?;
    let method = tree.one(info, DS, "SignatureMethod", "SignedInfo")?;
    allowed(tree, method, &SIGNATURES, minimum)?;
    let reference = tree.one(info, DS, "Reference", "SignedInfo")?;
    let id = tree
        .attribute(parent, "ID")
        .ok_or(wrong("the element that holds it has no ID"))?;
    let points_to_parent = tree
        .attribute(reference, "URI")
        .and_then(|uri| uri.strip_prefix('#'))
        == Some(id);
    if !points_to_parent {
        return Err(wrong("its Reference points to another element"));
    }
    expect_children(
        tree,
        reference,
        &["Transforms", "DigestMethod", "DigestValue"],
        None,
    )?;
    let digest = tree.one(reference, DS, "DigestMethod", "Reference")?;
    allowed(tree, digest, &DIGESTS, minimum)?;
    let transforms = tree.one(reference, DS, "Transforms", "Reference")?;
    let transforms: Vec<NodeId> = tree.children(transforms).collect();
    let [enveloped, canonical] = transforms.as_slice() else {
        return Err(wrong(
            "its transforms are not enveloped-signature and exc-c14n",
        ));
    };
    let is_enveloped = tree.is(*enveloped, DS, "Transform")
        && tree.attribute(*enveloped, "Algorithm") == Some(algorithm::ENVELOPED_SIGNATURE)
        && tree.children(*enveloped).next().is_none();
    if !is_enveloped || !tree.is(*canonical, DS, "Transform") {
        return Err(wrong(
            "its transforms are not enveloped-signature and exc-c14n",
        ));
    }
    exclusive(tree, *canonical)?;
    Ok(parent)
}

/// Exclusive canonical form without comments; prefixes that are kept may be listed.
fn exclusive(tree: &Tree<'_>, node: NodeId) -> Result<(), SamlError> {
    let named = tree.attribute(node, "Algorithm").unwrap_or_default();
    if named != algorithm::EXC_C14N {
        return Err(SamlError::Algorithm(named.to_owned()));
    }
    let mut children = tree.children(node);
    let listed = children.next();
    let fine = listed.is_none_or(|list| tree.is(list, algorithm::EXC_C14N, "InclusiveNamespaces"));
    if !fine || children.next().is_some() {
        return Err(SamlError::SignatureShape(
            "its exc-c14n has unknown parameters",
        ));
    }
    Ok(())
}

/// An algorithm of a list, strong enough, without parameters.
fn allowed(
    tree: &Tree<'_>,
    node: NodeId,
    list: &[(&str, Strength)],
    minimum: Strength,
) -> Result<(), SamlError> {
    let named = tree.attribute(node, "Algorithm").unwrap_or_default();
    let known = list
        .iter()
        .any(|(name, strength)| *name == named && *strength >= minimum);
    if !known || tree.children(node).next().is_some() {
        return Err(SamlError::Algorithm(named.to_owned()));
    }
    Ok(())
}

/// Whether the child elements are these, in this order, and at most one more at the end.
fn expect_children(
    tree: &Tree<'_>,
    node: NodeId,
    names: &[&str],
    last: Option<&str>,
) -> Result<(), SamlError> {
    let children: Vec<NodeId> = tree.children(node).collect();
    let mut rest = children.iter();
    let named = names
        .iter()
        .all(|name| rest.next().is_some_and(|child| tree.is(*child, DS, name)));
    let ends = match (rest.next(), last) {
        (None, _) => true,
        (Some(child), Some(name)) => tree.is(*child, DS, name) && rest.next().is_none(),
        (Some(_), None) => false,
    };
    if named && ends {
        Ok(())
    } else {
        Err(SamlError::SignatureShape(
            "its parts are not those of a plain signature",
        ))
    }
}
