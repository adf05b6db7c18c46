//! The smallest change of policies that turns a denial into an Allow, found by evaluating it.
//!
//! Every Deny that matches must go, and every level of the organization must allow: there is no way
//! around either. Of the rest (the caller's own policies, its boundary, its session, the resource's
//! policy) the fewest that suffice are added to, tried in that order. Nothing is reported that
//! [`crate::evaluate`] did not allow. Deliberately absent: whether the change is a good idea.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use crate::decision::{Decision, Effect, PolicyType};
use crate::evaluate::evaluate;
use crate::json::quote;
use crate::policy::StatementEffect;
use crate::principal::Reach;
use crate::{Grant, Kind, Policies, Policy, PolicyId, Principal, Request, ResourceKind};
use crate::{ResourcePolicy, Source};

/// More Deny statements than this are not taken out one by one.
const DENIES_MAX: usize = 64;

/// Changes that together allow the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    pub changes: Vec<Change>,
    /// What [`crate::evaluate`] says of the request once they are made: always an Allow.
    pub proof: Decision,
}

/// One change of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Add a statement to a policy of this type: to `policy` where it has to be that one.
    Add {
        policy_type: PolicyType,
        /// Of control policies: how far below the organization's root, from 0.
        level: Option<usize>,
        policy: Option<PolicyId>,
        /// The ARN of the user, role or resource that the policy belongs to, where it is one's.
        owner: Option<String>,
        /// The statement, as JSON.
        statement: String,
    },
    /// Take out, or narrow, the statement that denies.
    Remove {
        policy_type: PolicyType,
        policy: PolicyId,
        /// Index in the policy, from 0.
        statement: usize,
        sid: Option<String>,
        /// Where it begins in the document, from 1.
        line: u32,
    },
    /// Turn S3's RestrictPublicBuckets off for the bucket of this policy.
    Unrestrict { policy: PolicyId },
}

/// The smallest change that allows a request which is denied; `None` where it is allowed, or where
/// no policy can allow it.
pub fn remedy(request: &Request<'_>, policies: &Policies<'_>) -> Option<Remedy> {
    let mut world = World::of(policies);
    if world.decide(request).is_allowed() {
        return None;
    }
    let mut changes = Vec::new();
    for _ in 0..DENIES_MAX {
        let decision = world.decide(request);
        if decision.effect != Effect::ExplicitDeny {
            break;
        }
        changes.push(world.silence(request, &decision)?);
    }
    for policy_type in [PolicyType::ServiceControl, PolicyType::ResourceControl] {
        world.allow_at_each_level(request, policy_type, &mut changes)?;
    }
    let found = fewest(request, &world).or_else(|| {
        // What would have to be added may make the policy public.
        changes.push(world.unrestrict()?);
        fewest(request, &world)
    });
    let (added, proof) = found?;
    changes.extend(added);
    Some(Remedy { changes, proof })
}

/// The fewest additions that allow the request, in the order of [`SIDES`].
fn fewest(request: &Request<'_>, world: &World) -> Option<(Vec<Change>, Decision)> {
    let sides: Vec<Side> = SIDES.into_iter().filter(|side| world.has(request, *side)).collect();
    let mut sets: Vec<Vec<Side>> = vec![Vec::new()];
    for side in sides {
        let grown: Vec<_> = sets.iter().map(|set| [set.as_slice(), &[side]].concat()).collect();
        sets.extend(grown);
    }
    sets.sort_by_key(Vec::len);
    sets.into_iter().find_map(|set| {
        let mut changed = world.clone();
        let changes: Option<Vec<_>> =
            set.into_iter().map(|side| changed.add(request, side)).collect();
        let decision = changed.decide(request);
        Some((changes?, decision)).filter(|(_, decision)| decision.is_allowed())
    })
}

/// Where a statement can be added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Identity,
    Boundary,
    Session,
    /// To the resource's policy, for the user, the role, or whoever else calls.
    Resource,
    /// To the resource's policy, for this one session: it reaches past boundary and session policy.
    ResourceForSession,
}

