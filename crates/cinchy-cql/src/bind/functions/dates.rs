//! Functions of dates: their types, which follow from the date that they are given.

use sqlparser::ast::{Expr, Function as Call};

use super::{Entry, How, arguments, name_of};
use crate::bind::Binder;
use crate::bind::expression::{at, call, column_parts, shorten, unsupported};
use crate::bind::types::{coerce, is_number};
use crate::convert::{convert_from, sql_name};
use crate::dates::{Order, read};
use crate::error::{CqlError, Position};
use crate::functions::Function;
use crate::functions::dates::{self, Part};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

pub(super) const ENTRIES: &[Entry] = &[
    values("GETDATE", 0, 0, |_, _| {
        Ok(call(&dates::LEGACY, Type::DateTime, vec![now()]))
    }),
    values("GETUTCDATE", 0, 0, |_, _| {
        Ok(call(&dates::LEGACY, Type::DateTime, vec![now()]))
    }),
    values("CURRENT_TIMESTAMP", 0, 0, |_, _| {
        Ok(call(&dates::LEGACY, Type::DateTime, vec![now()]))
    }),
    values("SYSDATETIME", 0, 0, |_, at| {
        coerce(now(), Type::DateTime2(7), at)
    }),
    values("SYSUTCDATETIME", 0, 0, |_, at| {
        coerce(now(), Type::DateTime2(7), at)
    }),
    values("SYSDATETIMEOFFSET", 0, 0, |_, at| {
        coerce(now(), Type::DateTimeOffset(7), at)
    }),
    written("DATEADD", 3, 3, add),
    written("DATEDIFF", 3, 3, |b, a, at| difference(b, a, Type::Int, at)),
    written("DATEDIFF_BIG", 3, 3, |b, a, at| {
        difference(b, a, Type::BigInt, at)
    }),
    written("DATEPART", 2, 2, |b, a, at| {
        part(b, a, &dates::DATEPART, at)
    }),
    written("DATENAME", 2, 2, |b, a, at| {
        part(b, a, &dates::DATENAME, at)
    }),
    written("DATETRUNC", 2, 2, truncated),
    values("YEAR", 1, 1, |values, at| whole(Part::Year, values, at)),
    values("MONTH", 1, 1, |values, at| whole(Part::Month, values, at)),
    values("DAY", 1, 1, |values, at| whole(Part::Day, values, at)),
    values("EOMONTH", 1, 2, end_of_month),
    values("DATEFROMPARTS", 3, 3, |v, at| {
        from_parts(&dates::DATEFROMPARTS, Type::Date, v, at)
    }),
    values("DATETIMEFROMPARTS", 7, 7, |v, at| {
        from_parts(&dates::DATETIMEFROMPARTS, Type::DateTime, v, at)
    }),
    values("SMALLDATETIMEFROMPARTS", 5, 5, small_date_time),
    values("DATETIME2FROMPARTS", 8, 8, |v, at| {
        let ty = Type::DateTime2(digits(&v, "datetime2", at)?);
        from_parts(&dates::DATETIME2FROMPARTS, ty, v, at)
    }),
    values("TIMEFROMPARTS", 5, 5, |v, at| {
        let ty = Type::Time(digits(&v, "time", at)?);
        from_parts(&dates::TIMEFROMPARTS, ty, v, at)
    }),
    values("DATETIMEOFFSETFROMPARTS", 10, 10, |v, at| {
        let ty = Type::DateTimeOffset(digits(&v, "datetimeoffset", at)?);
        from_parts(&dates::DATETIMEOFFSETFROMPARTS, ty, v, at)
    }),
    values("TODATETIMEOFFSET", 2, 2, |v, at| {
        offset(&dates::TODATETIMEOFFSET, v, at)
    }),
    values("SWITCHOFFSET", 2, 2, |v, at| {
        offset(&dates::SWITCHOFFSET, v, at)
    }),
    Entry {
        name: "ISDATE",
        least: 1,
        most: 1,
        how: How::Plain(&dates::ISDATE, &[Type::Text], Type::Int),
    },
];

const fn values(
    name: &'static str,
    least: usize,
    most: usize,
    bind: fn(Vec<Scalar>, Option<Position>) -> Result<Scalar, CqlError>,
) -> Entry {
    Entry {
        name,
        least,
        most,
        how: How::Values(bind),
    }
}

const fn written(name: &'static str, least: usize, most: usize, bind: super::BindWritten) -> Entry {
    Entry {
        name,
        least,
        most,
        how: How::Written(bind),
    }
}

