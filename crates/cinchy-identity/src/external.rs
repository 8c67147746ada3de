//! Sign-in with an external identity provider, as far as the other pages know of it.

use cinchy_web::Site;

/// Where "Login with Single Sign-On" leads, for a login that goes on to `return_url`; `None` where no identity provider is
/// configured.
pub fn address(_site: &Site, _return_url: &str) -> Option<String> {
    None
}
