//! The emulator itself: clock, faults, snapshots, signing keys, instances and the reset, as the control API has them. Where
//! that API is off or would refuse the browser, so does this page.

mod diff;
mod orders;
mod page;

use cinchy_web::{ControlAccess, Site};

pub use diff::diff;
pub use orders::{clock, confirm, faults, order};
pub use page::show;

use crate::desk::Desk;
use crate::error::PageError;

/// What these pages are called in a refusal.
const WHAT: &str = "The emulator's own page";

/// Lets administrators on who may use the control API from where they are.
fn admit(desk: &Desk<'_>) -> Result<(), PageError> {
    desk.administrators_only(WHAT)?;
    match refusal(desk.site) {
        None => Ok(()),
        Some(why) => Err(PageError::Denied(why.to_owned())),
    }
}

/// Why the control API would refuse this browser; `None`: it would not.
fn refusal(site: &Site) -> Option<&'static str> {
    match &site.platform.options.control {
        ControlAccess::Off => Some(
            "The emulator was started without its control API (--no-control, or a listener that others reach and no --control-token), so nothing of it can be changed from here.",
        ),
        ControlAccess::Token(_) => Some(
            "The control API of this server asks for a token, which this page does not have. Use the API with the token instead: /_emulator/docs describes it.",
        ),
        ControlAccess::Loopback if !is_known(site) => Some(
            "This page is open by a host name that the control API does not know. Open the console as localhost.",
        ),
        ControlAccess::Loopback => None,
    }
}

/// Whether the host is this machine or the public one.
fn is_known(site: &Site) -> bool {
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let public = site.platform.options.public_url.as_deref();
    site.is_local_host() || public.is_some_and(|public| host(public) == host(&site.origin))
}
