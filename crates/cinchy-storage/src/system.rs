//! The system tables of the domain `Cinchy`, as CQL sees them.
//!
//! Their physical tables are made by the migrations; a test compares the two. Ids are fixed: table `n` has the columns
//! `100 n + 1 ...` and its system columns from `100 n + 89` on, so that later versions may add some without moving others.

use cinchy_cql::catalog::{CalculatedType, Column, ColumnId, ColumnKind, Table, TableId};
use cinchy_cql::value::Value;

/// Name of the domain of all system tables.
pub const DOMAIN: &str = "Cinchy";
/// The first id of a user's table.
pub const FIRST_TABLE_ID: TableId = 101;
/// The first id of a column of a user's table.
pub const FIRST_COLUMN_ID: ColumnId = 10_001;

/// A system table.
#[derive(Debug)]
pub struct SystemTable {
    /// `[Tables].[Cinchy Id]`.
    pub id: TableId,
    /// Name.
    pub name: &'static str,
    /// Physical table.
    pub physical: &'static str,
    /// Own columns by ordinal.
    pub columns: &'static [SystemColumn],
}

/// A column of a system table.
#[derive(Debug)]
pub struct SystemColumn {
    /// Name.
    pub name: &'static str,
    /// Physical column; empty where nothing is stored in the table itself.
    pub physical: &'static str,
    /// What it holds.
    pub kind: SystemKind,
    /// NULL is refused.
    pub mandatory: bool,
    /// Two live rows may not share a value.
    pub unique: bool,
    /// Yes in a new row that leaves the column out (inferred: a client made without a word about it can be used).
    pub default_yes: bool,
}

/// What a column of a system table holds.
#[derive(Debug)]
pub enum SystemKind {
    /// Text.
    Text,
    /// Text that is never read back: passwords and secrets read as NULL.
    WriteOnly,
    /// Double.
    Number,
    /// 32 bit.
    Integer,
    /// Date and time.
    DateTime,
    /// Yes/No.
    YesNo,
    /// Bytes.
    Binary,
    /// One of these, or several.
    Choice(&'static [&'static str], bool),
    /// Table and column that a single link shows.
    Link(&'static str, &'static str),
    /// The same for a multi-link, with its junction table.
    Links(&'static str, &'static str, &'static str),
    /// Computed on read.
    Calculated(&'static str),
    /// A GUID generated when the row is made: the pattern of the platform's own model (inferred).
    Guid,
}

/// The expression of a generated GUID column.
pub fn guid_expression(column: &str) -> String {
    format!("CASE WHEN [{column}] IS NULL THEN NEWID() ELSE [{column}] END")
}

const fn column(name: &'static str, physical: &'static str, kind: SystemKind) -> SystemColumn {
    SystemColumn {
        name,
        physical,
        kind,
        mandatory: false,
        unique: false,
        default_yes: false,
    }
}

impl SystemColumn {
    const fn mandatory(mut self) -> Self {
        self.mandatory = true;
        self
    }
    const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }
    const fn yes(mut self) -> Self {
        self.default_yes = true;
        self
    }
}

const fn text(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Text)
}
const fn write_only(name: &'static str) -> SystemColumn {
    column(name, "", SystemKind::WriteOnly)
}
const fn number(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Number)
}
const fn integer(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Integer)
}
const fn date_time(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::DateTime)
}
const fn yes_no(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::YesNo)
}
const fn binary(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Binary)
}
const fn guid(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Guid)
}
const fn choice(
    name: &'static str,
    physical: &'static str,
    options: &'static [&'static str],
) -> SystemColumn {
    column(name, physical, SystemKind::Choice(options, false))
}
const fn choices(
    name: &'static str,
    physical: &'static str,
    options: &'static [&'static str],
) -> SystemColumn {
    column(name, physical, SystemKind::Choice(options, true))
}
const fn calculated(name: &'static str, expression: &'static str) -> SystemColumn {
    column(name, "", SystemKind::Calculated(expression))
}
const fn link(
    name: &'static str,
    physical: &'static str,
    table: &'static str,
    display: &'static str,
) -> SystemColumn {
    column(name, physical, SystemKind::Link(table, display))
}
const fn links(
    name: &'static str,
    junction: &'static str,
    table: &'static str,
    display: &'static str,
) -> SystemColumn {
    column(name, "", SystemKind::Links(table, display, junction))
}

