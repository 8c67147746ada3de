//! What cultures write in another way (.NET).

use chrono::{Datelike, NaiveDate};

use crate::functions::dates::{month_name, weekday_name};

/// A culture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Culture {
    pub name: &'static str,
    pub point: char,
    pub group: char,
    /// Before the amount, and behind it.
    pub currency: (&'static str, &'static str),
    pub percent: &'static str,
    /// What `/` of a date's format stands for.
    pub date_separator: char,
    /// The format `d`.
    pub short_date: &'static str,
    /// The format `D`.
    pub long_date: &'static str,
    pub short_time: &'static str,
    pub long_time: &'static str,
    /// The format `M`.
    pub month_day: &'static str,
    /// The format `Y`.
    pub year_month: &'static str,
    /// `AM` and `PM`.
    pub halves: [&'static str; 2],
    /// `None`: the English ones.
    names: Option<&'static Names>,
}

/// Months from January and weekdays from Sunday, each with the short form.
#[derive(Debug)]
struct Names {
    months: [(&'static str, &'static str); 12],
    weekdays: [(&'static str, &'static str); 7],
}

const EN_US: Culture = Culture {
    name: "en-US",
    point: '.',
    group: ',',
    currency: ("$", ""),
    percent: "%",
    date_separator: '/',
    short_date: "M/d/yyyy",
    long_date: "dddd, MMMM d, yyyy",
    short_time: "h:mm tt",
    long_time: "h:mm:ss tt",
    month_day: "MMMM d",
    year_month: "MMMM yyyy",
    halves: ["AM", "PM"],
    names: None,
};

const CULTURES: &[Culture] = &[
    EN_US,
    Culture {
        name: "en-GB",
        currency: ("\u{a3}", ""),
        short_date: "dd/MM/yyyy",
        long_date: "dd MMMM yyyy",
        short_time: "HH:mm",
        long_time: "HH:mm:ss",
        month_day: "d MMMM",
        ..EN_US
    },
    Culture {
        name: "de-DE",
        point: ',',
        group: '.',
        currency: ("", " \u{20ac}"),
        percent: " %",
        date_separator: '.',
        short_date: "dd.MM.yyyy",
        long_date: "dddd, d. MMMM yyyy",
        short_time: "HH:mm",
        long_time: "HH:mm:ss",
        month_day: "d. MMMM",
        halves: ["", ""],
        names: Some(&GERMAN),
        ..EN_US
    },
    Culture {
        name: "fr-FR",
        point: ',',
        group: '\u{a0}',
        currency: ("", " \u{20ac}"),
        percent: " %",
        short_date: "dd/MM/yyyy",
        long_date: "dddd d MMMM yyyy",
        short_time: "HH:mm",
        long_time: "HH:mm:ss",
        month_day: "d MMMM",
        halves: ["", ""],
        names: Some(&FRENCH),
        ..EN_US
    },
    Culture {
        name: "zh-CN",
        currency: ("\u{a5}", ""),
        short_date: "yyyy/M/d",
        long_date: "yyyy'年'M'月'd'日'",
        short_time: "H:mm",
        long_time: "H:mm:ss",
        month_day: "M'月'd'日'",
        year_month: "yyyy'年'M'月'",
        halves: ["上午", "下午"],
        names: Some(&CHINESE),
        ..EN_US
    },
];

const GERMAN: Names = Names {
    months: [
        ("Januar", "Jan"),
        ("Februar", "Feb"),
        ("März", "Mrz"),
        ("April", "Apr"),
        ("Mai", "Mai"),
        ("Juni", "Jun"),
        ("Juli", "Jul"),
        ("August", "Aug"),
        ("September", "Sep"),
        ("Oktober", "Okt"),
        ("November", "Nov"),
        ("Dezember", "Dez"),
    ],
    weekdays: [
        ("Sonntag", "So"),
        ("Montag", "Mo"),
        ("Dienstag", "Di"),
        ("Mittwoch", "Mi"),
        ("Donnerstag", "Do"),
        ("Freitag", "Fr"),
        ("Samstag", "Sa"),
    ],
};

const FRENCH: Names = Names {
    months: [
        ("janvier", "janv."),
        ("février", "févr."),
        ("mars", "mars"),
        ("avril", "avr."),
        ("mai", "mai"),
        ("juin", "juin"),
        ("juillet", "juil."),
        ("août", "août"),
        ("septembre", "sept."),
        ("octobre", "oct."),
        ("novembre", "nov."),
        ("décembre", "déc."),
    ],
    weekdays: [
        ("dimanche", "dim."),
        ("lundi", "lun."),
        ("mardi", "mar."),
        ("mercredi", "mer."),
        ("jeudi", "jeu."),
        ("vendredi", "ven."),
        ("samedi", "sam."),
    ],
};

const CHINESE: Names = Names {
    months: [
        ("一月", "1月"),
        ("二月", "2月"),
        ("三月", "3月"),
        ("四月", "4月"),
        ("五月", "5月"),
        ("六月", "6月"),
        ("七月", "7月"),
        ("八月", "8月"),
        ("九月", "9月"),
        ("十月", "10月"),
        ("十一月", "11月"),
        ("十二月", "12月"),
    ],
    weekdays: [
        ("星期日", "周日"),
        ("星期一", "周一"),
        ("星期二", "周二"),
        ("星期三", "周三"),
        ("星期四", "周四"),
        ("星期五", "周五"),
        ("星期六", "周六"),
    ],
};

/// The culture of a name, in any case.
pub(super) fn named(name: &str) -> Option<&'static Culture> {
    CULTURES.iter().find(|c| c.name.eq_ignore_ascii_case(name))
}

impl Culture {
    /// Whether its names are English.
    pub(super) fn is_english(&self) -> bool {
        self.names.is_none()
    }

    /// Name of a month, 1 to 12.
    pub(super) fn month(&self, month: u32, short: bool) -> &'static str {
        match self.names {
            Some(names) => pick(names.months[(month.clamp(1, 12) - 1) as usize], short),
            None => english(month_name(month), short),
        }
    }

    /// Name of a day's weekday.
    pub(super) fn weekday(&self, date: NaiveDate, short: bool) -> &'static str {
        match self.names {
            Some(names) => {
                let day = date.weekday().num_days_from_sunday() as usize;
                pick(names.weekdays[day], short)
            }
            None => english(weekday_name(date), short),
        }
    }
}

fn pick(names: (&'static str, &'static str), short: bool) -> &'static str {
    if short { names.1 } else { names.0 }
}

/// English names have three letters for short.
fn english(name: &'static str, short: bool) -> &'static str {
    if short { &name[..3] } else { name }
}
