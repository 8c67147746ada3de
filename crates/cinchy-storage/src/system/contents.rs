//! What the platform keeps beside tables and people: queries, files, texts, colours.

use super::{
    SystemTable, calculated, choice, date_time, guid, integer, link, links, number, text, yes_no,
};

pub(super) const SAVED_QUERIES: SystemTable = SystemTable {
    id: 7,
    name: "Saved Queries",
    physical: "saved_queries",
    columns: &[
        link("Domain", "domain", "Domains", "Name").mandatory(),
        text("Name", "name").mandatory(),
        calculated("Full Name", "CONCAT([Domain].[Name], '.', [Name])"),
        text("CQL", "cql"),
        choice(
            "Type",
            "type",
            &[
                "Query (Approved Data Only)",
                "Query (Include Draft Changes)",
                "Query (Include Version History)",
                "Non Query",
                "Scalar",
                "DDL Script",
            ],
        ),
        choice("Query Type", "query_type", &["API", "Query"]),
        choice(
            "API Result Format",
            "api_result_format",
            &["JSON", "XML", "CSV", "TSV", "PSV", "PROTOBUF"],
        ),
        yes_no("CompressJSON", "compressjson"),
        integer("Timeout", "timeout"),
        text("API Version", "api_version"),
        text("Http Method", "http_method"),
        yes_no("Use Legacy URL Structure", "use_legacy_url_structure"),
        calculated(
            "REST API URL",
            "CONCAT('/API/', [Domain].[Name], '/', [Name])",
        ),
        text("Description", "description"),
        text("Icon", "icon"),
        text("Icon Colour", "icon_colour"),
        links(
            "Users With Execute Access",
            "saved_queries_users_with_execute_access",
            "Users",
            "Display Name",
        ),
        links(
            "Groups With Execute Access",
            "saved_queries_groups_with_execute_access",
            "Groups",
            "Name",
        ),
        links(
            "Users With Design Access",
            "saved_queries_users_with_design_access",
            "Users",
            "Display Name",
        ),
        links(
            "Groups With Design Access",
            "saved_queries_groups_with_design_access",
            "Groups",
            "Name",
        ),
        guid("UUID", "uuid"),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const LANGUAGES: SystemTable = SystemTable {
    id: 10,
    name: "Languages",
    physical: "languages",
    columns: &[
        text("Subtag", "subtag").unique().mandatory(),
        text("Name", "name"),
    ],
};

pub(super) const REGIONS: SystemTable = SystemTable {
    id: 11,
    name: "Regions",
    physical: "regions",
    columns: &[
        text("Subtag", "subtag").unique().mandatory(),
        text("Name", "name"),
    ],
};

pub(super) const SYSTEM_PROPERTIES: SystemTable = SystemTable {
    id: 12,
    name: "System Properties",
    physical: "system_properties",
    columns: &[
        integer("Property ID", "property_id"),
        text("Name", "name").unique().mandatory(),
        text("Value", "value"),
    ],
};

pub(super) const LITERAL_GROUPS: SystemTable = SystemTable {
    id: 13,
    name: "Literal Groups",
    physical: "literal_groups",
    columns: &[
        text("Name", "name").unique().mandatory(),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const LITERALS: SystemTable = SystemTable {
    id: 14,
    name: "Literals",
    physical: "literals",
    columns: &[
        text("Default Text", "default_text"),
        text("Guid Override", "guid_override"),
        links(
            "Literal Groups",
            "literals_literal_groups",
            "Literal Groups",
            "Name",
        ),
        guid("Guid", "guid"),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const LITERAL_TRANSLATIONS: SystemTable = SystemTable {
    id: 15,
    name: "Literal Translations",
    physical: "literal_translations",
    columns: &[
        text("Translated Text", "translated_text"),
        link("Literal", "literal", "Literals", "Guid").mandatory(),
        link("Language", "language", "Languages", "Subtag"),
        link("Region", "region", "Regions", "Subtag"),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const FILES: SystemTable = SystemTable {
    id: 16,
    name: "Files",
    physical: "files",
    columns: &[
        text("File Name", "file_name").mandatory(),
        text("Content Type", "content_type"),
        number("Size", "size"),
        guid("Guid", "guid"),
    ],
};

pub(super) const USER_DEFINED_FUNCTIONS: SystemTable = SystemTable {
    id: 19,
    name: "User Defined Functions",
    physical: "user_defined_functions",
    columns: &[
        text("Name", "name").unique().mandatory(),
        text("Script", "script"),
        text("Description", "description"),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const APPLETS: SystemTable = SystemTable {
    id: 20,
    name: "Applets",
    physical: "applets",
    columns: &[
        link("Domain", "domain", "Domains", "Name"),
        text("Name", "name").mandatory(),
        calculated("Full Name", "CONCAT([Domain].[Name], '.', [Name])"),
        text("Icon", "icon"),
        text("Icon Colour", "icon_colour"),
        text("Description", "description"),
        text("Target Window", "target_window"),
        text("Application Url", "application_url"),
        links("Users", "applets_users", "Users", "Display Name"),
        links("Groups", "applets_groups", "Groups", "Name"),
        link(
            "Integrated Client",
            "integrated_client",
            "Integrated Clients",
            "Client Id",
        ),
        guid("Guid", "guid"),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const EXECUTION_LOG: SystemTable = SystemTable {
    id: 24,
    name: "Execution Log",
    physical: "execution_log",
    columns: &[
        text("State", "state"),
        text("Execution Output", "execution_output"),
        date_time("Started", "started"),
        date_time("Finished", "finished"),
    ],
};

pub(super) const DATA_SYNC_CONFIGURATIONS: SystemTable = SystemTable {
    id: 25,
    name: "Data Sync Configurations",
    physical: "data_sync_configurations",
    columns: &[
        text("Name", "name").unique().mandatory(),
        text("Config XML", "config_xml"),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const SYSTEM_COLOURS: SystemTable = SystemTable {
    id: 26,
    name: "System Colours",
    physical: "system_colours",
    columns: &[
        text("Name", "name").unique().mandatory(),
        text("Colour", "colour"),
        guid("Guid", "guid"),
    ],
};

pub(super) const SYSTEM_ICONS: SystemTable = SystemTable {
    id: 27,
    name: "System Icons",
    physical: "system_icons",
    columns: &[
        text("Name", "name").unique().mandatory(),
        guid("Guid", "guid"),
    ],
};
