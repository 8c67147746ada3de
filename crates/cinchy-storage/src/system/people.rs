//! Users, groups and clients, and what belongs to them.

use super::{
    SystemTable, binary, calculated, choice, choices, date_time, guid, integer, link, links, text,
    write_only, yes_no,
};

pub(super) const USERS: SystemTable = SystemTable {
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
};

pub(super) const GROUPS: SystemTable = SystemTable {
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
};

pub(super) const INTEGRATED_CLIENTS: SystemTable = SystemTable {
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
};

pub(super) const USER_PREFERENCES: SystemTable = SystemTable {
    id: 9,
    name: "User Preferences",
    physical: "user_preferences",
    columns: &[
        link("User", "user", "Users", "Display Name").mandatory(),
        link("Language", "language", "Languages", "Subtag"),
        link("Region", "region", "Regions", "Subtag"),
        text("Time Zone", "time_zone"),
    ],
};

pub(super) const SECRETS: SystemTable = SystemTable {
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
};
