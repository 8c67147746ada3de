//! Tables, rows, entitlements and saved queries.

use actix_web::test::TestRequest;
use cinchy_web::ControlAccess;

use super::{between, get, platform, post, send};

/// A table `Shop."Goods" & <b>` of four columns. Its id is 101.
async fn shop() -> std::sync::Arc<cinchy_web::Platform> {
    let open = platform(ControlAccess::Off, "");
    let fields = [
        ("domain", ""),
        ("domain_name", "Shop"),
        ("name", "Goods & '+'"),
        ("name0", "Name & =!"),
        ("kind0", "Text"),
        ("length0", "40"),
        ("mandatory0", "on"),
        ("unique0", "on"),
        ("name1", "Price"),
        ("kind1", "Number"),
        ("name2", "Since"),
        ("kind2", "Date"),
        ("name3", "Sold"),
        ("kind3", "Yes/No"),
    ];
    let (status, to, page) = post(&open, "/admin/tables/new", "/admin/tables", &fields).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/tables/101?done=made"),
        "{page}"
    );
    open
}

#[actix_web::test]
async fn a_domain_is_made_and_nothing_typed_for_its_table_is_lost() {
    let open = platform(ControlAccess::Off, "");
    let typed = |domain: &'static str| {
        [
            ("domain", ""),
            ("domain_name", domain),
            ("name", "Half a table"),
            ("name0", "Price"),
            ("kind0", "Number"),
        ]
    };
    for (domain, said, chosen) in [
        ("", "Name the domain.", false),
        ("a/b", "must not have brackets, dots and slashes", false),
        (&"x".repeat(126), "at most 125 characters", false),
        ("Shop", "The domain Shop is there.", true),
        ("shop", "There is a domain shop already", false),
    ] {
        let domain: &'static str = domain.to_owned().leak();
        let (status, _, page) =
            post(&open, "/admin/tables/new", "/admin/domains", &typed(domain)).await;
        assert_eq!(status, 200, "{page}");
        assert!(page.contains(said), "{domain}: {page}");
        for kept in [
            "value=\"Half a table\"",
            "value=\"Price\"",
            "data-type=\"Number\" selected",
        ] {
            assert!(page.contains(kept), "{domain}: {kept} in {page}");
        }
        assert_eq!(
            page.contains("<option selected>Shop</option>"),
            chosen,
            "{domain}"
        );
    }
}

