//! What the HTTP rooms share: the [`Platform`] and its [`Instance`]s, the [`edge`] that every request crosses,
//! authentication, the hop to the database, health.
//!
//! Not here: any endpoint of the platform itself, and SQL.

mod admission;
pub mod anti_forgery;
mod area;
pub mod assets;
pub mod authenticate;
mod cache;
mod clock;
pub mod codes;
pub mod connections;
pub mod cookie;
pub mod edge;
pub mod event;
pub mod explain;
pub mod faults;
pub mod form;
pub mod health;
mod instance;
mod instances;
pub mod journal;
mod key_reserve;
pub mod metrics;
mod new_key;
mod path;
mod platform;
pub mod query;
mod reason;
pub mod repeats;
pub mod script;
pub mod session;
pub mod sign_in;
mod signing;
mod site;
pub mod spans;
pub mod throttle;
pub mod units;
mod work;

pub use authenticate::AuthError;
pub use cache::{Generation, PrincipalEntry};
pub use clock::{Clock, ClockChange, ClockError, ClockSetting};
pub use event::Event;
pub use faults::Faults;
pub use instance::{AT_ONCE, DEFAULT_NAME, Instance, InstanceOptions};
pub use instances::InstanceError;
pub use journal::{Facts, Journal};
pub use key_reserve::KeyReserve;
pub use new_key::NewKey;
pub use platform::{ControlAccess, Platform, PlatformOptions};
pub use reason::{Reason, WithReason};
pub use site::{Site, is_local_origin, local_path};
pub use work::{Gone, Pass, Since, detach, run};
