//! The ready-made faults (decided).

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use bytes::Bytes;
use chrono::TimeDelta;

use super::{Effect, Fault, Matching, Only};

/// Their names, each with what it does.
pub const PRESETS: &[(&str, &str)] = &[
    (
        "expired-token-once",
        "the next call with a bearer token is refused as if the token had expired",
    ),
    ("401-once", "the next call of the web API is answered 401"),
    ("5xx-burst", "the next three requests are answered 503"),
    (
        "slow-token",
        "the token endpoint answers 2 seconds later, until deleted",
    ),
    (
        "login-fails",
        "the next password, at the token endpoint or on the login page, is refused",
    ),
    (
        "clock-skew",
        "tokens are issued 5 minutes in the future, until deleted",
    ),
];

/// The fault of this preset, under its name.
pub fn preset(name: &str) -> Option<Fault> {
    let (only, times, effect) = match name {
        "expired-token-once" => (
            Only::Bearer,
            Some(1),
            unauthorized(
                "Bearer error=\"invalid_token\", error_description=\"The access token expired\"",
            ),
        ),
        "401-once" => (Only::Web, Some(1), unauthorized("Bearer")),
        "5xx-burst" => (
            Only::Platform,
            Some(3),
            Effect {
                status: Some(StatusCode::SERVICE_UNAVAILABLE),
                headers: vec![text_plain(), (RETRY_AFTER, HeaderValue::from_static("1"))],
                body: Some(Bytes::from_static(b"Service Unavailable")),
                ..Effect::default()
            },
        ),
        "slow-token" => (
            Only::TokenEndpoint,
            None,
            Effect {
                delay: Some(Duration::from_secs(2)),
                ..Effect::default()
            },
        ),
        "login-fails" => (
            Only::Login,
            Some(1),
            Effect {
                login_fails: true,
                ..Effect::default()
            },
        ),
        "clock-skew" => (
            Only::Issuing,
            None,
            Effect {
                skew: Some(TimeDelta::minutes(5)),
                ..Effect::default()
            },
        ),
        _ => return None,
    };
    Some(Fault {
        name: name.to_owned(),
        matching: Matching {
            only,
            ..Matching::default()
        },
        times,
        every: None,
        skip: 0,
        effect,
    })
}

fn text_plain() -> (HeaderName, HeaderValue) {
    (
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    )
}

/// As the web API refuses a credential.
fn unauthorized(challenge: &'static str) -> Effect {
    Effect {
        status: Some(StatusCode::UNAUTHORIZED),
        headers: vec![
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (WWW_AUTHENTICATE, HeaderValue::from_static(challenge)),
            (
                HeaderName::from_static("x-cinchy-error"),
                HeaderValue::from_static("Unauthorized"),
            ),
        ],
        body: Some(Bytes::from_static(
            b"<!DOCTYPE html>\n<html lang=\"en\"><head><title>Unauthorized</title></head><body><h1>Unauthorized</h1><p>Unauthorized</p></body></html>\n",
        )),
        ..Effect::default()
    }
}
