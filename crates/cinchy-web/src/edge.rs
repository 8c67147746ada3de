//! What every request crosses before it is routed, and every answer on its way out: the path in canonical form, the
//! instance, CORS, the request id, the reason of a refusal, the journal, faults.

mod cors;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, AUTHORIZATION, HOST, HeaderName, HeaderValue, ORIGIN,
    STRICT_TRANSPORT_SECURITY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use cinchy_auth::issuer::Reached;
use cinchy_storage::StorageError;
use uuid::Uuid;

use self::cors::{Cors, add_cors, cors_of, is_preflight, preflight};
use crate::admission::{admit, no_instance, unreachable};
use crate::area::Area;
use crate::faults::{self, DropAt, Fault, Seen, Socket, Subject};
use crate::instance::{DEFAULT_NAME, Instance};
use crate::journal::{Ending, Facts, Observation};
use crate::path::{Route, route};
use crate::platform::{ControlAccess, Platform};
use crate::reason::Reason;
use crate::site::Site;
use crate::spans::{Answered, Context};
use crate::throttle;

/// The header that says why a request was refused.
pub const REASON_HEADER: HeaderName = HeaderName::from_static("x-emulator-reason");
/// The platform's own request id.
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Numbers the requests of a process.
#[derive(Debug)]
pub struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self {
            process: Uuid::new_v4().as_u64_pair().0,
            next: AtomicU64::new(1),
        }
    }
}

impl RequestIds {
    fn next(&self) -> String {
        format!(
            "{:016x}-{:x}",
            self.process,
            self.next.fetch_add(1, Ordering::Relaxed)
        )
    }
}

/// For half a year.
const HSTS: &str = "max-age=15552000";

/// Whether browsers are to keep to https: not on localhost, where they would hold it against every port.
fn needs_https(public_url: &str) -> bool {
    public_url.strip_prefix("https://").is_some_and(|rest| {
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        host != "localhost" && !host.ends_with(".localhost")
    })
}

