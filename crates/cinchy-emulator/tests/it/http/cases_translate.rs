//! `/API/Translate`: the order in which a text is looked for, and both forms of body.

use serde_json::{Value, json};

use crate::support::backends::{builder, start_each};
use crate::support::case::{Case, check, get, post};

const CREATE: &str = "6C7EDC33-0C6B-4B0C-9C1D-0E7B4A7A0001";
const DELETE: &str = "6C7EDC33-0C6B-4B0C-9C1D-0E7B4A7A0002";
const SAVE: &str = "6c7edc33-0c6b-4b0c-9c1d-0e7b4a7a0003";

fn cases() -> Vec<Case> {
    let asked = |user: &'static str, guid: &str, language: Value, region: Value| {
        let body =
            json!({ "guids": [guid], "language": language, "region": region, "debug": true });
        post("/API/Translate")
            .body("application/json", body.to_string())
            .bearer(user)
            .named(&body.to_string())
    };
    let gives = |case: Case,
                 guid: &str,
                 text: &str,
                 language: Value,
                 region: Value,
                 default: bool| {
        case.gives_json(json!({ "data": { guid: {
            "translation": text, "language": language, "region": region, "defaultText": default } } }))
    };
    let null = || Value::Null;
    let form = |body: &str| post("/api/translate").form(body).bearer("bob").named(body);
    let create_in_french = json!({ "data": { CREATE: { "translation": "Créer" } } });
    vec![
        gives(asked("bob", CREATE, json!("fr"), json!("FR")), CREATE, "Créer (FR)", json!("fr"), json!("FR"), false),
        gives(asked("bob", CREATE, json!("FR"), json!("fr")), CREATE, "Créer (FR)", json!("fr"), json!("FR"), false),
        // Another region: the language alone.
        gives(asked("bob", CREATE, json!("fr"), json!("CA")), CREATE, "Créer", json!("fr"), null(), false),
        gives(asked("bob", CREATE, json!("fr"), null()), CREATE, "Créer", json!("fr"), null(), false),
        gives(asked("bob", DELETE, json!("de"), json!("US")), DELETE, "Löschen", json!("de"), json!("DE"), false),
        // Another language: the default text.
        gives(asked("bob", CREATE, json!("es"), json!("ES")), CREATE, "Create", null(), null(), true),
        gives(asked("bob", SAVE, json!("fr"), json!("FR")), SAVE, "Save", null(), null(), true),
        // Nothing is known: the guid itself.
        gives(asked("bob", "no-such-text", json!("fr"), json!("FR")), "no-such-text", "no-such-text", null(), null(), false),
        // Blank: what the user prefers, else nothing.
        gives(asked("ann", CREATE, null(), null()), CREATE, "Create (CA)", json!("en"), json!("CA"), false),
        gives(asked("ann", CREATE, json!("fr"), json!("")), CREATE, "Créer", json!("fr"), null(), false),
        gives(asked("bob", CREATE, null(), null()), CREATE, "Create", null(), null(), true),
        // As the JS SDK writes it.
        form(&format!("guids%5B0%5D={CREATE}&language=fr&region=null&debug=false")).gives_json(create_in_french.clone()),
        form(&format!("guids%5B%5D={CREATE}&language=fr&region=&debug=null")).gives_json(create_in_french),
        form(&format!("guids[0]={SAVE}&guids[1]={DELETE}&guids[2]={SAVE}&language=null&region=null"))
            .gives(&json!({ "data": { SAVE: { "translation": "Save" }, DELETE: { "translation": "Delete" } } }).to_string()),
        form("language=fr").gives(r#"{"data":{}}"#),
        form("guids%5B%5D").gives(r#"{"data":{}}"#),
        post("/API/Translate").body("application/json", "[").bearer("bob").is(400),
        post("/API/Translate").body("application/json", r#"{"guids":[{}]}"#).bearer("bob").is(400).named("an object"),
        post("/API/Translate").form("guids[0]=x").is(401),
        post("/API/Translate").form("guids[0]=x").bearer_text("null").is(401).named("Bearer null"),
        get("/API/Translate").bearer("bob").is(405),
    ]
}

#[tokio::test]
async fn translations() {
    let seed = include_str!("seed_platform.yaml");
    let backends = start_each(builder().seed_text(seed)).await;
    check(&backends, &cases()).await;
}
