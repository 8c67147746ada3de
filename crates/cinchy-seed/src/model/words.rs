//! Fixed words of the seed: types, grant types, scopes. Each is read in any case and written in one spelling.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::check::suggest::did_you_mean;

/// Declares an enum of words: `Variant = "Spelling" | "other spelling"`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal {
        $($(#[$vdoc:meta])* $variant:ident = $text:literal $(| $alias:literal)*,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every word in its own spelling.
            pub const ALL: &'static [&'static str] = &[$($text),+];

            /// The word in the platform's spelling.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads the word in any case.
            pub fn from_word(word: &str) -> Option<Self> {
                $(if word.eq_ignore_ascii_case($text) $(|| word.eq_ignore_ascii_case($alias))* {
                    return Some(Self::$variant);
                })+
                None
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                Self::from_word(&word).ok_or_else(|| {
                    let hint = did_you_mean(&word, Self::ALL.iter().copied());
                    let known = Self::ALL.join("`, `");
                    de::Error::custom(format!("unknown {} `{word}`{hint}; known are `{known}`", $what))
                })
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": Self::ALL })
            }
        }
    };
}

words!(
    /// Type of a column (documented: `[Table Columns].[Type]`).
    ColumnType, "column type" {
        /// Text.
        Text = "Text",
        /// Number, a double.
        Number = "Number",
        /// Date and time without a zone.
        Date = "Date" | "Date and Time",
        /// Yes/No.
        YesNo = "Yes/No",
        /// One or several of the column's options.
        Choice = "Choice",
        /// A link to rows of a table.
        Link = "Link",
        /// Bytes.
        Binary = "Binary",
        /// Computed by a CQL expression.
        Calculated = "Calculated",
        /// A shape in the plane, as well-known text.
        Geometry = "Geometry",
        /// A shape on the globe, as well-known text.
        Geography = "Geography",
    }
);

words!(
    /// Result type of a calculated column (documented).
    CalculatedType, "result type" {
        /// Text.
        Text = "Text",
        /// Number.
        Number = "Number",
        /// Date and time.
        Date = "Date" | "Date and Time",
        /// Yes/No.
        YesNo = "Yes/No",
    }
);

words!(
    /// How a user signs in (documented: `[Users].[Authentication Method]`).
    AuthenticationMethod, "authentication method" {
        /// With a password kept by the platform.
        CinchyUserAccount = "Cinchy User Account",
        /// At an identity provider, by SAML.
        SingleSignOn = "Single Sign-On",
        /// By API only, never at a login page.
        NonInteractive = "Non Interactive" | "Non-Interactive",
    }
);

words!(
    /// Kind of a group (documented: `[Groups].[Group Type]`).
    GroupType, "group type" {
        /// Kept by the platform.
        CinchyGroup = "Cinchy Group",
        /// Synchronised with a directory.
        AdGroup = "AD Group",
    }
);

words!(
    /// A grant type of a client (`[Integrated Clients].[Grant Type]`; the first two are documented, the rest inferred).
    GrantType, "grant type" {
        /// `password`; allows `saml2` too, where a SAML token replaces the password (documented).
        ResourceOwnerPassword = "Resource Owner Password",
        /// Tokens straight from the authorize endpoint.
        Implicit = "Implicit",
        /// `authorization_code`; with Implicit also the hybrid flow.
        AuthorizationCode = "Authorization Code",
        /// `client_credentials`.
        ClientCredentials = "Client Credentials",
        /// `saml2`.
        Saml2 = "Saml2",
        /// `urn:ietf:params:oauth:grant-type:device_code`.
        DeviceCode = "Device Code",
    }
);

words!(
    /// A permitted scope of a client (documented names; lower case on the wire).
    Scope, "scope" {
        /// The web API.
        JsApi = "js_api",
        /// OpenID Connect.
        OpenId = "openid",
        /// The user name as claim `id`.
        Id = "id",
        /// The display name.
        Profile = "profile",
        /// The mail address.
        Email = "email",
        /// The authentication method as claim `role`.
        Roles = "roles",
        /// Refresh tokens.
        OfflineAccess = "offline_access",
    }
);

words!(
    /// What a saved query answers (`[Saved Queries].[Type]`; the documentation's longer words are read too).
    QueryType, "query type" {
        /// Rows, approved data only.
        Query = "Query (Approved Data Only)" | "Query Results (Approved Data Only)" | "Query Result (Approved Data Only)" | "QUERY",
        /// Rows with draft changes.
        DraftQuery = "Query (Include Draft Changes)" | "Query Results (Including Draft Data)"
            | "Query Result (Including Draft Data)" | "Query Results (Include Draft Changes)" | "DRAFT_QUERY",
        /// All versions of the rows.
        VersionHistory = "Query (Include Version History)" | "Query Results (Including Version History)"
            | "Query Result (Including Version History)" | "Query Results (Include Version History)" | "VERSION_HISTORY_QUERY",
        /// The number of rows affected.
        NonQuery = "Non Query" | "Number of Rows Affected" | "NONQUERY",
        /// The first column of the first row.
        Scalar = "Scalar" | "Single Value (First Column of First Row)" | "Single Value",
        /// Runs a script that changes tables.
        DdlScript = "DDL Script" | "Execute DDL Script",
    }
);

words!(
    /// Format of a saved query's answer (`[Saved Queries].[API Result Format]`); a request may ask for another.
    ResultFormat, "result format" {
        /// JSON.
        Json = "JSON",
        /// XML.
        Xml = "XML",
        /// Comma-separated values.
        Csv = "CSV",
        /// Tab-separated values.
        Tsv = "TSV",
        /// Values separated by `|`.
        Psv = "PSV",
        /// Values separated by a delimiter of the request.
        DelimitedFile = "DELIMITED_FILE",
        /// Protocol buffers.
        Protobuf = "PROTOBUF",
    }
);

words!(
    /// HTTP method that a saved query is shown with (`[Saved Queries].[Http Method]`).
    HttpMethod, "HTTP method" {
        /// GET.
        Get = "GET",
        /// POST.
        Post = "POST",
    }
);

words!(
    /// Shape of the tokens that the platform issues.
    TokenProfile, "token profile" {
        /// Exactly the documented claims.
        V2 = "v2",
        /// As newer identity servers write them: iat, jti, sid, `at+jwt`.
        V4 = "v4",
    }
);

words!(
    /// The weakest hash that a SAML signature may use (documented setting `SAMLSignCertificateMinAlgorithm`).
    SamlAlgorithm, "SAML algorithm" {
        /// SHA-1.
        Sha1 = "SHA1" | "SHA-1",
        /// SHA-256.
        Sha256 = "SHA256" | "SHA-256",
        /// SHA-384.
        Sha384 = "SHA384" | "SHA-384",
        /// SHA-512.
        Sha512 = "SHA512" | "SHA-512",
    }
);
