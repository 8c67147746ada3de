//! Many clients at once, clients that never end what they began, and a disk that is full.

use std::time::Duration;

use cinchy_storage::testing::PostgresDatabase;
use futures_util::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::faults::{client, cql, serve, token};
use crate::support::backends::postgres_server;
use crate::support::child::{Place, Served};

/// As many sockets as the machine lets us have; the emulator that is started after this may have as many.
fn many_sockets() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )
    .unwrap();
}

async fn connect(served: &Served) -> TcpStream {
    let address = served.url().trim_start_matches("http://");
    let address = address.replace("localhost", "127.0.0.1");
    TcpStream::connect(address).await.unwrap()
}

/// What comes until the server closes.
async fn rest(mut socket: TcpStream) -> String {
    let mut text = Vec::new();
    let _ = socket.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

/// All are connected before the first one asks; each gets its answer.
async fn crowd(database: &str, count: usize) {
    many_sockets();
    let place = Place::new();
    let served = serve(&place, database);
    let token = token(&client(), served.url()).await.unwrap();
    let sockets = join_all((0..count).map(|_| connect(&served))).await;
    let form = "Query=SELECT+COUNT(*)+AS+C+FROM+[F].[Log]&ResultFormat=CSV";
    let request = format!(
        "POST /API/ExecuteCQL HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let answers = sockets.into_iter().map(async |mut socket| {
        socket.write_all(request.as_bytes()).await.unwrap();
        rest(socket).await
    });
    for answer in join_all(answers).await {
        let is_right = answer.starts_with("HTTP/1.1 200") && answer.ends_with("C\r\n0\r\n");
        assert!(is_right, "{database}: {answer}");
    }
}

#[tokio::test]
async fn a_thousand_clients_at_once() {
    let place = Place::new();
    let database = format!("sqlite:{}", place.path("kept.db").display());
    crowd(&database, 1_000).await;
    if let Some(server) = postgres_server() {
        let database = PostgresDatabase::create(&server).unwrap();
        // A debug build on a small machine: nobody is to wait for a connection of the database for ten seconds.
        crowd(database.url(), 200).await;
    }
}

/// Heads that never end take nothing from the others, and are not waited for for ever.
#[tokio::test]
async fn heads_that_never_end() {
    many_sockets();
    let place = Place::new();
    let database = format!("sqlite:{}", place.path("kept.db").display());
    let served = serve(&place, &database);
    let mut sockets = Vec::new();
    for _ in 0..300 {
        let mut socket = connect(&served).await;
        socket
            .write_all(b"GET /API/F/L HTTP/1.1\r\nHost: loc")
            .await
            .unwrap();
        sockets.push(socket);
    }
    let http = client();
    let token = token(&http, served.url()).await.unwrap();
    let found = cql(
        &http,
        served.url(),
        &token,
        "SELECT COUNT(*) AS C FROM [F].[Log]",
    )
    .await;
    assert_eq!(found, Some((200, "C\r\n0\r\n".to_owned())));
    let ends = tokio::time::timeout(
        Duration::from_secs(120),
        join_all(sockets.into_iter().map(rest)),
    );
    for end in ends.await.unwrap() {
        assert!(end.is_empty() || end.starts_with("HTTP/1.1 408"), "{end}");
    }
}

/// A write that finds no room fails and leaves nothing; what was acknowledged is there, reads go on, and a start with room
/// needs no care.
#[tokio::test]
async fn a_full_disk() {
    let place = Place::new();
    place.file("seed.yaml", crate::faults::SEED);
    let database = format!("sqlite:{}", place.path("kept.db").display());
    let arguments = ["--database", &database, "--seed", "seed.yaml"];
    let served = place.serve_on_small_disk(&arguments, 8 * 1024);
    let http = client();
    let token = token(&http, served.url()).await.unwrap();
    let url = served.url().to_owned();
    let row = format!("('{}')", "x".repeat(480));
    let rows = vec![row; 50].join(", ");
    let mut kept = 0;
    let mut refused = None;
    for _ in 0..2_000 {
        let insert = format!("INSERT INTO [F].[Texts] ([T]) VALUES {rows}");
        match cql(&http, &url, &token, &insert).await.unwrap() {
            (200, _) => kept += 50,
            other => {
                refused = Some(other);
                break;
            }
        }
    }
    let (status, body) = refused.expect("the disk is never full");
    assert_eq!(status, 503, "{body}");
    assert!(kept > 0, "nothing was written");
    let count = "SELECT COUNT(*) AS C FROM [F].[Texts]";
    let expected = Some((200, format!("C\r\n{kept}\r\n")));
    assert_eq!(cql(&http, &url, &token, count).await, expected);
    served.signal("KILL");
    tokio::task::spawn_blocking(move || served.wait())
        .await
        .unwrap();

    let again = serve(&place, &database);
    assert_eq!(cql(&http, again.url(), &token, count).await, expected);
    let insert = "INSERT INTO [F].[Texts] ([T]) VALUES ('y')";
    assert_eq!(
        cql(&http, again.url(), &token, insert).await.unwrap().0,
        200
    );
}
