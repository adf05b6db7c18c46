//! The account's password policy: which passwords its users may have.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>

use api::iam::{
    DeleteAccountPasswordPolicyRequest, DeleteAccountPasswordPolicyResponse,
    GetAccountPasswordPolicyRequest, GetAccountPasswordPolicyResponse, PasswordPolicy,
    UpdateAccountPasswordPolicyRequest, UpdateAccountPasswordPolicyResponse,
};
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use policy::{Kind as Grammar, PolicyId, Source};
use serde_json::json;
use store::{Record, Tx};

use crate::entity::Entity;
use crate::tables::PASSWORD_POLICIES;
use crate::{document, epoch, error};

/// Where a policy names no length.
const LENGTH_DEFAULT: i32 = 6;
/// Where there is no policy.
const LENGTH_UNRULED: usize = 8;
const CLASSES_UNRULED: usize = 3;
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct PasswordPolicyRecord {
    #[n(0)]
    pub length: i32,
    #[n(1)]
    pub symbols: bool,
    #[n(2)]
    pub numbers: bool,
    #[n(3)]
    pub upper: bool,
    #[n(4)]
    pub lower: bool,
    #[n(5)]
    pub users_change: bool,
    /// Days.
    #[n(6)]
    pub age: Option<i32>,
    /// How many old passwords may not come again.
    #[n(7)]
    pub reuse: Option<i32>,
    #[n(8)]
    pub hard_expiry: Option<bool>,
}

impl Record for PasswordPolicyRecord {
    const VERSION: u8 = 1;
}

pub fn delete_account_password_policy(
    cx: &mut Cx<'_>,
    _input: DeleteAccountPasswordPolicyRequest,
) -> Result<DeleteAccountPasswordPolicyResponse, Error> {
    let account = cx.account();
    if find(cx.tx, account)?.is_none() {
        let message = "The account policy with name PasswordPolicy cannot be found.";
        return Err(error::no_such_entity(message));
    }
    PASSWORD_POLICIES.delete(cx.tx, account.number());
    epoch::touch(cx.tx, account)?;
    Ok(DeleteAccountPasswordPolicyResponse::default())
}

pub fn get_account_password_policy(
    cx: &mut Cx<'_>,
    _input: GetAccountPasswordPolicyRequest,
) -> Result<GetAccountPasswordPolicyResponse, Error> {
    let account = cx.account();
    let policy = find(cx.tx, account)?.ok_or_else(|| {
        let message = format!("The Password Policy with domain name {account} cannot be found.");
        error::no_such_entity(message)
    })?;
    Ok(GetAccountPasswordPolicyResponse {
        password_policy: PasswordPolicy {
            minimum_password_length: Some(policy.length),
            require_symbols: Some(policy.symbols),
            require_numbers: Some(policy.numbers),
            require_uppercase_characters: Some(policy.upper),
            require_lowercase_characters: Some(policy.lower),
            allow_users_to_change_password: Some(policy.users_change),
            expire_passwords: Some(policy.age.is_some()),
            max_password_age: policy.age,
            password_reuse_prevention: policy.reuse,
            hard_expiry: policy.hard_expiry,
        },
    })
}

/// What is not given gets its default, not its old value.
pub fn update_account_password_policy(
    cx: &mut Cx<'_>,
    input: UpdateAccountPasswordPolicyRequest,
) -> Result<UpdateAccountPasswordPolicyResponse, Error> {
    let policy = PasswordPolicyRecord {
        length: input.minimum_password_length.unwrap_or(LENGTH_DEFAULT),
        symbols: input.require_symbols == Some(true),
        numbers: input.require_numbers == Some(true),
        upper: input.require_uppercase_characters == Some(true),
        lower: input.require_lowercase_characters == Some(true),
        users_change: input.allow_users_to_change_password == Some(true),
        age: input.max_password_age,
        reuse: input.password_reuse_prevention,
        hard_expiry: input.hard_expiry,
    };
    let account = cx.account();
    PASSWORD_POLICIES.put(cx.tx, account.number(), &policy)?;
    epoch::touch(cx.tx, account)?;
    Ok(UpdateAccountPasswordPolicyResponse::default())
}

/// The account's policy, where it has set one.
///
/// # Errors
/// Only what the store says.
pub fn find(tx: &Tx, account: AccountId) -> Result<Option<PasswordPolicyRecord>, Error> {
    Ok(PASSWORD_POLICIES.get(tx, account.number())?)
}

