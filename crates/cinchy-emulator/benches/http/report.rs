//! The table that a run prints: what was measured, what limits it, and how that compares with the goal.

use std::fmt::Write as _;
use std::time::Duration;

/// What a figure is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// At least this part of the limit.
    OfLimit(f64),
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Printed for what it is.
    None,
}

/// One line.
#[derive(Debug)]
struct Line {
    what: String,
    unit: &'static str,
    value: f64,
    limit: Option<f64>,
    goal: Goal,
}

/// All lines of a run.
#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<Line>,
}

impl Report {
    /// A figure that stands for itself.
    pub fn add(&mut self, what: &str, value: f64, unit: &'static str, goal: Goal) {
        self.push(what, value, unit, None, goal);
    }

    /// A figure beside the limit that was measured with it.
    pub fn add_of(&mut self, what: &str, value: f64, unit: &'static str, limit: f64, goal: Goal) {
        self.push(what, value, unit, Some(limit), goal);
    }

    fn push(&mut self, what: &str, value: f64, unit: &'static str, limit: Option<f64>, goal: Goal) {
        self.lines.push(Line {
            what: what.to_owned(),
            unit,
            value,
            limit,
            goal,
        });
    }

    /// The table.
    pub fn table(&self) -> String {
        let width = self
            .lines
            .iter()
            .map(|l| l.what.len())
            .max()
            .unwrap_or_default();
        let mut out = format!(
            "{:width$}  {:>10} {:5}  {:>10}  {:>7}  {:>9}\n",
            "", "value", "", "limit", "ratio", "goal"
        );
        for line in &self.lines {
            let limit = line.limit.map(number).unwrap_or_default();
            let ratio = line
                .limit
                .map(|l| format!("{:.1} %", 100.0 * line.value / l))
                .unwrap_or_default();
            let (goal, reached) = line.judged();
            let verdict = reached.map_or("", |reached| if reached { "ok" } else { "below" });
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{:width$}  {:>10} {:5}  {limit:>10}  {ratio:>7}  {goal:>9}  {verdict}",
                line.what,
                number(line.value),
                line.unit
            );
        }
        out
    }
}

impl Line {
    fn judged(&self) -> (String, Option<bool>) {
        match self.goal {
            Goal::OfLimit(part) => (
                format!(">= {:.0} %", part * 100.0),
                self.limit.map(|limit| self.value >= part * limit),
            ),
            Goal::AtLeast(least) => (format!(">= {}", number(least)), Some(self.value >= least)),
            Goal::AtMost(most) => (format!("<= {}", number(most)), Some(self.value <= most)),
            Goal::None => (String::new(), None),
        }
    }
}

/// Three or four significant digits.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The middle of some figures; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Milliseconds with their fraction.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
