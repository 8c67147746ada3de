//! Dates and times: reading them as a type, and turning them into other types and texts.

use chrono::{
    DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound,
    TimeZone, Timelike,
};

use super::{clash, sql_name};
use crate::dates::{self, Order};
use crate::error::CqlError;
use crate::value::{Type, Value};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Names of the months of the Hijri calendar, as style 130 has them.
const HIJRI_MONTHS: [&str; 12] = [
    "محرم",
    "صفر",
    "ربيع الاول",
    "ربيع الثاني",
    "جمادى الاولى",
    "جمادى الثانية",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو القعدة",
    "ذو الحجة",
];

/// 1900-01-01, from which numbers count days.
pub(crate) fn epoch() -> NaiveDateTime {
    NaiveDateTime::new(
        NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default(),
        NaiveTime::MIN,
    )
}

/// The `datetime` of so many days after 1900-01-01.
///
/// # Errors
/// One outside its years.
pub(crate) fn of_days(days: f64) -> Result<NaiveDateTime, CqlError> {
    let overflow = || CqlError::Overflow {
        from: "expression",
        to: "datetime",
    };
    let micros = (days * 86_400_000_000.0).round();
    if !micros.is_finite() || micros.abs() > 1e18 {
        return Err(overflow());
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let moment = epoch().checked_add_signed(Duration::microseconds(micros as i64));
    let moment = moment.map(legacy).ok_or_else(overflow)?;
    if !(1753..=9999).contains(&moment.year()) {
        return Err(overflow());
    }
    Ok(moment)
}

/// Days since 1900-01-01.
#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of 10,000 years fit"
)]
pub(crate) fn days(moment: NaiveDateTime) -> f64 {
    let since = moment - epoch();
    since.num_microseconds().unwrap_or(0) as f64 / 86_400_000_000.0
}

/// The moment as `datetime` keeps it: to 1/300 of a second, shown as milliseconds that end in 0, 3 or 7.
pub(crate) fn legacy(moment: NaiveDateTime) -> NaiveDateTime {
    let nanos = u64::from(moment.nanosecond());
    let ticks = (nanos * 3 + 5_000_000) / 10_000_000;
    let millis = i64::try_from((ticks * 10 + 1) / 3).unwrap_or(0);
    let second = moment.with_nanosecond(0).unwrap_or(moment);
    second + Duration::milliseconds(millis)
}

/// The moment as [`legacy`] keeps it, from 1753 on; what would be rounded into the year 10000 is beyond it too.
fn in_range_of_legacy(moment: NaiveDateTime) -> Option<NaiveDateTime> {
    let rounded = legacy(moment);
    (1753..=9999).contains(&rounded.year()).then_some(rounded)
}

/// The time with so many digits of a second, rounded; what would be the next day stays in this one.
pub(crate) fn round_time(time: NaiveTime, scale: u8) -> NaiveTime {
    time.round_subsecs(scale.min(7).into())
}

/// The moment with so many digits of a second, rounded.
pub(crate) fn round(moment: NaiveDateTime, scale: u8) -> NaiveDateTime {
    moment.round_subsecs(scale.min(7).into())
}

fn with_offset(local: NaiveDateTime, minutes: i32) -> Option<DateTime<FixedOffset>> {
    let offset = FixedOffset::east_opt(minutes.checked_mul(60)?)?;
    offset.from_local_datetime(&local).single()
}

/// Reads a text as a date or time.
///
/// # Errors
/// A text that is none, or outside the type's years.
pub(super) fn of_text(text: &str, to: Type, style: Option<i64>) -> Result<Value, CqlError> {
    let wrong = || CqlError::NotADate {
        text: text.to_owned(),
    };
    let trimmed = text.trim();
    let trimmed = if trimmed.is_empty() {
        "1900-01-01"
    } else {
        trimmed
    };
    let Some(style) = style else {
        if to == Type::DateTime {
            return dates::parse(trimmed).map(Value::DateTime).ok_or_else(wrong);
        }
        return of_text(text, to, Some(0));
    };
    let parsed = dates::read(trimmed, Order::of_style(style)).ok_or_else(wrong)?;
    let local = parsed.date.and_time(parsed.time);
    Ok(match to {
        Type::Date => Value::Date(parsed.date),
        Type::Time(scale) => Value::Time(round_time(parsed.time, scale)),
        Type::DateTime2(scale) => Value::DateTime(round(local, scale)),
        Type::DateTimeOffset(scale) => {
            let moment = with_offset(round(local, scale), parsed.offset.unwrap_or(0));
            Value::DateTimeOffset(moment.ok_or_else(wrong)?)
        }
        _ => {
            // A `datetime` has no offset and begins with 1753.
            if parsed.offset.is_some_and(|minutes| minutes != 0) {
                return Err(wrong());
            }
            let rounded = in_range_of_legacy(local).ok_or(CqlError::DateOutOfRange {
                from: "varchar",
                to: "datetime",
            })?;
            Value::DateTime(rounded)
        }
    })
}

