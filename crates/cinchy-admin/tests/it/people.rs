//! Users, groups, personal access tokens, and looking at the data as somebody else.

use actix_web::test::TestRequest;
use cinchy_web::ControlAccess;

use super::{between, get, platform, post, send, send_form, token_on};

const ANN: &[(&str, &str)] = &[
    ("username", "ann"),
    ("method", "Cinchy User Account"),
    ("first", "Ann"),
    ("last", "O'Hara <b>"),
    ("password", "ann-demo-1"),
];

#[actix_web::test]
async fn a_user_is_made_and_what_others_may_do_is_little() {
    let open = platform(ControlAccess::Off, "");
    let (status, to, page) = post(&open, "/admin/users/new", "/admin/users", ANN).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(to, "/admin/users/2?done=made");
    let (_, _, page) = send(&open, get(&to)).await;
    assert!(
        page.contains("All Users") && !page.contains("<b>"),
        "{page}"
    );
    let (status, _, page) = post(
        &open,
        "/admin/users/new",
        "/admin/users",
        &[("username", "ANN")],
    )
    .await;
    assert_eq!(status, 200);
    assert!(page.contains("Somebody has the name ANN already"), "{page}");

    let ann = |path: &str| {
        TestRequest::get()
            .uri(path)
            .insert_header((super::WHO, "ann"))
    };
    for (path, status) in [
        ("/admin", 200),
        ("/admin/users", 200),
        ("/admin/clients", 403),
        ("/admin/clients/new", 403),
        ("/admin/users/new", 403),
        ("/admin/settings/tokens", 200),
        ("/admin/health", 200),
        ("/admin/fidelity", 200),
        ("/admin/fidelity/cql", 200),
        ("/admin/fidelity/saml", 200),
        ("/admin/fidelity/other", 404),
        ("/admin/nothing/here", 404),
    ] {
        let (found, _, page) = send(&open, ann(path)).await;
        assert_eq!(found, status, "{path}\n{page}");
        let said = match status {
            403 => "Cinchy Administrators",
            404 => "no page at this address",
            _ => "</html>",
        };
        assert!(page.contains(said), "{page}");
    }

    let (_, to, _) = post(&open, "/admin/users/2", "/admin/users/2/switch", &[]).await;
    assert_eq!(to, "/admin/users/2?done=disabled");
    assert_eq!(send(&open, ann("/admin")).await.0, 302);
    post(&open, "/admin/users/2", "/admin/users/2/switch", &[]).await;
    post(
        &open,
        "/admin/users/2",
        "/admin/users/2/password",
        &[("password", "other-1")],
    )
    .await;
    assert_eq!(send(&open, ann("/admin")).await.0, 302);
    let (status, _, page) = post(&open, "/admin/users/1", "/admin/users/1/switch", &[]).await;
    assert_eq!(status, 403);
    assert!(page.contains("disable yourself"), "{page}");
}

#[actix_web::test]
async fn a_name_may_hold_what_stands_between_names() {
    let open = platform(ControlAccess::Off, "");
    for name in ["ann", "Lee, Bo", "Lee", "x;y, z"] {
        let user = [
            ("username", name),
            ("method", "Cinchy User Account"),
            ("password", "a-demo-1"),
        ];
        let (status, _, page) = post(&open, "/admin/users/new", "/admin/users", &user).await;
        assert_eq!(status, 303, "{name}: {page}");
    }
    for (group, typed, members) in [
        (3, "lee, bo", vec!["Lee, Bo"]),
        (4, "Lee; ann", vec!["Lee", "ann"]),
        (
            5,
            " ann ,Lee, Bo;x;y, z\nann",
            vec!["ann", "Lee, Bo", "x;y, z"],
        ),
    ] {
        let name = format!("Group {group}");
        let form = [("name", name.as_str()), ("added", typed)];
        let (status, to, page) = post(&open, "/admin/groups/new", "/admin/groups", &form).await;
        assert_eq!(
            (status, to.as_str()),
            (303, format!("/admin/groups/{group}?done=made").as_str()),
            "{page}"
        );
        let (_, _, page) = send(&open, get(&to)).await;
        let boxes = page.matches("name=\"users\"").count();
        assert_eq!(boxes, members.len(), "{typed}: {page}");
        for name in members {
            assert!(
                page.contains(&format!("<span>{name} ({name})</span>")),
                "{typed}: {page}"
            );
        }
    }
    let form = [("name", "none"), ("added", "ann, bo, Lee")];
    let (_, _, page) = post(&open, "/admin/groups/new", "/admin/groups", &form).await;
    assert!(page.contains("Nobody is called bo."), "{page}");
}

