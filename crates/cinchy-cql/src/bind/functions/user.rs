//! Calls of user-defined functions. What they give is a text (inferred: JavaScript says nothing of types beforehand).
//!
//! A database cannot call them. Arguments that are known when the statement starts are computed then; a call over columns
//! may be an item of the outermost select list, where it is computed as the rows come. Anywhere else it is refused.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName,
    TableAlias, TableFunctionArgs,
};

use super::{arguments, name_of};
use crate::bind::Binder;
use crate::bind::expression::{at, unsupported};
use crate::catalog::UserFunction;
use crate::error::{CqlError, Position};
use crate::evaluate::{Folded, fold};
use crate::ir::{NodeId, Scalar, ScalarNode};
use crate::need::{Answer, Need};
use crate::value::{Bind, Type};

/// The name that a result column of a function has (seen on the platform).
const RESULT: &str = "FN_RESULT";

impl Binder<'_> {
    /// The user-defined function that a call names, unless the language has one of this name.
    pub(in crate::bind) fn user_function(&self, call: &Call) -> Option<Arc<UserFunction>> {
        let name = name_of(call).filter(|name| super::lookup(&name.value).is_none())?;
        self.catalog.function(&name.value).cloned()
    }

    /// An item of the outermost select list that is a call of a user-defined function, and its name unless it has an alias.
    pub(in crate::bind) fn user_item(
        &mut self,
        expression: &Expr,
    ) -> Result<Option<(Scalar, &'static str)>, CqlError> {
        let Expr::Function(call) = expression else {
            return Ok(None);
        };
        let Some(function) = self.user_function(call) else {
            return Ok(None);
        };
        let arguments = self.user_arguments(call)?;
        let value = match constant(&function, &arguments)? {
            Some(value) => value,
            None => Scalar {
                ty: Type::Text,
                node: ScalarNode::UserCall {
                    function,
                    arguments,
                },
            },
        };
        Ok(Some((value, RESULT)))
    }

    /// The user-defined function that FROM names.
    pub(in crate::bind) fn user_table_function(
        &self,
        name: &ObjectName,
    ) -> Option<Arc<UserFunction>> {
        match name.0.as_slice() {
            [part] => self.catalog.function(&part.as_ident()?.value).cloned(),
            _ => None,
        }
    }

    /// A function in FROM. Its columns are known when it has run, so its arguments must be known before the statement is.
    pub(in crate::bind) fn user_function_table(
        &mut self,
        function: &Arc<UserFunction>,
        written: &TableFunctionArgs,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let refused = |what: &str| {
            unsupported(
                format!("{what} of the function {} in FROM", function.name),
                position,
            )
        };
        if written.settings.is_some() || alias.is_some_and(|a| !a.columns.is_empty()) {
            return Err(refused("a column list or SETTINGS"));
        }
        let mut arguments = Vec::with_capacity(written.args.len());
        for argument in &written.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) = argument else {
                return Err(refused("this argument"));
            };
            let outer = std::mem::take(&mut self.scope.sources);
            let value = self.scalar(expression);
            self.scope.sources = outer;
            let known = known(&value?)?;
            arguments.push(known.ok_or_else(|| refused("an argument that is not constant"))?);
        }
        let need = Need::FunctionTable {
            function: Arc::clone(function),
            arguments,
        };
        let Answer::Table(table) = self.answer(need)? else {
            return Err(refused("rows"));
        };
        let table = Arc::clone(table);
        self.temporary_source(&table, alias.map(|a| a.name.value.clone()), position)
    }

    /// A call anywhere else.
    pub(super) fn user_call(
        &mut self,
        function: &Arc<UserFunction>,
        call: &Call,
    ) -> Result<Scalar, CqlError> {
        let arguments = self.user_arguments(call)?;
        constant(function, &arguments)?.ok_or_else(|| {
            let what = format!(
                "the function {} over columns anywhere but as an item of the outermost select list",
                function.name
            );
            unsupported(what, at(&call.name))
        })
    }

    /// Arguments as values; at least one (seen on the platform).
    fn user_arguments(&mut self, call: &Call) -> Result<Vec<Scalar>, CqlError> {
        let position = at(&call.name);
        let plain = call.over.is_none()
            && call.filter.is_none()
            && call.within_group.is_empty()
            && call.null_treatment.is_none()
            && matches!(call.parameters, FunctionArguments::None)
            && matches!(&call.args, FunctionArguments::List(list)
                if list.clauses.is_empty() && list.duplicate_treatment.is_none());
        if !plain {
            let what = format!("this form of a call of {}", call.name);
            return Err(unsupported(what, position));
        }
        let written = arguments(call)?;
        if written.is_empty() {
            return Err(CqlError::ArgumentCount {
                function: call.name.to_string(),
                wanted: "at least 1".to_owned(),
                position,
            });
        }
        written.into_iter().map(|e| self.scalar(e)).collect()
    }
}

/// The call, where its arguments are known when the statement starts.
fn constant(
    function: &Arc<UserFunction>,
    arguments: &[Scalar],
) -> Result<Option<Scalar>, CqlError> {
    let mut binds = Vec::with_capacity(arguments.len());
    for argument in arguments {
        match known(argument)? {
            Some(bind) => binds.push(bind),
            None => return Ok(None),
        }
    }
    Ok(Some(Scalar {
        ty: Type::Text,
        node: ScalarNode::Constant(Bind::UserCall {
            function: Arc::clone(function),
            arguments: binds,
            ty: Type::Text,
        }),
    }))
}

/// An argument that is known when the statement starts.
fn known(argument: &Scalar) -> Result<Option<Bind>, CqlError> {
    if let ScalarNode::Constant(bind) = &argument.node {
        return Ok(Some(bind.clone()));
    }
    match fold(argument) {
        Folded::Value(bind) => Ok(Some(bind)),
        Folded::Error(error) => Err(error),
        Folded::No => Ok(None),
    }
}
