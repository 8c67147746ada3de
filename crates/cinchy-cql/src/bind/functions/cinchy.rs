//! Functions that only Cinchy has.

use std::sync::Arc;

use sqlparser::ast::{Expr, Ident};

use super::{Entry, How};
use crate::bind::Binder;
use crate::bind::expression::{at, column_parts, unsupported};
use crate::bind::rights::{Reader, is_read_only};
use crate::catalog::ColumnId;
use crate::error::{CqlError, Position};
use crate::ir::{Condition, NodeId, Scalar, ScalarNode};
use crate::need::{Answer, Need};
use crate::value::{Bind, Type, Value};

/// The ids of the caller's groups.
const GROUPS: &str = "CURRENTUSERSGROUPS";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "CURRENTUSERID",
        least: 0,
        most: 0,
        how: How::Values(|_, _| {
            Ok(Scalar {
                ty: Type::Int,
                node: ScalarNode::Constant(Bind::CurrentUser),
            })
        }),
    },
    Entry {
        name: GROUPS,
        least: 0,
        most: 0,
        how: How::Written(|_, _, position| {
            Err(unsupported(
                "currentUsersGroups() outside IN (...)",
                position,
            ))
        }),
    },
    Entry {
        name: "GETLASTMODIFIEDBY",
        least: 1,
        most: 1,
        how: How::Written(super::modified::last_modified_by),
    },
    Entry {
        name: "EDITABLE",
        least: 1,
        most: 1,
        how: How::Written(|binder, arguments, _| binder.editable(arguments[0])),
    },
    Entry {
        name: "EXECUTESAVEDQUERY",
        least: 2,
        most: 4,
        how: How::Written(|binder, arguments, position| {
            let (ty, values) = binder.saved_values(arguments, position)?;
            Ok(Scalar::literal(
                values.first().cloned().unwrap_or(Value::Null),
                ty,
            ))
        }),
    },
    Entry {
        name: "CHANGE",
        least: 1,
        most: 1,
        how: How::Written(change),
    },
];

/// No drafts yet; the column must exist all the same.
fn change(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    _: Option<Position>,
) -> Result<Scalar, CqlError> {
    binder.operand(arguments[0])?;
    Ok(Scalar::literal(Value::Int(0), Type::Int))
}

impl<'a> Binder<'a> {
    /// `currentUsersGroups()` within IN: the ids of the caller's groups, parents included (documented). `None`: it is
    /// something else. They are constants of the statement; the rights' fingerprint covers them.
    pub(in crate::bind) fn users_groups(
        &self,
        item: &Expr,
    ) -> Option<Result<Vec<Scalar>, CqlError>> {
        let Expr::Function(call) = item else {
            return None;
        };
        if !super::name_of(call)?.value.eq_ignore_ascii_case(GROUPS)
            || !super::arguments(call).is_ok_and(|a| a.is_empty())
        {
            return None;
        }
        let Some(groups) = self.groups else {
            return Some(Err(unsupported(
                "currentUsersGroups() where no user asks",
                at(item),
            )));
        };
        let id = |group: &i32| Scalar::literal(Value::Int((*group).into()), Type::Int);
        Some(Ok(groups.iter().map(id).collect()))
    }

