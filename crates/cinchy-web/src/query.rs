//! Compiling CQL for a caller, once: the same text for the same rights on the same tables is compiled one time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cinchy_cql::catalog::{Catalog, Rights};
use cinchy_cql::value::{Compiled, Type};
use cinchy_cql::{CqlError, Request, Script};
use cinchy_storage::{Connection, StorageError};

use crate::cache::{Generation, PrincipalEntry};
use crate::instance::Instance;

/// What a compiled statement depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CompiledKey {
    text: String,
    catalog: i64,
    rights: u64,
    ad_hoc: bool,
    versions: bool,
    parameters: Vec<(String, Type)>,
    text_parameters: Vec<(u32, String)>,
}

/// Texts longer than this are compiled each time: they are not what a cache is for.
const LONGEST_CACHED: usize = 64 * 1024;

/// A text to compile.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// CQL.
    pub cql: &'a str,
    /// Declared parameters: names in lower case without `@`, sorted, with their types.
    pub parameters: &'a [(String, Type)],
    /// `{n}` and what replaces it, sorted.
    pub text_parameters: &'a [(u32, String)],
    /// CQL of the caller's own (ExecuteCQL), which needs the Direct Query right.
    pub ad_hoc: bool,
    /// Tables are read with all versions of their rows.
    pub versions: bool,
}

/// What compiling may fail with.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The text.
    #[error(transparent)]
    Cql(#[from] CqlError),
    /// The database, when the catalog is read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A SELECT ready to run.
#[derive(Debug)]
pub struct Query {
    /// Its SQL.
    pub compiled: Compiled,
    /// Whether it took long when it last ran.
    long: AtomicBool,
}

impl Query {
    /// Notes whether it was short this time.
    pub fn ran(&self, short: bool) {
        self.long.store(!short, Ordering::Relaxed);
    }
}

/// A text ready to run.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// One SELECT.
    Query(Arc<Query>),
    /// Anything else, to be run step by step.
    Script(Arc<Script>),
}

impl Prepared {
    /// Whether it changes nothing and was short when it last ran, so that it may be tried at once
    /// (see [`Instance::at_once`]).
    pub fn is_short(&self) -> bool {
        match self {
            Self::Query(query) => !query.long.load(Ordering::Relaxed),
            Self::Script(_) => false,
        }
    }
}

impl CompiledKey {
    fn of(generation: &Generation, caller: &PrincipalEntry, text: Text<'_>) -> Self {
        Self {
            text: text.cql.to_owned(),
            catalog: generation.versions.catalog,
            rights: caller.rights.fingerprint,
            ad_hoc: text.ad_hoc,
            versions: text.versions,
            parameters: text.parameters.to_vec(),
            text_parameters: text.text_parameters.to_vec(),
        }
    }
}

impl Instance {
    /// What was compiled before of a text for a caller.
    pub fn prepared(
        &self,
        generation: &Generation,
        caller: &PrincipalEntry,
        text: Text<'_>,
    ) -> Option<Prepared> {
        self.compiled
            .get(&CompiledKey::of(generation, caller, text))
    }

    /// Compiles a text for a caller, or finds what was compiled before.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub fn prepare(
        &self,
        conn: &mut Connection,
        generation: &Generation,
        caller: &PrincipalEntry,
        text: Text<'_>,
    ) -> Result<Prepared, CompileError> {
        // Within a transaction that is not committed, a catalog's version may come to mean another one.
        let may_keep = !conn.has_uncommitted() && text.cql.len() <= LONGEST_CACHED;
        if may_keep && let Some(found) = self.prepared(generation, caller, text) {
            return Ok(found);
        }
        let script = Script::parse(text.cql, text.text_parameters)?;
        let catalog = generation.catalog(conn)?;
        let compiled = self.compile(&script, &catalog, &caller.rights, text)?;
        let prepared = match compiled {
            Some(compiled) => Prepared::Query(Arc::new(Query {
                compiled,
                long: AtomicBool::new(false),
            })),
            None => Prepared::Script(Arc::new(script)),
        };
        if may_keep {
            self.compiled
                .put(CompiledKey::of(generation, caller, text), prepared.clone());
        }
        Ok(prepared)
    }

    /// Compiles a text for these rights; nothing for what runs step by step.
    pub(crate) fn compile(
        &self,
        script: &Script,
        catalog: &Catalog,
        rights: &Rights,
        text: Text<'_>,
    ) -> Result<Option<Compiled>, CqlError> {
        script.compile_query(&Request {
            text: text.cql,
            parameters: text.parameters,
            text_parameters: text.text_parameters,
            catalog,
            rights,
            backend: self.database().backend(),
            schema: self.database().schema(),
            ad_hoc: text.ad_hoc,
            versions: text.versions,
        })
    }
}
