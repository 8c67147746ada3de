DROP TABLE snapshots;
DROP TABLE instance_states;