/// The columns that every table has, in documented order: name, physical column (empty: reads as NULL), kind.
pub const SYSTEM_COLUMNS: &[SystemColumn] = &[
    integer("Cinchy Id", "cinchy_id"),
    integer("Version", "version"),
    integer("Draft Version", "draft_version"),
    // Always blank (documented: legacy).
    text("Approval State", ""),
    link("Created By", "created_by", "Users", "Display Name"),
    date_time("Created", "created"),
    link("Modified By", "modified_by", "Users", "Display Name"),
    date_time("Modified", "modified"),
    link("Deleted By", "deleted_by", "Users", "Display Name"),
    date_time("Deleted", "deleted"),
    // A row whose Replaced is empty is current (documented); only versions in a history have one.
    date_time("Replaced", ""),
];

/// Whether a name is one of those that every table has (documented: a new column may not bear one).
pub fn is_system_column(name: &str) -> bool {
    SYSTEM_COLUMNS
        .iter()
        .any(|c| c.name.eq_ignore_ascii_case(name))
}

/// The system table of this name.
pub fn find(name: &str) -> Option<&'static SystemTable> {
    TABLES.iter().find(|t| t.name == name)
}

impl SystemTable {
    /// Id of the own column at `index`.
    pub fn column_id(&self, index: usize) -> ColumnId {
        self.id * 100 + 1 + to_id(index)
    }

    /// Id of the system column at `index`.
    pub fn system_column_id(&self, index: usize) -> ColumnId {
        self.id * 100 + 89 + to_id(index)
    }

    /// The table as the binder sees it.
    pub fn to_table(&self) -> Table {
        let own = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, c)| c.to_column(self.column_id(i), false));
        let system = SYSTEM_COLUMNS
            .iter()
            .enumerate()
            .map(|(i, c)| c.to_column(self.system_column_id(i), true));
        Table {
            id: self.id,
            domain: DOMAIN.to_owned(),
            name: self.name.to_owned(),
            physical: self.physical.to_owned(),
            creator: None,
            keys: Vec::new(),
            columns: own.chain(system).collect(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "indexes of short lists"
)]
fn to_id(index: usize) -> i32 {
    index as i32
}

/// Id of a column of a system table; `0` when the table above does not have it, which a test rules out.
fn target(table: &str, column: &str) -> (TableId, ColumnId) {
    let Some(table) = find(table) else {
        return (0, 0);
    };
    let index = table.columns.iter().position(|c| c.name == column);
    (table.id, index.map_or(0, |i| table.column_id(i)))
}

impl SystemColumn {
    /// The column as the binder sees it.
    pub fn to_column(&self, id: ColumnId, is_system: bool) -> Column {
        let kind = match &self.kind {
            SystemKind::Text | SystemKind::WriteOnly => ColumnKind::Text { max_length: None },
            SystemKind::Number => ColumnKind::Number,
            SystemKind::Integer => ColumnKind::Integer,
            SystemKind::DateTime => ColumnKind::DateTime,
            SystemKind::YesNo => ColumnKind::YesNo,
            SystemKind::Binary => ColumnKind::Binary,
            SystemKind::Choice(options, multi) => ColumnKind::Choice {
                options: options.iter().map(|o| (*o).to_owned()).collect(),
                multi: *multi,
            },
            SystemKind::Link(table, column) => {
                let (target, display) = target(table, column);
                ColumnKind::Link {
                    target,
                    display,
                    junction: None,
                }
            }
            SystemKind::Links(table, column, junction) => {
                let (target, display) = target(table, column);
                ColumnKind::Link {
                    target,
                    display,
                    junction: Some((*junction).to_owned()),
                }
            }
            SystemKind::Calculated(expression) => ColumnKind::Calculated {
                result: CalculatedType::Text,
                expression: (*expression).to_owned(),
                cached: false,
            },
            SystemKind::Guid => ColumnKind::Calculated {
                result: CalculatedType::Text,
                expression: guid_expression(self.name),
                cached: true,
            },
        };
        Column {
            id,
            name: self.name.to_owned(),
            physical: (!self.physical.is_empty()).then(|| self.physical.to_owned()),
            kind,
            is_system,
            is_mandatory: self.mandatory,
            default: self.default_yes.then_some(Value::Bool(true)),
        }
    }
}

