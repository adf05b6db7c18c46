//! ARNs of IAM's own nouns, written and read.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>

use gateway::{AccountId, Resource};

/// `arn:aws:iam::<account>:<kind><path><name>`
#[must_use]
pub fn of(account: AccountId, kind: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:{kind}{path}{name}")
}

/// `arn:aws:iam::<account>:root`
#[must_use]
pub fn root(account: AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// `arn:aws:sts::<account>:assumed-role/<role>/<session>`
#[must_use]
pub fn assumed_role(account: AccountId, role: &str, session: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
}

/// A resource of IAM by an ARN that a client gave: the account's that the ARN names.
#[must_use]
pub fn resource(arn: &str) -> Resource {
    let resource = Resource::arn(arn);
    match arn.split(':').nth(4).and_then(AccountId::parse) {
        Some(owner) => resource.owned_by(owner),
        None => resource,
    }
}

/// Whose a policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Aws,
    Account(AccountId),
}

/// An ARN of IAM, apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    pub owner: Owner,
    /// `user`, `role`, `policy`, ..
    pub kind: &'a str,
    /// Begins and ends with `/`.
    pub path: &'a str,
    pub name: &'a str,
}

/// Takes apart `arn:aws:iam::<account>:<kind>/<path/><name>`; None for everything else.
#[must_use]
pub fn parts(arn: &str) -> Option<Parts<'_>> {
    let (account, resource) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let owner = match account {
        "aws" => Owner::Aws,
        digits => Owner::Account(AccountId::parse(digits)?),
    };
    let slash = resource.find('/')?;
    let (kind, rest) = resource.split_at_checked(slash)?;
    let last = rest.rfind('/')?.checked_add(1)?;
    let (path, name) = rest.split_at_checked(last)?;
    (!kind.is_empty() && !name.is_empty()).then_some(Parts { owner, kind, path, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_into_what_it_was_made_of() {
        let account = AccountId::parse("123456789012").expect("digits");
        for (path, name) in [("/", "Bob"), ("/a/b/", "x+y@z")] {
            let arn = of(account, "policy", path, name);
            let owner = Owner::Account(account);
            assert_eq!(parts(&arn), Some(Parts { owner, kind: "policy", path, name }));
        }
        let aws = parts("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess").expect("an ARN");
        assert_eq!((aws.owner, aws.path), (Owner::Aws, "/job-function/"));
    }

    #[test]
    fn what_is_no_arn_has_no_parts() {
        for text in [
            "",
            "policy",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::12:policy/p",
            "arn:aws:iam::123456789012:policy/",
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:/p",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
