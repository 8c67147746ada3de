//! What the page orders. What replaces the data, or takes long, is carried out without a connection of the page's own.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use askama::Template;
use cinchy_storage::StorageError;
use cinchy_storage::snapshots::is_snapshot_name;
use cinchy_web::faults::Wanted;
use cinchy_web::units::{duration, moment};
use cinchy_web::{ClockChange, ClockError, InstanceError, Site};
use serde_json::{Value, json};

use super::admit;
use super::page::{Draft, page};
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::Frame;
use crate::place::Section;
use crate::requests::{quoted, shortened};
use crate::visit::{Answer, Visit};

/// Why there is nothing to go back to.
const OTHER_SEEDS: &str = "The data was not made from the seeds of this start, so nothing was reset. Start the emulator with the seeds that it was made from (--seed), or with --reseed to have those of the start.";

const HOME: &str = "/admin/emulator";

/// Moves, stops or restarts the clock.
pub async fn clock(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .post(body, |desk, form| {
            admit(desk)?;
            let changed = match wanted_clock(form) {
                Ok(change) => desk
                    .instance
                    .change_clock(change)
                    .map_err(|error| match error {
                        ClockError::Range => Ok(error.to_string()),
                        ClockError::Storage(error) => Err(PageError::from(error)),
                    }),
                Err(text) => Err(Ok(text)),
            };
            match changed {
                Ok(()) => Ok(Answer::See(format!("{HOME}?done=clock"))),
                Err(Err(error)) => Err(error),
                Err(Ok(wrong_clock)) => {
                    let draft = Draft {
                        freeze: form.text("freeze").to_owned(),
                        advance: form.text("advance").to_owned(),
                        wrong_clock,
                        ..Draft::default()
                    };
                    page(desk, draft, None)
                }
            }
        })
        .await
}

fn wanted_clock(form: &Pairs) -> Result<ClockChange, String> {
    let time = |name: &str| moment(form.text(name)).map_err(|error| error.to_string());
    match form.text("act") {
        "freeze" if form.text("freeze").is_empty() => Ok(ClockChange::Freeze(None)),
        "freeze" => Ok(ClockChange::Freeze(Some(time("freeze")?))),
        "set" => Ok(ClockChange::Set(time("freeze")?)),
        "advance" => {
            let by = duration(&Value::from(form.text("advance")));
            Ok(ClockChange::Advance(by.map_err(|error| error.to_string())?))
        }
        _ => Ok(ClockChange::Real),
    }
}

/// Arms a fault, or deletes one or all.
pub async fn faults(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .post(body, |desk, form| {
            admit(desk)?;
            let all = desk.instance.faults();
            match form.text("act") {
                "delete" => {
                    all.remove(form.get("name").unwrap_or_default());
                    return Ok(Answer::See(format!("{HOME}?done=unfault")));
                }
                "clear" => {
                    all.clear();
                    return Ok(Answer::See(format!("{HOME}?done=unfault")));
                }
                _ => {}
            }
            let armed = wanted_fault(form)
                .and_then(|wanted| wanted.arm(all).map_err(|error| error.to_string()));
            match armed {
                Ok(_) => Ok(Answer::See(format!("{HOME}?done=fault"))),
                Err(wrong_fault) => {
                    let draft = Draft {
                        path: form.text("path").to_owned(),
                        preset: form.text("preset").to_owned(),
                        json: form.text("json").to_owned(),
                        wrong_fault,
                        ..Draft::default()
                    };
                    page(desk, draft, None)
                }
            }
        })
        .await
}

/// A fault as JSON, or a preset on a path.
fn wanted_fault(form: &Pairs) -> Result<Wanted, String> {
    let read = match form.text("act") {
        "json" => serde_json::from_str(form.text("json")),
        _ => {
            let path = Some(form.text("path")).filter(|path| !path.is_empty());
            serde_json::from_value(json!({
                "effect": form.text("preset"),
                "match": { "path": path },
            }))
        }
    };
    read.map_err(|error| error.to_string())
}

/// What is carried out without the page's connection.
enum Order {
    Take(String),
    Restore(String),
    Delete(String),
    Rotate,
    Make(String),
    Drop(String),
    Reset,
}

impl Order {
    fn read(form: &Pairs) -> Option<Self> {
        let name = form.text("name").to_owned();
        Some(match form.text("act") {
            "take" => Self::Take(name),
            "restore" => Self::Restore(name),
            "delete" => Self::Delete(name),
            "rotate" => Self::Rotate,
            "make" => Self::Make(name.to_ascii_lowercase()),
            "drop" => Self::Drop(name),
            "reset" => Self::Reset,
            _ => return None,
        })
    }
}

