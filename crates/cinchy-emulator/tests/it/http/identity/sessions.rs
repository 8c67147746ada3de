//! Sessions of a browser: how they begin, how they end, the chooser, another password, the console's sign-in.

use crate::support::ask::as_admin;
use crate::support::backends::start_each;
use crate::support::browser::{
    Browser, code_request, exchange, implicit_request, location, parameters, refresh, with_clients,
};

async fn is_signed_in(browser: &mut Browser) -> bool {
    let back = location(&browser.get(&implicit_request("&prompt=none")).await);
    !back.contains("error=login_required")
}

/// Sessions: no fixation.
#[tokio::test]
async fn a_login_has_a_new_id_and_ends_the_one_before() {
    for on in start_each(with_clients()).await {
        let mut browser = Browser::new(&on.emulator);
        // What somebody planted is not taken over.
        let planted = "planted-by-somebody-else-planted-by-somebody";
        browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        let name = browser
            .cookies
            .keys()
            .find(|name| name.starts_with("idsrv.") && !name.contains("session"))
            .unwrap()
            .clone();
        browser.cookies.insert(name.clone(), planted.to_owned());
        browser
            .sign_in(&code_request("&prompt=login"), "browse", "browse-pw-1")
            .await;
        let first = browser.cookies.clone();
        assert_ne!(first[&name], planted);
        browser
            .sign_in(&code_request("&prompt=login"), "browse", "browse-pw-1")
            .await;
        assert_ne!(browser.cookies[&name], first[&name]);
        assert!(is_signed_in(&mut browser).await);
        browser.cookies = first;
        assert!(!is_signed_in(&mut browser).await, "{}", on.name);
    }
}

#[tokio::test]
async fn cookies_are_for_the_server_and_for_this_database() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let login = location(&browser.get(&code_request("")).await);
    let answer = browser
        .submit(
            &login,
            "/account/login",
            &[("username", "browse"), ("password", "browse-pw-1")],
        )
        .await;
    let sets: Vec<&str> = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|v| v.to_str().unwrap())
        .collect();
    assert_eq!(sets.len(), 2, "{sets:?}");
    for set in sets {
        assert!(
            set.contains("; Path=/;") && set.contains("; SameSite=Lax"),
            "{set}"
        );
        assert!(
            !set.contains("Secure") && !set.contains("Max-Age") && !set.contains("Expires"),
            "{set}"
        );
        assert_eq!(
            set.contains("HttpOnly"),
            !set.starts_with("idsrv.session."),
            "{set}"
        );
    }
    let other = with_clients().start().await.unwrap();
    let mut there = Browser::new(&other);
    there.get("/account/login").await;
    assert!(
        there
            .cookies
            .keys()
            .all(|name| !browser.cookies.contains_key(name))
    );
    // Behind https, a page of another site may frame the silent refresh.
    let public = with_clients().option(|serve| {
        serve.public_url = Some("https://team.example.test".to_owned());
        serve.base_path = Some("/tools".to_owned());
    });
    let public = public.start().await.unwrap();
    let mut browser = Browser::new(&public);
    let answer = browser.get("/account/login").await;
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(
        set.ends_with("; Path=/tools; HttpOnly; Secure; SameSite=None"),
        "{set}"
    );
}

#[tokio::test]
async fn another_password_or_a_disabled_account_ends_sessions_and_refresh_tokens() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let mut browser = Browser::new(emulator);
        for change in [
            "UPDATE t SET t.[Password] = 'browse-pw-2' FROM [Cinchy].[Users] t WHERE t.[Username] = 'browse'",
            "UPDATE t SET t.[Is Disabled] = 1 FROM [Cinchy].[Users] t WHERE t.[Username] = 'browse'",
        ] {
            let password = if change.contains("Disabled") {
                "browse-pw-2"
            } else {
                "browse-pw-1"
            };
            let back = browser
                .sign_in(&code_request("&prompt=login"), "browse", password)
                .await;
            let tokens = exchange(emulator, &parameters(&back)["code"]).await.1;
            assert!(is_signed_in(&mut browser).await);
            as_admin(emulator, change).await;
            assert!(!is_signed_in(&mut browser).await, "{}: {change}", on.name);
            let (status, _) = refresh(emulator, tokens["refresh_token"].as_str().unwrap()).await;
            assert_eq!(status, 400, "{}: {change}", on.name);
        }
        // A name that changes does not.
        let back = browser
            .sign_in(&code_request(""), "forget", "forget-pw-1")
            .await;
        assert!(back.contains("code="));
        as_admin(emulator, "UPDATE t SET t.[First Name] = 'Fay' FROM [Cinchy].[Users] t WHERE t.[Username] = 'forget'").await;
        assert!(is_signed_in(&mut browser).await, "{}", on.name);
        emulator.reset().await.unwrap();
        assert!(
            !is_signed_in(&mut browser).await,
            "a reset ends sessions, {}",
            on.name
        );
    }
}

