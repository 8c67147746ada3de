//! Texts of cells that a database keeps in another form: dates, times and exact numbers.

use chrono::{Datelike, NaiveDateTime, NaiveTime, Timelike};
use cinchy_cql::bound_text;
use cinchy_cql::value::Value;
use diesel::data_types::PgNumeric;

use super::Cell;

/// Room for one ISO text, so that dates cost no allocation.
#[derive(Default)]
pub(crate) struct IsoBuffer {
    text: String,
}

impl IsoBuffer {
    /// From SQLite's `2020-01-15 10:00:00[.ffffff]`.
    pub(super) fn of_text(&mut self, text: &str) -> &str {
        self.text.clear();
        // Ten characters, unless the year has five.
        let (date, time) = match (text.get(..10), text.get(11..)) {
            (Some(date), Some(time)) if matches!(text.as_bytes()[10], b' ' | b'T') => (date, time),
            _ => text.split_once([' ', 'T']).unwrap_or((text, "00:00:00")),
        };
        let time = if time.contains('.') {
            time.trim_end_matches('0').trim_end_matches('.')
        } else {
            time
        };
        self.text.push_str(date);
        self.text.push('T');
        self.text.push_str(time);
        &self.text
    }

    pub(super) fn of_time(&mut self, at: NaiveDateTime) -> &str {
        use std::fmt::Write as _;
        self.text.clear();
        // Writing to a String cannot fail.
        let _ = write!(
            self.text,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        );
        let micros = at.nanosecond() / 1_000;
        if micros > 0 {
            let _ = write!(self.text, ".{micros:06}");
            self.text.truncate(self.text.trim_end_matches('0').len());
        }
        &self.text
    }
}

impl IsoBuffer {
    /// A value as a cell of a result, with the digits that columns keep.
    pub(crate) fn cell<'a>(&'a mut self, value: &'a Value) -> Cell<'a> {
        match value {
            Value::Null => Cell::Null,
            Value::Bool(v) => Cell::Bool(*v),
            Value::Int(v) => Cell::Int(*v),
            Value::Double(v) => Cell::Double(*v),
            Value::Text(v) => Cell::Text(v),
            Value::Bytes(v) => Cell::Bytes(v),
            Value::Date(day) => Cell::DateTime(self.of_time(day.and_time(NaiveTime::MIN))),
            Value::DateTime(at) => Cell::DateTime(self.of_time(*at)),
            Value::Time(time) => {
                let text = time.format("%T%.f").to_string();
                Cell::Text(self.of_clock(&text))
            }
            Value::DateTimeOffset(_) => {
                let text = bound_text(value).unwrap_or_default();
                Cell::DateTime(self.of_offset(&text))
            }
            Value::Decimal(_) => {
                self.text = bound_text(value).unwrap_or_default();
                Cell::Decimal(&self.text)
            }
        }
    }

    /// A time of day as .NET writes it: seven digits of a second, or none.
    pub(super) fn of_clock(&mut self, text: &str) -> &str {
        self.text.clear();
        let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
        self.text.push_str(clock);
        if fraction.bytes().any(|b| b != b'0') {
            self.text.push('.');
            self.text
                .extend(fraction.chars().chain("0000000".chars()).take(7));
        }
        &self.text
    }

    /// From the moment of UTC and an offset, as they are bound.
    pub(super) fn of_offset(&mut self, text: &str) -> &str {
        let parsed = cinchy_cql::offset_moment(text);
        let Some(moment) = parsed else {
            self.text.clear();
            self.text.push_str(text);
            return &self.text;
        };
        let offset = moment.offset().to_string();
        let local = moment.naive_local().format("%F %T%.f").to_string();
        self.of_text(&local);
        self.text.push_str(&offset);
        &self.text
    }

    /// An exact number from groups of four digits; `None` for what is no number.
    pub(super) fn of_numeric(&mut self, numeric: &PgNumeric) -> Option<&str> {
        use std::fmt::Write as _;
        self.text.clear();
        let (negative, weight, scale, digits) = match numeric {
            PgNumeric::Positive {
                weight,
                scale,
                digits,
            } => (false, *weight, *scale, digits),
            PgNumeric::Negative {
                weight,
                scale,
                digits,
            } => (true, *weight, *scale, digits),
            PgNumeric::NaN => return None,
        };
        let group = |index: i16| {
            usize::try_from(index)
                .ok()
                .and_then(|i| digits.get(i).copied())
                .unwrap_or(0)
        };
        if negative {
            self.text.push('-');
        }
        // Writing to a String cannot fail.
        if weight < 0 {
            self.text.push('0');
        }
        for index in 0..=weight {
            let digits = group(index);
            let _ = if index == 0 {
                write!(self.text, "{digits}")
            } else {
                write!(self.text, "{digits:04}")
            };
        }
        if scale > 0 {
            self.text.push('.');
            let end = self.text.len() + usize::from(scale);
            let mut index = weight + 1;
            // Groups between the point and the first one that is kept are zeros.
            for zeros in (weight + 1)..0 {
                let _ = zeros;
                self.text.push_str("0000");
                index = 0;
            }
            while self.text.len() < end {
                let _ = write!(self.text, "{:04}", group(index));
                index += 1;
            }
            self.text.truncate(end);
        }
        Some(&self.text)
    }
}
