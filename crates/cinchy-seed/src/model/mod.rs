//! The model of a seed file: plain structures in the file's own words, one module for each part.
//!
//! `None` and empty lists mean "not said": a fresh entry takes the platform's default, an existing one keeps what it has.

mod access;
mod cells;
mod columns;
mod extras;
mod identity;
mod queries;
mod tables;
mod words;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use access::{Access, Entitlement};
pub use cells::{Cell, Row, RowCells};
pub(crate) use cells::{is_whole_id, whole_id};
pub use columns::{Column, split_table_name};
pub use extras::{
    Applet, CreateUsers, File, IdentityProvider, Literal, Saml, SecretEntry, Settings, Translation,
    Webhook,
};
pub use identity::{Client, Expiry, Group, Secret, Token, User, parse_duration};
pub use queries::{Query, Udf};
pub use tables::{Domain, Table};
pub use words::{
    AuthenticationMethod, CalculatedType, ColumnType, GrantType, GroupType, HttpMethod, QueryType,
    ResultFormat, SamlAlgorithm, Scope, TokenProfile,
};

/// A seed of the Cinchy emulator: what the platform holds when it starts. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Cinchy emulator seed")]
pub struct Seed {
    /// Name of the file, for messages; not part of the text.
    #[serde(skip)]
    pub file: Arc<str>,
    /// Settings of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// Groups, rows of `[Cinchy].[Groups]`. `All Users` and `Cinchy Administrators` exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Users, rows of `[Cinchy].[Users]`. `admin` and `Anonymous` exist; naming them changes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
    /// Integrated clients, rows of `[Cinchy].[Integrated Clients]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<Client>,
    /// Domains. One that a table or query names is made when it is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Domain>,
    /// Tables with their columns, rows and entitlements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// Saved queries, rows of `[Cinchy].[Saved Queries]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<Query>,
    /// User-defined functions, in JavaScript.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub udfs: Vec<Udf>,
    /// The saml2 grant: who we are and whose assertions we accept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saml: Option<Saml>,
    /// Texts for the translation API, rows of `[Cinchy].[Literals]` and `[Cinchy].[Literal Translations]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub literals: Vec<Literal>,
    /// Secrets of the secrets manager, rows of `[Cinchy].[Secrets]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretEntry>,
    /// Files, rows of `[Cinchy].[Files]`, which file columns link to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
    /// Webhooks, rows of `[Cinchy].[Webhooks]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Webhook>,
    /// Applets, rows of `[Cinchy].[Applets]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applets: Vec<Applet>,
}

impl Seed {
    /// Appends the entries of a later seed. Its settings and SAML parts win where both say something.
    pub(crate) fn append(&mut self, later: Seed) {
        self.groups.extend(later.groups);
        self.users.extend(later.users);
        self.clients.extend(later.clients);
        self.domains.extend(later.domains);
        self.tables.extend(later.tables);
        self.queries.extend(later.queries);
        self.udfs.extend(later.udfs);
        self.literals.extend(later.literals);
        self.secrets.extend(later.secrets);
        self.files.extend(later.files);
        self.webhooks.extend(later.webhooks);
        self.applets.extend(later.applets);
        if let Some(settings) = later.settings {
            self.settings.get_or_insert_default().overlay(settings);
        }
        if let Some(saml) = later.saml {
            self.saml.get_or_insert_default().overlay(saml);
        }
    }

    /// Whether some part names a file beside the seed (`rowsFrom`, file paths, SAML metadata): such a seed is for disks
    /// and is refused when it comes over HTTP (documented).
    pub fn names_files(&self) -> bool {
        self.tables.iter().any(|t| t.rows_from.is_some())
            || self.files.iter().any(|f| f.path.is_some())
            || self
                .saml
                .iter()
                .flat_map(|s| &s.identity_providers)
                .any(IdentityProvider::metadata_is_path)
    }
}
