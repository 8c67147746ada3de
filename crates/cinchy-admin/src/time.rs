//! Times in words.

use std::time::Duration;

use chrono::NaiveDateTime;

/// The two largest units of a time, to the second.
pub fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) if seconds.is_multiple_of(60) => format!("{minutes} min"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, 0) => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Seconds in words; nothing for what is not a time.
pub fn of_seconds(seconds: i64) -> String {
    u64::try_from(seconds).map_or_else(|_| String::new(), |s| words(Duration::from_secs(s)))
}

/// A moment as people read it, UTC.
pub fn moment(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// The text of a date and time as the database hands it over, shortened to the minute.
pub fn shortened(text: &str) -> String {
    let text = text.replace('T', " ");
    match text.get(..16) {
        Some(short) if text.get(16..17) == Some(":") => short.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_two_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3_600, "1 h"),
            (5_400, "1 h 30 min"),
            (86_400, "1 d"),
            (90_061, "1 d 1 h"),
        ] {
            assert_eq!(of_seconds(seconds), expected);
        }
        assert_eq!(of_seconds(-1), "");
        assert_eq!(shortened("2026-11-24T10:20:30.5"), "2026-11-24 10:20");
        assert_eq!(shortened("2026-11-24"), "2026-11-24");
    }
}
