//! `/API/ExecuteCQL`: what a caller's own CQL gives, and the exact texts of what it may not.

use serde_json::json;

use crate::support::backends::start_on_each;
use crate::support::case::{Case, check, get, post};

const EXECUTE: &str = "/API/ExecuteCQL";

/// Encodes the pairs of a form.
pub(super) fn encoded(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        let mut out = String::new();
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

pub(super) fn cql(text: &str) -> Case {
    with(text, &[])
}

pub(super) fn with(text: &str, more: &[(&str, &str)]) -> Case {
    let mut pairs = vec![("Query", text), ("CompressJSON", "false")];
    pairs.extend(more);
    post(EXECUTE).form(encoded(&pairs)).named(text)
}

fn rows() -> Vec<Case> {
    let skills = r#"{"schema":[{"columnName":"Name","type":"String"}],"data":[["Negotiation"],["Rust"],["SQL"],["Welding"]]}"#;
    let text = "SELECT [Name] FROM [HR].[Skills] WHERE [Deleted] IS NULL ORDER BY [Name]";
    vec![
        post(EXECUTE).form(encoded(&[("Query", text)])).gives(skills).named("a form"),
        post("/api/executecql").form(encoded(&[("query", text), ("TYPE", "Query")])).gives(skills).named("other letters"),
        post(&format!("{EXECUTE}?{}", encoded(&[("Query", text)]))).gives(skills).named("the query string"),
        get(&format!("{EXECUTE}?{}", encoded(&[("Query", text)]))).gives(skills).named("GET"),
        post(EXECUTE).body("application/json", json!({"Query": text}).to_string()).gives(skills).named("JSON"),
        with(text, &[("CompressJSON", "True"), ("Type", "DRAFT_QUERY")]).gives(skills),
        with(text, &[("ResultFormat", "CSV")]).gives("Name\r\n\"Negotiation\"\r\n\"Rust\"\r\n\"SQL\"\r\n\"Welding\"\r\n"),
        with(text, &[("ResultFormat", "DELIMITED_FILE"), ("Delimiter", "|"), ("StartRow", "1"), ("RowCount", "2")])
            .gives("Name\r\n\"Rust\"\r\n\"SQL\"\r\n"),
        // A Single has the digits that 32 bits have.
        with("SELECT CAST(0.1 AS REAL) AS a, CAST(2 AS FLOAT(24)) / 3 AS b, CAST(0.1 AS FLOAT) AS c, CAST(1e30 AS REAL) AS d", &[("ResultFormat", "CSV")])
            .gives("a,b,c,d\r\n0.1,0.6666667,0.1,1e+30\r\n"),
        with(text, &[("SchemaOnly", "true"), ("CompressJSON", "true")])
            .gives(r#"{"schema":[{"columnName":"Name","type":"String"}],"data":[]}"#),
        with("SELECT COUNT(*) AS 'N' FROM [HR].[Employees]", &[("Type", "SCALAR")]).gives(r#"[{"N":12}]"#),
        cql("SELECT TOP 2 e.[First Name], e.[Department].[Code] FROM [HR].[Employees] e WHERE e.[Salary] BETWEEN 60 AND 70 AND e.[Level] IN ('Senior', 'Junior') ORDER BY e.[Salary] DESC, 1")
            .gives(r#"[{"First Name":"Lou","Code":"P1"},{"First Name":"Ida","Code":"S1"}]"#),
        cql("SELECT [First Name] FROM [HR].[Employees] WHERE ([Last Name] LIKE 'L%' OR [Last Name] IS NULL) AND NOT [First Name] = 'Kim' ORDER BY 1")
            .gives(r#"[{"First Name":"Ann"},{"First Name":"Eve"}]"#),
        cql("SELECT [Full Name], [Department Code] FROM [HR].[Employees] WHERE [Cinchy Id] = 6")
            .gives(r#"[{"Full Name":"Finn O'Hara","Department Code":"P1"}]"#),
        cql("SELECT CASE WHEN [Active] = 1 THEN 'in' ELSE 'out' END AS 'S', ISNULL([Salary], -1) AS 'P' FROM [HR].[Employees] WHERE [Cinchy Id] IN (3, 4) ORDER BY [Cinchy Id]")
            .gives(r#"[{"S":"out","P":60},{"S":"in","P":-1}]"#),
        cql("SELECT currentUserId() AS 'Me'").gives(r#"[{"Me":2}]"#),
        cql("SELECT 'it''s' AS 'A', N'Ä🦊' AS 'B', 1.5 AS 'C', NULL AS 'D'").gives(r#"[{"A":"it's","B":"Ä🦊","C":1.5,"D":null}]"#),
    ]
}

fn typed_parameters() -> Vec<Case> {
    let one = |n: u32, value: &'static str, kind: &'static str| {
        vec![
            (format!("Parameters[{n}].ParameterName"), "@p"),
            (format!("Parameters[{n}].XmlSerializedValue"), value),
            (format!("Parameters[{n}].ValueType"), kind),
        ]
    };
    let echo = |n: u32, value: &'static str, kind: &'static str, text: &str| {
        let pairs = one(n, value, kind);
        let mut borrowed: Vec<(&str, &str)> = vec![("Query", text), ("CompressJSON", "false")];
        borrowed.extend(pairs.iter().map(|(name, value)| (name.as_str(), *value)));
        post(EXECUTE)
            .form(encoded(&borrowed))
            .named(&format!("{text} {value} {kind}"))
    };
    let p = "SELECT @p AS 'P'";
    vec![
        echo(0, "Toronto & O'Hare", "System.String", p).gives(r#"[{"P":"Toronto & O'Hare"}]"#),
        echo(7, "2.5", "System.Double", p).gives(r#"[{"P":2.5}]"#),
        echo(1, "5", "System.Double", p).gives(r#"[{"P":5}]"#),
        echo(0, "5", "System.Int32", p).gives(r#"[{"P":5}]"#),
        echo(0, "true", "System.Boolean", p).gives(r#"[{"P":true}]"#),
        echo(0, "", "System.Double", p).gives(r#"[{"P":null}]"#),
        echo(
            0,
            "5",
            "System.Double",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Cinchy Id] = @p",
        )
        .gives(r#"[{"First Name":"Eve"}]"#),
        echo(0, "x", "System.Int32", p)
            .is(400)
            .header_has("x-cinchy-error", "@p"),
        echo(0, "x", "System.Thing", p)
            .is(400)
            .header_has("x-cinchy-error", "System.Thing"),
        echo(0, "maybe", "System.Boolean", p)
            .is(400)
            .header_has("x-cinchy-error", "@p"),
    ]
}

fn refusals() -> Vec<Case> {
    let wrong = |text: &str, message: &str| {
        cql(text)
            .is(400)
            .header("x-cinchy-error", message)
            .header_has("content-type", "text/html")
            .header_has("access-control-expose-headers", "X-Cinchy-Error")
    };
    let about = |text: &str, part: &str| cql(text).is(400).header_has("x-cinchy-error", part);
    vec![
        wrong(
            "SELECT [Wings] FROM [HR].[Employees]",
            "Column [Wings] could not be found",
        ),
        wrong(
            "SELECT e.[Name] FROM [HR].[Employees] e",
            "Column [Name] could not be found",
        ),
        wrong(
            "SELECT [Department].[Wings] FROM [HR].[Employees]",
            "Column [Wings] could not be found",
        ),
        wrong(
            "SELECT [First Name] FROM [HR].[Employees] WHERE [A]]B] = 1",
            "Column [A]B] could not be found",
        ),
        wrong(
            "SELECT [Käfer] FROM [HR].[Employees]",
            "Column [K%C3%A4fer] could not be found",
        ),
        wrong(
            "SELECT 1 FROM [HR].[Unicorns]",
            "Table Unicorns in domain HR could not be found",
        ),
        wrong(
            "SELECT 1 FROM [Nowhere].[Employees]",
            "Table Employees in domain Nowhere could not be found",
        ),
        wrong(
            "SELECT @nope AS 'N'",
            "Must declare the scalar variable \"@nope\".",
        ),
        wrong("SELECT 1/0 AS 'N'", "Divide by zero error encountered."),
        wrong(
            "SELECT [Salary] / ([Salary] - [Salary]) AS 'N' FROM [HR].[Employees]",
            "Divide by zero error encountered.",
        ),
        about("SELEC 1", "line 1, column 1"),
        about("SELECT 1\nFROM\n  WHERE 1 = 1", "line 3, column 3"),
        about("SELECT 'ä' AS 'B', )", "line 1, column 20"),
        about("SELECT 'open", "line 1"),
        about("SELECT (1", "near the end of the text"),
        about("", "query is empty"),
        about("   ", "query is empty"),
        about("SELECT 1 AS 'N' FOR XML AUTO", "line 1, column"),
        about("GRANT ALL ON [HR].[Skills] TO bob", "line 1, column"),
        about("SELECT 1; DROP TABLE users", " "),
        about(
            &format!("SELECT {}1{}", "(".repeat(3000), ")".repeat(3000)),
            "nested too deeply",
        ),
        with("SELECT 1", &[("Type", "NONSENSE")])
            .is(400)
            .header_has("x-cinchy-error", "NONSENSE"),
        post(EXECUTE)
            .is(400)
            .header_has("x-cinchy-error", "Query")
            .named("nothing"),
    ]
}

fn rights() -> Vec<Case> {
    let eve = |text: &str| cql(text).bearer("eve");
    let denied = |text: &str, message: &str| eve(text).is(400).header("x-cinchy-error", message);
    let unauthorized = |case: Case| {
        case.is(401)
            .header("www-authenticate", "Bearer")
            .header("x-cinchy-error", "Unauthorized")
    };
    vec![
        eve("SELECT [First Name], [Salary], [Active] FROM [HR].[Employees] WHERE [Cinchy Id] < 5 ORDER BY [Cinchy Id]")
            .gives(r#"[{"First Name":"Ann","Active":true},{"First Name":"Bob","Active":true},{"First Name":"Dee","Active":true}]"#),
        denied("SELECT [Salary] FROM [HR].[Employees]", "Access denied"),
        denied("SELECT [First Name] FROM [HR].[Employees] WHERE [Salary] > 1", "Access denied"),
        denied("SELECT [First Name] FROM [HR].[Employees] ORDER BY [Salary]", "Access denied"),
        denied("SELECT [Full Name] FROM [HR].[Employees]", "Access denied"),
        denied("SELECT [Name] FROM [HR].[Departments]", "Access denied on table(s) Departments"),
        denied("SELECT [First Name] FROM [HR].[Employees] WHERE [Department].[Name] = 'Sales'", "Access denied"),
        // Rights come before what exists: a hidden table's columns are not told.
        denied("SELECT [Client Id] FROM [Cinchy].[Integrated Clients]", "Access denied on table(s) Integrated Clients"),
        // A saved query shows it; the caller's own CQL needs Direct Query.
        cql("SELECT [Title] FROM [Website].[Notices]").bearer("bob").is(400).header_has("x-cinchy-error", "Access denied"),
        cql("SELECT [Username], [Password] FROM [Cinchy].[Users] WHERE [Username] = 'ann'").bearer("admin")
            .gives(r#"[{"Username":"ann","Password":null}]"#),
        cql("SELECT [Client Id], [Guid] FROM [Cinchy].[Integrated Clients] WHERE [Client Id] = 'app'").bearer("admin")
            .gives(r#"[{"Client Id":"app","Guid":"app-secret"}]"#),
        cql("SELECT [Salary] FROM [HR].[Employees] WHERE [Cinchy Id] = 1").bearer_text("pat_live_0123456789")
            .gives(r#"[{"Salary":100}]"#),
        unauthorized(cql("SELECT 1 AS 'N'").named("Anonymous")),
        unauthorized(cql("SELECT 1 AS 'N'").bearer_text("null")),
        unauthorized(cql("SELECT 1 AS 'N'").basic("bob", "bob-demo-1")),
    ]
}

#[tokio::test]
async fn own_cql() {
    let backends = start_on_each(|_| {}).await;
    for cases in [rows(), typed_parameters(), refusals()] {
        let cases: Vec<Case> = cases.into_iter().map(|case| case.bearer("ann")).collect();
        check(&backends, &cases).await;
    }
    check(&backends, &rights()).await;
}
