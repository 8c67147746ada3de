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
    name TEXT COLLATE "C",
    colour TEXT COLLATE "C",
    description TEXT COLLATE "C",
    guid TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    icon TEXT COLLATE "C",
    icon_colour TEXT COLLATE "C",
    description TEXT COLLATE "C",
    guid TEXT COLLATE "C",
    type TEXT COLLATE "C",
    publish_data_change_notifications BOOLEAN,
    unique_constraints TEXT COLLATE "C",
    indexes TEXT COLLATE "C",
    cinchy_schema_version INTEGER,
    json TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    type TEXT COLLATE "C",
    ordinal INTEGER,
    description TEXT COLLATE "C",
    guid TEXT COLLATE "C",
    is_system_column BOOLEAN,
    is_mandatory BOOLEAN,
    is_unique BOOLEAN,
    allow_multiple BOOLEAN,
    allow_linking BOOLEAN,
    allow_display_in_linked_views BOOLEAN,
    calculated_column_expression TEXT COLLATE "C",
    calculated_column_output_format TEXT COLLATE "C",
    calculated_column_field_length INTEGER,
    calculated_column_dependencies TEXT COLLATE "C",
    cache BOOLEAN,
    choice_column_manual_sort_flag BOOLEAN,
    choice_column_options_csv TEXT COLLATE "C",
    date_column_default TEXT COLLATE "C",
    date_column_min TEXT COLLATE "C",
    date_column_max TEXT COLLATE "C",
    date_column_display_format TEXT COLLATE "C",
    number_column_default DOUBLE PRECISION,
    number_column_min DOUBLE PRECISION,
    number_column_max DOUBLE PRECISION,
    number_column_display_format TEXT COLLATE "C",
    text_column_default TEXT COLLATE "C",
    text_column_max_length INTEGER,
    text_column_validation_expression TEXT COLLATE "C",
    text_column_format TEXT COLLATE "C",
    yesno_column_default BOOLEAN,
    link_column_target INTEGER,
    link_column_filter_expression TEXT COLLATE "C",
    data_security_classification TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
);
CREATE TABLE table_columns_link_column_search_display_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);

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
    username TEXT COLLATE "C",
    authentication_method TEXT COLLATE "C",
    password TEXT COLLATE "C",
    email_address TEXT COLLATE "C",
    email_verification_code TEXT COLLATE "C",
    email_verified BOOLEAN,
    first_name TEXT COLLATE "C",
    last_name TEXT COLLATE "C",
    profile_photo BYTEA,
    password_expiration_timestamp TIMESTAMP,
    is_disabled BOOLEAN,
    locked_timestamp TIMESTAMP,
    can_design_tables BOOLEAN,
    can_design_queries BOOLEAN,
    sync_guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    group_type TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
);
CREATE TABLE groups_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE groups_user_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE groups_owners (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE groups_owner_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
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
    client_id TEXT COLLATE "C",
    client_name TEXT COLLATE "C",
    grant_type TEXT COLLATE "C",
    permitted_login_redirect_urls TEXT COLLATE "C",
    permitted_logout_redirect_urls TEXT COLLATE "C",
    permitted_scopes TEXT COLLATE "C",
    access_token_lifetime_seconds INTEGER,
    show_cinchy_login_screen BOOLEAN,
    enabled BOOLEAN,
    guid TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    cql TEXT COLLATE "C",
    type TEXT COLLATE "C",
    query_type TEXT COLLATE "C",
    api_result_format TEXT COLLATE "C",
    compressjson BOOLEAN,
    timeout INTEGER,
    api_version TEXT COLLATE "C",
    http_method TEXT COLLATE "C",
    use_legacy_url_structure BOOLEAN,
    description TEXT COLLATE "C",
    icon TEXT COLLATE "C",
    icon_colour TEXT COLLATE "C",
    uuid TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
);
CREATE TABLE saved_queries_users_with_execute_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE saved_queries_groups_with_execute_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE saved_queries_users_with_design_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE saved_queries_groups_with_design_access (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);

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
    viewable_row_filter TEXT COLLATE "C",
    edit_all_columns BOOLEAN,
    editable_row_filter TEXT COLLATE "C",
    add_rows BOOLEAN,
    delete_rows BOOLEAN,
    approve_changes BOOLEAN,
    design_table BOOLEAN,
    manage_controls BOOLEAN,
    direct_query BOOLEAN,
    export_data BOOLEAN,
    install_table BOOLEAN,
    sync_guid TEXT COLLATE "C"
);
CREATE TABLE table_access_control_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE table_access_control_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE table_access_control_viewable_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE table_access_control_editable_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE table_access_control_approvable_columns (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);

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
    time_zone TEXT COLLATE "C"
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
    subtag TEXT COLLATE "C",
    name TEXT COLLATE "C"
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
    subtag TEXT COLLATE "C",
    name TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    value TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    default_text TEXT COLLATE "C",
    guid_override TEXT COLLATE "C",
    guid TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
);
CREATE TABLE literals_literal_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);

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
    translated_text TEXT COLLATE "C",
    literal INTEGER,
    language INTEGER,
    region INTEGER,
    sync_guid TEXT COLLATE "C"
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
    file_name TEXT COLLATE "C",
    content_type TEXT COLLATE "C",
    size DOUBLE PRECISION,
    guid TEXT COLLATE "C"
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
    key TEXT COLLATE "C",
    run_as INTEGER,
    saved_query INTEGER,
    forward_payload_as_parameter TEXT COLLATE "C"
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
    secret_name TEXT COLLATE "C",
    secret_value TEXT COLLATE "C",
    description TEXT COLLATE "C"
);
CREATE TABLE secrets_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE secrets_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);

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
    name TEXT COLLATE "C",
    script TEXT COLLATE "C",
    description TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    icon TEXT COLLATE "C",
    icon_colour TEXT COLLATE "C",
    description TEXT COLLATE "C",
    target_window TEXT COLLATE "C",
    application_url TEXT COLLATE "C",
    integrated_client INTEGER,
    guid TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
);
CREATE TABLE applets_users (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);
CREATE TABLE applets_groups (
    row_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, ordinal)
);

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
    name TEXT COLLATE "C",
    model_version TEXT COLLATE "C",
    guid TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    ordinal INTEGER,
    filter TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    sync_guid TEXT COLLATE "C"
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
    state TEXT COLLATE "C",
    execution_output TEXT COLLATE "C",
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
    name TEXT COLLATE "C",
    config_xml TEXT COLLATE "C",
    sync_guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    colour TEXT COLLATE "C",
    guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C",
    guid TEXT COLLATE "C"
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
    name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    token_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    created TIMESTAMP NOT NULL,
    expires TIMESTAMP NOT NULL,
    last_used TIMESTAMP,
    deleted TIMESTAMP
);

