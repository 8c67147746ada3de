ALTER TABLE instance_states DROP COLUMN base;
