//! What caches compare: each write to users, clients, rights or tables moves a version.

use cinchy_storage::rows::{self, Stamp};
use cinchy_storage::seeding::Mode;
use cinchy_storage::statement::{Bound, execute};
use cinchy_storage::{StorageError, catalog, ids, state, users};

use crate::databases::{now, on_each, seed};

#[test]
fn versions_move_with_every_write() {
    on_each(|database| {
        seed(database, cinchy_seed::DEMO, Mode::Replace).unwrap();
        let versions = || database.read(state::versions).unwrap();
        for (table, moves_catalog) in [
            ("users", false),
            ("integrated_clients", false),
            ("saved_queries", false),
            ("table_access_control", false),
            ("groups", false),
            ("groups_users", false),
            ("saved_queries_users_with_execute_access", false),
            ("personal_access_tokens", false),
            ("settings", false),
            ("tables", true),
            ("table_columns", true),
            ("domains", true),
        ] {
            let before = versions();
            database
                .write(|conn| {
                    // Whatever it says: the row is written again, or, where there is none, a failing insert is not tried.
                    let column = match table {
                        "settings" => "value",
                        "personal_access_tokens" => "token_hash",
                        _ if table.contains("_users") => "target_id",
                        _ => "version",
                    };
                    if table == "settings" {
                        state::set_setting(conn, "probe", "1")?;
                    }
                    if table == "personal_access_tokens" {
                        return cinchy_storage::tokens::insert(
                            conn,
                            &cinchy_storage::tokens::NewToken {
                                user_id: 1,
                                name: "t",
                                description: None,
                                token_hash: "h",
                                created: now().naive_utc(),
                                expires: now().naive_utc(),
                            },
                        );
                    }
                    execute(
                        conn,
                        &format!("UPDATE {table} SET {column} = {column}"),
                        &[],
                    )?;
                    Ok::<_, StorageError>(())
                })
                .unwrap();
            let after = versions();
            assert_ne!(after.security, before.security, "{table}");
            assert_eq!(after.catalog != before.catalog, moves_catalog, "{table}");
        }
    });
}

#[test]
fn a_rolled_back_write_leaves_neither_rows_nor_gaps_in_ids() {
    on_each(|database| {
        seed(database, cinchy_seed::DEMO, Mode::Replace).unwrap();
        let table = database
            .read(catalog::load)
            .unwrap()
            .find("HR", "Skills")
            .cloned()
            .unwrap();
        let stamp = Stamp {
            user: users::ADMINISTRATOR,
            at: now().naive_utc(),
        };
        let column = table
            .column("Name")
            .and_then(|c| c.physical.clone())
            .unwrap();
        let insert = |name: &str, fail: bool| {
            database.write(|conn| {
                let values = vec![(column.as_str(), Bound::text(Some(name)))];
                let id = rows::insert(conn, database.schema(), &table, stamp, values)?;
                if fail {
                    Err(StorageError::Corrupt("on purpose".to_owned()))
                } else {
                    Ok(id)
                }
            })
        };
        let next = database.read(|conn| ids::peek(conn, table.id)).unwrap();
        insert("Juggling", true).unwrap_err();
        assert_eq!(insert("Juggling", false).unwrap(), next);
        insert("Juggling", false).unwrap_err();
        assert_eq!(insert("Origami", false).unwrap(), next + 1);
    });
}

#[test]
fn failed_sign_ins_are_counted_once_each() {
    on_each(|database| {
        seed(database, cinchy_seed::DEMO, Mode::Replace).unwrap();
        let policy = cinchy_auth::LockoutPolicy::default();
        let fail = |at| {
            database
                .write_sessions(|conn| users::count_failure(conn, 2, policy, at))
                .unwrap()
        };
        assert!(!fail(now()));
        assert!(!fail(now()));
        assert!(fail(now()), "the third locks");
        let later = now() + chrono::Duration::minutes(16);
        assert!(!fail(later), "old failures no longer count");
        let locks: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| usize::from(fail(later))))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(
            locks, 7,
            "nine failures, of which the third to the ninth lock"
        );
    });
}
