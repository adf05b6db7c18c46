//! What a decision is about: the resource that a service's resolver found.

use std::collections::BTreeMap;

use policy::{Grant, ResourceKind, ResourcePolicy, Source};

use crate::AccountId;

#[derive(Debug, Clone, Default)]
pub struct Resource {
    /// The ARN, or `*` where the action has none.
    pub arn: String,
    /// What a denial prints after `on resource: `; empty where AWS prints no resource at all.
    pub shown: String,
    /// The account that owns it; None where that is the caller's by definition.
    pub account: Option<AccountId>,
    /// `aws:ResourceTag/…`
    pub tags: BTreeMap<String, String>,
    /// A bucket policy or a role's trust policy.
    pub policy: Option<Attached>,
    /// The actions that an access control list grants the caller, and how far; the first of an
    /// action counts.
    pub granted: Vec<(&'static str, Grant)>,
    /// Further condition keys of the resource.
    pub keys: Vec<(String, Vec<String>)>,
}

/// The policy of a resource.
#[derive(Debug, Clone)]
pub struct Attached {
    pub source: Source,
    pub kind: ResourceKind,
    /// S3's RestrictPublicBuckets is on.
    pub restrict_public: bool,
}

impl Attached {
    /// As the evaluation takes it.
    #[must_use]
    pub const fn as_policy(&self) -> ResourcePolicy<'_> {
        ResourcePolicy {
            source: &self.source,
            kind: self.kind,
            restrict_public: self.restrict_public,
        }
    }
}

impl Resource {
    /// A resource that denials print by its ARN.
    #[must_use]
    pub fn arn(arn: impl Into<String>) -> Self {
        let arn = arn.into();
        Self { shown: arn.clone(), arn, ..Self::default() }
    }

    /// A resource that denials print in words: `role Deploy`.
    #[must_use]
    pub fn shown_as(arn: impl Into<String>, shown: impl Into<String>) -> Self {
        Self { arn: arn.into(), shown: shown.into(), ..Self::default() }
    }

    /// For actions without a resource: only `Resource: "*"` allows them. Denials print `*`.
    #[must_use]
    pub fn any() -> Self {
        Self::arn("*")
    }

    #[must_use]
    pub fn owned_by(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    #[must_use]
    pub fn tagged(mut self, tags: BTreeMap<String, String>) -> Self {
        self.tags = tags;
        self
    }

    #[must_use]
    pub fn with_policy(mut self, policy: Option<Attached>) -> Self {
        self.policy = policy;
        self
    }

    #[must_use]
    pub fn granting(mut self, granted: Vec<(&'static str, Grant)>) -> Self {
        self.granted = granted;
        self
    }

    /// What an access control list grants the caller for an action.
    #[must_use]
    pub fn grant(&self, action: &str) -> Option<Grant> {
        self.granted.iter().find(|(granted, _)| *granted == action).map(|(_, grant)| *grant)
    }

    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>, values: Vec<String>) -> Self {
        self.keys.push((key.into(), values));
        self
    }
}
