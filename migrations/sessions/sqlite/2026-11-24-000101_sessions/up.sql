-- Short-lived state that must not wait for writers of data: on SQLite it stands in a file of its own.
CREATE TABLE login_failures (
    user_id INTEGER NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_failure TIMESTAMP NOT NULL
);
