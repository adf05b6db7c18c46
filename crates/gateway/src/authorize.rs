//! May the caller do this? Gathers the facts of a decision and asks [`policy::evaluate`], which
//! alone decides.
//!
//! Each row of `data/authz` that holds for the input is one decision; all must allow. An operation
//! without rows, a kind of resource that nobody resolves and a row that is not in the data are
//! denied to everyone, root included. AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::borrow::Cow;

use api::{Protocol, Structure};
use policy::{Context, Decision, Effect};

use crate::question::{Facts, Question};
use crate::rows::{self, Ask, Row, Rule};
use crate::{Cx, Error, Identity, Resource, context};

/// Asks every row of the operation that the pipeline asks. An input for which none of them holds is
/// not mapped.
pub fn gate(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<(), Error> {
    let service = cx.service;
    let rows = service.rows(cx.operation);
    if rows.is_empty() {
        return Err(unmapped(cx));
    }
    session_restrictions(cx)?;
    let mut mapped = rows.iter().all(|row| row.ask == Ask::Handler);
    for row in rows {
        if row.ask == Ask::Gate && row.holds(input) {
            let resource = resolve(cx, row, input)?;
            ask(cx, row, input, Cow::Owned(resource))?;
            mapped = true;
        }
    }
    if mapped { Ok(()) } else { Err(unmapped(cx)) }
}

/// Asks one row about one resource.
pub fn ask(
    cx: &mut Cx<'_>,
    row: &Row,
    input: &dyn Structure,
    resource: Cow<'_, Resource>,
) -> Result<(), Error> {
    if row.decision == Rule::Authenticated {
        return authenticated(cx);
    }
    let mut question = question(cx, row, input, resource)?;
    let decision = question.put(cx.who, policy::evaluate);
    question.effect = decision.effect;
    let answer = match decision.is_allowed() {
        true => Ok(()),
        false => Err(denial(cx, row, &question, &decision)),
    };
    cx.who.trail.add(question);
    answer
}

/// For what every caller with valid credentials may do.
pub fn authenticated(cx: &Cx<'_>) -> Result<(), Error> {
    if cx.who.caller.is_anonymous() { Err(plain_denial()) } else { Ok(()) }
}

/// What nobody mapped, nobody may do.
pub fn unmapped(cx: &Cx<'_>) -> Error {
    let action = format!("{}:{}", cx.service.name(), cx.operation);
    tracing::error!(action, "an operation without a decision in the data is denied");
    Error::access_denied(format!("User: {} is not authorized to perform: {action}", cx.who.arn()))
}

/// The resource that the row is about.
pub fn resolve(cx: &mut Cx<'_>, row: &Row, input: &dyn Structure) -> Result<Resource, Error> {
    if row.resource == "*" {
        return Ok(Resource::any());
    }
    match cx.service.resolver(&row.resource) {
        Some(resolver) => resolver(cx, input),
        None => Err(unmapped(cx)),
    }
}

/// Gathers the facts of one decision.
pub fn question(
    cx: &mut Cx<'_>,
    row: &Row,
    input: &dyn Structure,
    resource: Cow<'_, Resource>,
) -> Result<Question, Error> {
    let who = cx.who;
    let arns = who.arns();
    let mut context = context::of_request(cx, &who.policy_principal(&arns), input);
    context::add_resource(&mut context, cx, &resource);
    add_row_keys(&mut context, row, input);
    if let Some(facts) = cx.service.facts {
        facts(cx, row, input, &mut context)?;
    }
    let owner = resource.account.unwrap_or(who.caller.account);
    let owner_facts = cx.account_facts_of(owner)?;
    context::add_owner(&mut context, owner_facts.as_deref());
    Ok(Question {
        action: row.action.clone(),
        resource: resource.into_owned(),
        owner,
        owner_facts,
        context: Facts::Open(context),
        arns,
        effect: Effect::ImplicitDeny,
        is_soft: false,
    })
}

fn add_row_keys(context: &mut Context, row: &Row, input: &dyn Structure) {
    for (key, path) in &row.keys {
        if let Some(view) = path.of(input) {
            match view {
                api::View::List(_) => context.insert_values(key.clone(), rows::values(view)),
                _ => rows::values(view)
                    .into_iter()
                    .for_each(|value| context.insert(key.clone(), value)),
            }
        }
    }
}

/// AWS's sentence for a denial: "Troubleshooting access denied error messages" (IAM User Guide).
fn denial(cx: &Cx<'_>, row: &Row, question: &Question, decision: &Decision) -> Error {
    let (caller, resource) = (&cx.who.caller, &question.resource);
    // S3 explains itself to the owner's account and to those of its organization.
    let foreign = resource.account.is_some_and(|owner| owner != caller.account)
        && !question.is_within_organization(cx.who);
    let is_s3 = cx.service.shape.protocol == Protocol::RestXml;
    if caller.is_anonymous() || (is_s3 && foreign) {
        return plain_denial();
    }
    let mut message =
        format!("User: {} is not authorized to perform: {}", cx.who.arn(), row.action);
    if !resource.shown.is_empty() {
        message.push_str(" on resource: ");
        message.push_str(&resource.shown);
    }
    if row.decision != Rule::PoliciesUnexplained && !question.is_of_a_closed_account() {
        message.push_str(&decision.denial_context(&row.action));
    }
    Error::access_denied(message)
}

fn plain_denial() -> Error {
    Error::access_denied("Access Denied")
}

/// What temporary credentials may never call, whatever the policies say.
/// AWS: "Compare AWS STS credentials" (IAM User Guide).
pub fn session_restrictions(cx: &Cx<'_>) -> Result<(), Error> {
    let caller = &cx.who.caller;
    let Some(session) = &caller.session else { return Ok(()) };
    let service = cx.service.name();
    let refused = match (&caller.identity, service, cx.operation) {
        (Identity::Root, "iam", _) if caller.is_root_task() => false,
        (Identity::User(_) | Identity::Root, "iam", _) => session.mfa.is_none(),
        (Identity::User(_) | Identity::Root, "sts", operation) => {
            !matches!(operation, "AssumeRole" | "GetCallerIdentity")
        }
        (Identity::Federated { .. }, "iam", _) => true,
        (Identity::Federated { .. }, "sts", operation) => operation != "GetCallerIdentity",
        _ => false,
    };
    if let (Identity::Role { .. }, "sts", name @ ("GetSessionToken" | "GetFederationToken")) =
        (&caller.identity, service, cx.operation)
    {
        let message = format!("Cannot call {name} with session credentials");
        return Err(Error::access_denied(message));
    }
    match (refused, service, cx.operation) {
        (false, ..) => Ok(()),
        (true, "sts", name @ ("GetSessionToken" | "GetFederationToken")) => {
            Err(Error::access_denied(format!("Cannot call {name} with session credentials")))
        }
        (true, ..) => Err(crate::auth_error::invalid_client_token()),
    }
}
