//! Who gets in by which credential, and what each of them sees: execute rights, hidden columns, row filters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::backends::start_on_each;
use crate::support::case::{Case, basic, check, get, post};

const BASIC: &str = "Basic realm=\"Cinchy\", charset=\"UTF-8\"";
const LIVE: &str = "pat_live_0123456789";

/// Staff: every column of every row.
const BOBS: &str = r#"{"schema":[{"columnName":"First Name","type":"String"},{"columnName":"Last Name","type":"String"},{"columnName":"Active","type":"Boolean"},{"columnName":"Level","type":"String"},{"columnName":"Salary","type":"Double"},{"columnName":"Start Date","type":"DateTime"},{"columnName":"Department","type":"String"},{"columnName":"Manager","type":"String"},{"columnName":"Skills","type":"String"}],"data":[["Ann","Lee",true,"Lead",100,"2020-01-15T00:00:00","Product",null,"Rust, SQL"],["Bob","Stone",true,"Senior",80,"2021-03-01T00:00:00","Sales","Ann Lee","SQL"],["Cid","Moore",false,"Junior",60,"2022-07-31T00:00:00","Product","Ann Lee",null],["Dee","Park",true,null,null,null,null,"Bob Stone","Welding"],["Eve",null,true,"Junior",55,"2023-09-18T00:00:00","Sales","Bob Stone",null],["Finn","O'Hara",true,"Senior",72.5,"2019-11-04T00:00:00","Product","Ann Lee","Rust"],["Gia","Rossi",true,"Lead",95,"2018-05-21T00:00:00","Legal",null,"Negotiation"],["Hugo","Blanc",true,"Junior",58,"2024-02-12T00:00:00","Legal","Gia Rossi",null],["Ida","Ng",true,"Senior",66,"2022-01-10T00:00:00","Sales","Bob Stone","Negotiation, SQL"],["Jon","Weber",false,"Junior",61,"2021-10-25T00:00:00","Sales","Bob Stone",null],["Kim","Lindqvist",true,"Senior",88,"2020-08-03T00:00:00","Product","Ann Lee","SQL, Rust, Welding"],["Lou","Adeyemi",true,"Senior",70,"2023-04-17T00:00:00","Product","Kim Lindqvist","Rust"]]}"#;

/// An outsider: three columns, without Cid and Jon, who left.
const EVES: &str = r#"{"schema":[{"columnName":"First Name","type":"String"},{"columnName":"Last Name","type":"String"},{"columnName":"Active","type":"Boolean"}],"data":[["Ann","Lee",true],["Bob","Stone",true],["Dee","Park",true],["Eve",null,true],["Finn","O'Hara",true],["Gia","Rossi",true],["Hugo","Blanc",true],["Ida","Ng",true],["Kim","Lindqvist",true],["Lou","Adeyemi",true]]}"#;

const NOTICES: &str = r#"{"schema":[{"columnName":"Title","type":"String"},{"columnName":"Body","type":"String"},{"columnName":"Published","type":"DateTime"}],"data":[["We are hiring","Two positions in Product and one in Sales.","2024-03-01T00:00:00"],["Office closed","The office is closed on the last Friday of the month.","2024-02-20T09:30:00"]]}"#;

