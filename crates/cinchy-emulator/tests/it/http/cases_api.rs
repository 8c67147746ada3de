//! Saved queries: how they are found, their parameters, and the exact bytes of each format.

use crate::support::backends::start_on_each;
use crate::support::case::{Case, check, get, post};

const JSON: &str = "application/json; charset=utf-8";

/// Every column type, NULL, empty text, quotes, line breaks, more than ASCII.
const ALL: &str = r#"{"schema":[{"columnName":"Cinchy Id","type":"Int32"},{"columnName":"Name","type":"String"},{"columnName":"Weight","type":"Double"},{"columnName":"Born","type":"DateTime"},{"columnName":"Wild","type":"Boolean"},{"columnName":"Diet","type":"String"},{"columnName":"Habits","type":"String"},{"columnName":"Photo","type":"Byte[]"},{"columnName":"Kind","type":"String"},{"columnName":"Friends","type":"String"},{"columnName":"Label","type":"String"}],"data":[[1,"Ä \"quoted\", <b>&amp;</b>\n2nd line\ttab \\",0.1,"2024-02-29T23:59:58",true,"Meat","Swims, \"Digs, deep\"","AAECAw==","Cat","\"Tom, Jr.\", 日本 🦊","Ä \"quoted\", <b>&amp;</b>\n2nd line\ttab \\/Meat"],[2,"",-1234567.5,"1999-12-31T00:00:00",false,"Plants","Sleeps",null,"O'Dog, Sr.",null,"/Plants"],[3,null,null,null,null,null,null,null,null,null,"/"],[4,"日本 🦊",1000000000000,null,null,null,null,null,"Cat",null,"日本 🦊/"],[5,"Tom, Jr.",4,null,null,null,null,null,null,"日本 🦊","Tom, Jr./"]]}"#;

const ALL_EXPANDED: &str = r#"[{"Cinchy Id":1,"Name":"Ä \"quoted\", <b>&amp;</b>\n2nd line\ttab \\","Weight":0.1,"Born":"2024-02-29T23:59:58","Wild":true,"Diet":"Meat","Habits":"Swims, \"Digs, deep\"","Photo":"AAECAw==","Kind":"Cat","Friends":"\"Tom, Jr.\", 日本 🦊","Label":"Ä \"quoted\", <b>&amp;</b>\n2nd line\ttab \\/Meat"},{"Cinchy Id":2,"Name":"","Weight":-1234567.5,"Born":"1999-12-31T00:00:00","Wild":false,"Diet":"Plants","Habits":"Sleeps","Photo":null,"Kind":"O'Dog, Sr.","Friends":null,"Label":"/Plants"},{"Cinchy Id":3,"Name":null,"Weight":null,"Born":null,"Wild":null,"Diet":null,"Habits":null,"Photo":null,"Kind":null,"Friends":null,"Label":"/"},{"Cinchy Id":4,"Name":"日本 🦊","Weight":1000000000000,"Born":null,"Wild":null,"Diet":null,"Habits":null,"Photo":null,"Kind":"Cat","Friends":null,"Label":"日本 🦊/"},{"Cinchy Id":5,"Name":"Tom, Jr.","Weight":4,"Born":null,"Wild":null,"Diet":null,"Habits":null,"Photo":null,"Kind":null,"Friends":"日本 🦊","Label":"Tom, Jr./"}]"#;

const ALL_CSV: &str = "Cinchy Id,Name,Weight,Born,Wild,Diet,Habits,Photo,Kind,Friends,Label\r\n\
    1,\"Ä \"\"quoted\"\", <b>&amp;</b>\n2nd line\ttab \\\",0.1,\"2024-02-29 23:59:58\",\"True\",\"Meat\",\"Swims, \"\"Digs, deep\"\"\",\"AAECAw==\",\"Cat\",\"\"\"Tom, Jr.\"\", 日本 🦊\",\"Ä \"\"quoted\"\", <b>&amp;</b>\n2nd line\ttab \\/Meat\"\r\n\
    2,\"\",-1234567.5,\"1999-12-31 00:00:00\",\"False\",\"Plants\",\"Sleeps\",\"\",\"O'Dog, Sr.\",\"\",\"/Plants\"\r\n\
    3,\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"/\"\r\n\
    4,\"日本 🦊\",1000000000000,\"\",\"\",\"\",\"\",\"\",\"Cat\",\"\",\"日本 🦊/\"\r\n\
    5,\"Tom, Jr.\",4,\"\",\"\",\"\",\"\",\"\",\"\",\"日本 🦊\",\"Tom, Jr./\"\r\n";

