//! The `Authorization` header.

use cinchy_auth::credential::{BearerPlaceholder, MalformedCredential};
use cinchy_auth::{Credential, PlainSecret};

fn basic(username: &str, password: &str) -> Result<Credential, MalformedCredential> {
    Ok(Credential::Basic {
        username: username.into(),
        password: PlainSecret::from(password),
    })
}

fn bearer(token: &str) -> Result<Credential, MalformedCredential> {
    Ok(Credential::Bearer(PlainSecret::from(token)))
}

#[test]
fn headers_are_read() {
    use BearerPlaceholder::{Empty, Null, Undefined};
    use MalformedCredential::*;

    let cases: &[(&[u8], Result<Credential, MalformedCredential>)] = &[
        (b"", Ok(Credential::None)),
        (b"   ", Ok(Credential::None)),
        (b"Basic YW5uOnNlY3JldA==", basic("ann", "secret")),
        (b"bAsIc   YW5uOnNlY3JldA==  ", basic("ann", "secret")),
        (b"Basic YW5uOnNlY3JldA", basic("ann", "secret")),
        (b"Basic YTpiOmM=", basic("a", "b:c")),
        (b"Basic Og==", basic("", "")),
        (b"Basic w6k6w6k=", basic("é", "é")),
        // A percent escape is not decoded here; only client ids and secrets are form-encoded.
        (b"Basic YSUyMDpi", basic("a%20", "b")),
        (b"Basic 6Tpw", Err(NotUtf8)),
        (b"Basic YW5u", Err(NoColon)),
        (b"Basic", Err(NoColon)),
        (b"Basic ann:secret", Err(NotBase64)),
        (b"Bearer a.b.c", bearer("a.b.c")),
        (b"BEARER\tpat_x", bearer("pat_x")),
        (b"Bearer null", Ok(Credential::Placeholder(Null))),
        (b"bearer undefined", Ok(Credential::Placeholder(Undefined))),
        (b"Bearer", Ok(Credential::Placeholder(Empty))),
        (b"Bearer  ", Ok(Credential::Placeholder(Empty))),
        // Only the two JavaScript spellings are placeholders.
        (b"Bearer NULL", bearer("NULL")),
        (b"Bearer a b", Err(BlankInToken)),
        (b"Bearer \xff\xfe", Err(NotText)),
        (b"Bearer a\0b", Err(NotText)),
        (b"Negotiate abc", Err(UnknownScheme)),
        (b"abc", Err(UnknownScheme)),
    ];
    for (header, expect) in cases {
        let shown = String::from_utf8_lossy(header);
        assert_eq!(Credential::parse(Some(header)), *expect, "{shown}");
    }
    assert_eq!(Credential::parse(None), Ok(Credential::None));
}
