//! The built-in demo seed.

use cinchy_seed::model::{GrantType, Row, RowCells};
use cinchy_seed::{DEMO, Seed};

fn demo() -> Seed {
    match crate::read(DEMO) {
        Ok(seed) => seed,
        Err(errors) => panic!("{errors}"),
    }
}

#[test]
fn is_a_valid_seed_with_the_documented_parts() {
    let seed = demo();
    let names: Vec<&str> = seed.users.iter().map(|u| u.username.as_str()).collect();
    assert_eq!(names, ["admin", "ann", "bob", "eve"]);
    assert!(
        seed.users
            .iter()
            .all(|u| u.password.is_some() && u.password_hash.is_some())
    );
    assert_eq!(seed.queries.len(), 5);
    assert!(!seed.names_files());
}

#[test]
fn has_one_client_for_each_grant_type_and_the_password_one_first() {
    let seed = demo();
    let grants: Vec<GrantType> = seed
        .clients
        .iter()
        .flat_map(|c| &c.grant_type)
        .map(|g| g.value)
        .collect();
    assert_eq!(grants[0], GrantType::ResourceOwnerPassword);
    assert_eq!(grants.len(), GrantType::ALL.len());
    assert!(seed.clients.iter().all(|c| c.secret.is_some()));
}

#[test]
fn rows_know_their_lines() {
    let seed = demo();
    let row: &Row = &seed.tables[0].rows[0];
    assert!(matches!(&row.cells, RowCells::InOrder(cells) if cells.len() == 4));
    let line = DEMO.lines().nth(row.at.line as usize - 1).unwrap();
    assert_eq!(line.trim(), "- [Sales, S1, 1000.5, true]");
}
