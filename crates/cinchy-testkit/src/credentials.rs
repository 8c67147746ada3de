//! What the seeds say about secrets and passwords, so that a test need not repeat it.

use std::collections::HashMap;

use cinchy_seed::Seed;

use crate::error::TestkitError;

/// Secrets by client and passwords by user. `None`: named by a seed that does not give it.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    clients: HashMap<String, Option<String>>,
    /// By user name in lower case: they match in any case (decided).
    users: HashMap<String, Option<String>>,
}

impl Credentials {
    /// Those of a bare platform: `admin`/`cinchy`, no clients.
    pub(crate) fn bare() -> Self {
        let mut bare = Self::default();
        bare.users
            .insert("admin".to_owned(), Some("cinchy".to_owned()));
        bare
    }

    /// Takes over what a seed says. What it does not mention stays.
    pub(crate) fn add(&mut self, seed: &Seed) {
        for client in &seed.clients {
            let known = self.clients.entry(client.client_id.value.clone());
            let secret = known.or_default();
            if let Some(given) = &client.secret {
                *secret = Some(given.expose().to_owned());
            }
        }
        for user in &seed.users {
            let known = self.users.entry(user.username.value.to_lowercase());
            let password = known.or_default();
            if let Some(given) = &user.password {
                *password = Some(given.expose().to_owned());
            } else if user.password_hash.is_some() {
                // Another password than before, which nobody can tell.
                *password = None;
            }
        }
    }

    /// The secret of a client.
    pub(crate) fn secret(&self, client: &str) -> Result<String, TestkitError> {
        match self.clients.get(client) {
            Some(Some(secret)) => Ok(secret.clone()),
            Some(None) => Err(TestkitError::NoSecret(client.to_owned())),
            None => Err(TestkitError::UnknownClient(client.to_owned())),
        }
    }

    /// The password of a user.
    pub(crate) fn password(&self, user: &str) -> Result<String, TestkitError> {
        match self.users.get(&user.to_lowercase()) {
            Some(Some(password)) => Ok(password.clone()),
            Some(None) => Err(TestkitError::NoPassword(user.to_owned())),
            None => Err(TestkitError::UnknownUser(user.to_owned())),
        }
    }
}
