//! One question put to the policies: whether a caller may do one thing to one resource, with every
//! fact that the answer hangs on.
//!
//! Enforcement asks it once; whoever wants to know why asks it again. Both ask the same question of
//! the same engine, so they cannot disagree.

use std::borrow::Cow;
use std::sync::Arc;

use policy::{Context, Effect, Policies, Request, Source};

use crate::authenticate::{Arns, Who};
use crate::resource::Attached;
use crate::{Account, AccountId, Resource};

pub struct Question {
    /// `iam:CreateUser`
    pub action: String,
    pub resource: Resource,
    /// The account that owns the resource.
    pub owner: AccountId,
    /// What the directory knows of it.
    pub owner_facts: Option<Arc<Account>>,
    pub context: Facts,
    pub arns: Arns,
    /// The answer, once it was asked.
    pub effect: Effect,
    /// Asked by a handler that only wants to know: a no is no refusal.
    pub is_soft: bool,
}

/// The condition keys of a question: at hand while it is asked, in one piece of memory once it is
/// kept, so that a request leaves little behind that must be freed by another.
pub enum Facts {
    Open(Context),
    Packed(Box<[u8]>),
}

impl Facts {
    pub fn get(&self) -> Cow<'_, Context> {
        match self {
            Self::Open(context) => Cow::Borrowed(context),
            Self::Packed(packed) => Cow::Owned(Context::unpack(packed)),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Open(context) => context.pack().len(),
            Self::Packed(packed) => packed.len(),
        }
    }
}

impl Question {
    /// As it is kept.
    pub fn packed(mut self) -> Self {
        if let Facts::Open(context) = &self.context {
            self.context = Facts::Packed(context.pack());
        }
        self
    }

    /// Puts the question, as `who`, to `ask`.
    pub fn put<T>(&self, who: &Who, ask: impl FnOnce(&Request<'_>, &Policies<'_>) -> T) -> T {
        let principal = who.policy_principal(&self.arns);
        let context = self.context.get();
        let request = Request {
            principal: &principal,
            action: &self.action,
            resource: &self.resource.arn,
            resource_account: Some(self.owner.as_str()),
            context: &context,
        };
        let levels = if self.is_of_a_closed_account() {
            Levels::closed()
        } else {
            Levels::of(who, self.owner_facts.as_deref(), &self.action)
        };
        let mut policies = Policies {
            session: who.session_policies.as_deref(),
            resource: self.resource.policy.as_ref().map(Attached::as_policy),
            resource_grant: self.resource.grant(&self.action),
            service_control: levels.service_control.as_deref(),
            resource_control: levels.resource_control.as_deref(),
            ..Policies::default()
        };
        if let Some(principal) = &who.principal {
            policies.identity = &principal.policies;
            policies.boundary = principal.boundary.as_ref();
        }
        ask(&request, &policies)
    }

    /// What a closed account has is there, and nobody's.
    pub fn is_of_a_closed_account(&self) -> bool {
        self.resource.account.is_some() && self.owner_facts.is_none()
    }

    /// Whether the caller's account and the resource's are in one organization.
    pub fn is_within_organization(&self, who: &Who) -> bool {
        let place = |account: Option<&Arc<Account>>| account?.organization.clone();
        let (caller, owner) = (place(who.account.as_ref()), place(self.owner_facts.as_ref()));
        caller.zip(owner).is_some_and(|(caller, owner)| caller.id == owner.id)
    }

    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// Roughly how many bytes of memory it keeps; compiled policies are shared and not counted.
    pub fn size(&self) -> usize {
        let tags = self.resource.tags.iter();
        let tags: usize = tags.map(|(key, value)| key.len().saturating_add(value.len())).sum();
        let names = self.action.len().saturating_add(self.resource.arn.len().saturating_mul(2));
        [std::mem::size_of::<Self>(), self.context.size(), tags, names].into_iter().sum()
    }
}

/// The policies of the organization, level by level; None outside of one.
struct Levels<'a> {
    service_control: Option<Vec<&'a [Source]>>,
    resource_control: Option<Vec<&'a [Source]>>,
}

impl<'a> Levels<'a> {
    /// One level of control without a policy in it: no request reaches a closed account, whatever
    /// it granted. AWS: "Close an AWS account" (Account Management) says it of the account's own
    /// people; that other accounts are refused, too, is from memory.
    fn closed() -> Self {
        Self { service_control: None, resource_control: Some(vec![&[]]) }
    }

    /// Service control policies are the caller's account's, resource control policies the
    /// resource's, and those only of the actions that know them (AWS: "Resource control policies").
    /// Neither restricts the roles that AWS's own services act in.
    fn of(who: &'a Who, owner: Option<&'a Account>, action: &str) -> Self {
        if is_service_linked(who) {
            return Self { service_control: None, resource_control: None };
        }
        let levels = |levels: &'a [Vec<Source>]| {
            (!levels.is_empty()).then(|| levels.iter().map(Vec::as_slice).collect())
        };
        let account = who.account.as_deref();
        let (service, _) = action.split_once(':').unwrap_or((action, ""));
        Self {
            service_control: account.and_then(|account| levels(&account.service_control)),
            resource_control: owner
                .filter(|_| matches!(service, "s3" | "sts"))
                .and_then(|account| levels(&account.resource_control)),
        }
    }
}

/// A session of a service-linked role: IAM makes roles under that path for services alone.
fn is_service_linked(who: &Who) -> bool {
    let role = who.principal.as_ref().and_then(|principal| principal.arn.split(':').nth(5));
    role.is_some_and(|role| role.starts_with("role/aws-service-role/"))
}