#[actix_web::test]
async fn groups_hold_users_and_groups() {
    let open = platform(ControlAccess::Off, "");
    post(&open, "/admin/users/new", "/admin/users", ANN).await;
    let managers = [("name", "Managers"), ("added", "ann")];
    let (status, to, page) = post(&open, "/admin/groups/new", "/admin/groups", &managers).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/groups/3?done=made"),
        "{page}"
    );
    let staff = [("name", "Staff"), ("groups", "3")];
    let (_, to, _) = post(&open, "/admin/groups/new", "/admin/groups", &staff).await;
    let (_, _, page) = send(&open, get(&to)).await;
    assert!(page.contains("In this group through another one"), "{page}");
    let (_, _, page) = send(&open, get("/admin/users/2")).await;
    assert!(
        page.contains(">Staff</a>") && page.contains(">Managers</a>"),
        "{page}"
    );
    let (status, _, page) = post(
        &open,
        "/admin/groups/3",
        "/admin/groups/3",
        &[("name", "Managers"), ("added", "nobody")],
    )
    .await;
    assert_eq!(status, 200);
    assert!(page.contains("Nobody is called nobody"), "{page}");
    let (_, _, page) = post(
        &open,
        "/admin/groups/1",
        "/admin/groups/1",
        &[("name", "x")],
    )
    .await;
    assert!(page.contains("take yourself out"), "{page}");
    let (_, to, _) = post(&open, "/admin/groups/4", "/admin/groups/4/delete", &[]).await;
    let (status, to, _) = post(&open, &to, "/admin/groups/4/restore", &[]).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/groups?done=restored&name=Staff")
    );
}

#[actix_web::test]
async fn a_form_that_is_sent_twice_is_carried_out_once() {
    let open = platform(ControlAccess::Off, "");
    let (new, groups) = ("/admin/groups/new", "/admin/groups");
    let path = "/admin/settings/tokens";
    let (_, _, page) = send(&open, get(path)).await;
    let day = between(&page, "type=\"date\" value=\"", "\"").to_owned();
    let fields = [("name", "laptop"), ("expires", day.as_str())];
    let token = token_on(&open, path).await;
    // At once, as a double click sends it, and a moment later.
    let both = [(); 2].map(|()| {
        let (open, token, day) = (open.clone(), token.clone(), day.clone());
        actix_web::rt::spawn(async move {
            let fields = [("name", "laptop"), ("expires", day.as_str())];
            send_form(&open, "/admin/settings/tokens", &fields, &token)
                .await
                .2
        })
    });
    let mut values = Vec::new();
    for page in both {
        values.push(between(&page.await.unwrap(), "id=\"fresh\">", "<").to_owned());
    }
    let (_, _, page) = send_form(&open, path, &fields, &token).await;
    values.push(between(&page, "id=\"fresh\">", "<").to_owned());
    values.dedup();
    assert_eq!(values.len(), 1, "one token, shown to all");
    let count = async || {
        let (_, _, page) = send(&open, get(path)).await;
        page.matches("/delete\"").count()
    };
    assert_eq!(count().await, 1);

    // What says the same on another page, or something else on this one, is meant.
    let again = token_on(&open, path).await;
    assert_ne!(again, token);
    send_form(&open, path, &fields, &again).await;
    let other = [("name", "desktop"), ("expires", day.as_str())];
    send_form(&open, path, &other, &again).await;
    assert_eq!(count().await, 3);

    // An answer that leads elsewhere is given again; one that complains is found anew.
    let token = token_on(&open, new).await;
    let first = send_form(&open, groups, &[("name", "Night shift")], &token).await;
    assert_eq!(first.0, 303, "{}", first.2);
    let second = send_form(&open, groups, &[("name", "Night shift")], &token).await;
    assert_eq!(second, first);
    let (_, _, page) = post(&open, new, groups, &[("name", "Night shift")]).await;
    assert!(
        page.contains("There is a group Night shift already"),
        "{page}"
    );
    // Nobody else is told.
    let stranger = TestRequest::post()
        .uri(groups)
        .insert_header((super::WHO, "admin"))
        .set_form([("name", "Night shift"), ("form_token", "guessed")]);
    assert_eq!(send(&open, stranger).await.0, 403);
}

