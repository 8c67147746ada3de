//! Saved queries, functions, settings, SAML and the smaller tables.

use super::Report;
use super::catalog::{Catalog, table_key};
use super::names::{NameOf, Once, check_name};
use crate::model::Query;
use crate::{Located, Seed};

pub(super) fn check(seed: &Seed, catalog: &Catalog, report: &mut Report) {
    check_queries(&seed.queries, catalog, report);
    let mut udfs = Once::default();
    for udf in &seed.udfs {
        udfs.check(
            udf.name.to_lowercase(),
            udf.name.at,
            || format!("the function `{}`", udf.name.value),
            report,
        );
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        if udf.name.is_empty()
            || !udf.name.chars().all(word)
            || udf.name.starts_with(|c: char| c.is_ascii_digit())
        {
            report.error(
                udf.name.at,
                format!("`{}` is no name of a function", udf.name.value),
            );
        }
    }
    check_settings(seed, report);
    check_small_tables(seed, catalog, report);
    check_applets(seed, catalog, report);
}

fn check_queries(queries: &[Query], catalog: &Catalog, report: &mut Report) {
    let mut names = Once::default();
    for query in queries {
        check_name(NameOf::Domain, &query.domain, report);
        check_name(NameOf::Query, &query.name, report);
        let key = table_key(&query.domain, &query.name);
        let what = || format!("the query `{}/{}`", query.domain.value, query.name.value);
        names.check(format!("{}/{}", key.0, key.1), query.name.at, what, report);
        catalog.expect_access(query.execute.as_ref(), report);
        catalog.expect_access(query.design.as_ref(), report);
        if query.cql.trim().is_empty() {
            report.error(
                query.name.at,
                format!("the query `{}` has no CQL", query.name.value),
            );
        }
        if let Some(timeout) = &query.timeout
            && timeout.value <= 0
        {
            report.error(timeout.at, "`timeout` must be above 0 seconds");
        }
    }
}

fn check_settings(seed: &Seed, report: &mut Report) {
    let Some(settings) = &seed.settings else {
        return;
    };
    let above_0 = [
        ("lockoutAttempts", &settings.lockout_attempts),
        ("lockoutMinutes", &settings.lockout_minutes),
    ];
    for (key, value) in above_0 {
        if let Some(value) = value
            && value.value == 0
        {
            report.error(value.at, format!("`{key}` must be above 0"));
        }
    }
}

fn check_small_tables(seed: &Seed, catalog: &Catalog, report: &mut Report) {
    let mut providers = Once::default();
    for provider in seed.saml.iter().flat_map(|saml| &saml.identity_providers) {
        let id = &provider.entity_id;
        providers.check(
            id.value.clone(),
            id.at,
            || format!("the identity provider `{}`", id.value),
            report,
        );
        if provider.metadata.trim().is_empty() {
            report.error(
                provider.metadata.at,
                "`metadata` is blank: give a file's name or the XML",
            );
        }
    }
    let mut guids = Once::default();
    for guid in seed
        .literals
        .iter()
        .filter_map(|literal| literal.guid.as_ref())
    {
        guids.check(
            guid.to_lowercase(),
            guid.at,
            || format!("the literal `{}`", guid.value),
            report,
        );
    }
    let mut secrets = Once::default();
    for secret in &seed.secrets {
        let domain = secret.domain.as_ref().map_or("", |d| d.as_str());
        let key = format!("{}/{}", domain.to_lowercase(), secret.name.to_lowercase());
        secrets.check(
            key,
            secret.name.at,
            || format!("the secret `{}`", secret.name.value),
            report,
        );
        catalog.expect_access(secret.access.as_ref(), report);
    }
    for file in &seed.files {
        let sources = [
            ("`path`", file.path.is_some()),
            ("`text`", file.text.is_some()),
            ("`base64`", file.base64.is_some()),
        ];
        let given: Vec<&str> = sources.iter().filter(|s| s.1).map(|s| s.0).collect();
        let name = &file.name.value;
        match given.as_slice() {
            [_] => {}
            [] => report.error(
                file.name.at,
                format!("the file `{name}` needs one of `path`, `text`, `base64`"),
            ),
            several => report.error(
                file.name.at,
                format!(
                    "the file `{name}` has {}: its content comes from one of them",
                    several.join(" and ")
                ),
            ),
        }
    }
    let mut keys = Once::default();
    for webhook in &seed.webhooks {
        if let Some(key) = &webhook.key {
            keys.check(
                key.expose().to_owned(),
                key.at,
                || "the key of a webhook".to_owned(),
                report,
            );
        }
        catalog.expect_user(&webhook.run_as, report);
        expect_query(&webhook.domain, &webhook.query, catalog, report);
    }
}

fn expect_query(
    domain: &Located<String>,
    name: &Located<String>,
    catalog: &Catalog,
    report: &mut Report,
) {
    if !catalog.queries.contains(&table_key(domain, name)) {
        report.error(
            name.at,
            format!("no saved query is called `{}/{}`", domain.value, name.value),
        );
    }
}

fn check_applets(seed: &Seed, catalog: &Catalog, report: &mut Report) {
    let mut names = Once::default();
    for applet in &seed.applets {
        let key = table_key(&applet.domain, &applet.name);
        let what = || format!("the applet `{}`", applet.name.value);
        names.check(format!("{}/{}", key.0, key.1), applet.name.at, what, report);
        catalog.expect_members(&applet.users, &applet.groups, report);
        if let Some(client) = &applet.integrated_client
            && !catalog.clients.contains(client.as_str())
        {
            report.error(
                client.at,
                format!("no client has the id `{}`", client.value),
            );
        }
    }
}
