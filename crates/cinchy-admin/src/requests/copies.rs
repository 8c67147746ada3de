//! A request of the journal as a call and as tests. What is masked in the journal stands as a word in capitals, but for the
//! secret of a known client, which these pages' readers may see anyway.

use cinchy_web::explain::Explanation;
use cinchy_web::journal::{Entry, mask};
use serde_json::Value;

use super::seed;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::encode;
use crate::snippet::{Snippet, json, rust, shell};

/// Headers that a copy needs; programs send the others by themselves.
const HEADERS: &[&str] = &[
    "accept",
    "origin",
    "x-requested-with",
    "access-control-request-method",
];

/// A value of the journal as text.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The address of a request with its query string.
pub fn address(web: &str, entry: &Entry) -> String {
    let (query, _) = split(entry);
    format!("{web}{}", target(entry, &query))
}

type Fields = Vec<(String, String)>;

/// Parameters of the query string, and those of the form.
fn split(entry: &Entry) -> (Fields, Fields) {
    let mut all = Fields::new();
    for (name, value) in &entry.request.parameters {
        match value {
            Value::Array(values) => all.extend(values.iter().map(|v| (name.clone(), text(v)))),
            value => all.push((name.clone(), text(value))),
        }
    }
    let kind = entry.request.headers.get("content-type").map(text);
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if is_form {
        (Fields::new(), all)
    } else {
        (all, Fields::new())
    }
}

fn target(entry: &Entry, query: &Fields) -> String {
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    match query.len() {
        0 => entry.path.clone(),
        _ => format!("{}?{}", entry.path, query.join("&")),
    }
}

/// How the caller proves who they are.
#[derive(PartialEq, Eq)]
enum Proof {
    None,
    /// A token of this client for this user, as far as they are known.
    Bearer(Option<(String, String)>),
    Basic(String),
}

struct Call {
    web: String,
    method: String,
    target: String,
    form: Fields,
    body: Option<Value>,
    headers: Fields,
    proof: Proof,
    status: Option<u16>,
}

/// The texts to copy.
pub fn of(
    desk: &mut Desk<'_>,
    entry: &Entry,
    told: &Explanation,
) -> Result<Vec<Snippet>, PageError> {
    let secret = match &entry.client {
        Some(id) => desk
            .generation
            .client(desk.conn, id)?
            .map(|c| c.secret.expose().to_owned()),
        None => None,
    };
    let call = Call::of(&desk.frame.web, entry, secret.as_deref());
    let mut all = vec![Snippet {
        key: "curl",
        label: "curl",
        note: "The request again, from a shell.",
        text: call.curl(),
    }];
    let seed = seed::text(desk, entry, told)?;
    if !seed.is_empty() {
        all.push(Snippet {
            key: "seed",
            label: "Seed YAML",
            note: "What a seed needs for this request to pass: post it to /_emulator/seed, or start with it.",
            text: seed,
        });
    }
    all.push(Snippet {
        key: "playwright",
        label: "Playwright",
        note: "With cinchy-emulator-client, the folder clients/npm.",
        text: call.playwright(),
    });
    all.push(Snippet {
        key: "pytest",
        label: "pytest",
        note: "With the fixture of the folder clients/python.",
        text: call.pytest(),
    });
    all.push(Snippet {
        key: "rust",
        label: "Rust",
        note: "With cinchy-testkit.",
        text: call.rust(),
    });
    Ok(all)
}

