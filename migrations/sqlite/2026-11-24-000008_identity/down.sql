ALTER TABLE platform_state DROP COLUMN seal_key;
ALTER TABLE platform_state DROP COLUMN identity_version;
