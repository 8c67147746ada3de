//! The small fixed endpoints, webhooks, lists as parameters, XML, and the text that describes a table.

use crate::support::backends::{builder, start_each};
use crate::support::case::{Case, check, get, post, request};

const JSON: &str = "application/json; charset=utf-8";

fn small() -> Vec<Case> {
    let secret =
        |query: &str| get(&format!("/api/v1.0/secrets-manager/secret?{query}")).named(query);
    let console = |path: &str| get(path).is(302).header("location", "/admin");
    vec![
        get("/.well-known/cinchy-configuration")
            .bearer_text("null")
            .has(r#""idp_endpoint":""#)
            .has("/idp\"")
            .has("connections_endpoint"),
        get("/Cinchy/.well-known/Cinchy-Configuration").has("idp_endpoint"),
        get("/api/getstsauthorityuri").has("http://localhost:"),
        get("/API/GetStsAuthorityUri").header("content-type", "text/plain; charset=utf-8"),
        get("/metaforms/healthcheck").has(r#""component":"Meta Forms","version":""#),
        get("/Tableau/Connector").is(404).has("not emulated"),
        get("/cache/clear").bearer("admin").gives(""),
        get("/Cache/Clear")
            .bearer("ann")
            .is(403)
            .header_has("x-cinchy-error", "Administrators"),
        get("/cache/clear").is(401),
        secret("secretName=Api%20Key&domain=HR")
            .bearer("ann")
            .gives(r#"{"secretValue":"k-123"}"#)
            .header("content-type", JSON),
        secret("secretname=api+key&DOMAIN=hr")
            .bearer("admin")
            .gives(r#"{"secretValue":"k-123"}"#),
        get("/API/V1.0/Secrets-Manager/Secret?secretName=Global")
            .bearer("bob")
            .gives(r#"{"secretValue":"g-1"}"#),
        secret("secretName=Api%20Key&domain=HR")
            .bearer("bob")
            .is(403),
        secret("secretName=Api%20Key&domain=Zoo")
            .bearer("ann")
            .is(404),
        secret("secretName=Nothing").bearer("ann").is(404),
        secret("domain=HR")
            .bearer("ann")
            .is(400)
            .header_has("x-cinchy-error", "secretName"),
        secret("secretName=Global").is(401),
        console("/Tables/103?viewId=0&fil[Name].Op=Equals&fil[Name].Val=x"),
        console("/Cinchy/tables/5"),
        console("/Query/Execute?queryId=5"),
        console("/Query/Execute/HR/Employees"),
        console("/Apps/Integrated?appId=1&formId=2&rowId=3"),
    ]
}

fn webhooks() -> Vec<Case> {
    let echo = r#"{"schema":[{"columnName":"A","type":"String"},{"columnName":"B","type":"String"}],"data":[["x","{\"y\":[1,null]}"]]}"#;
    let hook = |key: &str, body: &str| {
        post(&format!("/API/callback?key={key}"))
            .body("application/json", body)
            .named(key)
    };
    vec![
        hook("hook-fields", r#"{"a":"x","b":{"y":[1,null]},"c":5}"#)
            .gives(echo)
            .header("content-type", JSON),
        hook("hook-fields", r#"{"a":"x","b":{"y":[1,null]}}"#)
            .bearer_text("null")
            .gives(echo)
            .named("a bad credential says nothing"),
        post("/api/Callback?key=hook-fields")
            .form("a=1&b=2")
            .has(r#"[["1","2"]]"#),
        get("/API/callback?key=hook-fields&@a=1&@b=2").has(r#"[["1","2"]]"#),
        hook("hook-json", r#"{ "a": [1] }"#).has(r#"[["{ \"a\": [1] }","#),
        hook("hook-fields", "[1]").is(400).named("a JSON list"),
        hook("hook-fields", "{}")
            .is(400)
            .header_has("x-cinchy-error", "@a"),
        hook("hook-fields", r#"{"a":"\u0000","b":1}"#)
            .is(400)
            .header_has("x-cinchy-error", "U+0000"),
        hook("hook-off", "{}").is(404),
        hook("hook-may-not", "{}").is(403),
        hook("unknown", "{}")
            .is(404)
            .header_has("x-cinchy-error", "webhook"),
        hook("", "{}").is(404),
        hook("a%00b", "{}").is(404),
        request("DELETE", "/API/callback?key=hook-fields").is(405),
    ]
}

fn parameters() -> Vec<Case> {
    let list = |expected: &str| {
        format!(r#"{{"schema":[{{"columnName":"L","type":"String"}}],"data":[[{expected}]]}}"#)
    };
    let form = |body: &str| post("/API/Zoo/List").form(body).bearer("ann").named(body);
    let json = |body: &str| {
        post("/API/Zoo/List")
            .body("application/json", body)
            .bearer("ann")
            .named(body)
    };
    vec![
        form("%40arr%5B0%5D=a&%40arr%5B1%5D=b").gives(&list(r#""a,b""#)),
        form("%40arr%5B0%5D=a%2Cb&%40arr%5B1%5D=c").gives(&list(r#""\"a,b\",c""#)),
        form("%40arr%5B%5D").gives(&list(r#""""#)),
        form("%40arr%5B0%5D=").gives(&list(r#""""#)),
        form("%40arr=null").gives(&list(r#""null""#)),
        form("%40arr=true").gives(&list(r#""true""#)),
        json(r#"{"@arr":["a",1,true]}"#).gives(&list(r#""a,1,true""#)),
        json(r#"{"@arr":[]}"#).gives(&list(r#""""#)),
        json(r#"{"@arr":null}"#).gives(&list("null")),
        json(r#"{"@arr":{}}"#).is(400).header_has("x-cinchy-error", "@arr"),
        get("/API/Zoo/One?SchemaOnly=true").bearer("ann").gives(
            r#"{"schema":[{"columnName":"Cinchy Id","type":"Int32"},{"columnName":"Diet","type":"String"}],"data":[]}"#,
        ),
        get("/API/Zoo/One?schemaonly=1&ResultFormat=CSV").bearer("ann").gives("Cinchy Id,Diet\r\n"),
    ]
}

const XML: &str = "<?xml version=\"1.0\" standalone=\"yes\"?>\r\n<NewDataSet>\r\n  <Table>\r\n    <Cinchy_x0020_Id>1</Cinchy_x0020_Id>\r\n    <Name>Ä \"quoted\", &lt;b&gt;&amp;amp;&lt;/b&gt;\n2nd line\ttab \\</Name>\r\n    <Weight>0.1</Weight>\r\n    <Born>2024-02-29T23:59:58</Born>\r\n    <Wild>true</Wild>\r\n    <Diet>Meat</Diet>\r\n    <Habits>Swims, \"Digs, deep\"</Habits>\r\n    <Photo>AAECAw==</Photo>\r\n    <Kind>Cat</Kind>\r\n    <Friends>\"Tom, Jr.\", 日本 🦊</Friends>\r\n    <Label>Ä \"quoted\", &lt;b&gt;&amp;amp;&lt;/b&gt;\n2nd line\ttab \\/Meat</Label>\r\n  </Table>\r\n  <Table>\r\n    <Cinchy_x0020_Id>2</Cinchy_x0020_Id>\r\n    <Name />\r\n    <Weight>-1234567.5</Weight>\r\n";

fn xml() -> Vec<Case> {
    vec![
        get("/API/Zoo/All?ResultFormat=XML")
            .bearer("ann")
            .has(XML)
            .has("    <Cinchy_x0020_Id>3</Cinchy_x0020_Id>\r\n    <Label>/</Label>\r\n  </Table>\r\n")
            .header("content-type", "application/xml; charset=utf-8"),
        get("/API/Zoo/None?resultformat=xml")
            .bearer("ann")
            .gives("<?xml version=\"1.0\" standalone=\"yes\"?>\r\n<NewDataSet />"),
        get("/API/Zoo/One?ResultFormat=XML&SchemaOnly=1")
            .bearer("ann")
            .gives("<?xml version=\"1.0\" standalone=\"yes\"?>\r\n<NewDataSet />"),
        get("/API/Zoo/One?ResultFormat=PROTOBUF")
            .bearer("ann")
            .is(400)
            .header_has("x-cinchy-error", "ResultFormat `PROTOBUF` is not supported"),
    ]
}

/// `[Tables].[Json]` is what Meta-Forms takes apart.
fn table_json() -> Vec<Case> {
    let of = |table: &str| {
        post("/API/ExecuteCQL")
            .form(format!(
                "ResultFormat=CSV&Query=SELECT [Json] FROM [Cinchy].[Tables] WHERE [Full Name] %3D '{table}'"
            ))
            .bearer("admin")
            .named(table)
    };
    let column = |text: &str| text.replace('"', "\"\"");
    vec![
        of("Zoo.Animals")
            .has(&column(r#"{"Columns":[{"columnId":"#))
            .has(&column(r#""name":"Name","columnType":"Text","allowMultiple":false,"validationExpression":null,"minValue":null,"displayFormat":null,"textFormat":null,"dependencyColumnIds":[],"primaryLinkedColumnId":null,"linkedTableId":null,"linkFilterExpression":null,"SearchDisplayColumns":[]}"#))
            .has(&column(r#""name":"Friends","columnType":"Link","allowMultiple":true,"#)),
        of("HR.Employees")
            .has(&column(r#""name":"Salary","columnType":"Number","allowMultiple":false,"validationExpression":null,"minValue":0,"#))
            .has(&column(r#""name":"Full Name","columnType":"Calculated","#)),
        post("/API/ExecuteCQL")
            .form("ResultFormat=CSV&Query=CREATE TABLE [Zoo].[Made] ([A] VARCHAR(10)); ALTER TABLE [Zoo].[Made] ADD [B] FLOAT; SELECT [Json] FROM [Cinchy].[Tables] WHERE [Full Name] %3D 'Zoo.Made'")
            .bearer("admin")
            .has(&column(r#""name":"A","columnType":"Text","#))
            .has(&column(r#""name":"B","columnType":"Number","#))
            .named("after a change of the design"),
        of("Cinchy.Saved Queries").has(&column(r#""name":"Domain","columnType":"Link","#)),
    ]
}

#[tokio::test]
async fn fixed_endpoints() {
    let seed = include_str!("seed_platform.yaml");
    let backends = start_each(builder().seed_text(seed)).await;
    check(&backends, &small()).await;
    check(&backends, &webhooks()).await;
    check(&backends, &parameters()).await;
    check(&backends, &xml()).await;
    check(&backends, &table_json()).await;
}
