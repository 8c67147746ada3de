//! Functions of dates. The parts of a date (`day`, `hour` ..) reach them as texts, by the names of [`Part::name`].

mod part;

use chrono::{Datelike, Days, Duration, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime};
use chrono::{SubsecRound, TimeZone, Timelike};

use super::{Function, Sql};
use crate::convert::{convert_from, moment, sql_name};
use crate::dates::{self, Order};
use crate::error::CqlError;
use crate::value::{Type, Value};

pub(crate) use part::{Part, month_name, weekday_name};

/// All of this file.
pub(super) const ALL: &[&Function] = &[
    &DATEADD,
    &DATEDIFF,
    &DATEPART,
    &DATENAME,
    &DATETRUNC,
    &EOMONTH,
    &DATEFROMPARTS,
    &DATETIMEFROMPARTS,
    &DATETIME2FROMPARTS,
    &TIMEFROMPARTS,
    &DATETIMEOFFSETFROMPARTS,
    &TODATETIMEOFFSET,
    &SWITCHOFFSET,
    &ISDATE,
    &LEGACY,
    &WHOLE_MINUTE,
    &PLUS_DAYS,
    &MINUS_DAYS,
];

const fn function(name: &'static str, evaluate: super::Evaluate, postgres: Sql) -> Function {
    Function {
        name,
        strict: true,
        evaluate: Some(evaluate),
        sqlite: Sql::Rust,
        postgres,
    }
}

/// `DATEADD(part, number, date)`: the date's type; ends of months are clamped (documented).
pub(crate) static DATEADD: Function = function("dateadd", add, Sql::Moments("cql_dateadd"));
/// `DATEDIFF(part, from, to)`: boundaries that lie between (documented); weeks begin with Sunday.
pub(crate) static DATEDIFF: Function =
    function("datediff", difference, Sql::Moments("cql_datediff"));
/// `DATEPART(part, date)`.
pub(crate) static DATEPART: Function = function("datepart", part_of, Sql::Moments("cql_datepart"));
/// `DATENAME(part, date)`: English names.
pub(crate) static DATENAME: Function = function("datename", name_of, Sql::Moments("cql_datename"));
/// `DATETRUNC(part, date)` of a `datetime2`; the part is `year`, `quarter`, `month`, `week` (of which Monday is the first
/// day), `day` or a part of a day.
pub(crate) static DATETRUNC: Function =
    function("datetrunc", cut, Sql::Words("date_trunc({0}, {1})"));
/// `EOMONTH(date, months)`: the last day of the month.
pub(crate) static EOMONTH: Function =
    function("eomonth", end_of_month, Sql::Moments("cql_eomonth"));
/// `DATEFROMPARTS(year, month, day)`.
pub(crate) static DATEFROMPARTS: Function =
    function("datefromparts", from_parts, Sql::Moments("cql_from_parts"));
/// `DATETIMEFROMPARTS(year, month, day, hour, minute, second, millisecond)`.
pub(crate) static DATETIMEFROMPARTS: Function = function(
    "datetimefromparts",
    from_parts,
    Sql::Moments("cql_from_parts"),
);
/// `DATETIME2FROMPARTS(year, month, day, hour, minute, second, fractions, digits of the fractions)`.
pub(crate) static DATETIME2FROMPARTS: Function = function(
    "datetime2fromparts",
    from_parts,
    Sql::Moments("cql_from_parts"),
);
/// `TIMEFROMPARTS(hour, minute, second, fractions, digits of the fractions)`.
pub(crate) static TIMEFROMPARTS: Function =
    function("timefromparts", from_parts, Sql::Moments("cql_from_parts"));
/// `DATETIMEOFFSETFROMPARTS(.., fractions, hours of the offset, minutes of the offset, digits of the fractions)`.
pub(crate) static DATETIMEOFFSETFROMPARTS: Function =
    function("datetimeoffsetfromparts", from_parts, Sql::None);