-- RSA keys of the identity server. The newest that is not retired signs.
CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    private_key TEXT COLLATE "C" NOT NULL,
    certificate TEXT COLLATE "C" NOT NULL,
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
    seed_fingerprint TEXT COLLATE "C",
    seeded TIMESTAMP
);
INSERT INTO platform_state (id) VALUES (1);

-- Settings of a seed (lockout, saml ...) as one JSON text each.
CREATE TABLE settings (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- Every write to what the catalog or the rights are made of moves a version, whatever door the write came through.
CREATE FUNCTION bump_catalog_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE %I.platform_state SET catalog_version = catalog_version + 1, security_version = security_version + 1', TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;
CREATE FUNCTION bump_security_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE %I.platform_state SET security_version = security_version + 1', TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;
CREATE TRIGGER bump_catalog AFTER INSERT OR DELETE OR UPDATE ON domains FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
CREATE TRIGGER bump_catalog AFTER INSERT OR DELETE OR UPDATE ON tables FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
CREATE TRIGGER bump_catalog AFTER INSERT OR DELETE OR UPDATE ON table_columns FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
CREATE TRIGGER bump_catalog AFTER INSERT OR DELETE OR UPDATE ON table_columns_link_column_search_display_columns FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON users FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON groups FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON groups_users FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON groups_user_groups FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON groups_owners FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON groups_owner_groups FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON integrated_clients FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON saved_queries FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON saved_queries_users_with_execute_access FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON saved_queries_groups_with_execute_access FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON saved_queries_users_with_design_access FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON saved_queries_groups_with_design_access FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON table_access_control FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON table_access_control_users FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON table_access_control_groups FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON table_access_control_viewable_columns FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON table_access_control_editable_columns FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON table_access_control_approvable_columns FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE OF user_id, token_hash, expires, deleted ON personal_access_tokens FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON settings FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON system_properties FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
CREATE TRIGGER bump_security AFTER INSERT OR DELETE OR UPDATE ON user_defined_functions FOR EACH STATEMENT EXECUTE FUNCTION bump_security_version();
