//! What must not stand in the journal: passwords, secrets, tokens, codes, cookies. Masked when a request is written down,
//! so that they are never kept.

use std::borrow::Cow;

use serde_json::Value;

use crate::form;

/// Stands for what is not shown.
pub const MASK: &str = "***";

/// Parts of names whose values are secret, in lower case.
const SECRET_PARTS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "assertion",
    "verifier",
    "samlresponse",
    "credential",
    "authorization",
    "cookie",
    "apikey",
    "api-key",
    "api_key",
    "private",
];

/// Whole names whose values are secret, in lower case.
const SECRET_NAMES: &[&str] = &[
    "code",
    "device_code",
    "user_code",
    "usercode",
    "logoutid",
    "key",
    "auth",
    "otp",
];

/// Whole names whose values are addresses to go on to, with parameters of their own, in lower case.
const ADDRESS_NAMES: &[&str] = &["returnurl", "redirect_uri", "post_logout_redirect_uri"];

/// How deep an address may stand in an address.
const MOST_DEPTH: u8 = 4;

/// Whether a parameter, member or header of this name holds a secret. It is asked of every one of every request.
pub fn is_secret(name: &str) -> bool {
    let name = name.as_bytes();
    // `token_type` and `token_type_hint` are words of the protocol.
    !begins_with(name, "token_type")
        && (SECRET_NAMES
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
            || (0..name.len()).any(|at| {
                SECRET_PARTS
                    .iter()
                    .any(|part| begins_with(&name[at..], part))
            }))
}

/// Whether it begins with this word, which is in lower case.
fn begins_with(name: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    name.len() >= word.len()
        && name[0] | 0x20 == word[0]
        && name[..word.len()].eq_ignore_ascii_case(word)
}

/// Whether a CQL text speaks of what is secret.
pub fn speaks_of_secrets(cql: &str) -> bool {
    let text = cql.to_ascii_lowercase();
    ["password", "secret", "token"]
        .iter()
        .any(|word| text.contains(word))
}

/// A CQL text with each string literal masked, and each comment left out. What stands in brackets or double quotes is a
/// name.
pub fn without_literals(cql: &str) -> String {
    let mut out = String::with_capacity(cql.len());
    let mut rest = cql;
    while let Some(first) = rest.chars().next() {
        let (shown, close) = match first {
            '\'' => ("'***'", "'"),
            '[' => ("", "]"),
            '"' => ("", "\""),
            '-' if rest.starts_with("--") => (" ", "\n"),
            '/' if rest.starts_with("/*") => (" ", "*/"),
            other => {
                out.push(other);
                rest = &rest[other.len_utf8()..];
                continue;
            }
        };
        let opened = first.len_utf8();
        let end = rest[opened..].find(close);
        let end = end.map_or(rest.len(), |at| opened + at + close.len());
        if shown.is_empty() {
            out.push_str(&rest[..end]);
        } else {
            out.push_str(shown);
        }
        rest = &rest[end..];
    }
    out
}

/// Masks what a JSON body of ExecuteCQL sets: literals of a text that speaks of secrets, and its parameters.
pub fn statement(body: &mut Value) {
    let Some(members) = body.as_object_mut() else {
        return;
    };
    let speaks = members.iter().any(|(name, value)| {
        (name.eq_ignore_ascii_case("query") && value.as_str().is_some_and(speaks_of_secrets))
            || (name.eq_ignore_ascii_case("parameters") && speaks_of_secrets(&value.to_string()))
    });
    if !speaks {
        return;
    }
    for (name, value) in members.iter_mut() {
        if name.eq_ignore_ascii_case("query") {
            let text = value.as_str().map(without_literals);
            *value = text.map_or_else(|| Value::from(MASK), Value::from);
        } else if name.starts_with('@') || name.to_ascii_lowercase().starts_with("parameters") {
            *value = Value::from(MASK);
        }
    }
}

/// The value of a parameter, decoded, as it may be shown.
pub fn parameter<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    parameter_at(name, value, 0)
}

fn parameter_at<'a>(name: &str, value: &'a str, depth: u8) -> Cow<'a, str> {
    let is_address = ADDRESS_NAMES
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    if is_secret(name) {
        Cow::Borrowed(MASK)
    } else if is_address {
        url_at(value, depth + 1)
    } else {
        Cow::Borrowed(value)
    }
}

