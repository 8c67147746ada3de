//! A document as a page: no script, no network, one policy.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use askama::Template;
use cinchy_web::Site;
use serde_json::Value;

use crate::error::ApiError;

/// As the console's: nothing but our own style sheet and pictures.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "api/openapi.html")]
struct Page<'a> {
    version: &'a str,
    /// Base path, for links.
    path: &'a str,
    server: &'a str,
    groups: Vec<Group>,
}

/// Operations under one tag.
struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    method: &'static str,
    path: String,
    summary: String,
    fields: Vec<String>,
    columns: Vec<String>,
}

/// The page of a document.
///
/// # Errors
/// None that a template of ours has.
pub fn show(site: &Site, document: &Value) -> Result<HttpResponse, ApiError> {
    let page = Page {
        version: site.platform.options.version,
        path: &site.platform.options.base_path,
        server: document["servers"][0]["url"].as_str().unwrap_or_default(),
        groups: groups(document),
    };
    let html = page
        .render()
        .map_err(|_| ApiError::Gone(cinchy_web::Gone))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header(("cache-control", "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html))
}

fn groups(document: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for (key, method) in [("get", "GET"), ("post", "POST")] {
            let Some(operation) = item.get(key) else {
                continue;
            };
            // A query stands once: its POST takes the same fields.
            if key == "post" && item["get"]["summary"] == operation["summary"] {
                continue;
            }
            let name = operation["tags"][0].as_str().unwrap_or_default();
            let operation = Operation {
                method,
                path: path.clone(),
                summary: operation["summary"].as_str().unwrap_or_default().to_owned(),
                fields: fields(operation),
                columns: columns(operation),
            };
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group {
                    name: name.to_owned(),
                    operations: vec![operation],
                }),
            }
        }
    }
    groups
}

fn fields(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let own = parameters.filter_map(|p| p["name"].as_str().map(str::to_owned));
    let bodies = operation["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten();
    let body = bodies
        .filter_map(|(_, body)| body["schema"]["properties"].as_object())
        .flat_map(|properties| properties.keys().cloned());
    own.chain(body).collect()
}

fn columns(operation: &Value) -> Vec<String> {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let columns = schema["properties"]["schema"]["const"]
        .as_array()
        .into_iter()
        .flatten();
    columns
        .filter_map(|c| {
            let (name, ty) = (c["columnName"].as_str()?, c["type"].as_str()?);
            Some(format!("{name} ({ty})"))
        })
        .collect()
}