#[tokio::test]
async fn one_click_signs_in_unless_the_emulator_is_faithful() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let login = location(&browser.get(&code_request("")).await);
    let body = browser.get(&login).await.text().await.unwrap();
    let id = body
        .split("name=\"user\" value=\"")
        .find(|part| part.contains(">browse<"))
        .unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    for hidden in [">service<", "Anonymous"] {
        assert!(!body.contains(hidden), "{hidden}");
    }
    let answer = browser
        .submit(&login, "/account/login", &[("user", &id)])
        .await;
    let back = location(&browser.get(&location(&answer)).await);
    assert!(back.contains("code="), "{back}");
    for (fail, text) in [
        ("password", "Invalid username or password"),
        ("locked", "is locked"),
        ("expired", "has expired"),
    ] {
        let answer = browser
            .submit(&login, "/account/login", &[("fail", fail)])
            .await;
        let body = answer.text().await.unwrap();
        assert!(
            body.contains(text) && body.contains("role=\"alert\""),
            "{fail}"
        );
    }
    // Whoever reaches it under another name may be led there by a page of somebody else.
    let page = emulator
        .http()
        .get(format!("{}/account/login", emulator.url()))
        .header("host", "rebound.example");
    assert!(
        !page
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("one click")
    );

    let faithful = with_clients()
        .option(|serve| serve.faithful = true)
        .start()
        .await
        .unwrap();
    let mut browser = Browser::new(&faithful);
    let login = location(&browser.get(&code_request("")).await);
    let body = browser.get(&login).await.text().await.unwrap();
    assert!(!body.contains("one click") && !body.contains("name=\"user\""));
    let answer = browser
        .submit(&login, "/account/login", &[("user", &id)])
        .await;
    assert_eq!(answer.status(), 200, "the login page again");
}

