//! The decision: each type of policy is read on its own, then the answers are combined.
//!
//! Reading a policy type asks only "which statement denies, which allows, how directly": no type
//! knows of another, and combining can only take access away. The order in which several reasons
//! are reported (AWS leaves it open) is that of [`Findings::denials`] and [`Findings::combine`].
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>

use crate::decision::{Decision, Effect, Matched, PolicyType};
use crate::policy::{Statement, StatementEffect};
use crate::principal::Reach;
use crate::{Grant, Policies, PolicyId, Principal, Request, ResourceKind, ResourcePolicy, Source};

/// Decides one request.
pub fn evaluate(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    if cannot_be_denied(request) {
        return allowed(PolicyType::Unconditional, &[]);
    }
    let findings = Findings::gather(request, policies);
    findings.denied().unwrap_or_else(|| findings.combine(request, policies))
}

/// GetCallerIdentity answers whoever holds valid credentials; GetSessionToken the owner of
/// long-term ones. No policy counts.
fn cannot_be_denied(request: &Request<'_>) -> bool {
    let is = |action: &str| request.action.eq_ignore_ascii_case(action);
    let signed = request.principal.account().is_some();
    let long_term = matches!(request.principal, Principal::Root { .. } | Principal::User { .. });
    (signed && is("sts:GetCallerIdentity")) || (long_term && is("sts:GetSessionToken"))
}

/// The types of policy that apply to this caller at all.
pub(crate) struct Applicable<'a> {
    pub service_control: Option<&'a [&'a [Source]]>,
    pub resource_control: Option<&'a [&'a [Source]]>,
    pub boundary: Option<&'a Source>,
    pub session: Option<&'a [Source]>,
    pub resource: Option<ResourcePolicy<'a>>,
    pub identity: &'a [Source],
}

impl<'a> Applicable<'a> {
    pub(crate) fn new(request: &Request<'_>, policies: &Policies<'a>) -> Applicable<'a> {
        let Policies { identity, boundary, session, resource, .. } = *policies;
        let root = matches!(request.principal, Principal::Root { .. });
        let signed = request.principal.account().is_some();
        let own = signed && !root;
        Applicable {
            service_control: policies.service_control.filter(|_| signed),
            resource_control: policies.resource_control,
            boundary: boundary.filter(|_| own),
            session: session.filter(|_| signed),
            resource,
            identity: if own { identity } else { &[] },
        }
    }

    /// AWS: a Deny with NotPrincipal spares no user or role that has a boundary.
    pub(crate) fn is_bounded(&self) -> bool {
        self.boundary.is_some()
    }
}

/// A statement that matched, or a policy that denies as a whole.
#[derive(Clone, Copy)]
struct Hit<'a> {
    policy_type: PolicyType,
    id: &'a PolicyId,
    statement: Option<(usize, &'a Statement)>,
}

/// What one list of policies says of the request.
#[derive(Clone, Copy, Default)]
struct Finding<'a> {
    deny: Option<Hit<'a>>,
    allow: Option<Hit<'a>>,
    /// Of the most direct Allow.
    reach: Option<Reach>,
}

#[derive(Clone, Copy, Default)]
struct Levels<'a> {
    deny: Option<Hit<'a>>,
    /// Each level allows.
    allow: Option<Hit<'a>>,
}

struct Findings<'a> {
    service_control: Option<Levels<'a>>,
    resource_control: Option<Levels<'a>>,
    boundary: Option<Finding<'a>>,
    session: Option<Finding<'a>>,
    resource: Finding<'a>,
    identity: Finding<'a>,
}

