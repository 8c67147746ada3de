//! Texts to copy, and how values stand in them.

/// A text to copy.
#[derive(Debug, Clone)]
pub struct Snippet {
    /// Id of its element.
    pub key: &'static str,
    /// Language or tool.
    pub label: &'static str,
    /// What to do with it.
    pub note: &'static str,
    /// The text.
    pub text: String,
}

/// A text as a shell takes it.
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as a string literal of JSON, which JavaScript, Python, C# and YAML share.
pub fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as a string literal of Rust.
pub fn rust(text: &str) -> String {
    format!("{text:?}")
}
