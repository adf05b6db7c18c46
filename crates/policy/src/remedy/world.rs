//! The policies of a request, to be changed one by one until it is allowed.

use super::Change;
use super::statement::{identity_owner, named, resource_owner, statement};
use crate::decision::{Decision, PolicyType};
use crate::evaluate::evaluate;
use crate::policy::StatementEffect;
use crate::principal::Reach;
use crate::{Grant, Kind, Policies, Policy, PolicyId, Principal, Request, ResourceKind};
use crate::{ResourcePolicy, Source};

/// Where a statement can be added.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Identity,
    Boundary,
    Session,
    /// To the resource's policy, for the user, the role, or whoever else calls.
    Resource,
    /// To the resource's policy, for this one session: it reaches past boundary and session policy.
    ResourceForSession,
}

pub(super) const SIDES: [Side; 5] =
    [Side::Identity, Side::Boundary, Side::Session, Side::Resource, Side::ResourceForSession];

/// The policies, to be changed.
#[derive(Clone)]
pub(super) struct World {
    identity: Vec<Source>,
    boundary: Option<Source>,
    session: Option<Vec<Source>>,
    resource: Option<(Source, ResourceKind, bool)>,
    grant: Option<Grant>,
    service_control: Option<Vec<Vec<Source>>>,
    resource_control: Option<Vec<Vec<Source>>>,
}

impl World {
    pub(super) fn of(policies: &Policies<'_>) -> World {
        let levels = |levels: Option<&[&[Source]]>| -> Option<Vec<Vec<Source>>> {
            levels.map(|levels| levels.iter().map(|level| level.to_vec()).collect())
        };
        World {
            identity: policies.identity.to_vec(),
            boundary: policies.boundary.cloned(),
            session: policies.session.map(<[Source]>::to_vec),
            resource: policies
                .resource
                .map(|one| (one.source.clone(), one.kind, one.restrict_public)),
            grant: policies.resource_grant,
            service_control: levels(policies.service_control),
            resource_control: levels(policies.resource_control),
        }
    }

    pub(super) fn decide(&self, request: &Request<'_>) -> Decision {
        let service: Option<Vec<&[Source]>> = self.service_control.as_deref().map(slices);
        let resource: Option<Vec<&[Source]>> = self.resource_control.as_deref().map(slices);
        let policies = Policies {
            identity: &self.identity,
            boundary: self.boundary.as_ref(),
            session: self.session.as_deref(),
            resource: self.resource.as_ref().map(|(source, kind, restrict_public)| {
                ResourcePolicy { source, kind: *kind, restrict_public: *restrict_public }
            }),
            resource_grant: self.grant,
            service_control: service.as_deref(),
            resource_control: resource.as_deref(),
        };
        evaluate(request, &policies)
    }

    /// Takes away what denies.
    pub(super) fn silence(&mut self, request: &Request<'_>, decision: &Decision) -> Option<Change> {
        let hit = decision.matched.first()?;
        let (Some(statement), policy) = (hit.statement, hit.policy.clone()) else {
            return self.unrestrict();
        };
        let bounded = self.boundary.is_some();
        let source = self.of_type(hit.policy_type).into_iter().find(|source| {
            let found = source.policy.statements().get(statement);
            source.id == policy
                && found.is_some_and(|one| {
                    one.effect() == StatementEffect::Deny
                        && one.reach(request, bounded) != Reach::Nobody
                })
        })?;
        let line = source.policy.statements().get(statement)?.line();
        source.policy = source.policy.silenced(statement);
        let sid = hit.sid.as_ref().map(ToString::to_string);
        Some(Change::Remove { policy_type: hit.policy_type, policy, statement, sid, line })
    }

    /// Turns RestrictPublicBuckets off; `None` where it is.
    pub(super) fn unrestrict(&mut self) -> Option<Change> {
        let (source, _, restrict_public) = self.resource.as_mut()?;
        std::mem::take(restrict_public).then(|| Change::Unrestrict { policy: source.id.clone() })
    }

    fn of_type(&mut self, policy_type: PolicyType) -> Vec<&mut Source> {
        match policy_type {
            PolicyType::Identity => self.identity.iter_mut().collect(),
            PolicyType::Boundary => self.boundary.iter_mut().collect(),
            PolicyType::Session => self.session.iter_mut().flatten().collect(),
            PolicyType::Resource | PolicyType::Trust => {
                self.resource.iter_mut().map(|(source, ..)| source).collect()
            }
            PolicyType::ServiceControl => {
                self.service_control.iter_mut().flatten().flatten().collect()
            }
            PolicyType::ResourceControl => {
                self.resource_control.iter_mut().flatten().flatten().collect()
            }
            PolicyType::AccessControlList | PolicyType::Unconditional => Vec::new(),
        }
    }