fn count(name: &str, number: u32) -> String {
    format!(r#"{{"schema":[{{"columnName":"{name}","type":"Int32"}}],"data":[[{number}]]}}"#)
}

/// Both routes as the same user.
fn as_user(user: &'static str, password: &str, case: Case) -> Vec<Case> {
    let below_basic = case.clone().below_basic();
    let mut both = vec![case.bearer(user).named(user)];
    both.extend(below_basic.map(|case| case.basic(user, password).named(user)));
    both
}

fn rights() -> Vec<Case> {
    let denied = |path: &str, message: &str| {
        get(path)
            .is(400)
            .header("x-cinchy-error", message)
            .header_has("content-type", "text/html")
            .without("www-authenticate")
    };
    let forbidden = |path: &str| {
        get(path)
            .is(403)
            .header_has(
                "x-cinchy-error",
                "You do not have access to execute the saved query",
            )
            .header_has("x-emulator-reason", "may not execute")
            .without("www-authenticate")
    };
    let own_row = r#"{"schema":[{"columnName":"Cinchy Id","type":"Int32"},{"columnName":"First Name","type":"String"},{"columnName":"Last Name","type":"String"},{"columnName":"Full Name","type":"String"},{"columnName":"Level","type":"String"},{"columnName":"Perks","type":"String"},{"columnName":"Department","type":"String"},{"columnName":"Department Code","type":"String"},{"columnName":"Manager","type":"String"}],"data":[[2,"Bob","Stone","Bob Stone","Senior","Gym","Sales","S1","Ann Lee"]]}"#;
    let mut cases = Vec::new();
    for case in [
        get("/API/HR/Employees").gives(BOBS),
        post("/API/HR/Employees").gives(BOBS),
        get("/API/HR/Headcount").gives(&count("Headcount", 10)),
        get("/API/HR/My%20Profile").gives(own_row),
        get("/API/HR/Rich").has(r#""data":[["Ann"],["Gia"]]"#),
        get("/API/HR/Departments").has(r#""data":[["Legal"],["Product"],["Sales"]]"#),
        get("/API/HR/Employees%20by%20Department?@department=Legal")
            .has(r#""data":[[7,"Gia Rossi","L1",95,"active"],[8,"Hugo Blanc","L1",58,"active"]]"#),
        get("/API/Website/Notices").gives(NOTICES),
        forbidden("/API/Zoo/Keepers%20Only"),
        forbidden("/API/Zoo/Pia%27s"),
    ] {
        cases.extend(as_user("bob", "bob-demo-1", case));
    }
    for case in [
        get("/API/HR/Employees").gives(EVES),
        get("/API/HR/Headcount").gives(&count("Headcount", 10)),
        denied("/API/HR/Salaries", "Access denied").header_has(
            "x-emulator-reason",
            "may not view [HR].[Employees].[Salary] at line 1, column 8; add it to the Viewable Columns",
        ),
        denied("/API/HR/Rich", "Access denied"),
        denied(
            "/API/HR/Departments",
            "Access denied on table(s) Departments",
        ),
        forbidden("/API/HR/My%20Profile"),
        forbidden("/API/HR/Employees%20by%20Department?@department=Legal"),
        get("/API/Website/Notices").gives(NOTICES),
    ] {
        cases.extend(as_user("eve", "eve-demo-1", case));
    }
    for case in [
        get("/API/HR/Employees").gives(BOBS),
        get("/API/HR/Salaries").has("[100],[80]"),
        get("/API/Zoo/Keepers%20Only").gives(&count("X", 1)),
        get("/API/Zoo/Pia%27s").gives(&count("Id", 1)),
    ] {
        cases.extend(as_user("admin", "cinchy", case));
    }
    cases.extend(as_user(
        "ann",
        "ann-demo-1",
        get("/API/Zoo/Keepers%20Only").gives(&count("X", 1)),
    ));
    cases.extend(as_user(
        "robot",
        "ann-demo-1",
        get("/API/Zoo/Count").gives(&count("N", 5)),
    ));
    cases.extend(as_user(
        "Zoë",
        "ann-demo-1",
        get("/API/Zoo/Count").gives(&count("N", 5)),
    ));
    cases
}

fn anonymous() -> Vec<Case> {
    let refused = |path: &str| {
        get(path)
            .is(401)
            .header("www-authenticate", "Bearer")
            .header("x-cinchy-error", "Unauthorized")
            .header_has("content-type", "text/html")
            .header("access-control-allow-origin", "*")
            .header_has("x-emulator-reason", "Anonymous")
    };
    vec![
        get("/API/Website/Notices").gives(NOTICES),
        get("/API/Website/Notices")
            .with("content-type", "application/x-www-form-urlencoded")
            .gives(NOTICES)
            .named("as a browser app asks"),
        get("/API/Website/Notices")
            .authorization("")
            .gives(NOTICES)
            .named("an empty header"),
        refused("/API/HR/Employees"),
        refused("/API/Zoo/Pia%27s"),
        // Who may execute it still needs the columns.
        get("/API/HR/Anonymous%20Departments")
            .is(400)
            .header("x-cinchy-error", "Access denied on table(s) Departments"),
        // A token in a URL is none.
        refused(&format!("/API/HR/Employees?access_token={LIVE}")),
        get("/API/HR/Missing").is(404),
    ]
}

fn credentials() -> Vec<Case> {
    let not_utf8 = format!("Basic {}", STANDARD.encode(b"bob:\xff\xfe"));
    let no_colon = format!("Basic {}", STANDARD.encode("bob"));
    let ok = basic("bob", "bob-demo-1");
    let mut cases = Vec::new();
    // At /API, also for a query that is open to everybody: a credential that is sent must be good.
    for path in ["/API/HR/Employees", "/API/Website/Notices"] {
        for header in [
            "Bearer null",
            "bearer null",
            "Bearer undefined",
            "Bearer",
            "Bearer ",
            "Bearer x",
            "Bearer x.y.z",
            "Bearer a b",
            "Bearer ..",
            "Bearer pat_unknown",
            "Bearer pat_old_0123456789",
            "Bearer pat_gone_0123456789",
            "Basic",
            "Digest x",
            "Negotiate x",
            LIVE,
            ok.as_str(),
        ] {
            let case = get(path).authorization(header).named(header).is(401);
            cases.push(
                case.header_has("www-authenticate", "Bearer")
                    .header("x-cinchy-error", "Unauthorized")
                    .header_has("x-emulator-reason", " "),
            );
        }
        cases.push(
            get(path)
                .authorization(b"Bearer \xff\xfe".to_vec())
                .named("no text")
                .is(401),
        );
        cases.push(
            get(path)
                .authorization(format!("Bearer {}", "x".repeat(20_000)))
                .named("20,000 letters")
                .is(401),
        );
    }
    // At /BasicAuthAPI the challenge is Basic, whatever came.
    for header in [
        "",
        "Basic",
        "Basic !!!",
        "Basic YWJj",
        &no_colon,
        &not_utf8,
        &basic("w2", "ann-demo-1 "),
        &basic("bob ", "bob-demo-1"),
        &basic("", ""),
        &basic("w3", ""),
        &basic("bob%00", "x"),
        &basic("bob\0", "x"),
        &basic("nobody", "bob-demo-1"),
        &basic("w1", "bob-demo-1"),
        &basic("off", "ann-demo-1"),
        &basic("saml", "ann-demo-1"),
        &basic("blank", "ann-demo-1"),
        &basic("Anonymous", ""),
        &basic("Anonymous", "x"),
        &basic("pia", LIVE),
        &basic("", LIVE),
        "Bearer null",
        "Bearer pat_live_0123456789",
        "Digest x",
    ] {
        for path in ["/BasicAuthAPI/Zoo/Count", "/BasicAuthAPI/Website/Notices"] {
            // One wrong password for each user and no more, or the account locks.
            if path.ends_with("Notices") && !header.is_empty() && !header.starts_with("Bearer") {
                continue;
            }
            let case = get(path).authorization(header).named(header).is(401);
            cases.push(
                case.header("www-authenticate", BASIC)
                    .header("x-cinchy-error", "Unauthorized")
                    .header_has("content-type", "text/html"),
            );
        }
    }
    cases.push(
        get("/BasicAuthAPI/Zoo/Count")
            .is(401)
            .header("www-authenticate", BASIC),
    );
    // Good ones.
    let good = count("N", 5);
    let unpadded = ok.trim_end_matches('=').to_owned();
    for header in [
        ok.clone(),
        ok.replace("Basic", "basic"),
        ok.replace("Basic ", "BASIC  "),
        unpadded,
        basic("BOB", "bob-demo-1"),
    ] {
        cases.push(
            get("/BasicAuthAPI/Zoo/Count")
                .authorization(header.as_str())
                .named(&header)
                .gives(&good),
        );
    }
    cases.push(
        get("/API/Zoo/Count")
            .authorization(format!("bearer {LIVE}"))
            .named("a PAT")
            .gives(&good),
    );
    cases.push(
        get("/API/Zoo/Count")
            .authorization(format!("Bearer   {LIVE} "))
            .named("a PAT and blanks")
            .gives(&good),
    );
    cases.push(
        get("/API/Zoo/Pia%27s")
            .bearer_text(LIVE)
            .named("a PAT")
            .has("\"columnName\":\"Id\""),
    );
    cases.push(get("/API/Zoo/Keepers%20Only").bearer_text(LIVE).is(403));
    cases
}

#[tokio::test]
async fn rights_on_rows_and_columns() {
    check(&start_on_each(|_| {}).await, &rights()).await;
}

#[tokio::test]
async fn without_a_credential() {
    check(&start_on_each(|_| {}).await, &anonymous()).await;
}

#[tokio::test]
async fn credentials_good_and_bad() {
    check(&start_on_each(|_| {}).await, &credentials()).await;
}