/// Names of the fields of a row's form, in the order of the columns.
fn keys(page: &str) -> Vec<String> {
    let mut keys: Vec<String> = page
        .split(" name=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .filter(|key| key.starts_with('c') && key[1..].chars().all(|c| c.is_ascii_digit()))
        .collect();
    keys.dedup();
    keys
}

#[actix_web::test]
async fn rows_are_added_changed_deleted_and_brought_back() {
    let open = shop().await;
    let path = "/admin/tables/101/rows";
    let new = "/admin/tables/101/rows/new";
    let (_, _, page) = send(&open, get("/admin/tables/101")).await;
    assert!(page.contains("No rows"), "{page}");
    let (_, _, page) = send(&open, get(new)).await;
    let keys = keys(&page);
    assert_eq!(keys.len(), 4, "{page}");
    let row = |name: &'static str, price: &'static str| {
        vec![
            (keys[0].as_str(), name),
            (keys[1].as_str(), price),
            (keys[2].as_str(), "2027-01-31"),
            (keys[3].as_str(), "Yes"),
        ]
    };
    let (status, _, page) =
        post(&open, new, path, &row("<script>alert(1)</script>", "cheap")).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("is not a number") && !page.contains("<script>alert"),
        "{page}"
    );
    let (status, to, page) = post(&open, new, path, &row("<script>alert(1)</script>", "1.5")).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/tables/101/rows/1?done=made"),
        "{page}"
    );
    let (_, _, page) = post(&open, new, path, &row("<script>alert(1)</script>", "2")).await;
    assert!(
        page.contains("alert(1)&#60;/script&#62;” in Name &#38; =! already"),
        "a second row of a unique name: {page}"
    );
    post(&open, new, path, &row("Lamp", "20")).await;

    let one = "/admin/tables/101/rows/1";
    let (_, _, page) = send(&open, get(one)).await;
    let version = between(&page, "name=\"version\" value=\"", "\"").to_owned();
    let mut changed = row("Chair", "99.5");
    changed.push(("version", &version));
    let (status, to, page) = post(&open, one, one, &changed).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/tables/101/rows/1?done=saved"),
        "{page}"
    );
    let (_, _, page) = post(&open, one, one, &changed).await;
    assert!(
        page.contains("was changed after you had opened it"),
        "{page}"
    );
    let (_, _, page) = send(&open, get("/admin/tables/101/rows/1/history")).await;
    assert!(
        page.contains("<mark>Chair</mark>") && page.contains("&#60;script&#62;alert(1)"),
        "{page}"
    );

    for (query, found) in [
        ("", vec!["Chair", "Lamp"]),
        ("?q=hai", vec!["Chair"]),
        ("?q=CHAIR", vec!["Chair"]),
        // Marks of patterns are text.
        ("?q=%25", vec![]),
        ("?q='", vec![]),
        ("?q={0}%20@x%20!", vec![]),
        ("?by=Name%20%26%20%3D!&how=has&value=AMP", vec!["Lamp"]),
        ("?by=Name%20%26%20%3D!&how=has&value=[a-z]", vec![]),
        ("?by=Price&how=more&value=50", vec!["Chair"]),
        ("?by=Price&how=empty", vec![]),
        ("?by=Sold&how=is&value=1&sort=-Price", vec!["Chair", "Lamp"]),
        ("?by=Price&how=less&value=50&col=Price", vec!["20"]),
        // As the cells show them.
        ("?by=Since&how=has&value=2027-01-31", vec!["Chair", "Lamp"]),
        ("?by=Since&how=is&value=2027-01-31", vec!["Chair", "Lamp"]),
        ("?by=Since&how=has&value=2026", vec![]),
        ("?by=Sold&how=has&value=ye", vec!["Chair", "Lamp"]),
        ("?by=Sold&how=is&value=Yes", vec!["Chair", "Lamp"]),
        ("?by=Sold&how=is&value=no", vec![]),
    ] {
        let (status, _, page) = send(&open, get(&format!("/admin/tables/101{query}"))).await;
        assert_eq!(status, 200);
        for text in ["Chair", "Lamp", "20"] {
            let shown = page.contains(&format!(">{text}</td>"));
            assert_eq!(
                shown,
                found.contains(&text) || (text == "20" && found.contains(&"Lamp")),
                "{query} {text} {page}"
            );
        }
    }
    for (query, said) in [
        ("by=Price&how=more&value=x", "“x” is not a number"),
        ("by=Since&how=is&value=0000-01-01", "is not a date"),
        ("by=Sold&how=not&value=maybe", "is neither Yes nor No"),
    ] {
        let (status, _, page) = send(&open, get(&format!("/admin/tables/101?{query}"))).await;
        assert_eq!(status, 200);
        assert!(
            page.contains("role=\"alert\"") && page.contains(said),
            "{page}"
        );
        let (status, _, _) = send(&open, get(&format!("/admin/tables/101/export?{query}"))).await;
        assert_eq!(status, 400, "{query}");
    }

    let (_, headers, csv) = send(
        &open,
        get("/admin/tables/101/export?sort=-Price&col=Price&col=Sold"),
    )
    .await;
    assert_eq!(csv, "Cinchy Id,Price,Sold\r\n1,99.5,Yes\r\n2,20,Yes\r\n");
    let disposition = headers
        .get("content-disposition")
        .unwrap()
        .to_str()
        .unwrap();
    assert!(
        disposition.starts_with("attachment; filename=\"Shop.Goods _ ___.csv\""),
        "{disposition}"
    );

    let (status, to, _) = post(&open, one, "/admin/tables/101/rows/1/delete", &[]).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/tables/101?done=deleted&row=1")
    );
    let (_, _, page) = send(&open, get(&to)).await;
    assert!(
        page.contains("Undo") && !page.contains(">Chair</td>"),
        "{page}"
    );
    let (_, _, page) = send(&open, get("/admin/tables/101?deleted=1")).await;
    assert!(page.contains(">Chair</td>"), "{page}");
    let (status, _, _) = post(&open, one, "/admin/tables/101/rows/1/restore", &[]).await;
    assert_eq!(status, 303);
    let (_, _, page) = send(&open, get("/admin/tables/101")).await;
    assert!(page.contains(">Chair</td>"), "{page}");
    let (_, _, page) = send(&open, get("/admin/tables/101/rows/1/history")).await;
    let events: Vec<&str> = page.split("</mark></th>").collect();
    assert!(
        events.len() == 3
            && events[0].ends_with("<mark>brought back")
            && events[1].ends_with("<mark>deleted"),
        "{page}"
    );

    // From among the rows, as they were looked at.
    let view = [("back", "?q=a&sort=-Price")];
    let (_, to, _) = post(&open, one, "/admin/tables/101/rows/1/delete", &view).await;
    assert_eq!(to, "/admin/tables/101?q=a&sort=-Price&done=deleted&row=1");
    let (_, _, page) = send(&open, get(&to)).await;
    let back = between(&page, "name=\"back\" value=\"", "\"").replace("&#38;", "&");
    assert_eq!(back, "?q=a&sort=-Price");
    let (_, to, _) = post(&open, one, "/admin/tables/101/rows/1/restore", &view).await;
    assert_eq!(to, "/admin/tables/101?q=a&sort=-Price&done=restored&row=1");
}

