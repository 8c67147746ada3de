//! Stands where `saml/` would, in a build without it.

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use cinchy_auth::grant_type::GrantKind;
use cinchy_auth::{PlainSecret, TokenError};
use cinchy_seed::SeedError;
use cinchy_seed::model::Seed;
use cinchy_web::{Instance, PrincipalEntry, Site};

use crate::error::IdentityError;

/// Nobody.
pub(crate) struct ServiceProvider;

impl ServiceProvider {
    pub fn at(_: &Site) -> Self {
        Self
    }
}

/// Refuses the grant by name.
pub(crate) fn grant(
    _: &Instance,
    _: &ServiceProvider,
    _: &PlainSecret,
) -> Result<Arc<PrincipalEntry>, IdentityError> {
    Err(TokenError::GrantNotServed(GrantKind::Saml2).into())
}

/// No identity provider.
pub(crate) async fn address(_: &Site, _: &str) -> Result<Option<String>, IdentityError> {
    Ok(None)
}

/// Nobody reads metadata, so there is nothing to say of it.
pub fn metadata_defects(_: &Seed) -> Vec<SeedError> {
    Vec::new()
}

/// No pages.
pub(crate) fn routes(_: &mut ServiceConfig) {}