impl Call {
    fn of(web: &str, entry: &Entry, secret: Option<&str>) -> Self {
        let shown = |fields: Fields| -> Fields {
            fields
                .into_iter()
                .map(|(name, value)| match (value == mask::MASK, secret) {
                    (false, _) => (name, value),
                    (true, Some(secret)) if name.eq_ignore_ascii_case("client_secret") => {
                        (name, secret.to_owned())
                    }
                    (true, _) => {
                        let word = name.to_uppercase();
                        (name, word)
                    }
                })
                .collect()
        };
        let (query, form) = split(entry);
        let scheme = entry
            .request
            .headers
            .get("authorization")
            .map(text)
            .unwrap_or_default();
        let scheme = scheme
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let proof = match scheme.as_str() {
            "bearer" => Proof::Bearer(entry.client.clone().zip(entry.user.clone())),
            "basic" => Proof::Basic(
                entry
                    .user
                    .clone()
                    .or(entry.client.clone())
                    .unwrap_or_else(|| "USER".to_owned()),
            ),
            _ => Proof::None,
        };
        Self {
            web: web.to_owned(),
            method: entry.method.clone(),
            target: target(entry, &shown(query)),
            form: shown(form),
            body: entry.request.body.clone(),
            headers: HEADERS
                .iter()
                .filter_map(|name| {
                    let value = text(entry.request.headers.get(*name)?);
                    (value != "*/*").then(|| ((*name).to_owned(), value))
                })
                .collect(),
            proof,
            status: entry.status,
        }
    }

    fn curl(&self) -> String {
        let mut out = String::new();
        let mut line = String::from("curl -i");
        if self.method != "GET" {
            line.push_str(&format!(" -X {}", self.method));
        }
        match &self.proof {
            Proof::None => {}
            Proof::Bearer(Some((client, user))) => {
                out.push_str(&format!(
                    "TOKEN=$(cinchy-emulator token --url {} --client {} --user {})\n\n",
                    shell(&self.web),
                    shell(client),
                    shell(user)
                ));
                line.push_str(" -H \"Authorization: Bearer $TOKEN\"");
            }
            Proof::Bearer(None) => line.push_str(" -H 'Authorization: Bearer TOKEN'"),
            Proof::Basic(user) => {
                line.push_str(&format!(" -u {}", shell(&format!("{user}:PASSWORD"))))
            }
        }
        for (name, value) in &self.headers {
            line.push_str(&format!(" \\\n  -H {}", shell(&format!("{name}: {value}"))));
        }
        for (name, value) in &self.form {
            line.push_str(&format!(
                " \\\n  --data-urlencode {}",
                shell(&format!("{name}={value}"))
            ));
        }
        if let Some(body) = &self.body {
            line.push_str(&format!(" \\\n  --json {}", shell(&body.to_string())));
        }
        line.push_str(&format!(
            " \\\n  {}\n",
            shell(&format!("{}{}", self.web, self.target))
        ));
        out + &line
    }

    fn playwright(&self) -> String {
        let mut options = format!("    method: {},\n", json(&self.method));
        let mut before = String::new();
        let mut headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{}: {}", json(name), json(value)))
            .collect();
        match &self.proof {
            Proof::None => {}
            Proof::Bearer(who) => {
                before = match who {
                    Some((client, user)) => format!(
                        "  const token = await cinchy.token({}, {});\n",
                        json(client),
                        json(user)
                    ),
                    None => "  const token = 'TOKEN';\n".to_owned(),
                };
                headers.push("Authorization: `Bearer ${token}`".to_owned());
            }
            Proof::Basic(user) => headers.push(format!(
                "Authorization: `Basic ${{btoa({})}}`",
                json(&format!("{user}:PASSWORD"))
            )),
        }
        if !headers.is_empty() {
            options.push_str(&format!("    headers: {{ {} }},\n", headers.join(", ")));
        }
        if !self.form.is_empty() {
            options.push_str(&format!("    form: {},\n", object(&self.form)));
        }
        if let Some(body) = &self.body {
            options.push_str(&format!("    data: {body},\n"));
        }
        let expected = match self.status {
            Some(status) => format!("  expect(answer.status()).toBe({status});\n"),
            None => String::new(),
        };
        format!(
            "import {{ test, expect }} from '@playwright/test';\nimport {{ Emulator }} from 'cinchy-emulator-client';\n\n\
             test({}, async ({{ request }}) => {{\n  const cinchy = await Emulator.start({{ seed: 'platform.yaml' }});\n{before}\
             \x20 const answer = await request.fetch(cinchy.url + {}, {{\n{options}    maxRedirects: 0,\n  }});\n{expected}\
             \x20 await cinchy.stop();\n}});\n",
            json(&format!("{} {}", self.method, self.target)),
            json(&self.target),
        )
    }

