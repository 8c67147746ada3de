//! `/_emulator/openapi.json` and `/_emulator/docs`: what the control API can do, for programs and for people.
//!
//! One list describes each call; the document and the page are made of it, and a test holds it against the routes.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use cinchy_auth::Mount;
use cinchy_web::Site;
use serde_json::{Map, Value, json};

/// As the console's: nothing but our own style sheet.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A call of the control API.
struct Call {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    /// Query parameters, each with its meaning.
    parameters: &'static [(&'static str, &'static str)],
    /// An example of a JSON body, if the call takes one.
    body: Option<&'static str>,
    /// Status of success, with what it brings.
    answer: (u16, &'static str),
    /// Other answers of the same shape.
    also: &'static [(u16, &'static str)],
    /// Content types of the answer.
    kinds: &'static [&'static str],
}

const JSON: &str = "application/json";

const FILTERS: [(&str, &str); 8] = [
    (
        "method",
        "the method; preflights are left out unless it is OPTIONS",
    ),
    ("path", "a glob over the path, in any case: /API/HR/*"),
    ("status", "404, 4xx, several with commas"),
    ("user", "a glob over the user name"),
    ("client", "a glob over the client's id"),
    ("query", "a glob over Domain/Name"),
    (
        "since",
        "only entries after this number, which answers carry as `next`",
    ),
    (
        "limit",
        "at most so many: the first after `since`, else the newest",
    ),
];

const AWAIT: [(&str, &str); 9] = [
    ("count", "how many to wait for (1); 0 expects none"),
    ("timeout", "how long to wait (5s), at most 300s"),
    FILTERS[0],
    FILTERS[1],
    FILTERS[2],
    FILTERS[3],
    FILTERS[4],
    FILTERS[5],
    FILTERS[6],
];

const fn call(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: (u16, &'static str),
) -> Call {
    Call {
        method,
        path,
        summary,
        parameters: &[],
        body: None,
        answer,
        also: &[],
        kinds: &[JSON],
    }
}

impl Call {
    const fn taking(self, parameters: &'static [(&'static str, &'static str)]) -> Self {
        Self { parameters, ..self }
    }

    const fn or(self, also: &'static [(u16, &'static str)]) -> Self {
        Self { also, ..self }
    }

    const fn written_as(self, kinds: &'static [&'static str]) -> Self {
        Self { kinds, ..self }
    }

    const fn with(self, body: &'static str) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }
}

const NONE: (u16, &str) = (204, "done");

