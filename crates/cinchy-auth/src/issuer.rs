//! The issuer: how its text is built, and which issuers a token may carry.
//!
//! Issuer = origin + base path + `/i/{name}` of another instance + mount, lower case, without a trailing slash and never
//! with `/identity` (documented sample; the rest is the project's decision). The API trusts keys, not texts: a token that
//! was issued under one name of this server works under another, so only the path must be one of ours, and the origin only
//! where a public URL is configured.

use std::fmt;

/// A place below which the identity endpoints answer, each also with `/identity` behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mount {
    /// At the root.
    Root,
    /// `/idp`, used by Kubernetes installations.
    Idp,
    /// `/cinchysso`, used by the documentation.
    CinchySso,
    /// `/cinchyssocore`, used by the SDKs' read-me files.
    CinchySsoCore,
}

impl Mount {
    /// Every mount.
    pub const ALL: [Self; 4] = [Self::Root, Self::Idp, Self::CinchySso, Self::CinchySsoCore];

    /// The path, lower case; empty for the root.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Root => "",
            Self::Idp => "/idp",
            Self::CinchySso => "/cinchysso",
            Self::CinchySsoCore => "/cinchyssocore",
        }
    }
}

/// An issuer's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Issuer(String);

impl Issuer {
    /// The text, to be compared byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The audience that every access token has: `<issuer>/resources` (documented sample).
    pub fn resources(&self) -> String {
        format!("{}/resources", self.0)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a request reached its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// By path: `/i/{name}`, or the default instance at the root.
    ByPath,
    /// By host name: `{name}.localhost`. The name is part of the origin then.
    ByHost,
}

/// A public URL that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a public URL; give http:// or https://, a host, and nothing after the path", .0.escape_default())]
pub struct InvalidPublicUrl(pub String);

/// Why an issuer is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerDefect {
    /// Not `http(s)://host...`, or not in the canonical form.
    #[error("the issuer is not a URL as this server writes it")]
    NotOurForm,
    /// Another origin than the public URL.
    #[error("the issuer's origin is not that of the public URL")]
    Origin,
    /// A path that no mount of this instance has.
    #[error("the issuer's path is no mount of this instance")]
    Path,
}

/// The issuers of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerRule {
    public_url: Option<String>,
    base_path: String,
    instance: Option<String>,
}

impl IssuerRule {
    /// Makes the rule from the configured public URL and base path (blank or `/` for none) and the instance's name
    /// (`None` for the default instance).
    ///
    /// # Errors
    /// A public URL that is not `http(s)://host[:port][/path]`.
    pub fn new(
        public_url: Option<&str>,
        base_path: &str,
        instance: Option<&str>,
    ) -> Result<Self, InvalidPublicUrl> {
        let public_url = public_url
            .map(|url| {
                let canonical = canonical(url.trim());
                match split_origin(&canonical) {
                    Some(_) if !canonical.contains(['?', '#', ' ', '@', '\\']) => Ok(canonical),
                    _ => Err(InvalidPublicUrl(url.to_owned())),
                }
            })
            .transpose()?;
        let base = canonical(base_path.trim().trim_start_matches('/'));
        Ok(Self {
            public_url,
            base_path: if base.is_empty() {
                base
            } else {
                format!("/{base}")
            },
            instance: instance.map(str::to_ascii_lowercase),
        })
    }

    /// The issuer for a request that came to `request_origin` (`http://localhost:8081`), which a public URL overrides.
    pub fn issuer(&self, request_origin: &str, reached: Reached, mount: Mount) -> Issuer {
        let origin = match &self.public_url {
            Some(url) => url.clone(),
            None => canonical(request_origin),
        };
        let mut text = origin + &self.base_path;
        if let (Some(name), Reached::ByPath) = (&self.instance, reached) {
            text.push_str("/i/");
            text.push_str(name);
        }
        text.push_str(mount.path());
        Issuer(text)
    }

    /// Whether a token of this instance's keys may carry this issuer.
    ///
    /// The base path may be missing, since the server may be reached behind a proxy and directly; so may `/i/{name}`,
    /// since an instance is reached by its host name too.
    ///
    /// # Errors
    /// See [`IssuerDefect`].
    pub fn accepts(&self, issuer: &str) -> Result<(), IssuerDefect> {
        if canonical(issuer) != issuer {
            return Err(IssuerDefect::NotOurForm);
        }
        let (origin, path) = split_origin(issuer).ok_or(IssuerDefect::NotOurForm)?;
        let mut path = path;
        if let Some((public_origin, public_path)) =
            self.public_url.as_deref().and_then(split_origin)
        {
            if origin != public_origin {
                return Err(IssuerDefect::Origin);
            }
            path = path.strip_prefix(public_path).ok_or(IssuerDefect::Path)?;
        }
        let path = strip_segments(path, &self.base_path);
        let path = match &self.instance {
            Some(name) => strip_segments(path, &format!("/i/{name}")),
            None => path,
        };
        if Mount::ALL.into_iter().any(|mount| mount.path() == path) {
            Ok(())
        } else {
            Err(IssuerDefect::Path)
        }
    }
}

/// Lower case, without trailing slashes.
fn canonical(url: &str) -> String {
    url.trim_end_matches('/').to_ascii_lowercase()
}

/// Splits `http(s)://host[:port]` from the path behind it.
fn split_origin(url: &str) -> Option<(&str, &str)> {
    let host_at = ["http://", "https://"]
        .into_iter()
        .find(|scheme| url.starts_with(scheme))?
        .len();
    let path_at = url[host_at..]
        .find('/')
        .map_or(url.len(), |offset| host_at + offset);
    (path_at > host_at).then(|| url.split_at(path_at))
}

/// Takes whole segments off the front of a path, where they are.
fn strip_segments<'a>(path: &'a str, prefix: &str) -> &'a str {
    match path.strip_prefix(prefix) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    }
}
