//! The outcome of an evaluation, and AWS's words for a denial.
//!
//! Only the end of the sentence is made here; who called what on which resource stands in the
//! service's own form.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use std::sync::Arc;

use crate::PolicyId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    Allow,
    /// A Deny statement matched.
    ExplicitDeny,
    /// No Allow where one was needed.
    ImplicitDeny,
}

/// What kind of policy decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyType {
    Identity,
    Boundary,
    Session,
    Resource,
    Trust,
    /// An S3 access control list.
    AccessControlList,
    ServiceControl,
    ResourceControl,
    /// No policy is asked: the root user in its own account, and calls that nobody can be denied.
    Unconditional,
}

/// A statement that took part in the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    pub policy_type: PolicyType,
    pub policy: PolicyId,
    /// Index in the policy, from 0. `None` when S3 Block Public Access turned the policy away.
    pub statement: Option<usize>,
    pub sid: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub effect: Effect,
    pub decided_by: PolicyType,
    /// The policy that decided; `None` where it is the absence of one that did.
    pub policy: Option<PolicyId>,
    /// The statement that denies, or for an Allow the first that allows in each type of policy.
    pub matched: Vec<Matched>,
}

impl Decision {
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// How AWS's sentence goes on after the resource: ` because no identity-based policy allows the
    /// s3:GetObject action`, or ` with an explicit deny in an identity-based policy: arn:...` (the
    /// ARN where the policy has one and is not the resource's own). Empty for an Allow.
    ///
    /// Whether to say it is the service's choice: STS never does, S3 only within the account.
    pub fn denial_context(&self, action: &str) -> String {
        let (a, of_type) = self.decided_by.words();
        match self.effect {
            Effect::Allow => String::new(),
            Effect::ImplicitDeny => format!(" because no {of_type} allows the {action} action"),
            Effect::ExplicitDeny => {
                let shown = !matches!(self.decided_by, PolicyType::Resource | PolicyType::Trust);
                let arn = self.policy.as_ref().and_then(PolicyId::arn).filter(|_| shown);
                let arn = arn.map(|arn| format!(": {arn}")).unwrap_or_default();
                format!(" with an explicit deny in {a} {of_type}{arn}")
            }
        }
    }
}

impl PolicyType {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            PolicyType::Identity | PolicyType::Unconditional => ("an", "identity-based policy"),
            PolicyType::Boundary => ("a", "permissions boundary"),
            PolicyType::Session => ("a", "session policy"),
            PolicyType::Resource | PolicyType::AccessControlList => ("a", "resource-based policy"),
            PolicyType::Trust => ("the", "role trust policy"),
            PolicyType::ServiceControl => ("a", "service control policy"),
            PolicyType::ResourceControl => ("a", "resource control policy"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(effect: Effect, decided_by: PolicyType, arn: Option<&str>) -> String {
        let policy = arn.map(|arn| PolicyId::managed(arn, ""));
        Decision { effect, decided_by, policy, matched: Vec::new() }.denial_context("s3:Get")
    }

    type Case = (Effect, PolicyType, Option<&'static str>, &'static str);

    const ARN: Option<&str> = Some("arn:aws:iam::1:policy/P");
    const CASES: &[Case] = &{
        use {Effect::*, PolicyType::*};
        [
            (
                ImplicitDeny,
                Identity,
                None,
                " because no identity-based policy allows the s3:Get action",
            ),
            (
                ImplicitDeny,
                Resource,
                None,
                " because no resource-based policy allows the s3:Get action",
            ),
            (
                ImplicitDeny,
                Boundary,
                None,
                " because no permissions boundary allows the s3:Get action",
            ),
            (ImplicitDeny, Session, None, " because no session policy allows the s3:Get action"),
            (
                ImplicitDeny,
                ServiceControl,
                None,
                " because no service control policy allows the s3:Get action",
            ),
            (ImplicitDeny, Trust, None, " because no role trust policy allows the s3:Get action"),
            (
                ExplicitDeny,
                Identity,
                ARN,
                " with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/P",
            ),
            (ExplicitDeny, Identity, None, " with an explicit deny in an identity-based policy"),
            (
                ExplicitDeny,
                Boundary,
                ARN,
                " with an explicit deny in a permissions boundary: arn:aws:iam::1:policy/P",
            ),
            (ExplicitDeny, Session, None, " with an explicit deny in a session policy"),
            (ExplicitDeny, Resource, ARN, " with an explicit deny in a resource-based policy"),
            (ExplicitDeny, Trust, None, " with an explicit deny in the role trust policy"),
            (
                ExplicitDeny,
                ResourceControl,
                None,
                " with an explicit deny in a resource control policy",
            ),
            (
                ExplicitDeny,
                ResourceControl,
                Some("arn:aws:organizations::1:policy/o-a/resource_control_policy/p-b"),
                " with an explicit deny in a resource control policy: \
                 arn:aws:organizations::1:policy/o-a/resource_control_policy/p-b",
            ),
            (
                ExplicitDeny,
                ServiceControl,
                Some("arn:aws:organizations::1:policy/o-a/service_control_policy/p-b"),
                " with an explicit deny in a service control policy: \
                 arn:aws:organizations::1:policy/o-a/service_control_policy/p-b",
            ),
            (
                ExplicitDeny,
                Session,
                ARN,
                " with an explicit deny in a session policy: arn:aws:iam::1:policy/P",
            ),
            (
                ExplicitDeny,
                Identity,
                Some("arn:aws:iam::aws:policy/AWSDenyAll"),
                " with an explicit deny in an identity-based policy: \
                 arn:aws:iam::aws:policy/AWSDenyAll",
            ),
            (Allow, Identity, ARN, ""),
        ]
    };

    #[test]
    fn denials_are_worded_as_aws_words_them() {
        for (effect, decided_by, arn, expected) in CASES {
            assert_eq!(sentence(*effect, *decided_by, *arn), *expected);
        }
    }
}
