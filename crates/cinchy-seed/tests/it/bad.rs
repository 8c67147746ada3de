//! Seeds that are refused: each case is a seed and its expected messages, one a line as they are printed.

use cinchy_seed::{check, parse};

use crate::{fresh, read};

/// `text` is refused with exactly these lines, given without the file's name.
#[track_caller]
fn refuse(text: &str, expected: &[&str]) {
    let errors = match read(text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(errors) => errors,
    };
    let found = errors.to_string();
    let expected: Vec<String> = expected
        .iter()
        .map(|line| format!("seed.yaml:{line}"))
        .collect();
    assert_eq!(found, expected.join("\n"), "{text}");
}

/// A table `A.T` with these columns and rows, one a line.
fn table(columns: &[&str], rows: &[&str]) -> String {
    let mut text = "tables:\n  - domain: A\n    name: T\n    columns:\n".to_owned();
    for column in columns {
        text += &format!("      - {{ {column} }}\n");
    }
    if !rows.is_empty() {
        text += "    rows:\n";
    }
    for row in rows {
        text += &format!("      - {row}\n");
    }
    text
}

#[test]
fn the_text_itself() {
    refuse(
        "grops: []",
        &["1:1: unknown key `grops`; did you mean `groups`?"],
    );
    refuse(
        "users:\n  - username: a\n    pasword: x\n",
        &["3:5: unknown key `pasword`; did you mean `password`?"],
    );
    refuse(
        "users:\n  - password: x\n",
        &["2:5: the key `username` is missing"],
    );
    refuse(
        "users:\n  - username: a\n    username: b\n",
        &["3:5: the key `username` is given twice"],
    );
    refuse(
        "users:\n  - username: a\n    disabled: yes\n",
        &["3:15: expected `true` or `false`"],
    );
    refuse("domains: {}", &["1:10: expected a list"]);
    refuse(
        "domains: [HR]",
        &["1:11: expected keys with values (`key: value`)"],
    );
    refuse("tables: [}", &["1:9: mismatched bracket '[' closed by '}'"]);
    refuse(
        "users: []\n---\nusers: []\n",
        &["3:1: a seed is one document: take out the `---` lines"],
    );
}

#[test]
fn words_and_numbers() {
    refuse(
        "clients:\n  - clientId: a\n    grantType: [Implicid]\n",
        &[
            "3:17: unknown grant type `Implicid`; did you mean `Implicit`?; known are `Resource Owner Password`, `Implicit`, \
          `Authorization Code`, `Client Credentials`, `Saml2`, `Device Code`",
        ],
    );
    refuse(
        "settings:\n  tokenProfile: v3\n",
        &["2:17: unknown token profile `v3`; known are `v2`, `v4`"],
    );
    refuse(
        "queries:\n  - { domain: A, name: Q, cql: SELECT 1, timeout: soon }",
        &["2:51: expected a whole number"],
    );
    refuse(
        "users:\n  - username: a\n    tokens:\n      - name: t\n        expires: 3mo\n",
        &[
            "5:18: `3mo` is neither a date (`2027-01-01`) nor a duration (`30d`, `12h`, `P30D`, `PT1H`)",
        ],
    );
    refuse(
        "settings: { lockoutAttempts: 0 }",
        &["1:30: `lockoutAttempts` must be above 0"],
    );
}

