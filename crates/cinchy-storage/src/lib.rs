//! Diesel on SQLite and PostgreSQL: system tables, data tables, seeds, running compiled CQL.
