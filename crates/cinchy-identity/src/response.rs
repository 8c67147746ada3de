//! The answer of the authorize endpoint: parameters in the query, behind the `#`, or in a form that posts itself.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_auth::authorize::{AuthorizeRequest, Refusal, ResponseMode};
use cinchy_web::form::encode;
use cinchy_web::{Site, WithReason as _};

use crate::error::IdentityError;
use crate::page;

/// Posts the form; without scripts, there is a button.
const SUBMIT: &str =
    "window.addEventListener('load', function () { document.forms[0].submit(); });";

#[derive(Template)]
#[template(path = "identity/form_post.html")]
struct FormPost<'a> {
    action: &'a str,
    fields: &'a [(&'a str, String)],
    script: &'a str,
}

/// Sends parameters to the client.
pub fn send(
    request: &AuthorizeRequest,
    fields: &[(&'static str, String)],
) -> Result<HttpResponse, IdentityError> {
    let text = || {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        pairs.join("&")
    };
    let uri = &request.redirect_uri;
    match request.mode {
        ResponseMode::FormPost => page::script_page(
            &FormPost {
                action: uri,
                fields,
                script: SUBMIT,
            },
            SUBMIT,
            "",
        ),
        ResponseMode::Query => page::go(&with_query(uri, &text()), []),
        ResponseMode::Fragment => page::go(&format!("{uri}#{}", text()), []),
    }
}

/// Sends a refusal to the client.
pub fn refuse(
    site: &Site,
    request: &AuthorizeRequest,
    refusal: Refusal,
) -> Result<HttpResponse, IdentityError> {
    let mut fields = vec![("error", refusal.code().to_owned())];
    if let Some(state) = &request.state {
        fields.push(("state", state.clone()));
    }
    if request.response.code {
        fields.push(("iss", site.issuer().to_string()));
    }
    let response = match request.mode {
        // IdentityServer: so that a browser does not carry over a fragment of its own.
        ResponseMode::Query => {
            let text: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}={}", encode(value)))
                .collect();
            let url = with_query(&request.redirect_uri, &text.join("&"));
            page::go(&format!("{url}#_=_"), [])
        }
        _ => send(request, &fields),
    }?;
    Ok(response.with_reason(refusal.to_string()))
}

/// A URL with more in its query.
pub fn with_query(url: &str, text: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{text}")
}
