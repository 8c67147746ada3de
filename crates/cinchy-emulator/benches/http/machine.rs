//! Cores and memory of the machine. Cores are assigned by the `taskset` command, where there is one.

use std::process::{Command, Stdio};

/// What a pinned server runs on.
pub const SERVER_CORE: &str = "0";
/// What its load comes from.
pub const CLIENT_CORE: &str = "1";

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Whether threads can be tied to cores here. With one core there is nothing to choose.
pub fn can_pin() -> bool {
    let here = Command::new("taskset")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    cores() >= 2 && here.is_ok_and(|status| status.success())
}

/// Ties the calling thread, which must be the first one of the process, to cores; threads that it starts inherit it.
fn pin(cores: &str) {
    let id = std::process::id().to_string();
    let done = Command::new("taskset")
        .args(["-cp", cores, &id])
        .stdout(Stdio::null())
        .status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("this thread could not be tied to core {cores}");
    }
}

/// Runs `work` on one core, and what it starts too.
pub fn on_core<T>(core: &str, work: impl FnOnce() -> T) -> T {
    if !can_pin() {
        return work();
    }
    let all = format!("0-{}", cores() - 1);
    pin(core);
    let result = work();
    pin(&all);
    result
}

/// Resident memory of a process in MB.
pub fn memory(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: f64 = line
        .and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or_default();
    kilobytes / 1_000.0 * 1.024
}

/// Processor time that a process has used, in milliseconds; unlike the clock's time it does not grow while others run.
pub fn processor_time(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name stands in parentheses and may hold blanks; user and system time are the 12th and 13th field after it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: f64 = fields
        .split_ascii_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum();
    // Linux counts in hundredths of a second, whatever the kernel's own tick is.
    ticks * 10.0
}

/// Processor time that the calling thread has used, in milliseconds.
pub fn own_processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: f64 = stat
        .split_ascii_whitespace()
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or_default();
    nanoseconds / 1e6
}
