//! `/assets/{file}`: style sheets and the like of the login pages and the console, embedded in the program, so that both
//! share a look and nothing has to be beside the binary.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETag, EntityTag, IfNoneMatch, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, web};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../assets"]
struct Assets;

/// Adds the assets. They are open to everybody, and no instance has others.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/assets/{file}").route(web::get().to(asset)));
}

async fn asset(name: web::Path<String>, known: web::Header<IfNoneMatch>) -> HttpResponse {
    let Some(file) = Assets::get(&name) else {
        return HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("there is no such asset");
    };
    // Weak, since compression on the way out changes the bytes.
    let tag = EntityTag::new_weak(hex(&file.metadata.sha256_hash()[..16]));
    let fresh = match known.into_inner() {
        IfNoneMatch::Any => false,
        IfNoneMatch::Items(tags) => tags.iter().any(|known| known.weak_eq(&tag)),
    };
    let mut response = if fresh {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(ETag(tag))
        // Asked for again each time: another version of the program has other files at the same address.
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if fresh {
        return response.finish();
    }
    response
        .insert_header((CONTENT_TYPE, content_type(&name)))
        .body(file.data.into_owned())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
