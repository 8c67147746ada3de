//! The design of a table: columns that the language has no statement for.

use cinchy_testkit::Emulator;

use super::{administrator, id_of, page, plain, send, signed_in};
use crate::support::backends::{OnBackend, start_on_each};

/// Fields of a form with their texts.
type Fields<'a> = &'a [(&'a str, &'a str)];

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
        let id = id_of(emulator, "/admin/tables", "Skills").await;
        let link = format!("/admin/tables/{id}");
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
                "must be unique",
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
                "X.Y",
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
async fn a_new_table_has_columns_of_every_type() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut admin = administrator(emulator).await;
        let form = page(&mut admin, "/admin/tables/new", 200).await;
        // In an order of one's own: what the language has no words for does not come last.
        let fields = [
            ("domain", "HR"),
            ("name", "Projects"),
            ("name0", "Lead"),
            ("kind0", "Link"),
            ("target0", "HR.Employees"),
            ("shown0", "Full Name"),
            ("name1", "Title"),
            ("kind1", "Text"),
            ("length1", "80"),
            ("mandatory1", "on"),
            ("unique1", "on"),
            ("name2", "State"),
            ("kind2", "Choice"),
            ("options2", "Planned\nDone"),
            ("name3", "Tags"),
            ("kind3", "Choice"),
            ("options3", "a\nb"),
            ("multi3", "on"),
            ("name4", "Needs"),
            ("kind4", "Link"),
            ("target4", "HR.Skills"),
            ("multi4", "on"),
            ("name5", "Loud"),
            ("kind5", "Calculated"),
            ("expression5", "UPPER([Title])"),
            ("result5", "Text"),
            ("name6", "Cost"),
            ("kind6", "Number"),
            ("name7", "Begin"),
            ("kind7", "Date"),
            ("name8", "Secret"),
            ("kind8", "Yes/No"),
            ("name9", "Plan"),
            ("kind9", "Binary"),
        ];
        let done = send(&mut admin, &form, "/admin/tables", "kind0", &fields).await;
        let to = done.unwrap_or_else(|page| panic!("{name}: {page}"));
        let link = to.split('?').next().unwrap();
        let design = page(&mut admin, &format!("{link}/design"), 200).await;
        let rows = design.split("<th scope=\"row\">").skip(1).map(|row| {
            let cells: Vec<&str> = row.split("</t").collect();
            let kind = cells[1].rsplit('>').next().unwrap();
            format!("{} {kind}", cells[0])
        });
        assert_eq!(
            rows.collect::<Vec<_>>().join(", "),
            "Lead Link, Title Text, State Choice, Tags Choice, Needs Link, Loud Calculated, Cost Number, Begin Date, \
             Secret Yes/No, Plan Binary",
            "{name}"
        );
        cql(
            emulator,
            "INSERT INTO [HR].[Projects] ([Lead], [Title], [State], [Tags], [Needs]) VALUES (2, 'x', 'Done', 'a, b', '1,0,2,0')",
        )
        .await;
        let found = cql(
            emulator,
            "SELECT [Lead], [Loud], [State], [Needs] FROM [HR].[Projects]",
        )
        .await;
        let row = found.lines().nth(1).unwrap_or_default();
        assert_eq!(
            row, "\"Bob Stone\",\"X\",\"Done\",\"Rust, SQL\"",
            "{name}: {found}"
        );

        // What is wrong with one of them makes none, and what was typed is still there.
        let wrong: &[(&str, Fields, &str)] = &[
            (
                "Bad",
                &[("name0", "A"), ("kind0", "Choice")],
                "at least one option",
            ),
            (
                "Bad",
                &[("name0", "A"), ("kind0", "Link"), ("target0", "HR.<b>")],
                "no table “HR.<b>”",
            ),
            (
                "Bad",
                &[
                    ("name0", "A"),
                    ("kind0", "Text"),
                    ("name9", "B"),
                    ("kind9", "Calculated"),
                    ("expression9", "[None]"),
                ],
                "None",
            ),
            (
                "Bad",
                &[
                    ("name0", "A"),
                    ("kind0", "Text"),
                    ("name1", "a"),
                    ("kind1", "Choice"),
                    ("options1", "x"),
                ],
                "a",
            ),
            (
                "Projects",
                &[("name0", "A"), ("kind0", "Choice"), ("options0", "x")],
                "Projects",
            ),
        ];
        for (table, fields, expected) in wrong {
            let all = [&[("domain", "HR"), ("name", table)], *fields].concat();
            let done = send(&mut admin, &form, "/admin/tables", "kind0", &all).await;
            let shown = done.expect_err("the page says what is wrong");
            let (_, said) = shown.split_once("role=\"alert\"").expect("an alert");
            let said = plain(said.split("</div>").next().unwrap());
            assert!(said.contains(expected), "{name}: {fields:?}: {said}");
            assert!(shown.contains("value=\"A\""), "{name}: {shown}");
        }
        let tables = page(&mut admin, "/admin/tables?q=HR.", 200).await;
        assert!(!tables.contains(">Bad</a>"), "{name}");
        // Who may not design tables makes none of any type.
        let mut eve = signed_in(emulator, "eve", "eve-demo-1").await;
        let own = page(&mut eve, "/admin/settings/tokens", 200).await;
        let token = own.split("name=\"form_token\" value=\"").nth(1).unwrap();
        let token = token.split('"').next().unwrap();
        let fields = [
            ("form_token", token),
            ("domain", "HR"),
            ("name", "Hers"),
            ("name0", "A"),
            ("kind0", "Choice"),
            ("options0", "x"),
        ];
        let answer = eve
            .post("/admin/tables", &fields)
            .await
            .text()
            .await
            .unwrap();
        assert!(
            answer.contains("You may not make tables"),
            "{name}: {answer}"
        );
        let tables = page(&mut admin, "/admin/tables?q=HR.", 200).await;
        assert!(!tables.contains(">Hers</a>"), "{name}");
    }
}

#[tokio::test]
async fn a_cell_is_changed_in_place_and_a_link_looked_at() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let mut ann = signed_in(emulator, "ann", "ann-demo-1").await;
        let id = id_of(emulator, "/admin/tables", "Employees").await;
        let link = format!("/admin/tables/{id}");
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
            (
                "<b>Anna</b>",
                200,
                "{\"text\":\"<b>Anna</b>\",\"link\":null}",
            ),
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