/// What AllowUsersToChangePassword gives each user. AWS: "this option does not attach a permissions
/// policy to each user, rather the permissions are applied at the account-level".
///
/// # Errors
/// Only what the store says.
pub fn permission(tx: &Tx, account: AccountId, user: &Entity) -> Result<Option<Source>, Error> {
    if !find(tx, account)?.is_some_and(|policy| policy.users_change) {
        return Ok(None);
    }
    let text = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": as_pattern(&user.arn(account))},
            {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
        ],
    });
    let policy = document::kept(&text.to_string(), Grammar::Identity)?;
    let id =
        PolicyId::inline("AllowUsersToChangePassword", &format!("arn:aws:iam::{account}:root"));
    Ok(Some(Source { policy, id }))
}

/// The ARN as a pattern that means it alone: a path may contain what patterns are made of.
fn as_pattern(arn: &str) -> String {
    let mut text = String::with_capacity(arn.len());
    for c in arn.chars() {
        match c {
            '*' | '?' | '$' => text.extend(['$', '{', c, '}']),
            c => text.push(c),
        }
    }
    text
}

/// Whether the policy, or AWS's own where there is none, takes the password.
///
/// # Errors
/// PasswordPolicyViolation.
pub fn check(policy: Option<&PasswordPolicyRecord>, password: &str) -> Result<(), Error> {
    match policy {
        Some(policy) => check_ruled(policy, password),
        None => check_unruled(password),
    }
}

/// As [`PasswordPolicyRecord`] words it.
pub fn violation(message: impl Into<String>) -> Error {
    Error::new(api::iam::error::PASSWORD_POLICY_VIOLATION, message)
}

fn check_ruled(policy: &PasswordPolicyRecord, password: &str) -> Result<(), Error> {
    let length = usize::try_from(policy.length).unwrap_or_default();
    let mut wanting = Vec::new();
    if password.chars().count() < length {
        wanting.push(too_short(length));
    }
    let asked = [policy.upper, policy.lower, policy.numbers, policy.symbols];
    let missing = classes(password).into_iter().zip(asked);
    wanting.extend(
        missing.filter(|((has, _), asked)| *asked && !has).map(|((_, text), _)| text.to_owned()),
    );
    if wanting.is_empty() { Ok(()) } else { Err(violation(wanting.join(", "))) }
}

/// At least eight characters, of three kinds.
fn check_unruled(password: &str) -> Result<(), Error> {
    if password.chars().count() < LENGTH_UNRULED {
        return Err(violation(too_short(LENGTH_UNRULED)));
    }
    let missing: Vec<&str> =
        classes(password).into_iter().filter(|(has, _)| !has).map(|(_, text)| text).collect();
    let short = CLASSES_UNRULED.saturating_sub(4usize.saturating_sub(missing.len()));
    if short == 0 {
        return Ok(());
    }
    Err(violation(format!(
        "Password should meet {short} more of the following requirements: {}",
        missing.join(", ")
    )))
}

fn too_short(length: usize) -> String {
    format!("Password should have a minimum length of {length}")
}

/// Which kinds of characters there are, and what AWS says where one is missing.
fn classes(password: &str) -> [(bool, &'static str); 4] {
    let any = |is: fn(char) -> bool| password.chars().any(is);
    [
        (any(|c| c.is_ascii_uppercase()), "Password should have at least one uppercase letter"),
        (any(|c| c.is_ascii_lowercase()), "Password should have at least one lowercase letter"),
        (any(|c| c.is_ascii_digit()), "Password should have at least one number"),
        (any(|c| SYMBOLS.contains(c)), "Password should have at least one symbol"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_policy_a_password_has_eight_characters_of_three_kinds() {
        for (password, says) in [
            ("Abcdefg1", None),
            ("abcdefg1!", None),
            ("Abc1!", Some("Password should have a minimum length of 8")),
            (
                "abcdefg1",
                Some(
                    "Password should meet 1 more of the following requirements: Password should \
                     have at least one uppercase letter, Password should have at least one symbol",
                ),
            ),
        ] {
            let found = check(None, password).err().map(|error| error.message().to_owned());
            assert_eq!(found.as_deref(), says, "{password}");
        }
    }

    #[test]
    fn a_policy_asks_for_what_it_asks_for() {
        let policy = PasswordPolicyRecord { length: 10, symbols: true, ..Default::default() };
        assert!(check(Some(&policy), "abcdefghi!").is_ok());
        let error = check(Some(&policy), "abcdefghij").expect_err("no symbol");
        assert_eq!(error.message(), "Password should have at least one symbol");
        assert!(check(Some(&policy), "abcdefgh!").is_err());
    }
}
