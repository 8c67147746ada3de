//! The console's sign-in: a built-in public client `cinchy-console` with PKCE (code, not a row: decided), whose code is
//! redeemed within the process, so that it gets a session and no token.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use cinchy_auth::pkce::Challenge;
use cinchy_auth::{GrantType, IntegratedClient, Mount, PlainSecret, Scope, handle};
use cinchy_storage::StorageError;

use crate::cache::PrincipalEntry;
use crate::codes::ExchangeError;
use crate::cookie::{self, Reader};
use crate::form::encode;
use crate::session::Kind;
use crate::site::{Site, local_path};

/// The client id.
pub const CONSOLE_CLIENT: &str = "cinchy-console";

const PURPOSE: &str = "console-sign-in";

/// Where the browser comes back to.
fn redirect_uri(site: &Site) -> String {
    format!("{}/admin/signin", site.issuer_at(Mount::Root))
}

/// The client, as the authorize endpoint asks it.
pub fn console_client(site: &Site) -> IntegratedClient {
    IntegratedClient {
        id: 0,
        client_id: CONSOLE_CLIENT.to_owned(),
        client_name: "Cinchy console".to_owned(),
        grant_types: vec![GrantType::AuthorizationCode],
        redirect_urls: vec![redirect_uri(site)],
        logout_urls: vec![format!("{}/admin", site.issuer_at(Mount::Root))],
        scopes: vec![Scope::OpenId],
        access_token_lifetime: None,
        show_login_screen: true,
        enabled: true,
        secret: PlainSecret::from(""),
    }
}

/// A sign-in that begins.
#[derive(Debug)]
pub struct Begun {
    /// Where to send the browser (302).
    pub location: String,
    /// `Set-Cookie` of the answer.
    pub cookie: HeaderValue,
}

/// Begins a sign-in of the console. `return_to` is the page that the user wanted, a path of this site; for anything else
/// it is the console's first page.
pub fn begin(site: &Site, return_to: &str) -> Begun {
    let start = format!("{}/admin", site.path_at(Mount::Root));
    let return_to = local_path(return_to).unwrap_or(&start);
    let verifier = handle::new(&mut rand::rng());
    let sealer = site.instance.sealer();
    let state = sealer.seal(
        PURPOSE,
        &format!("{} {return_to}", sealer.tag(PURPOSE, verifier.expose())),
    );
    let issuer = site.issuer_at(Mount::Root);
    let location = format!(
        "{issuer}/connect/authorize?response_type=code&client_id={CONSOLE_CLIENT}&redirect_uri={}&scope=openid&state={}\
         &code_challenge={}&code_challenge_method=S256",
        encode(&redirect_uri(site)),
        encode(&state),
        Challenge::of(verifier.expose()).as_str(),
    );
    Begun {
        location,
        cookie: cookie::set(
            site,
            &site.instance.cookies().console_sign_in,
            verifier.expose(),
            Reader::Server,
        ),
    }
}

/// A sign-in that ended well.
#[derive(Debug)]
pub struct Redeemed {
    /// The user.
    pub entry: Arc<PrincipalEntry>,
    /// `Set-Cookie`s of the answer: the console's session, and the end of the sign-in's own cookie.
    pub cookies: [HeaderValue; 2],
    /// The page that the user wanted: a path of this site.
    pub return_to: String,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// The browser has no sign-in under way, or another one.
    #[error("this sign-in was not begun in this browser, or is over; open the console again")]
    NotBegun,
    /// The code is no good.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The database's.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The cookie of a sign-in that is under way, for [`redeem`].
pub fn begun_cookie(site: &Site, request: &HttpRequest) -> Option<String> {
    cookie::read(request, &site.instance.cookies().console_sign_in)
}

/// Redeems `code` and `state`, with which the browser came back to `<web>/admin/signin`. Blocks.
///
/// # Errors
/// See [`RedeemError`].
pub fn redeem(
    site: &Site,
    begun: Option<&str>,
    code: &str,
    state: &str,
) -> Result<Redeemed, RedeemError> {
    let sealer = site.instance.sealer();
    let verifier = begun.ok_or(RedeemError::NotBegun)?;
    let opened = sealer.open(PURPOSE, state).ok_or(RedeemError::NotBegun)?;
    let (tag, return_to) = opened.split_once(' ').ok_or(RedeemError::NotBegun)?;
    if !sealer.is_tag(PURPOSE, verifier, tag) {
        return Err(RedeemError::NotBegun);
    }
    let exchanged = site.instance.exchange_code(
        CONSOLE_CLIENT,
        &PlainSecret::from(code),
        Some(&redirect_uri(site)),
        Some(&PlainSecret::from(verifier)),
    )?;
    let login = exchanged.data.login();
    let session = site
        .instance
        .start_session(Kind::Console, &exchanged.entry.user, &login)?;
    let names = site.instance.cookies();
    Ok(Redeemed {
        cookies: [
            cookie::set(site, &names.console, session.expose(), Reader::Server),
            cookie::remove(site, &names.console_sign_in),
        ],
        entry: exchanged.entry,
        return_to: return_to.to_owned(),
    })
}
