//! The emulator's own page: what it orders is what the control API would.

use cinchy_emulator::config::Serve;
use serde_json::Value;

use super::{administrator, page, plain, send, signed_in};
use crate::support::ask::json_at;
use crate::support::backends::{OnBackend, builder, start, start_each, start_on_each};
use crate::support::browser::Browser;

const HOME: &str = "/admin/emulator";

/// Sends the form with this button or field, and looks at the page that it leads to.
async fn order(
    browser: &mut Browser,
    action: &str,
    within: &str,
    fields: &[(&str, &str)],
) -> String {
    let before = page(browser, HOME, 200).await;
    let done = send(browser, &before, action, within, fields).await;
    let to = done.unwrap_or_else(|page| panic!("{within}: {page}"));
    page(browser, &to, 200).await
}

#[tokio::test]
async fn the_clock() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut admin = administrator(emulator).await;
        let action = "/admin/emulator/clock";
        let stand = [("act", "freeze"), ("freeze", "2031-05-06T07:08:09Z")];
        // The session is as old as the clock says.
        let shown = order(
            &mut admin,
            action,
            "Stop there",
            &[("act", "advance"), ("advance", "1h")],
        )
        .await;
        assert!(shown.contains("runs, moved"), "{name}");
        let before = page(&mut admin, HOME, 200).await;
        let done = send(&mut admin, &before, action, "Stop there", &stand).await;
        assert!(done.is_ok(), "{name}: {done:?}");
        let told = json_at(emulator, "/_emulator/clock").await;
        assert_eq!(
            (&told["mode"], &told["now"]),
            (&"frozen".into(), &"2031-05-06T07:08:09.000Z".into()),
            "{name}"
        );
        // Four years later nobody is signed in.
        let mut admin = administrator(emulator).await;
        let shown = page(&mut admin, HOME, 200).await;
        assert!(
            shown.contains("2031-05-06 07:08:09") && shown.contains("stands still"),
            "{name}"
        );
        for (field, value) in [
            ("advance", "soon"),
            ("advance", ""),
            ("freeze", "yesterday"),
        ] {
            let fields = [("act", field), (field, value)];
            let wrong = send(&mut admin, &shown, action, "Stop there", &fields).await;
            let wrong = wrong.expect_err("the page says what is wrong");
            assert!(
                plain(&wrong).contains("write it as in"),
                "{name}: {field} {value}: {wrong}"
            );
        }
        let far = [("act", "freeze"), ("freeze", "9999-01-01")];
        let wrong = send(&mut admin, &shown, action, "Stop there", &far).await;
        assert!(wrong.is_err_and(|page| page.contains("9900")), "{name}");
        let back = send(&mut admin, &shown, action, "Stop there", &[("act", "real")]).await;
        assert!(back.is_ok());
        assert_eq!(
            json_at(emulator, "/_emulator/clock").await["mode"],
            "real",
            "{name}"
        );
    }
}

