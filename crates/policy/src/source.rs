//! What a decision is made from: the request and the policies that apply to it.

use std::sync::Arc;

use crate::{Context, Policy, Principal};

/// The facts of one request, for one permission.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub principal: &'a Principal<'a>,
    /// `s3:GetObject`; case does not matter.
    pub action: &'a str,
    /// An ARN, or `*` for a call that has no resource.
    pub resource: &'a str,
    /// The account that owns the resource; `None` counts as the caller's own.
    pub resource_account: Option<&'a str>,
    pub context: &'a Context,
}

/// Which policy this is and whom it is attached to. Clones share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyId(Arc<Identified>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Identified {
    arn: Option<Box<str>>,
    name: Box<str>,
    owner: Box<str>,
}

impl PolicyId {
    /// A policy with an ARN, attached to the user, group, role, account or unit `owner`.
    pub fn managed(arn: &str, owner: &str) -> PolicyId {
        let name = arn.rsplit('/').next().unwrap_or(arn).into();
        PolicyId(Arc::new(Identified { arn: Some(arn.into()), name, owner: owner.into() }))
    }

    /// A policy written into its owner: inline, trust, bucket or session policy.
    pub fn inline(name: &str, owner: &str) -> PolicyId {
        PolicyId(Arc::new(Identified { arn: None, name: name.into(), owner: owner.into() }))
    }

    pub fn arn(&self) -> Option<&str> {
        self.0.arn.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The ARN of the user, group, role, bucket or session it belongs to.
    pub fn owner(&self) -> &str {
        &self.0.owner
    }
}

/// A policy and its name.
#[derive(Clone, Debug)]
pub struct Source {
    pub policy: Policy,
    pub id: PolicyId,
}

/// The policies that apply to a request. `Policies::default()` is none at all: denied.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies<'a> {
    /// Of the user and its groups, or of the role. Ignored for the root user.
    pub identity: &'a [Source],
    /// Of the user or role. Ignored for the root user.
    pub boundary: Option<&'a Source>,
    /// `None`: no session policy was passed. `Some`: the inline one and those passed by ARN.
    pub session: Option<&'a [Source]>,
    pub resource: Option<ResourcePolicy<'a>>,
    /// What the resource's access control list grants the caller for this action, if anything.
    pub resource_grant: Option<Grant>,
    /// One list for each level from the root to the caller's account; `None` where service control
    /// policies do not apply: no organization, its management account, service-linked roles.
    pub service_control: Option<&'a [&'a [Source]]>,
    /// The same for the resource's account; `None` also for services without such policies.
    pub resource_control: Option<&'a [&'a [Source]]>,
}

/// The policy of the resource itself.
#[derive(Clone, Copy, Debug)]
pub struct ResourcePolicy<'a> {
    pub source: &'a Source,
    pub kind: ResourceKind,
    /// S3's RestrictPublicBuckets is on: a public policy serves only the bucket's own account and
    /// AWS services.
    pub restrict_public: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    Bucket,
    Trust,
}

/// Whom an access control list names when it grants the caller access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The caller's account.
    Account,
    /// The groups AllUsers or AuthenticatedUsers.
    Everyone,
}