/// `TODATETIMEOFFSET(date, offset)`: the local time stays.
pub(crate) static TODATETIMEOFFSET: Function = function("todatetimeoffset", to_offset, Sql::None);
/// `SWITCHOFFSET(datetimeoffset, offset)`: the moment stays.
pub(crate) static SWITCHOFFSET: Function = function("switchoffset", to_offset, Sql::None);
/// `ISDATE(text)`: 1 when it is a `datetime`. NULL is none.
pub(crate) static ISDATE: Function = Function {
    name: "isdate",
    strict: false,
    evaluate: Some(is_date),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_isdate"),
};
/// The moment as `datetime` keeps it.
pub(crate) static LEGACY: Function = function(
    "legacy",
    |args, _| Ok(with_moment(args, moment::legacy)),
    Sql::Own("cql_legacy"),
);
/// The moment to the nearest minute: `smalldatetime`.
pub(crate) static WHOLE_MINUTE: Function = function(
    "whole_minute",
    |args, _| Ok(with_moment(args, whole_minute)),
    Sql::Own("cql_whole_minute"),
);
/// `datetime + days`.
pub(crate) static PLUS_DAYS: Function = function(
    "plus_days",
    |args, _| days_from(args, 1.0),
    Sql::Own("cql_plus_days"),
);
/// `datetime - days`.
pub(crate) static MINUS_DAYS: Function = function(
    "minus_days",
    |args, _| days_from(args, -1.0),
    Sql::Own("cql_minus_days"),
);

fn with_moment(args: &[Value], change: impl FnOnce(NaiveDateTime) -> NaiveDateTime) -> Value {
    match args.first() {
        Some(Value::DateTime(moment)) => Value::DateTime(change(*moment)),
        _ => Value::Null,
    }
}

fn whole_minute(moment: NaiveDateTime) -> NaiveDateTime {
    // 29.998 seconds and less are cut (T-SQL).
    let second = moment.second() * 1_000 + moment.nanosecond() / 1_000_000;
    let minute = moment.with_second(0).unwrap_or(moment).trunc_subsecs(0);
    if second > 29_998 {
        minute + Duration::minutes(1)
    } else {
        minute
    }
}

