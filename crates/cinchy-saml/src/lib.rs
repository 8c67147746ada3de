//! SAML 2.0 for the identity server: a document and the rules in, a verified subject out.
//!
//! Start at [`verify()`], which is the whole of the nine rules that this project holds an assertion to; the signature's
//! mathematics and canonical form are bergshamra's, everything about *what* is signed is judged here. One parse, one tree:
//! what is verified is what is read. [`IdentityProvider`] reads metadata, [`AuthnRequest`] and [`ServiceProvider`] write what
//! the browser flow needs.
//!
//! No clock, no storage, no network: the time and the identity providers are arguments, and the replay key goes back to the
//! caller, who must store it before it believes the subject.

mod assertion;
mod decode;
mod error;
mod metadata;
mod request;
mod signature;
mod text;
mod tree;
mod verify;

pub use error::{MetadataError, SamlError};
pub use metadata::IdentityProvider;
pub use request::{AuthnRequest, ServiceProvider};
pub use signature::Strength;
pub use verify::{Expected, Subject, verify};