/// The middleware.
///
/// # Errors
/// Those of the inner service.
pub async fn cross<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(platform) = request
        .app_data::<web::Data<Platform>>()
        .map(|data| Arc::clone(data))
    else {
        return next
            .call(request)
            .await
            .map(ServiceResponse::map_into_left_body);
    };
    let began = Instant::now();
    let route = route(request.path(), &platform.options.base_path);
    let mut reached = route.reached;
    let by_host = match &route.instance {
        None => named_by_host(&request, platform.options.public_url.as_deref()),
        Some(_) => None,
    };
    let named = route.instance.as_deref().or(by_host.as_deref());
    let instance = match named {
        None => Ok(Some(platform.default_instance().clone())),
        Some(name) => platform.reach(name).await,
    };
    if by_host.is_some() {
        reached = Reached::ByHost;
    }
    let under_way = Arc::clone(&platform);
    let _under_way = under_way.metrics.begin();
    let cors = cors_of(&route.path);
    let area = Area::of(&route.path);
    let origin = request.headers().get(ORIGIN).cloned();
    let faithful = platform.options.faithful;
    let id = request
        .app_data::<web::Data<RequestIds>>()
        .map(|ids| ids.next());
    let is_public_https = platform
        .options
        .public_url
        .as_deref()
        .is_some_and(needs_https);
    let preflight_of = is_preflight(&request).then_some(cors);
    let facts = Arc::<Facts>::default();
    let traced = platform
        .spans
        .as_ref()
        .filter(|_| area.is_recorded())
        .map(|spans| {
            let name = named.unwrap_or(DEFAULT_NAME).to_owned();
            let context = Context::of(request.headers());
            (spans.clone(), context, SystemTime::now(), name)
        });
    let observed = instance
        .as_ref()
        .ok()
        .cloned()
        .flatten()
        // Nobody can read a journal that the control API does not show.
        .filter(|_| area.is_recorded() && platform.options.control != ControlAccess::Off)
        .map(|instance| {
            let path = local_path(request.path(), &platform.options.base_path, &route).into_owned();
            let is_preflight = preflight_of.is_some();
            let observation = Observation::begin(
                &mut request,
                began,
                path.into(),
                &route.path,
                is_preflight,
                &facts,
            );
            (instance, observation)
        });

    let mut response = match instance {
        Err(error) => request
            .into_response(unreachable(&error))
            .map_into_right_body(),
        Ok(None) => request.into_response(no_instance()).map_into_right_body(),
        Ok(Some(_)) if preflight_of.is_some_and(|cors| cors != Cors::None) => {
            let wanted = request
                .headers()
                .get(ACCESS_CONTROL_REQUEST_HEADERS)
                .cloned();
            request
                .into_response(preflight(wanted))
                .map_into_right_body()
        }
        Ok(Some(instance)) => {
            // Before the pass: a reset does not wait for who is made to wait.
            let fault = fault_of(&mut request, &platform, &route, area, &instance).await;
            if let Some(delay) = fault.as_ref().and_then(|fault| fault.effect.delay) {
                instance.faults().delay(delay).await;
            }
            match admit(&mut request, &platform, named, instance, &route.path).await {
                Err(unadmitted) => request
                    .into_response(unadmitted.answer())
                    .map_into_right_body(),
                Ok((instance, pass)) => {
                    let interruptions = instance.interruptions();
                    let lacks_keys = !instance.has_keys() && needs_keys(&request, &route.path);
                    let origin = request_origin(&request);
                    let sender =
                        throttle::sender(request.peer_addr().map(|a| a.ip()), request.headers());
                    rewrite(&mut request, &route.path);
                    request.extensions_mut().insert(Site {
                        platform,
                        instance: Arc::clone(&instance),
                        mount: route.mount,
                        reached,
                        origin,
                        sender,
                        facts: Arc::clone(&facts),
                    });
                    let served = async {
                        if lacks_keys {
                            instance.ready_keys().await;
                        }
                        match fault {
                            None => Ok::<_, Error>(next.call(request).await?.map_into_left_body()),
                            Some(fault) => {
                                facts.hit_by(&fault);
                                strike(request, next, &fault, &route.path).await
                            }
                        }
                    };
                    let mut response = match pass {
                        Some(pass) => pass.over(served).await?,
                        None => served.await?,
                    };
                    if response.status().is_server_error()
                        && instance.interruptions() != interruptions
                    {
                        let reason = Reason(StorageError::Interrupted.to_string());
                        response.response_mut().extensions_mut().insert(reason);
                    }
                    response
                }
            }
        }
    };
    let has_status = facts
        .fault()
        .is_none_or(|fault| fault.effect.drop != Some(DropAt::BeforeHeaders));
    let took = began.elapsed();
    under_way.metrics.answered(
        area,
        response.status().as_u16(),
        took,
        facts.fault().is_some(),
    );
    if tracing::enabled!(target: "cinchy_web::requests", tracing::Level::INFO) {
        tell(&response, &route.path, took, id.as_deref());
    }
    let reason = reason_of(&response, area, &route.path);
    let headers = response.headers_mut();
    add_cors(headers, cors, origin);
    if let Some(id) = &id
        && let Ok(id) = HeaderValue::from_str(id)
    {
        headers.insert(CORRELATION_ID, id);
    }
    if is_public_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if let Some(text) = &reason
        && !faithful
        && let Ok(value) = HeaderValue::from_str(&header_text(text))
    {
        headers.insert(REASON_HEADER, value);
    }
    let response = match observed {
        None => response,
        Some((instance, observation)) => observation.finish(
            &instance,
            response,
            Ending {
                request_id: id.clone().unwrap_or_default(),
                reason,
                has_status,
            },
        ),
    };
    // The journal has found out what a form says.
    if let Some((spans, context, since, instance)) = traced {
        let answered = Answered {
            context,
            began: since,
            took,
            method: response.request().method().as_str(),
            path: &route.path,
            status: response.status().as_u16(),
            request_id: id.as_deref(),
            instance: &instance,
            facts: &facts,
        };
        if let Some(span) = answered.span() {
            spans.take(span);
        }
    }
    Ok(response)
}

/// A line of the log for a request (target `cinchy_web::requests`, level info). Query strings stay out of it: they may
/// hold secrets.
fn tell<B>(response: &ServiceResponse<B>, path: &str, took: Duration, id: Option<&str>) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let (method, status) = (
        response.request().method().as_str(),
        response.status().as_u16(),
    );
    tracing::info!(
        target: "cinchy_web::requests",
        request_id = id.unwrap_or_default(),
        method,
        path,
        status,
        micros,
        "answered"
    );
}

/// The fault that hits a request, if any is armed.
async fn fault_of(
    request: &mut ServiceRequest,
    platform: &Platform,
    route: &Route,
    area: Area,
    instance: &Arc<Instance>,
) -> Option<Arc<Fault>> {
    let faults = instance.faults();
    if faults.is_idle() || area == Area::Own {
        return None;
    }
    let written = local_path(request.path(), &platform.options.base_path, route).into_owned();
    let routed = route.path.as_str();
    let subject = if faults.wants_subject() {
        Subject::of(request, routed, instance).await
    } else {
        Subject::of_header(request)
    };
    faults.next(&Seen {
        method: request.method(),
        path: &written,
        routed,
        area,
        subject: &subject,
    })
}

