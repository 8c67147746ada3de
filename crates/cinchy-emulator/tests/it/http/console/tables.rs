//! The design of a table: columns that the language has no statement for.

use cinchy_testkit::Emulator;

use super::{administrator, page, plain, send, signed_in};
use crate::support::backends::{OnBackend, start_on_each};

/// Runs CQL as the administrator; the answer as CSV.
async fn cql(emulator: &Emulator, text: &str) -> String {
    let token = emulator.token("app", "admin").lifetime("1h").await.unwrap();
    let url = format!("{}/API/ExecuteCQL", emulator.url());
    let form = [("Query", text), ("ResultFormat", "CSV")];
    let answer = emulator
        .http()
        .post(url)
        .bearer_auth(token)
        .form(&form)
        .send()
        .await
        .unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn choices_links_and_calculated_columns() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut admin = administrator(emulator).await;
        let list = page(&mut admin, "/admin/tables?q=Skills", 200).await;
        let at = list.find(">Skills</a>").expect("the table");
        let link = list[..at]
            .rsplit("href=\"")
            .next()
            .unwrap()
            .trim_end_matches('"');
        let path = format!("{link}/design");
        let shown = page(&mut admin, &path, 200).await;
        let columns: &[&[(&str, &str)]] = &[
            &[
                ("name", "Mood"),
                ("kind", "Choice"),
                ("options", "Good\nBad, very\n"),
            ],
            &[
                ("name", "Tags"),
                ("kind", "Choice"),
                ("options", "a\nb, c"),
                ("multi", "on"),
            ],
            &[
                ("name", "Owner"),
                ("kind", "Link"),
                ("target", "hr.employees"),
                ("shown", "full name"),
            ],
            &[
                ("name", "Used In"),
                ("kind", "Link"),
                ("target", "HR.Departments"),
                ("multi", "on"),
            ],
            &[
                ("name", "Loud"),
                ("kind", "Calculated"),
                ("expression", "UPPER([Name])"),
                ("result", "Text"),
            ],
        ];
        for fields in columns {
            let done = send(&mut admin, &shown, &path, "kind", fields).await;
            let to = done.unwrap_or_else(|page| panic!("{name}: {fields:?}: {page}"));
            let after = page(&mut admin, &to, 200).await;
            assert!(
                after.contains(&format!("<th scope=\"row\">{}</th>", fields[0].1)),
                "{name}: {after}"
            );
        }
        let wrong: &[(&[(&str, &str)], &str)] = &[
            (
                &[("name", "mood"), ("kind", "Choice"), ("options", "x")],
                "already",
            ),
            (&[("name", "X"), ("kind", "Choice")], "at least one option"),
            (
                &[("name", "X"), ("kind", "Choice"), ("options", "a\nA")],
                "twice",
            ),
            (
                &[("name", "X"), ("kind", "Link"), ("target", "HR.<Nothing>")],
                "no table “HR.<Nothing>”",
            ),
            (
                &[
                    ("name", "X"),
                    ("kind", "Link"),
                    ("target", "HR.Skills"),
                    ("shown", "None"),
                ],
                "no column",
            ),
            (
                &[("name", "X"), ("kind", "Calculated")],
                "needs an expression",
            ),
            (
                &[
                    ("name", "X"),
                    ("kind", "Calculated"),
                    ("expression", "[None] + 1"),
                ],
                "None",
            ),
            (
                &[
                    ("name", "X"),
                    ("kind", "Calculated"),
                    ("expression", "1 AS [a], 2"),
                ],
                "",
            ),
            (
                &[("name", "X.Y"), ("kind", "Choice"), ("options", "a")],
                "without dots",
            ),
        ];
        for (fields, expected) in wrong {
            let done = send(&mut admin, &shown, &path, "kind", fields).await;
            let page = done.expect_err("the page says what is wrong");
            assert!(
                page.contains("role=\"alert\"") && plain(&page).contains(expected),
                "{name}: {fields:?}: {page}"
            );
            assert!(
                !page.contains("<th scope=\"row\">X</th>"),
                "{name}: {fields:?}"
            );
        }
        cql(
            emulator,
            "UPDATE [HR].[Skills] SET [Mood] = 'Bad, very', [Tags] = '\"b, c\", a', [Owner] = 1, [Used In] = '2,0,1,0' WHERE [Cinchy Id] = 1",
        )
        .await;
        let found = cql(
            emulator,
            "SELECT [Mood], [Owner], [Used In], CASE WHEN [Loud] = UPPER([Name]) THEN 'yes' END AS [same] FROM [HR].[Skills] WHERE [Cinchy Id] = 1",
        )
        .await;
        let row = found.lines().nth(1).unwrap_or_default();
        assert!(
            row.starts_with("\"Bad, very\",") && row.ends_with(",\"yes\""),
            "{name}: {found}"
        );
        assert_eq!(
            row.matches(',').count(),
            5,
            "{name}: two departments: {found}"
        );
        // A version keeps the list of the one before.
        cql(
            emulator,
            "UPDATE [HR].[Skills] SET [Used In] = '1,0' WHERE [Cinchy Id] = 1",
        )
        .await;
        let row = page(&mut admin, &format!("{link}/rows/1/history"), 200).await;
        assert!(row.contains("Bad, very"), "{name}: {row}");
        // The seed of it makes the same table.
        let seed = emulator.export().await.unwrap();
        emulator
            .seed(&seed, cinchy_testkit::SeedMode::Replace)
            .await
            .unwrap();
        assert!(
            cql(
                emulator,
                "SELECT [Mood] FROM [HR].[Skills] WHERE [Cinchy Id] = 1"
            )
            .await
            .contains("Bad, very"),
            "{name}"
        );
        let mut ann = signed_in(emulator, "ann", "ann-demo-1").await;
        let token = page(&mut ann, "/admin/settings/tokens", 200).await;
        let token = token
            .split("name=\"form_token\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let fields = [
            ("form_token", token.as_str()),
            ("name", "Y"),
            ("kind", "Choice"),
            ("options", "a"),
        ];
        assert_eq!(ann.post(&path, &fields).await.status(), 403, "{name}");
    }
}

