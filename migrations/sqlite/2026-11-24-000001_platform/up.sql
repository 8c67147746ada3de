-- The system tables of the domain Cinchy. Their columns are described a second time, for CQL, in the storage crate
-- (`system.rs`); a test compares the two. Every table starts with the columns that every Cinchy table has.

CREATE TABLE domains (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    colour TEXT,
    description TEXT,
    guid TEXT,
    sync_guid TEXT
);
CREATE UNIQUE INDEX domains_name_key ON domains (lower(name)) WHERE deleted IS NULL;

CREATE TABLE tables (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    domain INTEGER,
    name TEXT,
    icon TEXT,
    icon_colour TEXT,
    description TEXT,
    guid TEXT,
    type TEXT,
    publish_data_change_notifications BOOLEAN,
    unique_constraints TEXT,
    indexes TEXT,
    cinchy_schema_version INTEGER,
    json TEXT,
    sync_guid TEXT
);

CREATE TABLE table_columns (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    "table" INTEGER,
    name TEXT,
    type TEXT,
    ordinal INTEGER,
    description TEXT,
    guid TEXT,
    is_system_column BOOLEAN,
    is_mandatory BOOLEAN,
    is_unique BOOLEAN,
    allow_multiple BOOLEAN,
    allow_linking BOOLEAN,
    allow_display_in_linked_views BOOLEAN,
    calculated_column_expression TEXT,
    calculated_column_output_format TEXT,
    calculated_column_field_length INTEGER,
    calculated_column_dependencies TEXT,
    cache BOOLEAN,
    choice_column_manual_sort_flag BOOLEAN,
    choice_column_options_csv TEXT,
    date_column_default TEXT,
    date_column_min TEXT,
    date_column_max TEXT,
    date_column_display_format TEXT,
    number_column_default REAL,
    number_column_min REAL,
    number_column_max REAL,
    number_column_display_format TEXT,
    text_column_default TEXT,
    text_column_max_length INTEGER,
    text_column_validation_expression TEXT,
    text_column_format TEXT,
    yesno_column_default BOOLEAN,
    link_column_target INTEGER,
    link_column_filter_expression TEXT,
    data_security_classification TEXT,
    sync_guid TEXT
);
CREATE TABLE table_columns_link_column_search_display_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE users (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    username TEXT,
    authentication_method TEXT,
    password TEXT,
    email_address TEXT,
    email_verification_code TEXT,
    email_verified BOOLEAN,
    first_name TEXT,
    last_name TEXT,
    profile_photo BLOB,
    password_expiration_timestamp TIMESTAMP,
    is_disabled BOOLEAN,
    locked_timestamp TIMESTAMP,
    can_design_tables BOOLEAN,
    can_design_queries BOOLEAN,
    sync_guid TEXT
);
CREATE UNIQUE INDEX users_username_key ON users (lower(username)) WHERE deleted IS NULL;