    /// Adds a statement to each level of the organization that does not allow.
    pub(super) fn allow_at_each_level(
        &mut self,
        request: &Request<'_>,
        policy_type: PolicyType,
        changes: &mut Vec<Change>,
    ) -> Option<()> {
        if policy_type == PolicyType::ServiceControl && request.principal.account().is_none() {
            return Some(());
        }
        let bounded = self.boundary.is_some();
        let (levels, kind) = match policy_type {
            PolicyType::ServiceControl => (&mut self.service_control, Kind::ServiceControl),
            _ => (&mut self.resource_control, Kind::ResourceControl),
        };
        for (level, sources) in levels.iter_mut().flatten().enumerate() {
            let mut statements = sources.iter().flat_map(|source| source.policy.statements());
            let allows = statements.any(|one| {
                one.effect() == StatementEffect::Allow
                    && one.reach(request, bounded) != Reach::Nobody
            });
            if allows {
                continue;
            }
            let principal = (kind == Kind::ResourceControl).then_some("\"*\"");
            let (statement, policy) = statement(request, kind, principal)?;
            let change = Change::Add {
                policy_type,
                level: Some(level),
                policy: None,
                owner: None,
                statement,
            };
            sources.push(Source { policy, id: PolicyId::inline("added", "") });
            changes.push(change);
        }
        Some(())
    }

    /// Whether the caller, or the resource, can have such a policy at all.
    pub(super) fn has(&self, request: &Request<'_>, side: Side) -> bool {
        let own = matches!(
            request.principal,
            Principal::User { .. } | Principal::Role { .. } | Principal::Federated { .. }
        );
        let federated = matches!(request.principal, Principal::Federated { .. });
        let signed = request.principal.account().is_some();
        match side {
            Side::Identity => own,
            Side::Boundary => own && self.boundary.is_some(),
            Side::Session => signed && (self.session.is_some() || federated),
            Side::Resource => self.resource_kind(request).is_some(),
            Side::ResourceForSession => {
                let session = federated || matches!(request.principal, Principal::Role { .. });
                session && self.resource_kind(request).is_some()
            }
        }
    }

    /// The kind of policy that the resource has, or that a bucket could be given.
    fn resource_kind(&self, request: &Request<'_>) -> Option<Kind> {
        let bucket = request.resource.strip_prefix("arn:aws:s3:::");
        match &self.resource {
            Some((source, ..)) => Some(source.policy.kind()),
            None => bucket.filter(|name| *name != "*").map(|_| Kind::Bucket),
        }
    }

    pub(super) fn add(&mut self, request: &Request<'_>, side: Side) -> Option<Change> {
        let (policy_type, kind, principal) = match side {
            Side::Identity => (PolicyType::Identity, Kind::Identity, None),
            Side::Boundary => (PolicyType::Boundary, Kind::Identity, None),
            Side::Session => (PolicyType::Session, Kind::Session, None),
            Side::Resource | Side::ResourceForSession => {
                let by_session = side == Side::ResourceForSession;
                let named = named(request.principal, by_session);
                let kind = self.resource_kind(request)?;
                let trust = kind == Kind::Trust;
                let policy_type = if trust { PolicyType::Trust } else { PolicyType::Resource };
                (policy_type, kind, Some(named))
            }
        };
        let (statement, policy) = statement(request, kind, principal.as_deref())?;
        let id = self.put(request, side, policy);
        let owner = match side {
            Side::Identity => Some(identity_owner(request.principal)),
            Side::Resource | Side::ResourceForSession => Some(resource_owner(request.resource)),
            Side::Boundary | Side::Session => None,
        };
        Some(Change::Add { policy_type, level: None, policy: id, owner, statement })
    }

    /// Adds `policy`'s statement; tells to which policy, where there is one.
    fn put(&mut self, request: &Request<'_>, side: Side, policy: Policy) -> Option<PolicyId> {
        let new = |policy| Source { policy, id: PolicyId::inline("added", "") };
        match side {
            Side::Identity => {
                self.identity.push(new(policy));
                None
            }
            Side::Boundary => self.boundary.as_mut().map(|source| join(source, &policy)),
            Side::Session => {
                let session = self.session.get_or_insert_default();
                if let Some(first) = session.first_mut() {
                    return Some(join(first, &policy));
                }
                session.push(new(policy));
                None
            }
            Side::Resource | Side::ResourceForSession => match &mut self.resource {
                Some((source, ..)) => Some(join(source, &policy)),
                none => {
                    let id = PolicyId::inline("bucket policy", &resource_owner(request.resource));
                    *none = Some((Source { policy, id }, ResourceKind::Bucket, false));
                    None
                }
            },
        }
    }
}

fn slices(levels: &[Vec<Source>]) -> Vec<&[Source]> {
    levels.iter().map(Vec::as_slice).collect()
}

fn join(source: &mut Source, more: &Policy) -> PolicyId {
    source.policy = source.policy.joined(more);
    source.id.clone()
}
