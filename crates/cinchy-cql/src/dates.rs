//! Reading dates as the platform accepts them: ISO, `15 Mar 2020`, `Dec 2 2020`, `3/15/2020`, each with an optional time.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parsed {
    /// 1900-01-01 when only a time is given (T-SQL).
    pub date: NaiveDate,
    /// Midnight when only a date is given.
    pub time: NaiveTime,
    /// Minutes east of UTC, when given.
    pub offset: Option<i32>,
}

/// The order of day, month and year in `3/4/2020`, by the style of CONVERT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    MonthDayYear,
    DayMonthYear,
    YearMonthDay,
}

impl Order {
    /// That of a style; an English (US) server's for those without one.
    pub(crate) fn of_style(style: i64) -> Self {
        match style {
            3 | 4 | 5 | 103 | 104 | 105 => Self::DayMonthYear,
            2 | 11 | 102 | 111 => Self::YearMonthDay,
            _ => Self::MonthDayYear,
        }
    }
}

/// Reads a date, or `None` when the text is none. An offset or `Z` is turned into UTC, the emulator's zone (inferred).
pub fn parse(text: &str) -> Option<NaiveDateTime> {
    let parsed = read(text, Order::MonthDayYear)?;
    let local = parsed.date.and_time(parsed.time);
    let offset = Duration::minutes(parsed.offset.unwrap_or(0).into());
    in_years(local.checked_sub_signed(offset)?)
}

/// The moment, when its year is one of 1 to 9999: what both databases store, and T-SQL's datetime2.
pub(crate) fn in_years(moment: NaiveDateTime) -> Option<NaiveDateTime> {
    let year = chrono::Datelike::year(&moment);
    (1..=9999).contains(&year).then_some(moment)
}

/// Reads a date, a time or both.
pub(crate) fn read(text: &str, order: Order) -> Option<Parsed> {
    let text = text.trim();
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let Some((date, rest)) = split_date(text, order) else {
        let (time, offset) = time(text)?;
        let date = NaiveDate::from_ymd_opt(1900, 1, 1)?;
        return Some(Parsed { date, time, offset });
    };
    let rest = rest.trim();
    if !(1..=9999).contains(&chrono::Datelike::year(&date)) {
        return None;
    }
    let (time, offset) = if rest.is_empty() {
        (NaiveTime::MIN, None)
    } else {
        time(rest)?
    };
    Some(Parsed { date, time, offset })
}

/// A date from the front of the text, and what follows it.
fn split_date(text: &str, order: Order) -> Option<(NaiveDate, &str)> {
    iso(text)
        .or_else(|| compact(text))
        .or_else(|| words(text))
        .or_else(|| slashes(text, order))
}

/// `2020-03-15`, followed by `T`, a blank or nothing.
fn iso(text: &str) -> Option<(NaiveDate, &str)> {
    let (year, rest) = digits(text, 4, 4)?;
    let rest = rest.strip_prefix(['-', '/', '.'])?;
    let (month, rest) = digits(rest, 1, 2)?;
    let rest = rest.strip_prefix(['-', '/', '.'])?;
    let (day, rest) = digits(rest, 1, 2)?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
    let rest = match rest.as_bytes().first() {
        None | Some(b' ') => rest,
        Some(b'T' | b't') => &rest[1..],
        Some(_) => return None,
    };
    Some((date, rest))
}

/// `20200315`, `200315`, `2020`.
fn compact(text: &str) -> Option<(NaiveDate, &str)> {
    let (all, rest) = digits(text, 4, 8)?;
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let date = match text.len() - rest.len() {
        8 => NaiveDate::from_ymd_opt((all / 10_000).try_into().ok()?, all / 100 % 100, all % 100)?,
        6 => NaiveDate::from_ymd_opt(century(all / 10_000)?, all / 100 % 100, all % 100)?,
        4 if rest.is_empty() => NaiveDate::from_ymd_opt(all.try_into().ok()?, 1, 1)?,
        _ => return None,
    };
    Some((date, rest))
}

/// The year that two digits mean: 1950 to 2049 (T-SQL's two digit year cutoff).
fn century(year: u32) -> Option<i32> {
    let year = i32::try_from(year).ok()?;
    Some(match year {
        0..50 => 2000 + year,
        50..100 => 1900 + year,
        _ => year,
    })
}

/// A year of two or four digits.
fn year(text: &str) -> Option<(i32, &str)> {
    let (number, rest) = digits(text, 1, 4)?;
    match text.len() - rest.len() {
        1 | 2 => Some((century(number)?, rest)),
        4 => Some((number.try_into().ok()?, rest)),
        _ => None,
    }
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
    let (year, rest) = year(&rest[gap..])?;
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some((date, rest))
}

/// `3/15/2020`: month first, as an English (US) server reads it (T-SQL), unless a style says otherwise.
fn slashes(text: &str, order: Order) -> Option<(NaiveDate, &str)> {
    let (first, rest) = digits(text, 1, 2)?;
    let separator = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '/' | '-' | '.'))?;
    let (second, rest) = digits(&rest[1..], 1, 2)?;
    let rest = rest.strip_prefix(separator)?;
    let (third, rest) = year(rest)?;
    let last = u32::try_from(third).ok()?;
    let date = match order {
        Order::MonthDayYear => NaiveDate::from_ymd_opt(third, first, second)?,
        Order::DayMonthYear => NaiveDate::from_ymd_opt(third, second, first)?,
        Order::YearMonthDay => NaiveDate::from_ymd_opt(century(first)?, second, last % 100)?,
    };
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

/// `14:07`, `14:07:09`, `14:07:09.1234567`, `2:07 PM`, each with `Z` or `+02:00` behind. Digits beyond the seventh are
/// cut.
fn time(text: &str) -> Option<(NaiveTime, Option<i32>)> {
    let (mut hour, mut rest) = digits(text, 1, 2)?;
    let (mut minute, mut second, mut nanos) = (0, 0, 0);
    let mut has_minute = false;
    if let Some(after) = rest.strip_prefix(':') {
        (minute, rest) = digits(after, 1, 2)?;
        has_minute = true;
        if let Some(after) = rest.strip_prefix(':') {
            (second, rest) = digits(after, 1, 2)?;
            if let Some(after) = rest.strip_prefix(['.', ':']) {
                let end = after
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(after.len());
                if end == 0 || end > 9 {
                    return None;
                }
                let behind = &after[..end];
                // `:123` are milliseconds, `.123` is a fraction.
                let behind = if rest.starts_with(':') {
                    format!("{behind:0>3}")
                } else {
                    behind.to_owned()
                };
                nanos = format!("{behind:0<9}").parse::<u32>().ok()? / 100 * 100;
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
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?;
    let offset = if rest.is_empty() {
        None
    } else {
        Some(i32::try_from(offset(rest)?).ok()?)
    };
    Some((time, offset))
}

/// Minutes east of UTC.
pub(crate) fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    // `-5:00` is one too (in an example of T-SQL's documentation).
    let (hours, rest) = digits(rest, 1, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    (rest.is_empty() && hours * 60 + minutes <= 840 && minutes < 60)
        .then(|| sign * i64::from(hours * 60 + minutes))
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
