//! Diesel's view of the system tables that the code itself reads. Columns that only CQL uses are left out.

macro_rules! system_table {
    ($table:ident { $($column:ident -> $type:ty,)* }) => {
        diesel::table! {
            use diesel::sql_types::*;
            $table (cinchy_id) {
                cinchy_id -> Integer,
                version -> Integer,
                created_by -> Nullable<Integer>,
                deleted -> Nullable<Timestamp>,
                $($column -> $type,)*
            }
        }
    };
}

system_table!(domains {
    name -> Nullable<Text>,
    colour -> Nullable<Text>,
    description -> Nullable<Text>,
    guid -> Nullable<Text>,
    sync_guid -> Nullable<Text>,
});

diesel::table! {
    tables (cinchy_id) {
        cinchy_id -> Integer,
        created_by -> Nullable<Integer>,
        deleted -> Nullable<Timestamp>,
        domain -> Nullable<Integer>,
        name -> Nullable<Text>,
        icon -> Nullable<Text>,
        icon_colour -> Nullable<Text>,
        description -> Nullable<Text>,
        guid -> Nullable<Text>,
        publish_data_change_notifications -> Nullable<Bool>,
        unique_constraints -> Nullable<Text>,
        indexes -> Nullable<Text>,
        sync_guid -> Nullable<Text>,
    }
}

diesel::table! {
    table_columns (cinchy_id) {
        cinchy_id -> Integer,
        deleted -> Nullable<Timestamp>,
        #[sql_name = "table"]
        table_id -> Nullable<Integer>,
        name -> Nullable<Text>,
        #[sql_name = "type"]
        kind -> Nullable<Text>,
        ordinal -> Nullable<Integer>,
        description -> Nullable<Text>,
        guid -> Nullable<Text>,
        is_system_column -> Nullable<Bool>,
        is_mandatory -> Nullable<Bool>,
        is_unique -> Nullable<Bool>,
        allow_multiple -> Nullable<Bool>,
        allow_linking -> Nullable<Bool>,
        allow_display_in_linked_views -> Nullable<Bool>,
        calculated_column_expression -> Nullable<Text>,
        calculated_column_output_format -> Nullable<Text>,
        calculated_column_field_length -> Nullable<Integer>,
        cache -> Nullable<Bool>,
        choice_column_options_csv -> Nullable<Text>,
        date_column_default -> Nullable<Text>,
        date_column_min -> Nullable<Text>,
        date_column_max -> Nullable<Text>,
        date_column_display_format -> Nullable<Text>,
        number_column_default -> Nullable<Double>,
        number_column_min -> Nullable<Double>,
        number_column_max -> Nullable<Double>,
        number_column_display_format -> Nullable<Text>,
        text_column_default -> Nullable<Text>,
        text_column_max_length -> Nullable<Integer>,
        text_column_validation_expression -> Nullable<Text>,
        text_column_format -> Nullable<Text>,
        yesno_column_default -> Nullable<Bool>,
        link_column_target -> Nullable<Integer>,
        link_column_filter_expression -> Nullable<Text>,
        sync_guid -> Nullable<Text>,
    }
}

system_table!(users {
    username -> Nullable<Text>,
    authentication_method -> Nullable<Text>,
    password -> Nullable<Text>,
    email_address -> Nullable<Text>,
    first_name -> Nullable<Text>,
    last_name -> Nullable<Text>,
    is_disabled -> Nullable<Bool>,
    locked_timestamp -> Nullable<Timestamp>,
    can_design_tables -> Nullable<Bool>,
    password_expiration_timestamp -> Nullable<Timestamp>,
    sync_guid -> Nullable<Text>,
});

system_table!(groups {
    name -> Nullable<Text>,
    group_type -> Nullable<Text>,
    sync_guid -> Nullable<Text>,
});

diesel::table! {
    integrated_clients (cinchy_id) {
        cinchy_id -> Integer,
        version -> Integer,
        deleted -> Nullable<Timestamp>,
        client_id -> Nullable<Text>,
        client_name -> Nullable<Text>,
        grant_type -> Nullable<Text>,
        permitted_login_redirect_urls -> Nullable<Text>,
        permitted_logout_redirect_urls -> Nullable<Text>,
        permitted_scopes -> Nullable<Text>,
        access_token_lifetime_seconds -> Nullable<Integer>,
        show_cinchy_login_screen -> Nullable<Bool>,
        enabled -> Nullable<Bool>,
        guid -> Nullable<Text>,
        sync_guid -> Nullable<Text>,
    }
}

