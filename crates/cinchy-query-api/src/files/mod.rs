//! `/api/files/v1.0/{domain}/{table}/{cinchyId}/{column}`: files of a cell that links to `[Cinchy].[Files]` (seen in
//! packages and clients of the vendor). Uploads and downloads stream; the bytes are storage's.

mod cell;
mod download;
mod name;
mod upload;

pub use download::download;
pub use upload::upload;
