//! Single sign-on by SAML: who we are to an identity provider, and the user of an assertion, for the saml2 grant and for
//! the browser alike. The rules that a document must keep are `cinchy-saml`'s.

mod browser;
mod user;

pub(crate) use browser::address;
use user::{SamlRefusal, Use, user_of};

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use cinchy_auth::{PlainSecret, TokenError};
use cinchy_saml::{IdentityProvider, Strength};
use cinchy_seed::SeedError;
use cinchy_seed::model::{Saml, SamlAlgorithm, Seed};
use cinchy_web::{Instance, PrincipalEntry, Site};

use crate::error::{self, IdentityError};
use crate::routes::BODY_LIMIT;

/// Our address, from which follows who we are where the seed does not say it.
#[derive(Debug, Clone)]
pub(crate) struct ServiceProvider {
    issuer: String,
}

impl ServiceProvider {
    /// The documented module paths of the consumer service (`AcsURLModule`), and our own paths of the token endpoint.
    const RECIPIENTS: [&str; 6] = [
        "/Saml2/Acs",
        "/identity/Saml2/Acs",
        "/AuthServices/Acs",
        "/identity/AuthServices/Acs",
        "/connect/token",
        "/identity/connect/token",
    ];

    /// At the address of a request.
    pub fn at(site: &Site) -> Self {
        Self {
            issuer: site.issuer().to_string(),
        }
    }

    /// Our entity id, the audience.
    pub fn entity_id<'a>(&'a self, saml: &'a Saml) -> &'a str {
        saml.sp_entity_id.as_deref().unwrap_or(&self.issuer)
    }

    /// Our assertion consumer service.
    pub fn acs(&self, saml: &Saml) -> String {
        saml.acs
            .clone()
            .unwrap_or_else(|| format!("{}/Saml2/Acs", self.issuer))
    }

    /// Every address that an assertion may be meant for: the consumer service, its documented aliases, the token endpoint.
    pub fn recipients(&self, saml: &Saml) -> Vec<String> {
        let mut recipients: Vec<String> = saml.acs.clone().into_iter().collect();
        recipients.extend(Self::RECIPIENTS.map(|path| format!("{}{path}", self.issuer)));
        recipients
    }
}

/// The pages and endpoints of the browser's sign-in. The consumer service has the documented paths of both modules.
pub(crate) fn routes(config: &mut ServiceConfig) {
    for path in ["/saml2", "/authservices"] {
        config
            .service(
                web::resource(path)
                    .route(web::get().to(browser::metadata))
                    .default_service(web::to(error::method_not_allowed)),
            )
            .service(
                web::resource(format!("{path}/acs"))
                    .app_data(web::PayloadConfig::new(BODY_LIMIT))
                    .route(web::post().to(browser::acs))
                    .default_service(web::to(error::post_only)),
            );
    }
    config
        .service(
            web::resource("/account/external")
                .route(web::get().to(browser::begin))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(
            web::resource("/account/external/callback")
                .route(web::get().to(browser::callback))
                .default_service(web::to(error::method_not_allowed)),
        );
}

/// The user of a SAML token at the token endpoint.
///
/// # Errors
/// One refusal for whatever is wrong with the token, which carries its reason.
pub(crate) fn grant(
    instance: &Instance,
    service: &ServiceProvider,
    token: &PlainSecret,
) -> Result<Arc<PrincipalEntry>, IdentityError> {
    user_of(instance, service, token.expose(), Use::Grant)
        .map(|vouched| vouched.entry)
        .map_err(|refusal| match refusal {
            SamlRefusal::Storage(error) => error.into(),
            refusal => TokenError::SamlToken(refusal.to_string()).into(),
        })
}

/// The identity providers whose metadata can be read. One that cannot is said in the log, and does not keep the others
/// from signing in.
pub(crate) fn providers(saml: &Saml) -> Vec<IdentityProvider> {
    let mut providers = Vec::new();
    for provider in &saml.identity_providers {
        match IdentityProvider::from_metadata(&provider.metadata, &provider.entity_id) {
            Ok(provider) => providers.push(provider),
            Err(error) => {
                tracing::warn!(identity_provider = %provider.entity_id.value, %error, "the metadata of an identity provider cannot be used");
            }
        }
    }
    providers
}

/// What is wrong with the metadata of a seed's identity providers, each at its place in the seed. Where it names files,
/// these must have been read.
pub fn metadata_defects(seed: &Seed) -> Vec<SeedError> {
    let providers = seed.saml.iter().flat_map(|saml| &saml.identity_providers);
    providers
        .filter_map(|provider| {
            let read = IdentityProvider::from_metadata(&provider.metadata, &provider.entity_id);
            let defect = read.err()?;
            Some(SeedError::new(
                &seed.file,
                provider.metadata.at,
                defect.to_string(),
            ))
        })
        .collect()
}

/// The weakest hash that is accepted.
fn strength(saml: &Saml) -> Strength {
    match saml.minimum_algorithm {
        Some(SamlAlgorithm::Sha1) => Strength::Sha1,
        None | Some(SamlAlgorithm::Sha256) => Strength::Sha256,
        Some(SamlAlgorithm::Sha384) => Strength::Sha384,
        Some(SamlAlgorithm::Sha512) => Strength::Sha512,
    }
}
