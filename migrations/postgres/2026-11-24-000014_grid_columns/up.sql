-- The columns that a user wants to see of a table in the console: their Cinchy Ids, as JSON. No row: all of them.

CREATE TABLE grid_columns (
    user_id INTEGER NOT NULL,
    table_id INTEGER NOT NULL,
    column_ids TEXT NOT NULL,
    PRIMARY KEY (user_id, table_id)
);