fn now() -> Scalar {
    Scalar {
        ty: Type::DateTime,
        node: ScalarNode::Constant(Bind::Now),
    }
}

/// The bare word that names a part.
fn named_part(argument: &Expr) -> Result<Part, CqlError> {
    let name = match column_parts(argument) {
        Some([only]) => only.value.clone(),
        _ => shorten(argument),
    };
    Part::named(&name).ok_or_else(|| CqlError::UnknownDatePart {
        part: name,
        position: at(argument),
    })
}

/// The argument of a call that names a part of a date, and so is no column.
pub(in crate::bind) fn part_argument(call: &Call) -> Option<&Expr> {
    let name = &name_of(call)?.value;
    let takes_part = ENTRIES
        .iter()
        .any(|entry| matches!(entry.how, How::Written(_)) && entry.name.eq_ignore_ascii_case(name));
    let first = arguments(call).ok()?.into_iter().next();
    first.filter(|_| takes_part)
}

fn part_name(part: Part) -> Scalar {
    Scalar::literal(Value::Text(part.name().to_owned()), Type::Text)
}

/// The date that a function is given: a text or a number becomes one. `exact`: a constant text keeps all its digits and
/// its offset, where DATEADD makes a `datetime` of it (T-SQL).
fn date(value: Scalar, exact: bool, position: Option<Position>) -> Result<Scalar, CqlError> {
    if value.ty.is_date() {
        return Ok(value);
    }
    let ScalarNode::Constant(Bind::Literal(Value::Text(text))) = &value.node else {
        if !(value.ty == Type::Null
            || value.ty == Type::Text
            || value.ty == Type::Bit
            || is_number(value.ty))
        {
            return Err(CqlError::TypeClash {
                from: sql_name(value.ty),
                to: sql_name(Type::DateTime),
                position,
            });
        }
        return coerce(value, Type::DateTime, position);
    };
    let parsed = read(text, Order::MonthDayYear);
    let ty = if parsed.is_some_and(|p| p.offset.is_some()) {
        Type::DateTimeOffset(7)
    } else {
        Type::DateTime2(7)
    };
    let literal = Value::Text(text.clone());
    if !exact && let Ok(legacy) = convert_from(&literal, Type::Text, Type::DateTime, Some(0)) {
        return Ok(Scalar::literal(legacy, Type::DateTime));
    }
    let moment = convert_from(&literal, Type::Text, ty, Some(0))?;
    Ok(Scalar::literal(moment, ty))
}

/// Refuses parts that the date's type does not have (T-SQL).
fn check_part(
    part: Part,
    ty: Type,
    function: &'static str,
    _: Option<Position>,
) -> Result<(), CqlError> {
    let adds = function == "dateadd";
    let wrong = match part {
        Part::Offset if adds => true,
        Part::Offset => !matches!(ty, Type::DateTimeOffset(_) | Type::DateTime2(_)),
        Part::IsoWeek if adds => true,
        Part::Microsecond | Part::Nanosecond if adds && ty == Type::DateTime => true,
        part if part.is_of_time() => ty == Type::Date,
        _ => matches!(ty, Type::Time(_)),
    };
    if wrong {
        return Err(CqlError::WrongDatePart {
            part: part.name(),
            function,
            ty: sql_name(ty),
        });
    }
    Ok(())
}

fn add(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let part = named_part(arguments[0])?;
    let number = coerce(binder.scalar(arguments[1])?, Type::Int, position)?;
    let date = date(binder.scalar(arguments[2])?, false, position)?;
    check_part(part, date.ty, "dateadd", position)?;
    Ok(call(
        &dates::DATEADD,
        date.ty,
        vec![part_name(part), number, date],
    ))
}

fn difference(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    ty: Type,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let part = named_part(arguments[0])?;
    if matches!(part, Part::IsoWeek | Part::Offset) {
        return Err(CqlError::WrongDatePart {
            part: part.name(),
            function: "datediff",
            ty: "datetime2",
        });
    }
    let from = date(binder.scalar(arguments[1])?, true, position)?;
    let to = date(binder.scalar(arguments[2])?, true, position)?;
    Ok(call(&dates::DATEDIFF, ty, vec![part_name(part), from, to]))
}

fn part(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    function: &'static Function,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let part = named_part(arguments[0])?;
    let date = date(binder.scalar(arguments[1])?, true, position)?;
    check_part(part, date.ty, function.name, position)?;
    let ty = if *function == dates::DATENAME {
        Type::Text
    } else {
        Type::Int
    };
    Ok(call(function, ty, vec![part_name(part), date]))
}

