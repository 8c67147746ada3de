//! JSON texts as they are written: their parts are slices of them.

use serde::de::{DeserializeOwned, IgnoredAny};

use super::JsonError;
use super::path::{Path, Step};
use crate::functions::characters::json_escaped;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    Scalar,
}

/// Its first character tells.
pub(super) fn kind(raw: &str) -> Kind {
    match raw.as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        _ => Kind::Scalar,
    }
}

/// The value that a text is, without the blanks around it.
pub(super) fn whole(text: &str) -> Result<&str, JsonError> {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(text.trim_matches([' ', '\t', '\r', '\n'])),
        Err(_) => Err(JsonError::Text),
    }
}

/// The text of a string. A character 0, which PostgreSQL has not, is an error.
pub(super) fn unescaped(raw: &str) -> Result<String, JsonError> {
    match serde_json::from_str::<String>(raw) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(JsonError::Text),
    }
}

/// The value at the end of a path.
pub(super) fn find<'a>(raw: &'a str, steps: &[Step]) -> Result<Option<&'a str>, JsonError> {
    let mut raw = raw;
    for step in steps {
        match children(raw)?.into_iter().enumerate().find(|c| is(c, step)) {
            Some((_, child)) => raw = child.raw,
            None => return Ok(None),
        }
    }
    Ok(Some(raw))
}

/// A value inside another; its key where that is an object.
pub(super) struct Child<'a> {
    pub key: Option<String>,
    pub raw: &'a str,
}

fn is((index, child): &(usize, Child<'_>), step: &Step) -> bool {
    match (step, &child.key) {
        (Step::Key(wanted), Some(key)) => wanted == key,
        (Step::Index(wanted), None) => wanted == index,
        _ => false,
    }
}

/// The values directly inside; of a scalar there are none.
pub(super) fn children(raw: &str) -> Result<Vec<Child<'_>>, JsonError> {
    let kind = kind(raw);
    let mut children = Vec::new();
    if kind == Kind::Scalar {
        return Ok(children);
    }
    let mut at = 1;
    loop {
        let rest = &raw[at..];
        at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        if raw[at..].starts_with(['}', ']']) {
            return Ok(children);
        }
        let mut key = None;
        if kind == Kind::Object {
            let (own, length) = next::<String>(&raw[at..])?;
            key = Some(own);
            let rest = &raw[at + length..];
            at = raw.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ':']).len();
        }
        let (IgnoredAny, length) = next(&raw[at..])?;
        children.push(Child {
            key,
            raw: &raw[at..at + length],
        });
        at += length;
    }
}

/// The value that a text begins with, and its length in bytes.
fn next<T: DeserializeOwned>(text: &str) -> Result<(T, usize), JsonError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    match values.next() {
        Some(Ok(value)) => Ok((value, values.byte_offset())),
        _ => Err(JsonError::Text),
    }
}

/// A change of a text: what stands between two places gives way.
struct Edit {
    from: usize,
    to: usize,
    new: String,
}

/// JSON_MODIFY.
pub(super) fn modified(text: &str, path: &Path, new: Option<&str>) -> Result<String, JsonError> {
    let root = whole(text)?;
    // Slices of one text: the difference of their addresses is their distance.
    let offset = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let missing = || {
        if path.strict {
            Err(JsonError::Property)
        } else {
            Ok(text.to_owned())
        }
    };
    let target = find(root, &path.steps)?;
    let edit = if path.append {
        match target {
            Some(raw) if kind(raw) == Kind::Array => {
                added(raw, offset(raw), new.unwrap_or("null"))?
            }
            Some(_) if path.strict => return Err(JsonError::Array),
            Some(_) => return Ok(text.to_owned()),
            None if path.strict => return missing(),
            None => match inserted(root, path, &format!("[{}]", new.unwrap_or("null")), &offset)? {
                Some(edit) => edit,
                None => return missing(),
            },
        }
    } else {
        let Some((last, parents)) = path.steps.split_last() else {
            return Err(JsonError::Root);
        };
        match (target, new) {
            (Some(raw), Some(new)) => replaced(raw, offset(raw), new),
            (Some(raw), None) if path.strict || matches!(last, Step::Index(_)) => {
                replaced(raw, offset(raw), "null")
            }
            (Some(_), None) => match find(root, parents)? {
                Some(parent) => removed(parent, offset(parent), last)?,
                None => return missing(),
            },
            (None, Some(new)) if !path.strict => match inserted(root, path, new, &offset)? {
                Some(edit) => edit,
                None => return missing(),
            },
            (None, _) => return missing(),
        }
    };
    let mut out = text.to_owned();
    out.replace_range(edit.from..edit.to, &edit.new);
    Ok(out)
}

fn replaced(raw: &str, at: usize, new: &str) -> Edit {
    Edit {
        from: at,
        to: at + raw.len(),
        new: new.to_owned(),
    }
}

/// Something at the end of an object or array.
fn added(container: &str, at: usize, new: &str) -> Result<Edit, JsonError> {
    let (from, comma) = match children(container)?.last() {
        Some(last) => (at + end(container, last), ","),
        None => (at + 1, ""),
    };
    Ok(Edit {
        from,
        to: from,
        new: format!("{comma}{new}"),
    })
}

/// The last key of the path, where there is an object to hold it.
fn inserted(
    root: &str,
    path: &Path,
    new: &str,
    offset: &dyn Fn(&str) -> usize,
) -> Result<Option<Edit>, JsonError> {
    let Some((Step::Key(key), parents)) = path.steps.split_last() else {
        return Ok(None);
    };
    match find(root, parents)? {
        Some(parent) if kind(parent) == Kind::Object => {
            let member = format!("\"{}\":{new}", json_escaped(key));
            added(parent, offset(parent), &member).map(Some)
        }
        _ => Ok(None),
    }
}

/// A member gone, with the comma before it, or behind it where it is the first.
fn removed(parent: &str, at: usize, step: &Step) -> Result<Edit, JsonError> {
    let children: Vec<(usize, Child<'_>)> = children(parent)?.into_iter().enumerate().collect();
    let index = children.iter().position(|c| is(c, step)).unwrap_or(0);
    let past = |index: usize| {
        children
            .get(index)
            .map_or(1, |(_, child)| end(parent, child))
    };
    let own = past(index);
    let (from, to) = if index > 0 {
        (past(index - 1), own)
    } else if children.len() > 1 {
        let comma = parent[own..].find(',').unwrap_or(0);
        (1, own + comma + 1)
    } else {
        (1, own)
    };
    Ok(Edit {
        from: at + from,
        to: at + to,
        new: String::new(),
    })
}

/// Where a child ends in the text of its parent.
fn end(parent: &str, child: &Child<'_>) -> usize {
    child.raw.as_ptr() as usize - parent.as_ptr() as usize + child.raw.len()
}
