//! FROM: sources, how they are joined, and the links that are followed from them.

use super::Writer;
use crate::ir::{Condition, FromItem, Join, NodeId};

impl Writer<'_> {
    /// Sources in their order, those in brackets within them.
    pub(super) fn sources(&mut self, items: &[FromItem]) {
        let mut rest = items;
        while let Some((item, others)) = rest.split_first() {
            let first = rest.len() == items.len();
            let (members, others) = others.split_at(item.members.min(others.len()));
            if members.is_empty() {
                self.source(item, first);
            } else {
                self.bracketed(item, members, first);
            }
            rest = others;
        }
    }

    /// Joined tables in brackets.
    fn bracketed(&mut self, item: &FromItem, members: &[FromItem], first: bool) {
        let (word, condition) = match &item.join {
            Join::Cross | Join::Apply if first => ("", None),
            Join::Cross | Join::Apply => (" INNER JOIN ", None),
            Join::OuterApply => (" LEFT JOIN ", None),
            Join::Inner(condition) => (" INNER JOIN ", Some(condition)),
            Join::Left(condition) => (" LEFT JOIN ", Some(condition)),
            Join::Right(condition) => (" RIGHT JOIN ", Some(condition)),
            Join::Full(condition) => (" FULL JOIN ", Some(condition)),
        };
        self.push(word);
        self.push("(");
        self.with_links(item.node);
        let mut rest = members;
        while let Some((member, others)) = rest.split_first() {
            let (inner, others) = others.split_at(member.members.min(others.len()));
            if inner.is_empty() {
                self.source(member, false);
            } else {
                self.bracketed(member, inner, false);
            }
            rest = others;
        }
        self.push(")");
        match condition {
            Some(condition) => {
                self.push(" ON ");
                self.condition(condition);
            }
            None if word.is_empty() => {}
            None => self.push(" ON 1 = 1"),
        }
    }

    fn source(&mut self, item: &FromItem, first: bool) {
        match &item.join {
            Join::Cross if first => self.with_links(item.node),
            // A CROSS JOIN would fix SQLite's order of the loops.
            Join::Cross => self.join_all(" INNER JOIN ", item.node),
            Join::Apply => self.join_all(" INNER JOIN ", item.node),
            Join::OuterApply => self.join_all(" LEFT JOIN ", item.node),
            Join::Inner(condition) => self.join(" INNER JOIN ", item.node, condition),
            Join::Left(condition) => self.join(" LEFT JOIN ", item.node, condition),
            Join::Right(condition) => self.join(" RIGHT JOIN ", item.node, condition),
            Join::Full(condition) => self.join(" FULL JOIN ", item.node, condition),
        }
    }

    fn join_all(&mut self, word: &str, node: NodeId) {
        self.push(word);
        self.relation(node);
        self.push(" ON 1 = 1");
        self.links(node);
    }

    fn join(&mut self, word: &str, node: NodeId, condition: &Condition) {
        self.push(word);
        // Links that the condition itself follows must be joined before it.
        // So must those of a source that the join may leave without a row, or the rows before it.
        let linked: Vec<NodeId> = self.linked(node);
        if linked.iter().any(|link| condition.mentions(*link)) {
            self.push("(");
            self.with_links(node);
            self.push(") ON ");
            self.condition(condition);
        } else {
            self.relation(node);
            self.push(" ON ");
            self.condition(condition);
            self.links(node);
        }
    }

    /// All tables that links join to a source.
    fn linked(&self, node: NodeId) -> Vec<NodeId> {
        let mut all = Vec::new();
        for link in &self.bound.nodes[node].links {
            all.push(link.target);
            all.extend(self.linked(link.target));
        }
        all
    }

    pub(super) fn with_links(&mut self, node: NodeId) {
        self.relation(node);
        self.links(node);
    }

    pub(super) fn links(&mut self, node: NodeId) {
        let bound = self.bound;
        for link in &bound.nodes[node].links {
            self.push(" LEFT JOIN ");
            self.relation(link.target);
            self.push(&format!(" ON s{}.", link.target));
            self.quoted(&link.target_key);
            self.push(" = ");
            self.scalar(&link.key);
            self.links(link.target);
        }
    }
}