    fn pytest(&self) -> String {
        let mut out = String::from("def test_request(cinchy):\n");
        let mut arguments = format!("{}, {}", json(&self.method), json(&self.target));
        let mut headers = self.headers.clone();
        match &self.proof {
            Proof::Bearer(Some((client, user))) => {
                out.push_str(&format!(
                    "    token = cinchy.token({}, {})\n",
                    json(client),
                    json(user)
                ));
                arguments.push_str(", token");
            }
            Proof::Bearer(None) => arguments.push_str(", \"TOKEN\""),
            Proof::Basic(user) => {
                out.insert_str(0, "import base64\n\n\n");
                out.push_str(&format!(
                    "    proof = base64.b64encode({}.encode()).decode()\n",
                    json(&format!("{user}:PASSWORD"))
                ));
                headers.push(("Authorization".to_owned(), "Basic ".to_owned()));
            }
            Proof::None => {}
        }
        if !self.form.is_empty() {
            arguments.push_str(&format!(", form={}", object(&self.form)));
        }
        if !headers.is_empty() {
            let all: Vec<String> = headers
                .iter()
                .map(|(name, value)| match name.as_str() {
                    "Authorization" => format!("{}: {} + proof", json(name), json(value)),
                    _ => format!("{}: {}", json(name), json(value)),
                })
                .collect();
            arguments.push_str(&format!(", headers={{{}}}", all.join(", ")));
        }
        if let Some(body) = &self.body {
            // The fixture sends forms only.
            out.push_str(&format!(
                "    # The body, which needs a library such as requests: {body}\n"
            ));
        }
        out.push_str(&format!("    answer = cinchy.request({arguments})\n"));
        if let Some(status) = self.status {
            out.push_str(&format!("    assert answer.status == {status}\n"));
        }
        out
    }

    fn rust(&self) -> String {
        let mut calls = String::new();
        let mut before = String::new();
        match &self.proof {
            Proof::None => {}
            Proof::Bearer(who) => {
                before = match who {
                    Some((client, user)) => format!(
                        "    let token = cinchy.token({}, {}).await?;\n",
                        rust(client),
                        rust(user)
                    ),
                    None => "    let token = \"TOKEN\";\n".to_owned(),
                };
                calls.push_str("        .bearer_auth(token)\n");
            }
            Proof::Basic(user) => calls.push_str(&format!(
                "        .basic_auth({}, Some(\"PASSWORD\"))\n",
                rust(user)
            )),
        }
        for (name, value) in &self.headers {
            calls.push_str(&format!(
                "        .header({}, {})\n",
                rust(name),
                rust(value)
            ));
        }
        if !self.form.is_empty() {
            let fields: Vec<String> = self
                .form
                .iter()
                .map(|(name, value)| format!("({}, {})", rust(name), rust(value)))
                .collect();
            calls.push_str(&format!("        .form(&[{}])\n", fields.join(", ")));
        }
        if let Some(body) = &self.body {
            calls.push_str(&format!(
                "        .header(\"content-type\", \"application/json\")\n        .body({})\n",
                rust(&body.to_string())
            ));
        }
        let expected = match self.status {
            Some(status) => format!("    assert_eq!(answer.status(), {status});\n"),
            None => String::new(),
        };
        format!(
            "use cinchy_testkit::Emulator;\n\n#[tokio::test]\nasync fn request() -> Result<(), Box<dyn std::error::Error>> {{\n\
             \x20   let cinchy = Emulator::builder().seed_file(\"platform.yaml\").start().await?;\n{before}\
             \x20   let url = format!(\"{{}}{{}}\", cinchy.url(), {});\n\
             \x20   let answer = cinchy\n        .http()\n        .request({}.parse()?, url)\n{calls}        .send()\n        .await?;\n\
             {expected}    Ok(())\n}}\n",
            rust(&self.target),
            rust(&self.method),
        )
    }
}

/// Fields as an object of JavaScript, which is a dictionary of Python too. Of repeated names the last one counts.
fn object(fields: &Fields) -> String {
    let map: serde_json::Map<String, Value> = fields
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    Value::from(map).to_string()
}
