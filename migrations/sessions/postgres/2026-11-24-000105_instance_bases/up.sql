-- What a reset of an instance goes back to, where it has seeds of its own: they stand nowhere else.
ALTER TABLE instance_states ADD COLUMN base TEXT;
