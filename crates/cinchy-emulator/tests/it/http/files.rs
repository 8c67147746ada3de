//! Files of cells: upload, list through CQL, download, rights, names, and what a broken upload leaves behind.

use cinchy_storage::testing::PostgresDatabase;
use cinchy_storage::{Database, Options, files};
use cinchy_testkit::Emulator;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::backends::{OnBackend, builder, postgres_server, start_each};
use crate::support::case::{Case, check, get, post};
use crate::support::child::wait_for;

const SEED: &str = r##"
files:
  - { name: welcome.txt, text: "Hello, world" }
  - { name: dot.png, base64: iVBORw0KGgo= }
  - { name: page, text: "<script>alert(1)</script>", contentType: text/html }
  - { name: empty.bin, text: "" }
tables:
  - domain: "R&D / Ops"
    name: Papers
    columns:
      - { name: Title, type: Text }
      - { name: Files, type: Link, table: Cinchy.Files, column: File Name, multi: true }
      - { name: Cover, type: Link, table: Cinchy.Files, column: File Name }
      - { name: Kind, type: Link, table: Zoo.Kinds, column: Name }
    rows:
      - { Title: one, Files: [{ File Name: welcome.txt }, { File Name: page }], Cover: { File Name: dot.png } }
      - { Title: two, Files: [{ File Name: empty.bin }] }
      - { Title: three }
    entitlements:
      - { groups: [Managers], viewAll: true, editAll: true, directQuery: true }
      - { users: [bob], viewAll: true, editColumns: [Files], editFilter: "[Title] = 'two'", directQuery: true }
      - { users: [eve], viewColumns: [Title], directQuery: true }
      - { users: [Anonymous], viewColumns: [Cover], viewFilter: "[Title] = 'one'" }
"##;

const PAPERS: &str = "/API/Files/v1.0/R%26D%20%2F%20Ops/papers";

/// A body of one part for each file: name, type, content.
fn form(files: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content_type, content) in files {
        body.extend_from_slice(
            format!(
                "--xyz\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: {content_type}\r\n\r\n{content}\r\n"
            )
            .as_bytes(),
        );
    }
    body.extend_from_slice(b"--xyz--\r\n");
    body
}

const MULTIPART: &str = "multipart/form-data; boundary=xyz";

fn upload(cell: &str, files: &[(&str, &str, &str)]) -> Case {
    post(&format!("{PAPERS}/{cell}")).body(MULTIPART, form(files))
}

fn download(cell: &str) -> Case {
    get(&format!("{PAPERS}/{cell}"))
}

/// What CQL says of the files of a row.
fn listed(row: i32, body: Value) -> Case {
    let query = format!(
        "SELECT [Files].[Cinchy Id] AS 'fileIds', [Files].[File Name] AS 'fileNames', [Cover].[File Name] AS 'cover' FROM [R&D / Ops].[Papers] WHERE [Cinchy Id]={row};"
    );
    let query: String = form_encoded(&query);
    post("/API/ExecuteCQL")
        .form(format!("Query={query}&CompressJSON=false"))
        .bearer("ann")
        .gives_json(body)
        .named(&format!("row {row}"))
}

