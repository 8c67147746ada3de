//! `/Account/*`: groups and entitlements, as apps ask for them.

use serde_json::{Value, json};

use crate::support::backends::start_on_each;
use crate::support::case::{Case, check, get, post};

const GROUPS: &str = "/Account/GetGroupsCurrentUserBelongsTo";

fn groups() -> Vec<Case> {
    let refused = |case: Case| case.is(401).header("www-authenticate", "Bearer");
    vec![
        get(GROUPS)
            .bearer("ann")
            .with("content-type", "application/json; charset=utf-8")
            .gives_json(json!([
                { "id": 2, "name": "All Users" },
                { "id": 3, "name": "Staff" },
                { "id": 4, "name": "Managers" }
            ]))
            .header("content-type", "application/json; charset=utf-8")
            .header("access-control-allow-origin", "*"),
        get("//Cinchy//account/getgroupscurrentuserbelongsto")
            .bearer("eve")
            .gives_json(json!([{ "id": 2, "name": "All Users" }])),
        get(GROUPS).bearer("admin").gives_json(json!([
            { "id": 1, "name": "Cinchy Administrators" },
            { "id": 2, "name": "All Users" }
        ])),
        get(GROUPS)
            .bearer_text("pat_live_0123456789")
            .has("Staff")
            .named("a personal access token"),
        // Apps log in only when this fails.
        refused(get(GROUPS).bearer_text("null")),
        refused(get(GROUPS).named("nobody")),
        get(GROUPS).basic("ann", "ann-demo-1").is(401),
        post(GROUPS).bearer("ann").is(405),
    ]
}

fn entitlements() -> Vec<Case> {
    let by_id = |body: &str| {
        post("/Account/GetTableEntitlementsById")
            .body("application/json", body)
            .named(body)
    };
    let by_name = |table: &str| {
        post("/Account/GetTableEntitlementsByName")
            .form(format!("domainName=HR&tableName={table}"))
            .named(table)
    };
    // Without the guid, which stands before the name.
    let has_column = |case: Case, name: &str, view: bool, edit: bool| {
        case.has(&format!(
            r#""columnName":"{name}","canView":{view},"canEdit":{edit}"#
        ))
    };
    let ann = by_name("employees").bearer("ann");
    let ann = has_column(ann, "First Name", true, true);
    let ann = has_column(ann, "Full Name", true, false);
    let ann = has_column(ann, "Cinchy Id", true, false);
    let bob = by_name("Employees").bearer("bob");
    let bob = has_column(bob, "Salary", true, true);
    let bob = has_column(bob, "Last Name", true, false);
    let eve = by_name("Employees").bearer("eve");
    let eve = has_column(eve, "Active", true, false);
    let eve = has_column(eve, "Salary", false, false);
    let eve = has_column(eve, "Deleted", true, false);
    vec![
        ann.has(r#""canAddRows":true,"canApproveChanges":false,"canDeleteRows":true,"canDesignTable":false"#)
            .has(r#""tableDomain":"HR","tableName":"Employees","tableId":103,"#)
            .has(r#""username":"ann""#),
        bob.has(r#"{"accessIsDefinedForCurrentUser":true,"canAddRows":false"#),
        eve,
        by_name("Skills")
            .bearer("eve")
            .has(r#"{"accessIsDefinedForCurrentUser":false,"canAddRows":false"#)
            .named("no right at all"),
        by_id(r#"{"tableId":103}"#)
            .bearer("admin")
            .has(r#""canApproveChanges":true,"canDeleteRows":true,"canDesignTable":true,"canManageControls":true"#),
        by_id(r#"{"tableId":"103"}"#).bearer("ann").has(r#""tableId":103"#),
        post("/account/gettableentitlementsbyid")
            .form("tableid=103")
            .bearer("ann")
            .has(r#""tableId":103"#),
        post("/Account/GetTableEntitlementsByName")
            .body("application/json; charset=utf-8", r#"{"domainName":"cinchy","tableName":"tables"}"#)
            .bearer("eve")
            .has(r#""tableDomain":"Cinchy","tableName":"Tables","tableId":2,"#),
        by_id(r#"{"tableId":9999}"#)
            .bearer("ann")
            .is(404)
            .header("x-cinchy-error", "Table with id 9999 could not be found"),
        by_id(r#"{"tableId":"x"}"#)
            .bearer("ann")
            .is(400)
            .header_has("x-cinchy-error", "tableId"),
        by_id("{}").bearer("ann").is(400).header_has("x-cinchy-error", "tableId"),
        by_name("Nothing").bearer("ann").is(404),
        by_id(r#"{"tableId":103}"#).is(401),
        by_id(r#"{"tableId":103}"#).bearer_text("null").is(401).named("Bearer null"),
        get("/Account/GetTableEntitlementsById?tableId=103").bearer("ann").is(405),
    ]
}

#[tokio::test]
async fn account() {
    let backends = start_on_each(|_| {}).await;
    check(&backends, &groups()).await;
    check(&backends, &entitlements()).await;
}

/// A table is found by the guid that it is said to have, which is the same on both databases.
#[tokio::test]
async fn entitlements_by_guid() {
    let backends = start_on_each(|_| {}).await;
    let mut answers = Vec::new();
    for backend in &backends {
        let token = backend.emulator.token("app", "ann").await.unwrap();
        let call = async |path: &str, body: Value| -> Value {
            let url = format!("{}{path}", backend.emulator.url());
            let request = backend.emulator.http().post(url).bearer_auth(&token);
            let request = request
                .header("content-type", "application/json")
                .body(body.to_string());
            let text = request.send().await.unwrap().text().await.unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let by_name = json!({ "domainName": "HR", "tableName": "Skills" });
        let found = call("/Account/GetTableEntitlementsByName", by_name).await;
        let guid = found["tableGuid"].as_str().unwrap().to_owned();
        for body in [
            json!({ "tableGuid": guid }),
            json!({ "tableGuid": guid.to_lowercase() }),
            json!({ "tableId": guid }),
        ] {
            let again = call("/Account/GetTableEntitlementsByGuid", body).await;
            assert_eq!(again, found);
        }
        let columns = found["columnEntitlements"].as_array().unwrap();
        assert!(columns.iter().all(|c| c["columnGuid"].is_string()));
        let name = &columns[0];
        assert_eq!(
            (&name["columnName"], &name["canView"], &name["canEdit"]),
            (&json!("Name"), &json!(true), &json!(true))
        );
        answers.push(found);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}