/// Snapshots, keys, instances, the reset.
pub async fn order(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .order(
            body,
            |desk, form| {
                admit(desk)?;
                let order = Order::read(form).ok_or_else(|| {
                    PageError::NotFound("There is no such thing to order.".to_owned())
                })?;
                let draft = match &order {
                    Order::Take(name) if !is_snapshot_name(name) => Draft {
                        snapshot: name.clone(),
                        wrong_snapshot: "Call a snapshot with 1 to 60 letters, digits, “-”, “_” and “.”, not “.” first, and not “live”.".to_owned(),
                        ..Draft::default()
                    },
                    Order::Make(name) => match desk.site.platform.may_make_instance(name) {
                        Ok(()) => return Ok(Decided::Do(order)),
                        Err(InstanceError::Storage(error)) => return Err(error.into()),
                        Err(error) => Draft {
                            instance: form.text("name").to_owned(),
                            wrong_instance: format!("Nothing was changed: {}.", quoted(&shortened(&error.to_string(), 300))),
                            ..Draft::default()
                        },
                    },
                    Order::Drop(name) if name == desk.instance.name() => {
                        return Err(PageError::Unusable(
                            "You are in this instance. Open the console of another one to drop it.".to_owned(),
                        ));
                    }
                    _ => return Ok(Decided::Do(order)),
                };
                page(desk, draft, None).map(Decided::Refused)
            },
            async |site, decided| match decided {
                Decided::Do(order) => carry_out(site, order).await,
                Decided::Refused(page) => Ok(page),
            },
        )
        .await
}

/// What comes of a form.
enum Decided {
    Do(Order),
    /// The page again, with what was typed and what is wrong with it.
    Refused(Answer),
}

async fn carry_out(site: Site, order: Order) -> Result<Answer, PageError> {
    let (instance, platform) = (site.instance.clone(), site.platform.clone());
    let done = match order {
        Order::Take(name) => {
            cinchy_web::run(move || instance.take_snapshot(&name).map_err(PageError::from)).await?;
            "take"
        }
        Order::Restore(name) => {
            let wanted = name.clone();
            let work = move |instance: &cinchy_web::Instance| {
                instance.restore_snapshot(&wanted).map_err(PageError::from)
            };
            there(instance.alone(work).await?, &name)?;
            "restore"
        }
        Order::Delete(name) => {
            let wanted = name.clone();
            let found = cinchy_web::run(move || {
                let database = instance.database();
                database
                    .delete_snapshot(instance.name(), &wanted)
                    .map_err(PageError::from)
            });
            there(found.await?, &name)?;
            "delete"
        }
        Order::Rotate => {
            cinchy_web::run(move || instance.rotate_keys().map_err(PageError::from)).await?;
            "rotate"
        }
        Order::Make(name) => {
            cinchy_web::run(move || {
                let made = platform.make_instance(&name, None);
                made.map(drop).map_err(of_instance)
            })
            .await?;
            "make"
        }
        Order::Drop(name) => {
            let found = platform.drop_instance(&name).await.map_err(of_instance)?;
            there(found, &name)?;
            "drop"
        }
        Order::Reset => {
            instance
                .alone(|instance| {
                    instance.reset().map_err(|error| match error {
                        StorageError::OtherSeeds => PageError::Unusable(OTHER_SEEDS.to_owned()),
                        error => error.into(),
                    })
                })
                .await?;
            // The session is gone with the reset.
            return Ok(Answer::See("/admin".to_owned()));
        }
    };
    Ok(Answer::See(format!("{HOME}?done={done}")))
}

fn there(found: bool, name: &str) -> Result<(), PageError> {
    if found {
        Ok(())
    } else {
        Err(PageError::NotFound(format!(
            "There is no “{name}” any more."
        )))
    }
}

fn of_instance(error: InstanceError) -> PageError {
    match error {
        InstanceError::Storage(error) => error.into(),
        InstanceError::Gone(gone) => gone.into(),
        error => {
            let text = shortened(&error.to_string(), 300);
            PageError::Unusable(format!("Nothing was changed: {}.", quoted(&text)))
        }
    }
}

#[derive(Template)]
#[template(path = "admin/emulator/confirm.html")]
struct Confirm {
    frame: Frame,
    act: &'static str,
    name: String,
    title: String,
    text: &'static str,
    button: &'static str,
}

/// Asks whether it is really to be done.
pub async fn confirm(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            admit(desk)?;
            let name = desk.query.text("name").to_owned();
            let (act, title, text, button) = match desk.query.text("act") {
                "reset" => (
                    "reset",
                    "Reset this instance?".to_owned(),
                    "All data goes back to the seed, ids start again, and the clock, the faults and the journal are cleared. Everybody is signed out, you too. Snapshots stay.",
                    "Reset",
                ),
                "restore" => (
                    "restore",
                    format!("Go back to the snapshot {name}?"),
                    "All data becomes what it was when the snapshot was taken. What came later is lost, unless you take a snapshot of it first.",
                    "Restore",
                ),
                "drop" => (
                    "drop",
                    format!("Drop the instance {name}?"),
                    "Its data, its keys and its snapshots are deleted. There is no way back.",
                    "Drop",
                ),
                _ => return Err(PageError::NotFound("There is nothing to confirm.".to_owned())),
            };
            let page = Confirm {
                frame: desk.frame(Section::Emulator, title.clone()),
                act,
                name,
                title,
                text,
                button,
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}
