//! The targets of links: ids that must exist, and values that ResolveLink looks up.

use std::collections::{HashMap, HashSet};

use cinchy_cql::catalog::{Column, ColumnKind};
use cinchy_cql::value::{Compiled, Type, Value};
use cinchy_cql::write::{Form, KEYS, Lookup};
use cinchy_cql::{CqlError, double_text, parse_date};

use super::given::Given;
use super::{Run, cells, id_of};
use crate::error::Result;

/// The first row for each key, by lookup.
pub(super) struct Targets(Vec<HashMap<String, i32>>);

/// Whether a link may have several targets.
pub(super) fn is_multi(column: &Column) -> bool {
    matches!(
        column.kind,
        ColumnKind::Link {
            junction: Some(_),
            ..
        }
    )
}

impl Run<'_> {
    /// Looks up all that the rows name.
    pub fn targets(&mut self, columns: &[Column], given: &Given<'_>) -> Result<Targets> {
        let lookups = &self.write.lookups;
        let mut wanted: Vec<HashSet<String>> = vec![HashSet::new(); lookups.len()];
        if !lookups.is_empty() {
            for (row, values) in given.rows.iter().enumerate() {
                for (index, (column, value)) in columns.iter().zip(values).enumerate() {
                    let (lookup, keys) = match given.form(row, index) {
                        Form::Pairs(lookup) => (
                            lookup,
                            cells::ids_of_pairs(value)
                                .unwrap_or_default()
                                .iter()
                                .map(i32::to_string)
                                .collect(),
                        ),
                        Form::Resolve(lookup) => (lookup, items_of(column, value)),
                        Form::Plain | Form::Ids => continue,
                    };
                    if let (Some(own), Some(set)) = (lookups.get(lookup), wanted.get_mut(lookup)) {
                        set.extend(keys.iter().filter_map(|key| key_text(own, key)));
                    }
                }
            }
        }
        let mut found = Vec::with_capacity(lookups.len());
        for (lookup, keys) in lookups.iter().zip(wanted) {
            found.push(self.look_up(lookup, keys)?);
        }
        Ok(Targets(found))
    }

    fn look_up(
        &mut self,
        lookup: &Lookup<Compiled>,
        keys: HashSet<String>,
    ) -> Result<HashMap<String, i32>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let list = lookup.by_key.then(|| {
            let items = keys.iter().map(|key| match lookup.ty {
                Type::Text => serde_json::Value::from(key.as_str()),
                _ => serde_json::from_str(key).unwrap_or(serde_json::Value::Null),
            });
            let text = serde_json::Value::Array(items.collect()).to_string();
            (KEYS, text)
        });
        let mut found = HashMap::with_capacity(keys.len());
        for row in self.rows_of(&lookup.query, list)? {
            let mut row = row.into_iter();
            let (Some(key), Some(id)) = (row.next(), id_of(row.next().as_ref())) else {
                continue;
            };
            if let Some(key) = key_text(lookup, &cells::shown(&key))
                && keys.contains(&key)
            {
                // The first of several is the one with the lowest id.
                let own = found.entry(key).or_insert(id);
                *own = id.min(*own);
            }
        }
        Ok(found)
    }
}

impl Targets {
    /// The ids that a value links to, each once.
    pub fn of(
        &self,
        column: &Column,
        value: &Value,
        form: Form,
        lookups: &[Lookup<Compiled>],
    ) -> Result<Vec<i32>, CqlError> {
        let unresolved = |value: String, lookup: Option<&Lookup<Compiled>>| CqlError::Unresolved {
            value,
            column: lookup.map_or_else(|| "Cinchy Id".to_owned(), |l| l.column.clone()),
            link: column.name.clone(),
        };
        let mut ids: Vec<i32> = match form {
            Form::Plain | Form::Ids => cells::ids_of_list(value),
            Form::Pairs(index) | Form::Resolve(index) => {
                let lookup = lookups.get(index);
                let keys: Vec<String> = match form {
                    Form::Resolve(_) => items_of(column, value),
                    _ => cells::ids_of_pairs(value)
                        .ok_or_else(|| unresolved(cells::shown(value), lookup))?
                        .iter()
                        .map(i32::to_string)
                        .collect(),
                };
                let found = self.0.get(index);
                let find = |key: String| {
                    let own = lookup.and_then(|l| key_text(l, &key));
                    let id = own.and_then(|own| found?.get(&own).copied());
                    id.ok_or_else(|| unresolved(key, lookup))
                };
                keys.into_iter().map(find).collect::<Result<_, _>>()?
            }
        };
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(*id));
        if ids.len() > 1 && !is_multi(column) {
            return Err(unresolved(cells::shown(value), None));
        }
        Ok(ids)
    }
}

/// The values that ResolveLink is given: a list for a multi-link.
fn items_of(column: &Column, value: &Value) -> Vec<String> {
    if cells::is_blank(value) {
        return Vec::new();
    }
    let text = cells::shown(value);
    if is_multi(column) {
        cinchy_seed::split_list(&text)
    } else {
        vec![text]
    }
}

/// A key as a lookup compares it; `None` when it is none of its column's type.
fn key_text(lookup: &Lookup<Compiled>, text: &str) -> Option<String> {
    let number = || text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    match lookup.ty {
        Type::Int | Type::BigInt => {
            let whole = |x: &f64| x.fract() == 0.0 && x.abs() <= f64::from(i32::MAX);
            number().filter(whole).map(double_text)
        }
        Type::Double => number().map(double_text),
        Type::DateTime => parse_date(text).map(|at| cells::shown(&Value::DateTime(at))),
        Type::Bit => match text.trim().to_lowercase().as_str() {
            "yes" | "true" | "1" => Some("1".to_owned()),
            "no" | "false" | "0" => Some("0".to_owned()),
            _ => None,
        },
        // Blanks at the end do not count (T-SQL). No stored text has a NUL.
        _ => Some(text.trim_end_matches(' ').to_owned()).filter(|t| !t.contains('\0')),
    }
}