impl<'a> Findings<'a> {
    fn gather(request: &Request<'_>, policies: &Policies<'a>) -> Findings<'a> {
        let policies = Applicable::new(request, policies);
        let reader = Reader { request, bounded: policies.is_bounded() };
        let one = std::slice::from_ref;
        Findings {
            service_control: policies
                .service_control
                .map(|levels| reader.levels(PolicyType::ServiceControl, levels)),
            resource_control: policies
                .resource_control
                .map(|levels| reader.levels(PolicyType::ResourceControl, levels)),
            boundary: policies
                .boundary
                .map(|source| reader.read(PolicyType::Boundary, one(source))),
            session: policies.session.map(|all| reader.read(PolicyType::Session, all)),
            resource: policies.resource.map(|one| reader.resource(one)).unwrap_or_default(),
            identity: reader.read(PolicyType::Identity, policies.identity),
        }
    }

    /// Explicit denies, in the order they are reported.
    fn denials(&self) -> [Option<Hit<'a>>; 6] {
        [
            self.service_control.and_then(|levels| levels.deny),
            self.resource_control.and_then(|levels| levels.deny),
            self.boundary.and_then(|finding| finding.deny),
            self.session.and_then(|finding| finding.deny),
            self.resource.deny,
            self.identity.deny,
        ]
    }

    fn denied(&self) -> Option<Decision> {
        let hit = self.denials().into_iter().flatten().next()?;
        Some(Decision {
            effect: Effect::ExplicitDeny,
            decided_by: hit.policy_type,
            policy: Some(hit.id.clone()),
            matched: vec![hit.matched()],
        })
    }

    /// Nothing denies: does everything that must allow, allow?
    fn combine(&self, request: &Request<'_>, policies: &Policies<'_>) -> Decision {
        if self.service_control.is_some_and(|levels| levels.allow.is_none()) {
            return unallowed(PolicyType::ServiceControl);
        }
        if self.resource_control.is_some_and(|levels| levels.allow.is_none()) {
            return unallowed(PolicyType::ResourceControl);
        }
        let rule = Rule::of(policies.resource.map(|resource| resource.kind));
        if rule.refuses(request.principal) {
            return unallowed(rule.policy_type);
        }
        let granted = self.granted(policies.resource_grant, rule);
        if request.principal.account().is_none() {
            return self.outsider(granted, rule);
        }
        if is_cross_account(request) {
            return self.cross_account(request, granted, rule);
        }
        self.same_account(request, granted, rule)
    }

    /// Callers without an account: the resource alone decides.
    fn outsider(&self, granted: Granted, rule: Rule) -> Decision {
        match granted.reach {
            Reach::Direct => self.allow(granted.by),
            Reach::Nobody | Reach::Account | Reach::Role => unallowed(rule.policy_type),
        }
    }

    fn same_account(&self, request: &Request<'_>, granted: Granted, rule: Rule) -> Decision {
        if granted.reach == Reach::Direct {
            return self.allow(granted.by);
        }
        if let Some(limit) = self.unallowing_limit(request.principal) {
            return unallowed(limit);
        }
        if rule.needs_allow && granted.reach == Reach::Nobody {
            return unallowed(rule.policy_type);
        }
        if granted.reach == Reach::Role {
            return self.allow(granted.by);
        }
        match request.principal {
            Principal::Root { .. } => self.allow(PolicyType::Unconditional),
            _ => self.own_policies(request.principal, PolicyType::Identity),
        }
    }

    /// Both accounts must allow, and nothing is skipped.
    fn cross_account(&self, request: &Request<'_>, granted: Granted, rule: Rule) -> Decision {
        if let Some(limit) = self.unallowing_limit(request.principal) {
            return unallowed(limit);
        }
        if granted.reach == Reach::Nobody {
            return unallowed(rule.policy_type);
        }
        self.own_policies(request.principal, granted.by)
    }

    fn own_policies(&self, principal: &Principal<'_>, decided_by: PolicyType) -> Decision {
        if self.identity.allow.is_some() || matches!(principal, Principal::Root { .. }) {
            return self.allow(decided_by);
        }
        unallowed(PolicyType::Identity)
    }

    /// A boundary or session policy that does not allow. A federated session has only what its
    /// session policies allow, so none of them is as good as an empty one.
    fn unallowing_limit(&self, principal: &Principal<'_>) -> Option<PolicyType> {
        if self.boundary.is_some_and(|finding| finding.allow.is_none()) {
            return Some(PolicyType::Boundary);
        }
        let limited = match self.session {
            Some(session) => session.allow.is_none(),
            None => matches!(principal, Principal::Federated { .. }),
        };
        limited.then_some(PolicyType::Session)
    }

    fn granted(&self, grant: Option<Grant>, rule: Rule) -> Granted {
        let by_policy = self.resource.reach.unwrap_or(Reach::Nobody);
        let by_list = match grant {
            None => Reach::Nobody,
            Some(Grant::Account) => Reach::Account,
            Some(Grant::Everyone) => Reach::Direct,
        };
        if by_list > by_policy {
            Granted { reach: by_list, by: PolicyType::AccessControlList }
        } else {
            Granted { reach: by_policy, by: rule.policy_type }
        }
    }

    fn allow(&self, decided_by: PolicyType) -> Decision {
        allowed(
            decided_by,
            &[
                self.service_control.and_then(|levels| levels.allow),
                self.resource_control.and_then(|levels| levels.allow),
                self.boundary.and_then(|finding| finding.allow),
                self.session.and_then(|finding| finding.allow),
                self.resource.allow,
                self.identity.allow,
            ],
        )
    }
}

/// What the resource's side gives, and through what.
#[derive(Clone, Copy)]
struct Granted {
    reach: Reach,
    by: PolicyType,
}

/// How kinds of resource-based policies differ.
#[derive(Clone, Copy)]
struct Rule {
    policy_type: PolicyType,
    /// Without an Allow here nothing is allowed, even to the resource's own account.
    needs_allow: bool,
    /// "Roles may not be assumed by root accounts."
    refuses_root: bool,
}