/// A calculated column that fails for one row leaves all the others to be seen and changed.
#[actix_web::test]
async fn what_cannot_be_computed_is_said_and_the_rest_is_shown() {
    let open = shop().await;
    let design = "/admin/tables/101/design";
    let column = [
        ("name", "Per"),
        ("kind", "Calculated"),
        ("expression", "100 / [Price]"),
        ("result", "Number"),
    ];
    let (status, _, page) = post(&open, design, design, &column).await;
    assert_eq!(status, 303, "{page}");
    let (_, _, page) = send(&open, get("/admin/tables/101/rows/new")).await;
    let keys = keys(&page);
    for (name, price) in [("Lamp", "20"), ("Gift", "0")] {
        let row = [(keys[0].as_str(), name), (keys[1].as_str(), price)];
        let path = "/admin/tables/101/rows";
        let (status, _, page) = post(&open, "/admin/tables/101/rows/new", path, &row).await;
        assert_eq!(status, 303, "{page}");
    }
    let (_, _, page) = send(&open, get("/admin/tables/101")).await;
    assert!(
        page.contains(">Lamp</td>")
            && page.contains(">Gift</td>")
            && page.contains("cannot be computed")
            && page.contains("Divide by zero"),
        "{page}"
    );
    let (status, _, page) = send(&open, get("/admin/tables/101/rows/2")).await;
    assert_eq!(status, 200);
    assert!(page.contains("not computed: Divide by zero"), "{page}");
    let (status, _, _) = send(&open, get("/admin/tables/101/rows/2/history")).await;
    assert_eq!(status, 200);
    let gift = "/admin/tables/101/rows/2";
    let (status, _, _) = post(&open, gift, "/admin/tables/101/rows/2/delete", &[]).await;
    assert_eq!(status, 303);
    let (_, _, page) = send(&open, get("/admin/tables/101")).await;
    assert!(
        page.contains(">5</td>") && !page.contains("cannot be computed"),
        "{page}"
    );
}

#[actix_web::test]
async fn pasted_rows_are_shown_with_what_is_wrong_and_then_added() {
    let open = shop().await;
    let path = "/admin/tables/101/paste";
    for (rows, said) in [
        ("", "Paste the names of the columns"),
        ("Nope\n1", "is none that you may write"),
        ("Name & =!\tPrice\nA\tcheap\n\t2", "2 of 2 rows do not fit"),
        ("Price\n2", "is missing"),
    ] {
        let (status, _, page) = post(&open, path, path, &[("rows", rows), ("add", "1")]).await;
        assert_eq!(status, 200);
        assert!(page.contains(said), "{rows}: {page}");
    }
    let rows = (
        "rows",
        "name & =!,PRICE,sold\n\"A, \"\"1\"\"\",2,yes\nB,,no",
    );
    let (_, _, page) = post(&open, path, path, &[rows]).await;
    assert!(
        page.contains("All 2 rows fit") && page.contains("Add 2 rows"),
        "{page}"
    );
    let (status, to, page) = post(&open, path, path, &[rows, ("add", "1")]).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/tables/101?done=added&row=2"),
        "{page}"
    );
    let (_, _, page) = post(
        &open,
        path,
        path,
        &[("rows", "Name & =!\nC\nB"), ("add", "1")],
    )
    .await;
    let taken = "Another row has “B” in Name &#38; =! already; no two rows may.";
    assert!(
        page.contains("Nothing was added") && page.contains(taken),
        "{page}"
    );
    // What only the table knows is told before anything is added, at its row.
    for (rows, row) in [
        ("Name & =!\nC\nB\nD", 2),
        ("Name & =!\nC\nD\nE\nF\nC", 5),
        ("Name & =!\nB", 1),
    ] {
        let (_, _, page) = post(&open, path, path, &[("rows", rows)]).await;
        let refused =
            format!("<th scope=\"row\">{row}</th><td><span class=\"wrong\">Another row has");
        assert!(page.contains(&refused), "{rows}: {page}");
        assert!(!page.contains("name=\"add\""), "{rows}: {page}");
    }
    let (_, _, csv) = send(
        &open,
        get("/admin/tables/101/export?col=Name+%26+%3D%21&col=Price&col=Sold"),
    )
    .await;
    assert_eq!(
        csv,
        "Cinchy Id,Name & =!,Price,Sold\r\n1,\"A, \"\"1\"\"\",2,Yes\r\n2,B,,No\r\n"
    );
}