const TWO_ROWS: &str = r#"{"schema":[{"columnName":"Cinchy Id","type":"Int32"},{"columnName":"Diet","type":"String"}],"data":[[1,"Meat"],[2,"Plants"]]}"#;
const ONE_ROW: &str = r#"{"schema":[{"columnName":"Cinchy Id","type":"Int32"},{"columnName":"Diet","type":"String"}],"data":[[1,"Meat"]]}"#;

/// A body of `multipart/form-data`.
fn parts(boundary: &str, fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(name, value)| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    });
    format!("{}--{boundary}--\r\n", fields.collect::<String>())
}

fn json(path: &str, body: &str) -> Case {
    get(path).gives(body).header("content-type", JSON)
}

fn formats() -> Vec<Case> {
    let csv = |path: &str, body: &str| {
        get(path)
            .gives(body)
            .header("content-type", "text/csv; charset=utf-8")
    };
    vec![
        json("/API/Zoo/All", ALL)
            .header("access-control-allow-origin", "*")
            .header("cache-control", "private, s-maxage=0")
            .without("x-cinchy-error")
            .without("x-emulator-reason"),
        json("/API/Zoo/All?CompressJSON=true&ResultFormat=JSON", ALL),
        json("/API/Zoo/All?compressjson=FALSE", ALL_EXPANDED),
        json(
            "/API/Zoo/All?CompressJSON=0&resultformat=json",
            ALL_EXPANDED,
        ),
        csv("/API/Zoo/All?ResultFormat=CSV", ALL_CSV),
        csv("/API/Zoo/All?Resultformat=csv", ALL_CSV),
        get("/API/Zoo/One?ResultFormat=TSV").gives("Cinchy Id\tDiet\r\n1\t\"Meat\"\r\n"),
        get("/API/Zoo/One?ResultFormat=PSV").gives("Cinchy Id|Diet\r\n1|\"Meat\"\r\n"),
        get("/API/Zoo/One?ResultFormat=DELIMITED_FILE&Delimiter=%3B")
            .gives("Cinchy Id;Diet\r\n1;\"Meat\"\r\n"),
        // One record alone.
        json(
            "/API/Zoo/One?CompressJSON=false",
            r#"[{"Cinchy Id":1,"Diet":"Meat"}]"#,
        ),
        json(
            "/API/Zoo/One?CompressJSON=false&WrapSingleRecordInArray=false",
            r#"{"Cinchy Id":1,"Diet":"Meat"}"#,
        ),
        json(
            "/API/Zoo/One?CompressJSON=false&WrapSingleRecordInArray=true",
            r#"[{"Cinchy Id":1,"Diet":"Meat"}]"#,
        ),
        json("/API/Zoo/One?WrapSingleRecordInArray=false", ONE_ROW),
        json(
            "/API/Zoo/As%20Objects?WrapSingleRecordInArray=false",
            r#"[{"Cinchy Id":1,"Diet":"Meat"},{"Cinchy Id":2,"Diet":"Plants"}]"#,
        ),
        // None at all.
        json(
            "/API/Zoo/None",
            r#"{"schema":[{"columnName":"Cinchy Id","type":"Int32"},{"columnName":"Diet","type":"String"}],"data":[]}"#,
        ),
        json(
            "/API/Zoo/None?CompressJSON=false&WrapSingleRecordInArray=false",
            "[]",
        ),
        csv("/API/Zoo/None?ResultFormat=CSV", "Cinchy Id,Diet\r\n"),
        // What the query stores, and the request over it.
        csv(
            "/API/Zoo/As%20CSV",
            "Cinchy Id,Diet\r\n1,\"Meat\"\r\n2,\"Plants\"\r\n",
        ),
        json("/API/Zoo/As%20CSV?ResultFormat=JSON", TWO_ROWS),
        json(
            "/API/Zoo/As%20Objects",
            r#"[{"Cinchy Id":1,"Diet":"Meat"},{"Cinchy Id":2,"Diet":"Plants"}]"#,
        ),
        json("/API/Zoo/As%20Objects?CompressJSON=True", TWO_ROWS),
        json(
            "/API/Zoo/Count",
            r#"{"schema":[{"columnName":"N","type":"Int32"}],"data":[[5]]}"#,
        ),
        // A part of the rows.
        json(
            "/API/Zoo/As%20Objects?StartRow=1",
            r#"[{"Cinchy Id":2,"Diet":"Plants"}]"#,
        ),
        json(
            "/API/Zoo/As%20Objects?RowCount=1",
            r#"[{"Cinchy Id":1,"Diet":"Meat"}]"#,
        ),
        json(
            "/API/Zoo/As%20Objects?startrow=0&ROWCOUNT=5",
            r#"[{"Cinchy Id":1,"Diet":"Meat"},{"Cinchy Id":2,"Diet":"Plants"}]"#,
        ),
        json(
            "/API/Zoo/As%20Objects?StartRow=1&RowCount=1",
            r#"[{"Cinchy Id":2,"Diet":"Plants"}]"#,
        ),
        json("/API/Zoo/As%20Objects?StartRow=7", "[]"),
        json("/API/Zoo/As%20Objects?RowCount=0", "[]"),
        csv(
            "/API/Zoo/As%20CSV?StartRow=1&RowCount=1",
            "Cinchy Id,Diet\r\n2,\"Plants\"\r\n",
        ),
    ]
}

