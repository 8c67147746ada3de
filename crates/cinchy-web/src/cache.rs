//! What is kept between requests, and how it is known to be true: each request reads two version numbers from the
//! database, which triggers move with every write to users, clients, rights, queries, tables. Another number, another
//! [`Generation`]; so a change made through any door, or by another process, holds from the next request on.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use cinchy_auth::policy::PasswordPolicy;
use cinchy_auth::principal::AuthenticationKind;
use cinchy_auth::{IntegratedClient, LockoutPolicy, Principal, User};
use cinchy_cql::catalog::{Catalog, Rights};
use cinchy_seed::model::{Saml, Settings};
use cinchy_storage::entitlements::Entitlements;
use cinchy_storage::groups::{ADMINISTRATORS, Membership};
use cinchy_storage::queries::SavedQuery;
use cinchy_storage::state::{self, Versions};
use cinchy_storage::tokens::StoredToken;
use cinchy_storage::{Connection, Result, clients, queries, seeding, tokens, users};

/// A map that many threads read and few write, emptied when it grows too large.
pub(crate) struct Shared<K, V>(RwLock<HashMap<K, V>>);

/// Entries of one map at most.
const MOST_ENTRIES: usize = 10_000;

impl<K: Eq + Hash, V: Clone> Shared<K, V> {
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    pub fn put(&self, key: K, value: V) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= MOST_ENTRIES {
            map.clear();
        }
        map.insert(key, value);
    }
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

/// Saved queries by domain and name in lower case.
type QueriesByName = HashMap<(String, String), Arc<SavedQuery>>;

/// A user with what follows from its groups.
#[derive(Debug)]
pub struct PrincipalEntry {
    /// The row.
    pub user: User,
    /// Groups, parents included.
    pub groups: Vec<i32>,
    /// Whether it is an administrator.
    pub administrator: bool,
    /// Its rights on tables.
    pub rights: Rights,
}

impl PrincipalEntry {
    /// The principal of a request that proved to be this user.
    pub fn principal(&self, how: AuthenticationKind) -> Principal {
        Principal {
            user_id: self.user.id,
            username: self.user.username.clone(),
            groups: self.groups.clone(),
            administrator: self.administrator,
            how,
        }
    }
}

/// What was read at one state of the database.
#[derive(Default)]
pub struct Generation {
    /// The state.
    pub versions: Versions,
    schema: String,
    catalog: OnceLock<Arc<Catalog>>,
    queries: OnceLock<Arc<QueriesByName>>,
    entitlements: OnceLock<Arc<Entitlements>>,
    membership: OnceLock<Arc<Membership>>,
    settings: OnceLock<Arc<Settings>>,
    saml: OnceLock<Arc<Saml>>,
    user_ids: Shared<String, Option<i32>>,
    principals: Shared<i32, Option<Arc<PrincipalEntry>>>,
    clients: Shared<String, Option<Arc<IntegratedClient>>>,
    tokens: Shared<String, Option<Arc<StoredToken>>>,
}

/// Reads a value once. Two threads may both read it; the first to end is kept, and both are true.
fn once<T>(cell: &OnceLock<Arc<T>>, read: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    if let Some(value) = cell.get() {
        return Ok(value.clone());
    }
    let value = Arc::new(read()?);
    Ok(cell.get_or_init(|| value).clone())
}

impl Generation {
    /// Tables and columns.
    ///
    /// # Errors
    /// The database's.
    pub fn catalog(&self, conn: &mut Connection) -> Result<Arc<Catalog>> {
        once(&self.catalog, || cinchy_storage::catalog::load(conn))
    }

    /// Settings that were seeded.
    ///
    /// # Errors
    /// The database's.
    pub fn settings(&self, conn: &mut Connection) -> Result<Arc<Settings>> {
        once(&self.settings, || seeding::stored_settings(conn))
    }

    /// SAML as it was seeded; without a seed that speaks of it, no identity provider.
    ///
    /// # Errors
    /// The database's.
    pub fn saml(&self, conn: &mut Connection) -> Result<Arc<Saml>> {
        once(&self.saml, || {
            Ok(seeding::stored_saml(conn)?.unwrap_or_default())
        })
    }

    /// The lock-out rule.
    ///
    /// # Errors
    /// The database's.
    pub fn lockout(&self, conn: &mut Connection) -> Result<LockoutPolicy> {
        let settings = self.settings(conn)?;
        Ok(seeding::lockout_policy_of(&settings))
    }

    /// The rule for passwords that people choose.
    ///
    /// # Errors
    /// The database's.
    pub fn password_policy(&self, conn: &mut Connection) -> Result<PasswordPolicy> {
        let settings = self.settings(conn)?;
        let default = PasswordPolicy::default();
        Ok(PasswordPolicy {
            minimum_length: settings
                .minimum_password_length
                .unwrap_or(default.minimum_length),
            expiry_days: settings.password_expiry_days.unwrap_or(default.expiry_days),
            forbidden: settings.forbidden_passwords.clone(),
        })
    }

    /// The saved query of this name, in any case.
    ///
    /// # Errors
    /// The database's.
    pub fn query(
        &self,
        conn: &mut Connection,
        domain: &str,
        name: &str,
    ) -> Result<Option<Arc<SavedQuery>>> {
        let all = self.all_queries(conn)?;
        Ok(all
            .get(&(domain.to_lowercase(), name.to_lowercase()))
            .cloned())
    }

    fn all_queries(&self, conn: &mut Connection) -> Result<Arc<QueriesByName>> {
        once(&self.queries, || {
            Ok(queries::list(conn, &self.schema)?
                .into_iter()
                .map(|q| {
                    (
                        (q.domain.to_lowercase(), q.name.to_lowercase()),
                        Arc::new(q),
                    )
                })
                .collect())
        })
    }

