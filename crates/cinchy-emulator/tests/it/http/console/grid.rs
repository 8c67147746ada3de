//! The rows of a table: the columns that somebody chose, what is found and counted, cells that are changed in place.

use std::fmt::Write as _;

use cinchy_testkit::SeedMode;
use serde_json::Value;

use super::{administrator, id_of, page, plain, send, signed_in};
use crate::support::backends::{OnBackend, start_on_each};
use crate::support::browser::Browser;

/// The headings of a grid.
fn headings(page: &str) -> Vec<String> {
    page.split("<a class=\"sort\" href=\"")
        .skip(1)
        .map(|rest| between(rest, ">", "</a>").to_owned())
        .collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no `{before}` in {text}"));
    rest.split_once(after).unwrap().0
}

#[tokio::test]
async fn the_chosen_columns_of_a_table_are_remembered() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let id = id_of(emulator, "/admin/tables", "Employees").await;
        let (grid, choose) = (
            format!("/admin/tables/{id}"),
            format!("/admin/tables/{id}/columns"),
        );
        let mut ann = signed_in(emulator, "ann", "ann-demo-1").await;
        let asked = format!("{grid}?deleted=1&sort=-Salary&page=1");
        let shown = page(&mut ann, &asked, 200).await;
        let usual = headings(&shown);
        assert!(usual.len() > 4, "{name}: {usual:?}");
        // A button of the page, as a browser without scripts sends it; what else was asked for stays.
        let ticked = [("col", "Modified"), ("col", "Salary"), ("col", "<None>")];
        let to = send(&mut ann, &shown, &choose, "back", &ticked).await;
        let to = to.expect("back to the rows");
        assert_eq!(
            to,
            format!("{grid}?deleted=1&sort=-Salary&done=columns"),
            "{name}"
        );
        let said = page(&mut ann, &to, 200).await;
        assert!(said.contains("are kept"), "{name}: {said}");
        let chosen = ["Cinchy Id", "Salary", "Modified"];
        assert_eq!(headings(&said), chosen, "{name}");

        // Another browser of theirs, and the addresses that say otherwise.
        let mut again = signed_in(emulator, "ann", "ann-demo-1").await;
        let shown = page(&mut again, &grid, 200).await;
        assert_eq!(headings(&shown), chosen, "{name}");
        assert!(!shown.contains("are kept"), "{name}");
        let named = page(&mut again, &format!("{grid}?col=First%20Name&q=a"), 200).await;
        assert_eq!(headings(&named), ["Cinchy Id", "First Name"], "{name}");
        assert!(
            named.contains("<input type=\"hidden\" name=\"col\" value=\"First Name\">"),
            "a search keeps the columns of the address: {name}: {named}"
        );
        // Others see what is usual, and what they may: a choice is no right.
        let mut bob = signed_in(emulator, "bob", "bob-demo-1").await;
        assert_eq!(headings(&page(&mut bob, &grid, 200).await), usual, "{name}");
        let mut eve = signed_in(emulator, "eve", "eve-demo-1").await;
        let shown = page(&mut eve, &grid, 200).await;
        let hers = headings(&shown);
        let done = send(&mut eve, &shown, &choose, "back", &[("col", "Salary")]).await;
        let shown = page(&mut eve, &done.expect("back to the rows"), 200).await;
        assert_eq!(headings(&shown), hers, "{name}");

        // The file has the same columns; a column that is gone is left out; all of them come back at a word.
        let mut admin = administrator(emulator).await;
        let shown = page(&mut admin, &grid, 200).await;
        let ticked = [("col", "First Name"), ("col", "Perks")];
        let done = send(&mut admin, &shown, &choose, "back", &ticked).await;
        assert!(done.is_ok(), "{name}");
        let file = admin
            .get(&format!("{grid}/export"))
            .await
            .text()
            .await
            .unwrap();
        assert!(
            file.starts_with("Cinchy Id,First Name,Perks\r\n"),
            "{name}: {file}"
        );
        let design = page(&mut admin, &format!("{grid}/design"), 200).await;
        let drop = between(&design, "Drop… the column Perks", "</details>");
        let drop = between(drop, "action=\"", "\"").to_owned();
        let dropped = send(&mut admin, &design, &drop, "", &[]).await;
        assert!(dropped.is_ok(), "{name}: {dropped:?}");
        let shown = page(&mut admin, &grid, 200).await;
        assert_eq!(headings(&shown), ["Cinchy Id", "First Name"], "{name}");
        let done = send(
            &mut admin,
            &shown,
            &choose,
            "back",
            &[("col", "First Name"), ("all", "1")],
        )
        .await;
        let shown = page(&mut admin, &done.expect("back to the rows"), 200).await;
        assert_eq!(headings(&shown).len(), usual.len() - 1, "{name}");

        // A form of another session does nothing, and a reset forgets.
        let forged = [("form_token", "forged"), ("col", "Salary")];
        assert_eq!(bob.post(&choose, &forged).await.status(), 403, "{name}");
        emulator.reset().await.unwrap();
        let mut ann = signed_in(emulator, "ann", "ann-demo-1").await;
        assert_eq!(headings(&page(&mut ann, &grid, 200).await), usual, "{name}");
    }
}

