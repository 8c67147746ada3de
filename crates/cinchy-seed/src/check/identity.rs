//! Users, tokens, groups and clients.

use std::collections::HashSet;

use super::catalog::Catalog;
use super::names::{NameOf, Once, check_list, check_name};
use super::{Known, Report};
use crate::model::{Client, Expiry, Group, User};
use crate::{Located, Seed};

/// Most personal access tokens of a user that have not expired (documented).
const MOST_TOKENS: usize = 5;

pub(super) fn check(seed: &Seed, catalog: &Catalog, known: &Known, report: &mut Report) {
    check_users(&seed.users, catalog, known, report);
    check_groups(&seed.groups, catalog, report);
    check_clients(&seed.clients, report);
}

fn check_users(users: &[User], catalog: &Catalog, known: &Known, report: &mut Report) {
    let mut names = Once::default();
    for user in users {
        let name = &user.username;
        check_name(NameOf::User, name, report);
        names.check(
            name.to_lowercase(),
            name.at,
            || format!("the user `{}`", name.value),
            report,
        );
        catalog.expect_members(&[], &user.groups, report);
        if let Some(hash) = &user.password_hash
            && !is_argon2id(hash.expose())
        {
            let form = "$argon2id$v=19$m=19456,t=2,p=1$salt$hash";
            report.error(
                hash.at,
                format!(
                    "`passwordHash` of `{}` is no argon2id PHC string (`{form}`)",
                    name.value
                ),
            );
        }
        check_tokens(user, known, report);
    }
}

fn check_tokens(user: &User, known: &Known, report: &mut Report) {
    let mut names = Once::default();
    let mut active = 0;
    for token in &user.tokens {
        let name = &token.name;
        names.check(
            name.to_lowercase(),
            name.at,
            || format!("the token `{}`", name.value),
            report,
        );
        if token.value.is_some() && token.value_hash.is_some() {
            report.error(
                name.at,
                format!(
                    "the token `{}` has both `value` and `valueHash`: leave one out",
                    name.value
                ),
            );
        }
        let texts = [&token.value, &token.value_hash];
        if texts
            .into_iter()
            .flatten()
            .any(|text| text.expose().trim().is_empty())
        {
            report.error(
                name.at,
                format!("the value of the token `{}` is blank", name.value),
            );
        }
        let expired =
            matches!((token.expires, known.now), (Some(Expiry::At(at)), Some(now)) if at <= now);
        active += usize::from(!expired);
    }
    if active > MOST_TOKENS {
        let name = &user.username;
        report.error(
            name.at,
            format!(
                "`{}` has {active} active tokens; {MOST_TOKENS} are the most",
                name.value
            ),
        );
    }
}

/// The shape of an argon2id PHC string. Whether it is the hash of a given password is not looked at.
fn is_argon2id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", "argon2id", version, parameters, salt, hash] = parts.as_slice() else {
        return false;
    };
    let names: Vec<&str> = parameters
        .split(',')
        .filter_map(|p| p.split_once('='))
        .map(|(name, _)| name)
        .collect();
    let numbers = parameters.split(',').all(|p| {
        p.split_once('=')
            .is_some_and(|(_, n)| n.parse::<u32>().is_ok())
    });
    let base64 = |t: &str| {
        t.len() >= 11
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
    };
    *version == "v=19" && names == ["m", "t", "p"] && numbers && base64(salt) && base64(hash)
}

fn check_groups(groups: &[Group], catalog: &Catalog, report: &mut Report) {
    let mut names = Once::default();
    for group in groups {
        let name = &group.name;
        check_name(NameOf::Group, name, report);
        names.check(
            name.to_lowercase(),
            name.at,
            || format!("the group `{}`", name.value),
            report,
        );
        catalog.expect_members(&group.owners, &group.parents, report);
        catalog.expect_members(&[], &group.owner_groups, report);
    }
    check_cycles(groups, catalog, report);
}

/// Reports a group that is among its own parents, over any number of steps and files.
fn check_cycles(groups: &[Group], catalog: &Catalog, report: &mut Report) {
    for group in groups {
        let start = group.name.to_lowercase();
        let mut seen = HashSet::from([&start]);
        let mut open = vec![&start];
        while let Some(next) = open.pop() {
            // A group that exists already and is not in the seeds has parents that are not in sight.
            let Some(parents) = catalog.parents.get(next) else {
                continue;
            };
            if parents.contains(&start) {
                report.error(
                    group.name.at,
                    format!("the group `{}` is a parent of itself", group.name.value),
                );
                break;
            }
            open.extend(parents.iter().filter(|parent| seen.insert(parent)));
        }
    }
}

fn check_clients(clients: &[Client], report: &mut Report) {
    let mut ids = Once::default();
    for client in clients {
        let id = &client.client_id;
        if id.trim().is_empty() {
            report.error(id.at, "the client id is blank");
        }
        ids.check(
            id.value.clone(),
            id.at,
            || format!("the client `{}`", id.value),
            report,
        );
        check_list("the grant type", &client.grant_type, report);
        check_list("the scope", &client.scopes, report);
        for url in client.redirect_urls.iter().chain(&client.logout_urls) {
            check_url(url, report);
        }
        if let Some(lifetime) = &client.access_token_lifetime
            && lifetime.value <= 0
        {
            report.error(
                lifetime.at,
                format!(
                    "`accessTokenLifetime` of `{}` must be above 0 seconds",
                    id.value
                ),
            );
        }
        if client
            .secret
            .as_ref()
            .is_some_and(|secret| secret.expose().trim().is_empty())
        {
            report.error(
                id.at,
                format!(
                    "the secret of `{}` is blank: leave it out to have one made",
                    id.value
                ),
            );
        }
    }
}

/// A permitted URL is absolute. The platform keeps them in one text parted by semicolons, so it cannot hold one.
fn check_url(url: &Located<String>, report: &mut Report) {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    let absolute = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !absolute || url.contains(|c: char| c == ';' || c.is_whitespace()) {
        report.error(url.at, format!("`{}` is not one absolute URL", url.value));
    }
}
