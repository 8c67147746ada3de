-- Moves when signing keys are rotated or an access token is revoked, so that every process learns of it with its next
-- request; and the key under which this platform seals what it hands to browsers (base64, made on first use).
ALTER TABLE platform_state ADD COLUMN identity_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE platform_state ADD COLUMN seal_key TEXT;
