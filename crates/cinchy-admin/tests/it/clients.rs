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
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/clients/1?done=secret#secret")
    );
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
