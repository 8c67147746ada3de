//! The catalog of the conformance cases (`HR`: Departments, Skills, Employees, Locked; `Cinchy`: Users) and its readers.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use cinchy_cql::catalog::{
    CalculatedType, Catalog, Column, ColumnKind, Columns, Grant, Rights, Table, blank_columns,
};
use cinchy_cql::value::{Backend, Bind, Compiled, Type, Value};
use cinchy_cql::{CqlError, Request, compile};

pub const USERS: i32 = 1;
pub const DEPARTMENTS: i32 = 11;
pub const SKILLS: i32 = 12;
pub const EMPLOYEES: i32 = 13;
pub const LOCKED: i32 = 14;

pub fn text() -> ColumnKind {
    ColumnKind::Text {
        max_length: Some(500),
    }
}

fn link(target: i32, display: i32) -> ColumnKind {
    ColumnKind::Link {
        target,
        display,
        junction: None,
    }
}

/// A table whose own columns have the ids `table * 100 + ordinal`, and whose system columns `table * 100 + 50` on.
pub fn table(id: i32, domain: &str, name: &str, own: &[(&str, ColumnKind)]) -> Table {
    let physical = |kind: &ColumnKind, id: i32| match kind {
        ColumnKind::Link {
            junction: Some(_), ..
        }
        | ColumnKind::Calculated { cached: false, .. } => None,
        _ => Some(format!("c{id}")),
    };
    let mut columns: Vec<Column> = (id * 100 + 1..)
        .zip(own)
        .map(|(id, (name, kind))| Column {
            id,
            name: (*name).to_owned(),
            physical: physical(kind, id),
            kind: kind.clone(),
            is_system: false,
            is_mandatory: false,
            default: None,
            limits: None,
        })
        .collect();
    let users = || link(USERS, 103);
    let system = [
        ("Cinchy Id", Some("cinchy_id"), ColumnKind::Integer),
        ("Version", Some("version"), ColumnKind::Integer),
        ("Draft Version", Some("draft_version"), ColumnKind::Integer),
        ("Approval State", None, text()),
        ("Created By", Some("created_by"), users()),
        ("Created", Some("created"), ColumnKind::DateTime),
        ("Modified By", Some("modified_by"), users()),
        ("Modified", Some("modified"), ColumnKind::DateTime),
        ("Deleted By", Some("deleted_by"), users()),
        ("Deleted", Some("deleted"), ColumnKind::DateTime),
        ("Replaced", None, ColumnKind::DateTime),
    ];
    columns.extend(
        (id * 100 + 50..)
            .zip(system)
            .map(|(id, (name, physical, kind))| Column {
                id,
                name: name.to_owned(),
                physical: physical.map(str::to_owned),
                kind,
                is_system: true,
                is_mandatory: false,
                default: None,
                limits: None,
            }),
    );
    Table {
        id,
        domain: domain.to_owned(),
        name: name.to_owned(),
        physical: format!("t{id}"),
        creator: Some(1),
        keys: Vec::new(),
        blank: blank_columns(),
        columns,
    }
}

fn calculated(expression: &str, cached: bool) -> ColumnKind {
    ColumnKind::Calculated {
        result: CalculatedType::Text,
        expression: expression.to_owned(),
        cached,
    }
}

pub fn catalog() -> Catalog {
    catalog_with([])
}

pub fn catalog_with(more: impl IntoIterator<Item = Table>) -> Catalog {
    let options = |all: &[&str]| all.iter().map(|o| (*o).to_owned()).collect();
    let tables = [
        table(
            USERS,
            "Cinchy",
            "Users",
            &[
                ("Username", text()),
                ("Name", text()),
                ("Display Name", text()),
            ],
        ),
        table(
            DEPARTMENTS,
            "HR",
            "Departments",
            &[
                ("Name", text()),
                ("Code", text()),
                ("Budget", ColumnKind::Number),
                ("Active", ColumnKind::YesNo),
            ],
        ),
        table(SKILLS, "HR", "Skills", &[("Name", text())]),
        table(
            EMPLOYEES,
            "HR",
            "Employees",
            &[
                ("First Name", text()),
                ("Last Name", text()),
                (
                    "Full Name",
                    calculated("CONCAT([First Name], ' ', [Last Name])", true),
                ),
                ("Salary", ColumnKind::Number),
                ("Start Date", ColumnKind::DateTime),
                ("Active", ColumnKind::YesNo),
                (
                    "Level",
                    ColumnKind::Choice {
                        options: options(&["Junior", "Senior", "Lead"]),
                        multi: false,
                    },
                ),
                (
                    "Perks",
                    ColumnKind::Choice {
                        options: options(&["Bike", "Gym", "Lunch"]),
                        multi: true,
                    },
                ),
                ("Department", link(DEPARTMENTS, 1101)),
                ("Manager", link(EMPLOYEES, 1303)),
                (
                    "Skills",
                    ColumnKind::Link {
                        target: SKILLS,
                        display: 1201,
                        junction: Some("t13_c1311".to_owned()),
                    },
                ),
                ("User Account", link(USERS, 103)),
                ("Department Code", calculated("[Department].[Code]", false)),
            ],
        ),
        table(LOCKED, "HR", "Locked", &[("A", text())]),
    ];
    Catalog::new(1, tables.into_iter().chain(more))
}