/// DATETRUNC: the first moment of the part that a date lies in, of the date's type.
fn truncated(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let part = named_part(arguments[0])?;
    let date = date(binder.scalar(arguments[1])?, true, position)?;
    let ty = date.ty;
    if matches!(ty, Type::Time(_) | Type::DateTimeOffset(_)) {
        let what = format!("DATETRUNC of a {}", sql_name(ty));
        return Err(unsupported(what, position));
    }
    let none = match part {
        Part::Weekday | Part::Nanosecond | Part::Offset => true,
        Part::Microsecond => matches!(ty, Type::Date | Type::DateTime),
        part => part.is_of_time() && ty == Type::Date,
    };
    if none {
        return Err(CqlError::WrongDatePart {
            part: part.name(),
            function: "datetrunc",
            ty: sql_name(ty),
        });
    }
    let moment = Type::DateTime2(7);
    let date = coerce(date, moment, position)?;
    let shifted = |date: Scalar, days: i64| {
        let days = Scalar::literal(Value::Int(days), Type::Int);
        call(
            &dates::DATEADD,
            moment,
            vec![part_name(Part::Day), days, date],
        )
    };
    let cut =
        |part: Part, date: Scalar| call(&dates::DATETRUNC, moment, vec![part_name(part), date]);
    let first = match part {
        // Weeks begin with Sunday, and the weeks that are cut to with Monday.
        Part::Week => shifted(cut(Part::Week, shifted(date, 1)), -1),
        Part::IsoWeek => cut(Part::Week, date),
        Part::DayOfYear => cut(Part::Day, date),
        part => cut(part, date),
    };
    coerce(first, ty, position)
}

fn whole(part: Part, values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let [value] = super::exactly(values, position)?;
    let date = date(value, true, position)?;
    check_part(part, date.ty, part.name(), position)?;
    Ok(call(
        &dates::DATEPART,
        Type::Int,
        vec![part_name(part), date],
    ))
}

fn end_of_month(mut values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let months = if values.len() > 1 { values.pop() } else { None };
    let months = match months {
        Some(months) => coerce(months, Type::Int, position)?,
        None => Scalar::literal(Value::Int(0), Type::Int),
    };
    let [value] = super::exactly(values, position)?;
    let date = date(value, true, position)?;
    Ok(call(&dates::EOMONTH, Type::Date, vec![date, months]))
}

fn from_parts(
    function: &'static Function,
    ty: Type,
    values: Vec<Scalar>,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let parts = values
        .into_iter()
        .map(|v| coerce(v, Type::Int, position))
        .collect::<Result<_, _>>()?;
    Ok(call(function, ty, parts))
}

/// A `smalldatetime` has no seconds.
fn small_date_time(
    mut values: Vec<Scalar>,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let zero = || Scalar::literal(Value::Int(0), Type::Int);
    values.extend([zero(), zero()]);
    from_parts(&dates::DATETIMEFROMPARTS, Type::DateTime, values, position)
}

/// The digits of a second: the last argument, which must be a constant (T-SQL).
fn digits(values: &[Scalar], ty: &'static str, position: Option<Position>) -> Result<u8, CqlError> {
    let last = values.last().map(|v| &v.node);
    match last {
        Some(ScalarNode::Constant(Bind::Literal(Value::Int(n @ 0..=7)))) => {
            Ok(u8::try_from(*n).unwrap_or(7))
        }
        _ => Err(CqlError::BadScale { ty, position }),
    }
}

fn offset(
    function: &'static Function,
    values: Vec<Scalar>,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let [value, offset] = super::exactly(values, position)?;
    let value = date(value, true, position)?;
    let scale = match value.ty {
        Type::DateTime2(scale) | Type::DateTimeOffset(scale) => scale,
        Type::DateTime => 3,
        Type::Date => 0,
        _ => return Err(unsupported("an offset of a time", position)),
    };
    // SWITCHOFFSET takes a moment with an offset, TODATETIMEOFFSET one without.
    let wanted = if *function == dates::SWITCHOFFSET {
        Type::DateTimeOffset(scale)
    } else {
        Type::DateTime2(scale)
    };
    let value = coerce(value, wanted, position)?;
    let offset = if offset.ty == Type::Text {
        offset
    } else {
        coerce(offset, Type::Int, position)?
    };
    Ok(call(
        function,
        Type::DateTimeOffset(scale),
        vec![value, offset],
    ))
}
