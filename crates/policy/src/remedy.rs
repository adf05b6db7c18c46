//! The smallest change of policies that turns a denial into an Allow, found by evaluating it.
//!
//! Every Deny that matches must go, and every level of the organization must allow: there is no way
//! around either. Of the rest (the caller's own policies, its boundary, its session, the resource's
//! policy) the fewest that suffice are added to, tried in that order. Nothing is reported that
//! [`crate::evaluate()`] did not allow. Deliberately absent: whether the change is a good idea.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

mod statement;
mod world;

use crate::decision::{Decision, Effect, PolicyType};
use crate::{Policies, PolicyId, Request};
use world::{SIDES, Side, World};

/// More Deny statements than this are not taken out one by one.
const DENIES_MAX: usize = 64;

/// Changes that together allow the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    pub changes: Vec<Change>,
    /// What [`crate::evaluate()`] says of the request once they are made: always an Allow.
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
