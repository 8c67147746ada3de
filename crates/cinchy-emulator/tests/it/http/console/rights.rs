//! What the console shows and gives away only to those who have the right.

use std::fmt::Write as _;

use cinchy_testkit::SeedMode;

use super::{administrator, checked, id_of, page, plain, send, signed_in};
use crate::support::backends::{OnBackend, start, start_on_each};

/// A table with odd column names, a unique column and many others.
fn wide() -> String {
    let mut seed = String::from(
        "tables:\n  - domain: Odd\n    name: Wide\n    columns:\n      - { name: Paid FROM Bank, type: Text, unique: true }\n",
    );
    for number in 1..70 {
        writeln!(seed, "      - {{ name: c{number}, type: Text }}").unwrap();
    }
    seed.push_str(
        "    entitlements:\n      - { groups: [Managers], viewAll: true, addRows: true }\n      - { users: [bob], viewAll: true, exportData: true }\n",
    );
    seed
}

#[tokio::test]
async fn the_text_of_a_query_is_for_those_who_design_it() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let id = id_of(emulator, "/admin/queries", "Employees").await;
        let path = format!("/admin/queries/{id}");
        let part = "WHERE";
        let mut admin = administrator(emulator).await;
        assert!(page(&mut admin, &path, 200).await.contains(part), "{name}");
        let mut eve = signed_in(emulator, "eve", "eve-demo-1").await;
        let shown = page(&mut eve, &path, 200).await;
        assert!(
            !shown.contains(part) && shown.contains("You may run this query"),
            "{name}: {shown}"
        );
        let fields = [("cql", "SELECT [Salary] FROM [HR].[Employees]")];
        let ran = send(&mut eve, &shown, "/admin/queries/run", "", &fields).await;
        let ran = ran.expect_err("the page again, with the result");
        assert!(
            ran.contains("rows") && ran.contains("HR.Employees"),
            "{name}: {ran}"
        );
        assert!(
            !ran.contains(part) && !ran.contains("Salary</"),
            "{name}: {ran}"
        );
    }
}

#[tokio::test]
async fn a_file_needs_the_right_to_export() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        emulator.seed(&wide(), SeedMode::Merge).await.unwrap();
        let id = id_of(emulator, "/admin/tables", "Wide").await;
        let (path, grid) = (
            format!("/admin/tables/{id}/export"),
            format!("/admin/tables/{id}"),
        );
        for (user, password, may) in [
            ("ann", "ann-demo-1", false),
            ("bob", "bob-demo-1", true),
            ("admin", "cinchy", true),
        ] {
            let mut browser = signed_in(emulator, user, password).await;
            let shown = page(&mut browser, &grid, 200).await;
            assert_eq!(shown.contains("Export CSV"), may, "{name}: {user}");
            let answer = browser
                .get(&format!("{path}?col=Paid%20FROM%20Bank&col=c1"))
                .await;
            checked(&answer, if may { 200 } else { 403 });
            let text = answer.text().await.unwrap();
            if may {
                assert_eq!(text, "Cinchy Id,Paid FROM Bank,c1\r\n", "{name}: {user}");
            } else {
                assert!(text.contains("Export Data"), "{name}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn five_tokens_are_five_however_they_are_asked_for() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut ann = signed_in(emulator, "ann", "ann-demo-1").await;
        let path = "/admin/settings/tokens";
        let shown = page(&mut ann, path, 200).await;
        let token = shown.split("name=\"form_token\" value=\"").nth(1).unwrap();
        let token = token.split('"').next().unwrap();
        let expires = shown
            .split("max=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let cookies: Vec<String> = ann
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        // Each says something else: one form sent often is one form.
        let names: Vec<String> = (0..12).map(|n| format!("one of many {n}")).collect();
        let sent = names.iter().map(|name| {
            let fields = [
                ("form_token", token),
                ("name", name.as_str()),
                ("expires", expires),
            ];
            let request = emulator.http().post(format!("{}{path}", emulator.url()));
            request
                .header("cookie", cookies.join("; "))
                .form(&fields)
                .send()
        });
        for answer in futures_util::future::join_all(sent).await {
            assert_eq!(answer.unwrap().status(), 200, "{name}");
        }
        let shown = page(&mut ann, path, 200).await;
        let kept = |name: &&String| shown.contains(&format!("{name}</"));
        assert_eq!(names.iter().filter(kept).count(), 5, "{name}: {shown}");
    }
}

#[tokio::test]
async fn many_rows_are_pasted_whole_or_not_at_all() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        emulator.seed(&wide(), SeedMode::Merge).await.unwrap();
        let id = id_of(emulator, "/admin/tables", "Wide").await;
        let path = format!("/admin/tables/{id}/paste");
        let heads: Vec<String> = std::iter::once("Paid FROM Bank".to_owned())
            .chain((1..70).map(|n| format!("c{n}")))
            .collect();
        // The last row repeats the first, or not.
        let rows = |count: usize, last: &str| {
            let mut text = heads.join("\t");
            for row in 1..=count {
                let first = match row == count {
                    true => last.to_owned(),
                    false => format!("r{row}"),
                };
                write!(text, "\n{first}{}", "\tx".repeat(69)).unwrap();
            }
            text
        };
        let mut admin = administrator(emulator).await;
        let shown = page(&mut admin, &path, 200).await;
        // Several statements, and then more values than one statement of SQLite could hold.
        for (count, last, is_added) in [(40, "r1", false), (480, "r480", true)] {
            let text = rows(count, last);
            let fields = [("rows", text.as_str()), ("add", "1")];
            let done = send(&mut admin, &shown, &path, "rows", &fields).await;
            match done {
                Ok(to) => assert!(is_added && to.contains("done=added"), "{name}: {to}"),
                Err(page) => assert!(
                    !is_added && plain(&page).contains("Nothing was added"),
                    "{name}: {}",
                    &page[..page.len().min(2000)]
                ),
            }
            let grid = page(&mut admin, &format!("/admin/tables/{id}?col=c1"), 200).await;
            assert_eq!(grid.contains("of 480"), is_added, "{name}: {last}");
            assert_eq!(grid.contains("No rows"), !is_added, "{name}: {last}");
        }
    }
}

#[tokio::test]
async fn the_word_from_in_a_filter_does_not_cut_a_file() {
    let emulator = start().await;
    let id = id_of(&emulator, "/admin/tables", "Employees").await;
    let mut admin = administrator(&emulator).await;
    let answer = admin
        .get(&format!(
            "/admin/tables/{id}/export?q=%20FROM%20&col=First%20Name"
        ))
        .await;
    assert_eq!(answer.text().await.unwrap(), "Cinchy Id,First Name\r\n");
}

#[tokio::test]
async fn a_client_may_have_every_scope() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut admin = administrator(emulator).await;
        let form = page(&mut admin, "/admin/clients/new", 200).await;
        let scopes: Vec<&str> = form
            .split("name=\"scopes\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert_eq!(scopes.len(), 7, "{name}: {scopes:?}");
        let mut fields = vec![
            ("client_id", "every-scope"),
            ("grants", "Client Credentials"),
        ];
        fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
        let done = send(&mut admin, &form, "/admin/clients", "client_id", &fields).await;
        assert!(done.is_ok_and(|to| to.contains("done=made")), "{name}");
    }
}
