//! `GET /metrics`: numbers of the process in the text format of Prometheus.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use cinchy_web::Site;

/// The numbers. Guarded as the rest of the control API.
pub async fn show(site: Site) -> HttpResponse {
    let platform = &site.platform;
    let mut text = platform.metrics.text();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "# HELP cinchy_uptime_seconds Seconds since the start.\n\
         # TYPE cinchy_uptime_seconds gauge\n\
         cinchy_uptime_seconds {}\n\
         # HELP cinchy_password_hashes_total Passwords that were hashed.\n\
         # TYPE cinchy_password_hashes_total counter\n\
         cinchy_password_hashes_total {}\n\
         # HELP cinchy_info What runs.\n\
         # TYPE cinchy_info gauge\n\
         cinchy_info{{version=\"{}\",database=\"{}\"}} 1\n",
        platform.started.elapsed().as_secs(),
        platform.hashing().hashed(),
        platform.options.version,
        site.instance.database().kind(),
    );
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text)
}
