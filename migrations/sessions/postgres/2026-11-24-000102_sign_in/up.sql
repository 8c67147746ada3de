-- Browser sessions of the identity server ('sso') and of the console ('console'), by the hash of the cookie. Both kinds of
-- one login share a sid, and end together.
CREATE TABLE sign_in_sessions (
    id_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    sid TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    method TEXT NOT NULL,
    identity_provider TEXT NOT NULL,
    password_stamp TEXT NOT NULL,
    authenticated TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL
);
CREATE INDEX sign_in_sessions_sid ON sign_in_sessions (sid);
CREATE INDEX sign_in_sessions_user ON sign_in_sessions (user_id);

-- Codes, refresh tokens and device codes, by their hash. A family is what one code led to; of a device code it is the
-- hash of its user code.
CREATE TABLE grants (
    key_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    family TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id INTEGER,
    data TEXT NOT NULL,
    created TIMESTAMP NOT NULL,
    expires TIMESTAMP NOT NULL,
    consumed TIMESTAMP
);
CREATE INDEX grants_family ON grants (family);
CREATE INDEX grants_expires ON grants (expires);

-- Access tokens that were revoked before their time, by their hash.
CREATE TABLE revoked_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    expires TIMESTAMP NOT NULL
);