const CALLS: &[Call] = &[
    call("get", "/info", "Version, instance, database, URLs, clock, counts, uptime", (200, "what runs")),
    call("post", "/reset", "Back to the base seed: data, ids, clock, faults, journal, sessions", NONE)
        .or(&[(409, "the data was made of other seeds than this start has")]),
    call("get", "/seed", "The live state as a seed, YAML or (by Accept) JSON", (200, "a seed"))
        .written_as(&["application/yaml", JSON]),
    call("post", "/seed", "Applies a seed, YAML or JSON, all of it or nothing", (200, "warnings and counts"))
        .taking(&[("mode", "merge (default) or replace, which makes it the base of later resets")])
        .with(r#"{"users": [{"username": "zoe", "password": "zoe-12345"}]}"#),
    call("get", "/clock", "The instance's time and how it runs", (200, "now and mode")),
    call("put", "/clock", "Moves the clock (advance, set) or stops it (freeze)", (200, "now and mode"))
        .with(r#"{"advance": "PT1H"}"#),
    call("delete", "/clock", "The machine's time again", (200, "now and mode")),
    call("get", "/snapshots", "The snapshots with their sizes", (200, "snapshots")),
    call("put", "/snapshots/{name}", "Takes a snapshot; one of this name is replaced", (200, "the snapshot")),
    call("post", "/snapshots/{name}/restore", "Puts the data of a snapshot back", NONE),
    call("delete", "/snapshots/{name}", "Deletes a snapshot", NONE),
    call("get", "/snapshots/{name}/diff/{other}", "Rows added, changed, removed by table; the other may be `live`", (200, "tables")),
    call("get", "/instances", "The instances", (200, "instances")),
    call("put", "/instances/{name}", "Makes an instance, from the base seed or the seed in the body", (201, "the instance")),
    call("delete", "/instances/{name}", "Drops an instance with its data", NONE),
    call("post", "/tokens", "Mints a token of any kind, good or with one defect", (200, "the token"))
        .with(r#"{"client": "demo-app", "user": "ann", "scopes": ["js_api"], "lifetime": "10m", "claims": {}, "kind": "access", "defect": "expired"}"#),
    call("post", "/keys/rotate", "Another signing key; the old one is listed until its tokens have expired", (200, "the new key's id")),
    call("get", "/faults", "The faults, healed ones included, and the presets", (200, "faults and presets")),
    call("post", "/faults", "Orders a fault", (201, "the fault"))
        .with(r#"{"name": "busy", "match": {"path": "/API/HR/*", "user": "ann"}, "times": 2, "every": null, "skip": 0, "effect": {"status": 503, "headers": {"Retry-After": "1"}, "body": "busy"}}"#),
    call("delete", "/faults", "Takes all faults back", NONE),
    call("get", "/faults/{name}", "A fault and how often it was applied", (200, "the fault")),
    call("post", "/faults/{name}", "Orders a fault under this name; a preset needs no body", (201, "the fault"))
        .with(r#"{"match": {"path": "/API/HR/*"}}"#),
    call("delete", "/faults/{name}", "Takes a fault back", NONE),
    call("get", "/journal", "Requests to the platform with what was decided, oldest first", (200, "entries, next, dropped"))
        .taking(&FILTERS),
    call("delete", "/journal", "Forgets all entries", NONE),
    call("get", "/journal/await", "Answers when so many have come", (200, "entries, next, dropped"))
        .taking(&AWAIT)
        .or(&[(408, "so many did not come in time: those that did"), (409, "one came that was not expected")]),
    call("get", "/journal/stream", "The same, live, as server-sent events", (200, "an event for each entry"))
        .taking(&FILTERS)
        .written_as(&["text/event-stream"]),
    call("post", "/explain", "May this user, or the holder of this token, run this query? Each check and what decided it", (200, "allowed and checks"))
        .with(r#"{"user": "eve", "domain": "HR", "query": "Employees"}"#),
];

/// The document, OpenAPI 3.1.
pub async fn json(site: Site) -> HttpResponse {
    HttpResponse::Ok().json(document(&site))
}

fn document(site: &Site) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for call in CALLS {
        let item = paths.entry(call.path).or_insert_with(|| json!({}));
        item[call.method] = operation(call);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "cinchy-emulator control API",
            "version": site.platform.options.version,
            "description": "What makes the emulator a test fixture. Durations are ISO 8601 (PT90S) or short (90s). Errors are application/problem+json (RFC 9457).",
        },
        "servers": [{"url": format!("{}/_emulator", site.issuer_at(Mount::Root))}],
        "security": [{}, {"control": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "control": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of --control-token; without one, loopback only",
                },
            },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                    },
                    "required": ["type", "title", "status", "detail"],
                },
            },
        },
    })
}