CREATE TABLE groups (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    group_type TEXT,
    sync_guid TEXT
);
CREATE TABLE groups_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE groups_user_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE groups_owners (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE groups_owner_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE UNIQUE INDEX groups_name_key ON groups (lower(name)) WHERE deleted IS NULL;

CREATE TABLE integrated_clients (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    client_id TEXT,
    client_name TEXT,
    grant_type TEXT,
    permitted_login_redirect_urls TEXT,
    permitted_logout_redirect_urls TEXT,
    permitted_scopes TEXT,
    access_token_lifetime_seconds INTEGER,
    show_cinchy_login_screen BOOLEAN,
    enabled BOOLEAN,
    guid TEXT,
    sync_guid TEXT
);
CREATE UNIQUE INDEX integrated_clients_client_id_key ON integrated_clients (client_id) WHERE deleted IS NULL;

CREATE TABLE saved_queries (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    domain INTEGER,
    name TEXT,
    cql TEXT,
    type TEXT,
    query_type TEXT,
    api_result_format TEXT,
    compressjson BOOLEAN,
    timeout INTEGER,
    api_version TEXT,
    http_method TEXT,
    use_legacy_url_structure BOOLEAN,
    description TEXT,
    icon TEXT,
    icon_colour TEXT,
    uuid TEXT,
    sync_guid TEXT
);
CREATE TABLE saved_queries_users_with_execute_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE saved_queries_groups_with_execute_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE saved_queries_users_with_design_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE saved_queries_groups_with_design_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE table_access_control (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    "table" INTEGER,
    view_all_columns BOOLEAN,
    viewable_row_filter TEXT,
    edit_all_columns BOOLEAN,
    editable_row_filter TEXT,
    add_rows BOOLEAN,
    delete_rows BOOLEAN,
    approve_changes BOOLEAN,
    design_table BOOLEAN,
    manage_controls BOOLEAN,
    direct_query BOOLEAN,
    export_data BOOLEAN,
    install_table BOOLEAN,
    sync_guid TEXT
);
CREATE TABLE table_access_control_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE table_access_control_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE table_access_control_viewable_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE table_access_control_editable_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE table_access_control_approvable_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE user_preferences (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    "user" INTEGER,
    language INTEGER,
    region INTEGER,
    time_zone TEXT
);

CREATE TABLE languages (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    subtag TEXT,
    name TEXT
);
CREATE UNIQUE INDEX languages_subtag_key ON languages (subtag) WHERE deleted IS NULL;

CREATE TABLE regions (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    subtag TEXT,
    name TEXT
);
CREATE UNIQUE INDEX regions_subtag_key ON regions (subtag) WHERE deleted IS NULL;

CREATE TABLE system_properties (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    property_id INTEGER,
    name TEXT,
    value TEXT
);
CREATE UNIQUE INDEX system_properties_name_key ON system_properties (name) WHERE deleted IS NULL;

CREATE TABLE literal_groups (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    sync_guid TEXT
);
CREATE UNIQUE INDEX literal_groups_name_key ON literal_groups (name) WHERE deleted IS NULL;

CREATE TABLE literals (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    default_text TEXT,
    guid_override TEXT,
    guid TEXT,
    sync_guid TEXT
);
CREATE TABLE literals_literal_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE literal_translations (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    translated_text TEXT,
    literal INTEGER,
    language INTEGER,
    region INTEGER,
    sync_guid TEXT
);

CREATE TABLE files (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    file_name TEXT,
    content_type TEXT,
    size REAL,
    guid TEXT
);

CREATE TABLE webhooks (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    key TEXT,
    run_as INTEGER,
    saved_query INTEGER,
    forward_payload_as_parameter TEXT
);
CREATE UNIQUE INDEX webhooks_key_key ON webhooks (key) WHERE deleted IS NULL;

CREATE TABLE secrets (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    domain INTEGER,
    secret_name TEXT,
    secret_value TEXT,
    description TEXT
);
CREATE TABLE secrets_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE secrets_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE user_defined_functions (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    script TEXT,
    description TEXT,
    sync_guid TEXT
);
CREATE UNIQUE INDEX user_defined_functions_name_key ON user_defined_functions (name) WHERE deleted IS NULL;

CREATE TABLE applets (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    domain INTEGER,
    name TEXT,
    icon TEXT,
    icon_colour TEXT,
    description TEXT,
    target_window TEXT,
    application_url TEXT,
    integrated_client INTEGER,
    guid TEXT,
    sync_guid TEXT
);
CREATE TABLE applets_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE applets_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE models (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    model_version TEXT,
    guid TEXT,
    sync_guid TEXT
);
CREATE UNIQUE INDEX models_name_key ON models (name) WHERE deleted IS NULL;

CREATE TABLE views (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    "table" INTEGER,
    name TEXT,
    ordinal INTEGER,
    filter TEXT,
    sync_guid TEXT
);

CREATE TABLE view_columns (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    view INTEGER,
    "column" INTEGER,
    ordinal INTEGER,
    sync_guid TEXT
);

CREATE TABLE execution_log (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    state TEXT,
    execution_output TEXT,
    started TIMESTAMP,
    finished TIMESTAMP
);

CREATE TABLE data_sync_configurations (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    config_xml TEXT,
    sync_guid TEXT
);
CREATE UNIQUE INDEX data_sync_configurations_name_key ON data_sync_configurations (name) WHERE deleted IS NULL;

CREATE TABLE system_colours (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    colour TEXT,
    guid TEXT
);
CREATE UNIQUE INDEX system_colours_name_key ON system_colours (name) WHERE deleted IS NULL;

CREATE TABLE system_icons (
    cinchy_id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    draft_version INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER,
    created TIMESTAMP,
    modified_by INTEGER,
    modified TIMESTAMP,
    deleted_by INTEGER,
    deleted TIMESTAMP,
    name TEXT,
    guid TEXT
);
CREATE UNIQUE INDEX system_icons_name_key ON system_icons (name) WHERE deleted IS NULL;

CREATE UNIQUE INDEX tables_name_key ON tables (domain, lower(name)) WHERE deleted IS NULL;
CREATE UNIQUE INDEX table_columns_name_key ON table_columns ("table", lower(name)) WHERE deleted IS NULL;
CREATE UNIQUE INDEX saved_queries_name_key ON saved_queries (domain, lower(name)) WHERE deleted IS NULL;
CREATE UNIQUE INDEX user_preferences_user_key ON user_preferences ("user") WHERE deleted IS NULL;

-- Personal access tokens. Only a SHA-256 hash is kept.
CREATE TABLE personal_access_tokens (
    id INTEGER NOT NULL PRIMARY KEY,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    token_hash TEXT NOT NULL UNIQUE,
    created TIMESTAMP NOT NULL,
    expires TIMESTAMP NOT NULL,
    last_used TIMESTAMP,
    deleted TIMESTAMP
);

-- RSA keys of the identity server. The newest that is not retired signs.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    private_key TEXT NOT NULL,
    certificate TEXT NOT NULL,
    created TIMESTAMP NOT NULL,
    retired TIMESTAMP
);