fn bad_options() -> Vec<Case> {
    [
        ("ResultFormat=YAML", "ResultFormat `YAML`"),
        ("ResultFormat=PROTOBUF", "not supported"),
        ("ResultFormat=DELIMITED_FILE&Delimiter=ab", "Delimiter"),
        ("CompressJSON=maybe", "compressjson"),
        ("StartRow=-1", "startrow"),
        ("StartRow=x", "startrow"),
        ("RowCount=1.5", "rowcount"),
        ("RowCount=99999999999999999999999", "rowcount"),
    ]
    .map(|(query, part)| {
        get(&format!("/API/Zoo/One?{query}"))
            .is(400)
            .header_has("x-cinchy-error", part)
            .header_has("content-type", "text/html")
    })
    .into()
}

fn names() -> Vec<Case> {
    let one = |path: &str| json(path, ONE_ROW);
    let up =
        r#"{"schema":[{"columnName":"Text","type":"String"}],"data":[["one"],["two"],["three"]]}"#;
    let missing = |path: &str, name: &str| {
        get(path)
            .is(404)
            .header(
                "x-cinchy-error",
                &format!("Saved query {name} could not be found"),
            )
            .header_has("content-type", "text/html")
    };
    vec![
        one("/API/Zoo/One"),
        one("/api/zoo/one"),
        one("/aPi/ZOO/ONE"),
        one("//API//Zoo//One"),
        one("/API/Zoo/One/"),
        one("/Cinchy/API/Zoo/One"),
        one("/cinchy/api/zoo/one"),
        one("//Cinchy//API/Zoo/One"),
        one("/API/v1.0/Zoo/One"),
        one("/API/%5Aoo/%4fne"),
        post("/API/Zoo/One")
            .gives(ONE_ROW)
            .named("POST without a body"),
        post("/API/Zoo/One")
            .form("")
            .gives(ONE_ROW)
            .named("POST with an empty form"),
        json("/API/R%26D%20%2F%20Ops/What%27s%20+50%25%20up%3F", up),
        json("/API/r%26d%20%2f%20ops/what's%20%2B50%25%20UP%3F", up),
        missing("/API/Zoo/Missing", "Zoo/Missing"),
        missing("/API/Missing/One", "Missing/One"),
        missing("/API/Zoo/One%20", "Zoo/One "),
        missing("/API/Zoo/One%00", "Zoo/One%00"),
        missing("/API/Zoo/%FF", "Zoo/%EF%BF%BD"),
        missing("/API/Zoo/K%C3%A4fer", "Zoo/K%C3%A4fer"),
        missing("/API/Zoo/%3Cb%3E", "Zoo/<b>").has("&lt;b&gt;"),
        missing(
            "/API/R%26D%20%2F%20Ops/What%27s%20%2050%25%20up%3F",
            "R&D / Ops/What's  50% up?",
        ),
        get("/API/Zoo").is(404),
        get("/API").is(404),
    ]
}

