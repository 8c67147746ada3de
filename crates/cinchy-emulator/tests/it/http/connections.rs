//! Connections and transactions that a caller keeps over several requests, on both databases.

use reqwest::Response;

use crate::support::backends::{OnBackend, start_on_each};

/// A caller with a token.
struct Caller<'a> {
    backend: &'a OnBackend,
    token: String,
}

impl<'a> Caller<'a> {
    async fn of(backend: &'a OnBackend, user: &str) -> Self {
        let token = backend.emulator.token("demo-app", user).await.unwrap();
        Self { backend, token }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/API/{path}", self.backend.emulator.url());
        let request = self.backend.emulator.http().post(url);
        request
            .bearer_auth(&self.token)
            .form(form)
            .send()
            .await
            .unwrap()
    }

    /// The text of a call that succeeds.
    async fn ask(&self, path: &str, form: &[(&str, &str)]) -> String {
        let answer = self.post(path, form).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{} {path} {form:?}: {text}", self.backend.name);
        text
    }

    /// The error of a call that is refused.
    async fn refused(&self, path: &str, form: &[(&str, &str)]) -> String {
        let answer = self.post(path, form).await;
        assert_eq!(
            answer.status(),
            400,
            "{} {path} {form:?}",
            self.backend.name
        );
        let error = answer.headers()["x-cinchy-error"].to_str().unwrap();
        error.to_owned()
    }

    async fn open(&self) -> String {
        let url = format!("{}/API/OpenConnection", self.backend.emulator.url());
        let request = self.backend.emulator.http().get(url);
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
        answer.text().await.unwrap()
    }

    async fn cql(&self, connection: &str, query: &str) -> String {
        let form = [
            ("Query", query),
            ("CompressJSON", "false"),
            ("ConnectionId", connection),
        ];
        self.ask("ExecuteCQL", &form).await
    }
}

const INSERT: &str = "INSERT INTO [HR].[Skills] ([Name]) VALUES ('Knitting')";
const COUNT: &str =
    "SELECT COUNT(*) AS n FROM [HR].[Skills] WHERE [Name] = 'Knitting' AND [Deleted] IS NULL";

#[tokio::test]
async fn transactions() {
    for backend in &start_on_each(|_| {}).await {
        let ann = Caller::of(backend, "admin").await;
        let connection = ann.open().await;
        let begin = |id: &str| [("connectionId", id.to_owned())];
        let form = begin(&connection);
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let transaction = ann.ask("BeginTransaction", &form).await;
        let both = [
            ("connectionId", connection.as_str()),
            ("transactionId", transaction.as_str()),
        ];
        assert!(
            ann.refused("BeginTransaction", &form)
                .await
                .contains("parallel transactions")
        );
        // A statement that fails leaves the transaction as it was.
        ann.cql(&connection, INSERT).await;
        let wrong = [
            ("Query", "SELECT 1/0 AS x"),
            ("ConnectionId", connection.as_str()),
        ];
        assert_eq!(
            ann.refused("ExecuteCQL", &wrong).await,
            "Divide by zero error encountered."
        );
        assert_eq!(ann.cql(&connection, COUNT).await, r#"[{"n":1}]"#);
        assert_eq!(
            ann.cql("", COUNT).await,
            r#"[{"n":0}]"#,
            "{}: not committed",
            backend.name
        );
        ann.ask("RollbackTransaction", &both).await;
        assert_eq!(
            ann.cql(&connection, COUNT).await,
            r#"[{"n":0}]"#,
            "{}",
            backend.name
        );
        assert!(
            ann.refused("CommitTransaction", &both)
                .await
                .contains("no open transaction")
        );

        let transaction = ann.ask("BeginTransaction", &form).await;
        let quoted = format!("\"{transaction}\"");
        ann.cql(&connection, INSERT).await;
        let both = [
            ("connectionId", connection.as_str()),
            ("transactionId", quoted.as_str()),
        ];
        ann.ask("CommitTransaction", &both).await;
        assert_eq!(ann.cql("", COUNT).await, r#"[{"n":1}]"#);

        // Closing rolls back.
        ann.ask("BeginTransaction", &form).await;
        ann.cql(
            &connection,
            "DELETE FROM [HR].[Skills] WHERE [Name] = 'Knitting'",
        )
        .await;
        ann.ask("CloseConnection", &form).await;
        assert_eq!(ann.cql("", COUNT).await, r#"[{"n":1}]"#);
        assert!(
            ann.refused("BeginTransaction", &form)
                .await
                .contains("is not open")
        );
    }
}

#[tokio::test]
async fn temporary_tables_live_as_long_as_the_connection() {
    for backend in &start_on_each(|_| {}).await {
        let ann = Caller::of(backend, "ann").await;
        let connection = ann.open().await;
        ann.cql(
            &connection,
            "SELECT [Name] INTO #s FROM [HR].[Skills] WHERE [Cinchy Id] = 1",
        )
        .await;
        assert_eq!(
            ann.cql(&connection, "SELECT * FROM #s").await,
            r#"[{"Name":"Rust"}]"#
        );
        let elsewhere = [("Query", "SELECT * FROM #s")];
        assert_eq!(
            ann.refused("ExecuteCQL", &elsewhere).await,
            "Invalid object name '#s'."
        );
        // A rollback takes the tables that its transaction made.
        let form = [("connectionId", connection.as_str())];
        let transaction = ann.ask("BeginTransaction", &form).await;
        ann.cql(&connection, "SELECT 1 AS a INTO #t").await;
        let both = [form[0], ("transactionId", transaction.as_str())];
        ann.ask("RollbackTransaction", &both).await;
        let gone = [("Query", "SELECT * FROM #t"), form[0]];
        assert_eq!(
            ann.refused("ExecuteCQL", &gone).await,
            "Invalid object name '#t'."
        );
        ann.cql(&connection, "DROP TABLE #s").await;
    }
}

#[tokio::test]
async fn connections_belong_to_who_opened_them_and_are_few() {
    for backend in &start_on_each(|_| {}).await {
        let ann = Caller::of(backend, "ann").await;
        let bob = Caller::of(backend, "bob").await;
        let mut open = vec![ann.open().await];
        let theirs = [("connectionId", open[0].as_str())];
        for path in ["BeginTransaction", "CloseConnection"] {
            assert!(
                bob.refused(path, &theirs).await.contains("is not open"),
                "{path}"
            );
        }
        let query = [("Query", "SELECT 1 AS a"), theirs[0]];
        assert!(
            bob.refused("ExecuteCQL", &query)
                .await
                .contains("is not open")
        );
        while open.len() < 32 {
            open.push(bob.open().await);
        }
        let url = format!("{}/API/OpenConnection", backend.emulator.url());
        let request = backend.emulator.http().get(&url);
        let answer = request.bearer_auth(&bob.token).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        // All the others go on meanwhile.
        assert_eq!(ann.cql("", "SELECT 1 AS a").await, r#"[{"a":1}]"#);
        let nobody = backend.emulator.http().get(&url).send().await.unwrap();
        assert_eq!(nobody.status(), 401);
        assert!(
            ann.refused("BeginTransaction", &[])
                .await
                .contains("connectionId")
        );
        let lonely = [("Query", "SELECT 1 AS a"), ("TransactionId", "x")];
        assert!(
            ann.refused("ExecuteCQL", &lonely)
                .await
                .contains("ConnectionId")
        );
    }
}