/// The local date and time of any of them; a time alone is one of 1900-01-01.
pub(crate) fn local(value: &Value) -> Option<NaiveDateTime> {
    Some(match value {
        Value::Date(date) => date.and_time(NaiveTime::MIN),
        Value::Time(time) => epoch().date().and_time(*time),
        Value::DateTime(moment) => *moment,
        Value::DateTimeOffset(moment) => moment.naive_local(),
        _ => return None,
    })
}

/// The value as its type says: the moment with what the type keeps of it.
///
/// # Errors
/// A moment outside the type's years.
pub(crate) fn of_local(
    local: NaiveDateTime,
    offset: i32,
    from: Type,
    to: Type,
) -> Result<Value, CqlError> {
    let out = || CqlError::DateOutOfRange {
        from: sql_name(from),
        to: sql_name(to),
    };
    Ok(match to {
        Type::Date => Value::Date(local.date()),
        Type::Time(scale) => Value::Time(round_time(local.time(), scale)),
        Type::DateTime2(scale) => Value::DateTime(round(local, scale)),
        Type::DateTimeOffset(scale) => {
            Value::DateTimeOffset(with_offset(round(local, scale), offset).ok_or_else(out)?)
        }
        _ => Value::DateTime(in_range_of_legacy(local).ok_or_else(out)?),
    })
}

pub(super) fn to_type(
    value: &Value,
    from: Type,
    to: Type,
    style: Option<i64>,
) -> Result<Value, CqlError> {
    let Some(moment) = local(value) else {
        return Err(clash(from, to));
    };
    let offset = match value {
        Value::DateTimeOffset(moment) => moment.offset().local_minus_utc() / 60,
        _ => 0,
    };
    match to {
        Type::Null => Ok(value.clone()),
        Type::Text => text(
            moment,
            offset,
            from,
            style.unwrap_or_else(|| default_style(from)),
        )
        .map(Value::Text),
        Type::Date if matches!(from, Type::Time(_)) => Err(clash(from, to)),
        // What a column holds is not rounded on its way to a comparison.
        Type::DateTime if style.is_none() => Ok(Value::DateTime(moment)),
        Type::Date
        | Type::Time(_)
        | Type::DateTime
        | Type::DateTime2(_)
        | Type::DateTimeOffset(_) => of_local(moment, offset, from, to),
        Type::Double | Type::Real if from == Type::DateTime => Ok(Value::Double(days(moment))),
        Type::Decimal { .. } | Type::Money if from == Type::DateTime => {
            super::number::of_double(days(moment), Type::Double, to, style)
        }
        Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt if from == Type::DateTime => {
            super::number::of_double((days(moment) + 0.5).floor(), Type::Double, to, style)
        }
        Type::Bit if from == Type::DateTime => Ok(Value::Bool(days(moment) != 0.0)),
        _ => Err(clash(from, to)),
    }
}

/// The style that a type is printed in when none is given.
pub(crate) fn default_style(ty: Type) -> i64 {
    if ty == Type::DateTime { 0 } else { 121 }
}

