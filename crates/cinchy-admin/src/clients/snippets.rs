//! Calls that can be copied, with the client's real values in them.

use cinchy_auth::GrantType;

use super::Client;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::encode;
use crate::snippet::{Snippet, json, shell};

/// What the snippets of a client are made of.
struct Values {
    web: String,
    client_id: String,
    secret: String,
    scope: String,
    user: String,
    query: String,
    redirect: String,
    service: bool,
}

/// The snippets of a client, for the first saved query that the signed-in user may run.
pub fn snippets(desk: &mut Desk<'_>, client: &Client) -> Result<Vec<Snippet>, PageError> {
    let principal = desk.caller.principal();
    let queries = desk.generation.executable_queries(desk.conn, &principal)?;
    let query = queries.first().map_or_else(
        || "Domain/Query".to_owned(),
        |q| format!("{}/{}", encode(&q.domain), encode(&q.name)),
    );
    let scopes: Vec<&str> = client.scopes.iter().map(|s| s.as_str()).collect();
    let values = Values {
        web: desk.frame.web.clone(),
        client_id: client.client_id.clone(),
        secret: client.secret.clone(),
        scope: scopes.join(" "),
        user: desk.visitor.entry.user.username.clone(),
        query,
        redirect: client
            .login_urls
            .first()
            .cloned()
            .unwrap_or_else(|| "http://localhost:4200/".to_owned()),
        service: client.grants.contains(&GrantType::ClientCredentials)
            && !client.grants.contains(&GrantType::ResourceOwnerPassword),
    };
    Ok(values.all())
}

impl Values {
    /// The fields of the token request besides client id and secret.
    fn grant(&self) -> Vec<(&'static str, String)> {
        if self.service {
            vec![
                ("grant_type", "client_credentials".to_owned()),
                ("scope", "js_api".to_owned()),
            ]
        } else {
            vec![
                ("grant_type", "password".to_owned()),
                ("username", self.user.clone()),
                ("password", "PASSWORD".to_owned()),
                ("scope", self.scope.clone()),
            ]
        }
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = self.grant();
        fields.insert(1, ("client_id", self.client_id.clone()));
        fields.insert(2, ("client_secret", self.secret.clone()));
        fields
    }

    fn all(&self) -> Vec<Snippet> {
        vec![
            Snippet {
                key: "curl",
                label: "curl",
                note: "A token, then a saved query with it.",
                text: self.curl(),
            },
            Snippet {
                key: "python",
                label: "Python",
                note: "With requests.",
                text: self.python(),
            },
            Snippet {
                key: "javascript",
                label: "JavaScript",
                note: "With fetch, in a browser or in Node.",
                text: self.javascript(),
            },
            Snippet {
                key: "angular",
                label: "Angular",
                note: "The settings of the Cinchy Angular SDK. The client needs the grant Implicit and the redirect URL.",
                text: self.angular(),
            },
            Snippet {
                key: "dotnet",
                label: ".NET",
                note: "With HttpClient.",
                text: self.dotnet(),
            },
            Snippet {
                key: "powerquery",
                label: "Power Query",
                note: "For Excel and Power BI: a saved query with user name and password, which they ask for (choose Basic).",
                text: self.power_query(),
            },
        ]
    }

    fn curl(&self) -> String {
        let data: String = self
            .fields()
            .iter()
            .map(|(n, v)| format!(" \\\n  --data-urlencode {}", shell(&format!("{n}={v}"))))
            .collect();
        format!(
            "TOKEN=$(curl -s {}{data} \\\n  | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n\n\
             curl -H \"Authorization: Bearer $TOKEN\" {}\n",
            shell(&format!("{}/identity/connect/token", self.web)),
            shell(&format!("{}/API/{}", self.web, self.query)),
        )
    }