-- The next Cinchy Id of each table. Ids are taken inside the transaction that uses them, so that a failed statement leaves
-- no gap and both databases give the same ids.
CREATE TABLE next_ids (
    table_id INTEGER NOT NULL PRIMARY KEY,
    next_id INTEGER NOT NULL
);

-- One row: what caches compare before they trust themselves, and what was seeded.
CREATE TABLE platform_state (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    catalog_version BIGINT NOT NULL DEFAULT 1,
    security_version BIGINT NOT NULL DEFAULT 1,
    seed_fingerprint TEXT,
    seeded TIMESTAMP
);
INSERT INTO platform_state (id) VALUES (1);

-- Settings of a seed (lockout, saml ...) as one JSON text each.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Every write to what the catalog or the rights are made of moves a version, whatever door the write came through.
CREATE TRIGGER domains_insert_bump AFTER INSERT ON domains BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER domains_update_bump AFTER UPDATE ON domains BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER domains_delete_bump AFTER DELETE ON domains BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER tables_insert_bump AFTER INSERT ON tables BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER tables_update_bump AFTER UPDATE ON tables BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER tables_delete_bump AFTER DELETE ON tables BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER table_columns_insert_bump AFTER INSERT ON table_columns BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER table_columns_update_bump AFTER UPDATE ON table_columns BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER table_columns_delete_bump AFTER DELETE ON table_columns BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER table_columns_link_column_search_display_columns_insert_bump AFTER INSERT ON table_columns_link_column_search_display_columns BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER table_columns_link_column_search_display_columns_update_bump AFTER UPDATE ON table_columns_link_column_search_display_columns BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER table_columns_link_column_search_display_columns_delete_bump AFTER DELETE ON table_columns_link_column_search_display_columns BEGIN UPDATE platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1; END;
CREATE TRIGGER users_insert_bump AFTER INSERT ON users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER users_update_bump AFTER UPDATE ON users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER users_delete_bump AFTER DELETE ON users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_insert_bump AFTER INSERT ON groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_update_bump AFTER UPDATE ON groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_delete_bump AFTER DELETE ON groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_users_insert_bump AFTER INSERT ON groups_users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_users_update_bump AFTER UPDATE ON groups_users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_users_delete_bump AFTER DELETE ON groups_users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_user_groups_insert_bump AFTER INSERT ON groups_user_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_user_groups_update_bump AFTER UPDATE ON groups_user_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_user_groups_delete_bump AFTER DELETE ON groups_user_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_owners_insert_bump AFTER INSERT ON groups_owners BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_owners_update_bump AFTER UPDATE ON groups_owners BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_owners_delete_bump AFTER DELETE ON groups_owners BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_owner_groups_insert_bump AFTER INSERT ON groups_owner_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_owner_groups_update_bump AFTER UPDATE ON groups_owner_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER groups_owner_groups_delete_bump AFTER DELETE ON groups_owner_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER integrated_clients_insert_bump AFTER INSERT ON integrated_clients BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER integrated_clients_update_bump AFTER UPDATE ON integrated_clients BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER integrated_clients_delete_bump AFTER DELETE ON integrated_clients BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_insert_bump AFTER INSERT ON saved_queries BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_update_bump AFTER UPDATE ON saved_queries BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_delete_bump AFTER DELETE ON saved_queries BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_users_with_execute_access_insert_bump AFTER INSERT ON saved_queries_users_with_execute_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_users_with_execute_access_update_bump AFTER UPDATE ON saved_queries_users_with_execute_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_users_with_execute_access_delete_bump AFTER DELETE ON saved_queries_users_with_execute_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_groups_with_execute_access_insert_bump AFTER INSERT ON saved_queries_groups_with_execute_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_groups_with_execute_access_update_bump AFTER UPDATE ON saved_queries_groups_with_execute_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_groups_with_execute_access_delete_bump AFTER DELETE ON saved_queries_groups_with_execute_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_users_with_design_access_insert_bump AFTER INSERT ON saved_queries_users_with_design_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_users_with_design_access_update_bump AFTER UPDATE ON saved_queries_users_with_design_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_users_with_design_access_delete_bump AFTER DELETE ON saved_queries_users_with_design_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_groups_with_design_access_insert_bump AFTER INSERT ON saved_queries_groups_with_design_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_groups_with_design_access_update_bump AFTER UPDATE ON saved_queries_groups_with_design_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER saved_queries_groups_with_design_access_delete_bump AFTER DELETE ON saved_queries_groups_with_design_access BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_insert_bump AFTER INSERT ON table_access_control BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_update_bump AFTER UPDATE ON table_access_control BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_delete_bump AFTER DELETE ON table_access_control BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_users_insert_bump AFTER INSERT ON table_access_control_users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_users_update_bump AFTER UPDATE ON table_access_control_users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_users_delete_bump AFTER DELETE ON table_access_control_users BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_groups_insert_bump AFTER INSERT ON table_access_control_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_groups_update_bump AFTER UPDATE ON table_access_control_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_groups_delete_bump AFTER DELETE ON table_access_control_groups BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_viewable_columns_insert_bump AFTER INSERT ON table_access_control_viewable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_viewable_columns_update_bump AFTER UPDATE ON table_access_control_viewable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_viewable_columns_delete_bump AFTER DELETE ON table_access_control_viewable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_editable_columns_insert_bump AFTER INSERT ON table_access_control_editable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_editable_columns_update_bump AFTER UPDATE ON table_access_control_editable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_editable_columns_delete_bump AFTER DELETE ON table_access_control_editable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_approvable_columns_insert_bump AFTER INSERT ON table_access_control_approvable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_approvable_columns_update_bump AFTER UPDATE ON table_access_control_approvable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER table_access_control_approvable_columns_delete_bump AFTER DELETE ON table_access_control_approvable_columns BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER personal_access_tokens_insert_bump AFTER INSERT ON personal_access_tokens BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER personal_access_tokens_update_bump AFTER UPDATE OF user_id, token_hash, expires, deleted ON personal_access_tokens BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER personal_access_tokens_delete_bump AFTER DELETE ON personal_access_tokens BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER settings_insert_bump AFTER INSERT ON settings BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER settings_update_bump AFTER UPDATE ON settings BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER settings_delete_bump AFTER DELETE ON settings BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER system_properties_insert_bump AFTER INSERT ON system_properties BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER system_properties_update_bump AFTER UPDATE ON system_properties BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER system_properties_delete_bump AFTER DELETE ON system_properties BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER user_defined_functions_insert_bump AFTER INSERT ON user_defined_functions BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER user_defined_functions_update_bump AFTER UPDATE ON user_defined_functions BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
CREATE TRIGGER user_defined_functions_delete_bump AFTER DELETE ON user_defined_functions BEGIN UPDATE platform_state SET security_version = security_version + 1; END;
