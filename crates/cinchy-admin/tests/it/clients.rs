//! Integrated Clients: what a form makes of them, and what it refuses.

use actix_web::test::TestRequest;
use cinchy_web::ControlAccess;

use super::{between, get, platform, post, send};

const HOSTILE: &str = "<script>alert(1)</script>'\"&";

#[actix_web::test]
async fn a_client_is_registered_changed_deleted_and_brought_back() {
    let open = platform(ControlAccess::Off, "");
    let (_, _, empty) = send(&open, get("/admin/clients")).await;
    assert!(empty.contains("No client yet"), "{empty}");
    let fields = [
        ("client_id", "my-app"),
        ("name", HOSTILE),
        ("grants", "Implicit"),
        ("grants", "Resource Owner Password"),
        (
            "login_urls",
            "http://localhost:4200/\r\nhttp://localhost:4200/silent.html",
        ),
        ("scopes", "js_api"),
        ("scopes", "OpenId"),
        ("lifetime", "90"),
        ("enabled", "on"),
    ];
    let (status, to, _) = post(&open, "/admin/clients/new", "/admin/clients", &fields).await;
    assert_eq!((status, to.as_str()), (303, "/admin/clients/1?done=made"));
    let (status, headers, page) = send(&open, get(&to)).await;
    assert_eq!(status, 200);
    let policy = headers
        .get("content-security-policy")
        .unwrap()
        .to_str()
        .unwrap();
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!page.contains("<script>alert"), "{page}");
    let secret = between(&page, "id=\"secret-value\">", "<").to_owned();
    assert_eq!(secret.len(), 36, "{secret}");
    assert!(
        page.contains("http://localhost:4200/\nhttp://localhost:4200/silent.html"),
        "{page}"
    );
    for snippet in [
        "requests.post(",
        "CinchyConfig",
        "Csv.Document",
        "new URLSearchParams",
        "HttpClient",
        "curl -s",
    ] {
        assert!(page.contains(snippet), "{snippet}");
    }
    assert!(
        page.matches(&secret).count() > 5,
        "the snippets have the real secret"
    );

    // Another one may not have its id, and nothing typed is lost.
    let (status, _, page) = post(&open, "/admin/clients/new", "/admin/clients", &fields).await;
    assert_eq!(status, 200);
    assert!(page.contains("Another client has the id my-app."), "{page}");
    assert!(page.contains("value=\"90\""));
    // A copy gets an id of its own.
    let (_, _, copy) = send(&open, get("/admin/clients/1/duplicate")).await;
    assert!(copy.contains("value=\"my-app-copy\""), "{copy}");

    let (_, _, list) = send(
        &open,
        get("/admin/clients?q=SILENT&grant=Implicit&state=enabled&sort=-name"),
    )
    .await;
    assert!(
        list.contains(">my-app</a>") && list.contains("aria-sort=\"descending\""),
        "{list}"
    );
    let (_, _, list) = send(&open, get("/admin/clients?scope=Email")).await;
    assert!(list.contains("Nothing matches"), "{list}");

    let (status, to, _) = post(
        &open,
        "/admin/clients/1/secret",
        "/admin/clients/1/secret",
        &[],
    )
    .await;
    assert_eq!((status, to.as_str()), (303, "/admin/clients/1?done=secret"));
    let (_, _, page) = send(&open, get("/admin/clients/1")).await;
    assert_ne!(between(&page, "id=\"secret-value\">", "<"), secret);

    let (_, to, _) = post(&open, "/admin/clients/1", "/admin/clients/1/switch", &[]).await;
    assert!(to.starts_with("/admin/clients?done=disabled&row=1"), "{to}");
    let (_, _, list) = send(&open, get("/admin/clients?state=disabled")).await;
    assert!(list.contains(">my-app</a>"));
    let (_, _, page) = send(&open, get("/admin/clients/1/evaluate")).await;
    assert!(page.contains("The client is disabled"), "{page}");

    let (_, to, _) = post(&open, "/admin/clients/1", "/admin/clients/1/delete", &[]).await;
    let (_, _, list) = send(&open, get(&to)).await;
    assert!(
        list.contains("Undo") && list.contains("No client yet"),
        "{list}"
    );
    assert_eq!(send(&open, get("/admin/clients/1")).await.0, 404);
    let (status, to, _) = post(&open, &to, "/admin/clients/1/restore", &[]).await;
    assert_eq!(status, 303);
    assert!(to.starts_with("/admin/clients?done=restored"), "{to}");
    assert_eq!(send(&open, get("/admin/clients/1")).await.0, 200);
}

