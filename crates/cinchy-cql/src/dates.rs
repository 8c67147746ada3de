//! Reading dates as the platform accepts them: ISO, `15 Mar 2020`, `Dec 2 2020`, `3/15/2020`, each with an optional time.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Reads a date, or `None` when the text is none. An offset or `Z` is turned into UTC, the emulator's zone (inferred).
pub fn parse(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let (date, rest) = split_date(text)?;
    let rest = rest.trim();
    let moment = if rest.is_empty() {
        date.and_time(NaiveTime::MIN)
    } else {
        time(date, rest)?
    };
    // What both databases store, and T-SQL's datetime2.
    let years = NaiveDate::from_ymd_opt(1, 1, 1)?..=NaiveDate::from_ymd_opt(9999, 12, 31)?;
    years.contains(&moment.date()).then_some(moment)
}

/// A date from the front of the text, and what follows it.
fn split_date(text: &str) -> Option<(NaiveDate, &str)> {
    iso(text)
        .or_else(|| compact(text))
        .or_else(|| words(text))
        .or_else(|| slashes(text))
}

/// `2020-03-15`, followed by `T`, a blank or nothing.
fn iso(text: &str) -> Option<(NaiveDate, &str)> {
    let (year, rest) = digits(text, 4, 4)?;
    let rest = rest.strip_prefix('-').or_else(|| rest.strip_prefix('/'))?;
    let (month, rest) = digits(rest, 1, 2)?;
    let rest = rest.strip_prefix('-').or_else(|| rest.strip_prefix('/'))?;
    let (day, rest) = digits(rest, 1, 2)?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
    let rest = match rest.as_bytes().first() {
        None | Some(b' ') => rest,
        Some(b'T' | b't') => &rest[1..],
        Some(_) => return None,
    };
    Some((date, rest))
}

/// `20200315`.
fn compact(text: &str) -> Option<(NaiveDate, &str)> {
    let (all, rest) = digits(text, 8, 8)?;
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let date =
        NaiveDate::from_ymd_opt((all / 10_000).try_into().ok()?, all / 100 % 100, all % 100)?;
    Some((date, rest))
}

/// `15 Mar 2020`, `15-Mar-2020`, `Mar 15 2020`, `March 15, 2020`.
fn words(text: &str) -> Option<(NaiveDate, &str)> {
    let blank = |s: &'_ str| -> usize { s.len() - s.trim_start_matches([' ', ',', '-']).len() };
    let (day, month, rest) = if text.starts_with(|c: char| c.is_ascii_digit()) {
        let (day, rest) = digits(text, 1, 2)?;
        let rest = &rest[blank(rest)..];
        let (month, rest) = month(rest)?;
        (day, month, rest)
    } else {
        let (month, rest) = month(text)?;
        let (day, rest) = digits(&rest[blank(rest)..], 1, 2)?;
        (day, month, rest)
    };
    let gap = blank(rest);
    if gap == 0 {
        return None;
    }
    let (year, rest) = digits(&rest[gap..], 4, 4)?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some((date, rest))
}

/// `3/15/2020`: month first, as an English (US) server reads it (T-SQL).
fn slashes(text: &str) -> Option<(NaiveDate, &str)> {
    let (month, rest) = digits(text, 1, 2)?;
    let separator = rest.chars().next().filter(|c| matches!(c, '/' | '-'))?;
    let (day, rest) = digits(&rest[1..], 1, 2)?;
    let rest = rest.strip_prefix(separator)?;
    let (year, rest) = digits(rest, 4, 4)?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some((date, rest))
}

fn month(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let word = text[..end].to_ascii_lowercase();
    const LONG: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let found = MONTHS
        .iter()
        .position(|m| *m == word)
        .or_else(|| LONG.iter().position(|m| *m == word))?;
    Some((u32::try_from(found).ok()? + 1, &text[end..]))
}

/// `14:07`, `14:07:09`, `14:07:09.1234567`, `2:07 PM`, each with `Z` or `+02:00` behind.
fn time(date: NaiveDate, text: &str) -> Option<NaiveDateTime> {
    let (mut hour, mut rest) = digits(text, 1, 2)?;
    let (mut minute, mut second, mut nanos) = (0, 0, 0);
    let mut has_minute = false;
    if let Some(after) = rest.strip_prefix(':') {
        (minute, rest) = digits(after, 1, 2)?;
        has_minute = true;
        if let Some(after) = rest.strip_prefix(':') {
            (second, rest) = digits(after, 1, 2)?;
            if let Some(after) = rest.strip_prefix('.') {
                let end = after
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(after.len());
                if end == 0 || end > 9 {
                    return None;
                }
                nanos = format!("{:0<9}", &after[..end]).parse().ok()?;
                rest = &after[end..];
            }
        }
    }
    rest = rest.trim_start();
    let lower = rest.to_ascii_lowercase();
    if lower.starts_with("am") || lower.starts_with("pm") {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if lower.starts_with("pm") { 12 } else { 0 };
        rest = rest[2..].trim_start();
    } else if !has_minute {
        return None;
    }
    let moment = date.and_time(NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?);
    moment.checked_sub_signed(Duration::minutes(offset(rest)?))
}

/// Minutes east of UTC.
fn offset(text: &str) -> Option<i64> {
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, rest) = digits(rest, 2, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':').unwrap_or(rest), 2, 2)?;
    (rest.is_empty() && hours <= 14 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes))
}

/// A number of `min` to `max` digits from the front of an ASCII text.
fn digits(text: &str, min: usize, max: usize) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    if end < min || end > max {
        return None;
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::parse;

    #[test]
    fn accepted_forms() {
        for (text, expect) in [
            ("2020-03-15", "2020-03-15 00:00:00"),
            ("2020-03-15T14:07:09.123", "2020-03-15 14:07:09.123"),
            ("2020-03-15 14:07", "2020-03-15 14:07:00"),
            ("2020-03-15T14:07:09Z", "2020-03-15 14:07:09"),
            ("2020-03-15T14:07:09+02:00", "2020-03-15 12:07:09"),
            (
                "2007-04-30T01:01:01.1234567 -07:00",
                "2007-04-30 08:01:01.123456700",
            ),
            ("15 Mar 2020", "2020-03-15 00:00:00"),
            ("Dec 2 2020", "2020-12-02 00:00:00"),
            ("December 2, 2020 2:07 PM", "2020-12-02 14:07:00"),
            ("15-Mar-2020", "2020-03-15 00:00:00"),
            ("20200315", "2020-03-15 00:00:00"),
            ("3/15/2020 12:00 AM", "2020-03-15 00:00:00"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expect, "{text}");
        }
    }

    #[test]
    fn refused_forms() {
        for text in [
            "",
            "Test",
            "2020-13-01",
            "2020-02-30",
            "15 Mar",
            "2020-03-15X",
            "2020-03-15 25:00",
            "5",
            "é",
            "2020-03-15 14",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