/// A URL with secret parameters of its query and fragment masked, as a redirect may carry them; also those of the addresses
/// in it.
pub fn url(text: &str) -> Cow<'_, str> {
    url_at(text, 0)
}

fn url_at(text: &str, depth: u8) -> Cow<'_, str> {
    if depth > MOST_DEPTH {
        return Cow::Borrowed(MASK);
    }
    let Some(at) = text.find(['?', '#']) else {
        return Cow::Borrowed(text);
    };
    let mut out = text[..at].to_owned();
    let mut rest = &text[at..];
    while let Some(first) = rest.chars().next() {
        out.push(first);
        let inner = &rest[1..];
        let end = if first == '?' {
            inner.find('#').unwrap_or(inner.len())
        } else {
            inner.len()
        };
        for (index, pair) in inner[..end].split('&').enumerate() {
            if index > 0 {
                out.push('&');
            }
            match pair.split_once('=') {
                Some((name, value)) => {
                    out.push_str(name);
                    out.push('=');
                    let plain = form::decode(value.as_bytes());
                    let shown = parameter_at(name, &plain, depth);
                    // What is shown as it came is not encoded anew.
                    if shown == plain {
                        out.push_str(value);
                    } else if shown == MASK {
                        out.push_str(MASK);
                    } else {
                        out.push_str(&form::encode(&shown));
                    }
                }
                None => out.push_str(pair),
            }
        }
        rest = &inner[end..];
    }
    Cow::Owned(out)
}

/// Masks secret members of a JSON value at any depth.
pub fn json(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                if is_secret(name) && !value.is_null() {
                    *value = Value::from(MASK);
                } else {
                    json(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(json),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "client_secret",
            "access_token",
            "id_token_hint",
            "code",
            "code_verifier",
            "SAMLResponse",
            "X-Api-Key",
            "Cookie",
            "assertion",
            "newPassword",
            "userCode",
            "logoutId",
            "PWD",
            "my-Private",
            "é_token",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "username",
            "token_type",
            "token_type_hint",
            "scope",
            "keyword",
            "@code1",
            "",
            "passwor",
            "Token_Type",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn redirects_lose_their_codes() {
        for (text, expected) in [
            ("/plain", "/plain"),
            (
                "http://a/cb?code=abc&state=x#access_token=y&token_type=Bearer",
                "http://a/cb?code=***&state=x#access_token=***&token_type=Bearer",
            ),
            ("/a#id_token=q?x", "/a#id_token=***"),
            ("/device?userCode=123456789", "/device?userCode=***"),
            (
                "/account/logout?logoutId=a.b",
                "/account/logout?logoutId=***",
            ),
            (
                "/account/login?returnUrl=%2Fdevice%3FuserCode%3D123456789%26x%3D1",
                "/account/login?returnUrl=%2Fdevice%3FuserCode%3D%2A%2A%2A%26x%3D1",
            ),
            (
                "/account/login?returnUrl=%2Fplain%3Fa%3Db+c&x=%zz",
                "/account/login?returnUrl=%2Fplain%3Fa%3Db+c&x=%zz",
            ),
        ] {
            assert_eq!(url(text), expected);
        }
    }

    #[test]
    fn literals_go() {
        for (text, expected) in [
            (
                "SET [Password] = N'it''s', [A] = 1",
                "SET [Password] = N'***''***', [A] = 1",
            ),
            ("[O'Brien] = 'x', [B]]'s]", "[O'Brien] = '***', [B]]'***'"),
            ("-- don't\nSET [P] = 'x'", " SET [P] = '***'"),
            ("/* don't */ 'x", "  '***'"),
            ("\"it's\" = 'x' - 1", "\"it's\" = '***' - 1"),
        ] {
            assert_eq!(without_literals(text), expected, "{text}");
        }
        let mut body = serde_json::json!({
            "Query": "UPDATE [U] SET [Password] = 'x'",
            "@a": "y",
            "Parameters": [{"ParameterValue": "z"}],
            "Type": "NONQUERY",
        });
        statement(&mut body);
        let expected = serde_json::json!({
            "Query": "UPDATE [U] SET [Password] = '***'",
            "@a": "***",
            "Parameters": "***",
            "Type": "NONQUERY",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn members_at_any_depth() {
        let mut value = serde_json::json!({"a": [{"secret": "x", "b": 1}], "token": null});
        json(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a": [{"secret": "***", "b": 1}], "token": null})
        );
    }
}
