//! Which policies of a user, group or role grant anything of a service.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPoliciesGrantingServiceAccess.html>

use api::iam::{
    ListPoliciesGrantingServiceAccessEntry, ListPoliciesGrantingServiceAccessRequest,
    ListPoliciesGrantingServiceAccessResponse, PolicyGrantingServiceAccess, PolicyType,
};
use gateway::{AccountId, Cx, Error};
use policy::{Kind as Grammar, Policy};
use store::Tx;

use crate::access_advisor::{self, Subject};
use crate::entity::{Entity, Kind};
use crate::tables::{ATTACHMENTS, INLINE};
use crate::{arn, document, error, granted, managed_policy as managed, membership};

/// All on one page: there are no more entries than namespaces that were asked about.
pub fn list_policies_granting_service_access(
    cx: &mut Cx<'_>,
    input: ListPoliciesGrantingServiceAccessRequest,
) -> Result<ListPoliciesGrantingServiceAccessResponse, Error> {
    let (tx, account) = (&*cx.tx, cx.account());
    let Subject::Entity(entity) = access_advisor::get(tx, account, &input.arn)? else {
        // AWS's sentence is not known.
        return Err(error::invalid_input(format!("ARN {} is not valid.", input.arn)));
    };
    let mut policies = policies_of(tx, account, &entity)?;
    if entity.kind == Kind::User {
        for group in membership::groups_of(tx, account, &entity.id)? {
            policies.extend(policies_of(tx, account, &group)?);
        }
    }
    let entries = input.service_namespaces.into_iter().map(|namespace| {
        let granting = policies.iter().filter(|(policy, _)| granted::grants(policy, &namespace));
        let granting = granting.map(|(_, shape)| shape.clone()).collect();
        ListPoliciesGrantingServiceAccessEntry {
            service_namespace: Some(namespace),
            policies: Some(granting),
        }
    });
    Ok(ListPoliciesGrantingServiceAccessResponse {
        policies_granting_service_access: entries.collect(),
        is_truncated: Some(false),
        marker: None,
    })
}

fn policies_of(
    tx: &Tx,
    account: AccountId,
    entity: &Entity,
) -> Result<Vec<(Policy, PolicyGrantingServiceAccess)>, Error> {
    let of = (account.number(), &entity.id);
    let mut found = Vec::new();
    for (_, inline) in INLINE.scan(tx, INLINE.prefix(of), usize::MAX)? {
        let shape = PolicyGrantingServiceAccess {
            policy_name: inline.name,
            policy_type: PolicyType::Inline,
            policy_arn: None,
            entity_type: Some(access_advisor::owner_type(entity.kind)),
            entity_name: Some(entity.name.clone()),
        };
        found.push((document::kept(&inline.document, Grammar::Identity)?, shape));
    }
    for (_, attached) in ATTACHMENTS.scan(tx, ATTACHMENTS.prefix(of), usize::MAX)? {
        let Some(policy) = managed::find(tx, account, &attached.arn)? else { continue };
        let source = policy.source(tx, account, &entity.arn(account))?;
        let name = arn::parts(&attached.arn).map(|parts| parts.name.to_owned());
        let shape = PolicyGrantingServiceAccess {
            policy_name: name.unwrap_or_default(),
            policy_type: PolicyType::Managed,
            policy_arn: Some(attached.arn),
            entity_type: None,
            entity_name: None,
        };
        found.push((source.policy, shape));
    }
    Ok(found)
}
