//! The variables of a script.

use sqlparser::ast::DataType;

use super::run::Setting;
use crate::api::{Arguments, OWN};
use crate::bind::written;
use crate::value::{Type, Value};

/// Variables in sight, parameters among them.
#[derive(Debug, Default, Clone)]
pub(super) struct Frame {
    pub types: Vec<(String, Type)>,
    pub values: Vec<(String, Value)>,
    /// How they were declared; parameters were not.
    pub declared: Vec<Option<DataType>>,
}

impl Frame {
    /// Index of a variable.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.types.iter().position(|(n, _)| n == name)
    }

    /// What every text sees: `@@ROWCOUNT` and its kin, `@cinchy_row_id`.
    pub fn system(&self) -> Self {
        let mut system = Self::default();
        for ((name, ty), (_, value)) in self.types.iter().zip(&self.values) {
            if name.starts_with(OWN) || name == "cinchy_row_id" {
                system.put(name, *ty, None, value.clone());
            }
        }
        system
    }

    /// Sets a variable, a new one where there is none of the name; its index.
    pub fn put(
        &mut self,
        name: &str,
        ty: Type,
        data_type: Option<DataType>,
        value: Value,
    ) -> usize {
        let name = name.to_lowercase();
        match self.index(&name) {
            Some(index) => {
                self.types[index].1 = ty;
                self.values[index].1 = value;
                self.declared[index] = data_type;
                index
            }
            None => {
                self.types.push((name.clone(), ty));
                self.values.push((name, value));
                self.declared.push(data_type);
                self.types.len() - 1
            }
        }
    }

    /// The variables that were declared with a length, and the length.
    pub fn lengths(&self) -> Vec<(String, i64)> {
        let declared = self.types.iter().zip(&self.declared);
        declared
            .filter_map(|((name, ty), data_type)| {
                let length = written(data_type.as_ref()?, 1)?.length?;
                let length = i64::try_from(length).ok()?;
                (*ty == Type::Text).then(|| (name.clone(), length))
            })
            .collect()
    }

    /// Forgets all variables but the first ones.
    pub fn truncate(&mut self, length: usize) {
        self.types.truncate(length);
        self.values.truncate(length);
        self.declared.truncate(length);
    }

    pub fn set_parameter(&mut self, name: &str, ty: Type, value: Value) {
        self.put(name, ty, None, value);
    }

    /// `@@name`, a variable of the interpreter's own; its index.
    pub fn set_system(&mut self, name: &str, ty: Type, value: Value) -> usize {
        self.put(&format!("{OWN}{name}"), ty, None, value)
    }

    pub fn arguments<'a>(&'a self, setting: &Setting<'_>) -> Arguments<'a> {
        Arguments {
            values: &self.values,
            current_user: setting.current_user,
            now: setting.now,
        }
    }
}