#[test]
fn names_that_stand_twice() {
    refuse(
        "users:\n  - username: Ann\n  - username: ann\ngroups:\n  - name: G\n  - name: g\n",
        &[
            "3:15: the user `ann` is named twice, first in line 2",
            "6:11: the group `g` is named twice, first in line 5",
        ],
    );
    // Client ids are told apart by case.
    refuse(
        "clients:\n  - clientId: a\n  - clientId: A\n  - clientId: a\n",
        &["4:15: the client `a` is named twice, first in line 2"],
    );
    refuse(
        "domains:\n  - name: D\n  - name: d\nqueries:\n  - { domain: D, name: Q, cql: SELECT 1 }\n  - { domain: D, name: q, cql: SELECT 1 }\n",
        &[
            "3:11: the domain `d` is named twice, first in line 2",
            "6:24: the query `D/q` is named twice, first in line 5",
        ],
    );
    refuse(
        "tables:\n  - { domain: A, name: T, columns: [{ name: X, type: Text }] }\n  - { domain: a, name: t, columns: [{ name: Y, type: Text }], rows: [[1]] }\n",
        &["3:24: the table `a.t` is named twice, first in line 2"],
    );
    refuse(
        &table(&["name: X, type: Text", "name: x, type: Text"], &[]),
        &["6:17: the column `x` of A.T is named twice, first in line 5"],
    );
    refuse(
        "groups:\n  - name: G\n    parents: [All Users, all users]\n",
        &["3:26: the group `all users` is named twice, first in line 3"],
    );
}

#[test]
fn references_to_nothing() {
    refuse(
        "groups:\n  - name: Staff\nusers:\n  - username: ann\n    groups: [Staf]\n",
        &["5:14: no group is called `Staf`; did you mean `Staff`?"],
    );
    refuse(
        "groups:\n  - { name: G, parents: [Nobody], owners: [zed] }\n",
        &[
            "2:26: no group is called `Nobody`",
            "2:44: no user is called `zed`",
        ],
    );
    refuse(
        "groups:\n  - { name: A, parents: [B] }\n  - { name: B, parents: [A] }\n",
        &[
            "2:13: the group `A` is a parent of itself",
            "3:13: the group `B` is a parent of itself",
        ],
    );
    refuse(
        "queries:\n  - domain: A\n    name: Q\n    cql: SELECT 1\n    execute: { users: [Anonymus], groups: [All User] }\n",
        &[
            "5:24: no user is called `Anonymus`; did you mean `Anonymous`?",
            "5:44: no group is called `All User`; did you mean `All Users`?",
        ],
    );
    refuse(
        &table(
            &[
                "name: L, type: Link, table: A.Tt, column: X",
                "name: M, type: Link, table: A.T, column: Z",
                "name: N, type: Link, table: T, column: Z",
            ],
            &[],
        ),
        &[
            "5:39: no table is called `A.Tt`; did you mean `A.T`?",
            "6:52: the table A.T has no column `Z`",
            "7:39: `T` is no table name: write `Domain.Table`",
        ],
    );
    refuse(
        "tables:\n  - domain: A\n    name: T\n    columns: [{ name: Salary, type: Number }]\n    entitlements:\n      - groups: [Nobodies]\n        viewColumns: [Salry]\n",
        &[
            "6:18: no group is called `Nobodies`",
            "7:23: the table A.T has no column `Salry`; did you mean `Salary`?",
        ],
    );
    refuse(
        "tables:\n  - { domain: Cinchy, name: User, rows: [[x]] }\n",
        &[
            "2:29: the table Cinchy.User has no columns and does not exist yet; did you mean `Cinchy.Users`?",
            "2:42: the row has 1 cells, Cinchy.User has 0 columns",
        ],
    );
    refuse(
        "webhooks:\n  - { runAs: zed, domain: A, query: Q }\n",
        &[
            "2:14: no user is called `zed`",
            "2:37: no saved query is called `A/Q`",
        ],
    );
    refuse(
        "applets:\n  - { domain: A, name: X, applicationUrl: /x, integratedClient: c }\n",
        &["2:65: no client has the id `c`"],
    );
}

