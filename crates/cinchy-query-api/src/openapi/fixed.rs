//! The endpoints that are always there, as OpenAPI 3.1. It stands beside `routes.rs`: a test asks each path that is
//! described here.

use serde_json::{Value, json};

/// The document without saved queries.
pub fn document(server: &str, version: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Cinchy web API (emulated)",
            "version": version,
            "description": "The fixed endpoints, and the saved queries that the caller of this document may run.",
        },
        "servers": [{ "url": server }],
        "paths": paths(),
        "components": components(),
    })
}

fn paths() -> Value {
    let entitlements = |by: &str, fields: Value| {
        json!({ "post": {
            "operationId": format!("getTableEntitlementsBy{by}"),
            "summary": format!("What the caller may do with a table, named by {}", by.to_lowercase()),
            "tags": ["Account"],
            "security": [{ "bearer": [] }],
            "requestBody": form(&fields),
            "responses": answers(json!({ "$ref": "#/components/schemas/TableEntitlements" })),
        } })
    };
    json!({
        "/identity/connect/token": { "post": {
            "operationId": "token",
            "summary": "An access token for a user name and a password",
            "tags": ["Sign in"],
            "security": [],
            "requestBody": form(&json!({
                "grant_type": { "const": "password" },
                "client_id": { "type": "string" },
                "client_secret": { "type": "string" },
                "username": { "type": "string" },
                "password": { "type": "string" },
                "scope": { "type": "string", "default": "js_api" },
            })),
            "responses": {
                "200": { "description": "The token.", "content": { "application/json": { "schema": {
                    "type": "object", "required": ["access_token", "expires_in", "token_type"] } } } },
                "400": { "description": "Why not.", "content": { "application/json": { "schema": {
                    "type": "object", "required": ["error"] } } } },
            },
        } },
        "/API/ExecuteCQL": { "post": {
            "operationId": "executeCql",
            "summary": "Runs CQL of the caller's own",
            "tags": ["CQL"],
            "security": [{ "bearer": [] }],
            "requestBody": form(&json!({
                "Query": { "type": "string" },
                "Type": { "enum": ["QUERY", "DRAFT_QUERY", "SCALAR", "NONQUERY", "VERSION_HISTORY_QUERY"] },
                "ResultFormat": { "$ref": "#/components/schemas/ResultFormat" },
                "Delimiter": { "type": "string", "maxLength": 1 },
                "CompressJSON": { "type": "boolean", "default": true },
                "SchemaOnly": { "type": "boolean", "default": false },
                "UserId": { "type": "integer", "description": "Administrators: run with the rights of this user." },
                "ConnectionId": { "type": "string" },
                "TransactionId": { "type": "string" },
                "CommandTimeout": { "type": "integer", "minimum": 0, "default": 30 },
                "Parameters[0].ParameterName": { "type": "string", "examples": ["@p"] },
                "Parameters[0].ValueType": { "type": "string", "examples": ["System.String"] },
                "Parameters[0].XmlSerializedValue": { "type": "string" },
            })),
            "responses": answers(json!({ "$ref": "#/components/schemas/Compressed" })),
        } },
        "/API/OpenConnection": { "get": {
            "operationId": "openConnection",
            "summary": "Opens a connection of the caller's own; the answer is its id",
            "tags": ["Connections"],
            "security": [{ "bearer": [] }],
            "responses": plain(),
        } },
        "/API/BeginTransaction": on_connection("beginTransaction", "Begins a transaction; the answer is its id", false),
        "/API/CommitTransaction": on_connection("commitTransaction", "Keeps what the transaction wrote", true),
        "/API/RollbackTransaction": on_connection("rollbackTransaction", "Undoes what the transaction wrote", true),
        "/API/CloseConnection": on_connection("closeConnection", "Closes a connection and rolls its transaction back", false),
        "/api/files/v1.0/{domain}/{table}/{cinchyId}/{column}": files(),
        "/API/Translate": { "post": {
            "operationId": "translate",
            "summary": "Texts in the caller's language",
            "tags": ["Texts"],
            "security": [{ "bearer": [] }],
            "requestBody": { "required": true, "content": { "application/json": { "schema": {
                "type": "object",
                "properties": {
                    "guids": { "type": "array", "items": { "type": "string" } },
                    "language": { "type": ["string", "null"] },
                    "region": { "type": ["string", "null"] },
                    "debug": { "type": ["boolean", "null"] },
                } } } } },
            "responses": answers(json!({ "type": "object", "required": ["data"] })),
        } },
        "/API/callback": { "post": {
            "operationId": "webhook",
            "summary": "Runs the saved query of a webhook, with the payload as parameters",
            "tags": ["Webhooks"],
            "security": [],
            "parameters": [{ "name": "key", "in": "query", "required": true, "schema": { "type": "string" } }],
            "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } },
            "responses": answers(json!({})),
        } },
        "/Account/GetGroupsCurrentUserBelongsTo": { "get": {
            "operationId": "groups",
            "summary": "Groups of the caller",
            "tags": ["Account"],
            "security": [{ "bearer": [] }],
            "responses": answers(json!({ "type": "array", "items": {
                "type": "object", "required": ["id", "name"], "properties": {
                    "id": { "type": "integer" }, "name": { "type": "string" } } } })),
        } },
        "/Account/GetTableEntitlementsById": entitlements("Id", json!({ "tableId": { "type": "integer" } })),
        "/Account/GetTableEntitlementsByGuid": entitlements("Guid", json!({ "tableGuid": { "type": "string" } })),
        "/Account/GetTableEntitlementsByName": entitlements("Name", json!({
            "domainName": { "type": "string" }, "tableName": { "type": "string" } })),
        "/api/v1.0/secrets-manager/secret": { "get": {
            "operationId": "secret",
            "summary": "The value of a secret",
            "tags": ["Secrets"],
            "security": [{ "bearer": [] }],
            "parameters": [
                { "name": "secretName", "in": "query", "required": true, "schema": { "type": "string" } },
                { "name": "domain", "in": "query", "schema": { "type": "string" } },
            ],
            "responses": answers(json!({ "type": "object", "required": ["secretValue"] })),
        } },
        "/cache/clear": { "post": {
            "operationId": "clearCache",
            "summary": "Clears caches; for administrators",
            "tags": ["Platform"],
            "security": [{ "bearer": [] }],
            "responses": {
                "200": { "description": "Done." },
                "401": { "$ref": "#/components/responses/Unauthorized" },
                "403": { "$ref": "#/components/responses/Forbidden" },
            },
        } },
        "/healthcheck": open("healthcheck", "Health and version of the web server", "application/json"),
        "/idp/healthcheck": open("idpHealthcheck", "Health and version of the identity server", "application/json"),
        "/.well-known/cinchy-configuration": open("configuration", "Where the identity server is", "application/json"),
        "/api/getstsauthorityuri": open("authority", "The issuer's address", "text/plain"),
    })
}