    fn python(&self) -> String {
        let data: String = self
            .fields()
            .iter()
            .map(|(n, v)| format!("    {}: {},\n", json(n), json(v)))
            .collect();
        format!(
            "import requests\n\ntoken = requests.post({}, data={{\n{data}}}).json()[\"access_token\"]\n\n\
             answer = requests.get(\n    {},\n    headers={{\"Authorization\": f\"Bearer {{token}}\"}},\n)\n\
             answer.raise_for_status()\nprint(answer.json())\n",
            json(&format!("{}/identity/connect/token", self.web)),
            json(&format!("{}/API/{}", self.web, self.query)),
        )
    }

    fn javascript(&self) -> String {
        let data: String = self
            .fields()
            .iter()
            .map(|(n, v)| format!("    {n}: {},\n", json(v)))
            .collect();
        format!(
            "const answer = await fetch({}, {{\n  method: \"POST\",\n  body: new URLSearchParams({{\n{data}  }}),\n}});\n\
             const {{ access_token }} = await answer.json();\n\n\
             const rows = await fetch({}, {{\n  headers: {{ Authorization: `Bearer ${{access_token}}` }},\n}});\n\
             console.log(await rows.json());\n",
            json(&format!("{}/identity/connect/token", self.web)),
            json(&format!("{}/API/{}", self.web, self.query)),
        )
    }

    fn angular(&self) -> String {
        format!(
            "// CinchyModule.forRoot() takes it from the provider CinchyConfig.\nexport const CINCHY_CONFIG: CinchyConfig = {{\n  \
             cinchyRootUrl: {},\n  authority: {},\n  clientId: {},\n  redirectUri: {},\n  scope: {},\n  \
             silentRefreshEnabled: true,\n}};\n",
            json(&self.web),
            json(&self.web.to_lowercase()),
            json(&self.client_id),
            json(&self.redirect),
            json(&self.scope),
        )
    }

    fn dotnet(&self) -> String {
        let data: String = self
            .fields()
            .iter()
            .map(|(n, v)| format!("        [{}] = {},\n", json(n), json(v)))
            .collect();
        format!(
            "using System.Net.Http.Headers;\nusing System.Text.Json;\n\nusing var http = new HttpClient();\n\
             var answer = await http.PostAsync(\n    {},\n    new FormUrlEncodedContent(new Dictionary<string, string>\n    {{\n{data}    }}));\n\
             answer.EnsureSuccessStatusCode();\nusing var token = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());\n\n\
             http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(\n    \"Bearer\", token.RootElement.GetProperty(\"access_token\").GetString());\n\
             Console.WriteLine(await http.GetStringAsync(\n    {}));\n",
            json(&format!("{}/identity/connect/token", self.web)),
            json(&format!("{}/API/{}", self.web, self.query)),
        )
    }

    fn power_query(&self) -> String {
        let url = format!("{}/BasicAuthAPI/{}?ResultFormat=CSV", self.web, self.query);
        format!(
            "let\n    Source = Csv.Document(\n        Web.Contents(\"{}\"),\n        [Delimiter = \",\", Encoding = 65001]),\n    \
             Rows = Table.PromoteHeaders(Source, [PromoteAllScalars = true])\nin\n    Rows\n",
            url.replace('"', "\"\"")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        let values = Values {
            web: "http://localhost:8081".to_owned(),
            client_id: "a'b\"c`${d}\\".to_owned(),
            secret: "s".to_owned(),
            scope: "js_api".to_owned(),
            user: "o'hara".to_owned(),
            query: "HR/Q".to_owned(),
            redirect: "http://a/".to_owned(),
            service: false,
        };
        assert!(values.curl().contains(r"'username=o'\''hara'"));
        for text in [
            values.python(),
            values.javascript(),
            values.angular(),
            values.dotnet(),
        ] {
            assert!(text.contains(r#""a'b\"c`${d}\\""#), "{text}");
        }
        assert!(
            values
                .power_query()
                .contains("http://localhost:8081/BasicAuthAPI/HR/Q?ResultFormat=CSV")
        );
    }
}