#[test]
fn columns() {
    refuse(
        &table(
            &[
                "name: Cinchy ID, type: Number",
                "name: a.b, type: Text",
                "name: L, type: Link",
                "name: C, type: Choice",
                "name: K, type: Calculated",
                "name: changeset, type: Text",
            ],
            &[],
        ),
        &[
            "5:17: every table has the system column `Cinchy ID`: choose another name",
            "6:17: the column name `a.b` has a dot, which parts full names",
            "7:17: the Link column `L` needs `table: Domain.Table` and `column`",
            "8:17: the Choice column `C` has no `options`",
            "9:17: the Calculated column `K` has no `expression`",
            "10:17: every table has the system column `changeset`: choose another name",
        ],
    );
    refuse(
        &table(
            &[
                "name: X, type: Text, options: [a]",
                "name: Y, type: Number, default: ten",
                "name: Z, type: Text, maxLength: 0",
            ],
            &[],
        ),
        &[
            "5:17: `options` is no key of the Text column `X`",
            "6:17: `default`: column `Y` wants a number, not `ten`",
            "7:17: `maxLength` of `Z` must be above 0",
        ],
    );
    refuse(
        "tables:\n  - domain: Cinchy\n    name: Users\n    columns: [{ name: Age, type: Number }]\n",
        &["3:11: Cinchy.Users is a system table: its columns cannot be changed"],
    );
    let long = "x".repeat(126);
    refuse(
        &format!("groups:\n  - name: {long}\n"),
        &["2:11: the group name is longer than 125 characters"],
    );
}

#[test]
fn limits_of_columns() {
    let columns = [
        "name: Plain, type: Text",
        "name: Any, type: Text, maxLength: 2147483647",
        "name: Part, type: Text, validationExpression: '^[A-Z]{2}-[0-9]+$', default: AB-1",
        "name: Odd, type: Text, validationExpression: '(?!x)'",
        "name: Number, type: Number, minValue: -1, maxValue: 9",
        "name: Date, type: Date, minValue: 2000-01-01, maxValue: '2000-12-31T12:00:00'",
        "name: Bad, type: Text, validationExpression: '^a', default: b",
        "name: Crossed, type: Number, minValue: 2, maxValue: 1",
    ];
    let long = "x".repeat(501);
    let rows = [
        &format!("{{ Plain: {long} }}"),
        &format!("{{ Any: {long}, Plain: {} }}", "ä".repeat(500)),
        "{ Part: ab-1 }",
        "{ Part: '' }",
        "{ Part: null, Odd: x }",
        "{ Number: -1.5 }",
        "{ Number: -1, Date: 2000-01-01 }",
        "{ Date: 1999-12-31 }",
        "{ Date: '2000-12-31T12:00:01' }",
    ];
    refuse(
        &table(&columns, &rows),
        &[
            "11:17: `default`: column `Bad`: `b` does not match `validationExpression` `^a`",
            "12:17: `minValue`: column `Crossed`: `2` is above `maxValue` `1`",
            "12:17: `maxValue`: column `Crossed`: `1` is below `minValue` `2`",
            "14:9: column `Plain` holds at most 500 characters unless `maxLength` says otherwise",
            "16:9: column `Part`: `ab-1` does not match `validationExpression` `^[A-Z]{2}-[0-9]+$`",
            "17:9: column `Part`: `` does not match `validationExpression` `^[A-Z]{2}-[0-9]+$`",
            "19:9: column `Number`: `-1.5` is below `minValue` `-1`",
            "21:9: column `Date`: `1999-12-31` is before `minValue`",
            "22:9: column `Date`: `2000-12-31T12:00:01` is after `maxValue`",
        ],
    );
}

