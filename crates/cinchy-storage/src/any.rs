//! One connection type over both databases.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either database. Write for this enum first; [`each_backend!`](crate::each_backend) reaches the inner one.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded default.
    Sqlite(SqliteConnection),
    /// A shared server.
    Postgres(PgConnection),
}

/// Runs one expression with the inner connection of either backend, for the few things that the derived enum cannot do.
#[macro_export]
macro_rules! each_backend {
    ($conn:expr, $inner:ident => $body:expr) => {
        match $conn {
            $crate::any::AnyConnection::Sqlite($inner) => $body,
            $crate::any::AnyConnection::Postgres($inner) => $body,
        }
    };
}

/// Whether a text can stand in a database: PostgreSQL refuses U+0000, so no row has one. Names that callers send are asked
/// first, since a statement with such a text fails there.
pub(crate) fn storable(text: &str) -> bool {
    !text.contains('\0')
}