pub fn some(ids: &[i32]) -> Columns {
    Columns::Some(ids.iter().copied().collect::<HashSet<_>>())
}

fn user(user_id: i32, tables: Vec<(i32, Vec<Grant>)>) -> Rights {
    let everyone = Grant {
        view: Columns::All,
        direct_query: true,
        ..Grant::default()
    };
    let mut tables: HashMap<_, _> = tables.into_iter().collect();
    tables.insert(USERS, vec![everyone]);
    Rights {
        user_id,
        tables,
        ..Rights::default()
    }
}

pub fn admin() -> Rights {
    Rights {
        user_id: 1,
        administrator: true,
        ..Rights::default()
    }
}

/// Everything on Employees and view on Departments, but nothing on Skills.
pub fn ann() -> Rights {
    let all = Grant {
        view: Columns::All,
        edit: Columns::All,
        direct_query: true,
        ..Grant::default()
    };
    user(
        2,
        vec![(EMPLOYEES, vec![all.clone()]), (DEPARTMENTS, vec![all])],
    )
}

/// Views all, edits two columns of his own row.
pub fn bob() -> Rights {
    let view = Grant {
        view: Columns::All,
        direct_query: true,
        ..Grant::default()
    };
    let own = Grant {
        edit: some(&[1301, 1304]),
        edit_filter: Some("[User Account].[Cinchy Id] = CurrentUserId()".to_owned()),
        ..view.clone()
    };
    user(
        3,
        vec![
            (EMPLOYEES, vec![own]),
            (DEPARTMENTS, vec![view.clone()]),
            (SKILLS, vec![view]),
        ],
    )
}

/// Three columns of active employees.
pub fn eve() -> Rights {
    user(4, vec![(EMPLOYEES, vec![eves_grant()])])
}

pub fn eves_grant() -> Grant {
    Grant {
        view: some(&[1301, 1302, 1306]),
        view_filter: Some("[Active] = 1".to_owned()),
        direct_query: true,
        ..Grant::default()
    }
}

pub fn with_grants(user_id: i32, tables: Vec<(i32, Vec<Grant>)>) -> Rights {
    user(user_id, tables)
}

pub fn parameters() -> Vec<(String, Type)> {
    [
        ("p", Type::Text),
        ("@Id", Type::Text),
        ("n", Type::Double),
        ("b", Type::Bit),
    ]
    .map(|(name, ty)| (name.to_owned(), ty))
    .to_vec()
}

pub fn compile_for(text: &str, rights: &Rights, backend: Backend) -> Result<Compiled, CqlError> {
    compile_in(&catalog(), text, rights, backend)
}

pub fn compile_in(
    catalog: &Catalog,
    text: &str,
    rights: &Rights,
    backend: Backend,
) -> Result<Compiled, CqlError> {
    compile(&Request {
        text,
        parameters: &parameters(),
        text_parameters: &[],
        catalog,
        rights,
        backend,
        schema: "cinchy",
        ad_hoc: true,
        versions: false,
    })
}

/// Query, SQL of both databases, binds and columns, for a snapshot.
pub fn show(queries: &[&str], rights: &Rights) -> String {
    let catalog = catalog();
    let mut out = String::new();
    for query in queries {
        let _ = writeln!(out, "-- {query}");
        match compile_in(&catalog, query, rights, Backend::Sqlite) {
            Ok(compiled) => {
                let _ = writeln!(out, "sqlite:   {}", compiled.sql);
                let postgres = compile_in(&catalog, query, rights, Backend::Postgres);
                match &postgres {
                    Ok(p) => {
                        let _ = writeln!(out, "postgres: {}", p.sql);
                        assert_eq!(p.columns, compiled.columns);
                        if binds(p) != binds(&compiled) {
                            let _ = writeln!(out, "binds pg: {}", binds(p));
                        }
                    }
                    Err(e) => {
                        let _ = writeln!(out, "postgres: {e}");
                    }
                }
                if !compiled.binds.is_empty() {
                    let _ = writeln!(out, "binds:    {}", binds(&compiled));
                }
                let columns: Vec<_> = compiled
                    .columns
                    .iter()
                    .map(|c| format!("{} {}", c.name, c.ty.dotnet_name()))
                    .collect();
                let _ = writeln!(out, "columns:  {}", columns.join(" | "));
            }
            Err(e) => {
                let _ = writeln!(out, "error:    {e}");
            }
        }
        out.push('\n');
    }
    out
}

fn binds(compiled: &Compiled) -> String {
    let all: Vec<_> = compiled
        .binds
        .iter()
        .map(|bind| match bind {
            Bind::Literal(Value::Text(text)) => format!("'{text}'"),
            Bind::Literal(Value::Double(x)) => format!("{x:?}"),
            Bind::Literal(Value::DateTime(moment)) => moment.to_string(),
            Bind::Literal(Value::Decimal(number)) => number.to_plain_string(),
            Bind::Literal(other) => format!("{other:?}"),
            Bind::Parameter { name, ty } => format!("@{name} as {ty:?}"),
            Bind::Computed(_) => "computed".to_owned(),
            Bind::CurrentUser => "current user".to_owned(),
            Bind::Now => "now".to_owned(),
            Bind::UserCall { function, ty, .. } => format!("{}(..) as {ty:?}", function.name),
        })
        .collect();
    all.join(", ")
}