#[actix_web::test]
async fn a_table_is_designed_and_shared() {
    let open = shop().await;
    let design = "/admin/tables/101/design";
    let (status, to, page) =
        post(&open, design, design, &[("name", "Note"), ("kind", "Text")]).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/tables/101/design?done=added"),
        "{page}"
    );
    let (_, _, page) = post(
        &open,
        design,
        design,
        &[("name", "Price"), ("kind", "Text")],
    )
    .await;
    assert!(page.contains("role=\"alert\""), "{page}");
    let name_and_price: Vec<&str> = page.split("<th scope=\"row\">").skip(1).take(2).collect();
    let flags = name_and_price
        .iter()
        .map(|row| row.matches("<td>Yes</td>").count());
    assert_eq!(
        flags.collect::<Vec<_>>(),
        [2, 0],
        "required and unique: {page}"
    );
    let (_, _, page) = post(&open, design, "/admin/tables/101/drop", &[("name", "x")]).await;
    assert!(page.contains("to drop it"), "{page}");

    let ann = [
        ("username", "ann"),
        ("method", "Cinchy User Account"),
        ("password", "ann-demo-1"),
    ];
    post(&open, "/admin/users/new", "/admin/users", &ann).await;
    let as_ann = |path: &str| {
        TestRequest::get()
            .uri(path)
            .insert_header((super::WHO, "ann"))
    };
    assert_eq!(send(&open, as_ann("/admin/tables/101")).await.0, 403);
    let access = "/admin/tables/101/access";
    let (_, _, page) = post(&open, access, access, &[("view_all", "on")]).await;
    assert!(page.contains("at least one group or user"), "{page}");
    let (_, _, page) = post(
        &open,
        access,
        access,
        &[
            ("view_all", "on"),
            ("users", "ann"),
            ("view_filter", "[Nope] = 1"),
        ],
    )
    .await;
    assert!(page.contains("does not run"), "{page}");
    let fields = [
        ("view_all", "on"),
        ("users", "ann"),
        ("view_filter", "[Sold] = 1"),
    ];
    let (status, _, page) = post(&open, access, access, &fields).await;
    assert_eq!(status, 303, "{page}");
    let (status, _, page) = send(&open, as_ann("/admin/tables/101")).await;
    assert_eq!(status, 200);
    assert!(!page.contains("New row"), "{page}");
    for (path, status) in [
        ("/admin/tables/101/rows/new", 403),
        ("/admin/tables/101/paste", 403),
        ("/admin/tables/101/access", 403),
        ("/admin/tables/101/export", 403),
        ("/admin/tables/101/design", 200),
        ("/admin/tables", 200),
        ("/admin/tables/999", 404),
    ] {
        assert_eq!(send(&open, as_ann(path)).await.0, status, "{path}");
    }
    let (_, _, page) = send(&open, get(access)).await;
    let row = between(&page, "/admin/tables/101/access/", "/revoke").to_owned();
    let (_, _, page) = send(&open, get(&format!("{access}?edit={row}"))).await;
    assert!(
        page.contains("value=\"[Sold] = 1\"") && page.contains("value=\"ann\""),
        "{page}"
    );
    // Of two administrators who have opened it, the second is told of the first.
    let version = between(&page, "name=\"version\" value=\"", "\"").to_owned();
    let change = [
        ("row", row.as_str()),
        ("version", &version),
        ("users", "ann"),
        ("view_all", "on"),
        ("view_filter", "[Sold] = 0"),
    ];
    let (status, _, page) = post(&open, access, access, &change).await;
    assert_eq!(status, 303, "{page}");
    let (_, _, page) = post(&open, access, access, &change).await;
    assert!(page.contains("after you had opened it"), "{page}");
    let newer = between(&page, "name=\"version\" value=\"", "\"").to_owned();
    assert_ne!(newer, version, "to save once more writes over it");
    // Also when there is something else to mend, or the next form would carry the newer version unsaid.
    let wrong = [
        ("row", row.as_str()),
        ("version", &version),
        ("users", "nobody"),
    ];
    let (_, _, page) = post(&open, access, access, &wrong).await;
    assert!(page.contains("after you had opened it"), "{page}");
    // A filter is a condition and nothing besides.
    let more = [
        ("users", "ann"),
        ("view_filter", "1 = 1; DELETE FROM [Shop].[Goods]"),
    ];
    let (_, _, page) = post(&open, access, access, &more).await;
    assert!(page.contains("does not run"), "{page}");
    let (status, _, _) = post(&open, access, &format!("{access}/{row}/revoke"), &[]).await;
    assert_eq!(status, 303);
    assert_eq!(send(&open, as_ann("/admin/tables/101")).await.0, 403);
    let (status, to, _) = post(
        &open,
        design,
        "/admin/tables/101/drop",
        &[("name", "Goods & '+'")],
    )
    .await;
    assert_eq!((status, to.as_str()), (303, "/admin/tables?done=dropped"));
}

