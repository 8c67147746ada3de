//! What the tests of this program share: emulators on each database, and HTTP cases as data.

pub mod ask;
pub mod backends;
pub mod browser;
pub mod case;
pub mod child;
pub mod jwt;
pub mod story;
