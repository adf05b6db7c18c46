//! Who can: questions that no request asked, put to the engine that decides requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::wardian::{
    CheckAccessRequest, CheckAccessResponse, ContextEntry, ListPrincipalsWithAccessRequest,
    ListPrincipalsWithAccessResponse, error,
};
use gateway::{Access, Ask, Caller, Cx, Error, Identity};
use identity::principals::{self, Listed};
use serde_json::{Value, json};

/// How many users, groups and roles, of each, one answer looks at.
const PRINCIPALS_MAX: usize = 5000;
/// How many times one answer asks who can assume a role.
const ASSUMPTIONS_MAX: usize = 50_000;

pub fn check(cx: &mut Cx<'_>, input: CheckAccessRequest) -> Result<CheckAccessResponse, Error> {
    let account = cx.account();
    let caller = cx.principal_named(&input.principal)?.ok_or_else(|| {
        let name = &input.principal;
        let message = format!("There is no user or role {name} in the account {account}.");
        Error::new(error::PRINCIPAL_NOT_FOUND, message)
    })?;
    let context = entries(input.context_entries);
    check_resource(&input.resource_arn)?;
    let ask = Ask { action: &input.action_name, resource: &input.resource_arn, context: &context };
    let access = cx.access(caller, &ask)?;
    Ok(CheckAccessResponse {
        allowed: access.is_allowed(),
        document: access.document(cx).to_string(),
    })
}

pub fn list_principals(
    cx: &mut Cx<'_>,
    input: ListPrincipalsWithAccessRequest,
) -> Result<ListPrincipalsWithAccessResponse, Error> {
    let account = cx.account();
    let context = entries(input.context_entries);
    check_resource(&input.resource_arn)?;
    let ask = Ask { action: &input.action_name, resource: &input.resource_arn, context: &context };
    let (entities, is_truncated) = principals::list(cx.tx, account, PRINCIPALS_MAX)?;
    let mut allowed = Vec::new();
    let root = cx.access(Caller::root(account), &ask)?;
    if root.is_allowed() {
        let arn = format!("arn:aws:iam::{account}:root");
        allowed.push(shown("root", &arn, &root.allowed_by(account)));
    }
    let mut known = BTreeSet::new();
    let mut roles = Vec::new();
    for entity in &entities {
        let Some(access) = access_of(cx, entity, &ask)? else { continue };
        if access.is_allowed() {
            allowed.push(shown(entity.kind, &entity.arn, &access.allowed_by(account)));
            known.insert(entity.arn.clone());
            if entity.kind == "role" {
                roles.push(Chain { role: entity, through: vec![entity.arn.clone()] });
            }
        }
    }
    let (reach, is_reach_truncated) = reaching(cx, &entities, roles, known)?;
    let anonymous = cx.access(Caller::anonymous(cx.default_account()), &ask)?;
    let document = json!({
        "action": input.action_name,
        "resource": input.resource_arn,
        "account": account.as_str(),
        "principals": allowed,
        "byAssumingRoles": reach,
        "everyone": anonymous.is_allowed(),
        "resourcePolicyAllows": granted(&anonymous.document(cx)),
        "examined": entities.len(),
        "isTruncated": is_truncated || is_reach_truncated,
    });
    Ok(ListPrincipalsWithAccessResponse { document: document.to_string() })
}

/// A slip in the resource would be answered by what policies say of everything.
fn check_resource(resource: &str) -> Result<(), Error> {
    if resource == "*" || resource.splitn(6, ':').count() == 6 && resource.starts_with("arn:") {
        return Ok(());
    }
    Err(Error::validation(format!("{resource} is neither an ARN nor `*`.")))
}

/// Whether a user, a session of a role, or a member of a group could. None where it is gone.
fn access_of(cx: &mut Cx<'_>, entity: &Listed, ask: &Ask<'_>) -> Result<Option<Access>, Error> {
    let account = cx.account();
    let caller = match entity.kind {
        "group" => {
            let group = principals::group(cx.tx, account, &entity.id)?;
            return group.map(|group| cx.access_by_group(Arc::new(group), ask)).transpose();
        }
        "role" => cx.session_of(entity.id.clone(), &entity.name, "wardian"),
        _ => Caller { identity: Identity::User(entity.id.clone()), ..Caller::root(account) },
    };
    cx.access(caller, ask).map(Some)
}

/// A role that leads to what is asked, by way of others.
struct Chain<'e> {
    role: &'e Listed,
    through: Vec<String>,
}

/// Who cannot, but can assume a role that can, or one that can assume such a role; and whether
/// there were too many to look at.
fn reaching<'e>(
    cx: &mut Cx<'_>,
    entities: &'e [Listed],
    mut chains: Vec<Chain<'e>>,
    mut known: BTreeSet<String>,
) -> Result<(Vec<Value>, bool), Error> {
    let (mut reach, mut asked, mut next) = (Vec::new(), 0_usize, 0);
    while let Some(Chain { role, through }) = chains.get(next) {
        let (arn, through) = (role.arn.clone(), through.clone());
        next = next.saturating_add(1);
        let ask = Ask { action: "sts:AssumeRole", resource: &arn, context: &[] };
        for entity in entities.iter().filter(|entity| entity.kind != "group") {
            if known.contains(&entity.arn) {
                continue;
            }
            asked = asked.saturating_add(1);
            if asked > ASSUMPTIONS_MAX {
                return Ok((reach, true));
            }
            let access = access_of(cx, entity, &ask)?;
            if !access.is_some_and(|access| access.is_allowed()) {
                continue;
            }
            known.insert(entity.arn.clone());
            reach.push(json!({ "type": entity.kind, "arn": entity.arn, "through": through }));
            if entity.kind == "role" {
                let through = [std::slice::from_ref(&entity.arn), &through].concat();
                chains.push(Chain { role: entity, through });
            }
        }
    }
    Ok((reach, false))
}

/// The Allow statements of the resource's policy that are about the action and the resource,
/// whomever they name: others than this account's too.
fn granted(document: &Value) -> Vec<Value> {
    let list = |value: &Value, name: &str| -> Vec<Value> {
        value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let decisions = list(document, "decisions");
    let policies = decisions.iter().flat_map(|decision| list(decision, "policies"));
    let of_resource = policies.filter(|policy| {
        let kind = policy.get("type").and_then(Value::as_str);
        matches!(kind, Some("resource-based policy" | "role trust policy"))
    });
    let mut granted = Vec::new();
    for policy in of_resource {
        for statement in list(&policy, "statements") {
            let elements = list(&statement, "elements");
            let (named, others): (Vec<_>, Vec<_>) = elements
                .into_iter()
                .partition(|one| one.get("element").is_some_and(|name| name == "Principal"));
            let is_about = others.iter().all(|one| one.get("matched") == Some(&Value::Bool(true)));
            let allows = statement.get("effect").is_some_and(|effect| effect == "Allow");
            if is_about && allows {
                granted.push(json!({
                    "principals": named.first().and_then(|one| one.get("policyValues")),
                    "sid": statement.get("sid"),
                    "number": statement.get("number"),
                    "conditions": statement.get("conditions"),
                }));
            }
        }
    }
    granted
}

fn shown(kind: &str, arn: &str, allowed_by: &[Value]) -> Value {
    json!({ "type": kind, "arn": arn, "allowedBy": allowed_by })
}

fn entries(entries: Option<Vec<ContextEntry>>) -> Vec<(String, Vec<String>)> {
    let entries = entries.unwrap_or_default().into_iter();
    entries.map(|entry| (entry.context_key_name, entry.context_key_values)).collect()
}