fn plain() -> Value {
    json!({
        "200": { "description": "Done.", "content": { "text/plain": { "schema": { "type": "string" } } } },
        "400": { "$ref": "#/components/responses/Refused" },
        "401": { "$ref": "#/components/responses/Unauthorized" },
    })
}

fn on_connection(id: &str, summary: &str, transaction: bool) -> Value {
    let mut fields = json!({ "connectionId": { "type": "string" } });
    if transaction {
        fields["transactionId"] = json!({ "type": "string" });
    }
    json!({ "post": {
        "operationId": id,
        "summary": summary,
        "tags": ["Connections"],
        "security": [{ "bearer": [] }],
        "requestBody": form(&fields),
        "responses": plain(),
    } })
}

fn files() -> Value {
    let path = |name: &str, ty: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": ty } });
    let mut uploaded = answers(json!({ "type": "array", "items": {
        "type": "object", "required": ["fileId", "fileName", "size"], "properties": {
            "fileId": { "type": "integer" }, "fileName": { "type": "string" }, "size": { "type": "integer" } } } }));
    uploaded["413"] = json!({ "$ref": "#/components/responses/TooLarge" });
    let mut download = answers(json!({}));
    download["200"] = json!({ "description": "The file.", "content": { "*/*": { "schema": {} } } });
    let cell = [
        path("domain", "string"),
        path("table", "string"),
        path("cinchyId", "integer"),
        path("column", "string"),
    ];
    let file = json!({ "name": "fileId", "in": "query", "schema": { "type": "integer" } });
    let wanted: Vec<&Value> = cell.iter().chain([&file]).collect();
    json!({
        "post": {
            "operationId": "uploadFiles",
            "summary": "Adds files to a cell that links to [Cinchy].[Files]",
            "tags": ["Files"],
            "security": [{ "bearer": [] }],
            "parameters": cell,
            "requestBody": { "required": true, "content": { "multipart/form-data": { "schema": {
                "type": "object",
                "required": ["files"],
                "properties": { "files": { "type": "array", "items": { "type": "string", "format": "binary" } } },
            } } } },
            "responses": uploaded,
        },
        "get": {
            "operationId": "downloadFile",
            "summary": "A file of a cell",
            "tags": ["Files"],
            "security": [{ "bearer": [] }, {}],
            "parameters": wanted,
            "responses": download,
        },
    })
}