fn form_encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn cases() -> Vec<Case> {
    let two = [
        ("a.txt", "text/plain", "first"),
        ("b.png", "image/png", "second"),
    ];
    vec![
        // Seeded files.
        download("1/Files?fileId=1").bearer("ann").gives("Hello, world")
            .header("content-type", "text/plain").header("x-content-type-options", "nosniff")
            .header("content-disposition", "attachment; filename=\"welcome.txt\"")
            .header("content-length", "12"),
        download("1/files").bearer("ann").gives("Hello, world").named("the first one"),
        download("1/Cover?fileid=2").bearer("ann").header("content-type", "image/png")
            .header("content-disposition", "inline; filename=\"dot.png\""),
        download("1/Files?fileId=3").bearer("ann").has("<script>").header("content-type", "text/html")
            .header("content-disposition", "attachment; filename=\"page\"")
            .header("content-security-policy", "default-src 'none'; sandbox"),
        download("2/Files").bearer("ann").gives("").named("an empty one"),
        // Another cell's file, no file, no row, no such column, no files.
        download("1/Files?fileId=2").bearer("ann").is(404),
        download("3/Files").bearer("ann").is(404),
        download("99/Files?fileId=1").bearer("ann").is(404),
        download("1/Nothing?fileId=1").bearer("ann").is(404),
        download("1/Title?fileId=1").bearer("ann").is(400).header_has("x-cinchy-error", "holds no files"),
        download("1/Kind?fileId=1").bearer("ann").is(400).named("another link"),
        download("x/Files?fileId=1").bearer("ann").is(400),
        download("1/Files?fileId=x").bearer("ann").is(400),
        get("/api/files/v1.0/Zoo/Nothing/1/Files").bearer("ann").is(404),
        // Who may not view the cell.
        download("1/Files?fileId=1").bearer("eve").is(403),
        download("1/Files?fileId=1").is(401).header_has("www-authenticate", "Bearer"),
        download("1/Files?fileId=1").bearer_text("null").is(401).named("Bearer null"),
        // A plain link, as apps open it. As everywhere, a link shows to who may view its target too.
        download("1/Cover?fileId=2").is(401),
        post("/API/ExecuteCQL").bearer("admin").form(format!("Query={}", form_encoded(
            "INSERT INTO [Cinchy].[Table Access Control] ([Table], [Users], [View All Columns]) VALUES (ResolveLink('Cinchy.Files', 'Full Name'), ResolveLink('Anonymous', 'Username'), 1)"))),
        download("1/Cover?fileId=2").header("content-type", "image/png").named("Anonymous"),
        download("2/Cover").is(401).named("a row that Anonymous does not see"),
        // Uploads add to a cell that takes several, and replace the one of the other kind.
        upload("1/Files", &two).bearer("ann").gives_json(json!([
            { "fileId": 5, "fileName": "a.txt", "size": 5 }, { "fileId": 6, "fileName": "b.png", "size": 6 }])),
        listed(1, json!([{ "fileIds": "1, 3, 5, 6", "fileNames": "welcome.txt, page, a.txt, b.png", "cover": "dot.png" }])),
        download("1/Files?fileId=6").bearer("ann").gives("second").header("content-type", "image/png"),
        // Nobody learns what is there.
        download("99/Cover").is(401).named("Anonymous, no row"),
        download("1/Nothing").is(401).named("Anonymous, no column"),
        download("1/Title").is(401).named("Anonymous, no files"),
        get("/api/files/v1.0/Zoo/Nothing/1/Files").is(401).named("Anonymous, no table"),
        upload("1/Cover", &two).bearer("ann").named("one cell, two files")
            .gives_json(json!([{ "fileId": 7, "fileName": "b.png", "size": 6 }])),
        post("/API/ExecuteCQL").bearer("ann").form(format!("Query={}&ResultFormat=CSV", form_encoded(
            "SELECT COUNT(*) AS C FROM [Cinchy].[Files]"))).gives("C\r\n7\r\n").named("no row that no cell links to"),
        listed(1, json!([{ "fileIds": "1, 3, 5, 6", "fileNames": "welcome.txt, page, a.txt, b.png", "cover": "b.png" }])),
        upload("2/Files", &[("../../x\"y.txt", "text/plain", "")]).bearer("bob")
            .gives_json(json!([{ "fileId": 8, "fileName": "x", "size": 0 }])),
        // Who may not edit the cell: not at all, another row, another column.
        upload("1/Files", &two).bearer("bob").is(403).header("x-cinchy-error", "Access denied"),
        upload("2/Cover", &two).bearer("bob").is(403),
        upload("1/Files", &two).bearer("eve").is(403),
        upload("1/Files", &two).is(401),
        upload("99/Files", &two).bearer("ann").is(404),
        upload("1/Kind", &two).bearer("ann").is(400),
        // No files.
        post(&format!("{PAPERS}/1/Files")).bearer("ann").is(400).named("no body"),
        post(&format!("{PAPERS}/1/Files")).form("files=x").bearer("ann").is(400).named("another form"),
        upload("1/Files", &[]).bearer("ann").is(400).named("no part"),
        post(&format!("{PAPERS}/1/Files")).body(MULTIPART, "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--xyz--\r\n")
            .bearer("ann").is(400).named("a part that is no file"),
        post(&format!("{PAPERS}/1/Files")).body(MULTIPART, &form(&two)[..120]).bearer("ann").is(400).named("cut off"),
        post(&format!("{PAPERS}/1/Files")).body(MULTIPART, format!("{}--xyz--\r\n",
            "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n".repeat(1_001))).bearer("ann").is(413).named("too many parts"),
        post(&format!("{PAPERS}/1/Files")).body(MULTIPART, format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}\r\n--xyz--\r\n", "b".repeat(1_100_000)))
            .bearer("ann").is(413).named("a long part that is no file"),
        listed(1, json!([{ "fileIds": "1, 3, 5, 6", "fileNames": "welcome.txt, page, a.txt, b.png", "cover": "b.png" }])).named("after refusals"),
        // Removed from the cell, it can no longer be read there.
        post("/API/ExecuteCQL").form(format!("Query={}", form_encoded("UPDATE t SET t.[Files]='5,1' FROM [R&D / Ops].[Papers] t WHERE t.[Cinchy Id]=1"))).bearer("ann").named("as Meta-Forms removes"),
        download("1/Files?fileId=5").bearer("ann").gives("first"),
        download("1/Files?fileId=6").bearer("ann").is(404),
        // Back to the seed.
        post("/_emulator/reset").is(204),
        download("1/Files?fileId=1").bearer("ann").gives("Hello, world").named("after a reset"),
        listed(1, json!([{ "fileIds": "1, 3", "fileNames": "welcome.txt, page", "cover": "dot.png" }])).named("after a reset"),
        download("1/Files?fileId=5").bearer("ann").is(404).named("after a reset"),
    ]
}

