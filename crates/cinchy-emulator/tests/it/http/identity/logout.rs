//! Logout: with a hint straight back to the app, without one by a click, and never to an address that nobody registered.

use crate::support::backends::start_each;
use crate::support::browser::{
    Browser, code_request, exchange, implicit_request, location, parameters, with_clients,
};

#[tokio::test]
async fn an_app_ends_the_session_and_gets_its_user_back() {
    for on in start_each(with_clients()).await {
        let mut browser = Browser::new(&on.emulator);
        let back = browser
            .sign_in(&implicit_request(""), "browse", "browse-pw-1")
            .await;
        let hint = parameters(&back)["id_token"].clone();
        let cookies = browser.cookies.clone();
        let path = format!(
            "/connect/endsession?id_token_hint={hint}&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A4200%2Fbye&state=a%20b"
        );
        let page = location(&browser.get(&path).await);
        assert!(page.starts_with("/account/logout?logoutId="), "{page}");
        let answer = browser.get(&page).await;
        assert_eq!(
            location(&answer),
            "http://localhost:4200/bye?state=a%20b",
            "{}",
            on.name
        );
        assert!(
            browser
                .cookies
                .keys()
                .all(|name| !name.starts_with("idsrv"))
        );
        // The old cookies are worth nothing any more.
        browser.cookies = cookies;
        let silent = location(&browser.get(&implicit_request("&prompt=none")).await);
        assert!(
            silent.contains("error=login_required"),
            "{}: {silent}",
            on.name
        );
        // Once more, with nobody signed in: the app gets its user back all the same.
        let page = location(&browser.get(&path).await);
        assert_eq!(
            location(&browser.get(&page).await),
            "http://localhost:4200/bye?state=a%20b"
        );
    }
}

#[tokio::test]
async fn without_a_valid_hint_it_takes_a_click_and_leads_nowhere() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let back = browser
        .sign_in(&implicit_request(""), "browse", "browse-pw-1")
        .await;
    let hint = parameters(&back)["id_token"].clone();
    let access = parameters(&back)["access_token"].clone();
    let mut other = Browser::new(&emulator);
    let theirs = other
        .sign_in(&implicit_request(""), "forget", "forget-pw-1")
        .await;
    let theirs = parameters(&theirs)["id_token"].clone();
    let bye = "post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A4200%2Fbye";
    for query in [
        String::new(),
        bye.to_owned(),
        format!("id_token_hint=nonsense&{bye}"),
        format!("id_token_hint={access}&{bye}"),
        format!("id_token_hint={theirs}&{bye}"),
        format!("id_token_hint={hint}&post_logout_redirect_uri=http%3A%2F%2Fevil.example%2F"),
        format!(
            "id_token_hint={hint}&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A4200%2Fbye%2F"
        ),
        format!("id_token_hint={hint}&post_logout_redirect_uri=%2F%2Fevil.example"),
    ] {
        let page = location(&browser.get(&format!("/connect/endsession?{query}")).await);
        assert_eq!(page, "/account/logout", "{query}");
        let answer = browser.get(&page).await;
        assert_eq!(answer.status(), 200, "{query}");
        let body = answer.text().await.unwrap();
        assert!(body.contains("Do you want to log out?"), "{query}");
    }
    // A logoutId that somebody else made is none.
    let body = browser
        .get("/account/logout?logoutId=eyJ4Ijoi.AAAA")
        .await
        .text()
        .await
        .unwrap();
    assert!(body.contains("Do you want to log out?"));
    // Still signed in; then the click, with the page's token and not without.
    assert_eq!(browser.post("/account/logout", &[]).await.status(), 400);
    let silent = location(&browser.get(&implicit_request("&prompt=none")).await);
    assert!(silent.contains("id_token="), "{silent}");
    let answer = browser
        .submit("/account/logout", "/account/logout", &[])
        .await;
    assert!(answer.text().await.unwrap().contains("You are logged out"));
    let silent = location(&browser.get(&implicit_request("&prompt=none")).await);
    assert!(silent.contains("error=login_required"), "{silent}");
}

#[tokio::test]
async fn the_only_registered_address_needs_not_be_named() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let back = browser
        .sign_in(&implicit_request(""), "browse", "browse-pw-1")
        .await;
    let hint = parameters(&back)["id_token"].clone();
    let page = location(
        &browser
            .get(&format!("/connect/endsession?id_token_hint={hint}"))
            .await,
    );
    assert_eq!(
        location(&browser.get(&page).await),
        "http://localhost:4200/bye"
    );
    // Of two, none is chosen.
    let back = browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    let answer = exchange(&emulator, &parameters(&back)["code"]).await.1;
    let hint = answer["id_token"].as_str().unwrap();
    let page = location(
        &browser
            .get(&format!("/connect/endsession?id_token_hint={hint}"))
            .await,
    );
    let body = browser.get(&page).await.text().await.unwrap();
    assert!(body.contains("You are logged out"), "{body}");
}

/// A code that was issued in a session is worth nothing when the session has ended.
#[tokio::test]
async fn a_code_ends_with_its_session() {
    for on in start_each(with_clients()).await {
        let mut browser = Browser::new(&on.emulator);
        let back = browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        browser
            .submit("/account/logout", "/account/logout", &[])
            .await;
        let (status, answer) = exchange(&on.emulator, &parameters(&back)["code"]).await;
        assert_eq!(
            (status, answer),
            (400, serde_json::json!({"error": "invalid_grant"})),
            "{}",
            on.name
        );
    }
}

/// A browser that has lost the identity server's cookie logs out of the console all the same.
#[tokio::test]
async fn the_console_alone_is_logged_out_too() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let authorize = location(&browser.get("/admin").await);
    let authorize = authorize.replace(emulator.url(), "");
    let back = browser.sign_in(&authorize, "browse", "browse-pw-1").await;
    let console = location(&browser.get(&back).await);
    assert_eq!(browser.get(&console).await.status(), 200);
    browser.cookies.retain(|name, _| !name.starts_with("idsrv"));
    let cookies = browser.cookies.clone();
    let body = browser.get("/account/logout").await.text().await.unwrap();
    assert!(body.contains("Do you want to log out?"), "{body}");
    let answer = browser
        .submit("/account/logout", "/account/logout", &[])
        .await;
    assert!(answer.text().await.unwrap().contains("You are logged out"));
    browser.cookies = cookies;
    let answer = browser.get(&console).await;
    assert_eq!(
        answer.status(),
        302,
        "the console's cookie is worth nothing"
    );
}

/// The address of a logout is good for a moment only.
#[tokio::test]
async fn a_logout_cannot_be_used_later() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let back = browser
        .sign_in(&implicit_request(""), "browse", "browse-pw-1")
        .await;
    let hint = parameters(&back)["id_token"].clone();
    let path = format!(
        "/connect/endsession?id_token_hint={hint}&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A4200%2Fbye"
    );
    let page = location(&browser.get(&path).await);
    emulator.clock().advance("6m").await.unwrap();
    let body = browser.get(&page).await.text().await.unwrap();
    assert!(body.contains("Do you want to log out?"), "{body}");
}