#[tokio::test]
async fn a_cell_is_changed_in_place_and_a_link_looked_at() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut ann = signed_in(emulator, "ann", "ann-demo-1").await;
        let list = page(&mut ann, "/admin/tables?q=Employees", 200).await;
        let at = list.find(">Employees</a>").expect("the table");
        let link = list[..at]
            .rsplit("href=\"")
            .next()
            .unwrap()
            .trim_end_matches('"')
            .to_owned();
        let grid = page(&mut ann, &link, 200).await;
        let token = grid
            .split("data-token=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let column = grid
            .split("data-edit=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let cell = format!("{link}/rows/1/cell");
        let ask = |value: &'static str, column: &str, token: &str| {
            [
                ("form_token", token.to_owned()),
                ("column", column.to_owned()),
                ("value", value.to_owned()),
            ]
        };
        for (value, status, expected) in [
            ("<b>Anna</b>", 200, "{\"text\":\"<b>Anna</b>\"}"),
            ("", 200, "must not be empty"),
        ] {
            let fields = ask(value, &column, &token);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let answer = ann.post(&cell, &fields).await;
            assert_eq!(answer.status(), status, "{name}: {value}");
            assert!(
                answer.headers()["content-type"]
                    .to_str()
                    .unwrap()
                    .starts_with("application/json")
            );
            let text = answer.text().await.unwrap();
            assert!(text.contains(expected), "{name}: {value}: {text}");
        }
        for (column, token) in [
            (column.as_str(), "forged"),
            ("1", token.as_str()),
            ("x", token.as_str()),
        ] {
            let fields = ask("y", column, token);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            assert_eq!(
                ann.post(&cell, &fields).await.status(),
                403,
                "{name}: {column}"
            );
        }
        let peek = page(&mut ann, &format!("{link}/rows/1/peek"), 200).await;
        assert!(
            peek.contains("&#60;b&#62;Anna") && !peek.contains("<html"),
            "{name}: {peek}"
        );
        // Who sees three columns sees three of them here too.
        let mut eve = signed_in(emulator, "eve", "eve-demo-1").await;
        let peek = page(&mut eve, &format!("{link}/rows/1/peek"), 200).await;
        assert!(
            peek.contains("First Name") && !peek.contains("Salary"),
            "{name}: {peek}"
        );
        assert!(
            !page(&mut eve, &link, 200).await.contains("data-edit"),
            "{name}"
        );
        page(&mut eve, &format!("{link}/rows/9999/peek"), 404).await;
    }
}
