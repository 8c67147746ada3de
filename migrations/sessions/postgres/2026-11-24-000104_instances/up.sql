-- What belongs to an instance and not to its data: a reset or a restored snapshot leaves it alone, and processes on one
-- server learn of a change here. On PostgreSQL the rows of all instances stand in the schema of the default one.
CREATE TABLE instance_states (
    name TEXT NOT NULL PRIMARY KEY,
    -- `real`, `frozen` or `offset`.
    clock_mode TEXT NOT NULL DEFAULT 'real',
    -- Frozen: microseconds since 1970-01-01. Offset: microseconds that the clock is ahead.
    clock_micros BIGINT NOT NULL DEFAULT 0,
    -- Moves when the data is replaced as a whole.
    epoch BIGINT NOT NULL DEFAULT 0,
    -- Another one: an instance of this name that was dropped and made anew (PostgreSQL).
    incarnation TEXT NOT NULL DEFAULT ''
);

-- Snapshots on PostgreSQL, each a schema of copied tables. On SQLite a snapshot is a file that goes with the process, and
-- this table stays empty.
CREATE TABLE snapshots (
    instance TEXT NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    created TIMESTAMP NOT NULL,
    PRIMARY KEY (instance, name)
);
