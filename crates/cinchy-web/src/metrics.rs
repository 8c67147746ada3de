//! Numbers for Prometheus, written by hand: few counters, and no crate for them. `GET /metrics` belongs to the control API.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::area::Area;

/// Upper bounds of the buckets, in microseconds.
const BOUNDS: [u64; 10] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 1_000_000, 5_000_000,
];
/// The parts of the program, as labels.
const AREAS: [&str; 4] = ["web", "identity", "console", "emulator"];
/// The classes of status, as labels.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What is counted in a process, over all its instances.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[AtomicU64; CLASSES.len()]; AREAS.len()],
    /// Of the platform's own endpoints, by bucket; the last one has no bound.
    durations: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    under_way: AtomicI64,
    faults: AtomicU64,
}

/// A request under way; it is counted as such until this is dropped.
pub(crate) struct UnderWay<'a>(&'a Metrics);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    pub(crate) fn answered(&self, area: Area, status: u16, took: Duration, fault: bool) {
        let row = match area {
            Area::Web => 0,
            Area::Identity => 1,
            Area::Console => 2,
            Area::Own => 3,
        };
        let class = usize::from(status / 100)
            .saturating_sub(1)
            .min(CLASSES.len() - 1);
        self.requests[row][class].fetch_add(1, Ordering::Relaxed);
        if fault {
            self.faults.fetch_add(1, Ordering::Relaxed);
        }
        if area.is_recorded() {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            let bucket = BOUNDS.iter().position(|bound| micros <= *bound);
            self.durations[bucket.unwrap_or(BOUNDS.len())].fetch_add(1, Ordering::Relaxed);
            self.micros.fetch_add(micros, Ordering::Relaxed);
        }
    }

    /// The text format of Prometheus, without what only others know.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(2048);
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        writeln!(
            out,
            "# HELP cinchy_requests_total Requests that were answered."
        )?;
        writeln!(out, "# TYPE cinchy_requests_total counter")?;
        for (row, area) in self.requests.iter().zip(AREAS) {
            for (count, class) in row.iter().zip(CLASSES) {
                let count = read(count);
                if count > 0 {
                    writeln!(
                        out,
                        "cinchy_requests_total{{area=\"{area}\",status=\"{class}\"}} {count}"
                    )?;
                }
            }
        }
        writeln!(
            out,
            "# HELP cinchy_request_seconds Time until an answer of web API or identity server began."
        )?;
        writeln!(out, "# TYPE cinchy_request_seconds histogram")?;
        let mut sum = 0;
        for (bucket, bound) in self.durations.iter().zip(BOUNDS) {
            sum += read(bucket);
            let bound = bound as f64 / 1e6;
            writeln!(out, "cinchy_request_seconds_bucket{{le=\"{bound}\"}} {sum}")?;
        }
        sum += read(&self.durations[BOUNDS.len()]);
        writeln!(out, "cinchy_request_seconds_bucket{{le=\"+Inf\"}} {sum}")?;
        let seconds = read(&self.micros) as f64 / 1e6;
        writeln!(out, "cinchy_request_seconds_sum {seconds}")?;
        writeln!(out, "cinchy_request_seconds_count {sum}")?;
        writeln!(
            out,
            "# HELP cinchy_requests_under_way Requests whose answer has not begun."
        )?;
        writeln!(out, "# TYPE cinchy_requests_under_way gauge")?;
        let under_way = self.under_way.load(Ordering::Relaxed);
        writeln!(out, "cinchy_requests_under_way {under_way}")?;
        writeln!(
            out,
            "# HELP cinchy_faults_applied_total Requests that a fault was applied to."
        )?;
        writeln!(out, "# TYPE cinchy_faults_applied_total counter")?;
        writeln!(out, "cinchy_faults_applied_total {}", read(&self.faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let metrics = Metrics::default();
        {
            let _first = metrics.begin();
            metrics.answered(Area::Web, 200, Duration::from_micros(700), false);
            metrics.answered(Area::Identity, 400, Duration::from_secs(9), true);
            metrics.answered(Area::Own, 204, Duration::from_secs(9), false);
            assert!(metrics.text().contains("cinchy_requests_under_way 1\n"));
        }
        let text = metrics.text();
        for line in [
            "cinchy_requests_total{area=\"web\",status=\"2xx\"} 1",
            "cinchy_requests_total{area=\"identity\",status=\"4xx\"} 1",
            "cinchy_requests_total{area=\"emulator\",status=\"2xx\"} 1",
            "cinchy_request_seconds_bucket{le=\"0.0005\"} 0",
            "cinchy_request_seconds_bucket{le=\"0.001\"} 1",
            "cinchy_request_seconds_bucket{le=\"5\"} 1",
            "cinchy_request_seconds_bucket{le=\"+Inf\"} 2",
            "cinchy_request_seconds_count 2",
            "cinchy_requests_under_way 0",
            "cinchy_faults_applied_total 1",
        ] {
            assert!(text.lines().any(|l| l == line), "no `{line}` in {text}");
        }
    }
}