async fn start() -> Vec<OnBackend> {
    start_each(builder().seed_text(SEED)).await
}

#[tokio::test]
async fn files_of_cells() {
    check(&start().await, &cases()).await;
}

/// An export makes the same files again.
#[tokio::test]
async fn exported_files_are_a_seed() {
    for OnBackend { emulator, name, .. } in &start().await {
        let url = format!("{}/_emulator/seed", emulator.url());
        let seed = emulator.http().get(url).send().await.unwrap();
        let seed = seed.text().await.unwrap();
        let again = Emulator::builder().seed_text(seed).start().await.unwrap();
        // The export has hashes, so only we know the password.
        let form = "grant_type=password&scope=js_api&client_id=app&client_secret=app-secret&username=ann&password=ann-demo-1";
        let url = format!("{}/identity/connect/token", again.url());
        let request = again.http().post(url).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap();
        for (cell, content) in [("1/Files?fileId=1", "Hello, world"), ("2/Files", "")] {
            let url = format!("{}{PAPERS}/{cell}", again.url());
            let answer = again
                .http()
                .get(url)
                .bearer_auth(token)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200, "{name}: {cell}");
            assert_eq!(answer.text().await.unwrap(), content, "{name}: {cell}");
        }
    }
}

/// A body beyond the limit is refused before any of it is read.
#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let emulator = builder().seed_text(SEED).start().await.unwrap();
    let token = emulator.token("app", "ann").await.unwrap();
    let (mut socket, head) = connect(&emulator, &token, 1_100_000_000).await;
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

