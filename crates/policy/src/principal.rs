//! Who calls, and how the `Principal` element of a policy names callers.
//!
//! A pattern that names a user or a role by ARN matches that ARN; one that names it by unique id
//! (`AIDA...`, `AROA...`: the form policies are kept in) matches that one user or role and never a
//! later one of the same name. [`crate::rewrite_principals`] turns one form into the other.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::context::Context;

/// The caller of a request, as the authenticator found it. Accounts are 12 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    Root {
        account: &'a str,
    },
    /// An IAM user, with long-term keys or a GetSessionToken session.
    User {
        account: &'a str,
        arn: &'a str,
        id: &'a str,
    },
    /// A session of a role. `role_arn` carries the role's path, `session_arn` does not.
    Role {
        account: &'a str,
        role_arn: &'a str,
        role_id: &'a str,
        session_arn: &'a str,
    },
    /// A GetFederationToken session `arn`, and the user who asked for it.
    Federated {
        account: &'a str,
        arn: &'a str,
        user_arn: &'a str,
        user_id: &'a str,
    },
    /// An AWS service on its own behalf: `cloudformation.amazonaws.com`.
    Service {
        name: &'a str,
    },
    /// The bearer of an OpenID Connect token of this provider (ARN or host name).
    WebIdentity {
        provider: &'a str,
    },
    /// The bearer of a SAML assertion of this provider (ARN).
    Saml {
        provider: &'a str,
    },
    Anonymous,
}

impl Principal<'_> {
    /// The account whose identity policies and service control policies govern this caller.
    pub fn account(&self) -> Option<&str> {
        match self {
            Principal::Root { account }
            | Principal::User { account, .. }
            | Principal::Role { account, .. }
            | Principal::Federated { account, .. } => Some(account),
            Principal::Service { .. }
            | Principal::WebIdentity { .. }
            | Principal::Saml { .. }
            | Principal::Anonymous => None,
        }
    }

    /// Puts the condition keys that follow from the caller alone: aws:PrincipalArn,
    /// aws:PrincipalAccount, aws:PrincipalType, aws:userid, aws:username,
    /// aws:PrincipalIsAWSService and aws:PrincipalServiceName.
    pub fn describe(&self, context: &mut Context) {
        let last = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
        let (kind, arn, user_id) = match self {
            Principal::Root { account } => {
                ("Account", Some(format!("arn:aws:iam::{account}:root")), (*account).to_owned())
            }
            Principal::User { arn, id, .. } => {
                context.insert("aws:username", last(arn));
                ("User", Some((*arn).to_owned()), (*id).to_owned())
            }
            Principal::Role { role_arn, role_id, session_arn, .. } => {
                let user_id = format!("{role_id}:{}", last(session_arn));
                ("AssumedRole", Some((*role_arn).to_owned()), user_id)
            }
            Principal::Federated { account, arn, .. } => {
                ("FederatedUser", Some((*arn).to_owned()), format!("{account}:{}", last(arn)))
            }
            Principal::Service { name } => {
                context.insert("aws:PrincipalIsAWSService", "true");
                context.insert("aws:PrincipalServiceName", (*name).to_owned());
                return;
            }
            Principal::WebIdentity { .. } | Principal::Saml { .. } | Principal::Anonymous => {
                context.insert("aws:PrincipalType", "Anonymous");
                context.insert("aws:PrincipalAccount", "anonymous");
                context.insert("aws:userid", "anonymous");
                return;
            }
        };
        context.insert("aws:PrincipalType", kind);
        context.insert("aws:PrincipalAccount", self.account().unwrap_or_default().to_owned());
        context.insert("aws:PrincipalIsAWSService", "false");
        context.insert("aws:userid", user_id);
        if let Some(arn) = arn {
            context.insert("aws:PrincipalArn", arn);
        }
    }
}

/// How directly an Allow of a resource-based policy names the caller: what it may skip of the
/// caller's other policies in the same account.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Nobody,
    /// The account: it delegates to the account's own policies.
    Account,
    /// The role of the session (or the user behind a federated session): adds to its
    /// identity-based policies; boundary and session policies still limit.
    Role,
    /// The user, the session itself, or everyone.
    Direct,
}