fn days_from(args: &[Value], sign: f64) -> Result<Value, CqlError> {
    let [Value::DateTime(start), Value::Double(days)] = args else {
        return Ok(Value::Null);
    };
    let overflow = || CqlError::Overflow {
        from: "expression",
        to: "datetime",
    };
    let micros = (sign * days * 86_400_000_000.0 + 0.5).floor();
    if !micros.is_finite() || micros.abs() > 1e18 {
        return Err(overflow());
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let moment = start.checked_add_signed(Duration::microseconds(micros as i64));
    let moment = moment.ok_or_else(overflow)?;
    if !(1753..=9999).contains(&moment.year()) {
        return Err(overflow());
    }
    Ok(Value::DateTime(moment))
}

fn part_and_rest(args: &[Value]) -> Option<(Part, &[Value])> {
    match args.split_first()? {
        (Value::Text(name), rest) => Some((Part::named(name)?, rest)),
        _ => None,
    }
}

fn add(args: &[Value], ty: Type) -> Result<Value, CqlError> {
    let Some((part, [Value::Int(n), date])) = part_and_rest(args) else {
        return Ok(Value::Null);
    };
    let overflow = || CqlError::DateOverflow { ty: sql_name(ty) };
    let Some(start) = moment::local(date) else {
        return Ok(Value::Null);
    };
    let months = |per: i64| -> Option<NaiveDateTime> {
        let n = n.checked_mul(per)?;
        let count = Months::new(u32::try_from(n.unsigned_abs()).ok()?);
        if n < 0 {
            start.checked_sub_months(count)
        } else {
            start.checked_add_months(count)
        }
    };
    let moved = match part {
        Part::Year => months(12),
        Part::Quarter => months(3),
        Part::Month => months(1),
        Part::Nanosecond => {
            // To 100 ns, halves upwards.
            let ticks = (n + 50).div_euclid(100);
            start.checked_add_signed(Duration::nanoseconds(ticks.saturating_mul(100)))
        }
        part => part
            .nanos()
            .and_then(|nanos| n.checked_mul(nanos / 100))
            .and_then(|ticks| {
                let days = ticks.div_euclid(864_000_000_000);
                let rest = ticks.rem_euclid(864_000_000_000);
                start
                    .checked_add_signed(Duration::try_days(days)?)?
                    .checked_add_signed(Duration::nanoseconds(rest * 100))
            }),
    };
    let moved = moved.and_then(dates::in_years).ok_or_else(overflow)?;
    Ok(match (date, ty) {
        (Value::Date(_), _) => Value::Date(moved.date()),
        (Value::Time(_), _) => Value::Time(moved.time()),
        (Value::DateTimeOffset(given), _) => {
            let moved = given.offset().from_local_datetime(&moved).single();
            Value::DateTimeOffset(moved.ok_or_else(overflow)?)
        }
        (_, Type::DateTime) if moved.year() < 1753 => return Err(overflow()),
        (_, Type::DateTime) if part == Part::Millisecond => Value::DateTime(moment::legacy(moved)),
        _ => Value::DateTime(moved),
    })
}

/// The moment in UTC, by which DATEDIFF counts.
fn utc(value: &Value) -> Option<NaiveDateTime> {
    match value {
        Value::DateTimeOffset(moment) => Some(moment.naive_utc()),
        other => moment::local(other),
    }
}

fn difference(args: &[Value], ty: Type) -> Result<Value, CqlError> {
    let Some((part, [from, to])) = part_and_rest(args) else {
        return Ok(Value::Null);
    };
    let (Some(from), Some(to)) = (utc(from), utc(to)) else {
        return Ok(Value::Null);
    };
    let month = |m: NaiveDateTime| i128::from(m.year()) * 12 + i128::from(m.month0());
    let nanos = |m: NaiveDateTime| {
        i128::from(m.num_days_from_ce()) * 86_400_000_000_000
            + i128::from(m.num_seconds_from_midnight()) * 1_000_000_000
            + i128::from(m.nanosecond())
    };
    let count = match part {
        Part::Year => i128::from(to.year() - from.year()),
        Part::Quarter => month(to).div_euclid(3) - month(from).div_euclid(3),
        Part::Month => month(to) - month(from),
        part => match part.nanos() {
            // The first day of the calendar was a Monday: weeks begin with the day before it.
            Some(length) => {
                let unit = i128::from(length);
                nanos(to).div_euclid(unit) - nanos(from).div_euclid(unit)
            }
            None => return Ok(Value::Null),
        },
    };
    let overflow = |function| CqlError::DateDifferenceOverflow { function };
    Ok(Value::Int(if ty == Type::BigInt {
        i64::try_from(count).map_err(|_| overflow("datediff_big"))?
    } else {
        i32::try_from(count)
            .map_err(|_| overflow("datediff"))?
            .into()
    }))
}

/// The number that DATEPART gives.
fn number_of(part: Part, value: &Value) -> Option<i64> {
    let moment = moment::local(value)?;
    let nanos = i64::from(moment.nanosecond());
    Some(match part {
        Part::Year => moment.year().into(),
        Part::Quarter => (moment.month0() / 3 + 1).into(),
        Part::Month => moment.month().into(),
        Part::DayOfYear => moment.ordinal().into(),
        Part::Day => moment.day().into(),
        Part::Week => {
            let first = moment.date().with_ordinal(1)?;
            let before = first.weekday().num_days_from_sunday();
            ((moment.ordinal0() + before) / 7 + 1).into()
        }
        Part::IsoWeek => moment.iso_week().week().into(),
        Part::Weekday => (moment.weekday().num_days_from_sunday() + 1).into(),
        Part::Hour => moment.hour().into(),
        Part::Minute => moment.minute().into(),
        Part::Second => moment.second().into(),
        Part::Millisecond => nanos / 1_000_000,
        Part::Microsecond => nanos / 1_000,
        Part::Nanosecond => nanos,
        Part::Offset => match value {
            Value::DateTimeOffset(moment) => (moment.offset().local_minus_utc() / 60).into(),
            _ => 0,
        },
    })
}

fn part_of(args: &[Value], _: Type) -> Result<Value, CqlError> {
    let Some((part, [date])) = part_and_rest(args) else {
        return Ok(Value::Null);
    };
    Ok(number_of(part, date).map_or(Value::Null, Value::Int))
}

fn name_of(args: &[Value], _: Type) -> Result<Value, CqlError> {
    let Some((part, [date])) = part_and_rest(args) else {
        return Ok(Value::Null);
    };
    let (Some(number), Some(moment)) = (number_of(part, date), moment::local(date)) else {
        return Ok(Value::Null);
    };
    Ok(Value::Text(match part {
        Part::Month => month_name(moment.month()).to_owned(),
        Part::Weekday => weekday_name(moment.date()).to_owned(),
        Part::Offset => {
            let sign = if number < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", number.abs() / 60, number.abs() % 60)
        }
        _ => number.to_string(),
    }))
}

fn cut(args: &[Value], _: Type) -> Result<Value, CqlError> {
    let Some((part, [Value::DateTime(moment)])) = part_and_rest(args) else {
        return Ok(Value::Null);
    };
    let day = moment.date();
    let first_of = |month| NaiveDate::from_ymd_opt(day.year(), month, 1);
    let first = match part {
        Part::Year => first_of(1),
        Part::Quarter => first_of(day.month0() / 3 * 3 + 1),
        Part::Month => first_of(day.month()),
        Part::Week => {
            let days = day.weekday().num_days_from_monday();
            day.checked_sub_days(Days::new(days.into()))
        }
        Part::Day => Some(day),
        part => {
            let Some(unit) = part.nanos() else {
                return Ok(Value::Null);
            };
            let time = moment.time();
            let nanos = i64::from(time.num_seconds_from_midnight()) * 1_000_000_000
                + i64::from(time.nanosecond());
            let start = day.and_time(NaiveTime::MIN);
            return Ok(Value::DateTime(
                start + Duration::nanoseconds(nanos - nanos.rem_euclid(unit)),
            ));
        }
    };
    let first = first.map(|day| day.and_time(NaiveTime::MIN));
    let first = first.and_then(dates::in_years);
    let overflow = CqlError::DateOverflow { ty: "datetime2" };
    first.map(Value::DateTime).ok_or(overflow)
}

fn end_of_month(args: &[Value], _: Type) -> Result<Value, CqlError> {
    let [date, Value::Int(n)] = args else {
        return Ok(Value::Null);
    };
    let Some(moment) = moment::local(date) else {
        return Ok(Value::Null);
    };
    let overflow = || CqlError::DateOverflow { ty: "date" };
    let first = moment.date().with_day(1).ok_or_else(overflow)?;
    let count = u32::try_from(n.unsigned_abs()).map_err(|_| overflow())?;
    let first = if *n < 0 {
        first.checked_sub_months(Months::new(count))
    } else {
        first.checked_add_months(Months::new(count))
    };
    let last = first
        .and_then(|f| f.checked_add_months(Months::new(1)))
        .and_then(|f| f.checked_sub_days(Days::new(1)))
        .filter(|d| (1..=9999).contains(&d.year()));
    last.map(Value::Date).ok_or_else(overflow)
}

/// The ..FROMPARTS functions, by the type of their result.
fn from_parts(args: &[Value], ty: Type) -> Result<Value, CqlError> {
    let bad = || CqlError::BadDateParts { ty: sql_name(ty) };
    let numbers = args
        .iter()
        .map(|arg| match arg {
            Value::Int(n) => u32::try_from(*n).map_err(|_| bad()),
            _ => Err(bad()),
        })
        .collect::<Result<Vec<_>, _>>();
    let date = |y: u32, m: u32, d: u32| {
        NaiveDate::from_ymd_opt(i32::try_from(y).unwrap_or(0), m, d)
            .filter(|d| (1..=9999).contains(&d.year()))
            .ok_or_else(bad)
    };
    let time = |h: u32, m: u32, s: u32, fraction: u32, digits: u32| {
        let most = 10_u32.checked_pow(digits).ok_or_else(bad)?;
        if digits > 7 || fraction >= most {
            return Err(bad());
        }
        NaiveTime::from_hms_nano_opt(h, m, s, fraction * (1_000_000_000 / most)).ok_or_else(bad)
    };
    if let Type::DateTimeOffset(_) = ty {
        let [y, m, d, h, mi, s, fraction, hours, minutes, digits] = args else {
            return Err(bad());
        };
        let whole = |value: &Value| match value {
            Value::Int(n) => i32::try_from(*n).map_err(|_| bad()),
            _ => Err(bad()),
        };
        let (hours, minutes) = (whole(hours)?, whole(minutes)?);
        let mixed = (hours > 0 && minutes < 0) || (hours < 0 && minutes > 0);
        let offset = hours.saturating_mul(60).saturating_add(minutes);
        if mixed || minutes.abs() > 59 || offset.abs() > 840 {
            return Err(bad());
        }
        let local = [y, m, d, h, mi, s, fraction, digits].map(Clone::clone);
        let digits = match digits {
            Value::Int(n) => u8::try_from(*n).map_err(|_| bad())?,
            _ => return Err(bad()),
        };
        let Value::DateTime(local) = from_parts(&local, Type::DateTime2(digits))? else {
            return Err(bad());
        };
        let zone = FixedOffset::east_opt(offset * 60).ok_or_else(bad)?;
        let moment = zone.from_local_datetime(&local).single().ok_or_else(bad)?;
        return Ok(Value::DateTimeOffset(moment));
    }
    Ok(match (ty, numbers?.as_slice()) {
        (Type::Date, [y, m, d]) => Value::Date(date(*y, *m, *d)?),
        (Type::Time(_), [h, m, s, fraction, digits]) => {
            Value::Time(time(*h, *m, *s, *fraction, *digits)?)
        }
        (Type::DateTime2(_), [y, m, d, h, mi, s, fraction, digits]) => {
            Value::DateTime(date(*y, *m, *d)?.and_time(time(*h, *mi, *s, *fraction, *digits)?))
        }
        (Type::DateTime, [y, m, d, h, mi, s, millis]) if *y >= 1753 => {
            let moment = date(*y, *m, *d)?.and_time(time(*h, *mi, *s, *millis, 3)?);
            Value::DateTime(moment::legacy(moment))
        }
        _ => return Err(bad()),
    })
}

fn to_offset(args: &[Value], ty: Type) -> Result<Value, CqlError> {
    let function = if matches!(args.first(), Some(Value::DateTimeOffset(_))) {
        "switchoffset"
    } else {
        "todatetimeoffset"
    };
    let bad = || CqlError::BadOffset { function };
    let minutes = match args.get(1) {
        Some(Value::Int(n)) => i32::try_from(*n).map_err(|_| bad())?,
        Some(Value::Text(text)) => {
            let minutes = dates::offset(text.trim()).ok_or_else(bad)?;
            i32::try_from(minutes).map_err(|_| bad())?
        }
        _ => return Ok(Value::Null),
    };
    if minutes.abs() > 840 {
        return Err(bad());
    }
    let zone = FixedOffset::east_opt(minutes * 60).ok_or_else(bad)?;
    Ok(match args.first() {
        Some(Value::DateTimeOffset(moment)) => Value::DateTimeOffset(moment.with_timezone(&zone)),
        Some(Value::DateTime(local)) => {
            let moment = zone.from_local_datetime(local).single();
            let overflow = CqlError::DateOverflow { ty: sql_name(ty) };
            Value::DateTimeOffset(moment.ok_or(overflow)?)
        }
        _ => Value::Null,
    })
}

fn is_date(args: &[Value], _: Type) -> Result<Value, CqlError> {
    let Some(Value::Text(text)) = args.first() else {
        return Ok(Value::Int(0));
    };
    let trimmed = text.trim();
    // `datetime` has three digits of a second; more of them are no date (T-SQL).
    let long = trimmed.rsplit_once('.').is_some_and(|(_, tail)| {
        tail.len() > 3 && tail.bytes().take(4).all(|b| b.is_ascii_digit())
    }) && trimmed.contains(':');
    let known = !trimmed.is_empty()
        && !long
        && dates::read(trimmed, Order::MonthDayYear).is_some()
        && convert_from(
            &Value::Text(text.clone()),
            Type::Text,
            Type::DateTime,
            Some(0),
        )
        .is_ok();
    Ok(Value::Int(known.into()))
}
