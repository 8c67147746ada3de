//! Tables, their columns and views, and who may do what with them.

use super::{SystemTable, calculated, choice, guid, integer, link, links, number, text, yes_no};

pub(super) const DOMAINS: SystemTable = SystemTable {
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
};

pub(super) const TABLES: SystemTable = SystemTable {
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
};

pub(super) const TABLE_COLUMNS: SystemTable = SystemTable {
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
};

pub(super) const TABLE_ACCESS_CONTROL: SystemTable = SystemTable {
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
};

pub(super) const WEBHOOKS: SystemTable = SystemTable {
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
};

pub(super) const MODELS: SystemTable = SystemTable {
    id: 21,
    name: "Models",
    physical: "models",
    columns: &[
        text("Name", "name").unique().mandatory(),
        text("Model Version", "model_version"),
        guid("Guid", "guid"),
        text("Sync GUID", "sync_guid"),
    ],
};

pub(super) const VIEWS: SystemTable = SystemTable {
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
};

pub(super) const VIEW_COLUMNS: SystemTable = SystemTable {
    id: 23,
    name: "View Columns",
    physical: "view_columns",
    columns: &[
        link("View", "view", "Views", "Name").mandatory(),
        link("Column", "column", "Table Columns", "Full Name"),
        integer("Ordinal", "ordinal"),
        text("Sync GUID", "sync_guid"),
    ],
};
