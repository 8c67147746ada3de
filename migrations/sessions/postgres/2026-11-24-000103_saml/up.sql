-- SAML assertions that were used, until they expire: each signs in once. The key is a hash of issuer and id.
CREATE TABLE used_assertions (
    replay_key TEXT NOT NULL PRIMARY KEY,
    expires TIMESTAMP NOT NULL
);
CREATE INDEX used_assertions_expires ON used_assertions (expires);
