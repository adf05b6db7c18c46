//! May the caller do this? Gathers the facts of a decision and asks [`policy::evaluate`], which
//! alone decides.
//!
//! Each row of `data/authz` that holds for the input is one decision; all must allow. An operation
//! without rows, a kind of resource that nobody resolves and a row that is not in the data are
//! denied to everyone, root included. AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use api::{Protocol, Structure};
use policy::{Context, Decision, Policies, Request, Source};

use crate::authenticate::Who;
use crate::resource::Attached;
use crate::rows::{self, Ask, Row, Rule};
use crate::{Account, Cx, Error, Identity, Resource, context};

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
            ask(cx, row, input, &resource)?;
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
    resource: &Resource,
) -> Result<(), Error> {
    if row.decision == Rule::Authenticated {
        return if cx.who.caller.is_anonymous() { Err(plain_denial()) } else { Ok(()) };
    }
    let decision = decide(cx, row, input, resource)?;
    if decision.is_allowed() {
        return Ok(());
    }
    Err(denial(cx, row, resource, &decision))
}

/// What nobody mapped, nobody may do.
pub fn unmapped(cx: &Cx<'_>) -> Error {
    let action = format!("{}:{}", cx.service.name(), cx.operation);
    tracing::error!(action, "an operation without a decision in the data is denied");
    Error::access_denied(format!("User: {} is not authorized to perform: {action}", cx.who.arn()))
}

fn resolve(cx: &mut Cx<'_>, row: &Row, input: &dyn Structure) -> Result<Resource, Error> {
    if row.resource == "*" {
        return Ok(Resource::any());
    }
    match cx.service.resolver(&row.resource) {
        Some(resolver) => resolver(cx, input),
        None => Err(unmapped(cx)),
    }
}

fn decide(
    cx: &mut Cx<'_>,
    row: &Row,
    input: &dyn Structure,
    resource: &Resource,
) -> Result<Decision, Error> {
    let who = cx.who;
    let arns = who.arns();
    let principal = who.policy_principal(&arns);
    let mut context = context::of_request(cx, &principal, input);
    context::add_resource(&mut context, cx, resource);
    add_row_keys(&mut context, row, input);
    if let Some(facts) = cx.service.facts {
        facts(cx, row, input, &mut context)?;
    }
    let owner = resource.account.unwrap_or(who.caller.account);
    let request = Request {
        principal: &principal,
        action: &row.action,
        resource: &resource.arn,
        resource_account: Some(owner.as_str()),
        context: &context,
    };
    let owner = match &who.account {
        Some(account) if account.id == owner => Some(account.clone()),
        _ => cx.core.directory.account(cx.tx, owner)?,
    };
    let levels = Levels::of(who, owner.as_deref(), cx.service.name());
    let mut policies = policies(who, resource, &levels);
    policies.resource_grant = resource.grant(&row.action);
    Ok(policy::evaluate(&request, &policies))
}

/// All policies that have a say, each of its type.
fn policies<'a>(who: &'a Who, resource: &'a Resource, levels: &'a Levels<'a>) -> Policies<'a> {
    let mut policies = Policies {
        session: who.session_policies.as_deref(),
        resource: resource.policy.as_ref().map(Attached::as_policy),
        service_control: levels.service_control.as_deref(),
        resource_control: levels.resource_control.as_deref(),
        ..Policies::default()
    };
    if let Some(principal) = &who.principal {
        policies.identity = &principal.policies;
        policies.boundary = principal.boundary.as_ref();
    }
    policies
}

/// The policies of the organization, level by level; None outside of one.
struct Levels<'a> {
    service_control: Option<Vec<&'a [Source]>>,
    resource_control: Option<Vec<&'a [Source]>>,
}

impl<'a> Levels<'a> {
    /// Service control policies are the caller's account's, resource control policies the
    /// resource's, and those only of the services that know them (AWS: "Resource control
    /// policies").
    fn of(who: &'a Who, owner: Option<&'a Account>, service: &str) -> Self {
        let levels = |levels: &'a [Vec<Source>]| {
            (!levels.is_empty()).then(|| levels.iter().map(Vec::as_slice).collect())
        };
        let account = who.account.as_deref();
        Self {
            service_control: account.and_then(|account| levels(&account.service_control)),
            resource_control: owner
                .filter(|_| matches!(service, "s3" | "sts"))
                .and_then(|account| levels(&account.resource_control)),
        }
    }
}

fn add_row_keys(context: &mut Context, row: &Row, input: &dyn Structure) {
    for (key, path) in &row.keys {
        if let Some(view) = rows::member(input, path) {
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
fn denial(cx: &Cx<'_>, row: &Row, resource: &Resource, decision: &Decision) -> Error {
    let caller = &cx.who.caller;
    let foreign = resource.account.is_some_and(|owner| owner != caller.account);
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
    if row.decision != Rule::PoliciesUnexplained {
        message.push_str(&decision.denial_context(&row.action));
    }
    Error::access_denied(message)
}

fn plain_denial() -> Error {
    Error::access_denied("Access Denied")
}

/// What temporary credentials may never call, whatever the policies say.
/// AWS: "Compare AWS STS credentials" (IAM User Guide).
fn session_restrictions(cx: &Cx<'_>) -> Result<(), Error> {
    let caller = &cx.who.caller;
    let Some(session) = &caller.session else { return Ok(()) };
    let service = cx.service.name();
    let refused = match (&caller.identity, service, cx.operation) {
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