#[tokio::test]
async fn faults() {
    let emulator = start().await;
    let mut admin = administrator(&emulator).await;
    let action = "/admin/emulator/faults";
    let preset = [
        ("act", "preset"),
        ("preset", "401-once"),
        ("path", "/API/HR/<b>*"),
    ];
    let shown = order(&mut admin, action, "Arm it", &preset).await;
    assert!(
        shown.contains("/API/HR/&#60;b&#62;*") && shown.contains("once more"),
        "{shown}"
    );
    let json = r#"{"name": "mine & yours", "times": null, "effect": {"status": 503}}"#;
    order(
        &mut admin,
        action,
        "Arm it",
        &[("act", "json"), ("json", json)],
    )
    .await;
    let told = json_at(&emulator, "/_emulator/faults").await;
    let names: Vec<&str> = told["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["401-once", "mine & yours"]);
    let shown = page(&mut admin, HOME, 200).await;
    for wrong in [
        "",
        "{",
        r#"{"effect": {}}"#,
        r#"{"effect": "none-such"}"#,
        r#"{"name": "a/b", "effect": {"status": 500}}"#,
    ] {
        let done = send(
            &mut admin,
            &shown,
            action,
            "Arm it",
            &[("act", "json"), ("json", wrong)],
        )
        .await;
        assert!(
            done.is_err_and(|page| page.contains("role=\"alert\"")),
            "{wrong}"
        );
    }
    let one = [("act", "delete"), ("name", "mine & yours")];
    order(&mut admin, action, "mine &#38; yours", &one).await;
    assert_eq!(
        json_at(&emulator, "/_emulator/faults").await["faults"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    order(&mut admin, action, "Delete all", &[("act", "clear")]).await;
    assert_eq!(
        json_at(&emulator, "/_emulator/faults").await["faults"],
        Value::Array(Vec::new())
    );
}

#[tokio::test]
async fn snapshots_keys_and_the_reset() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut admin = administrator(emulator).await;
        let shown = order(&mut admin, HOME, "Take it", &[("name", "before")]).await;
        assert!(shown.contains("The snapshot is taken"), "{name}");
        let before = page(&mut admin, HOME, 200).await;
        let wrong = send(&mut admin, &before, HOME, "Take it", &[("name", "no/name")]).await;
        assert!(
            wrong.is_err_and(|page| page.contains("Call a snapshot")),
            "{name}"
        );
        let seed = "users: [{ username: newcomer, password: newcomer-pw-1 }]";
        emulator
            .seed(seed, cinchy_testkit::SeedMode::Merge)
            .await
            .unwrap();
        let diff = page(&mut admin, "/admin/emulator/diff?from=before", 200).await;
        assert!(
            diff.contains("newcomer") && diff.contains("1 added"),
            "{name}: {diff}"
        );
        page(&mut admin, "/admin/emulator/diff?from=none", 404).await;
        let asked = page(
            &mut admin,
            "/admin/emulator/confirm?act=restore&name=before",
            200,
        )
        .await;
        let done = send(&mut admin, &asked, HOME, "before", &[]).await.unwrap();
        page(&mut admin, &done, 200).await;
        let users = page(&mut admin, "/admin/users?q=newcomer", 200).await;
        assert!(users.contains("Nobody matches"), "{name}: {users}");
        let key =
            json_at(emulator, "/.well-known/openid-configuration/jwks").await["keys"][0]["kid"]
                .clone();
        let shown = order(&mut admin, HOME, "Rotate", &[]).await;
        assert!(
            shown.contains("Still listed") && shown.contains(key.as_str().unwrap()),
            "{name}"
        );
        order(&mut admin, HOME, "\"before\"", &[("act", "delete")]).await;
        let again = page(&mut admin, HOME, 200).await;
        assert!(!again.contains("from=before"), "{name}");
        let asked = page(&mut admin, "/admin/emulator/confirm?act=reset", 200).await;
        let done = send(&mut admin, &asked, HOME, "reset", &[]).await.unwrap();
        assert_eq!(
            admin.get(&done).await.status(),
            302,
            "{name}: everybody is signed out"
        );
    }
}

#[tokio::test]
async fn instances() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut admin = administrator(emulator).await;
        let shown = order(&mut admin, HOME, "Make it", &[("name", "Suite-1")]).await;
        assert!(shown.contains("/i/suite-1/admin\""), "{name}: {shown}");
        for bad in ["suite-1", "no_name", "default", ""] {
            let wrong = send(&mut admin, &shown, HOME, "Make it", &[("name", bad)]).await;
            assert!(
                wrong.is_err_and(|page| page.contains("Nothing was changed")),
                "{name}: {bad}"
            );
        }
        let asked = page(
            &mut admin,
            "/admin/emulator/confirm?act=drop&name=suite-1",
            200,
        )
        .await;
        send(&mut admin, &asked, HOME, "suite-1", &[])
            .await
            .unwrap();
        let listed = json_at(emulator, "/_emulator/instances").await;
        assert_eq!(listed["instances"], Value::Array(Vec::new()), "{name}");
        let gone = send(&mut admin, &asked, HOME, "suite-1", &[]).await;
        assert!(gone.is_err_and(|page| page.contains("any more")), "{name}");
    }
}

#[tokio::test]
async fn who_may_not_use_the_control_api_may_not_use_the_page() {
    let no_control = |serve: &mut Serve| serve.no_control = true;
    for OnBackend { emulator, .. } in &start_each(builder().option(no_control)).await {
        let mut admin = administrator(emulator).await;
        for path in [
            HOME,
            "/admin/emulator/confirm?act=reset",
            "/admin/emulator/diff?from=a",
        ] {
            let refused = page(&mut admin, path, 403).await;
            assert!(refused.contains("--no-control"), "{path}: {refused}");
        }
        let token = form_token(&mut admin).await;
        for (action, act) in [
            (HOME, "reset"),
            (HOME, "rotate"),
            ("/admin/emulator/clock", "freeze"),
            ("/admin/emulator/faults", "clear"),
        ] {
            let refused = admin
                .post(action, &[("form_token", &token), ("act", act)])
                .await;
            assert_eq!(refused.status(), 403, "{action} {act}");
        }
    }
    let emulator = start().await;
    let mut ann = signed_in(&emulator, "ann", "ann-demo-1").await;
    let refused = page(&mut ann, HOME, 403).await;
    assert!(refused.contains("Cinchy Administrators"), "{refused}");
    let token = form_token(&mut ann).await;
    let refused = ann
        .post(HOME, &[("form_token", &token), ("act", "reset")])
        .await;
    assert_eq!(refused.status(), 403);
}

/// The token of the visitor's forms.
async fn form_token(browser: &mut Browser) -> String {
    let shown = page(browser, "/admin/settings/tokens", 200).await;
    let rest = shown
        .split("name=\"form_token\" value=\"")
        .nth(1)
        .expect("a form");
    rest.split('"').next().unwrap().to_owned()
}