/// Serves a request that a fault hits.
async fn strike<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    fault: &Fault,
    routed: &str,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let effect = &fault.effect;
    let socket = request.conn_data::<Socket>().cloned();
    if effect.drop == Some(DropAt::BeforeHeaders)
        && let Some(socket) = &socket
    {
        socket.close();
    }
    let response = match faults::synthesized(fault, routed) {
        Some(response) => request.into_response(response).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    Ok(faults::cut_or_slow(response, effect, socket))
}

/// Why a request was refused: what the room said, else what can be told of the status.
fn reason_of<B>(response: &ServiceResponse<B>, area: Area, path: &str) -> Option<String> {
    if let Some(Reason(text)) = response.response().extensions().get::<Reason>() {
        return Some(text.clone());
    }
    let status = response.status();
    if !status.is_client_error() || !area.is_recorded() {
        return None;
    }
    Some(match status.as_u16() {
        404 => format!(
            "nothing of the platform is at `{path}`; the web API is described at /openapi, the identity server at /.well-known/openid-configuration"
        ),
        405 => format!("`{path}` is there, and has no such method; use another one"),
        _ => format!(
            "the request was refused with {status} before an endpoint saw it; check its method, headers and body"
        ),
    })
}

/// The path as the client wrote it, without base path and instance.
fn local_path<'p>(path: &'p str, base: &str, route: &Route) -> Cow<'p, str> {
    if base.is_empty() && route.instance.is_none() {
        return Cow::Borrowed(path);
    }
    let mut segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let base: Vec<&str> = base.split('/').filter(|s| !s.is_empty()).collect();
    if segments.len() >= base.len()
        && base
            .iter()
            .zip(&segments)
            .all(|(b, s)| s.eq_ignore_ascii_case(b))
    {
        segments.drain(..base.len());
    }
    if route.reached == Reached::ByPath && route.instance.is_some() && segments.len() >= 2 {
        segments.drain(..2);
    }
    Cow::Owned(format!("/{}", segments.join("/")))
}

/// Whether a request will ask for signing keys: an instance has none in memory before. The token endpoint waits for them
/// itself, when it has hashed the password.
fn needs_keys(request: &ServiceRequest, path: &str) -> bool {
    if path == "/connect/token" {
        return false;
    }
    let bearer = request.headers().get(AUTHORIZATION).is_some_and(|value| {
        value
            .as_bytes()
            .get(..6)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
    });
    bearer
        || [
            "/connect/",
            "/.well-known/",
            "/account/",
            "/_emulator/tokens",
            "/_emulator/keys",
            "/admin",
        ]
        .iter()
        .any(|start| path.starts_with(start))
}

/// What follows the name of an instance in a host.
const LOCALHOST: &str = ".localhost";

/// The instance that the host names: `{name}.localhost`. The host of the public URL is the default instance's.
fn named_by_host(request: &ServiceRequest, public_url: Option<&str>) -> Option<String> {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().authority().map(|a| a.as_str()))?;
    let host = host.split(':').next().unwrap_or(host);
    let at = host.len().checked_sub(LOCALHOST.len())?;
    if at == 0 || !host.get(at..)?.eq_ignore_ascii_case(LOCALHOST) {
        return None;
    }
    let name = &host[..at];
    let is_public = public_url
        .and_then(|url| url.split_once("://"))
        .and_then(|(_, rest)| rest.split([':', '/']).next())
        .is_some_and(|public| public.eq_ignore_ascii_case(host));
    (!is_public && !name.contains('.')).then(|| name.to_ascii_lowercase())
}

/// Scheme and host as the client sees them. A configured public URL replaces them where they matter.
fn request_origin(request: &ServiceRequest) -> String {
    let scheme = if request.app_config().secure() {
        "https"
    } else {
        "http"
    };
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().authority().map(|a| a.as_str()))
        // Links and the paths of cookies are made of it: nothing but `host[:port]`.
        .filter(|host| {
            host.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
        })
        .unwrap_or("localhost");
    format!("{scheme}://{host}")
}

/// Gives the request another path; the query stays.
fn rewrite(request: &mut ServiceRequest, path: &str) {
    if request.path() == path {
        return;
    }
    let text = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // Made of pieces of a URI that was parsed, so it is one.
    if let Ok(uri) = text.parse::<Uri>() {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

/// A text as a header may carry it: one line of visible ASCII, the rest percent-encoded.
pub fn header_text(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' | '\n' | '\t' => out.push(' '),
            ' '..='~' => out.push(c),
            _ => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
    }
    out
}