fn operation(call: &Call) -> Value {
    let mut parameters: Vec<Value> = call
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
        })
        .collect();
    parameters.extend(call.parameters.iter().map(|(name, meaning)| {
        json!({"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}})
    }));
    let mut responses = json!({
        "default": {
            "description": "refused",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    });
    for (status, brings) in [&call.answer].into_iter().chain(call.also) {
        let mut response = json!({"description": brings});
        if *status != NONE.0 {
            let schema = |kind| match kind {
                JSON => json!({}),
                _ => json!({"type": "string"}),
            };
            let contents = call
                .kinds
                .iter()
                .map(|kind| ((*kind).to_owned(), json!({"schema": schema(*kind)})));
            response["content"] = Value::Object(contents.collect());
        }
        responses[status.to_string()] = response;
    }
    let mut operation = json!({
        "operationId": operation_id(call),
        "tags": [call.path.trim_start_matches('/').split('/').next()],
        "summary": call.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(example) = call.body {
        // The examples are JSON, which a test sees to.
        let example: Value = serde_json::from_str(example).unwrap_or_default();
        operation["requestBody"] = json!({
            "content": {"application/json": {"schema": {"type": "object"}, "example": example}},
        });
    }
    operation
}

fn operation_id(call: &Call) -> String {
    let mut id = call.method.to_owned();
    for word in call
        .path
        .split(['/', '{', '}'])
        .filter(|word| !word.is_empty())
    {
        let mut letters = word.chars();
        id.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        id.push_str(letters.as_str());
    }
    id
}

/// The page: no script, nothing from the network.
pub async fn page(site: Site) -> HttpResponse {
    let server = site.issuer_at(Mount::Root).to_string();
    let base = &site.platform.options.base_path;
    let mut html = String::with_capacity(16 * 1024);
    // Writing to a String cannot fail.
    let _ = write_page(&mut html, &server, base, site.platform.options.version);
    HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

fn write_page(out: &mut String, server: &str, base: &str, version: &str) -> std::fmt::Result {
    let (server, base, version) = (escaped(server), escaped(base), escaped(version));
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Control API - Cinchy Emulator</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <link rel=\"stylesheet\" href=\"{base}/assets/console.css\">\
         <link rel=\"icon\" href=\"{base}/assets/icon.svg\" type=\"image/svg+xml\"></head><body>\
         <header class=\"bar\"><div class=\"page bar-inner\"><img class=\"logo\" src=\"{base}/assets/icon.svg\" alt=\"\" width=\"28\" height=\"28\">\
         <span class=\"name\">Cinchy Emulator</span><span class=\"version\">{version}</span></div></header><main class=\"page\">\
         <h1>Control API</h1><p class=\"lead\">What can be called below <code>{server}/_emulator</code>. \
         <a href=\"openapi.json\">OpenAPI document</a>. Durations are <code>PT90S</code> or <code>90s</code>; \
         errors are <code>application/problem+json</code>.</p>\n"
    )?;
    for call in CALLS {
        let method = call.method.to_ascii_uppercase();
        write!(
            out,
            "<section class=\"card\"><h2><code>{method} /_emulator{}</code></h2><p>{}. Answers {} ({})",
            escaped(call.path),
            escaped(call.summary),
            call.answer.0,
            escaped(call.answer.1),
        )?;
        for (status, brings) in call.also {
            write!(out, ", {status} ({})", escaped(brings))?;
        }
        out.push_str(".</p>");
        if !call.parameters.is_empty() {
            out.push_str("<table class=\"plain-table gap-below\"><thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
            for (name, meaning) in call.parameters {
                write!(
                    out,
                    "<tr><td><code>{}</code></td><td>{}</td></tr>",
                    escaped(name),
                    escaped(meaning)
                )?;
            }
            out.push_str("</tbody></table>");
        }
        let data = call
            .body
            .map(|body| format!(" -H 'Content-Type: application/json' -d '{body}'"));
        writeln!(
            out,
            "<pre tabindex=\"0\"><code>{}</code></pre></section>",
            escaped(&format!(
                "curl -X {method} '{server}/_emulator{}'{}",
                call.path,
                data.unwrap_or_default()
            ))
        )?;
    }
    out.push_str("</main></body></html>\n");
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_json() {
        for call in CALLS {
            if let Some(body) = call.body {
                assert!(serde_json::from_str::<Value>(body).is_ok(), "{body}");
            }
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let mut ids: Vec<String> = CALLS.iter().map(operation_id).collect();
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
