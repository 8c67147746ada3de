//! Dates and times by format strings of .NET.

use chrono::{Datelike, NaiveDateTime, NaiveTime, Timelike};

use super::culture::{self, Culture};
use crate::convert::moment::local;
use crate::value::Value;

/// The moment in a format; `None` when there is no such format.
pub(super) fn format(value: &Value, format: &str, culture: &Culture) -> Option<String> {
    let moment = local(value)?;
    let offset = match value {
        Value::DateTimeOffset(moment) => Some(moment.offset().local_minus_utc() / 60),
        _ => None,
    };
    let pattern = pattern(format, culture, offset)?;
    let moment = match (format, offset) {
        // These two are written in UTC.
        ("R" | "r" | "u", Some(minutes)) => moment - chrono::Duration::minutes(minutes.into()),
        _ => moment,
    };
    // These are the same in every culture.
    let culture = match format {
        "o" | "O" | "r" | "R" | "s" | "u" => culture::named("en-US").unwrap_or(culture),
        _ => culture,
    };
    custom(moment, offset, &pattern, culture)
}

/// The pattern that a format stands for: one letter is a format of its own.
pub(super) fn pattern(format: &str, culture: &Culture, offset: Option<i32>) -> Option<String> {
    let mut chars = format.chars();
    match (chars.next(), chars.next()) {
        (None, _) => standard('G', culture, offset),
        (Some(letter), None) => standard(letter, culture, offset),
        _ => Some(format.to_owned()),
    }
}

/// The pattern of a format of one letter.
fn standard(letter: char, culture: &Culture, offset: Option<i32>) -> Option<String> {
    let both = |date: &str, time: &str| format!("{date} {time}");
    Some(match letter {
        'd' => culture.short_date.to_owned(),
        'D' => culture.long_date.to_owned(),
        'f' => both(culture.long_date, culture.short_time),
        'F' => both(culture.long_date, culture.long_time),
        'g' => both(culture.short_date, culture.short_time),
        'G' => both(culture.short_date, culture.long_time),
        'm' | 'M' => culture.month_day.to_owned(),
        'o' | 'O' if offset.is_some() => "yyyy-MM-dd'T'HH:mm:ss.fffffffzzz".to_owned(),
        'o' | 'O' => "yyyy-MM-dd'T'HH:mm:ss.fffffff".to_owned(),
        'r' | 'R' => "ddd, dd MMM yyyy HH:mm:ss 'GMT'".to_owned(),
        's' => "yyyy-MM-dd'T'HH:mm:ss".to_owned(),
        't' => culture.short_time.to_owned(),
        'T' => culture.long_time.to_owned(),
        'u' => "yyyy-MM-dd HH:mm:ss'Z'".to_owned(),
        'y' | 'Y' => culture.year_month.to_owned(),
        _ => return None,
    })
}

fn custom(
    moment: NaiveDateTime,
    offset: Option<i32>,
    pattern: &str,
    culture: &Culture,
) -> Option<String> {
    let h12 = match moment.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let nanos = format!("{:09}", moment.nanosecond() % 1_000_000_000);
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next()?),
            '\'' | '"' => loop {
                match chars.next()? {
                    next if next == c => break,
                    '\\' => out.push(chars.next()?),
                    next => out.push(next),
                }
            },
            // A letter behind it stands for itself, not for a format of one letter.
            '%' => {
                chars.peek()?;
                continue;
            }
            'd' | 'f' | 'F' | 'g' | 'h' | 'H' | 'm' | 'M' | 's' | 't' | 'y' | 'z' => {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                let two = |n: u32| {
                    if count == 1 {
                        n.to_string()
                    } else {
                        format!("{n:02}")
                    }
                };
                let part = match c {
                    'd' if count < 3 => two(moment.day()),
                    'd' => culture.weekday(moment.date(), count == 3).to_owned(),
                    'M' if count < 3 => two(moment.month()),
                    'M' => culture.month(moment.month(), count == 3).to_owned(),
                    'h' => two(h12),
                    'H' => two(moment.hour()),
                    'm' => two(moment.minute()),
                    's' => two(moment.second()),
                    'f' if count <= 7 => nanos[..count].to_owned(),
                    'F' if count <= 7 => {
                        let digits = nanos[..count].trim_end_matches('0').to_owned();
                        if digits.is_empty() && out.ends_with('.') {
                            out.pop();
                        }
                        digits
                    }
                    't' => {
                        let half = culture.halves[usize::from(moment.hour() >= 12)];
                        half.chars().take(count.min(2)).collect()
                    }
                    'y' if count == 1 => (moment.year() % 100).to_string(),
                    'y' if count == 2 => format!("{:02}", moment.year() % 100),
                    'y' => format!("{:0count$}", moment.year()),
                    'z' => zone(offset.unwrap_or(0), count),
                    'g' => "A.D.".to_owned(),
                    _ => return None,
                };
                out.push_str(&part);
            }
            'K' => {
                if let Some(offset) = offset {
                    out.push_str(&zone(offset, 3));
                }
            }
            '/' => out.push(culture.date_separator),
            other => out.push(other),
        }
    }
    Some(out)
}

fn zone(offset: i32, count: usize) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    match count {
        1 => format!("{sign}{hours}"),
        2 => format!("{sign}{hours:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}"),
    }
}

/// A time of day, which .NET formats as a span: all but the letters must be escaped (documented).
pub(super) fn format_time(time: NaiveTime, format: &str) -> Option<String> {
    let ticks = format!("{:09}", time.nanosecond() % 1_000_000_000)[..7].to_owned();
    let clock = time.format("%H:%M:%S").to_string();
    match format {
        "" | "c" | "t" | "T" if ticks == "0000000" => return Some(clock),
        "" | "c" | "t" | "T" => return Some(format!("{clock}.{ticks}")),
        "g" => {
            let short = clock.strip_prefix('0').unwrap_or(&clock);
            let ticks = ticks.trim_end_matches('0');
            return Some(if ticks.is_empty() {
                short.to_owned()
            } else {
                format!("{short}.{ticks}")
            });
        }
        "G" => return Some(format!("0:{clock}.{ticks}")),
        _ => {}
    }
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next()?),
            '\'' | '"' => loop {
                match chars.next()? {
                    next if next == c => break,
                    next => out.push(next),
                }
            },
            '%' => {
                chars.peek()?;
            }
            'd' | 'h' | 'm' | 's' | 'f' | 'F' => {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                let n = match c {
                    'd' => 0,
                    'h' => time.hour(),
                    'm' => time.minute(),
                    's' => time.second(),
                    _ if count > 7 => return None,
                    'f' => {
                        out.push_str(&ticks[..count]);
                        continue;
                    }
                    _ => {
                        out.push_str(ticks[..count].trim_end_matches('0'));
                        continue;
                    }
                };
                if count > 2 && c != 'd' {
                    return None;
                }
                out.push_str(&format!("{n:0count$}"));
            }
            _ => return None,
        }
    }
    Some(out)
}
