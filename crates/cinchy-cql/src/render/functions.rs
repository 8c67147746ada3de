//! Calls of scalar functions as SQL.

use super::Writer;
use crate::convert::sql_name;
use crate::functions::{Function, Sql, bridge};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Backend, Type};

impl Writer<'_> {
    pub(super) fn function(&mut self, function: &Function, arguments: &[Scalar], ty: Type) {
        let sql = match self.backend {
            Backend::Sqlite => function.sqlite,
            Backend::Postgres => function.postgres,
        };
        match sql {
            Sql::Native(name) => self.call(name, arguments),
            Sql::Own(name) => {
                self.qualified(name);
                self.arguments(arguments);
                if ty.is_decimal() {
                    self.cast_suffix(ty);
                }
            }
            Sql::Moments(name) => {
                if arguments
                    .iter()
                    .any(|a| matches!(a.ty, Type::DateTimeOffset(_)))
                {
                    self.refuse("a datetimeoffset that is made of columns");
                }
                self.qualified(name);
                self.push(&format!("('{}', ", sql_name(ty)));
                self.separated(arguments, ", ", Self::as_timestamp);
                self.push(")");
                self.cast_suffix(ty);
            }
            Sql::Letters(name) => self.letters(name, arguments),
            Sql::Words(words) => self.words(words, arguments),
            Sql::Rust => {
                let arguments: Vec<&Scalar> = arguments.iter().collect();
                self.bridge(function, &arguments, ty);
            }
            Sql::Conversion => self.explicit(arguments, ty),
            Sql::Format => self.format(arguments, ty),
            Sql::None => self.refuse(format!("the function {} of a column", function.name)),
        }
    }

    /// A call that comes back to Rust.
    pub(super) fn bridge(&mut self, function: &Function, arguments: &[&Scalar], ty: Type) {
        let types: Vec<Type> = arguments.iter().map(|a| a.ty).collect();
        let signature = bridge::signature(function, ty, &types);
        self.push(&format!("cql('{signature}'"));
        for argument in arguments {
            self.push(", ");
            self.scalar(argument);
        }
        self.push(")");
    }

    /// A column is asked first whether it is ASCII, since the database has its own function for that, which is faster than ours.
    fn letters(&mut self, name: &str, arguments: &[Scalar]) {
        let column = arguments
            .first()
            .filter(|a| matches!(a.node, ScalarNode::Column { .. }));
        if let Some(column) = column {
            self.push("(CASE WHEN octet_length(");
            self.scalar(column);
            self.push(") = length(");
            self.scalar(column);
            self.push(&format!(") THEN {name}("));
            self.scalar(column);
            self.push(" COLLATE \"C\") ELSE ");
        }
        self.qualified(&format!("cql_{name}"));
        self.arguments(arguments);
        if column.is_some() {
            self.push(" END)");
        }
    }

    fn arguments(&mut self, arguments: &[Scalar]) {
        self.push("(");
        self.separated(arguments, ", ", Self::scalar);
        self.push(")");
    }

    /// Words with `{0}`, `{1}` .. for the arguments.
    fn words(&mut self, words: &str, arguments: &[Scalar]) {
        let mut rest = words;
        while let Some((before, after)) = rest.split_once('{') {
            self.push(before);
            let (index, after) = after.split_once('}').unwrap_or(("", after));
            let argument = index.parse::<usize>().ok().and_then(|i| arguments.get(i));
            if let Some(argument) = argument {
                self.scalar(argument);
            }
            rest = after;
        }
        self.push(rest);
    }
}
