//! Start, readiness, stop, and everything that may stand in the way of a start.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::child::{Place, wait_for};

async fn get(url: String) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap()
}

#[tokio::test]
async fn the_banner_and_the_locator_name_what_works() {
    let place = Place::new();
    let served = place.serve(&[]);
    let url = served.url().to_owned();
    assert!(url.starts_with("http://localhost:"), "{url}");
    assert_eq!(
        served.ready,
        json!({
            "url": url,
            "ssoUrl": url,
            "adminUrl": format!("{url}/admin"),
            "controlUrl": format!("{url}/_emulator"),
            "pid": served.pid(),
            "clientId": "demo-app",
            "clientSecret": "23CAC040-86CA-4E55-8F64-8E99DE71C9FE",
            "username": "ann",
            "password": "ann-demo-1",
        })
    );
    let banner = wait_for("the banner", || {
        Some(served.banner()).filter(|text| text.contains("Run a saved query"))
    });
    for part in [
        url.as_str(),
        "demo-app",
        "23CAC040-86CA-4E55-8F64-8E99DE71C9FE",
        "bob / bob-demo-1",
        "/identity/connect/token",
        "/admin",
        "a temporary SQLite file",
    ] {
        assert!(banner.contains(part), "no `{part}` in\n{banner}");
    }
    assert!(
        !banner.contains("127.0.0.1"),
        "to a browser that is another site:\n{banner}"
    );
    assert_eq!(served.log(), "", "nothing to say by default");
    // The commands of the banner, typed by a shell.
    let commands: Vec<String> = banner
        .split("\n  curl ")
        .skip(1)
        .map(|text| {
            let lines: Vec<&str> = text.lines().collect();
            let end = lines
                .iter()
                .position(|line| !line.trim_end().ends_with('\\'))
                .unwrap();
            format!("curl --noproxy '*' {}", lines[..=end].join("\n"))
        })
        .collect();
    assert_eq!(commands.len(), 3, "{banner}");
    if std::process::Command::new("curl")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("SKIPPED (no curl): the banner's commands");
        return;
    }
    let shell = |command: &str, token: &str| {
        let output = std::process::Command::new("sh")
            .args(["-c", command])
            .env("TOKEN", token)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let answer: serde_json::Value = serde_json::from_str(&shell(&commands[0], "")).unwrap();
    let rows = shell(&commands[1], answer["access_token"].as_str().unwrap());
    assert!(
        rows.starts_with("{\"schema\":[{\"columnName\":\"First Name\""),
        "{rows}"
    );
    let csv = shell(&commands[2], "");
    assert!(csv.starts_with("First Name,Last Name,"), "{csv}");
}

#[tokio::test]
async fn both_loopback_addresses_are_served() {
    let place = Place::new();
    let served = place.serve(&[]);
    let port = served.url().rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(
            get(format!("http://{host}:{port}/livez")).await.status(),
            200,
            "{host}"
        );
    }
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        assert_eq!(
            get(format!("http://[::1]:{port}/livez")).await.status(),
            200
        );
    }
}

#[tokio::test]
async fn a_signal_stops_it_cleanly() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let served = place.serve(&[]);
        assert_eq!(place.temporary().len(), 1, "one folder with the database");
        // A client that keeps its connection open, as most do.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client
            .get(format!("{}/livez", served.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.text().await.unwrap(), "ok");
        let before = Instant::now();
        served.signal(signal);
        let ended = served.wait();
        assert_eq!(ended.code, Some(0), "{signal}: {}", ended.err);
        assert!(
            before.elapsed() < Duration::from_secs(4),
            "{signal}: an idle connection holds it up for {:?}",
            before.elapsed()
        );
        assert_eq!(place.temporary(), [] as [std::path::PathBuf; 0], "{signal}");
        assert!(
            !place.path("locator.json").exists(),
            "{signal}: it names a platform that is gone"
        );
        drop(client);
    }
}