/// A socket, and the head of an upload to the third row.
async fn connect(emulator: &Emulator, token: &str, length: usize) -> (TcpStream, String) {
    let address = emulator.url().trim_start_matches("http://");
    let socket = TcpStream::connect(address.replace("localhost", "127.0.0.1"));
    let head = format!(
        "POST {PAPERS}/3/Files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {MULTIPART}\r\nContent-Length: {length}\r\n\r\n"
    );
    (socket.await.unwrap(), head)
}

/// Bytes that no compression and no repetition hides.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

async fn query(emulator: &Emulator, token: &str, cql: &str) -> Value {
    let request = emulator
        .http()
        .post(format!("{}/API/ExecuteCQL", emulator.url()))
        .bearer_auth(token)
        .form(&[("Query", cql)]);
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["data"].clone()
}

#[tokio::test]
async fn a_large_file_comes_back_as_it_was() {
    for OnBackend { emulator, name, .. } in &start().await {
        let token = emulator.token("app", "ann").await.unwrap();
        // Not a multiple of anything.
        let content = noise(3_000_001);
        let mut body = form(&[("noise.bin", "application/octet-stream", "")]);
        let end = body.len() - "\r\n--xyz--\r\n".len();
        body.splice(end..end, content.iter().copied());
        let cell = format!("{}{PAPERS}/3/Files", emulator.url());
        let request = emulator.http().post(&cell).bearer_auth(&token);
        let answer = request.header("content-type", MULTIPART).body(body).send();
        let answer: Value = answer.await.unwrap().json().await.unwrap();
        assert_eq!(answer[0]["size"], 3_000_001, "{name}: {answer}");
        // A client that takes gzip, and one that reads slowly.
        let request = emulator.http().get(&cell).bearer_auth(&token);
        let mut answer = request
            .header("accept-encoding", "gzip")
            .send()
            .await
            .unwrap();
        assert_eq!(
            header(answer.headers(), "content-length"),
            Some("3000001"),
            "{name}"
        );
        let mut found = Vec::new();
        while let Some(chunk) = answer.chunk().await.unwrap() {
            found.extend_from_slice(&chunk);
            tokio::task::yield_now().await;
        }
        assert!(found == content, "{name}: every byte, in order");
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

/// A client that goes away in the middle leaves no row, no link and no bytes.
#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("platform").display());
    cut_off(&sqlite).await;
    if let Some(server) = postgres_server() {
        let database = PostgresDatabase::create(&server).unwrap();
        cut_off(database.url()).await;
    }
}

async fn cut_off(url: &str) {
    let builder = builder().seed_text(SEED).database(url);
    let emulator = &builder.start().await.unwrap();
    let token = emulator.token("app", "ann").await.unwrap();
    let (mut socket, head) = connect(emulator, &token, 5_000_000).await;
    socket.write_all(head.as_bytes()).await.unwrap();
    let body = form(&[("cut.bin", "application/octet-stream", "")]);
    socket.write_all(&body[..body.len() - 11]).await.unwrap();
    socket.write_all(&noise(1_500_000)).await.unwrap();
    socket.flush().await.unwrap();
    unfinished(url, 1).await;
    drop(socket);
    unfinished(url, 0).await;
    let found = query(
        emulator,
        &token,
        "SELECT COUNT(*) FROM [Cinchy].[Files] WHERE [File Name] = 'cut.bin'",
    )
    .await;
    assert_eq!(found, json!([[0]]), "{url}");
}

/// Waits until so many uploads are under way, by what the database holds.
async fn unfinished(url: &str, count: usize) {
    let options = Options {
        url: Some(url.to_owned()),
        ..Options::default()
    };
    let wait = move || {
        let database = Database::open(&options).unwrap();
        let later = chrono::Utc::now().naive_utc() + chrono::Duration::days(1);
        wait_for(&format!("{count} uploads under way"), || {
            let found = database.read(|conn| files::stale(conn, database.schema(), later));
            (found.unwrap().len() == count).then_some(())
        });
    };
    tokio::task::spawn_blocking(wait).await.unwrap();
}