#[actix_web::test]
async fn a_token_is_shown_once_and_works_until_it_is_deleted() {
    let open = platform(ControlAccess::Off, "");
    let fields = [("name", "laptop")];
    let path = "/admin/settings/tokens";
    for number in 1..=5 {
        let (_, _, page) = post(&open, path, path, &fields).await;
        assert!(page.contains("Write the day as"), "no day was given");
        let (_, _, page) = send(&open, get(path)).await;
        let day = between(&page, "type=\"date\" value=\"", "\"").to_owned();
        let (_, _, page) = post(&open, path, path, &[("name", "laptop"), ("expires", &day)]).await;
        let value = between(&page, "id=\"fresh\">", "<");
        assert!(value.starts_with("pat_"), "{number}: {value}");
        let (_, _, page) = send(&open, get(path)).await;
        assert!(!page.contains("pat_"), "{page}");
    }
    let (_, _, page) = send(&open, get(path)).await;
    assert!(
        page.contains("disabled aria-describedby=\"full\""),
        "{page}"
    );
    let (_, _, page) = post(
        &open,
        path,
        path,
        &[("name", "sixth"), ("expires", "2999-01-01")],
    )
    .await;
    assert!(page.contains("more are not allowed"), "{page}");
    let (status, to, _) = post(&open, path, "/admin/settings/tokens/1/delete", &[]).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/settings/tokens?done=deleted")
    );
    let (_, _, page) = post(
        &open,
        path,
        path,
        &[("name", "late"), ("expires", "2999-01-01")],
    )
    .await;
    assert!(page.contains("At most a year"), "{page}");
}

#[actix_web::test]
async fn an_administrator_looks_as_somebody_else_and_changes_nothing() {
    let open = platform(ControlAccess::Off, "");
    post(&open, "/admin/users/new", "/admin/users", ANN).await;
    let (_, _, page) = send(&open, get("/admin/users/2")).await;
    let token = between(&page, "name=\"form_token\" value=\"", "\"").to_owned();
    let form = |action: &str, fields: &[(&str, &str)]| {
        let mut fields = fields.to_vec();
        fields.push(("form_token", &token));
        TestRequest::post()
            .uri(action)
            .insert_header((super::WHO, "admin"))
            .set_form(fields)
    };
    let begin = form(
        "/admin/view-as",
        &[("user", "2"), ("back", "https://evil.example/")],
    );
    let (status, headers, _) = send(&open, begin).await;
    assert_eq!(
        (status, headers.get("location").unwrap().to_str().unwrap()),
        (303, "/admin")
    );
    let cookie = headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let (status, _, page) = send(
        &open,
        get("/admin/clients").insert_header(("cookie", cookie.clone())),
    )
    .await;
    assert_eq!(status, 403);
    assert!(page.contains("You see the data as"), "{page}");
    let (status, _, _) = send(
        &open,
        form("/admin/users/2/switch", &[]).insert_header(("cookie", cookie.clone())),
    )
    .await;
    assert_eq!(status, 409);
    let (status, headers, _) = send(
        &open,
        form("/admin/view-as", &[]).insert_header(("cookie", cookie)),
    )
    .await;
    assert_eq!(status, 303);
    assert!(
        headers
            .get("set-cookie")
            .unwrap()
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
}
