//! What in a seed cannot work once it is applied: CQL that does not compile, functions that do not load, rights that are
//! nobody's. It is stored as it is (decided), and warned of.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use cinchy_cql::catalog::{Catalog, ColumnKind, Columns, Grant, Rights, Table};
use cinchy_cql::value::{Backend, Type};
use cinchy_cql::{CqlError, Request, Script};
use cinchy_seed::model::{Column, Entitlement, Query, QueryType, split_table_name};
use cinchy_seed::{Location, PatternDefect, Seed, SeedError, pattern_defect};

use super::Applier;
use crate::error::{Result, StorageError};
use crate::system::FIRST_TABLE_ID;
use crate::{catalog, rows, udf};

impl Applier<'_> {
    /// Warns of what these seeds brought and cannot work.
    pub(super) fn judge(&mut self, seeds: &[Seed]) -> Result<()> {
        let catalog = if seeds.iter().any(|seed| !seed.udfs.is_empty()) {
            // With the functions of the seeds.
            catalog::load(self.conn)?
        } else {
            std::mem::take(&mut self.catalog)
        };
        let judge = Judge {
            computed: OnceCell::new(),
            catalog,
            backend: rows::backend(self.conn),
            schema: self.schema,
        };
        for seed in seeds {
            let mut found = Vec::new();
            judge.tables(seed, &mut found);
            for query in &seed.queries {
                if let Err(error) = judge.query(query) {
                    let name = format!("{}/{}", query.domain.value, query.name.value);
                    found.push((query.name.at, format!("saved query {name}: {error}")));
                }
            }
            for function in &seed.udfs {
                let stored = judge.catalog.function(&function.name);
                if let Some(Err(error)) = stored.map(udf::Script::load) {
                    let error = match error {
                        StorageError::Cql(CqlError::UserFunction { message }) => message,
                        other => other.to_string(),
                    };
                    found.push((
                        function.name.at,
                        format!("function {}: {error}", function.name.value),
                    ));
                }
            }
            found.sort_by_key(|(at, _): &(Location, String)| (at.line, at.column));
            self.warnings.extend(
                found
                    .into_iter()
                    .map(|(at, message)| SeedError::new(&seed.file, at, message).to_string()),
            );
        }
        Ok(())
    }
}

/// Where and what.
type Found = Vec<(Location, String)>;

struct Judge<'a> {
    catalog: Catalog,
    /// The same without stored calculated columns: here one that reads itself is seen.
    computed: OnceCell<Catalog>,
    backend: Backend,
    schema: &'a str,
}

