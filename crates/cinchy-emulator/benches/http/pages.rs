//! How long the server takes for pages of the console, where there are a thousand clients and a hundred thousand rows.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::report::{Goal, Report, median, millis};
use crate::server::{Server, Start};
use crate::{Bench, postgres, raw, seed};

/// Integrated clients.
const CLIENTS: usize = 1_000;
/// Rows of the table that the reader sees.
const ROWS: usize = 100_000;
/// No page takes longer (decided).
const MOST: f64 = 50.0;

/// Pages of the table, by what follows its address.
const OF_THE_TABLE: [(&str, &str); 12] = [
    ("rows", ""),
    ("rows, page 2,000", "?page=2000"),
    ("rows by a text", "?sort=-Name"),
    ("rows by a number, the last shown", "?sort=-Salary&page=200"),
    ("rows by a date", "?sort=Started"),
    ("rows that hold a text, one", "?q=number+99999"),
    ("rows that hold a text, none", "?q=nowhere"),
    ("rows that hold a text, all", "?q=person&page=3"),
    ("rows with a value", "?by=City&how=is&value=Toronto&page=2"),
    (
        "rows with a value by another",
        "?by=City&how=is&value=Toronto&sort=-Name",
    ),
    ("a row", "/rows/50000"),
    ("a row's history", "/rows/50000/history"),
];

/// Pages of the console.
const OTHERS: [(&str, &str); 12] = [
    ("overview", "/admin"),
    ("clients", "/admin/clients"),
    (
        "clients, the last by name",
        "/admin/clients?page=20&sort=-name",
    ),
    ("clients that hold a text", "/admin/clients?q=client-77"),
    ("a client", "/admin/clients/500"),
    ("a client's token", "/admin/clients/500/evaluate"),
    ("users", "/admin/users"),
    ("tables", "/admin/tables"),
    ("saved queries", "/admin/queries"),
    ("a new query", "/admin/queries/new"),
    ("requests", "/admin/requests"),
    ("emulator", "/admin/emulator"),
];

/// Measures them on SQLite, and on PostgreSQL where there is a server.
///
/// # Errors
/// A server that does not start, or a page that is refused.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let file = bench.folder.path().join("pages.json");
    let hashes = raw::hash_all(&[seed::password(0)])?;
    let mut seed: Value = serde_json::from_str(&seed::text(ROWS, &hashes))?;
    seed["clients"]
        .as_array_mut()
        .context("the seed has clients")?
        .extend((1..CLIENTS).map(client));
    std::fs::write(&file, seed.to_string())?;
    let start = Start {
        seed: Some(file),
        workers: 2,
        ..Start::default()
    };
    on(bench, report, "SQLite", &start)?;
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("no TEST_DATABASE_URL: PostgreSQL is left out");
        return Ok(());
    };
    let scratch = postgres::Scratch::create(&url)?;
    let start = Start {
        database: Some(scratch.url.clone()),
        ..start
    };
    on(bench, report, "PostgreSQL", &start)
}

fn client(number: usize) -> Value {
    json!({
        "clientId": format!("client-{number}"),
        "clientName": format!("Client number {number} of a large company"),
        "grantType": ["Authorization Code", "Implicit"],
        "redirectUrls": [format!("https://app-{number}.example.test/callback")],
        "scopes": ["js_api", "openid", "id", "profile", "email", "roles", "offline_access"],
        "secret": format!("secret-of-client-{number}-0000-0000-0000"),
    })
}

fn on(bench: &Bench, report: &mut Report, database: &str, start: &Start) -> anyhow::Result<()> {
    let server = Server::start(start)?;
    if let Some(url) = &start.database {
        postgres::analyze(url)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut admin = Visitor::signed_in(&server, "admin", "cinchy").await?;
        let list = admin.open("/admin/tables").await?;
        let table = list
            .split(">People</a>")
            .next()
            .and_then(|before| before.rsplit("href=\"").next())
            .and_then(|href| href.split('"').next())
            .context("the list of tables has the table")?
            .to_owned();
        let rows = OF_THE_TABLE.map(|(what, rest)| (what, format!("{table}{rest}")));
        let others = OTHERS.map(|(what, path)| (what, path.to_owned()));
        let mut reader = Visitor::signed_in(&server, seed::READER, &seed::password(0)).await?;
        for (who, visitor, pages) in [
            (
                "",
                &mut admin,
                [rows.as_slice(), others.as_slice()].concat(),
            ),
            (", of a row filter", &mut reader, rows.to_vec()),
        ] {
            for (what, path) in pages {
                let mut times = Vec::new();
                for _ in 0..bench.rounds * 5 {
                    let began = Instant::now();
                    visitor.open(&path).await?;
                    times.push(millis(began.elapsed()));
                }
                let what = format!("{what}{who}, {database}");
                report.add(&what, median(&times), "ms", Goal::AtMost(MOST));
            }
        }
        anyhow::Ok(())
    })
}

/// A browser without scripts.
struct Visitor {
    http: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// Signs in where the console sends a stranger to.
    async fn signed_in(server: &Server, user: &str, password: &str) -> anyhow::Result<Self> {
        let mut visitor = Self {
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            base: format!("http://{}", server.address),
            cookies: BTreeMap::new(),
        };
        let login = visitor.open("/admin").await?;
        // The first form of the page: the choices of a single click stand in another.
        let mut fields: Vec<(String, String)> = login
            .split("</form>")
            .next()
            .unwrap_or_default()
            .split("<input type=\"hidden\" name=\"")
            .skip(1)
            .filter_map(|rest| {
                let (name, rest) = rest.split_once("\" value=\"")?;
                let value = rest.split('"').next()?.replace("&#38;", "&");
                Some((name.to_owned(), value))
            })
            .collect();
        fields.push(("username".to_owned(), user.to_owned()));
        fields.push(("password".to_owned(), password.to_owned()));
        let url = format!("{}/account/login", visitor.base);
        let page = visitor.follow(visitor.http.post(url).form(&fields)).await?;
        anyhow::ensure!(page.contains("What runs here"), "no sign-in: {page}");
        Ok(visitor)
    }

    async fn open(&mut self, path: &str) -> anyhow::Result<String> {
        self.follow(self.http.get(format!("{}{path}", self.base)))
            .await
    }

    /// Sends a request, and those that its answers lead to.
    async fn follow(&mut self, request: reqwest::RequestBuilder) -> anyhow::Result<String> {
        let mut request = request;
        loop {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let answer = request.header("cookie", cookies.join("; ")).send().await?;
            for set in answer.headers().get_all("set-cookie") {
                let pair = set.to_str()?.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let Some(to) = answer.headers().get("location") else {
                return Ok(answer.error_for_status()?.text().await?);
            };
            let to = answer.url().join(to.to_str()?)?;
            request = self.http.get(to);
        }
    }
}