    /// The values of `executeSavedQuery('Domain', 'Name'[, cacheSeconds[, recordLimit]])`: the first column of a saved query
    /// (documented). Nothing is kept for `cacheSeconds`, so the values are never old.
    fn saved_values(
        &mut self,
        arguments: &[&Expr],
        position: Option<Position>,
    ) -> Result<(Type, &'a [Value]), CqlError> {
        let refused = || unsupported("executeSavedQuery with anything but constants", position);
        let mut constants = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match self.scalar(argument)?.node {
                ScalarNode::Constant(Bind::Literal(value)) => constants.push(value),
                _ => return Err(refused()),
            }
        }
        let whole = |index: usize| match constants.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Int(n)) => u64::try_from(*n).map(Some).map_err(|_| refused()),
            Some(_) => Err(refused()),
        };
        whole(2)?;
        let limit = whole(3)?;
        let [Value::Text(domain), Value::Text(name), ..] = constants.as_slice() else {
            return Err(refused());
        };
        let need = Need::SavedQuery {
            domain: domain.clone(),
            name: name.clone(),
            limit,
        };
        match self.answer(need)? {
            Answer::Values(ty, values) => Ok((*ty, values)),
            Answer::Table(_) => Err(refused()),
        }
    }

    /// Within IN: all values of `executeSavedQuery`; `None`: it is another expression.
    pub(in crate::bind) fn saved_list(
        &mut self,
        item: &Expr,
    ) -> Result<Option<Vec<Scalar>>, CqlError> {
        let Expr::Function(call) = item else {
            return Ok(None);
        };
        if !super::name_of(call).is_some_and(|n| n.value.eq_ignore_ascii_case("executeSavedQuery"))
        {
            return Ok(None);
        }
        let arguments = super::arguments(call)?;
        if !(2..=4).contains(&arguments.len()) {
            // The function's own message.
            return Ok(None);
        }
        let (ty, values) = self.saved_values(&arguments, at(&call.name))?;
        let values = values
            .iter()
            .map(|value| Scalar::literal(value.clone(), ty));
        Ok(Some(values.collect()))
    }

    /// `editable([Col])`: 1 where the reader may change the cell, by the grants on the column and their Editable Row
    /// Filters (seen in Meta-Forms, which tests for `=== 0`).
    fn editable(&mut self, argument: &Expr) -> Result<Scalar, CqlError> {
        let position = at(argument);
        let Some(parts) = column_parts(argument) else {
            return Err(unsupported("editable() of anything but a column", position));
        };
        let no = Scalar::literal(Value::Int(0), Type::Int);
        let (node, path) = match self.resolve(parts) {
            Ok(found) => found,
            // What may not be seen may not be edited: edit implies view.
            Err(e) if e.is_access_denied() => return Ok(no),
            Err(e) => return Err(e),
        };
        let Some((column, links)) = path.columns.split_last() else {
            return Ok(no);
        };
        let mut node = node;
        for link in links {
            node = self
                .linked_row(node, *link)?
                .ok_or_else(|| unsupported("editable() through a multi-link", position))?;
        }
        if !links.is_empty() {
            // Nothing to edit where a link leads nowhere.
            let row = self.id_of(node)?;
            let value = self.editable_column(node, *column, parts, position)?;
            let there = Condition::IsNull {
                value: row,
                negated: true,
            };
            return Ok(Scalar {
                ty: Type::Int,
                node: ScalarNode::Case {
                    branches: vec![(there, value)],
                    otherwise: Some(Box::new(no)),
                },
            });
        }
        self.editable_column(node, *column, parts, position)
    }

    fn editable_column(
        &mut self,
        node: NodeId,
        column: ColumnId,
        parts: &[Ident],
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        let no = Scalar::literal(Value::Int(0), Type::Int);
        let yes = Scalar::literal(Value::Int(1), Type::Int);
        let table = Arc::clone(&self.nodes[node].table);
        let missing = || CqlError::ColumnNotFound {
            name: column_name(parts),
            position,
        };
        let column = table.column_by_id(column).ok_or_else(missing)?;
        if is_read_only(column) {
            return Ok(no);
        }
        let reader: Reader<'a> = self.info[node].reader;
        let Some(grants) = reader.editing(&table, column) else {
            return Ok(yes);
        };
        let mut filters = Vec::with_capacity(grants.len());
        for grant in grants {
            let Some(filter) = &grant.edit_filter else {
                return Ok(yes);
            };
            let inner = self.unmasked(node);
            filters.push(self.as_system(inner, |b| b.filter(inner, filter))?);
        }
        if filters.is_empty() {
            return Ok(no);
        }
        let branches = vec![(Condition::Or(filters), yes)];
        let value = Scalar {
            ty: Type::Int,
            node: ScalarNode::Case {
                branches,
                otherwise: Some(Box::new(no)),
            },
        };
        if self.unmasked(node) == node {
            return Ok(value);
        }
        Ok(self.output(node, format!("editable_{}", column.id), value))
    }
}

fn column_name(parts: &[Ident]) -> String {
    parts.last().map(|p| p.value.clone()).unwrap_or_default()
}