impl Judge<'_> {
    fn tables(&self, seed: &Seed, found: &mut Found) {
        for table in &seed.tables {
            let Some(live) = self.catalog.find(&table.domain, &table.name) else {
                continue;
            };
            if live.id >= FIRST_TABLE_ID {
                self.calculated_columns(table, live, found);
            }
            for column in &table.columns {
                self.column(table, column, found);
            }
            for grant in &table.entitlements {
                self.entitlement(live, grant, grant.at, found);
            }
        }
    }

    fn calculated_columns(
        &self,
        table: &cinchy_seed::model::Table,
        live: &Arc<Table>,
        found: &mut Found,
    ) {
        for column in live.columns.iter().filter(|c| !c.is_system) {
            let ColumnKind::Calculated { cached, .. } = column.kind else {
                continue;
            };
            let mut named = table.columns.iter();
            let named = named.find(|c| c.name.eq_ignore_ascii_case(&column.name));
            let at = match named {
                Some(named) => named.name.at,
                // Its rows are new.
                None if cached && !table.rows.is_empty() => table.name.at,
                None => continue,
            };
            let compile = |catalog: &Catalog| {
                cinchy_cql::compile_calculated(
                    catalog,
                    live.id,
                    column.id,
                    self.backend,
                    self.schema,
                )
            };
            let error = match compile(&self.catalog) {
                Err(error) => error,
                Ok(_) => match compile(self.computed.get_or_init(|| self.catalog.without_cached()))
                {
                    Err(error) if is_cycle(&error) => error,
                    // What is too deep as one expression is not, when parts of it are stored.
                    _ => continue,
                },
            };
            let name = format!("[{}].[{}].[{}]", live.domain, live.name, column.name);
            found.push((at, format!("calculated column {name}: {error}")));
        }
    }

    fn column(&self, table: &cinchy_seed::model::Table, column: &Column, found: &mut Found) {
        let name = format!("{}.{}", table.full_name(), column.name.value);
        if let Some(expression) = &column.validation_expression
            && let Some(PatternDefect::NotAsked(error)) = pattern_defect(expression)
        {
            found.push((
                column.name.at,
                format!("the validation expression of {name} is not asked here, any text is taken: {error}"),
            ));
        }
        let target = column
            .table
            .as_ref()
            .and_then(|target| split_table_name(target))
            .and_then(|(domain, table)| self.catalog.find(domain, table));
        if let (Some(filter), Some(target)) = (&column.link_filter_expression, target)
            && let Err(error) = self.filter(target, filter)
        {
            found.push((
                column.name.at,
                format!("the link filter of {name}: {error}"),
            ));
        }
    }

    fn entitlement(
        &self,
        table: &Arc<Table>,
        grant: &Entitlement,
        at: Location,
        found: &mut Found,
    ) {
        let name = format!("{}.{}", table.domain, table.name);
        if grant.users.is_empty() && grant.groups.is_empty() {
            found.push((
                at,
                format!("an entitlement of {name} names neither users nor groups: it is nobody's"),
            ));
        }
        for (key, filter) in [
            ("viewFilter", &grant.view_filter),
            ("editFilter", &grant.edit_filter),
        ] {
            if let Some(filter) = filter
                && let Err(error) = self.filter(table, filter)
            {
                found.push((at, format!("`{key}` of an entitlement of {name}: {error}")));
            }
        }
    }

    /// Compiles a condition over a table as that of an entitlement is.
    fn filter(&self, table: &Arc<Table>, condition: &str) -> Result<(), CqlError> {
        if condition.trim().is_empty() {
            return Ok(());
        }
        let grant = Grant {
            view: Columns::All,
            view_filter: Some(condition.to_owned()),
            ..Grant::default()
        };
        let rights = Rights {
            tables: HashMap::from([(table.id, vec![grant])]),
            ..Rights::default()
        };
        let text = format!(
            "SELECT [Cinchy Id] FROM [{}].[{}]",
            table.domain, table.name
        );
        self.text(&text, &rights, false)
    }

    fn query(&self, query: &Query) -> Result<(), CqlError> {
        // What replaces a text parameter is not known here, so such a query cannot be judged.
        if !cinchy_cql::text_parameters_of(&query.cql).is_empty() {
            return Ok(());
        }
        let everything = Rights {
            administrator: true,
            ..Rights::default()
        };
        let versions = query.query_type == Some(QueryType::VersionHistory);
        self.text(&query.cql, &everything, versions)
    }

    fn text(&self, text: &str, rights: &Rights, versions: bool) -> Result<(), CqlError> {
        let parameters = cinchy_cql::parameters_of(text).unwrap_or_default();
        let parameters: Vec<(String, Type)> = parameters
            .into_iter()
            .map(|name| (name, Type::Text))
            .collect();
        Script::parse(text, &[])?.check(&Request {
            text,
            parameters: &parameters,
            text_parameters: &[],
            catalog: &self.catalog,
            rights,
            backend: self.backend,
            schema: self.schema,
            ad_hoc: false,
            versions,
        })
    }
}

/// Whether a column reads itself, however deep the error stands.
fn is_cycle(error: &CqlError) -> bool {
    match error {
        CqlError::Cycle { .. } => true,
        CqlError::Fragment { source, .. } => is_cycle(source),
        _ => false,
    }
}