    /// Groups and who is in them.
    ///
    /// # Errors
    /// The database's.
    pub fn membership(&self, conn: &mut Connection) -> Result<Arc<Membership>> {
        once(&self.membership, || Membership::load(conn, &self.schema))
    }

    /// All saved queries that this user may execute, in the order of their ids.
    ///
    /// # Errors
    /// The database's.
    pub fn executable_queries(
        &self,
        conn: &mut Connection,
        principal: &Principal,
    ) -> Result<Vec<Arc<SavedQuery>>> {
        let all = self.all_queries(conn)?;
        let mut found: Vec<_> = all
            .values()
            .filter(|q| principal.may_execute(&q.execute_users, &q.execute_groups))
            .cloned()
            .collect();
        found.sort_by_key(|q| q.id);
        Ok(found)
    }

    /// The saved query with this Cinchy Id.
    ///
    /// # Errors
    /// The database's.
    pub fn query_by_id(&self, conn: &mut Connection, id: i32) -> Result<Option<Arc<SavedQuery>>> {
        let all = self.all_queries(conn)?;
        Ok(all.values().find(|q| q.id == id).cloned())
    }

    /// The enabled or disabled client of this id, exactly.
    ///
    /// # Errors
    /// The database's.
    pub fn client(
        &self,
        conn: &mut Connection,
        client_id: &str,
    ) -> Result<Option<Arc<IntegratedClient>>> {
        if let Some(found) = self.clients.get(client_id) {
            return Ok(found);
        }
        let found = clients::find(conn, client_id)?.map(Arc::new);
        self.clients.put(client_id.to_owned(), found.clone());
        Ok(found)
    }

    /// The user of this name, in any case.
    ///
    /// # Errors
    /// The database's.
    pub fn user_by_name(
        &self,
        conn: &mut Connection,
        username: &str,
    ) -> Result<Option<Arc<PrincipalEntry>>> {
        let key = username.to_lowercase();
        let id = match self.user_ids.get(&key) {
            Some(id) => id,
            None => {
                let policy = self.lockout(conn)?;
                let id = users::find_by_name(conn, username, policy)?.map(|u| u.id);
                self.user_ids.put(key, id);
                id
            }
        };
        match id {
            Some(id) => self.user(conn, id),
            None => Ok(None),
        }
    }

    /// The user with this Cinchy Id.
    ///
    /// # Errors
    /// The database's.
    pub fn user(&self, conn: &mut Connection, id: i32) -> Result<Option<Arc<PrincipalEntry>>> {
        if let Some(found) = self.principals.get(&id) {
            return Ok(found);
        }
        let policy = self.lockout(conn)?;
        let found = match users::find(conn, id, policy)? {
            None => None,
            Some(user) => {
                let membership = self.membership(conn)?;
                let entitlements = once(&self.entitlements, || {
                    Entitlements::load(conn, &self.schema)
                })?;
                let groups = membership.groups_of(&user);
                let mut entry = PrincipalEntry {
                    administrator: groups.contains(&ADMINISTRATORS),
                    groups,
                    user,
                    rights: Rights::default(),
                };
                // Anonymous is named as a user or not at all, which the kind of the principal says.
                let how = if entry.user.is_anonymous() {
                    AuthenticationKind::Anonymous
                } else {
                    AuthenticationKind::Basic
                };
                entry.rights = entitlements.rights_of(&entry.principal(how));
                Some(Arc::new(entry))
            }
        };
        self.principals.put(id, found.clone());
        Ok(found)
    }

    /// The personal access token with this hash.
    ///
    /// # Errors
    /// The database's.
    pub fn token(&self, conn: &mut Connection, hash: &str) -> Result<Option<Arc<StoredToken>>> {
        if let Some(found) = self.tokens.get(hash) {
            return Ok(found);
        }
        let found = tokens::find(conn, hash)?.map(Arc::new);
        self.tokens.put(hash.to_owned(), found.clone());
        Ok(found)
    }
}

/// The generation in use.
pub(crate) struct Generations {
    schema: String,
    current: RwLock<Arc<Generation>>,
    /// Held while a new state is taken over: what is agreed on and what is known are then of one state.
    turn: Mutex<()>,
}

impl Generations {
    pub fn new(schema: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            current: RwLock::default(),
            turn: Mutex::default(),
        }
    }

    fn last(&self) -> Arc<Generation> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The generation of the database's present state, if it was asked for before.
    pub fn known(&self, conn: &mut Connection) -> Result<Option<Arc<Generation>>> {
        let versions = state::versions(conn)?;
        let last = self.last();
        Ok((last.versions == versions).then_some(last))
    }

    /// A generation that nobody else sees.
    pub fn uncommitted(&self, conn: &mut Connection) -> Result<Arc<Generation>> {
        Ok(Arc::new(Generation {
            versions: state::versions(conn)?,
            schema: self.schema.clone(),
            ..Generation::default()
        }))
    }

    /// The generation of the database's present state. `agree` is called with a new state before anybody is told of it.
    pub fn current(
        &self,
        conn: &mut Connection,
        agree: impl FnOnce(&mut Connection, &Versions) -> Result<()>,
    ) -> Result<Arc<Generation>> {
        let versions = state::versions(conn)?;
        let current = self.last();
        if current.versions == versions {
            return Ok(current);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.last();
        if current.versions == versions {
            return Ok(current);
        }
        agree(conn, &versions)?;
        let mut next = Generation {
            versions,
            schema: self.schema.clone(),
            ..Generation::default()
        };
        if current.versions.catalog == versions.catalog {
            next.catalog = current.catalog.clone();
        }
        let next = Arc::new(next);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        Ok(next)
    }
}