/// A moment of a type in a style of CONVERT (documented).
///
/// # Errors
/// An unknown style.
pub(crate) fn text(
    moment: NaiveDateTime,
    offset: i32,
    ty: Type,
    style: i64,
) -> Result<String, CqlError> {
    let (year, month, day) = (moment.year(), moment.month(), moment.day());
    let (yy, name) = (year % 100, MONTHS[month as usize - 1]);
    let (h24, minute, second) = (moment.hour(), moment.minute(), moment.second());
    let h12 = if h24 % 12 == 0 { 12 } else { h24 % 12 };
    let half = if h24 < 12 { "AM" } else { "PM" };
    let clock = format!("{h24:02}:{minute:02}:{second:02}");
    let fraction = fraction(moment, ty);
    // The old styles have milliseconds behind a colon, the types of more digits a point.
    let behind = |separator: &str| match (&fraction, ty) {
        (f, _) if f.is_empty() => String::new(),
        (f, Type::DateTime) => format!("{separator}{f}"),
        (f, _) => format!(".{f}"),
    };
    let date = match style {
        0 | 9 | 100 | 109 => format!("{name} {day:>2} {year:04}"),
        1 => format!("{month:02}/{day:02}/{yy:02}"),
        22 => format!("{month:02}/{day:02}/{yy:02}"),
        101 => format!("{month:02}/{day:02}/{year:04}"),
        2 => format!("{yy:02}.{month:02}.{day:02}"),
        102 => format!("{year:04}.{month:02}.{day:02}"),
        3 => format!("{day:02}/{month:02}/{yy:02}"),
        103 => format!("{day:02}/{month:02}/{year:04}"),
        4 => format!("{day:02}.{month:02}.{yy:02}"),
        104 => format!("{day:02}.{month:02}.{year:04}"),
        5 => format!("{day:02}-{month:02}-{yy:02}"),
        105 => format!("{day:02}-{month:02}-{year:04}"),
        6 => format!("{day:02} {name} {yy:02}"),
        106 | 13 | 113 => format!("{day:02} {name} {year:04}"),
        7 => format!("{name} {day:02}, {yy:02}"),
        107 => format!("{name} {day:02}, {year:04}"),
        10 => format!("{month:02}-{day:02}-{yy:02}"),
        110 => format!("{month:02}-{day:02}-{year:04}"),
        11 => format!("{yy:02}/{month:02}/{day:02}"),
        111 => format!("{year:04}/{month:02}/{day:02}"),
        12 => format!("{yy:02}{month:02}{day:02}"),
        112 => format!("{year:04}{month:02}{day:02}"),
        20 | 21 | 23 | 25 | 120 | 121 | 126 | 127 => format!("{year:04}-{month:02}-{day:02}"),
        8 | 14 | 24 | 108 | 114 => String::new(),
        130 | 131 => {
            let (year, month, day) = hijri(moment.date());
            if style == 130 {
                format!("{day:>2} {} {year}", HIJRI_MONTHS[month as usize - 1])
            } else {
                format!("{day:>2}/{month:02}/{year}")
            }
        }
        _ => {
            return Err(CqlError::UnknownStyle {
                style,
                from: sql_name(ty),
            });
        }
    };
    let time = match style {
        0 | 100 => format!("{h12:>2}:{minute:02}{half}"),
        22 => format!("{h12:>2}:{minute:02}:{second:02} {half}"),
        9 | 109 | 130 | 131 => {
            format!("{h12:>2}:{minute:02}:{second:02}{}{half}", behind(":"))
        }
        8 | 24 | 108 | 20 | 120 => clock,
        13 | 14 | 113 | 114 => format!("{clock}{}", behind(":")),
        21 | 25 | 121 => format!("{clock}{}", behind(".")),
        126 | 127 if ty == Type::DateTime && fraction == "000" => clock,
        126 | 127 => format!("{clock}{}", behind(".")),
        _ => String::new(),
    };
    let separator = if matches!(style, 126 | 127) { "T" } else { " " };
    let sign = if offset < 0 { '-' } else { '+' };
    let zone = format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
    Ok(match ty {
        Type::Date => date,
        Type::Time(_) => time,
        Type::DateTimeOffset(scale) if style == 127 => {
            let utc = moment - Duration::minutes(offset.into());
            format!("{}Z", text(utc, 0, Type::DateTime2(scale), 127)?)
        }
        _ => {
            let both = match (date.is_empty(), time.is_empty()) {
                (false, false) => format!("{date}{separator}{time}"),
                _ => format!("{date}{time}"),
            };
            match ty {
                Type::DateTimeOffset(_) if style == 126 => format!("{both}{zone}"),
                Type::DateTimeOffset(_) => format!("{both} {zone}"),
                _ => both,
            }
        }
    })
}

/// The digits of a second that a type has.
pub(crate) fn fraction(moment: NaiveDateTime, ty: Type) -> String {
    let scale = match ty {
        Type::Time(scale) | Type::DateTime2(scale) | Type::DateTimeOffset(scale) => scale,
        Type::DateTime => 3,
        _ => 0,
    };
    let nanos = format!("{:09}", moment.nanosecond() % 1_000_000_000);
    nanos[..usize::from(scale.min(7))].to_owned()
}

/// Year, month and day of the Hijri calendar by the Kuwaiti algorithm, which styles 130 and 131 use (documented).
fn hijri(date: NaiveDate) -> (i32, u32, u32) {
    // Days of the Julian day number; the calendar begins with 1948440, 30 years have 10631 days.
    let julian = date.num_days_from_ce() + 1_721_425;
    let since = julian - 1_948_440;
    let cycle = since.div_euclid(10_631);
    let mut rest = since.rem_euclid(10_631);
    let mut year = cycle * 30 + 1;
    loop {
        let length = 354 + i32::from((14 + 11 * year).rem_euclid(30) < 11);
        if rest < length {
            break;
        }
        rest -= length;
        year += 1;
    }
    let mut month = 1_u32;
    loop {
        let length = match month {
            12 => 29 + i32::from((14 + 11 * year).rem_euclid(30) < 11),
            m if m % 2 == 1 => 30,
            _ => 29,
        };
        if rest < length || month == 12 {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, u32::try_from(rest).unwrap_or(0) + 1)
}
