DROP TABLE revoked_tokens;
DROP TABLE grants;
DROP TABLE sign_in_sessions;
