//! Settings, SAML and the smaller system tables: literals, secrets, files, webhooks, applets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::identity::Secret;
use super::words::{SamlAlgorithm, TokenProfile};
use crate::Located;

/// Settings of the platform (documented: `[System Properties]`; the token profile is the emulator's own).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Wrong passwords in a row that lock a user; default 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lockout_attempts: Option<Located<u32>>,
    /// Minutes that a user stays locked; default 15.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lockout_minutes: Option<Located<u32>>,
    /// Least length of a password that a person chooses; default 8. Does not bind seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_password_length: Option<u32>,
    /// Days after which a password must be changed; default 90. Counts only with `--faithful`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_expiry_days: Option<u32>,
    /// Passwords that a person may not choose, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbidden_passwords: Vec<String>,
    /// Shape of the tokens; default as the command line says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_profile: Option<TokenProfile>,
}

impl Settings {
    /// Takes over what a later file says.
    pub(super) fn overlay(&mut self, later: Settings) {
        self.lockout_attempts = later.lockout_attempts.or(self.lockout_attempts.take());
        self.lockout_minutes = later.lockout_minutes.or(self.lockout_minutes.take());
        self.minimum_password_length = later
            .minimum_password_length
            .or(self.minimum_password_length);
        self.password_expiry_days = later.password_expiry_days.or(self.password_expiry_days);
        self.token_profile = later.token_profile.or(self.token_profile);
        self.forbidden_passwords.extend(later.forbidden_passwords);
    }
}

/// The service provider of the saml2 grant and of single sign-on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Saml {
    /// Our entity id, the audience of assertions; default the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sp_entity_id: Option<String>,
    /// Our assertion consumer service, the recipient; default `<issuer>/Saml2/Acs`. The token URL is accepted too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acs: Option<String>,
    /// The weakest hash that signatures may use; default `SHA256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_algorithm: Option<SamlAlgorithm>,
    /// Make a user of a subject that is not in `[Cinchy].[Users]`, from these attributes; default: such a subject is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_users: Option<CreateUsers>,
    /// Identity providers whose assertions are accepted. A browser is sent to the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identity_providers: Vec<IdentityProvider>,
}

impl Saml {
    /// Takes over what a later file says; a later identity provider replaces one of its entity id.
    pub(super) fn overlay(&mut self, later: Saml) {
        self.sp_entity_id = later.sp_entity_id.or(self.sp_entity_id.take());
        self.acs = later.acs.or(self.acs.take());
        self.minimum_algorithm = later.minimum_algorithm.or(self.minimum_algorithm);
        self.create_users = later.create_users.or(self.create_users.take());
        for provider in later.identity_providers {
            let known = self
                .identity_providers
                .iter_mut()
                .find(|known| known.entity_id.value == provider.entity_id.value);
            match known {
                Some(known) => *known = provider,
                None => self.identity_providers.push(provider),
            }
        }
    }
}

/// Attributes of an assertion that a user is made from: their names, in any case, or the last part of a name that is a URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateUsers {
    /// First name; default `FirstName`.
    pub first_name: String,
    /// Last name; default `LastName`.
    pub last_name: String,
    /// Mail address; default `Email`.
    pub email: String,
    /// Names of groups of type `AD Group` that the user joins; default `MemberOf`.
    pub member_of: String,
}

impl Default for CreateUsers {
    fn default() -> Self {
        Self {
            first_name: "FirstName".to_owned(),
            last_name: "LastName".to_owned(),
            email: "Email".to_owned(),
            member_of: "MemberOf".to_owned(),
        }
    }
}

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityProvider {
    /// Its entity id, the issuer of its assertions.
    pub entity_id: Located<String>,
    /// Its metadata: a file beside the seed, or the XML itself.
    pub metadata: Located<String>,
}

impl IdentityProvider {
    /// Whether `metadata` names a file (else it is XML).
    pub fn metadata_is_path(&self) -> bool {
        !self.metadata.trim_start().starts_with('<')
    }
}

/// A text with translations, a row of `[Cinchy].[Literals]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Literal {
    /// Guid that apps ask for; generated where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<Located<String>>,
    /// Text where no translation fits.
    pub default_text: Located<String>,
    /// Names of its literal groups, made when they are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Translations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<Translation>,
}

/// A translation, a row of `[Cinchy].[Literal Translations]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Translation {
    /// Translated text.
    pub text: String,
    /// Language, a subtag such as `fr`.
    pub language: Located<String>,
    /// Region, a subtag such as `CA`; none: every region of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Located<String>>,
}

/// A secret of the secrets manager, a row of `[Cinchy].[Secrets]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretEntry {
    /// Domain; made when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Located<String>>,
    /// Name, unique in its domain.
    pub name: Located<String>,
    /// The secret itself.
    pub value: Secret,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who may read it; administrators always may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// A file, a row of `[Cinchy].[Files]`. Its content comes from one of `path`, `text` and `base64`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// File name as it is shown.
    pub name: Located<String>,
    /// A file beside the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Located<String>>,
    /// The content as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The content in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// Media type; guessed from the name where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// A webhook, a row of `[Cinchy].[Webhooks]`: `/API/callback?key=...` runs a saved query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// Key in its URL, unique; generated where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Located<Secret>>,
    /// User that the query runs as.
    pub run_as: Located<String>,
    /// Domain of the saved query.
    pub domain: Located<String>,
    /// Name of the saved query.
    pub query: Located<String>,
    /// `JSON`: the whole body goes to `@JSON`; else each field of it goes to a parameter of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_payload_as_parameter: Option<String>,
}

/// An applet (a link to an application), a row of `[Cinchy].[Applets]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Applet {
    /// Domain; made when it is missing.
    pub domain: Located<String>,
    /// Name, unique in its domain.
    pub name: Located<String>,
    /// Where it leads.
    pub application_url: String,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Name of its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Colour of its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_colour: Option<String>,
    /// Where it opens, for example `Redirect` or `New Window`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_window: Option<String>,
    /// Client id of its integrated client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrated_client: Option<Located<String>>,
    /// Users who see it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Located<String>>,
    /// Groups that see it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Located<String>>,
    /// Identity of the applet across platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
}