#[test]
fn ready_waits_for_a_platform_and_gives_up_in_time() {
    let place = Place::new();
    let served = place.serve(&[]);
    let ended = place.run(&["ready", "--url", served.url(), "--timeout", "20s"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let slashed = format!("{}/", served.url());
    assert_eq!(place.run(&["ready", "--url", &slashed]).code, Some(0));
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{free}");
    let ended = place.run(&["ready", "--url", &url, "--timeout", "100ms"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains(&url) && ended.err.contains("nothing listens"),
        "{}",
        ended.err
    );
    assert_eq!(place.run(&["ready", "--timeout", "soon"]).code, Some(2));
}

#[test]
fn a_taken_port_is_exit_code_2_and_says_what_to_do() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = place.run(&["--listen", &address]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(
        ended.err.contains(&address)
            && ended.err.contains("in use")
            && ended.err.contains("--listen"),
        "{}",
        ended.err
    );
    assert_eq!(ended.out, "");
    assert_eq!(
        place.temporary(),
        [] as [std::path::PathBuf; 0],
        "no database is left behind"
    );
}

/// Starts that fail: arguments, exit code, what standard error says.
#[test]
fn what_cannot_start_says_why() {
    let place = Place::new();
    let file = place.file("a-file", "");
    let below_a_file = format!("sqlite:{}", file.join("x.db").display());
    let other = place.file("text.db", &"This is no database. ".repeat(100));
    let no_database = format!("sqlite:{}", other.display());
    for (arguments, code, parts) in [
        (
            vec!["--database", "postgres://me:hush-hush@127.0.0.1:1/none"],
            1,
            vec!["cannot connect to PostgreSQL", "127.0.0.1:1/none"],
        ),
        (
            vec!["--database", "mysql://me:hush-hush@localhost/x"],
            1,
            vec!["sqlite:PATH", "postgres://"],
        ),
        (vec!["--database", "sqlite:"], 1, vec!["sqlite:PATH"]),
        (
            vec!["--database", "sqlite:missing/folder/x.db"],
            1,
            vec!["missing/folder", "does not exist"],
        ),
        (
            vec!["--database", &below_a_file],
            1,
            vec!["cannot open the database file"],
        ),
        (vec!["--database", &no_database], 1, vec!["text.db"]),
        (vec!["--seed", "missing.yaml"], 1, vec!["missing.yaml"]),
        (
            vec!["--locator", "missing/folder/x.json"],
            1,
            vec!["missing/folder/x.json"],
        ),
        (vec!["--public-url", "localhost"], 2, vec!["public URL"]),
        (vec!["--control-token", " "], 2, vec!["control token"]),
        (vec!["--token-profile", "v3"], 2, vec!["v2", "v4"]),
        (vec!["--no-seed", "--seed", "x.yaml"], 2, vec!["--seed"]),
        (vec!["--listen", "localhost"], 2, vec!["--listen"]),
        (vec!["--nonsense"], 2, vec!["--nonsense"]),
        (vec!["nonsense"], 2, vec!["nonsense"]),
    ] {
        let mut all = vec!["serve"];
        if !arguments.contains(&"--listen") && arguments[0] != "nonsense" {
            all.extend(["--listen", "127.0.0.1:0"]);
        }
        if arguments[0] == "nonsense" {
            all.clear();
        }
        all.extend(&arguments);
        let ended = place.run(&all);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.err);
        for part in parts {
            assert!(
                ended.err.contains(part),
                "{arguments:?}: no `{part}` in {}",
                ended.err
            );
        }
        assert!(
            !ended.err.contains("hush-hush"),
            "{arguments:?}: {}",
            ended.err
        );
        assert!(
            !ended.err.contains("panicked"),
            "{arguments:?}: {}",
            ended.err
        );
        assert_eq!(ended.out, "", "{arguments:?}");
    }
    assert_eq!(
        place.temporary(),
        [] as [std::path::PathBuf; 0],
        "nothing is left behind"
    );
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let folder = place.path("read-only");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // The administrator of the machine may write there all the same; nobody can in /proc.
    let folder = if std::fs::write(folder.join("probe"), "").is_ok() {
        "/proc".into()
    } else {
        folder
    };
    let database = format!("sqlite:{}", folder.join("x.db").display());
    let ended = place.run(&["--listen", "127.0.0.1:0", "--database", &database]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("x.db") && ended.err.contains("may be written"),
        "{}",
        ended.err
    );
}

/// The well-known password of a bare platform must not be reachable by others.
#[test]
fn a_bare_platform_stays_on_loopback() {
    let place = Place::new();
    place.file(
        "no-admin.yaml",
        "users: [{ username: kim, password: kim-test-1 }]",
    );
    for arguments in [vec!["--no-seed"], vec!["--seed", "no-admin.yaml"]] {
        let mut all = vec!["--listen", "0.0.0.0:0"];
        all.extend(arguments);
        let ended = place.run(&all);
        assert_eq!(ended.code, Some(2), "{all:?}: {}", ended.err);
        assert!(ended.err.contains("password of `admin`"), "{}", ended.err);
    }
    assert_eq!(
        place.temporary(),
        [] as [std::path::PathBuf; 0],
        "nothing is left behind"
    );
}

#[tokio::test]
async fn settings_come_from_the_environment_too() {
    let place = Place::new();
    let seed = place.file(
        "seed.yaml",
        "users: [{ username: kim, password: kim-test-1 }]",
    );
    let served = place.serve_with(
        &[],
        &[
            ("CINCHY_EMULATOR_SEED", seed.to_str().unwrap()),
            ("CINCHY_EMULATOR_NO_CONTROL", "true"),
            ("CINCHY_EMULATOR_PUBLIC_URL", "https://cinchy.example.test"),
        ],
    );
    assert_eq!(served.ready["url"], "https://cinchy.example.test");
    assert_eq!(served.ready["controlUrl"], json!(null));
    assert_eq!(
        (&served.ready["username"], &served.ready["clientId"]),
        (&json!("kim"), &json!(null))
    );
}

#[test]
fn help_names_every_option_and_its_variable() {
    let place = Place::new();
    let ended = place.run(&["serve", "--help"]);
    assert_eq!(ended.code, Some(0));
    for option in [
        "listen",
        "database",
        "seed",
        "no-seed",
        "reseed",
        "public-url",
        "base-path",
        "locator",
        "token-profile",
        "faithful",
        "no-control",
        "control-token",
        "log",
    ] {
        assert!(ended.out.contains(&format!("--{option}")), "--{option}");
        let variable = format!(
            "CINCHY_EMULATOR_{}",
            option.to_uppercase().replace('-', "_")
        );
        assert!(ended.out.contains(&variable), "{variable}");
    }
    let version = place.run(&["--version"]).out;
    assert_eq!(
        version.trim(),
        format!("cinchy-emulator {}", env!("CARGO_PKG_VERSION"))
    );
}
