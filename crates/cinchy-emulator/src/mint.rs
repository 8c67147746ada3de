//! `token`: a token by the control API of a running emulator. Its options stand with all others in `config`.

use serde_json::{Value, json};

use crate::config::Mint;

impl Mint {
    /// The body of the call.
    fn body(&self) -> Value {
        let scopes: Option<Vec<&str>> = self.scopes.as_deref().map(|scopes| {
            scopes
                .split([',', ' '])
                .filter(|scope| !scope.is_empty())
                .collect()
        });
        let mut body = json!({ "kind": self.kind });
        for (name, value) in [
            ("client", json!(self.client)),
            ("user", json!(self.user)),
            ("scopes", json!(scopes)),
            ("lifetime", json!(self.lifetime)),
            ("claims", json!(self.claims)),
            ("defect", json!(self.defect)),
        ] {
            if !value.is_null() {
                body[name] = value;
            }
        }
        body
    }

    /// Mints one; what is to be printed, or what went wrong, in words.
    ///
    /// # Errors
    /// The client library's.
    pub async fn run(&self) -> anyhow::Result<Result<String, String>> {
        let url = format!("{}/_emulator/tokens", self.url.trim_end_matches('/'));
        let client = crate::cli::client(&url).build()?;
        let mut request = client.post(&url).json(&self.body());
        if let Some(token) = &self.control_token {
            request = request.bearer_auth(token);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(format!("{url} does not answer: {error}"))),
        };
        let status = answer.status();
        let text = answer.text().await?;
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if !status.is_success() {
            let detail = answer["detail"].as_str().unwrap_or(&text);
            return Ok(Err(format!("no token ({status}): {detail}")));
        }
        let token = ["access_token", "id_token", "token"]
            .iter()
            .find_map(|name| answer[*name].as_str());
        Ok(match token {
            Some(token) if !self.json => Ok(token.to_owned()),
            _ => Ok(text),
        })
    }
}
