//! What a password that a person chooses must be, and how long it lasts. Passwords of seeds and administrators are not
//! bound by it (decided).

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::secret::PlainSecret;

/// The rule, from `[Cinchy].[System Properties]` (documented: 8 characters, a symbol and a number, 90 days).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Least number of characters.
    pub minimum_length: u32,
    /// Days after which it must be changed; counts under `--faithful` only. 0: never.
    pub expiry_days: u32,
    /// Passwords that nobody may choose, in any case.
    pub forbidden: Vec<String>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: 8,
            expiry_days: 90,
            forbidden: Vec::new(),
        }
    }
}

/// Why a new password is refused. Written for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordDefect {
    /// Too short.
    #[error("The new password must have at least {0} characters.")]
    TooShort(u32),
    /// Longer than the token endpoint takes.
    #[error("The new password must have at most {0} characters.")]
    TooLong(usize),
    /// No symbol.
    #[error("The new password must have a symbol, such as ! or -.")]
    NoSymbol,
    /// No digit.
    #[error("The new password must have a number.")]
    NoNumber,
    /// On the list of forbidden passwords.
    #[error("This password is on the list of forbidden passwords. Choose another one.")]
    Forbidden,
    /// The present one again.
    #[error("The new password is the present one. Choose another one.")]
    Same,
}

impl PasswordPolicy {
    /// Judges a new password.
    ///
    /// # Errors
    /// The first defect.
    pub fn check(&self, new: &PlainSecret, present: &PlainSecret) -> Result<(), PasswordDefect> {
        let count = new.char_count();
        if u32::try_from(count).is_ok_and(|count| count < self.minimum_length) {
            return Err(PasswordDefect::TooShort(self.minimum_length));
        }
        let most = crate::grant::TokenError::MAX_CHARS;
        if count > most {
            return Err(PasswordDefect::TooLong(most));
        }
        let text = new.expose();
        if !text.chars().any(|c| !c.is_alphanumeric()) {
            return Err(PasswordDefect::NoSymbol);
        }
        if !text.chars().any(char::is_numeric) {
            return Err(PasswordDefect::NoNumber);
        }
        let folded = text.to_lowercase();
        if self.forbidden.iter().any(|f| f.to_lowercase() == folded) {
            return Err(PasswordDefect::Forbidden);
        }
        if new == present {
            return Err(PasswordDefect::Same);
        }
        Ok(())
    }

    /// When a password that is set now must be changed. It has a date also where it need never be: no date means that its
    /// user has not chosen it.
    pub fn expiry(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let never = NaiveDate::from_ymd_opt(9999, 12, 31)
            .unwrap_or_default()
            .and_time(NaiveTime::MIN)
            .and_utc();
        let expires = (self.expiry_days > 0)
            .then(|| now.checked_add_signed(TimeDelta::days(self.expiry_days.into())))
            .flatten();
        expires.unwrap_or(never)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_refusal() {
        let policy = PasswordPolicy {
            forbidden: vec!["Summer-2026".to_owned()],
            ..PasswordPolicy::default()
        };
        for (new, expected) in [
            ("short-1", Err(PasswordDefect::TooShort(8))),
            ("longenough1", Err(PasswordDefect::NoSymbol)),
            ("long-enough", Err(PasswordDefect::NoNumber)),
            ("SUMMER-2026", Err(PasswordDefect::Forbidden)),
            ("present-1-x", Err(PasswordDefect::Same)),
            ("enough-of-1", Ok(())),
        ] {
            let present = PlainSecret::from("present-1-x");
            assert_eq!(
                policy.check(&PlainSecret::from(new), &present),
                expected,
                "{new}"
            );
        }
        let long = PlainSecret::from("a-1".repeat(34));
        assert_eq!(
            policy.check(&long, &PlainSecret::from("")),
            Err(PasswordDefect::TooLong(100))
        );
    }
}
