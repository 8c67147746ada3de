//! From the path that a client wrote to the one that is routed: doubled slashes, mounts, instances, letter case.
//!
//! The platform's paths match in any case and its identity server answers below several prefixes; routes are written
//! once, in lower case, without a prefix.

use std::borrow::Cow;

use cinchy_auth::Mount;
use cinchy_auth::issuer::Reached;

/// A request's path, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The path to route, percent-encoded as the client wrote it, fixed segments in lower case.
    pub path: String,
    /// The prefix of the identity server, for the issuer.
    pub mount: Mount,
    /// The instance that the path names.
    pub instance: Option<String>,
    /// How the instance was named.
    pub reached: Reached,
}

/// First segments of the identity server's paths: only they stand below a mount.
const IDENTITY: &[&str] = &[
    ".well-known",
    "connect",
    "account",
    "saml2",
    "authservices",
    "device",
    "home",
    "healthcheck",
];

/// Takes a path apart. `base` is `--base-path` in lower case with a leading slash, or empty.
pub fn route(path: &str, base: &str) -> Route {
    let path = &*unescape_plain(path);
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let mut rest = segments.as_slice();
    let is =
        |segment: Option<&&str>, word: &str| segment.is_some_and(|s| s.eq_ignore_ascii_case(word));
    let base: Vec<&str> = base.split('/').filter(|s| !s.is_empty()).collect();
    if !base.is_empty()
        && rest.len() >= base.len()
        && base
            .iter()
            .zip(rest)
            .all(|(b, s)| s.eq_ignore_ascii_case(b))
    {
        rest = &rest[base.len()..];
    }
    let mut instance = None;
    if is(rest.first(), "i") && rest.len() >= 2 {
        instance = Some(rest[1].to_ascii_lowercase());
        rest = &rest[2..];
    }
    let mut mount = Mount::Root;
    if is(rest.first(), "cinchy") && rest.len() > 1 {
        rest = &rest[1..];
    } else {
        let mut inner = rest;
        let found = Mount::ALL
            .into_iter()
            .filter(|m| *m != Mount::Root)
            .find(|m| is(inner.first(), &m.path()[1..]));
        if found.is_some() {
            inner = &inner[1..];
        }
        if is(inner.first(), "identity") {
            inner = &inner[1..];
        }
        let is_identity = inner
            .first()
            .is_some_and(|s| IDENTITY.iter().any(|known| s.eq_ignore_ascii_case(known)));
        if inner.len() != rest.len() && is_identity {
            mount = found.unwrap_or(Mount::Root);
            // `/idp/healthcheck` is the identity server's own; `/healthcheck` the web server's.
            rest = if is(inner.first(), "healthcheck") {
                rest
            } else {
                inner
            };
        }
    }
    Route {
        path: lower_fixed(rest, path.ends_with('/')),
        mount,
        instance,
        reached: Reached::ByPath,
    }
}

/// Decodes what need not have been encoded, `%6c` for `l` (RFC 3986 6.2.2.2): the router does so too, and what is decided
/// here by the path (the rules of CORS, the masks of the journal) must be decided by the path that is routed.
fn unescape_plain(path: &str) -> Cow<'_, str> {
    let plain = |at: usize| {
        let digits = path.get(at + 1..at + 3)?;
        let byte = digits
            .bytes()
            .all(|b| b.is_ascii_hexdigit())
            .then(|| u8::from_str_radix(digits, 16).ok())??;
        (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)).then_some(char::from(byte))
    };
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    let mut from = 0;
    for (at, _) in path.match_indices('%') {
        if let Some(c) = plain(at) {
            out.push_str(&path[from..at]);
            out.push(c);
            from = at + 3;
        }
    }
    out.push_str(&path[from..]);
    Cow::Owned(out)
}