/// A table of 1,105 rows whose names go against the order of their ids, for administrators.
fn many() -> String {
    let mut seed = String::from(
        "tables:\n  - domain: Big\n    name: Many\n    columns:\n      - { name: Number, type: Number }\n      - { name: Name, type: Text }\n      - { name: Odd, type: \"Yes/No\" }\n    rows:\n",
    );
    for row in 1..=1105 {
        let word = match row {
            7 => "ÄRGER",
            1100 => "Ärger [50%]",
            _ => "Person",
        };
        writeln!(
            seed,
            "      - [{row}, \"{word} {}\", {}]",
            5000 - row,
            row % 2 == 1
        )
        .unwrap();
    }
    seed
}

/// Ids of the rows of a page.
fn ids(page: &str) -> Vec<i32> {
    page.split("<tr data-row=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn rows_are_found_in_order_and_counted_as_far_as_anybody_reads() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        emulator.seed(&many(), SeedMode::Merge).await.unwrap();
        let id = id_of(emulator, "/admin/tables", "Many").await;
        let mut admin = administrator(emulator).await;
        let up = |from: i32, to: i32| (from..=to).collect::<Vec<i32>>();
        let down = |from: i32, to: i32| (to..=from).rev().collect::<Vec<i32>>();
        let odd = |from: i32, to: i32| (from..=to).filter(|n| n % 2 == 1).collect::<Vec<i32>>();
        for (query, rows, said) in [
            // All rows are counted.
            ("", up(1, 50), "1–50 of 1105"),
            ("?page=12", up(551, 600), "551–600 of 1105"),
            ("?page=13", up(601, 650), "601–650 of 1105"),
            ("?page=22", up(1051, 1100), "1051–1100 of 1105"),
            ("?page=999", up(1101, 1105), "1101–1105 of 1105"),
            (
                "?sort=-Cinchy Id&page=2",
                down(1055, 1006),
                "51–100 of 1105",
            ),
            ("?sort=-Cinchy Id&page=22", down(55, 6), "1051–1100 of 1105"),
            ("?sort=-Cinchy Id&page=23", down(5, 1), "1101–1105 of 1105"),
            // In another order, or those that fit: as far as a thousand, or as somebody went.
            ("?sort=-Number", down(1105, 1056), "1–50 of more than 1000"),
            (
                "?sort=Name&page=20",
                down(154, 105),
                "951–1000 of more than 1000",
            ),
            (
                "?sort=Name&page=21",
                down(104, 55),
                "1001–1050 of more than 1050",
            ),
            ("?q=person&page=2", up(52, 101), "51–100 of more than 1000"),
            (
                "?q=person&page=22",
                [up(1052, 1099), up(1101, 1102)].concat(),
                "1051–1100 of more than 1100",
            ),
            ("?q=person&page=23", up(1103, 1105), "1101–1103 of 1103"),
            (
                "?by=Odd&how=is&value=1&page=2",
                odd(101, 199),
                "51–100 of 553",
            ),
            ("?by=Odd&how=is&value=1&page=99", odd(1, 99), "1–50 of 553"),
            ("?by=Number&how=more&value=1103", up(1104, 1105), "1–2 of 2"),
            (
                "?by=Cinchy Id&how=less&value=3&sort=-Number",
                down(2, 1),
                "1–2 of 2",
            ),
            // Letters in any case, of any script; marks of patterns are letters.
            ("?q=äRg", vec![7, 1100], "1–2 of 2"),
            ("?q=[50%]", vec![1100], "1–1 of 1"),
            ("?q=PERSON 4999", vec![1], "1–1 of 1"),
        ] {
            let path = format!(
                "/admin/tables/{id}{}",
                query.replace(' ', "%20").replace("[50%]", "[50%25]")
            );
            let shown = page(&mut admin, &path, 200).await;
            let found = ids(&shown);
            assert_eq!(found, rows, "{name}: {query}");
            let counted = between(&shown, "aria-label=\"Pages\"", "</nav>").to_owned();
            assert!(
                counted.contains(&format!("<span>{said}</span>")),
                "{name}: {query}: {counted}"
            );
            let follows = counted.contains("rel=\"next\"");
            let last = said.split_once('–').unwrap().1.split_once(" of ").unwrap();
            assert_eq!(follows, last.0 != last.1, "{name}: {query}: {counted}");
        }
        let none = page(&mut admin, &format!("/admin/tables/{id}?q=nobody"), 200).await;
        assert!(none.contains("Nothing matches"), "{name}");
    }
}