#[test]
fn cells_of_each_type() {
    let columns = [
        "name: Text, type: Text, maxLength: 3",
        "name: Number, type: Number, minValue: 0, maxValue: 9",
        "name: Date, type: Date",
        "name: Yes, type: Yes/No",
        "name: Pick, type: Choice, options: [Junior, Senior]",
        "name: Many, type: Choice, multi: true, options: [Bike, Gym]",
        "name: Bytes, type: Binary",
        "name: Calc, type: Calculated, expression: \"1\"",
    ];
    let rows = [
        "{ Text: 12 }",
        "{ Text: abcd }",
        "{ Number: '5' }",
        "{ Number: 10 }",
        "{ Date: 15/01/2020 }",
        "{ Date: 2020-02-30 }",
        "{ Yes: 2 }",
        "{ Pick: Senoir }",
        "{ Pick: [Junior] }",
        "{ Many: [Bike, Jym] }",
        "{ Bytes: a*b= }",
        "{ Calc: 1 }",
        "{ Txt: a }",
        "{ Text: a, text: b }",
        "{ Created: 2020-01-01 }",
        "{ Changeset: a }",
        "{ Cinchy Id: x }",
        "[a, 1, null, true, null, null, null, null, 9]",
        "{ Text: abc, Number: 9, Date: '2020-01-15T10:00:00Z', Yes: 1, Pick: Junior, Many: [Gym], Bytes: AAE=, Calc: null }",
    ];
    refuse(
        &table(&columns, &rows),
        &[
            "14:9: column `Text` wants a text (in quotes), not `12`",
            "15:9: column `Text` holds at most 3 characters",
            "16:9: column `Number` wants a number, not `5`",
            "17:9: column `Number`: `10` is above `maxValue` `9`",
            "18:9: column `Date` wants a date such as `2020-01-15` or `2020-01-15T10:00:00`, not `15/01/2020`",
            "19:9: column `Date` wants a date such as `2020-01-15` or `2020-01-15T10:00:00`, not `2020-02-30`",
            "20:9: column `Yes` wants true or false, not `2`",
            "21:9: column `Pick` has no option `Senoir`; did you mean `Senior`?",
            "22:9: column `Pick` is a Choice column with one value, not a list",
            "23:9: column `Many` has no option `Jym`; did you mean `Gym`?",
            "24:9: column `Bytes` wants base64 text, not `a*b=`",
            "25:9: column `Calc` is calculated: leave it out or null",
            "26:9: the table A.T has no column `Txt`; did you mean `Text`?",
            "27:9: the row names the column `text` twice",
            "28:9: the system column `Created` is the platform's to set: leave it out",
            "29:9: the system column `Changeset` is the platform's to set: leave it out",
            "30:9: `Cinchy Id` is a whole number from 1, not `x`",
            "31:9: the row has 9 cells, A.T has 8 columns",
        ],
    );
}

#[test]
fn links_mandatory_and_unique() {
    let columns = [
        "name: Name, type: Text, mandatory: true, unique: true",
        "name: Up, type: Link, table: A.T, column: Name",
        "name: All, type: Link, table: A.T, column: Name, multi: true",
    ];
    let rows = [
        "{ Name: a }",
        "{ Up: 1 }",
        "{ Name: a }",
        "{ Name: b, Up: 10 }",
        "{ Name: c, Up: { Name: zz } }",
        "{ Name: d, Up: { Nam: a } }",
        "{ Name: e, Up: a }",
        "{ Name: f, All: [1, 10] }",
        "{ Name: g, Up: 1.5, All: [1, { Name: a }, { Cinchy Id: 2 }] }",
    ];
    refuse(
        &table(&columns, &rows),
        &[
            "10:9: the mandatory column `Name` has no value",
            "11:9: the value `a` of unique `Name` stands in two rows",
            "12:9: column `Up`: A.T has no row `10`",
            "13:9: column `Up`: A.T has no row `{ Name: zz }`",
            "14:9: column `Up`: A.T has no column `Nam`; did you mean `Name`?",
            "15:9: column `Up` wants a link: a Cinchy Id, or `{ Name: a }`",
            "16:9: column `All`: A.T has no row `10`",
            "17:9: column `Up` wants a Cinchy Id or `{Column: value}`, not `1.5`",
        ],
    );
    refuse(
        "tables:\n  - domain: A\n    name: T\n    columns: [{ name: U, type: Link, table: Cinchy.Users, column: Display Name }]\n    rows:\n      - [{ Username: zed }]\n      - [{ Username: ADMIN }]\n",
        &["6:9: column `U`: Cinchy.Users has no row `{ Username: zed }`"],
    );
    refuse(
        "tables:\n  - domain: A\n    name: T\n    columns: [{ name: X, type: Text }, { name: Y, type: Date }]\n    uniqueConstraints: [[X, Y]]\n    rows:\n      - [a, 2020-01-15]\n      - [a, 2020-01-16]\n      - [a, '2020-01-15T00:00']\n      - [a]\n      - [a]\n",
        &["9:9: the value `a`, `2020-01-15 00:00:00` of unique `X`, `Y` stands in two rows"],
    );
    refuse(
        &table(
            &["name: N, type: Text"],
            &["{ Cinchy Id: 3 }", "{ Cinchy Id: 3 }"],
        ),
        &["8:9: the Cinchy Id 3 is given twice in A.T"],
    );
}