/// Writes segments with the fixed ones in lower case; names of domains, queries and the like keep their letters.
fn lower_fixed(segments: &[&str], trailing: bool) -> String {
    let first = segments
        .first()
        .map(|s| s.to_ascii_lowercase())
        .unwrap_or_default();
    // How many segments from the left are fixed words.
    let is = |at: usize, word: &str| {
        segments
            .get(at)
            .is_some_and(|s| s.eq_ignore_ascii_case(word))
    };
    let fixed = match (first.as_str(), segments.len()) {
        ("api" | "basicauthapi", 2) => 2,
        ("api", 4) if is(2, "secrets-manager") && is(3, "secret") => 4,
        ("api", 7) if is(1, "files") => 3,
        ("api" | "basicauthapi" | "_emulator" | "assets" | "tables" | "query", _) => 1,
        ("i", _) => 0,
        _ => segments.len(),
    };
    let mut path = String::with_capacity(64);
    for (index, segment) in segments.iter().enumerate() {
        path.push('/');
        if index < fixed {
            path.push_str(&segment.to_ascii_lowercase());
        } else {
            path.push_str(segment);
        }
    }
    if path.is_empty() || (trailing && first == "_emulator") {
        path.push('/');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, base: &str, expected: &str, mount: Mount) {
        let route = route(path, base);
        assert_eq!(
            (route.path.as_str(), route.mount),
            (expected, mount),
            "{path}"
        );
    }

    #[test]
    fn what_need_not_be_encoded_is_decoded() {
        check("/Account/%6Cogin", "", "/account/login", Mount::Root);
        check("/%61dmin/x%2Fy", "", "/admin/x%2fy", Mount::Root);
        check(
            "/API/HR/100%25%20%2",
            "",
            "/api/HR/100%25%20%2",
            Mount::Root,
        );
        check("/API/HR/%c3%a9", "", "/api/HR/%c3%a9", Mount::Root);
    }

    #[test]
    fn paths_are_taken_apart() {
        use Mount::{CinchySso, CinchySsoCore, Idp, Root};
        for (path, expected, mount) in [
            ("/", "/", Root),
            ("/identity/connect/token", "/connect/token", Root),
            ("/connect/token", "/connect/token", Root),
            (
                "/CinchySSO/Identity/Connect/Token",
                "/connect/token",
                CinchySso,
            ),
            (
                "/cinchyssocore/connect/token/",
                "/connect/token",
                CinchySsoCore,
            ),
            (
                "/idp/.well-known/openid-configuration/JWKS",
                "/.well-known/openid-configuration/jwks",
                Idp,
            ),
            ("/idp/healthcheck", "/idp/healthcheck", Idp),
            ("/healthcheck", "/healthcheck", Root),
            ("/api/HR/My%20Query", "/api/HR/My%20Query", Root),
            ("//API//HR/Q", "/api/HR/Q", Root),
            ("/Cinchy/API/ExecuteCQL", "/api/executecql", Root),
            ("/cinchy", "/cinchy", Root),
            ("/API/v1.0/HR/Q", "/api/v1.0/HR/Q", Root),
            (
                "/API/V1.0/Secrets-Manager/Secret",
                "/api/v1.0/secrets-manager/secret",
                Root,
            ),
            (
                "/API/Files/V1.0/HR/Employees/5/Photo",
                "/api/files/v1.0/HR/Employees/5/Photo",
                Root,
            ),
            ("/BasicAuthAPI/HR/Q", "/basicauthapi/HR/Q", Root),
            ("/Account/GetGroups", "/account/getgroups", Root),
            // A saved query may live in a domain named like a mount.
            ("/idp/API/HR/Q", "/idp/api/hr/q", Root),
        ] {
            check(path, "", expected, mount);
        }
        // `/Cinchy` is the web server's: no mount of the identity server stands below it, so this is no route.
        check(
            "/Tools/Cinchy/idp/connect/token",
            "/tools",
            "/idp/connect/token",
            Root,
        );
        check("/Tools/idp/connect/token", "/tools", "/connect/token", Idp);
        check("/idp/connect/token", "/tools", "/connect/token", Idp);
    }

    #[test]
    fn an_instance_is_named_by_path() {
        let route = route("/i/Suite-1/API/HR/Q", "");
        assert_eq!(
            (route.path.as_str(), route.instance.as_deref()),
            ("/api/HR/Q", Some("suite-1"))
        );
    }
}
