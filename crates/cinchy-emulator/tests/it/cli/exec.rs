//! `exec`: the environment, exit codes, signals, and that nothing stays behind.

use std::process::Stdio;

use serde_json::Value;

use crate::support::child::{Place, wait_for};

fn exec(place: &Place, command: &[&str]) -> (Option<i32>, String, String) {
    let mut all = vec!["exec", "--"];
    all.extend(command);
    let ended = place.run(&all);
    (ended.code, ended.out, ended.err)
}

#[test]
fn the_command_finds_the_platform() {
    let place = Place::new();
    let script = r#"echo "$CINCHY_URL|$CINCHY_SSO_URL|$CINCHY_CONTROL_URL|$CINCHY_CLIENT_ID|$CINCHY_CLIENT_SECRET|$CINCHY_USERNAME|$CINCHY_PASSWORD"; curl -s "$CINCHY_SSO_URL/identity/connect/token" -d grant_type=password -d "client_id=$CINCHY_CLIENT_ID" -d "client_secret=$CINCHY_CLIENT_SECRET" -d "username=$CINCHY_USERNAME" -d "password=$CINCHY_PASSWORD""#;
    let (code, out, err) = exec(&place, &["sh", "-c", script]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let (variables, answer) = out.split_once('\n').unwrap();
    let variables: Vec<&str> = variables.split('|').collect();
    let url = variables[0];
    assert!(
        url.starts_with("http://localhost:") && !url.ends_with(":8081"),
        "{url}"
    );
    assert_eq!(variables[1], url);
    assert_eq!(variables[2], format!("{url}/_emulator"));
    assert!(
        variables[3..].iter().all(|v| !v.is_empty()),
        "{variables:?}"
    );
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert!(answer["access_token"].is_string(), "{answer}");
    assert!(place.temporary().is_empty(), "its database is gone");
}

#[test]
fn a_bare_platform_names_no_client() {
    let place = Place::new();
    let script = r#"echo "${CINCHY_CLIENT_ID-none} $CINCHY_USERNAME""#;
    let mut command = place.command(&[
        "exec",
        "--no-seed",
        "--no-control",
        "--",
        "sh",
        "-c",
        script,
    ]);
    command
        .env("CINCHY_CLIENT_ID", "of-another")
        .env("CINCHY_CONTROL_URL", "x");
    let out = command.output().unwrap().stdout;
    assert_eq!(String::from_utf8(out).unwrap(), "none admin\n");
}

#[test]
fn the_exit_code_is_the_commands() {
    let place = Place::new();
    assert_eq!(exec(&place, &["sh", "-c", "exit 0"]).0, Some(0));
    assert_eq!(exec(&place, &["sh", "-c", "exit 7"]).0, Some(7));
    assert_eq!(exec(&place, &["sh", "-c", "kill -TERM $$"]).0, Some(143));
    let (code, out, err) = exec(&place, &["./no-such-program"]);
    assert_eq!((code, out.as_str()), (Some(127), ""), "{err}");
    assert!(err.contains("no-such-program"), "{err}");
    let ended = place.run(&["exec", "--seed", "missing.yaml", "--", "true"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let ended = place.run(&["exec"]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
}

/// What was asked of the platform by a command that failed, and only then.
#[test]
fn a_failed_command_leaves_its_requests() {
    let place = Place::new();
    let script = "curl -s -o answer $CINCHY_URL/API/HR/Headcount";
    assert_eq!(exec(&place, &["sh", "-c", script]).0, Some(0));
    assert!(!place.path("cinchy-journal.json").exists());
    let script = format!("{script}; exit 3");
    let (code, _, err) = exec(&place, &["sh", "-c", &script]);
    assert_eq!(code, Some(3));
    assert!(err.contains("cinchy-journal.json"), "{err}");
    let text = std::fs::read_to_string(place.path("cinchy-journal.json")).unwrap();
    let journal: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        journal["entries"][0]["path"], "/API/HR/Headcount",
        "{journal}"
    );
}

#[cfg(target_os = "linux")]
fn lives(pid: &str) -> bool {
    // A zombie has ended.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .trim_start()
            .starts_with('Z')
    })
}

/// The command starts a child of its own; both write their ids. Signals reach them, and none stays behind.
#[cfg(target_os = "linux")]
#[test]
fn signals_are_passed_on_and_nothing_stays_behind() {
    for (signal, script, code) in [
        (
            "TERM",
            "trap 'exit 9' TERM; sleep 1000 & echo $! > child; echo $$ > own; wait",
            9,
        ),
        (
            "INT",
            "sleep 1000 & echo $! > child; echo $$ > own; exec sleep 1000",
            130,
        ),
        // One that hears no signal but the third.
        (
            "TERM",
            "trap '' TERM INT; sleep 1000 & echo $! > child; echo $$ > own; while :; do sleep 1; done",
            137,
        ),
    ] {
        let place = Place::new();
        let mut exec = place.command(&["exec", "--", "sh", "-c", script]);
        let mut exec = exec
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let id = |name: &str| {
            wait_for(name, || {
                let text = std::fs::read_to_string(place.path(name)).ok()?;
                text.strip_suffix('\n').map(str::to_owned)
            })
        };
        let (child, own) = (id("child"), id("own"));
        let ended = wait_for("the end", || {
            let pid = exec.id().to_string();
            std::process::Command::new("kill")
                .args(["-s", signal, &pid])
                .status()
                .unwrap();
            std::thread::sleep(std::time::Duration::from_millis(200));
            exec.try_wait().unwrap()
        });
        assert_eq!(ended.code(), Some(code), "{script}");
        assert!(!lives(&own) && !lives(&child), "{script}");
        assert!(place.temporary().is_empty(), "{script}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_command_left_running_is_ended() {
    let place = Place::new();
    let (code, _, err) = exec(
        &place,
        &["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $! > child"],
    );
    assert_eq!(code, Some(0), "{err}");
    let child = std::fs::read_to_string(place.path("child")).unwrap();
    assert!(!lives(child.trim()));
}

/// At a terminal the command stays in our process group, so that it can read the keyboard; what it leaves behind is ended
/// all the same.
#[cfg(target_os = "linux")]
#[test]
fn nothing_stays_behind_at_a_terminal() {
    let place = Place::new();
    let plain = place.command(&[] as &[&str]);
    // It reads whether it is at one; its child waits for nobody, and its grandchild does not listen.
    place.file(
        "command",
        "test -t 0 || exit 5; sleep 1000 & echo $! > child; sh -c 'trap \"\" TERM; sleep 1000 & echo $! > grandchild; wait' & \
         while [ ! -s grandchild ]; do sleep 0.01; done; exit 6",
    );
    let line = format!(
        "{} exec -- sh command",
        plain.get_program().to_str().unwrap()
    );
    let mut script = std::process::Command::new("script");
    script.args(["-q", "-e", "-c", &line, "/dev/null"]);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    let folder = place.path("command");
    script.current_dir(folder.parent().unwrap());
    let output = script.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(6), "{told}");
    for name in ["child", "grandchild"] {
        let pid = std::fs::read_to_string(place.path(name)).unwrap();
        assert!(!lives(pid.trim()), "{name} {pid} stays: {told}");
    }
}
