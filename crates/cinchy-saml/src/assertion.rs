//! Rules 5 to 7 and 9: what a Response and its Assertion say, after their signatures have been verified.

use chrono::{DateTime, TimeDelta, Utc};
use uppsala::NodeId;

use crate::tree::{SAML, SAMLP, Tree};
use crate::verify::Expected;
use crate::{SamlError, text};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// How far two clocks may differ.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// What is read of an assertion.
pub(crate) struct Assertion {
    pub name_id: String,
    pub signed_in: bool,
    pub attributes: Vec<(String, Vec<String>)>,
    pub in_response_to: Option<String>,
    pub expires: DateTime<Utc>,
}

/// Rule 5 for the Response around the assertion.
pub(crate) fn check_response(
    tree: &Tree<'_>,
    response: NodeId,
    issuer: &str,
    expected: &Expected<'_>,
) -> Result<(), SamlError> {
    version(tree, response)?;
    not_future(tree, response, "IssueInstant", expected)?;
    if let Some(own) = tree.optional(response, SAML, "Issuer", "Response")?
        && tree.plain(own, "Issuer")? != issuer
    {
        return Err(SamlError::IssuersDiffer);
    }
    let status = tree.one(response, SAMLP, "Status", "Response")?;
    let code = tree.one(status, SAMLP, "StatusCode", "Status")?;
    if tree.attribute(code, "Value") != Some(SUCCESS) {
        return Err(SamlError::NotSuccess);
    }
    if let Some(destination) = tree.attribute(response, "Destination")
        && !is_recipient(destination, expected)
    {
        return Err(SamlError::Destination {
            found: destination.chars().take(400).collect(),
            expected: named(expected.recipients),
        });
    }
    Ok(())
}

/// Reads the assertion and checks all that it says.
pub(crate) fn read(
    tree: &Tree<'_>,
    assertion: NodeId,
    expected: &Expected<'_>,
) -> Result<Assertion, SamlError> {
    version(tree, assertion)?;
    not_future(tree, assertion, "IssueInstant", expected)?;
    conditions(tree, assertion, expected)?;
    let subject = tree.one(assertion, SAML, "Subject", "Assertion")?;
    let confirmed = confirmation(tree, subject, expected)?;
    let mut signed_in = false;
    for statement in tree.named(assertion, SAML, "AuthnStatement") {
        not_future(tree, statement, "AuthnInstant", expected)?;
        not_past(tree, statement, "SessionNotOnOrAfter", expected)?;
        signed_in = true;
    }
    let name_id = tree.one(subject, SAML, "NameID", "Subject")?;
    let name_id = tree.plain(name_id, "NameID")?;
    // A name that looks like another one.
    if name_id
        .chars()
        .any(|c| c.is_control() || (c.is_whitespace() && c != ' '))
    {
        return Err(SamlError::NotPlainText("NameID"));
    }
    Ok(Assertion {
        name_id: name_id.to_owned(),
        signed_in,
        attributes: attributes(tree, assertion),
        in_response_to: confirmed.in_response_to,
        expires: confirmed.expires,
    })
}

/// Rule 6.
fn conditions(
    tree: &Tree<'_>,
    assertion: NodeId,
    expected: &Expected<'_>,
) -> Result<(), SamlError> {
    let conditions = tree.one(assertion, SAML, "Conditions", "Assertion")?;
    not_future(tree, conditions, "NotBefore", expected)?;
    not_past(tree, conditions, "NotOnOrAfter", expected)?;
    let mut for_us = false;
    for condition in tree.children(conditions) {
        if tree.is(condition, SAML, "AudienceRestriction") {
            // Several restrictions all count (SAML core 2.5.1.4).
            let named = tree
                .named(condition, SAML, "Audience")
                .any(|audience| tree.text(audience) == Some(expected.audience));
            if !named {
                return Err(SamlError::Audience(expected.audience.to_owned()));
            }
            for_us = true;
        } else if !tree.is(condition, SAML, "OneTimeUse")
            && !tree.is(condition, SAML, "ProxyRestriction")
        {
            let name = tree
                .doc
                .element(condition)
                .map_or("", |element| &*element.name.local_name);
            return Err(SamlError::UnknownCondition(
                name.chars().take(100).collect(),
            ));
        }
    }
    if for_us {
        Ok(())
    } else {
        Err(SamlError::Audience(expected.audience.to_owned()))
    }
}

