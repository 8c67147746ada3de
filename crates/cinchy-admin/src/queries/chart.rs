//! A simple picture of a result, drawn here as SVG: one text column along the bottom, one number column up.

use cinchy_cql::value::Type;

use crate::cql::Grid;

/// Points of a chart at most.
const MOST: usize = 60;
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 44.0;
const TOP: f64 = 12.0;

/// A chart, ready to draw.
#[derive(Debug)]
pub struct Chart {
    /// What it shows, in a sentence: for whoever cannot see it.
    pub title: String,
    /// `0 0 760 260`.
    pub view: String,
    /// Bars.
    pub bars: Vec<Bar>,
    /// The line through all points; empty for bars.
    pub line: String,
    /// Lines of the scale.
    pub scale: Vec<Mark>,
    /// Labels along the bottom.
    pub labels: Vec<Mark>,
}

/// A bar, or a point of a line.
#[derive(Debug)]
pub struct Bar {
    pub x: String,
    pub y: String,
    pub width: String,
    pub height: String,
    pub cx: String,
    pub cy: String,
    /// Said when the pointer rests on it.
    pub text: String,
}

/// A text at a place.
#[derive(Debug)]
pub struct Mark {
    pub x: String,
    pub y: String,
    pub text: String,
}

fn is_number(ty: Type) -> bool {
    ty.is_integer() || ty.is_decimal() || ty.is_float()
}

fn px(number: f64) -> String {
    format!("{number:.1}")
}

fn short(text: &str) -> String {
    if text.chars().count() <= 12 {
        return text.to_owned();
    }
    let start: String = text.chars().take(11).collect();
    format!("{start}…")
}

/// The chart of a result; `None` where numbers do not allow one.
pub fn chart(grid: &Grid, as_line: bool) -> Option<Chart> {
    let is_id =
        |name: &str| name.eq_ignore_ascii_case("id") || name.eq_ignore_ascii_case("cinchy id");
    let number = grid
        .columns
        .iter()
        .position(|c| is_number(c.ty) && !is_id(&c.name))?;
    let label = grid.columns.iter().position(|c| !is_number(c.ty))?;
    let points: Vec<(String, f64)> = grid
        .rows
        .iter()
        .take(MOST)
        .filter_map(|row| Some((row.text(label), row.text(number).parse::<f64>().ok()?)))
        .filter(|(_, value)| value.is_finite())
        .collect();
    if points.len() < 2 {
        return None;
    }
    let most = points.iter().map(|(_, v)| *v).fold(0.0, f64::max);
    let least = points.iter().map(|(_, v)| *v).fold(0.0, f64::min);
    let span = if most > least { most - least } else { 1.0 };
    let up = HEIGHT - BOTTOM - TOP;
    let y = |value: f64| TOP + up * (most - value) / span;
    #[expect(clippy::cast_precision_loss, reason = "at most 60 points")]
    let step = (WIDTH - LEFT - 8.0) / points.len() as f64;
    let zero = y(0.0);
    let mut bars = Vec::new();
    let mut labels = Vec::new();
    let mut line = Vec::new();
    let every = points.len().div_ceil(10);
    let mut x = LEFT;
    for (at, (name, value)) in points.iter().enumerate() {
        let top = y(*value);
        let middle = x + step / 2.0;
        bars.push(Bar {
            x: px(x + step * 0.15),
            y: px(top.min(zero)),
            width: px(step * 0.7),
            height: px((top - zero).abs().max(1.0)),
            cx: px(middle),
            cy: px(top),
            text: format!("{name}: {value}"),
        });
        line.push(format!("{},{}", px(middle), px(top)));
        if at % every == 0 {
            labels.push(Mark {
                x: px(middle),
                y: px(HEIGHT - BOTTOM + 20.0),
                text: short(name),
            });
        }
        x += step;
    }
    let scale = [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| {
        let value = least + span * part;
        Mark {
            x: px(LEFT - 8.0),
            y: px(y(value)),
            text: tidy(value),
        }
    });
    Some(Chart {
        title: format!(
            "{} by {}, {} values from {} to {}",
            grid.columns[number].name,
            grid.columns[label].name,
            points.len(),
            tidy(points.iter().map(|(_, v)| *v).fold(f64::INFINITY, f64::min)),
            tidy(most)
        ),
        view: format!("0 0 {WIDTH} {HEIGHT}"),
        line: if as_line {
            line.join(" ")
        } else {
            String::new()
        },
        bars,
        scale: scale.into(),
        labels,
    })
}

/// A number of a scale, short.
fn tidy(value: f64) -> String {
    let text = if value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
