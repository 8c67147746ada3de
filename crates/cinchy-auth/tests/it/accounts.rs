//! Lock-out, sign-in and rights.

use chrono::TimeDelta;
use cinchy_auth::sign_in::{decide, hash_to_check, may_sign_in_with_password};
use cinchy_auth::{
    AuthenticationKind, AuthenticationMethod, LockoutPolicy, Principal, SignInRefusal, password,
};

use crate::support::{now, user};

#[test]
fn three_wrong_passwords_lock_for_fifteen_minutes() {
    let policy = LockoutPolicy::default();
    let locks: Vec<bool> = (0..=4).map(|n| policy.locks_after(n)).collect();
    assert_eq!(locks, [false, false, false, true, true]);
    assert_eq!(policy.locked_until(now()), now() + TimeDelta::minutes(15));

    let off = LockoutPolicy {
        attempts: 0,
        minutes: 15,
    };
    assert!(!off.locks_after(1_000), "0 attempts turn it off");
}

#[test]
fn accounts_sign_in_or_say_why_not() {
    let good = user();
    let mut non_interactive = user();
    non_interactive.authentication_method = AuthenticationMethod::NonInteractive;
    let mut sso = user();
    sso.authentication_method = AuthenticationMethod::SingleSignOn;
    let mut disabled = user();
    disabled.disabled = true;
    let mut locked = user();
    let until = now() + TimeDelta::minutes(1);
    locked.locked_until = Some(until);
    let mut unlocked = user();
    unlocked.locked_until = Some(now());
    let mut blank = user();
    blank.password = None;
    let mut anonymous = user();
    anonymous.username = "anonymous".into();

    for (user, matched, expect) in [
        (Some(&good), true, Ok("admin")),
        (Some(&non_interactive), true, Ok("admin")),
        (Some(&unlocked), true, Ok("admin")),
        (Some(&good), false, Err(SignInRefusal::WrongPassword)),
        (None, true, Err(SignInRefusal::UnknownUser)),
        (Some(&sso), true, Err(SignInRefusal::SingleSignOnOnly)),
        (Some(&disabled), true, Err(SignInRefusal::Disabled)),
        (Some(&locked), true, Err(SignInRefusal::LockedOut { until })),
        (
            Some(&locked),
            false,
            Err(SignInRefusal::LockedOut { until }),
        ),
        (Some(&blank), true, Err(SignInRefusal::NoPassword)),
        (Some(&anonymous), true, Err(SignInRefusal::Anonymous)),
    ] {
        let got = decide(user, matched, now()).map(|user| user.username.as_str());
        assert_eq!(got, expect, "{user:?}");
    }
    assert_eq!(may_sign_in_with_password(&good, now()), Ok(()));
    assert_eq!(hash_to_check(None), password::dummy());
    assert_eq!(hash_to_check(Some(&blank)), password::dummy());
}

#[test]
fn execute_rights() {
    let someone = Principal {
        user_id: 5,
        username: "ann".into(),
        groups: vec![2, 7],
        administrator: false,
        how: AuthenticationKind::Basic,
    };
    let administrator = Principal {
        administrator: true,
        groups: vec![1, 2],
        ..someone.clone()
    };
    // Groups of Anonymous never count, even if a row gave it some.
    let anonymous = Principal {
        user_id: -1,
        how: AuthenticationKind::Anonymous,
        administrator: true,
        ..someone.clone()
    };
    let none: &[i32] = &[];
    for (principal, users, groups, expect) in [
        (&someone, none, none, false),
        (&someone, &[5][..], none, true),
        (&someone, none, &[7][..], true),
        (&someone, &[7][..], &[5][..], false),
        (&administrator, none, none, true),
        (&anonymous, none, &[2, 7][..], false),
        (&anonymous, &[5][..], none, false),
        (&anonymous, &[-1][..], none, true),
    ] {
        assert_eq!(
            principal.may_execute(users, groups),
            expect,
            "{principal:?} {users:?} {groups:?}"
        );
    }
}