diesel::table! {
    saved_queries (cinchy_id) {
        cinchy_id -> Integer,
        version -> Integer,
        deleted -> Nullable<Timestamp>,
        domain -> Nullable<Integer>,
        name -> Nullable<Text>,
        cql -> Nullable<Text>,
        #[sql_name = "type"]
        kind -> Nullable<Text>,
        query_type -> Nullable<Text>,
        api_result_format -> Nullable<Text>,
        compressjson -> Nullable<Bool>,
        timeout -> Nullable<Integer>,
        api_version -> Nullable<Text>,
        http_method -> Nullable<Text>,
        use_legacy_url_structure -> Nullable<Bool>,
        description -> Nullable<Text>,
        icon -> Nullable<Text>,
        icon_colour -> Nullable<Text>,
        uuid -> Nullable<Text>,
        sync_guid -> Nullable<Text>,
    }
}

diesel::table! {
    table_access_control (cinchy_id) {
        cinchy_id -> Integer,
        version -> Integer,
        deleted -> Nullable<Timestamp>,
        #[sql_name = "table"]
        table_id -> Nullable<Integer>,
        view_all_columns -> Nullable<Bool>,
        viewable_row_filter -> Nullable<Text>,
        edit_all_columns -> Nullable<Bool>,
        editable_row_filter -> Nullable<Text>,
        add_rows -> Nullable<Bool>,
        delete_rows -> Nullable<Bool>,
        approve_changes -> Nullable<Bool>,
        design_table -> Nullable<Bool>,
        manage_controls -> Nullable<Bool>,
        direct_query -> Nullable<Bool>,
        export_data -> Nullable<Bool>,
        install_table -> Nullable<Bool>,
        sync_guid -> Nullable<Text>,
    }
}

diesel::table! {
    personal_access_tokens (id) {
        id -> Integer,
        user_id -> Integer,
        name -> Text,
        description -> Nullable<Text>,
        token_hash -> Text,
        created -> Timestamp,
        expires -> Timestamp,
        last_used -> Nullable<Timestamp>,
        deleted -> Nullable<Timestamp>,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        private_key -> Text,
        certificate -> Text,
        created -> Timestamp,
        retired -> Nullable<Timestamp>,
    }
}

diesel::table! {
    next_ids (table_id) {
        table_id -> Integer,
        next_id -> Integer,
    }
}

diesel::table! {
    platform_state (id) {
        id -> Integer,
        catalog_version -> BigInt,
        security_version -> BigInt,
        seed_fingerprint -> Nullable<Text>,
        seeded -> Nullable<Timestamp>,
        identity_version -> BigInt,
        seal_key -> Nullable<Text>,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    login_failures (user_id) {
        user_id -> Integer,
        failures -> Integer,
        last_failure -> Timestamp,
    }
}

diesel::table! {
    sign_in_sessions (id_hash) {
        id_hash -> Text,
        kind -> Text,
        sid -> Text,
        user_id -> Integer,
        method -> Text,
        identity_provider -> Text,
        password_stamp -> Text,
        authenticated -> Timestamp,
        last_seen -> Timestamp,
    }
}

diesel::table! {
    grants (key_hash) {
        key_hash -> Text,
        kind -> Text,
        family -> Text,
        client_id -> Text,
        user_id -> Nullable<Integer>,
        data -> Text,
        created -> Timestamp,
        expires -> Timestamp,
        consumed -> Nullable<Timestamp>,
    }
}

diesel::table! {
    revoked_tokens (token_hash) {
        token_hash -> Text,
        expires -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(domains, tables, table_columns, saved_queries);

system_table!(user_defined_functions {
    name -> Nullable<Text>,
    script -> Nullable<Text>,
});

diesel::table! {
    cql_views (id) {
        id -> Integer,
        domain -> Integer,
        name -> Text,
        text -> Text,
        column_list -> Text,
        created_by -> Integer,
    }
}

diesel::table! {
    table_indexes (table_id, name) {
        table_id -> Integer,
        name -> Text,
        is_unique -> Bool,
        column_list -> Text,
    }
}

diesel::table! {
    column_storage (column_id) {
        column_id -> Integer,
        generation -> Integer,
    }
}

diesel::table! {
    grid_columns (user_id, table_id) {
        user_id -> Integer,
        table_id -> Integer,
        column_ids -> Text,
    }
}