/// All system tables by id. Columns: documented, or seen in the platform's own release packages.
pub const TABLES: &[SystemTable] = &[
    SystemTable {
        id: 1,
        name: "Domains",
        physical: "domains",
        columns: &[
            text("Name", "name").unique().mandatory(),
            text("Colour", "colour"),
            text("Description", "description"),
            guid("Guid", "guid"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 2,
        name: "Tables",
        physical: "tables",
        columns: &[
            link("Domain", "domain", "Domains", "Name").mandatory(),
            text("Name", "name").mandatory(),
            calculated("Full Name", "CONCAT([Domain].[Name], '.', [Name])"),
            text("Icon", "icon"),
            text("Icon Colour", "icon_colour"),
            text("Description", "description"),
            guid("Guid", "guid"),
            choice("Type", "type", &["Standard", "Spatial", "Unversioned"]),
            yes_no(
                "Publish Data Change Notifications",
                "publish_data_change_notifications",
            ),
            text("Unique Constraints", "unique_constraints"),
            text("Indexes", "indexes"),
            integer("Cinchy Schema Version", "cinchy_schema_version"),
            text("Json", "json"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 3,
        name: "Table Columns",
        physical: "table_columns",
        columns: &[
            link("Table", "table", "Tables", "Full Name").mandatory(),
            text("Name", "name").mandatory(),
            calculated("Full Name", "CONCAT([Table].[Full Name], '.', [Name])"),
            choice(
                "Type",
                "type",
                &[
                    "Approval",
                    "Binary",
                    "Calculated",
                    "Choice",
                    "Date and Time",
                    "Text",
                    "Yes/No",
                    "Link",
                    "Number",
                    "Geometry",
                    "Geography",
                ],
            ),
            integer("Ordinal", "ordinal"),
            text("Description", "description"),
            guid("Guid", "guid"),
            yes_no("Is System Column", "is_system_column"),
            yes_no("Is Mandatory", "is_mandatory"),
            yes_no("Is Unique", "is_unique"),
            yes_no("Allow Multiple", "allow_multiple"),
            yes_no("Allow Linking", "allow_linking"),
            yes_no(
                "Allow Display In Linked Views",
                "allow_display_in_linked_views",
            ),
            text(
                "Calculated Column Expression",
                "calculated_column_expression",
            ),
            text(
                "Calculated Column Output Format",
                "calculated_column_output_format",
            ),
            integer(
                "Calculated Column Field Length",
                "calculated_column_field_length",
            ),
            text(
                "Calculated Column Dependencies",
                "calculated_column_dependencies",
            ),
            yes_no("Cache", "cache"),
            yes_no(
                "Choice Column Manual Sort Flag",
                "choice_column_manual_sort_flag",
            ),
            text("Choice Column Options CSV", "choice_column_options_csv"),
            text("Date Column Default", "date_column_default"),
            text("Date Column Min", "date_column_min"),
            text("Date Column Max", "date_column_max"),
            text("Date Column Display Format", "date_column_display_format"),
            number("Number Column Default", "number_column_default"),
            number("Number Column Min", "number_column_min"),
            number("Number Column Max", "number_column_max"),
            text(
                "Number Column Display Format",
                "number_column_display_format",
            ),
            text("Text Column Default", "text_column_default"),
            integer("Text Column Max Length", "text_column_max_length"),
            text(
                "Text Column Validation Expression",
                "text_column_validation_expression",
            ),
            text("Text Column Format", "text_column_format"),
            yes_no("YesNo Column Default", "yesno_column_default"),
            link(
                "Link Column Target",
                "link_column_target",
                "Table Columns",
                "Full Name",
            ),
            links(
                "Link Column Search Display Columns",
                "table_columns_link_column_search_display_columns",
                "Table Columns",
                "Full Name",
            ),
            text(
                "Link Column Filter Expression",
                "link_column_filter_expression",
            ),
            text(
                "Data Security Classification",
                "data_security_classification",
            ),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 4,
        name: "Users",
        physical: "users",
        columns: &[
            text("Username", "username").unique().mandatory(),
            choice(
                "Authentication Method",
                "authentication_method",
                &["Cinchy User Account", "Single Sign-On", "Non Interactive"],
            ),
            write_only("Password"),
            text("Email Address", "email_address"),
            text("Email Verification Code", "email_verification_code"),
            yes_no("Email Verified", "email_verified"),
            text("First Name", "first_name"),
            text("Last Name", "last_name"),
            calculated(
                "Name",
                "CASE WHEN [First Name] IS NULL AND [Last Name] IS NULL THEN [Username] ELSE LTRIM(CONCAT([First Name], CASE WHEN [Last Name] IS NULL THEN '' ELSE CONCAT(' ', [Last Name]) END)) END",
            ),
            calculated("Display Name", "CONCAT([Name], ' (', [Username], ')')"),
            binary("Profile Photo", "profile_photo"),
            date_time(
                "Password Expiration Timestamp",
                "password_expiration_timestamp",
            ),
            yes_no("Is Disabled", "is_disabled"),
            date_time("Locked Timestamp", "locked_timestamp"),
            yes_no("Can Design Tables", "can_design_tables"),
            yes_no("Can Design Queries", "can_design_queries"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 5,
        name: "Groups",
        physical: "groups",
        columns: &[
            text("Name", "name").unique().mandatory(),
            choice("Group Type", "group_type", &["Cinchy Group", "AD Group"]),
            links("Users", "groups_users", "Users", "Display Name"),
            links("User Groups", "groups_user_groups", "Groups", "Name"),
            links("Owners", "groups_owners", "Users", "Display Name"),
            links("Owner Groups", "groups_owner_groups", "Groups", "Name"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 6,
        name: "Integrated Clients",
        physical: "integrated_clients",
        columns: &[
            text("Client Id", "client_id").unique().mandatory(),
            text("Client Name", "client_name"),
            choices(
                "Grant Type",
                "grant_type",
                &[
                    "Resource Owner Password",
                    "Implicit",
                    "Authorization Code",
                    "Client Credentials",
                    "Saml2",
                    "Device Code",
                ],
            ),
            text(
                "Permitted Login Redirect URLs",
                "permitted_login_redirect_urls",
            ),
            text(
                "Permitted Logout Redirect URLs",
                "permitted_logout_redirect_urls",
            ),
            choices(
                "Permitted Scopes",
                "permitted_scopes",
                &[
                    "Id",
                    "OpenId",
                    "Email",
                    "Profile",
                    "Roles",
                    "js_api",
                    "offline_access",
                ],
            ),
            integer(
                "Access Token Lifetime (seconds)",
                "access_token_lifetime_seconds",
            ),
            yes_no("Show Cinchy Login Screen", "show_cinchy_login_screen").yes(),
            yes_no("Enabled", "enabled").yes(),
            guid("Guid", "guid"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
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
    },
    SystemTable {
        id: 8,
        name: "Table Access Control",
        physical: "table_access_control",
        columns: &[
            link("Table", "table", "Tables", "Full Name").mandatory(),
            links(
                "Users",
                "table_access_control_users",
                "Users",
                "Display Name",
            ),
            links("Groups", "table_access_control_groups", "Groups", "Name"),
            yes_no("View All Columns", "view_all_columns"),
            links(
                "Viewable Columns",
                "table_access_control_viewable_columns",
                "Table Columns",
                "Full Name",
            ),
            text("Viewable Row Filter", "viewable_row_filter"),
            yes_no("Edit All Columns", "edit_all_columns"),
            links(
                "Editable Columns",
                "table_access_control_editable_columns",
                "Table Columns",
                "Full Name",
            ),
            text("Editable Row Filter", "editable_row_filter"),
            yes_no("Add Rows", "add_rows"),
            yes_no("Delete Rows", "delete_rows"),
            yes_no("Approve Changes", "approve_changes"),
            links(
                "Approvable Columns",
                "table_access_control_approvable_columns",
                "Table Columns",
                "Full Name",
            ),
            yes_no("Design Table", "design_table"),
            yes_no("Manage Controls", "manage_controls"),
            yes_no("Direct Query", "direct_query"),
            yes_no("Export Data", "export_data"),
            yes_no("Install Table", "install_table"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 9,
        name: "User Preferences",
        physical: "user_preferences",
        columns: &[
            link("User", "user", "Users", "Display Name").mandatory(),
            link("Language", "language", "Languages", "Subtag"),
            link("Region", "region", "Regions", "Subtag"),
            text("Time Zone", "time_zone"),
        ],
    },
    SystemTable {
        id: 10,
        name: "Languages",
        physical: "languages",
        columns: &[
            text("Subtag", "subtag").unique().mandatory(),
            text("Name", "name"),
        ],
    },
    SystemTable {
        id: 11,
        name: "Regions",
        physical: "regions",
        columns: &[
            text("Subtag", "subtag").unique().mandatory(),
            text("Name", "name"),
        ],
    },
    SystemTable {
        id: 12,
        name: "System Properties",
        physical: "system_properties",
        columns: &[
            integer("Property ID", "property_id"),
            text("Name", "name").unique().mandatory(),
            text("Value", "value"),
        ],
    },
    SystemTable {
        id: 13,
        name: "Literal Groups",
        physical: "literal_groups",
        columns: &[
            text("Name", "name").unique().mandatory(),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
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
    },
    SystemTable {
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
    },
    SystemTable {
        id: 16,
        name: "Files",
        physical: "files",
        columns: &[
            text("File Name", "file_name").mandatory(),
            text("Content Type", "content_type"),
            number("Size", "size"),
            guid("Guid", "guid"),
        ],
    },
    SystemTable {
        id: 17,
        name: "Webhooks",
        physical: "webhooks",
        columns: &[
            text("Key", "key").unique().mandatory(),
            link("Run As", "run_as", "Users", "Display Name"),
            link("Saved Query", "saved_query", "Saved Queries", "Full Name"),
            text(
                "Forward Payload As Parameter",
                "forward_payload_as_parameter",
            ),
        ],
    },
    SystemTable {
        id: 18,
        name: "Secrets",
        physical: "secrets",
        columns: &[
            link("Domain", "domain", "Domains", "Name"),
            text("Secret Name", "secret_name").mandatory(),
            write_only("Secret Value"),
            text("Description", "description"),
            links("Users", "secrets_users", "Users", "Display Name"),
            links("Groups", "secrets_groups", "Groups", "Name"),
        ],
    },
    SystemTable {
        id: 19,
        name: "User Defined Functions",
        physical: "user_defined_functions",
        columns: &[
            text("Name", "name").unique().mandatory(),
            text("Script", "script"),
            text("Description", "description"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
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
    },
    SystemTable {
        id: 21,
        name: "Models",
        physical: "models",
        columns: &[
            text("Name", "name").unique().mandatory(),
            text("Model Version", "model_version"),
            guid("Guid", "guid"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 22,
        name: "Views",
        physical: "views",
        columns: &[
            link("Table", "table", "Tables", "Full Name").mandatory(),
            text("Name", "name").mandatory(),
            integer("Ordinal", "ordinal"),
            text("Filter", "filter"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 23,
        name: "View Columns",
        physical: "view_columns",
        columns: &[
            link("View", "view", "Views", "Name").mandatory(),
            link("Column", "column", "Table Columns", "Full Name"),
            integer("Ordinal", "ordinal"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 24,
        name: "Execution Log",
        physical: "execution_log",
        columns: &[
            text("State", "state"),
            text("Execution Output", "execution_output"),
            date_time("Started", "started"),
            date_time("Finished", "finished"),
        ],
    },
    SystemTable {
        id: 25,
        name: "Data Sync Configurations",
        physical: "data_sync_configurations",
        columns: &[
            text("Name", "name").unique().mandatory(),
            text("Config XML", "config_xml"),
            text("Sync GUID", "sync_guid"),
        ],
    },
    SystemTable {
        id: 26,
        name: "System Colours",
        physical: "system_colours",
        columns: &[
            text("Name", "name").unique().mandatory(),
            text("Colour", "colour"),
            guid("Guid", "guid"),
        ],
    },
    SystemTable {
        id: 27,
        name: "System Icons",
        physical: "system_icons",
        columns: &[
            text("Name", "name").unique().mandatory(),
            guid("Guid", "guid"),
        ],
    },
];
