-- Views of CQL: a SELECT under a name. They are bound anew for each use and have no counterpart in the database.
CREATE TABLE cql_views (
    id INTEGER NOT NULL PRIMARY KEY,
    domain INTEGER NOT NULL,
    name TEXT NOT NULL,
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
    name TEXT NOT NULL,
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

CREATE TRIGGER cql_views_insert_bump AFTER INSERT ON cql_views BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER cql_views_update_bump AFTER UPDATE ON cql_views BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER cql_views_delete_bump AFTER DELETE ON cql_views BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER column_storage_insert_bump AFTER INSERT ON column_storage BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER column_storage_update_bump AFTER UPDATE ON column_storage BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER column_storage_delete_bump AFTER DELETE ON column_storage BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER user_defined_functions_insert_bump_catalog AFTER INSERT ON user_defined_functions BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1; END;
CREATE TRIGGER user_defined_functions_update_bump_catalog AFTER UPDATE ON user_defined_functions BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1; END;
CREATE TRIGGER user_defined_functions_delete_bump_catalog AFTER DELETE ON user_defined_functions BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1; END;
