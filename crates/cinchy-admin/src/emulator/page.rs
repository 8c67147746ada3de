//! The page.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_storage::snapshots::Snapshot;
use cinchy_web::faults::{PRESETS, Told};

use super::admit;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/emulator/show.html")]
struct Page {
    frame: Frame,
    now: String,
    mode: &'static str,
    draft: Draft,
    faults: Vec<Fault>,
    presets: &'static [(&'static str, &'static str)],
    snapshots: Vec<Copy>,
    key: String,
    retired: Vec<String>,
    instances: Vec<Other>,
}

/// What was typed and could not be used.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// A time to stand at.
    pub freeze: String,
    /// A duration to move by.
    pub advance: String,
    /// What is wrong with one of these.
    pub wrong_clock: String,
    /// The path of a preset's fault.
    pub path: String,
    /// The preset.
    pub preset: String,
    /// A fault as JSON.
    pub json: String,
    /// What is wrong with it.
    pub wrong_fault: String,
    /// The name of a snapshot.
    pub snapshot: String,
    /// What is wrong with it.
    pub wrong_snapshot: String,
    /// The name of an instance.
    pub instance: String,
    /// What is wrong with it.
    pub wrong_instance: String,
}

struct Fault {
    name: String,
    matching: String,
    effect: String,
    left: String,
    applied: u64,
}

struct Copy {
    name: String,
    created: String,
    size: String,
}

/// An instance.
struct Other {
    name: String,
    url: String,
    is_this: bool,
}

/// Shows it.
pub async fn show(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            admit(desk)?;
            let notice = notice(&desk.query);
            page(desk, Draft::default(), notice)
        })
        .await
}

fn notice(query: &Pairs) -> Option<Notice> {
    Some(Notice::good(match query.text("done") {
        "clock" => "The clock shows another time. Tokens, sessions and stamps follow it.",
        "fault" => "The fault is armed. It stands in the list until it is deleted, healed or not.",
        "unfault" => "The fault is gone.",
        "take" => "The snapshot is taken.",
        "restore" => "The data is what it was when the snapshot was taken.",
        "delete" => "The snapshot is gone.",
        "rotate" => {
            "Another key signs from now on. The old one stays listed until its tokens have expired."
        }
        "make" => "The instance is there.",
        "drop" => "The instance is gone, with its data and its snapshots.",
        _ => return None,
    }))
}

/// The page with what was typed.
pub fn page(
    desk: &mut Desk<'_>,
    draft: Draft,
    notice: Option<Notice>,
) -> Result<Answer, PageError> {
    let database = desk.instance.database();
    let snapshots = database.snapshots(desk.instance.name())?;
    let keys = desk.instance.keys()?;
    let key = keys.current().kid().to_owned();
    let retired = keys.retired().iter().map(|key| key.kid().to_owned());
    let page = Page {
        now: desk
            .instance
            .clock()
            .now()
            .format("%Y-%m-%d %H:%M:%S")
            .to_string(),
        mode: desk.instance.clock().mode(),
        draft,
        faults: desk
            .instance
            .faults()
            .list()
            .iter()
            .map(Fault::of)
            .collect(),
        presets: PRESETS,
        snapshots: snapshots.into_iter().map(Copy::of).collect(),
        retired: retired.collect(),
        key,
        instances: instances(desk)?,
        frame: desk.frame(Section::Emulator, "Emulator").noting(notice),
    };
    Ok(Answer::Page(page.render()?))
}

fn instances(desk: &Desk<'_>) -> Result<Vec<Other>, PageError> {
    let this = desk.instance.name();
    let platform = &desk.site.platform;
    let default = platform.default_instance().name().to_owned();
    let names = std::iter::once(default).chain(platform.instance_names()?);
    Ok(names
        .map(|name| Other {
            url: desk.site.instance_url(&name),
            is_this: name == this,
            name,
        })
        .collect())
}

impl Fault {
    fn of(state: &cinchy_web::faults::FaultState) -> Self {
        let told = Told::from(state);
        let mut matching: Vec<String> = told
            .matching
            .iter()
            .map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default()))
            .collect();
        let rhythm = [
            (told.skip > 0).then(|| format!("not the first {}", told.skip)),
            told.every.map(|every| format!("each {every}th only")),
        ];
        matching.extend(rhythm.into_iter().flatten());
        Self {
            matching: matching.join(", "),
            effect: told.effect.to_string(),
            left: match told.remaining {
                None => "until it is deleted".to_owned(),
                Some(0) => "healed".to_owned(),
                Some(1) => "once more".to_owned(),
                Some(left) => format!("{left} times more"),
            },
            applied: told.applied,
            name: told.name,
        }
    }
}

impl Copy {
    fn of(snapshot: Snapshot) -> Self {
        Self {
            name: snapshot.name,
            created: snapshot.created.format("%Y-%m-%d %H:%M").to_string(),
            size: size(snapshot.bytes),
        }
    }
}

/// Bytes in words.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} KB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_short() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (9_999, "9999 bytes"),
            (123_456, "123 KB"),
            (10_000_000, "10 MB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
