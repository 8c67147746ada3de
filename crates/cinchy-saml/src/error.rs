//! Why a document is refused. Every text is a reason for a developer: it names the rule, and never quotes the token.

/// Which of the rules a SAML document broke. The caller of the emulator reads one answer for all of them; the reason is for
/// the log and for `X-Emulator-Reason`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SamlError {
    /// Not base64 in either alphabet.
    #[error(
        "the SAML token is not base64; send the XML of a Response or an Assertion in base64 or base64url"
    )]
    NotBase64,
    /// Larger than a document may be.
    #[error("the SAML token has more than {} KiB when decoded", crate::decode::MOST_BYTES / 1024)]
    TooLarge,
    /// Not UTF-8, or it says that it is not.
    #[error("the SAML document is not UTF-8")]
    NotUtf8,
    /// Not well-formed, nested too deeply, or with a DOCTYPE.
    #[error(
        "the SAML document is not XML that is accepted (well-formed, no DOCTYPE, at most 128 levels): {0}"
    )]
    NotXml(String),
    /// The root is neither a Response nor an Assertion of SAML 2.0.
    #[error(
        "the root of the SAML document is neither samlp:Response nor saml:Assertion (SAML 2.0)"
    )]
    WrongRoot,
    /// An encrypted assertion or name.
    #[error(
        "the SAML document is encrypted, which is not supported; let the identity provider sign and not encrypt"
    )]
    Encrypted,
    /// No assertion, more than one, or one in the wrong place.
    #[error(
        "a SAML document must hold exactly one Assertion, as its root or directly below its Response"
    )]
    NotOneAssertion,
    /// Two elements with one id, or an id that a signature cannot point to.
    #[error("the ids of the SAML document are not unique, or not plain names")]
    BadId,
    /// An element that must stand exactly once.
    #[error("the SAML document must have exactly one `{element}` in `{parent}`")]
    NotOne {
        /// The element that is missing or repeated.
        element: &'static str,
        /// The element that must hold it.
        parent: &'static str,
    },
    /// Something in an element whose text counts: a comment, a processing instruction, CDATA, an element; or no text.
    #[error(
        "`{0}` must hold plain text and nothing else: no comments, processing instructions or CDATA"
    )]
    NotPlainText(&'static str),
    /// Nothing is signed.
    #[error("neither the Assertion nor its Response is signed")]
    NotSigned,
    /// A signature in another shape or place than an enveloped signature of the Response or Assertion.
    #[error(
        "a signature of the SAML document is not an enveloped one of the element that holds it: {0}"
    )]
    SignatureShape(&'static str),
    /// An algorithm that is not allowed.
    #[error("the SAML document uses the algorithm `{}`, which is not allowed{}", .0.escape_default(), hint(.0))]
    Algorithm(String),
    /// A signature that does not verify with the keys of the identity provider.
    #[error(
        "a signature of the SAML document does not verify with the certificates of the identity provider's metadata"
    )]
    Signature,
    /// An issuer that no identity provider has.
    #[error("the issuer `{}` is no configured identity provider; see `saml: identityProviders:` of the seed", .0.escape_default())]
    UnknownIssuer(String),
    /// The Response has another issuer than its Assertion.
    #[error("the Response and its Assertion have different issuers")]
    IssuersDiffer,
    /// Another version than 2.0.
    #[error("`Version` must be 2.0")]
    Version,
    /// The identity provider did not sign the user in.
    #[error("the Status of the Response is not Success")]
    NotSuccess,
    /// The Response was meant for somebody else.
    #[error("the Destination of the Response is `{}`; expected is one of {expected}", .found.escape_default())]
    Destination {
        /// What the document says.
        found: String,
        /// What would have been right.
        expected: String,
    },
    /// A time that cannot be read.
    #[error("`{0}` is not a time")]
    BadTime(&'static str),
    /// Not valid yet.
    #[error("the SAML document is not valid yet: its {0} is in the future")]
    NotYet(&'static str),
    /// Not valid any more.
    #[error("the SAML document has expired: its {0} is past")]
    Expired(&'static str),
    /// No AudienceRestriction, or one without us.
    #[error("the Assertion is not for this audience; its AudienceRestriction must name `{0}`")]
    Audience(String),
    /// A condition that is not known.
    #[error("the Assertion has a condition that is not known: `{}`", .0.escape_default())]
    UnknownCondition(String),
    /// No bearer confirmation, or several.
    #[error("the Subject must have exactly one SubjectConfirmation of method bearer")]
    NotBearer,
    /// The confirmation is meant for somebody else.
    #[error("the Recipient of the SubjectConfirmation must be one of {0}")]
    Recipient(String),
    /// A bearer confirmation that is not valid from the start.
    #[error("a bearer SubjectConfirmation must not have NotBefore")]
    ConfirmationNotBefore,
}

/// The mend for the algorithm that is refused most often.
fn hint(algorithm: &str) -> &'static str {
    if algorithm.ends_with("sha1") {
        "; sign with SHA-256, or set `saml: minimumAlgorithm: SHA1` in the seed"
    } else {
        ""
    }
}

/// Why the metadata of an identity provider cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Larger than metadata may be.
    #[error("the metadata has more than 1 MiB")]
    TooLarge,
    /// Not well-formed, or with a DOCTYPE.
    #[error("the metadata is not XML that is accepted (well-formed, no DOCTYPE): {0}")]
    NotXml(String),
    /// No EntityDescriptor of this entity id.
    #[error("the metadata has no EntityDescriptor with the entityID `{}`", .0.escape_default())]
    NoEntity(String),
    /// The entity is not an identity provider.
    #[error("the entity `{}` has no IDPSSODescriptor in its metadata", .0.escape_default())]
    NotIdentityProvider(String),
    /// No certificate to verify signatures with.
    #[error("the metadata of `{}` has no usable signing certificate", .0.escape_default())]
    NoCertificate(String),
}
