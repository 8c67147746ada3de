//! From a SAML document to the user that it signs in. Runs on a blocking thread.

use std::sync::Arc;

use cinchy_auth::principal::AuthenticationMethod;
use cinchy_saml::{Expected, SamlError, Subject, verify};
use cinchy_seed::model::CreateUsers;
use cinchy_storage::{StorageError, saml as store};
use cinchy_web::{Instance, PrincipalEntry};

use super::{ServiceProvider, providers, strength};

/// Longest name of a user, in characters, as in the password grant.
const MOST_CHARS: usize = 100;

/// Why a SAML document signs nobody in. Callers read one text for all of them; these are the reasons.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SamlRefusal {
    /// Nothing is configured.
    #[error(
        "no identity provider is configured whose metadata can be read; name one in `saml: identityProviders:` of the seed"
    )]
    NoProvider,
    /// The document breaks a rule.
    #[error(transparent)]
    Document(#[from] SamlError),
    /// An answer that nobody waits for.
    #[error(
        "no sign-in of this browser waits for the identity provider's answer: it was answered, is older than 15 minutes, or began elsewhere; start again at the login page"
    )]
    NotAsked,
    /// An answer to another request.
    #[error(
        "the Response answers another request than the one in RelayState; start again at the login page"
    )]
    OtherRequest,
    /// An assertion that is not about a sign-in.
    #[error("the Assertion has no AuthnStatement, which a sign-in of a browser needs")]
    NotSignedIn,
    /// It was used before.
    #[error("the Assertion was used before, and each signs in once; get a new one")]
    Used,
    /// Nobody has this name.
    #[error("no user is named `{}`, as the NameID says; add it to [Cinchy].[Users], or set `saml: createUsers:` in the seed", .0.escape_default())]
    UnknownUser(String),
    /// A name that no user can have.
    #[error("the NameID has more than {MOST_CHARS} characters, and no user name has")]
    LongName,
    /// A user who signs in with a password.
    #[error("the Authentication Method of the user `{}` is not Single Sign-On, so no identity provider can sign it in", .0.escape_default())]
    OtherMethod(String),
    /// A user who may not sign in.
    #[error("the user `{}` is disabled or locked", .0.escape_default())]
    Closed(String),
    /// The database failed; not the caller's fault.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a document is shown for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use<'a> {
    /// The saml2 grant: the answer to whatever request.
    Grant,
    /// The browser: where the document names a request, it must be this one.
    Browser {
        /// The id of the request that the browser was sent with.
        request: &'a str,
    },
}

/// A user whom an identity provider vouches for.
#[derive(Debug)]
pub(crate) struct Vouched {
    /// The user.
    pub entry: Arc<PrincipalEntry>,
    /// Entity id of the identity provider.
    pub identity_provider: String,
}

/// The user that a document signs in. The document is used up.
///
/// # Errors
/// See [`SamlRefusal`].
pub(crate) fn user_of(
    instance: &Instance,
    service: &ServiceProvider,
    token: &str,
    purpose: Use<'_>,
) -> Result<Vouched, SamlRefusal> {
    let saml = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        generation.saml(conn)
    })?;
    let providers = providers(&saml);
    if providers.is_empty() {
        return Err(SamlRefusal::NoProvider);
    }
    let now = instance.clock().now();
    let recipients = service.recipients(&saml);
    let expected = Expected {
        audience: service.entity_id(&saml),
        recipients: &recipients,
        now,
        minimum: strength(&saml),
    };
    let subject = verify(token, &providers, &expected)?;
    if let Use::Browser { request } = purpose
        && subject
            .in_response_to
            .as_deref()
            .is_some_and(|answered| answered != request)
    {
        return Err(SamlRefusal::OtherRequest);
    }
    if matches!(purpose, Use::Browser { .. }) && !subject.signed_in {
        return Err(SamlRefusal::NotSignedIn);
    }
    if subject.name_id.chars().count() > MOST_CHARS {
        return Err(SamlRefusal::LongName);
    }
    let found = find(instance, &subject)?;
    // What cannot sign in does not use the document up.
    let create = match &found {
        Some(entry) => {
            may_sign_in(instance, entry)?;
            None
        }
        None => Some(
            saml.create_users
                .as_ref()
                .ok_or_else(|| SamlRefusal::UnknownUser(subject.name_id.clone()))?,
        ),
    };
    let first = instance.database().write_sessions(|conn| {
        store::use_assertion(conn, &subject.replay_key, subject.expires, now)
    })?;
    if !first {
        return Err(SamlRefusal::Used);
    }
    let entry = match (found, create) {
        (Some(entry), _) => entry,
        (None, None) => return Err(SamlRefusal::UnknownUser(subject.name_id)),
        (None, Some(create)) => {
            create_user(instance, create, &subject)?;
            let entry = find(instance, &subject)?
                .ok_or_else(|| SamlRefusal::UnknownUser(subject.name_id.clone()))?;
            may_sign_in(instance, &entry)?;
            entry
        }
    };
    Ok(Vouched {
        entry,
        identity_provider: subject.issuer,
    })
}

fn find(
    instance: &Instance,
    subject: &Subject,
) -> Result<Option<Arc<PrincipalEntry>>, StorageError> {
    let found = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        generation.user_by_name(conn, &subject.name_id)
    })?;
    // Names match in any case, but only as far as letters are those of ASCII: folding turns other letters into these.
    Ok(found.filter(|entry| {
        entry.user.username == subject.name_id
            || entry.user.username.eq_ignore_ascii_case(&subject.name_id)
    }))
}

/// Users that sign in with a password do so and nothing else (decided): an identity provider cannot become `admin`.
fn may_sign_in(instance: &Instance, entry: &PrincipalEntry) -> Result<(), SamlRefusal> {
    let user = &entry.user;
    if user.authentication_method != AuthenticationMethod::SingleSignOn || user.is_anonymous() {
        return Err(SamlRefusal::OtherMethod(user.username.clone()));
    }
    let now = instance.clock().now();
    if user.disabled || user.locked_until.is_some_and(|until| now < until) {
        return Err(SamlRefusal::Closed(user.username.clone()));
    }
    Ok(())
}

/// Makes the user from the attributes that the seed names.
fn create_user(
    instance: &Instance,
    names: &CreateUsers,
    subject: &Subject,
) -> Result<(), StorageError> {
    let now = instance.clock().now();
    let schema = instance.database().schema().to_owned();
    let new = store::NewUser {
        username: &subject.name_id,
        first_name: subject.attribute(&names.first_name),
        last_name: subject.attribute(&names.last_name),
        email: subject.attribute(&names.email),
        groups: subject
            .attribute_values(&names.member_of)
            .unwrap_or_default(),
    };
    instance
        .database()
        .write(|conn| store::create_user(conn, &schema, &new, now))?;
    tracing::info!(identity_provider = %subject.issuer, "a user was made of a SAML subject");
    Ok(())
}