#[actix_web::test]
async fn a_token_is_evaluated_and_minted() {
    let open = platform(ControlAccess::Off, "");
    let fields = [
        ("client_id", "my-app"),
        ("grants", "Resource Owner Password"),
        ("scopes", "js_api"),
        ("scopes", "OpenId"),
        ("enabled", "on"),
    ];
    post(&open, "/admin/clients/new", "/admin/clients", &fields).await;
    let (_, _, page) = send(&open, get("/admin/clients/1/evaluate?user=1&scope=js_api")).await;
    assert!(
        page.contains("Valid for 1 h") && page.contains("my-app"),
        "{page}"
    );
    assert!(
        !page.contains("id=\"minted\""),
        "nothing is minted by looking"
    );
    let wanted = [("user", "1"), ("scope", "js_api")];
    let (_, _, page) = post(
        &open,
        "/admin/clients/1/evaluate",
        "/admin/clients/1/evaluate",
        &wanted,
    )
    .await;
    let token = between(
        &page,
        "id=\"minted\" aria-labelledby=\"minted-title\">",
        "</textarea>",
    );
    assert!(
        !token.contains('<') && token.matches('.').count() == 2,
        "{token}"
    );
    let (_, _, page) = send(&open, get("/admin/clients/1/evaluate?user=1")).await;
    assert!(page.contains("Tick at least one scope"), "{page}");
}

#[actix_web::test]
async fn forms_of_others_change_nothing() {
    let open = platform(ControlAccess::Off, "");
    let fields = [
        ("client_id", "x"),
        ("grants", "Saml2"),
        ("scopes", "js_api"),
    ];
    for token in ["", "0000000000000000000000000000000000000000"] {
        let mut fields = fields.to_vec();
        fields.push(("form_token", token));
        let request = TestRequest::post()
            .uri("/admin/clients")
            .insert_header((super::WHO, "admin"))
            .set_form(fields);
        let (status, _, page) = send(&open, request).await;
        assert_eq!(status, 403);
        assert!(page.contains("Nothing was changed"), "{page}");
    }
    assert_eq!(send(&open, get("/admin/clients/1")).await.0, 404);
    for path in ["/admin/clients/99", "/admin/users/99", "/admin/groups/99"] {
        assert_eq!(send(&open, get(path)).await.0, 404, "{path}");
    }
}

#[actix_web::test]
async fn what_was_typed_outlives_the_session() {
    let open = platform(ControlAccess::Off, "");
    let fields = [
        ("client_id", "x"),
        ("name", "\"<b>&"),
        ("form_token", "of a session that is over"),
    ];
    let sent = |from: &'static [(&'static str, &'static str)]| {
        let form = TestRequest::post().uri("/admin/clients").set_form(fields);
        from.iter().fold(form, |form, header| {
            form.insert_header((header.0, header.1))
        })
    };
    let own: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];
    let plain: &[(&str, &str)] = &[("origin", "http://localhost:8081")];
    let others: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "cross-site")],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "http://localhost:8081"),
        ],
        &[("origin", "http://evil.example")],
        &[],
    ];
    let kept = "name=\"name\" value=\"&#34;&#60;b&#62;&#38;\"";
    for from in [own, plain] {
        let (status, _, page) = send(&open, sent(from)).await;
        assert_eq!(status, 401);
        assert!(
            page.contains(kept) && page.contains("another tab"),
            "{page}"
        );
        assert!(!page.contains("form_token"), "{page}");

        // Signed in again: the person is asked, and the form has a token that works.
        let (status, _, page) = send(&open, sent(from).insert_header((super::WHO, "admin"))).await;
        assert_eq!(status, 403);
        assert!(page.contains(kept), "{page}");
        let token = between(&page, "name=\"form_token\" value=\"", "\"");
        assert_ne!(token, "of a session that is over");
    }
    // What others send is not shown, and nothing of it can be sent on.
    for from in others {
        for who in [None, Some("admin")] {
            let form = sent(from);
            let form = match who {
                Some(who) => form.insert_header((super::WHO, who)),
                None => form,
            };
            let (_, _, page) = send(&open, form).await;
            assert!(!page.contains(kept), "{from:?} {page}");
        }
    }
    assert_eq!(send(&open, get("/admin/clients/1")).await.0, 404);
}

#[actix_web::test]
async fn a_form_that_is_too_long_is_told_by_a_page() {
    let open = platform(ControlAccess::Off, "");
    let long = "x".repeat(1_500_000);
    let request = TestRequest::post()
        .uri("/admin/clients")
        .insert_header((super::WHO, "admin"))
        .set_form([("client_id", long)]);
    let (status, headers, page) = send(&open, request).await;
    assert_eq!(status, 413);
    assert!(headers.contains_key("content-security-policy"));
    assert!(page.contains("go back and make it shorter"), "{page}");
    let fields = [
        ("client_id", "x"),
        ("name", &"n".repeat(501)),
        ("grants", "Saml2"),
        ("scopes", "js_api"),
    ];
    let (status, _, page) = post(&open, "/admin/clients/new", "/admin/clients", &fields).await;
    assert_eq!(status, 400);
    assert!(page.contains("at most 500 characters"), "{page}");
}