/// What the bearer confirmation says.
struct Confirmed {
    in_response_to: Option<String>,
    expires: DateTime<Utc>,
}

/// Rule 7.
fn confirmation(
    tree: &Tree<'_>,
    subject: NodeId,
    expected: &Expected<'_>,
) -> Result<Confirmed, SamlError> {
    let bearers: Vec<NodeId> = tree
        .named(subject, SAML, "SubjectConfirmation")
        .filter(|confirmation| tree.attribute(*confirmation, "Method") == Some(BEARER))
        .collect();
    let [bearer] = bearers.as_slice() else {
        return Err(SamlError::NotBearer);
    };
    let data = tree.one(
        *bearer,
        SAML,
        "SubjectConfirmationData",
        "SubjectConfirmation",
    )?;
    let recipient = tree.attribute(data, "Recipient").unwrap_or_default();
    if !is_recipient(recipient, expected) {
        return Err(SamlError::Recipient(named(expected.recipients)));
    }
    if tree.attribute(data, "NotBefore").is_some() {
        return Err(SamlError::ConfirmationNotBefore);
    }
    let until = not_past(tree, data, "NotOnOrAfter", expected)?.ok_or(SamlError::NotOne {
        element: "NotOnOrAfter",
        parent: "SubjectConfirmationData",
    })?;
    Ok(Confirmed {
        in_response_to: tree.attribute(data, "InResponseTo").map(str::to_owned),
        expires: until.checked_add_signed(SKEW).unwrap_or(until),
    })
}

/// The plain values of every attribute. A value that is XML of its own is left out.
fn attributes(tree: &Tree<'_>, assertion: NodeId) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for statement in tree.named(assertion, SAML, "AttributeStatement") {
        for attribute in tree.named(statement, SAML, "Attribute") {
            if let Some(name) = tree.attribute(attribute, "Name") {
                let values = tree
                    .named(attribute, SAML, "AttributeValue")
                    .filter_map(|value| tree.text(value))
                    .map(str::to_owned)
                    .collect();
                found.push((name.to_owned(), values));
            }
        }
    }
    found
}

fn version(tree: &Tree<'_>, node: NodeId) -> Result<(), SamlError> {
    if tree.attribute(node, "Version") == Some("2.0") {
        Ok(())
    } else {
        Err(SamlError::Version)
    }
}

/// Compares whole addresses, in any case: the platform's paths match so, and every spelling of ours is ours.
fn is_recipient(address: &str, expected: &Expected<'_>) -> bool {
    expected
        .recipients
        .iter()
        .any(|ours| ours.eq_ignore_ascii_case(address))
}

fn named(recipients: &[String]) -> String {
    let quoted: Vec<String> = recipients
        .iter()
        .map(|address| format!("`{address}`"))
        .collect();
    quoted.join(", ")
}

fn time(
    tree: &Tree<'_>,
    node: NodeId,
    name: &'static str,
) -> Result<Option<DateTime<Utc>>, SamlError> {
    tree.attribute(node, name)
        .map(|value| text::time(value).ok_or(SamlError::BadTime(name)))
        .transpose()
}

/// A time, where there is one, that is not ahead of ours.
fn not_future(
    tree: &Tree<'_>,
    node: NodeId,
    name: &'static str,
    expected: &Expected<'_>,
) -> Result<(), SamlError> {
    match time(tree, node, name)? {
        Some(time) if time.signed_duration_since(expected.now) > SKEW => {
            Err(SamlError::NotYet(name))
        }
        _ => Ok(()),
    }
}

/// A time, where there is one, that has not come yet.
fn not_past(
    tree: &Tree<'_>,
    node: NodeId,
    name: &'static str,
    expected: &Expected<'_>,
) -> Result<Option<DateTime<Utc>>, SamlError> {
    let time = time(tree, node, name)?;
    if time.is_some_and(|time| expected.now.signed_duration_since(time) >= SKEW) {
        return Err(SamlError::Expired(name));
    }
    Ok(time)
}
