//! A saved query as two operations, GET and POST, with its parameters and, where it compiles, its columns.

use cinchy_cql::value::{ResultColumn, Type};
use cinchy_cql::{parameters_of, text_parameters_of};
use cinchy_storage::Connection;
use cinchy_storage::queries::SavedQuery;
use cinchy_web::query::{CompileError, Prepared, Text};
use cinchy_web::{Generation, Instance, PrincipalEntry};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::execution::Returns;

/// What stands in a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The columns of a query for a caller; `None` where it is a script, does not compile, or waits for texts to replace.
///
/// # Errors
/// The database's.
pub fn columns(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    caller: &PrincipalEntry,
    query: &SavedQuery,
) -> Result<Option<Vec<ResultColumn>>, ApiError> {
    if !text_parameters_of(&query.cql).is_empty() {
        return Ok(None);
    }
    let Ok(names) = parameters_of(&query.cql) else {
        return Ok(None);
    };
    let mut parameters: Vec<(String, Type)> =
        names.into_iter().map(|name| (name, Type::Text)).collect();
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    let text = Text {
        cql: &query.cql,
        parameters: &parameters,
        text_parameters: &[],
        ad_hoc: false,
        versions: matches!(Returns::of_saved(&query.kind), Ok(Returns::Versions)),
    };
    match instance.prepare(conn, generation, caller, text) {
        Ok(Prepared::Query(query)) => Ok(Some(query.compiled.columns.clone())),
        Ok(Prepared::Script(_)) | Err(CompileError::Cql(_)) => Ok(None),
        Err(CompileError::Storage(error)) => Err(error.into()),
    }
}

/// The path of a query and what can be done there.
pub fn path_item(query: &SavedQuery, columns: Option<&[ResultColumn]>) -> (String, Value) {
    let segment = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
    let path = format!("/API/{}/{}", segment(&query.domain), segment(&query.name));
    let mut names: Vec<String> = parameters_of(&query.cql)
        .unwrap_or_default()
        .into_iter()
        .map(|name| format!("@{name}"))
        .collect();
    names.extend(
        text_parameters_of(&query.cql)
            .into_iter()
            .map(|number| format!("{{{number}}}")),
    );
    let mut parameters: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({
                "name": name,
                "in": "query",
                // A script may declare a variable of this name itself, which nobody sends.
                "required": false,
                "schema": { "type": "string" },
            })
        })
        .collect();
    let options = [
        "ResultFormat",
        "CompressJSON",
        "WrapSingleRecordInArray",
        "StartRow",
        "RowCount",
        "SchemaOnly",
    ];
    parameters.extend(
        options
            .into_iter()
            .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })),
    );
    let fields: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| (name.clone(), json!({ "type": "string" })))
        .collect();
    let operation = |method: &str| {
        json!({
            "operationId": format!("query{}{method}", query.id),
            "summary": format!("{} / {}", query.domain, query.name),
            "tags": [query.domain],
            "security": [{ "bearer": [] }, {}],
            "responses": responses(query, columns),
        })
    };
    let mut get = operation("Get");
    get["parameters"] = Value::from(parameters);
    let mut post = operation("Post");
    post["requestBody"] = json!({
        "required": false,
        "content": { "application/x-www-form-urlencoded": {
            "schema": { "type": "object", "properties": fields } } },
    });
    (path, json!({ "get": get, "post": post }))
}

fn responses(query: &SavedQuery, columns: Option<&[ResultColumn]>) -> Value {
    let format = query.result_format.as_deref().unwrap_or("JSON");
    let content = match format.to_ascii_uppercase().as_str() {
        "JSON" => json!({ "application/json": { "schema": rows(query.compress_json, columns) } }),
        "CSV" => json!({ "text/csv": { "schema": { "type": "string" } } }),
        "TSV" => json!({ "text/tab-separated-values": { "schema": { "type": "string" } } }),
        "XML" => json!({ "application/xml": { "schema": { "type": "string" } } }),
        _ => json!({ "text/plain": { "schema": { "type": "string" } } }),
    };
    json!({
        "200": { "description": "The result, in the query's stored format unless ResultFormat says otherwise.",
                 "content": content },
        "400": { "$ref": "#/components/responses/Refused" },
        "401": { "$ref": "#/components/responses/Unauthorized" },
        "403": { "$ref": "#/components/responses/Forbidden" },
    })
}

fn rows(compressed: bool, columns: Option<&[ResultColumn]>) -> Value {
    let Some(columns) = columns else {
        return if compressed {
            json!({ "$ref": "#/components/schemas/Compressed" })
        } else {
            json!({ "type": ["array", "object"] })
        };
    };
    if !compressed {
        let properties: serde_json::Map<String, Value> = columns
            .iter()
            .map(|c| (c.name.clone(), value(c.ty)))
            .collect();
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        return json!({ "type": "array", "items": {
            "type": "object", "properties": properties, "required": names } });
    }
    let names: Vec<Value> = columns
        .iter()
        .map(|c| json!({ "columnName": c.name, "type": c.ty.dotnet_name() }))
        .collect();
    let cells: Vec<Value> = columns.iter().map(|c| value(c.ty)).collect();
    json!({
        "type": "object",
        "required": ["schema", "data"],
        "properties": {
            "schema": { "const": names },
            "data": { "type": "array", "items": { "type": "array", "prefixItems": cells, "items": false } },
        },
    })
}

fn value(ty: Type) -> Value {
    match ty {
        Type::Bit => json!({ "type": ["boolean", "null"] }),
        Type::TinyInt | Type::SmallInt | Type::Int => {
            json!({ "type": ["integer", "null"], "format": "int32" })
        }
        Type::BigInt => json!({ "type": ["integer", "null"], "format": "int64" }),
        Type::Real => json!({ "type": ["number", "null"], "format": "float" }),
        Type::Double => json!({ "type": ["number", "null"], "format": "double" }),
        Type::Decimal { .. } | Type::Money => json!({ "type": ["number", "null"] }),
        Type::Text | Type::Null => json!({ "type": ["string", "null"] }),
        Type::Time(_) => json!({ "type": ["string", "null"], "examples": ["14:07:00"] }),
        Type::Date | Type::DateTime | Type::DateTime2(_) => {
            json!({ "type": ["string", "null"], "examples": ["2024-03-01T00:00:00"] })
        }
        Type::DateTimeOffset(_) => json!({ "type": ["string", "null"], "format": "date-time" }),
        Type::Binary => json!({ "type": ["string", "null"], "contentEncoding": "base64" }),
    }
}
