//! The function `cql(call, ..)` of SQLite, which computes in Rust what PostgreSQL computes by its own functions.

use cinchy_cql::{SqliteValue, run_bridge};
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use diesel::{SqliteConnection, declare_sql_function};

use super::RAISED;
use crate::error::Result;

/// An argument of whatever storage class: SQLite does not look at the declared type.
#[derive(Debug, diesel::deserialize::FromSqlRow)]
struct Argument(SqliteValue);

impl FromSql<Nullable<Text>, Sqlite> for Argument {
    fn from_sql(mut value: diesel::sqlite::SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(match value.value_type() {
            None => SqliteValue::Null,
            Some(SqliteType::Double | SqliteType::Float) => {
                SqliteValue::Double(value.read_double())
            }
            Some(SqliteType::Integer | SqliteType::SmallInt | SqliteType::Long) => {
                SqliteValue::Int(value.read_long())
            }
            Some(SqliteType::Text) => SqliteValue::Text(value.read_text().to_owned()),
            Some(SqliteType::Binary) => SqliteValue::Bytes(value.read_blob().to_vec()),
        }))
    }

    fn from_nullable_sql(
        value: Option<diesel::sqlite::SqliteValue<'_, '_, '_>>,
    ) -> deserialize::Result<Self> {
        value.map_or(Ok(Self(SqliteValue::Null)), |value| {
            <Self as FromSql<Nullable<Text>, Sqlite>>::from_sql(value)
        })
    }
}

/// What a call gave, of whatever storage class.
#[derive(Debug)]
struct Answer(std::result::Result<SqliteValue, cinchy_cql::CqlError>);

impl ToSql<Nullable<Text>, Sqlite> for Answer {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        match &self.0 {
            Ok(SqliteValue::Null) => return Ok(IsNull::Yes),
            Ok(SqliteValue::Int(n)) => out.set_value(*n),
            Ok(SqliteValue::Double(x)) => out.set_value(*x),
            Ok(SqliteValue::Text(text)) => out.set_value(text.as_str()),
            Ok(SqliteValue::Bytes(bytes)) => out.set_value(bytes.as_slice()),
            Err(e) => return Err(format!("{RAISED}{e}").into()),
        }
        Ok(IsNull::No)
    }
}

#[declare_sql_function]
extern "SQL" {
    /// Raises a text.
    fn cql_raise(message: Text) -> Nullable<Text>;
    /// A call of 0 arguments.
    #[sql_name = "cql"]
    fn cql0(call: Text) -> Nullable<Text>;
    /// A call of 1 arguments.
    #[sql_name = "cql"]
    fn cql1(call: Text, a0: Nullable<Text>) -> Nullable<Text>;
    /// A call of 2 arguments.
    #[sql_name = "cql"]
    fn cql2(call: Text, a0: Nullable<Text>, a1: Nullable<Text>) -> Nullable<Text>;
    /// A call of 3 arguments.
    #[sql_name = "cql"]
    fn cql3(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
    ) -> Nullable<Text>;
    /// A call of 4 arguments.
    #[sql_name = "cql"]
    fn cql4(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
        a3: Nullable<Text>,
    ) -> Nullable<Text>;
    /// A call of 5 arguments.
    #[sql_name = "cql"]
    fn cql5(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
        a3: Nullable<Text>,
        a4: Nullable<Text>,
    ) -> Nullable<Text>;
    /// A call of 6 arguments.
    #[sql_name = "cql"]
    fn cql6(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
        a3: Nullable<Text>,
        a4: Nullable<Text>,
        a5: Nullable<Text>,
    ) -> Nullable<Text>;
    /// A call of 7 arguments.
    #[sql_name = "cql"]
    fn cql7(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
        a3: Nullable<Text>,
        a4: Nullable<Text>,
        a5: Nullable<Text>,
        a6: Nullable<Text>,
    ) -> Nullable<Text>;
    /// A call of 8 arguments.
    #[sql_name = "cql"]
    fn cql8(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
        a3: Nullable<Text>,
        a4: Nullable<Text>,
        a5: Nullable<Text>,
        a6: Nullable<Text>,
        a7: Nullable<Text>,
    ) -> Nullable<Text>;
    /// A call of 9 arguments.
    #[sql_name = "cql"]
    fn cql9(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
        a3: Nullable<Text>,
        a4: Nullable<Text>,
        a5: Nullable<Text>,
        a6: Nullable<Text>,
        a7: Nullable<Text>,
        a8: Nullable<Text>,
    ) -> Nullable<Text>;
    /// A call of 10 arguments.
    #[sql_name = "cql"]
    fn cql10(
        call: Text,
        a0: Nullable<Text>,
        a1: Nullable<Text>,
        a2: Nullable<Text>,
        a3: Nullable<Text>,
        a4: Nullable<Text>,
        a5: Nullable<Text>,
        a6: Nullable<Text>,
        a7: Nullable<Text>,
        a8: Nullable<Text>,
        a9: Nullable<Text>,
    ) -> Nullable<Text>;
}

