//! Domains, tables, columns and entitlements; rows are in [`super::rows`].

use super::Report;
use super::catalog::{Catalog, TableInfo, table_key};
use super::cells::{TextRule, check_cell};
use super::names::{NameOf, Once, check_list, check_name};
use super::repeated::changed_key;
use super::suggest::did_you_mean;
use crate::model::{Cell, Column, ColumnType, Entitlement, Table, split_table_name};
use crate::{PatternDefect, Seed, pattern_defect};

pub(super) fn check(seed: &Seed, catalog: &Catalog, report: &mut Report) {
    let mut domains = Once::default();
    for domain in &seed.domains {
        check_name(NameOf::Domain, &domain.name, report);
        let what = || format!("the domain `{}`", domain.name.value);
        domains.check(domain.name.to_lowercase(), domain.name.at, what, report);
    }
    let mut tables = Once::default();
    for table in &seed.tables {
        let key = table_key(&table.domain, &table.name);
        let what = || format!("the table `{}`", table.full_name());
        let first = tables.check(format!("{}.{}", key.0, key.1), table.name.at, what, report);
        if let Some(info) = catalog.of(table)
            && first
        {
            check_table(table, info, catalog, report);
        }
    }
}

fn check_table(table: &Table, info: &TableInfo, catalog: &Catalog, report: &mut Report) {
    check_name(NameOf::Domain, &table.domain, report);
    check_name(NameOf::Table, &table.name, report);
    if info.system && (!table.columns.is_empty() || table.says_details()) {
        let what = match table.columns.is_empty() {
            false => "its columns",
            true => "what is said about it",
        };
        report.error(
            table.name.at,
            format!(
                "{} is a system table: {what} cannot be changed",
                info.full_name
            ),
        );
        return;
    }
    if info.columns.is_empty() {
        let hint = did_you_mean(
            &info.full_name,
            catalog
                .tables
                .values()
                .filter(|t| !t.columns.is_empty())
                .map(|t| t.full_name.as_str()),
        );
        report.error(
            table.name.at,
            format!(
                "the table {} has no columns and does not exist yet{hint}",
                info.full_name
            ),
        );
        return;
    }
    let mut names = Once::default();
    for column in &table.columns {
        let what = || format!("the column `{}` of {}", column.name.value, info.full_name);
        names.check(column.name.to_lowercase(), column.name.at, what, report);
        check_column(column, info, catalog, report);
    }
    for list in table.unique_constraints.iter().chain(&table.indexes) {
        check_list("the column", list, report);
        list.iter()
            .for_each(|name| info.expect_column(name, report));
    }
    for entitlement in &table.entitlements {
        check_entitlement(entitlement, info, catalog, report);
    }
}

fn check_entitlement(
    entitlement: &Entitlement,
    info: &TableInfo,
    catalog: &Catalog,
    report: &mut Report,
) {
    catalog.expect_members(&entitlement.users, &entitlement.groups, report);
    for list in [
        &entitlement.view_columns,
        &entitlement.edit_columns,
        &entitlement.approve_columns,
    ] {
        check_list("the column", list, report);
        list.iter()
            .for_each(|name| info.expect_column(name, report));
    }
}