const SIDES: [Side; 5] =
    [Side::Identity, Side::Boundary, Side::Session, Side::Resource, Side::ResourceForSession];

/// The policies, to be changed.
#[derive(Clone)]
struct World {
    identity: Vec<Source>,
    boundary: Option<Source>,
    session: Option<Vec<Source>>,
    resource: Option<(Source, ResourceKind, bool)>,
    grant: Option<Grant>,
    service_control: Option<Vec<Vec<Source>>>,
    resource_control: Option<Vec<Vec<Source>>>,
}

impl World {
    fn of(policies: &Policies<'_>) -> World {
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

    fn decide(&self, request: &Request<'_>) -> Decision {
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
    fn silence(&mut self, request: &Request<'_>, decision: &Decision) -> Option<Change> {
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
    fn unrestrict(&mut self) -> Option<Change> {
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
    fn allow_at_each_level(
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
    fn has(&self, request: &Request<'_>, side: Side) -> bool {
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

    fn add(&mut self, request: &Request<'_>, side: Side) -> Option<Change> {
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

/// A statement that allows just this action on just this resource, and the policy of it alone.
fn statement(
    request: &Request<'_>,
    kind: Kind,
    principal: Option<&str>,
) -> Option<(String, Policy)> {
    let mut text = String::from(r#"{"Effect":"Allow""#);
    if let Some(principal) = principal {
        text.push_str(",\"Principal\":");
        text.push_str(principal);
    }
    text.push_str(",\"Action\":");
    text.push_str(&quote(request.action));
    if kind != Kind::Trust {
        text.push_str(",\"Resource\":");
        text.push_str(&quote(&literal(request.resource)));
    }
    text.push('}');
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#);
    let policy = Policy::parse(&document, kind).ok()?;
    Some((text, policy))
}

/// The resource as a pattern that means it alone: a key of S3 may contain what patterns are made
/// of. Elsewhere a star is no part of a name, but how the resource itself is written.
fn literal(resource: &str) -> String {
    if !resource.starts_with("arn:aws:s3:::") || resource == "arn:aws:s3:::*" {
        return resource.to_owned();
    }
    let mut text = String::with_capacity(resource.len());
    for c in resource.chars() {
        match c {
            '*' | '?' | '$' => text.extend(['$', '{', c, '}']),
            c => text.push(c),
        }
    }
    text
}

/// The value of `Principal` that names the caller.
fn named(principal: &Principal<'_>, by_session: bool) -> String {
    let aws = |arn: &str| format!("{{\"AWS\":{}}}", quote(arn));
    let federated = |provider: &str| format!("{{\"Federated\":{}}}", quote(provider));
    match principal {
        Principal::Root { account } => aws(&format!("arn:aws:iam::{account}:root")),
        Principal::User { arn, .. } => aws(arn),
        Principal::Role { role_arn, session_arn, .. } => {
            aws(if by_session { session_arn } else { role_arn })
        }
        Principal::Federated { arn, user_arn, .. } => aws(if by_session { arn } else { user_arn }),
        Principal::Service { name } => format!("{{\"Service\":{}}}", quote(name)),
        Principal::WebIdentity { provider } | Principal::Saml { provider } => federated(provider),
        Principal::Anonymous => "\"*\"".to_owned(),
    }
}

fn identity_owner(principal: &Principal<'_>) -> String {
    match principal {
        Principal::User { arn, .. } => (*arn).to_owned(),
        Principal::Role { role_arn, .. } => (*role_arn).to_owned(),
        Principal::Federated { user_arn, .. } => (*user_arn).to_owned(),
        _ => String::new(),
    }
}

/// The bucket of an object, else the resource itself.
fn resource_owner(resource: &str) -> String {
    match resource.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split('/').next()) {
        Some(bucket) => format!("arn:aws:s3:::{bucket}"),
        None => resource.to_owned(),
    }
}
