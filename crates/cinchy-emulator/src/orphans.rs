//! What a command of `exec` leaves running at a terminal, where it has no process group of its own: on Linux such orphans come
//! to us, and are ended. Elsewhere nobody can tell them from others.

use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitOptions, getpid, getsid, kill_process, set_child_subreaper, waitpid,
};

/// How long those that are killed have to be gone.
const LAST: Duration = Duration::from_secs(1);

/// From now on what its parent leaves behind becomes a child of this process.
pub fn adopt() {
    if let Err(error) = set_child_subreaper(Some(getpid())) {
        tracing::debug!(%error, "orphans of the command go elsewhere");
    }
}

/// Ends the children of this process that belong to its session; those that began one of their own mean to stay.
pub fn end(patience: Duration) {
    let deadline = Instant::now() + patience;
    loop {
        // Those that have ended wait for somebody to ask.
        while let Ok(Some(_)) = waitpid(None, WaitOptions::NOHANG) {}
        let left = children();
        if left.is_empty() {
            return;
        }
        let now = Instant::now();
        if now >= deadline + LAST {
            tracing::warn!(?left, "what the command left behind does not end");
            return;
        }
        let late = now >= deadline;
        for pid in left {
            // One that is gone needs none.
            let _ = kill_process(pid, if late { Signal::KILL } else { Signal::TERM });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn children() -> Vec<Pid> {
    let own = getpid().as_raw_nonzero().get();
    let session = getsid(None).map_or(0, |pid| pid.as_raw_nonzero().get());
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let found = processes.flatten().filter_map(|process| {
        let pid: i32 = process.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        let process = Stat::parse(&stat)?;
        let is_left = process.parent == own && process.session == session && process.state != 'Z';
        Pid::from_raw(is_left.then_some(pid)?)
    });
    found.collect()
}

/// What `/proc/{pid}/stat` says (proc(5)).
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: char,
    parent: i32,
    session: i32,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The name of the program may hold blanks and brackets.
        let mut fields = text[text.rfind(')')? + 1..].split_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let _group = fields.next()?;
        let session = fields.next()?.parse().ok()?;
        Some(Self {
            state,
            parent,
            session,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_read() {
        let expected = Stat {
            state: 'S',
            parent: 7,
            session: 5,
        };
        assert_eq!(Stat::parse("42 (a) b (c) S 7 6 5 0 -1"), Some(expected));
        assert_eq!(Stat::parse("42 (a) S 7"), None);
        assert_eq!(Stat::parse(""), None);
    }
}