fn check_column(column: &Column, info: &TableInfo, catalog: &Catalog, report: &mut Report) {
    let name = &column.name;
    check_name(NameOf::Column, name, report);
    if info.system_columns.takes(name) {
        report.error(
            name.at,
            format!(
                "every table has the system column `{}`: choose another name",
                name.value
            ),
        );
    }
    if let Some(first) = info.column(name).map(|c| c.column_type)
        && first != column.column_type
    {
        let message = format!(
            "the column `{}` is a {first} column elsewhere and {} here",
            name.value, column.column_type
        );
        report.error(name.at, message);
    } else if let Some(there) = info.column(name)
        && let Some(key) = changed_key(column, there)
    {
        let message = format!(
            "the column `{}` of {} exists with another `{key}`, which a seed cannot change; leave the key out, or replace the platform's data",
            name.value, info.full_name
        );
        report.error(name.at, message);
    }
    check_keys(column, report);
    match column.column_type {
        ColumnType::Link => check_link(column, catalog, report),
        ColumnType::Choice => {
            check_list("the option", &column.options, report);
            if column.options.is_empty() {
                report.error(
                    name.at,
                    format!("the Choice column `{}` has no `options`", name.value),
                );
            }
        }
        ColumnType::Calculated if column.expression.is_none() => {
            report.error(
                name.at,
                format!("the Calculated column `{}` has no `expression`", name.value),
            );
        }
        _ => {}
    }
    if let Some(expression) = &column.validation_expression
        && let Some(PatternDefect::Broken(why)) = pattern_defect(expression)
    {
        report.error(
            name.at,
            format!("`validationExpression` is no regular expression: {why}"),
        );
    }
    if column.max_length.is_some_and(|length| length <= 0) {
        report.error(
            name.at,
            format!("`maxLength` of `{}` must be above 0", name.value),
        );
    }
    let values = [
        ("default", &column.default),
        ("minValue", &column.min_value),
        ("maxValue", &column.max_value),
    ];
    for (key, cell) in values {
        let Some(cell) = cell else { continue };
        if *cell != Cell::Null
            && column.column_type != ColumnType::Calculated
            && let Err(message) = check_cell(column, &TextRule::of(column, info.system), cell)
        {
            report.error(name.at, format!("`{key}`: {message}"));
        }
    }
}

/// Reports keys that say nothing about a column of this type.
fn check_keys(column: &Column, report: &mut Report) {
    use ColumnType::{Calculated, Choice, Date, Link, Number, Text, YesNo};
    let keys: [(&str, bool, &[ColumnType]); 15] = [
        (
            "maxLength",
            column.max_length.is_some(),
            &[Text, Calculated],
        ),
        ("options", !column.options.is_empty(), &[Choice]),
        ("multi", column.multi == Some(true), &[Choice, Link]),
        ("table", column.table.is_some(), &[Link]),
        ("column", column.column.is_some(), &[Link]),
        (
            "displayColumns",
            !column.display_columns.is_empty(),
            &[Link],
        ),
        (
            "linkFilterExpression",
            column.link_filter_expression.is_some(),
            &[Link],
        ),
        ("result", column.result.is_some(), &[Calculated]),
        ("cached", column.cached.is_some(), &[Calculated]),
        ("expression", column.expression.is_some(), &[Calculated]),
        ("minValue", column.min_value.is_some(), &[Number, Date]),
        ("maxValue", column.max_value.is_some(), &[Number, Date]),
        (
            "validationExpression",
            column.validation_expression.is_some(),
            &[Text],
        ),
        (
            "displayFormat",
            column.display_format.is_some(),
            &[Number, Date],
        ),
        (
            "default",
            column.default.as_ref().is_some_and(|d| *d != Cell::Null),
            &[Text, Number, Date, YesNo, Choice],
        ),
    ];
    for (key, given, types) in keys {
        if given && !types.contains(&column.column_type) {
            let message = format!(
                "`{key}` is no key of the {} column `{}`",
                column.column_type, column.name.value
            );
            report.error(column.name.at, message);
        }
    }
}

fn check_link(column: &Column, catalog: &Catalog, report: &mut Report) {
    let (Some(table), Some(shown)) = (&column.table, &column.column) else {
        let message = format!(
            "the Link column `{}` needs `table: Domain.Table` and `column`",
            column.name.value
        );
        return report.error(column.name.at, message);
    };
    if split_table_name(table).is_none() {
        return report.error(
            table.at,
            format!("`{}` is no table name: write `Domain.Table`", table.value),
        );
    }
    let Some((_, target)) = catalog.target(column) else {
        let hint = did_you_mean(table, catalog.tables.values().map(|t| t.full_name.as_str()));
        return report.error(
            table.at,
            format!("no table is called `{}`{hint}", table.value),
        );
    };
    target.expect_column(shown, report);
    column
        .display_columns
        .iter()
        .for_each(|name| target.expect_column(name, report));
}