fn parameters() -> Vec<Case> {
    let echo = |a: &str, b: &str| {
        format!(
            r#"{{"schema":[{{"columnName":"A","type":"String"}},{{"columnName":"B","type":"String"}}],"data":[[{a},{b}]]}}"#
        )
    };
    let ids = |ids: &str| {
        format!(r#"{{"schema":[{{"columnName":"Cinchy Id","type":"Int32"}}],"data":[{ids}]}}"#)
    };
    let form =
        |body: &str, expected: &str| post("/API/Zoo/Echo").form(body).named(body).gives(expected);
    let wrong = |path: &str, message: &str| get(path).is(400).header("x-cinchy-error", message);
    vec![
        json("/API/Zoo/Echo?%40a=1&%40b=x", &echo(r#""1""#, r#""x""#)),
        json("/API/Zoo/Echo?@a=1&@b=x", &echo(r#""1""#, r#""x""#)),
        json("/API/Zoo/Echo?@A=1&%40B=x", &echo(r#""1""#, r#""x""#)),
        json("/API/Zoo/Echo?@a=&@b", &echo(r#""""#, r#""""#)),
        json("/API/Zoo/Echo?@a=1&@a=2&@b=x", &echo(r#""2""#, r#""x""#)),
        json(
            "/API/Zoo/Echo?@a=%C3%84+%22%26%27&@b=%F0%9F%A6%8A",
            &echo(r#""Ä \"&'""#, r#""🦊""#),
        ),
        json("/API/Zoo/Echo?@a=1&@b=2&@c=3", &echo(r#""1""#, r#""2""#)),
        json(
            "/API/Zoo/Echo?@a=%27%3B%20DROP%20TABLE%20users%3B--&@b=x",
            &echo(r#""'; DROP TABLE users;--""#, r#""x""#),
        ),
        form(
            "%40a=Toronto+%26+O%27Hare+%281%29&%40b=null",
            &echo(r#""Toronto & O'Hare (1)""#, r#""null""#),
        ),
        form("@a=1&@b=2", &echo(r#""1""#, r#""2""#)),
        post("/API/Zoo/Echo?@a=query&@b=query")
            .form("@b=form")
            .gives(&echo(r#""query""#, r#""form""#)),
        post("/API/Zoo/Echo")
            .body("application/json", r#"{"@a": "x", "@b": 1.5}"#)
            .gives(&echo(r#""x""#, r#""1.5""#))
            .named("JSON"),
        post("/API/Zoo/Echo")
            .body("", "@a=1&@b=2")
            .gives(&echo(r#""1""#, r#""2""#))
            .named("no content type"),
        post("/API/Zoo/Echo")
            .body(
                "multipart/form-data; boundary=\"x y\"",
                parts("x y", &[("@a", "Ä\r\n--x"), ("@b", "")]),
            )
            .gives(&echo(r#""Ä\r\n--x""#, r#""""#))
            .named("parts"),
        post("/API/Zoo/Echo")
            .body(
                "multipart/form-data; boundary=x",
                parts("x", &[("@a", &"m".repeat(200_000)), ("@b", "2")]),
            )
            .gives(&echo(&format!("\"{}\"", "m".repeat(200_000)), r#""2""#))
            .named("a large part"),
        post("/API/Zoo/Echo")
            .body(
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=\"@a\"\r\n\r\n1",
            )
            .is(400)
            .header_has("x-cinchy-error", "multipart/form-data")
            .named("parts without an end"),
        post("/API/Zoo/Echo")
            .body("multipart/form-data", "@a=1")
            .is(400)
            .header_has("x-cinchy-error", "multipart/form-data")
            .named("parts without a boundary"),
        post("/API/Zoo/Echo")
            .body("application/json", "[1]")
            .is(400)
            .header_has("x-cinchy-error", "JSON")
            .named("a JSON list"),
        post("/API/Zoo/Echo")
            .body("application/json", "{")
            .is(400)
            .header_has("x-cinchy-error", "JSON")
            .named("half of JSON"),
        json("/API/Zoo/By%20Diet?@diet=Meat", &ids("[1]")),
        json("/API/Zoo/By%20Diet?@diet=meat", &ids("")).named("texts compare letter for letter"),
        json("/API/Zoo/By%20Diet?@diet=Fish", &ids("")),
        json("/API/Zoo/By%20Weight?@weight=0", &ids("[1],[4],[5]")),
        json("/API/Zoo/By%20Weight?@weight=-1e7", &ids("[1],[2],[4],[5]")),
        json("/API/Zoo/By%20Weight?@weight=", &ids("")).named("an empty text is no number: NULL"),
        json(
            "/API/Zoo/Any%20Table?{0}=Zoo&{1}=Animals",
            r#"{"schema":[{"columnName":"N","type":"Int32"}],"data":[[5]]}"#,
        ),
        json(
            "/API/Zoo/Any%20Table?%7B0%7D=Zoo&%7B1%7D=Kinds",
            r#"{"schema":[{"columnName":"N","type":"Int32"}],"data":[[2]]}"#,
        ),
        wrong(
            "/API/Zoo/Any%20Table?%7B0%7D=Zoo&%7B1%7D=Nothing",
            "Table Nothing in domain Zoo could not be found",
        ),
        wrong("/API/Zoo/Echo", "Must declare the scalar variable \"@a\"."),
        wrong(
            "/API/Zoo/Echo?@a=1",
            "Must declare the scalar variable \"@b\".",
        ),
        wrong(
            "/API/Zoo/Echo?a=1&b=2",
            "Must declare the scalar variable \"@a\".",
        ),
        wrong(
            "/API/Zoo/By%20Weight?@weight=heavy",
            "Error converting data type varchar to float.",
        ),
        get("/API/Zoo/Echo?@a=%00&@b=x")
            .is(400)
            .header_has("x-cinchy-error", "U+0000"),
        get("/API/Zoo/Echo?@a=%FF&@b=x").has("\u{fffd}"),
        get("/API/Zoo/Broken")
            .is(400)
            .header_has("x-cinchy-error", "line 2, column 6"),
        wrong(
            "/API/Zoo/Lost%20Column",
            "Column [Wings] could not be found",
        ),
        wrong(
            "/API/Zoo/Lost%20Table",
            "Table Unicorns in domain Zoo could not be found",
        ),
        post("/API/Zoo/Echo")
            .form(vec![b'x'; 9 << 20])
            .is(400)
            .header_has("x-cinchy-error", "body")
            .named("9 MB"),
    ]
}

/// The same bytes with a token and with a password.
fn both_routes(cases: Vec<Case>) -> Vec<Case> {
    let mut both = Vec::new();
    for case in cases {
        both.push(case.clone().bearer("ann"));
        both.extend(
            case.below_basic()
                .map(|case| case.basic("ann", "ann-demo-1")),
        );
    }
    both
}

#[tokio::test]
async fn saved_queries() {
    let backends = start_on_each(|_| {}).await;
    check(&backends, &both_routes(formats())).await;
    check(&backends, &both_routes(bad_options())).await;
    check(&backends, &both_routes(names())).await;
    check(&backends, &both_routes(parameters())).await;
}
