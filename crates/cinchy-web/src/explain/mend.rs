//! Changes that would allow what was refused.

use cinchy_auth::{GrantType, Scope};

/// A change to the platform that would allow what a check denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Delete a fault.
    DeleteFault {
        /// Its name.
        name: String,
    },
    /// Enable an integrated client.
    EnableClient {
        /// Cinchy Id of the client.
        client: i32,
    },
    /// Add an option to a client's Grant Type.
    AllowGrant {
        /// Cinchy Id of the client.
        client: i32,
        /// The option.
        grant: GrantType,
    },
    /// Add scopes to a client's Permitted Scopes.
    AllowScopes {
        /// Cinchy Id of the client.
        client: i32,
        /// Those that were asked for and are missing.
        scopes: Vec<Scope>,
    },
    /// Add a URL to a client's Permitted Login Redirect URLs.
    AllowRedirect {
        /// Cinchy Id of the client.
        client: i32,
        /// The URL.
        url: String,
    },
    /// Enable a user's account.
    EnableUser {
        /// Cinchy Id of the user.
        user: i32,
    },
    /// Forget a user's failed sign-ins.
    UnlockUser {
        /// Cinchy Id of the user.
        user: i32,
    },
    /// Add a user to the Users With Execute Access of a saved query.
    ExecuteByUser {
        /// Cinchy Id of the query.
        query: i32,
        /// Cinchy Id of the user.
        user: i32,
        /// Name of the user.
        name: String,
    },
    /// Add a group to the Groups With Execute Access of a saved query.
    ExecuteByGroup {
        /// Cinchy Id of the query.
        query: i32,
        /// Cinchy Id of the group.
        group: i32,
        /// Name of the group.
        name: String,
    },
    /// Give a user a row of Table Access Control with View All Columns.
    ViewTable {
        /// Cinchy Id of the table.
        table: i32,
        /// `Domain.Table`.
        name: String,
        /// Cinchy Id of the user.
        user: i32,
        /// Name of the user.
        username: String,
        /// With Direct Query, which CQL of the caller's own needs.
        direct: bool,
    },
    /// Give a user a row of Table Access Control for each of these tables, with Viewable Columns.
    ViewColumns {
        /// What is missing.
        tables: Vec<MissingColumns>,
        /// Cinchy Id of the user.
        user: i32,
        /// Name of the user.
        username: String,
    },
}

/// Columns of a table that somebody would have to view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumns {
    /// Cinchy Id of the table.
    pub table: i32,
    /// `Domain.Table`.
    pub name: String,
    /// Cinchy Ids and names of the columns.
    pub columns: Vec<(i32, String)>,
    /// Viewable Row Filter: that of the rows which the user views already.
    pub filter: Option<String>,
}

impl MissingColumns {
    /// Ids of the columns.
    pub fn ids(&self) -> Vec<i32> {
        self.columns.iter().map(|(id, _)| *id).collect()
    }

    /// Names of the columns.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|(_, name)| name.as_str()).collect()
    }
}

impl Mend {
    /// A text that tells it from all others, for a form that orders it.
    pub fn key(&self) -> String {
        match self {
            Self::DeleteFault { name } => format!("fault:{name}"),
            Self::EnableClient { client } => format!("client:{client}:enable"),
            Self::AllowGrant { client, grant } => format!("client:{client}:grant:{grant}"),
            Self::AllowScopes { client, scopes } => {
                format!("client:{client}:scopes:{}", Scope::wire_text(scopes))
            }
            Self::AllowRedirect { client, url } => format!("client:{client}:redirect:{url}"),
            Self::EnableUser { user } => format!("user:{user}:enable"),
            Self::UnlockUser { user } => format!("user:{user}:unlock"),
            Self::ExecuteByUser { query, user, .. } => format!("query:{query}:user:{user}"),
            Self::ExecuteByGroup { query, group, .. } => format!("query:{query}:group:{group}"),
            Self::ViewTable {
                table,
                user,
                direct,
                ..
            } => format!("table:{table}:user:{user}:{direct}"),
            Self::ViewColumns { tables, user, .. } => {
                let columns = tables.iter().map(|t| format!("{}:{:?}", t.table, t.ids()));
                format!("columns:{}:user:{user}", columns.collect::<String>())
            }
        }
    }

    /// What a button that orders it says.
    pub fn label(&self) -> String {
        match self {
            Self::DeleteFault { name } => format!("Delete the fault {name}"),
            Self::EnableClient { .. } => "Enable the client".to_owned(),
            Self::AllowGrant { grant, .. } => format!("Add {grant} to the client's Grant Type"),
            Self::AllowScopes { scopes, .. } => format!(
                "Add {} to the client's Permitted Scopes",
                Scope::list_text(scopes)
            ),
            Self::AllowRedirect { .. } => {
                "Add this URL to the client's Permitted Login Redirect URLs".to_owned()
            }
            Self::EnableUser { .. } => "Enable the account".to_owned(),
            Self::UnlockUser { .. } => "Unlock the account".to_owned(),
            Self::ExecuteByUser { name, .. } => format!("Let {name} execute the query"),
            Self::ExecuteByGroup { name, .. } => {
                format!("Let the group {name} execute the query")
            }
            Self::ViewTable {
                name,
                username,
                direct: false,
                ..
            } => format!("Let {username} view {name}"),
            Self::ViewTable { name, username, .. } => {
                format!("Let {username} view and query {name}")
            }
            Self::ViewColumns {
                tables, username, ..
            } => {
                let parts = tables.iter();
                let parts: Vec<String> = parts
                    .map(|table| format!("{} of {}", table.names().join(", "), table.name))
                    .collect();
                format!("Let {username} view {}", parts.join(", and "))
            }
        }
    }
}
