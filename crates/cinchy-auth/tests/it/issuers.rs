//! Building issuers and accepting them.

use cinchy_auth::issuer::{IssuerDefect, Reached};
use cinchy_auth::{IssuerRule, Mount};

#[test]
fn issuers_are_built() {
    use Mount::{CinchySso, CinchySsoCore, Idp, Root};
    use Reached::{ByHost, ByPath};
    for (public_url, base, instance, origin, reached, mount, expect) in [
        (
            None,
            "",
            None,
            "http://localhost:8081",
            ByPath,
            Root,
            "http://localhost:8081",
        ),
        (
            None,
            "",
            None,
            "HTTP://LocalHost:8081/",
            ByPath,
            CinchySso,
            "http://localhost:8081/cinchysso",
        ),
        (
            None,
            "/",
            None,
            "http://localhost:8081",
            ByPath,
            Idp,
            "http://localhost:8081/idp",
        ),
        (
            None,
            "/Cinchy/",
            None,
            "http://h",
            ByPath,
            CinchySsoCore,
            "http://h/cinchy/cinchyssocore",
        ),
        (
            None,
            "",
            Some("Team-1"),
            "http://h",
            ByPath,
            Root,
            "http://h/i/team-1",
        ),
        (
            None,
            "",
            Some("team-1"),
            "http://h",
            ByPath,
            Idp,
            "http://h/i/team-1/idp",
        ),
        (
            None,
            "",
            Some("team-1"),
            "http://team-1.localhost:1",
            ByHost,
            Idp,
            "http://team-1.localhost:1/idp",
        ),
        (
            Some("https://Cinchy.Example/"),
            "",
            None,
            "http://evil",
            ByPath,
            CinchySso,
            "https://cinchy.example/cinchysso",
        ),
        (
            Some("https://h/x"),
            "b",
            Some("n"),
            "http://evil",
            ByPath,
            Root,
            "https://h/x/b/i/n",
        ),
    ] {
        let rule = IssuerRule::new(public_url, base, instance).unwrap();
        let issuer = rule.issuer(origin, reached, mount);
        assert_eq!(issuer.as_str(), expect);
        assert_eq!(rule.accepts(issuer.as_str()), Ok(()), "{expect}");
    }
}

#[test]
fn issuers_are_accepted_by_path() {
    use IssuerDefect::{NotOurForm, Origin, Path};
    let any = IssuerRule::new(None, "", None).unwrap();
    let named = IssuerRule::new(None, "", Some("n")).unwrap();
    let based = IssuerRule::new(None, "/cinchy", None).unwrap();
    let public = IssuerRule::new(Some("https://h"), "", None).unwrap();
    for (rule, issuer, expect) in [
        (&any, "http://localhost:8081", Ok(())),
        (&any, "https://elsewhere/cinchysso", Ok(())),
        (&any, "http://localhost:8081/", Err(NotOurForm)),
        (&any, "http://Localhost:8081", Err(NotOurForm)),
        (&any, "localhost", Err(NotOurForm)),
        (&any, "http://", Err(NotOurForm)),
        (&any, "", Err(NotOurForm)),
        (&any, "ftp://h", Err(NotOurForm)),
        (&any, "http://h/identity", Err(Path)),
        (&any, "http://h/cinchysso/identity", Err(Path)),
        (&any, "http://h/cinchyssox", Err(Path)),
        (&any, "http://h/idp/idp", Err(Path)),
        (&any, "http://h/i/n", Err(Path)),
        (&named, "http://h/i/n", Ok(())),
        (&named, "http://h/i/n/idp", Ok(())),
        (&named, "http://n.localhost/idp", Ok(())),
        (&named, "http://h/i/nn", Err(Path)),
        (&named, "http://h/i/m/idp", Err(Path)),
        (&based, "http://h/cinchy", Ok(())),
        (&based, "http://h/cinchy/idp", Ok(())),
        (&based, "http://h/idp", Ok(())),
        (&based, "http://h/other/idp", Err(Path)),
        (&public, "https://h", Ok(())),
        (&public, "https://h/idp", Ok(())),
        (&public, "http://h", Err(Origin)),
        (&public, "https://h.evil", Err(Origin)),
        (&public, "https://h:444/idp", Err(Origin)),
    ] {
        assert_eq!(rule.accepts(issuer), expect, "{issuer} {rule:?}");
    }
    let below = IssuerRule::new(Some("https://h/x"), "", None).unwrap();
    assert_eq!(below.accepts("https://h/x/idp"), Ok(()));
    assert_eq!(below.accepts("https://h/idp"), Err(Path));
    assert_eq!(below.accepts("https://h/xidp"), Err(Path));
}

#[test]
fn public_urls_are_checked() {
    for url in [
        "",
        "localhost",
        "ftp://h",
        "https://",
        "https://h?x",
        "https://h#x",
        "https://u@h",
        "https://h h",
    ] {
        assert!(IssuerRule::new(Some(url), "", None).is_err(), "{url}");
    }
}
