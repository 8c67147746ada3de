//! The identity server (SSO): OAuth 2.0 and OpenID Connect endpoints.
