//! What a page works with: the platform, a connection, and who looks at it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cinchy_cql::Arguments;
use cinchy_cql::catalog::{Catalog, Table};
use cinchy_storage::rows::Stamp;
use cinchy_storage::{Connection, run};
use cinchy_web::authenticate::Authenticated;
use cinchy_web::query::{Prepared, Text};
use cinchy_web::script::{Given, Results as _, RunError, Scene, Wanted, run_script};
use cinchy_web::{Generation, Instance, Site};

use crate::cql::{Collector, Grid, Statement, type_of};
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::Frame;
use crate::place::Section;

/// How long one text of a page may run: as long as a call of the web API without a timeout of its own (documented: 30 s).
const LONGEST: Duration = Duration::from_secs(30);

/// A page under way.
pub struct Desk<'a> {
    /// Where the request came in.
    pub site: &'a Site,
    /// The platform.
    pub instance: &'a Instance,
    /// A connection.
    pub conn: &'a mut Connection,
    /// What is known there.
    pub generation: Arc<Generation>,
    /// Who is signed in.
    pub visitor: Authenticated,
    /// Whose rights hold: the visitor's, or those of the user that an administrator views as.
    pub caller: Authenticated,
    /// The query string.
    pub query: Pairs,
    /// What all pages show.
    pub frame: Frame,
}

/// What becomes of what a transaction wrote, if nothing fails.
#[derive(Clone, Copy)]
enum Ending {
    Kept,
    Undone,
}

impl Desk<'_> {
    /// Whether the data is seen as by somebody else.
    pub fn is_viewing_as(&self) -> bool {
        self.visitor.entry.user.id != self.caller.entry.user.id
    }

    /// The frame of a page of this section and title.
    pub fn frame(&self, section: Section, title: impl Into<String>) -> Frame {
        let mut frame = self.frame.clone();
        frame.section = section;
        frame.title = title.into();
        frame
    }

    /// Lets only administrators on. `what` begins a sentence.
    ///
    /// # Errors
    /// Everybody else.
    pub fn administrators_only(&self, what: &'static str) -> Result<(), PageError> {
        if self.caller.entry.administrator {
            Ok(())
        } else {
            Err(PageError::Administrators(what))
        }
    }

    /// Who writes, and when.
    pub fn stamp(&self) -> Stamp {
        Stamp {
            user: self.visitor.entry.user.id,
            at: self.instance.clock().now().naive_utc(),
        }
    }

    /// Tables and columns.
    ///
    /// # Errors
    /// The database's.
    pub fn catalog(&mut self) -> Result<Arc<Catalog>, PageError> {
        Ok(self.generation.catalog(self.conn)?)
    }

    /// A table by its Cinchy Id.
    ///
    /// # Errors
    /// None of this id, or the database's.
    pub fn table(&mut self, id: i32) -> Result<Arc<Table>, PageError> {
        let catalog = self.catalog()?;
        let table = catalog.table(id).cloned();
        table.ok_or_else(|| {
            PageError::NotFound(format!("There is no table with the Cinchy Id {id}."))
        })
    }

    /// Runs a text of the console's own as the caller.
    ///
    /// # Errors
    /// What the caller may not do, values that do not fit, the database's.
    pub fn ask(&mut self, statement: Statement<'_>) -> Result<Grid, PageError> {
        Ok(self.run(&statement)?)
    }

    /// The same, for a page that shows what is wrong itself.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn run(&mut self, statement: &Statement<'_>) -> Result<Grid, RunError> {
        self.conn.limit(Instant::now().checked_add(LONGEST));
        let done = self.run_unlimited(statement);
        self.conn.limit(None);
        done
    }

    /// Runs several texts in one transaction: all of them happen, or nothing.
    ///
    /// # Errors
    /// Those of `work` (undone), or of the commit.
    pub fn whole<T>(
        &mut self,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        self.within(Ending::Kept, work)
    }

    /// Runs several texts and undoes what they wrote: to know what would come of them.
    ///
    /// # Errors
    /// Those of `work`, or the driver's.
    pub fn undone<T>(
        &mut self,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        self.within(Ending::Undone, work)
    }

    fn within<T>(
        &mut self,
        ending: Ending,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let (site, instance) = (self.site, self.instance);
        let generation = self.generation.clone();
        let (visitor, caller) = (self.visitor.clone(), self.caller.clone());
        let (query, frame) = (self.query.clone(), self.frame.clone());
        let work = |conn: &mut Connection| {
            work(&mut Desk {
                site,
                instance,
                conn,
                generation,
                visitor,
                caller,
                query,
                frame,
            })
        };
        let done = match ending {
            Ending::Kept => self.conn.whole(work),
            Ending::Undone => self.conn.undone(work),
        };
        self.generation = self.instance.seen_by(self.conn)?;
        done
    }

    fn run_unlimited(&mut self, statement: &Statement<'_>) -> Result<Grid, RunError> {
        let mut values = statement.parameters.clone();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        let types: Vec<_> = values
            .iter()
            .map(|(n, v)| (n.clone(), type_of(v)))
            .collect();
        let text = Text {
            cql: statement.cql,
            parameters: &types,
            text_parameters: &statement.texts,
            ad_hoc: statement.ad_hoc,
            versions: statement.versions,
        };
        let prepared =
            self.instance
                .prepare(self.conn, &self.generation, &self.caller.entry, text)?;
        let mut collector = Collector::new(statement.skip, statement.most);
        let affected = match prepared {
            Prepared::Query(query) => {
                let arguments = Arguments {
                    values: &values,
                    current_user: self.caller.entry.user.id,
                    now: self.instance.clock().now().naive_utc(),
                };
                let compiled = &query.compiled;
                collector.begin(&compiled.columns, false);
                self.conn
                    .guarded(|conn| {
                        run::select(
                            conn,
                            compiled,
                            compiled.columns.len(),
                            &arguments,
                            &mut collector,
                        )
                    })
                    .map_err(RunError::of_run)?;
                None
            }
            Prepared::Script(script) => {
                let scene = Scene {
                    instance: self.instance,
                    conn: self.conn,
                    generation: self.generation.clone(),
                    kept: None,
                    caller: &self.caller,
                };
                let given = Given {
                    types: &types,
                    values: &values,
                };
                run_script(&script, text, given, Wanted::Rows, scene, &mut collector)?
            }
        };
        self.generation = self.instance.seen_by(self.conn)?;
        Ok(collector.finish(affected))
    }
}
