//! The platform over real HTTP: cases as data, on SQLite and on PostgreSQL, with the same bytes on both.

mod at_once;
mod cases_access;
mod cases_account;
mod cases_api;
mod cases_apps;
mod cases_cql;
mod cases_edge;
mod cases_functions;
mod cases_hostile;
mod cases_openapi;
mod cases_platform;
mod cases_scripts;
mod cases_select;
mod cases_token;
mod cases_translate;
mod cases_writes;
mod changes;
mod connections;
mod design;
mod forged;
mod journal;
mod large;
mod lockout;
mod timeouts;
mod token;
mod user_functions;
