//! Start an emulator in a Rust test: in this process, on a free port, with a database of its own. It stops when it is
//! dropped, and two of them share nothing but what was generated for the same seeds, such as a secret that they leave out.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use cinchy_testkit::Emulator;
//!
//! let cinchy = Emulator::builder()
//!     .seed_text(
//!         "
//! users:
//!   - { username: ann, password: ann-test-1 }
//! clients:
//!   - { clientId: my-app, grantType: [Resource Owner Password], scopes: [js_api], secret: s3cret }
//! tables:
//!   - domain: HR
//!     name: People
//!     columns: [{ name: Name, type: Text }]
//!     rows: [[Ann], [Bob]]
//!     entitlements: [{ groups: [All Users], viewAll: true }]
//! queries:
//!   - domain: HR
//!     name: People
//!     cql: SELECT [Name] FROM [HR].[People] WHERE [Deleted] IS NULL ORDER BY [Name]
//!     execute: { groups: [All Users] }
//! ",
//!     )
//!     .start()
//!     .await?;
//!
//! let token = cinchy.token("my-app", "ann").await?;
//! let answer = cinchy
//!     .http()
//!     .get(format!("{}/API/HR/People?ResultFormat=CSV", cinchy.url()))
//!     .bearer_auth(&token)
//!     .send()
//!     .await?;
//! assert_eq!(answer.text().await?, "Name\r\n\"Ann\"\r\n\"Bob\"\r\n");
//! # Ok(())
//! # }
//! ```
//!
//! Start at [`Emulator::builder`]. `emulator` starts and stops, `instance` holds what a test asks of a platform (signing in,
//! reset, seeds, snapshots, other instances), `clock` its time; `builder` holds the options, `credentials` what the seeds say
//! about secrets and passwords.

mod builder;
mod clock;
mod credentials;
mod emulator;
mod error;
mod fault;
mod instance;
mod journal;
mod token;

pub use builder::Builder;
pub use cinchy_emulator::config::{Profile, Serve};
pub use clock::Clock;
pub use emulator::Emulator;
pub use error::TestkitError;
pub use fault::{DropAt, Fault, FaultState};
pub use instance::{Instance, SeedMode};
pub use journal::{Entry, Expectation, Journal};
pub use token::{Defect, TokenRequest};