/// Changes a cell by the name of its column, as the script does; what the server says.
async fn change(browser: &mut Browser, grid: &str, row: i32, column: &str, value: &str) -> Value {
    let shown = page(browser, grid, 200).await;
    let at = headings(&shown).iter().position(|h| h == column).unwrap();
    let line = between(&shown, &format!("<tr data-row=\"{row}\""), "</tr>").to_owned();
    let cell = line.split("<td").nth(at).unwrap();
    let wanted = between(cell, "data-edit=\"", "\"").to_owned();
    let token = between(&shown, "data-token=\"", "\"").to_owned();
    let fields = [
        ("form_token", token.as_str()),
        ("column", &wanted),
        ("value", value),
    ];
    let answer = browser
        .post(&format!("{grid}/rows/{row}/cell"), &fields)
        .await;
    assert_eq!(answer.status(), 200, "{column}");
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn cells_of_every_kind_are_changed_in_place() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let id = id_of(emulator, "/admin/tables", "Employees").await;
        let departments = id_of(emulator, "/admin/tables", "Departments").await;
        let grid = format!("/admin/tables/{id}");
        let mut ann = signed_in(emulator, "ann", "ann-demo-1").await;
        let sales = format!("/admin/tables/{departments}/rows/");
        for (column, value, text) in [
            ("Salary", "1234.5", "1234.5"),
            ("Start Date", "2027-01-31", "2027-01-31"),
            ("Department", "Sales", "Sales"),
            ("Department", "", ""),
        ] {
            let told = change(&mut ann, &grid, 1, column, value).await;
            assert_eq!(told["text"], text, "{name}: {column}: {told}");
            let links = told["link"]
                .as_str()
                .is_some_and(|link| link.starts_with(&sales));
            assert_eq!(links, value == "Sales", "{name}: {column}: {told}");
            let shown = page(&mut ann, &grid, 200).await;
            let line = between(&shown, "<tr data-row=\"1\"", "</tr>");
            assert!(
                text.is_empty() || plain(line).contains(text),
                "{name}: {column}: {line}"
            );
        }
        for (column, value, wrong) in [
            ("Salary", "much", "is not a number"),
            ("Start Date", "soon", "is not a date"),
            ("Department", "Nowhere", "has no row"),
        ] {
            let told = change(&mut ann, &grid, 1, column, value).await;
            let said = told["wrong"].as_str().unwrap_or_default();
            assert!(said.contains(wrong), "{name}: {column}: {told}");
        }
    }
}

#[tokio::test]
async fn an_order_of_many_rows_is_shown_from_its_ends() {
    let mut seed = String::from(
        "tables:\n  - domain: Big\n    name: Long\n    columns:\n      - { name: Number, type: Number }\n    rows:\n",
    );
    for row in 1..=10_060 {
        writeln!(seed, "      - [{row}]").unwrap();
    }
    seed.push_str(
        "  - domain: Big\n    name: Short\n    columns:\n      - { name: Number, type: Number }\n    rows:\n",
    );
    seed.push_str(&"      - [7]\n".repeat(60));
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        emulator.seed(&seed, SeedMode::Merge).await.unwrap();
        let mut admin = administrator(emulator).await;
        let short = id_of(emulator, "/admin/tables", "Short").await;
        let shown = page(
            &mut admin,
            &format!("/admin/tables/{short}?sort=-Number"),
            200,
        )
        .await;
        assert!(shown.contains("1–50 of 60"), "{name}: {shown}");
        let id = id_of(emulator, "/admin/tables", "Long").await;
        for (query, first, said, ends) in [
            (
                "?sort=-Number&page=199",
                160,
                "9901–9950 of more than 9950",
                false,
            ),
            (
                "?sort=-Number&page=200",
                110,
                "9951–10000 of more than 10000",
                true,
            ),
            (
                "?sort=-Number&page=201",
                110,
                "9951–10000 of more than 10000",
                true,
            ),
            (
                "?sort=Number&page=9999",
                9951,
                "9951–10000 of more than 10000",
                true,
            ),
            (
                "?by=Number&how=more&value=60&page=200",
                10_011,
                "9951–10000 of 10000",
                false,
            ),
            ("?page=202", 10_051, "10051–10060 of 10060", false),
        ] {
            let shown = page(&mut admin, &format!("/admin/tables/{id}{query}"), 200).await;
            assert_eq!(ids(&shown).first(), Some(&first), "{name}: {query}");
            let pages = between(&shown, "aria-label=\"Pages\"", "</nav>");
            assert!(pages.contains(said), "{name}: {query}: {pages}");
            assert_eq!(pages.contains("No more are shown"), ends, "{name}: {query}");
            let next = pages.contains("rel=\"next\"");
            assert_eq!(next, query.contains("page=199"), "{name}: {query}");
        }
    }
}