fn open(id: &str, summary: &str, content_type: &str) -> Value {
    json!({ "get": {
        "operationId": id,
        "summary": summary,
        "tags": ["Platform"],
        "security": [],
        "responses": { "200": { "description": "Found.", "content": { content_type: { "schema": {} } } } },
    } })
}

fn form(properties: &Value) -> Value {
    json!({ "required": true, "content": { "application/x-www-form-urlencoded": {
        "schema": { "type": "object", "properties": properties } } } })
}

fn answers(schema: Value) -> Value {
    json!({
        "200": { "description": "The answer.", "content": { "application/json": { "schema": schema } } },
        "400": { "$ref": "#/components/responses/Refused" },
        "401": { "$ref": "#/components/responses/Unauthorized" },
        "403": { "$ref": "#/components/responses/Forbidden" },
        "404": { "$ref": "#/components/responses/NotFound" },
    })
}

fn components() -> Value {
    let refused = |description: &str| {
        json!({
            "description": description,
            "headers": { "X-Cinchy-Error": { "schema": { "type": "string" } } },
            "content": { "text/html": { "schema": { "type": "string" } } },
        })
    };
    let option =
        |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
    let flag = |name: &str| option(name, json!({ "type": "boolean" }));
    let count = |name: &str| option(name, json!({ "type": "integer", "minimum": 0 }));
    let yes_no = || json!({ "type": "boolean" });
    let text = || json!({ "type": "string" });
    json!({
        "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer",
                        "description": "An access token, or a personal access token." },
        },
        "parameters": {
            "ResultFormat": option("ResultFormat", json!({ "$ref": "#/components/schemas/ResultFormat" })),
            "CompressJSON": flag("CompressJSON"),
            "WrapSingleRecordInArray": flag("WrapSingleRecordInArray"),
            "SchemaOnly": flag("SchemaOnly"),
            "StartRow": count("StartRow"),
            "RowCount": count("RowCount"),
        },
        "responses": {
            "Refused": refused("The call or its data are wrong; the header says why."),
            "Unauthorized": refused("No credential, or one that does not hold."),
            "Forbidden": refused("The caller lacks a right."),
            "TooLarge": refused("The files are larger than 1 GB together."),
            "NotFound": refused("There is no such thing."),
        },
        "schemas": {
            "ResultFormat": { "enum": ["JSON", "XML", "CSV", "TSV", "PSV", "DELIMITED_FILE"] },
            "Compressed": {
                "type": "object",
                "required": ["schema", "data"],
                "properties": {
                    "schema": { "type": "array", "items": {
                        "type": "object",
                        "required": ["columnName", "type"],
                        "properties": { "columnName": text(), "type": text() } } },
                    "data": { "type": "array", "items": { "type": "array" } },
                },
            },
            "TableEntitlements": {
                "type": "object",
                "required": ["canAddRows", "tableId", "columnEntitlements"],
                "properties": {
                    "accessIsDefinedForCurrentUser": yes_no(),
                    "canAddRows": yes_no(),
                    "canApproveChanges": yes_no(),
                    "canDeleteRows": yes_no(),
                    "canDesignTable": yes_no(),
                    "canManageControls": yes_no(),
                    "tableDomain": text(),
                    "tableName": text(),
                    "tableId": { "type": "integer" },
                    "tableGuid": text(),
                    "username": text(),
                    "columnEntitlements": { "type": "array", "items": {
                        "type": "object",
                        "properties": {
                            "columnId": { "type": "integer" },
                            "columnGuid": text(),
                            "columnName": text(),
                            "canView": yes_no(),
                            "canEdit": yes_no(),
                        } } },
                },
            },
        },
    })
}
