-- Views of CQL: a SELECT under a name. They are bound anew for each use and have no counterpart in the database.
CREATE TABLE cql_views (
    id INTEGER NOT NULL PRIMARY KEY,
    domain INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    text TEXT NOT NULL,
    -- Names of its columns as a JSON list; empty: those of the SELECT.
    column_list TEXT NOT NULL,
    created_by INTEGER NOT NULL,
    created TIMESTAMP NOT NULL,
    modified_by INTEGER NOT NULL,
    modified TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX cql_views_name_key ON cql_views (domain, lower(name));

-- Indexes that have a name (CREATE INDEX). Their columns stand in [Tables].[Indexes] or [Unique Constraints] too.
CREATE TABLE table_indexes (
    table_id INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    is_unique BOOLEAN NOT NULL,
    -- Ids of columns as a JSON list.
    column_list TEXT NOT NULL,
    PRIMARY KEY (table_id, name)
);

-- Columns whose type was changed: the physical column has a new name each time, since a prepared statement that reads
-- one name must always get one type.
CREATE TABLE column_storage (
    column_id INTEGER NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL
);

CREATE TRIGGER bump_catalog AFTER INSERT OR DELETE OR UPDATE ON cql_views FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
CREATE TRIGGER bump_catalog AFTER INSERT OR DELETE OR UPDATE ON column_storage FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
CREATE TRIGGER bump_catalog AFTER INSERT OR DELETE OR UPDATE ON user_defined_functions FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