/// One principal as a policy names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalPattern {
    /// `*`; in a trust policy only callers of AWS accounts.
    Everyone {
        accounts_only: bool,
    },
    /// Twelve digits or `arn:aws:iam::123456789012:root`.
    Account(Box<str>),
    /// A user's ARN.
    User(Box<str>),
    /// A role's ARN: each of its sessions.
    Role(Box<str>),
    /// `arn:aws:sts::123456789012:assumed-role/Role/session`.
    Session(Box<str>),
    /// `arn:aws:sts::123456789012:federated-user/Name`.
    FederatedUser(Box<str>),
    /// `AIDA...` or `AROA...`.
    UniqueId(Box<str>),
    Service(Box<str>),
    /// A SAML or OpenID Connect provider.
    Federated(Box<str>),
    /// S3's canonical user id: matches nobody until rewritten to an account.
    CanonicalUser(Box<str>),
}

impl PrincipalPattern {
    /// Reads one value under a key of the `Principal` element; `None` if it names nobody that
    /// could exist. Whether the named entity does exist is the caller's question.
    pub fn parse(key: &str, value: &str, accounts_only: bool) -> Option<PrincipalPattern> {
        if key == "AWS" && value == "*" {
            return Some(PrincipalPattern::Everyone { accounts_only });
        }
        if value.is_empty() || value.contains(['*', '?']) {
            return None;
        }
        match key {
            "AWS" => aws(value),
            "Service" => value.contains('.').then(|| PrincipalPattern::Service(value.into())),
            "Federated" => {
                let known = value.contains('.') || value.starts_with("arn:");
                known.then(|| PrincipalPattern::Federated(value.into()))
            }
            "CanonicalUser" => {
                let hex = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
                hex.then(|| PrincipalPattern::CanonicalUser(value.into()))
            }
            _ => None,
        }
    }

    pub(crate) fn is_everyone(&self) -> bool {
        matches!(self, PrincipalPattern::Everyone { .. })
    }

    fn reach(&self, principal: &Principal<'_>) -> Reach {
        let when = |matched: bool, reach| if matched { reach } else { Reach::Nobody };
        match (self, principal) {
            (PrincipalPattern::Everyone { accounts_only }, who) => {
                when(!accounts_only || who.account().is_some(), Reach::Direct)
            }
            (PrincipalPattern::Account(account), who) => {
                when(who.account() == Some(&**account), Reach::Account)
            }
            (PrincipalPattern::User(name), Principal::User { arn, .. }) => {
                when(**name == **arn, Reach::Direct)
            }
            (PrincipalPattern::UniqueId(name), Principal::User { id, .. }) => {
                when(**name == **id, Reach::Direct)
            }
            (PrincipalPattern::Role(name), Principal::Role { role_arn, .. }) => {
                when(**name == **role_arn, Reach::Role)
            }
            (PrincipalPattern::UniqueId(name), Principal::Role { role_id, .. }) => {
                when(**name == **role_id, Reach::Role)
            }
            (PrincipalPattern::Session(name), Principal::Role { session_arn, .. }) => {
                when(**name == **session_arn, Reach::Direct)
            }
            (PrincipalPattern::FederatedUser(name), Principal::Federated { arn, .. }) => {
                when(**name == **arn, Reach::Direct)
            }
            (PrincipalPattern::User(name), Principal::Federated { user_arn, .. }) => {
                when(**name == **user_arn, Reach::Role)
            }
            (PrincipalPattern::UniqueId(name), Principal::Federated { user_id, .. }) => {
                when(**name == **user_id, Reach::Role)
            }
            (PrincipalPattern::Service(name), Principal::Service { name: service }) => {
                when(name.eq_ignore_ascii_case(service), Reach::Direct)
            }
            (
                PrincipalPattern::Federated(name),
                Principal::WebIdentity { provider } | Principal::Saml { provider },
            ) => when(**name == **provider, Reach::Direct),
            _ => Reach::Nobody,
        }
    }
}