/// Registers `cql` for every number of arguments.
pub(super) fn register(conn: &mut SqliteConnection) -> Result<()> {
    type A = Argument;
    // An error of a constant that only a row may ask for.
    cql_raise_utils::register_nondeterministic_impl(conn, |message: String| {
        Answer(Err(cinchy_cql::CqlError::FunctionFailed { text: message }))
    })?;
    let run = |call: String, arguments: Vec<Argument>| {
        let arguments = arguments.into_iter().map(|a| a.0).collect();
        Answer(run_bridge(&call, arguments))
    };
    cql0_utils::register_impl(conn, move |call: String| run(call, vec![]))?;
    cql1_utils::register_impl(conn, move |call: String, a0: A| run(call, vec![a0]))?;
    cql2_utils::register_impl(conn, move |call: String, a0: A, a1: A| {
        run(call, vec![a0, a1])
    })?;
    cql3_utils::register_impl(conn, move |call: String, a0: A, a1: A, a2: A| {
        run(call, vec![a0, a1, a2])
    })?;
    cql4_utils::register_impl(conn, move |call: String, a0: A, a1: A, a2: A, a3: A| {
        run(call, vec![a0, a1, a2, a3])
    })?;
    cql5_utils::register_impl(
        conn,
        move |call: String, a0: A, a1: A, a2: A, a3: A, a4: A| run(call, vec![a0, a1, a2, a3, a4]),
    )?;
    cql6_utils::register_impl(
        conn,
        move |call: String, a0: A, a1: A, a2: A, a3: A, a4: A, a5: A| {
            run(call, vec![a0, a1, a2, a3, a4, a5])
        },
    )?;
    cql7_utils::register_impl(
        conn,
        move |call: String, a0: A, a1: A, a2: A, a3: A, a4: A, a5: A, a6: A| {
            run(call, vec![a0, a1, a2, a3, a4, a5, a6])
        },
    )?;
    cql8_utils::register_impl(
        conn,
        move |call: String, a0: A, a1: A, a2: A, a3: A, a4: A, a5: A, a6: A, a7: A| {
            run(call, vec![a0, a1, a2, a3, a4, a5, a6, a7])
        },
    )?;
    cql9_utils::register_impl(
        conn,
        move |call: String, a0: A, a1: A, a2: A, a3: A, a4: A, a5: A, a6: A, a7: A, a8: A| {
            run(call, vec![a0, a1, a2, a3, a4, a5, a6, a7, a8])
        },
    )?;
    cql10_utils::register_impl(
        conn,
        move |call: String,
              a0: A,
              a1: A,
              a2: A,
              a3: A,
              a4: A,
              a5: A,
              a6: A,
              a7: A,
              a8: A,
              a9: A| run(call, vec![a0, a1, a2, a3, a4, a5, a6, a7, a8, a9]),
    )?;
    Ok(())
}