#[actix_web::test]
async fn a_query_is_written_run_saved_and_called() {
    let open = shop().await;
    let run = "/admin/queries/run";
    let new = "/admin/queries/new";
    let (_, _, page) = post(
        &open,
        new,
        run,
        &[("cql", "SELECT [Nope]\nFROM [Cinchy].[Users]")],
    )
    .await;
    assert!(
        page.contains("Line 1:") && page.contains("wrong-line") && page.contains("SELECT [Nope]"),
        "{page}"
    );
    let cql = "SELECT [Username], [Cinchy Id] + 10 AS [Points] FROM [Cinchy].[Users] WHERE [Username] <> @name AND [Deleted] IS NULL";
    let (_, _, page) = post(&open, new, run, &[("cql", cql), ("p_name", "nobody")]).await;
    assert!(
        page.contains(">admin</td>") && page.contains("<rect") && page.contains("id=\"p_name\""),
        "{page}"
    );
    assert!(page.contains("Plan: what the database gets"), "{page}");
    let fields = [
        ("cql", cql),
        ("domain", "Shop"),
        ("name", "People & <i>"),
        ("kind", "Query (Approved Data Only)"),
        ("groups", "2"),
    ];
    let (_, _, page) = post(&open, new, "/admin/queries", &fields[..1]).await;
    assert!(page.contains("Give the query a name"), "{page}");
    for (name, said) in [
        ("a/b", "without slashes"),
        ("a\\b", "without slashes"),
        ("..", "means another folder"),
    ] {
        let mut named = fields.to_vec();
        named[2].1 = name;
        let (_, _, page) = post(&open, new, "/admin/queries", &named).await;
        assert!(page.contains(said), "{name}: {page}");
    }
    let (status, to, page) = post(&open, new, "/admin/queries", &fields).await;
    assert_eq!(
        (status, to.as_str()),
        (303, "/admin/queries/1?done=made"),
        "{page}"
    );
    let (_, _, page) = send(&open, get("/admin/queries/1")).await;
    assert!(
        page.contains("/API/Shop/People%20%26%20%3Ci%3E?%40name=VALUE") && !page.contains("<i>"),
        "{page}"
    );
    assert!(page.contains("value=\"2\" checked"), "{page}");
    let mut other = fields.to_vec();
    other[0].1 = "SELECT 1 AS [One]";
    // A text that nobody can run is kept, and that is said.
    other[0].1 = "SELEC 1";
    let (_, to, _) = post(&open, "/admin/queries/1", "/admin/queries/1", &other).await;
    let (_, _, page) = send(&open, get(&to)).await;
    assert!(
        page.contains("Saved, but calls will be refused: "),
        "{page}"
    );
    other[0].1 = "SELECT 1 AS [One]";
    let (status, to, _) = post(&open, "/admin/queries/1", "/admin/queries/1", &other).await;
    assert_eq!(status, 303);
    let (_, _, page) = send(&open, get(&to)).await;
    assert!(page.contains("Saved. Calls run the new text"), "{page}");
    let (_, _, page) = send(&open, get("/admin/queries/1/history")).await;
    assert!(
        page.contains("SELECT 1 AS [One]") && page.contains("[Points]"),
        "{page}"
    );
    let (_, _, page) = post(
        &open,
        "/admin/queries/1",
        run,
        &[("cql", "SELECT 1 AS [One]"), ("id", "1")],
    )
    .await;
    assert!(page.contains("1 row,"), "{page}");
    let (_, to, _) = post(&open, "/admin/queries/1", "/admin/queries/1/delete", &[]).await;
    let (_, _, page) = send(&open, get(&to)).await;
    assert!(page.contains("Undo"), "{page}");
    let (status, _, _) = post(&open, &to, "/admin/queries/1/restore", &[]).await;
    assert_eq!(status, 303);
    assert_eq!(send(&open, get("/admin/queries/1")).await.0, 200);
}
