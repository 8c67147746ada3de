//! Any bytes as CQL, for a reader without limits and for one with row filters: an answer or an error, never a panic.

#![no_main]

use cinchy_cql::value::Backend;
use cinchy_cql::{Request, Script, parameters_of};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/hr.rs"]
#[allow(dead_code)]
mod hr;

fuzz_target!(|text: &str| {
    let _ = parameters_of(text);
    let Ok(script) = Script::parse(text, &[]) else {
        return;
    };
    let catalog = hr::catalog();
    for rights in [hr::admin(), hr::bob(), hr::eve()] {
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let _ = script.compile_query(&Request {
                text,
                parameters: &[],
                text_parameters: &[],
                catalog: &catalog,
                rights: &rights,
                backend,
                schema: "cinchy",
                ad_hoc: true,
            });
        }
    }
});
