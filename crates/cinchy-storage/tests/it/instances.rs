//! Databases of instances beside the default one.

use chrono::Utc;
use cinchy_storage::seeding::{Mode, Seeds, prepare};
use cinchy_storage::statement::execute;
use cinchy_storage::{Base, Database, Options, StorageError};

#[test]
fn an_instance_that_cannot_be_opened_keeps_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        url: Some(format!(
            "sqlite:{}",
            folder.path().join("kept.db").display()
        )),
        ..Options::default()
    };
    let base = Base::new(prepare(Seeds::none(), Mode::Replace).unwrap());
    let now = Utc::now();
    let database = Database::open(&options).unwrap();
    let (one, _) = database.instance("one", &base, "key", now).unwrap();
    one.write(|conn| {
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')";
        execute(conn, newer, &[])
    })
    .unwrap();
    drop((one, database));

    let database = Database::open(&options).unwrap();
    assert_eq!(database.instance_names().unwrap(), ["one"]);
    let again = database.instance("one", &base, "key", now).map(drop);
    assert!(
        matches!(again, Err(StorageError::NewerDatabase(_))),
        "{again:?}"
    );
    assert_eq!(database.instance_names().unwrap(), ["one"]);
    assert!(database.drop_instance("one").unwrap());
    assert!(!database.drop_instance("one").unwrap());
    assert!(database.instance_names().unwrap().is_empty());
    database.instance("one", &base, "key", now).unwrap();
}

#[test]
fn names_of_instances() {
    for (name, expected) in [
        ("a", true),
        ("suite-1", true),
        (&*"x".repeat(40), true),
        ("", false),
        (&*"x".repeat(41), false),
        ("Suite", false),
        ("a_b", false),
        ("a.b", false),
        ("../a", false),
        ("ä", false),
    ] {
        assert_eq!(cinchy_storage::is_instance_name(name), expected, "{name}");
    }
}