/// The value of `AWS`.
fn aws(value: &str) -> Option<PrincipalPattern> {
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if account(value) {
        return Some(PrincipalPattern::Account(value.into()));
    }
    if is_unique_id(value) {
        return Some(PrincipalPattern::UniqueId(value.into()));
    }
    let mut parts = value.splitn(6, ':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
    // CloudFront's origin access identities are users of the account `cloudfront`.
    let owned = account(owner) || owner == "cloudfront";
    if arn != "arn" || !partition.starts_with("aws") || !region.is_empty() || !owned {
        return None;
    }
    match (service, name.split_once('/')) {
        ("iam", None) if name == "root" => Some(PrincipalPattern::Account(owner.into())),
        ("iam", Some(("user", rest))) if !rest.is_empty() => {
            Some(PrincipalPattern::User(value.into()))
        }
        ("iam", Some(("role", rest))) if !rest.is_empty() => {
            Some(PrincipalPattern::Role(value.into()))
        }
        ("sts", Some(("assumed-role", rest))) => {
            let (role, session) = rest.split_once('/')?;
            let sound = !role.is_empty() && !session.is_empty() && !session.contains('/');
            sound.then(|| PrincipalPattern::Session(value.into()))
        }
        ("sts", Some(("federated-user", rest))) if !rest.is_empty() => {
            Some(PrincipalPattern::FederatedUser(value.into()))
        }
        _ => None,
    }
}

fn is_unique_id(value: &str) -> bool {
    let known = value.starts_with("AIDA") || value.starts_with("AROA");
    let plain = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    known && plain && (16..=128).contains(&value.len())
}

/// The `Principal` or `NotPrincipal` element of a statement.
#[derive(Clone, Debug)]
pub(crate) struct PrincipalElement {
    pub not: bool,
    pub patterns: Box<[PrincipalPattern]>,
    /// As written: `AWS: 123456789012`.
    pub written: Box<[Box<str>]>,
}

impl PrincipalElement {
    /// How the element names the caller. `bounded`: the caller is a user or role with a permissions
    /// boundary, whom AWS lets no Deny with NotPrincipal exempt.
    pub(crate) fn reach(&self, principal: &Principal<'_>, deny: bool, bounded: bool) -> Reach {
        let reaches = self.patterns.iter().map(|pattern| pattern.reach(principal));
        if !self.not {
            return reaches.max().unwrap_or(Reach::Nobody);
        }
        let exempt = if deny {
            self.exempts(principal) && !bounded
        } else {
            // An Allow must not reach anyone the list mentions in whatever form.
            reaches.max().is_some_and(|reach| reach != Reach::Nobody)
        };
        if exempt { Reach::Nobody } else { Reach::Direct }
    }

    /// A Deny spares a caller only when the list names each of its layers: a user together with its
    /// account, a session together with its role and account.
    fn exempts(&self, principal: &Principal<'_>) -> bool {
        if self.patterns.iter().any(|p| p.is_everyone() && p.reach(principal) != Reach::Nobody) {
            return true;
        }
        let named = |reach| self.patterns.iter().any(|p| p.reach(principal) == reach);
        match principal {
            Principal::Root { .. } => named(Reach::Account),
            Principal::User { .. } | Principal::Federated { .. } => {
                named(Reach::Account) && named(Reach::Direct)
            }
            Principal::Role { .. } => {
                named(Reach::Account) && named(Reach::Role) && named(Reach::Direct)
            }
            Principal::Service { .. } | Principal::WebIdentity { .. } | Principal::Saml { .. } => {
                named(Reach::Direct)
            }
            Principal::Anonymous => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_read_in_each_form_and_refused_in_any_other() {
        use PrincipalPattern as P;
        let user = "arn:aws:iam::111111111111:user/team/ann";
        let role = "arn:aws:iam::111111111111:role/r";
        let session = "arn:aws:sts::111111111111:assumed-role/r/s";
        let federated = "arn:aws:sts::111111111111:federated-user/f";
        for (key, value, expected) in [
            ("AWS", "*", Some(P::Everyone { accounts_only: false })),
            ("AWS", "111111111111", Some(P::Account("111111111111".into()))),
            ("AWS", "arn:aws:iam::111111111111:root", Some(P::Account("111111111111".into()))),
            ("AWS", user, Some(P::User(user.into()))),
            ("AWS", role, Some(P::Role(role.into()))),
            ("AWS", session, Some(P::Session(session.into()))),
            ("AWS", federated, Some(P::FederatedUser(federated.into()))),
            ("AWS", "AIDAEXAMPLEID0000001", Some(P::UniqueId("AIDAEXAMPLEID0000001".into()))),
            ("AWS", "arn:aws:iam::*:root", None),
            ("AWS", "arn:aws:iam::1111:root", None),
            ("AWS", "arn:aws:iam::111111111111:group/g", None),
            ("AWS", "arn:aws:iam::111111111111:saml-provider/p", None),
            ("AWS", "arn:aws:sts::111111111111:assumed-role/r", None),
            ("AWS", "ann", None),
            ("AWS", "", None),
            ("aws", "111111111111", None),
            ("Service", "ec2.amazonaws.com", Some(P::Service("ec2.amazonaws.com".into()))),
            ("Service", "*", None),
            ("Service", "ec2", None),
            ("Federated", "accounts.google.com", Some(P::Federated("accounts.google.com".into()))),
            ("CanonicalUser", "79a5", None),
        ] {
            assert_eq!(P::parse(key, value, false), expected, "{key}: {value}");
        }
    }
}