#[test]
fn users_and_clients() {
    refuse(
        "users:\n  - username: a\n    passwordHash: secret\n  - username: ''\n",
        &[
            "3:19: `passwordHash` of `a` is no argon2id PHC string (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`)",
            "4:15: the name of a user is blank",
        ],
    );
    refuse(
        "users:\n  - username: a\n    tokens:\n      - { name: t, value: x, valueHash: y }\n      - { name: T }\n",
        &[
            "4:17: the token `t` has both `value` and `valueHash`: leave one out",
            "5:17: the token `T` is named twice, first in line 4",
        ],
    );
    let six: String = (0..6)
        .map(|i| format!("      - {{ name: t{i}, expires: 30d }}\n"))
        .collect();
    refuse(
        &format!("users:\n  - username: a\n    tokens:\n{six}"),
        &["2:15: `a` has 6 active tokens; 5 are the most"],
    );
    refuse(
        "clients:\n  - clientId: a\n    accessTokenLifetime: 0\n    redirectUrls: [localhost, 'http://a/;http://b/', 'com.app:/cb']\n    scopes: [openid, OpenId]\n    secret: ''\n",
        &[
            "2:15: the secret of `a` is blank: leave it out to have one made",
            "3:26: `accessTokenLifetime` of `a` must be above 0 seconds",
            "4:20: `localhost` is not one absolute URL",
            "4:31: `http://a/;http://b/` is not one absolute URL",
            "5:22: the scope `openid` is named twice, first in line 5",
        ],
    );
    refuse(
        "files:\n  - { name: a.txt, text: x, path: a.txt }\n",
        &["2:13: the file `a.txt` has `path` and `text`: its content comes from one of them"],
    );
}

#[test]
fn errors_are_of_their_file_and_in_order() {
    let a = parse("a.yaml", "users: [{ username: x, groups: [Nope] }]").unwrap();
    let b = parse(
        "b.yaml",
        "tables: [{ domain: A, name: T, columns: [{ name: N, type: Number }], rows: [[x]] }]",
    )
    .unwrap();
    let c = parse(
        "c.yaml",
        "tables: [{ domain: A, name: T, columns: [{ name: n, type: Text }] }]",
    )
    .unwrap();
    let errors = check(&[a, b, c], &fresh()).unwrap_err();
    let files: Vec<&str> = errors.0.iter().map(|e| e.file.as_str()).collect();
    assert_eq!(files, ["a.yaml", "b.yaml", "c.yaml"]);
    assert_eq!(
        errors.0[2].message,
        "the column `n` is a Number column elsewhere and Text here"
    );
}

#[test]
fn the_list_of_errors_has_an_end() {
    let rows: Vec<&str> = std::iter::repeat_n("[x]", 5000).collect();
    let errors = read(&table(&["name: N, type: Number"], &rows)).unwrap_err();
    assert_eq!(errors.0.len(), cinchy_seed::SeedErrors::MOST);
}

#[test]
fn nesting_and_aliases_are_bounded() {
    for text in [
        "[".repeat(100_000),
        "a: &a [*a]".to_owned(),
        format!("users: {}", "{a: ".repeat(50_000)),
    ] {
        assert!(read(&text).is_err());
    }
    let mut bomb = "x0: &x0 [a,a,a,a,a,a,a,a,a,a]\n".to_owned();
    for i in 1..9 {
        let list = vec![format!("*x{}", i - 1); 10].join(",");
        bomb += &format!("x{i}: &x{i} [{list}]\n");
    }
    assert!(
        read(&format!(
            "tables: [{{domain: A, name: T, rows: [{{{}}}]}}]",
            bomb.trim().replace('\n', ", ")
        ))
        .is_err()
    );
}