#[tokio::test]
async fn a_person_changes_the_password_within_the_policy() {
    for on in start_each(with_clients()).await {
        let mut browser = Browser::new(&on.emulator);
        browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        let change = async |browser: &mut Browser, present: &str, new: &str, again: &str| {
            let fields = [
                ("username", "browse"),
                ("password", present),
                ("newPassword", new),
                ("confirmPassword", again),
            ];
            // The last of two fields with one name counts for nothing, so the page's own are given here.
            browser
                .submit(
                    "/account/changepassword?returnUrl=/next",
                    "/account/changepassword",
                    &fields,
                )
                .await
        };
        for (present, new, again, text) in [
            (
                "wrong",
                "another-1-x",
                "another-1-x",
                "Invalid username or password",
            ),
            (
                "browse-pw-1",
                "another-1-x",
                "another-2-x",
                "two new passwords differ",
            ),
            ("browse-pw-1", "short-1", "short-1", "at least 8 characters"),
            ("browse-pw-1", "nosymbol1", "nosymbol1", "have a symbol"),
            ("browse-pw-1", "no-number", "no-number", "have a number"),
            (
                "browse-pw-1",
                "browse-pw-1",
                "browse-pw-1",
                "is the present one",
            ),
        ] {
            let answer = change(&mut browser, present, new, again).await;
            let body = answer.text().await.unwrap();
            assert!(body.contains(text), "{text}, {}", on.name);
        }
        assert!(is_signed_in(&mut browser).await);
        let before = browser.cookies.clone();
        let answer = change(&mut browser, "browse-pw-1", "another-1-x", "another-1-x").await;
        assert_eq!(location(&answer), "/next", "{}", on.name);
        assert!(
            is_signed_in(&mut browser).await,
            "the browser that changed it stays signed in"
        );
        browser.cookies = before;
        assert!(
            !is_signed_in(&mut browser).await,
            "others are not, {}",
            on.name
        );
        assert!(
            on.emulator
                .login("app", "app-secret", "browse", "browse-pw-1")
                .await
                .is_err()
        );
        on.emulator
            .login("app", "app-secret", "browse", "another-1-x")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn under_faithful_the_first_login_asks_for_another_password() {
    let emulator = with_clients()
        .option(|serve| serve.faithful = true)
        .start()
        .await
        .unwrap();
    let mut browser = Browser::new(&emulator);
    let login = location(&browser.get(&code_request("")).await);
    let fields = [("username", "browse"), ("password", "browse-pw-1")];
    let body = browser
        .submit(&login, "/account/login", &fields)
        .await
        .text()
        .await
        .unwrap();
    assert!(body.contains("The password has expired"), "{body}");
    let page = body
        .split("<a href=\"")
        .find(|part| part.contains("Choose a new password"))
        .unwrap();
    let page = page
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    let fields = [
        ("username", "browse"),
        ("password", "browse-pw-1"),
        ("newPassword", "another-1-x"),
        ("confirmPassword", "another-1-x"),
    ];
    let answer = browser
        .submit(&page, "/account/changepassword", &fields)
        .await;
    let back = location(&browser.get(&location(&answer)).await);
    assert!(back.contains("code="), "{back}");
    let back = browser
        .sign_in(&code_request("&prompt=login"), "browse", "another-1-x")
        .await;
    assert!(back.contains("code="), "{back}");
    // Too old: refused at the token endpoint as any password, asked for at the login page.
    emulator
        .login("app", "app-secret", "browse", "another-1-x")
        .await
        .unwrap();
    let cql = "UPDATE t SET t.[Password Expiration Timestamp] = '2020-01-01' FROM [Cinchy].[Users] t WHERE t.[Username] = 'browse'";
    as_admin(&emulator, cql).await;
    let refused = emulator
        .login("app", "app-secret", "browse", "another-1-x")
        .await;
    assert!(refused.unwrap_err().to_string().contains("invalid_grant"));
    let fields = [("username", "browse"), ("password", "another-1-x")];
    let answer = browser.submit(&login, "/account/login", &fields).await;
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("The password has expired")
    );
}

/// Without an expiry a password that its user chose is good for ever, also under `--faithful`.
#[tokio::test]
async fn under_faithful_a_password_without_expiry_is_chosen_once() {
    let builder = with_clients()
        .seed_text("settings: { passwordExpiryDays: 0 }")
        .option(|serve| serve.faithful = true);
    for on in start_each(builder).await {
        let mut browser = Browser::new(&on.emulator);
        let fields = [
            ("username", "browse"),
            ("password", "browse-pw-1"),
            ("newPassword", "another-1-x"),
            ("confirmPassword", "another-1-x"),
        ];
        let answer = browser
            .submit(
                "/account/changepassword",
                "/account/changepassword",
                &fields,
            )
            .await;
        assert_eq!(answer.status(), 302, "{}", on.name);
        let back = browser
            .sign_in(&code_request("&prompt=login"), "browse", "another-1-x")
            .await;
        assert!(back.contains("code="), "{}: {back}", on.name);
        on.emulator
            .login("app", "app-secret", "browse", "another-1-x")
            .await
            .unwrap();
    }
}

/// A form of a session is good in that session only, whoever sets the cookie beside it.
#[tokio::test]
async fn anti_forgery_tokens_are_bound_to_the_session() {
    let emulator = with_clients().start().await.unwrap();
    let mut attacker = Browser::new(&emulator);
    attacker
        .sign_in(&code_request(""), "forget", "forget-pw-1")
        .await;
    let body = attacker.get("/account/logout").await.text().await.unwrap();
    let token = crate::support::browser::hidden(&body)
        .into_iter()
        .find(|(name, _)| name == "__RequestVerificationToken")
        .unwrap()
        .1;
    let planted = attacker
        .cookies
        .iter()
        .find(|(name, _)| name.starts_with("cinchy.antiforgery."))
        .map(|(name, value)| (name.clone(), value.clone()))
        .unwrap();
    let mut victim = Browser::new(&emulator);
    victim
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    victim.cookies.insert(planted.0, planted.1);
    for page in ["/account/logout", "/account/changepassword", "/device"] {
        let answer = victim
            .post(page, &[("__RequestVerificationToken", &token)])
            .await;
        assert_eq!(answer.status(), 400, "{page}");
    }
    assert!(is_signed_in(&mut victim).await);
    // One's own is good.
    victim
        .submit("/account/logout", "/account/logout", &[])
        .await;
    assert!(!is_signed_in(&mut victim).await);
}

/// The built-in client of the console: a code with PKCE, which nobody but the process itself can redeem.
#[tokio::test]
async fn the_consoles_client_is_built_in() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let redirect = format!("{}/admin/signin", emulator.url())
        .replace(':', "%3A")
        .replace('/', "%2F");
    let path = format!(
        "/connect/authorize?response_type=code&client_id=cinchy-console&redirect_uri={redirect}&scope=openid&state=s"
    );
    // Without a challenge there is no code for a client without a secret.
    let page = location(&browser.get(&path).await);
    assert!(page.starts_with("/home/error"), "{page}");
    let path = format!(
        "{path}&code_challenge={}&code_challenge_method=S256",
        crate::support::browser::challenge()
    );
    let back = browser.sign_in(&path, "browse", "browse-pw-1").await;
    assert!(
        back.starts_with(&format!("{}/admin/signin?code=", emulator.url())),
        "{back}"
    );
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "cinchy-console"),
        ("code", &*parameters(&back)["code"]),
        ("redirect_uri", &*format!("{}/admin/signin", emulator.url())),
        ("code_verifier", crate::support::browser::VERIFIER),
    ];
    let (status, answer) = crate::support::browser::token(&emulator, &form).await;
    assert_eq!(
        (status, answer),
        (400, serde_json::json!({"error": "invalid_client"}))
    );
}
