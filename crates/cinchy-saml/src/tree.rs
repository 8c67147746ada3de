//! Looking about in a parsed document. Elements count by namespace and local name, attributes only without a namespace.

use uppsala::{Document, NodeId, NodeKind, Parser};

use crate::SamlError;

/// SAML 2.0 assertions.
pub(crate) const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// SAML 2.0 protocol messages.
pub(crate) const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// SAML 2.0 metadata.
pub(crate) const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML signatures.
pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Deepest nesting that is parsed.
const MOST_DEPTH: u32 = 128;

/// A document and the questions about it.
pub(crate) struct Tree<'a> {
    pub doc: Document<'a>,
}

impl<'a> Tree<'a> {
    /// Parses without DOCTYPE, so without entities of its own.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        let doc = Parser::new()
            .with_max_depth(MOST_DEPTH)
            .with_forbid_dtd(true)
            .parse(text)
            .map_err(|error| error.to_string())?;
        let foreign = doc
            .xml_declaration
            .as_ref()
            .and_then(|declaration| declaration.encoding.as_deref())
            .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8"));
        if foreign {
            return Err("its declaration names another encoding than UTF-8".to_owned());
        }
        Ok(Self { doc })
    }

    /// The outermost element.
    pub fn root(&self) -> Option<NodeId> {
        self.doc.document_element()
    }

    /// Whether a node is this element.
    pub fn is(&self, node: NodeId, namespace: &str, name: &str) -> bool {
        self.doc
            .element(node)
            .is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// Elements below a node, itself included, in the order of the document.
    pub fn elements(&self, node: NodeId) -> Vec<NodeId> {
        let mut found = vec![node];
        found.extend(self.doc.descendants(node));
        found.retain(|node| self.doc.element(*node).is_some());
        found.dedup();
        found
    }

    /// The child elements of a node.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        self.doc
            .children_iter(node)
            .filter(|child| self.doc.element(*child).is_some())
    }

    /// The child elements of a name.
    pub fn named<'t>(
        &'t self,
        node: NodeId,
        namespace: &'t str,
        name: &'t str,
    ) -> impl Iterator<Item = NodeId> + 't {
        self.doc
            .children_iter(node)
            .filter(move |child| self.is(*child, namespace, name))
    }

    /// The only child element of a name; none is `None`.
    pub fn optional(
        &self,
        node: NodeId,
        namespace: &str,
        name: &'static str,
        parent: &'static str,
    ) -> Result<Option<NodeId>, SamlError> {
        let mut found = self.named(node, namespace, name);
        let first = found.next();
        if found.next().is_some() {
            return Err(SamlError::NotOne {
                element: name,
                parent,
            });
        }
        Ok(first)
    }

    /// The only child element of a name.
    pub fn one(
        &self,
        node: NodeId,
        namespace: &str,
        name: &'static str,
        parent: &'static str,
    ) -> Result<NodeId, SamlError> {
        self.optional(node, namespace, name, parent)?
            .ok_or(SamlError::NotOne {
                element: name,
                parent,
            })
    }

    /// An attribute without a namespace.
    pub fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        self.doc
            .element(node)?
            .attributes
            .iter()
            .find(|attribute| {
                attribute.name.namespace_uri.is_none()
                    && attribute.name.prefix.is_none()
                    && attribute.name.local_name == name
            })
            .map(|attribute| &*attribute.value)
    }

    /// The text of an element that has exactly one child, a text (rule 9). What canonical form leaves out can so not split
    /// it. White space around it does not count.
    pub fn text(&self, node: NodeId) -> Option<&str> {
        let mut children = self.doc.children_iter(node);
        let only = children.next()?;
        if children.next().is_some() {
            return None;
        }
        match self.doc.node_kind(only) {
            // The white space of XML: other blanks belong to the text.
            Some(NodeKind::Text(text)) => {
                Some(text.trim_matches([' ', '\t', '\r', '\n'])).filter(|text| !text.is_empty())
            }
            _ => None,
        }
    }

    /// The same, where the text must be there.
    pub fn plain(&self, node: NodeId, name: &'static str) -> Result<&str, SamlError> {
        self.text(node).ok_or(SamlError::NotPlainText(name))
    }

    /// Whether something below a node is neither element nor text.
    pub fn has_comments(&self, node: NodeId) -> bool {
        self.doc.descendants(node).into_iter().any(|node| {
            matches!(
                self.doc.node_kind(node),
                Some(
                    NodeKind::Comment(_) | NodeKind::ProcessingInstruction(_) | NodeKind::CData(_)
                )
            )
        })
    }
}
