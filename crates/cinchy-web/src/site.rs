//! Where a request came in: the instance, and the address that its issuer and links are made of.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, error};
use chrono::{DateTime, Utc};
use cinchy_auth::issuer::Reached;
use cinchy_auth::{Issuer, Mount, PlainSecret};

use crate::authenticate::AuthError;
use crate::cache::PrincipalEntry;
use crate::instance::{DEFAULT_NAME, Instance};
use crate::journal::Facts;
use crate::platform::Platform;
use crate::work::run;

/// The edge puts it into each request; handlers take it as an argument.
#[derive(Clone)]
pub struct Site {
    /// The process's platform.
    pub platform: Arc<Platform>,
    /// The instance that is spoken to.
    pub instance: Arc<Instance>,
    /// The identity server's prefix that was used.
    pub mount: Mount,
    /// How the instance was named.
    pub reached: Reached,
    /// Scheme and host of the request, `http://localhost:8081`.
    pub origin: String,
    /// Who sends it, as far as that is known.
    pub sender: Option<IpAddr>,
    /// What is found out about the request, for the journal.
    pub facts: Arc<Facts>,
}

impl Site {
    /// The issuer of this address.
    pub fn issuer(&self) -> Issuer {
        self.issuer_at(self.mount)
    }

    /// Whether the request named this machine, and not a name that another site may have pointed at it.
    pub fn is_local_host(&self) -> bool {
        is_local_origin(&self.origin)
    }

    /// The address of another instance as this caller reaches it: what a client puts before everything.
    pub fn instance_url(&self, name: &str) -> String {
        let options = &self.platform.options;
        let root = match (&options.public_url, self.reached) {
            (Some(url), _) => url.clone(),
            (None, Reached::ByPath) => self.origin.clone(),
            // The other one is no part of this one's host.
            (None, Reached::ByHost) => self
                .origin
                .replace(&format!("{}.localhost", self.instance.name()), "localhost"),
        };
        let root = format!("{root}{}", options.base_path);
        if name == DEFAULT_NAME {
            root
        } else {
            format!("{root}/i/{name}")
        }
    }

    /// Whether browsers reach this address by https.
    pub fn is_https(&self) -> bool {
        self.issuer().as_str().starts_with("https:")
    }

    /// The path of this address, without a slash at the end: of the issuer, without scheme and host.
    pub fn path(&self) -> String {
        self.path_at(self.mount)
    }

    /// The path of another mount.
    pub fn path_at(&self, mount: Mount) -> String {
        let issuer = self.issuer_at(mount);
        let rest = issuer
            .as_str()
            .split_once("://")
            .map_or("", |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..]).to_owned()
    }

    /// The time that tokens are issued at: the instance's, but for a fault that skews it.
    pub fn issue_time(&self) -> DateTime<Utc> {
        let now = self.instance.clock().now();
        let skew = self.facts.fault().and_then(|fault| fault.effect.skew);
        skew.and_then(|skew| now.checked_add_signed(skew))
            .unwrap_or(now)
    }

    /// Whether a fault makes the sign-in of this request fail, whatever the password.
    pub fn sign_in_fails(&self) -> bool {
        self.facts
            .fault()
            .is_some_and(|fault| fault.effect.login_fails)
    }

    /// Signs a user in as [`Instance::sign_in`] does, when it is this request's turn: those that wait hold no thread.
    ///
    /// # Errors
    /// Those of [`Instance::sign_in`].
    pub async fn sign_in(
        &self,
        username: &str,
        password: &PlainSecret,
    ) -> Result<Arc<PrincipalEntry>, AuthError> {
        let turn = self.platform.hashing().turn().await;
        let (instance, sender) = (self.instance.clone(), self.sender);
        let (username, password) = (username.to_owned(), password.clone());
        run(move || {
            let entry = instance.sign_in(sender, &username, &password);
            drop(turn);
            entry
        })
        .await
    }

    /// The issuer of another mount.
    pub fn issuer_at(&self, mount: Mount) -> Issuer {
        self.instance
            .issuers()
            .issuer(&self.origin, self.reached, mount)
    }
}

/// Whether scheme and host (`http://localhost:8081`) name this machine.
pub fn is_local_origin(origin: &str) -> bool {
    let rest = origin.split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or_default();
    let host = match rest.strip_prefix('[') {
        Some(ip) => ip.split(']').next().unwrap_or_default(),
        None => rest.split(':').next().unwrap_or_default(),
    }
    .to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// The longest path that a browser is sent back to, in bytes: an authorize request with everything in it encoded.
const LONGEST_PATH: usize = 32 * 1024;

/// A URL of this site to go on to: a path, and neither `//host` nor `/\host`, which browsers take for another site.
pub fn local_path(url: &str) -> Option<&str> {
    let is_local = url.len() <= LONGEST_PATH
        && url.starts_with('/')
        && !url[1..].starts_with('/')
        && url
            .chars()
            .all(|c| !c.is_control() && c != '\\' && c != ' ');
    is_local.then_some(url)
}

impl FromRequest for Site {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            request.extensions().get::<Self>().cloned().ok_or_else(|| {
                error::ErrorInternalServerError("the request did not cross the edge")
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_site_are_local() {
        for good in [
            "/",
            "/connect/authorize/callback?a=b",
            "/i/x/device?userCode=1",
        ] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "evil",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            "javascript:alert(1)",
            &format!("/{}", "x".repeat(32 * 1024)),
        ] {
            assert_eq!(local_path(bad), None, "{bad}");
        }
    }
}