impl Rule {
    fn of(kind: Option<ResourceKind>) -> Rule {
        match kind {
            Some(ResourceKind::Trust) => {
                Rule { policy_type: PolicyType::Trust, needs_allow: true, refuses_root: true }
            }
            Some(ResourceKind::Bucket) | None => {
                Rule { policy_type: PolicyType::Resource, needs_allow: false, refuses_root: false }
            }
        }
    }

    fn refuses(self, principal: &Principal<'_>) -> bool {
        self.refuses_root && matches!(principal, Principal::Root { .. })
    }
}

struct Reader<'r> {
    request: &'r Request<'r>,
    bounded: bool,
}

impl Reader<'_> {
    fn read<'a>(&self, policy_type: PolicyType, sources: &'a [Source]) -> Finding<'a> {
        let mut finding = Finding::default();
        for source in sources {
            for (index, statement) in source.policy.candidates(self.request) {
                let deny = statement.effect() == StatementEffect::Deny;
                // One Deny decides, and only a more direct Allow says anything new.
                let known = if deny { finding.deny.is_some() } else { finding.is_settled() };
                if known {
                    continue;
                }
                let reach = statement.reach(self.request, self.bounded);
                if reach == Reach::Nobody {
                    continue;
                }
                let hit = Hit { policy_type, id: &source.id, statement: Some((index, statement)) };
                if deny {
                    finding.deny = Some(hit);
                } else if finding.reach.is_none_or(|known| reach > known) {
                    finding.allow = Some(hit);
                    finding.reach = Some(reach);
                }
            }
        }
        finding
    }

    fn levels<'a>(&self, policy_type: PolicyType, levels: &'a [&'a [Source]]) -> Levels<'a> {
        let mut deny = None;
        let mut allow = None;
        let mut each_allows = !levels.is_empty();
        for level in levels {
            let finding = self.read(policy_type, level);
            deny = deny.or(finding.deny);
            allow = finding.allow;
            each_allows = each_allows && allow.is_some();
        }
        Levels { deny, allow: allow.filter(|_| each_allows) }
    }

    fn resource<'a>(&self, resource: ResourcePolicy<'a>) -> Finding<'a> {
        let rule = Rule::of(Some(resource.kind));
        let sources = std::slice::from_ref(resource.source);
        let mut finding = self.read(rule.policy_type, sources);
        if owner_can_always(self.request) {
            finding.deny = None;
        }
        if finding.deny.is_none() && turned_away(self.request, &resource) {
            let id = &resource.source.id;
            finding.deny = Some(Hit { policy_type: rule.policy_type, id, statement: None });
        }
        finding
    }
}

impl Finding<'_> {
    fn is_settled(&self) -> bool {
        self.reach == Some(Reach::Direct)
    }
}

/// The root user is never locked out of its own bucket's policy.
pub(crate) fn owner_can_always(request: &Request<'_>) -> bool {
    const RECOVERY: [&str; 3] =
        ["s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"];
    matches!(request.principal, Principal::Root { .. })
        && !is_cross_account(request)
        && RECOVERY.iter().any(|action| request.action.eq_ignore_ascii_case(action))
}

/// RestrictPublicBuckets: a public policy serves nobody from outside but AWS services.
pub(crate) fn turned_away(request: &Request<'_>, resource: &ResourcePolicy<'_>) -> bool {
    let outside = match request.principal {
        Principal::Service { .. } => false,
        who => who.account().is_none() || is_cross_account(request),
    };
    resource.restrict_public && outside && resource.source.policy.is_public()
}

pub(crate) fn is_cross_account(request: &Request<'_>) -> bool {
    match (request.principal.account(), request.resource_account) {
        (Some(caller), Some(owner)) => caller != owner,
        (Some(_), None) => false,
        (None, _) => true,
    }
}

impl Hit<'_> {
    fn matched(&self) -> Matched {
        Matched {
            policy_type: self.policy_type,
            policy: self.id.clone(),
            statement: self.statement.map(|(index, _)| index),
            sid: self.statement.and_then(|(_, statement)| statement.sid().cloned()),
        }
    }
}

fn allowed(decided_by: PolicyType, hits: &[Option<Hit<'_>>]) -> Decision {
    let matched: Vec<Matched> = hits.iter().flatten().map(Hit::matched).collect();
    let policy = matched.iter().find(|one| one.policy_type == decided_by);
    let policy = policy.map(|one| one.policy.clone());
    Decision { effect: Effect::Allow, decided_by, policy, matched }
}

fn unallowed(decided_by: PolicyType) -> Decision {
    Decision { effect: Effect::ImplicitDeny, decided_by, policy: None, matched: Vec::new() }
}
