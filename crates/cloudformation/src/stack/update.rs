//! UpdateStack, and what may be done with an update that runs or has failed.
//!
//! AWS: API reference, UpdateStack, CancelUpdateStack, ContinueUpdateRollback, RollbackStack.

use api::cloudformation::{
    CancelUpdateStackInput, CancelUpdateStackResponse, ContinueUpdateRollbackInput,
    ContinueUpdateRollbackOutput, OperationType, RollbackStackInput, RollbackStackOutput,
    StackStatus, Tag, UpdateStackInput, UpdateStackOutput,
};
use gateway::{Cx, Error};

use super::create::{Proposed, refuse_foreign_tags, rollback, texts, user_initiated};
use super::policy::given_policy;
use super::{find, is_repeated, run};
use crate::authority::Authority;
use crate::deployment::{self, Deployment};
use crate::plan::Plan;
use crate::proposal::{self, Proposal, Request};
use crate::tables::{
    self, BEFORE, CURRENT, DURING, OPERATIONS, OnFailure, Operation, POLICIES, PREVIOUS, Phase,
    STABLE, STACKS, Stack, StackKey, TEMPLATES,
};
use crate::{change_set, error, event, notification, step};

const NO_UPDATES: &str = "No updates are to be performed.";

pub fn update_stack(cx: &mut Cx<'_>, input: UpdateStackInput) -> Result<UpdateStackOutput, Error> {
    let found = find(cx, &input.stack_name)?;
    let (key, mut stack) = found.ok_or_else(|| error::no_stack_with_id(&input.stack_name))?;
    if is_repeated(cx, &key, input.client_request_token.as_deref(), "UpdateStack")? {
        return Ok(output(&stack));
    }
    updatable(&stack)?;
    let deployment = input.deployment_config.map(Deployment::given);
    let rests = deployment::rests(input.disable_rollback, deployment.as_ref());
    goes_on(&stack, rests)?;
    let rollback = rollback(input.rollback_configuration)?;
    let notification_arns = notification::topics(cx, input.notification_arns)?;
    let told = notification_arns.clone().or_else(|| stack.notification_arns.clone());
    let previous = tables::parameters(cx, &key, CURRENT)?;
    let body = if input.use_previous_template == Some(true) {
        TEMPLATES.get(cx.tx, key.part(CURRENT))?.unwrap_or_default()
    } else {
        proposal::body(cx, input.template_body, input.template_url.as_deref())?
    };
    let capabilities = input.capabilities.unwrap_or_default();
    let request = Request {
        body: &body,
        parameters: input.parameters.as_deref().unwrap_or_default(),
        previous: &previous,
        capabilities: &capabilities,
        resource_types: input.resource_types.as_deref().unwrap_or_default(),
        expands: true,
        role_arn: input.role_arn.as_deref().or(stack.role_arn.as_deref()),
        notification_arns: told.as_deref().unwrap_or_default(),
    };
    let proposal = Proposal::check(cx, &key, &stack.name, &request)?;
    let tags = input.tags.map_or_else(|| Ok(stack.tags.clone()), given_tags)?;
    if !proposal.has_failed() && Plan::of(cx, &key, &stack, &proposal, &tags)?.is_empty() {
        return Err(Error::validation(NO_UPDATES));
    }
    let url = input.stack_policy_during_update_url.as_deref();
    if let Some(policy) = given_policy(cx, input.stack_policy_during_update_body, url)? {
        POLICIES.put(cx.tx, key.part(DURING), &policy)?;
    }
    let url = input.stack_policy_url.as_deref();
    if let Some(policy) = given_policy(cx, input.stack_policy_body, url)? {
        POLICIES.put(cx.tx, key.part(CURRENT), &policy)?;
    }
    change_set::make_obsolete(cx, &key, None)?;
    // What was acknowledged once is shown until something else is; the stack is no change set's.
    stack.change_set_id = None;
    let capabilities = match texts(&capabilities) {
        none if none.is_empty() => stack.capabilities.clone(),
        given => given,
    };
    let proposed = Proposed {
        proposal: &proposal,
        capabilities,
        tags,
        role_arn: input.role_arn,
        on_failure: if rests { OnFailure::DoNothing } else { OnFailure::Rollback },
        token: input.client_request_token,
        timeout_in_minutes: None,
        retain_except_on_create: input.retain_except_on_create,
        rollback,
        notification_arns,
        change_set: None,
        deployment,
        imports: false,
    };
    start_update(cx, &key, &mut stack, proposed)?;
    Ok(output(&stack))
}

fn given_tags(tags: Vec<Tag>) -> Result<Vec<(String, String)>, Error> {
    refuse_foreign_tags(&tags)?;
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

/// Lets an update begin: what was is kept, the update announced, and its first step queued.
///
/// # Errors
/// `Role … is invalid or cannot be assumed`; what the store says.
pub fn start_update(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    proposed: Proposed<'_>,
) -> Result<(), Error> {
    let role_arn = proposed.role_arn.clone().or_else(|| stack.role_arn.clone());
    let authority = Authority::of_request(cx, role_arn.clone())?;
    // After a failed update the stack still goes back to what it was before that.
    if STABLE.get(cx.tx, key.id())?.is_none() {
        STABLE.put(cx.tx, key.id(), stack)?;
        tables::copy_proposal(cx.tx, key, CURRENT, PREVIOUS)?;
    }
    let Proposed { proposal, on_failure, imports, .. } = proposed;
    let change_set = proposed.change_set.clone();
    proposed.describe(cx, stack);
    stack.role_arn = role_arn;
    stack.updated = Some(cx.now().as_millis());
    proposal.keep(cx, key, CURRENT)?;
    let id = stack.begin(cx, &OperationType::UpdateStack);
    let begins = step::told(imports, StackStatus::UpdateInProgress);
    let begins = begins.unwrap_or(StackStatus::UpdateInProgress);
    event::of_stack(cx, key, stack, begins, user_initiated())?;
    STACKS.put(cx.tx, key.id(), stack)?;
    let operation = Operation {
        change_set,
        imports: imports.then_some(true),
        ..Operation::new(id, Phase::Update, authority.seal(cx, key)?, on_failure)
    };
    run(cx, key, &operation)
}

/// Whether a stack that rests where an operation failed goes on: without a rollback only, which
/// would have nothing to go back to.
///
/// # Errors
/// `This stack is currently in a non-terminal […] state.`
pub fn goes_on(stack: &Stack, rests: bool) -> Result<(), Error> {
    match stack.status {
        StackStatus::CreateFailed | StackStatus::UpdateFailed if !rests => {
            Err(error::not_at_an_end(stack.status.as_str()))
        }
        _ => Ok(()),
    }
}

/// Whether a stack's state admits an update.
///
/// # Errors
/// `Stack:… is in … state and can not be updated.`
pub fn updatable(stack: &Stack) -> Result<(), Error> {
    match stack.status {
        StackStatus::CreateComplete
        | StackStatus::UpdateComplete
        | StackStatus::CreateFailed
        | StackStatus::UpdateFailed
        | StackStatus::UpdateRollbackComplete
        | StackStatus::ImportComplete
        | StackStatus::ImportRollbackComplete => Ok(()),
        _ => Err(error::cannot_be_updated(&stack.id, stack.status.as_str())),
    }
}

pub fn cancel_update_stack(
    cx: &mut Cx<'_>,
    input: CancelUpdateStackInput,
) -> Result<CancelUpdateStackResponse, Error> {
    let (key, mut stack) = live(cx, &input.stack_name)?;
    let token = input.client_request_token.as_deref();
    if is_repeated(cx, &key, token, "CancelUpdateStack")? {
        return Ok(CancelUpdateStackResponse::default());
    }
    let running = OPERATIONS.get(cx.tx, key.id())?;
    let running = running.filter(|_| stack.status == StackStatus::UpdateInProgress);
    let Some(mut operation) = running else {
        let message = "CancelUpdateStack cannot be called from current stack status";
        return Err(Error::validation(message));
    };
    operation.id = cx.uuid();
    operation.failed.clear();
    step::begin_rollback(cx, &key, &mut stack, &mut operation, user_initiated())?;
    STACKS.put(cx.tx, key.id(), &stack)?;
    run(cx, &key, &operation)?;
    Ok(CancelUpdateStackResponse::default())
}

pub fn continue_update_rollback(
    cx: &mut Cx<'_>,
    input: ContinueUpdateRollbackInput,
) -> Result<ContinueUpdateRollbackOutput, Error> {
    error::refuse(&[("ForceRollback", input.force_rollback == Some(true))])?;
    let (key, mut stack) = live(cx, &input.stack_name)?;
    let token = input.client_request_token.as_deref();
    if is_repeated(cx, &key, token, "ContinueUpdateRollback")? {
        return Ok(ContinueUpdateRollbackOutput::default());
    }
    // (unverified)
    if stack.status != StackStatus::UpdateRollbackFailed {
        let (id, status) = (&stack.id, stack.status.as_str());
        return Err(Error::validation(format!(
            "Stack:{id} is in {status} state and can not continue rollback."
        )));
    }
    let skipped = input.resources_to_skip.unwrap_or_default();
    for logical_id in &skipped {
        // (unverified)
        if BEFORE.get(cx.tx, key.part(logical_id))?.is_none() {
            return Err(error::no_resource(logical_id, &stack.name));
        }
    }
    begin_again(cx, &key, &mut stack, (input.role_arn, input.client_request_token), skipped)?;
    Ok(ContinueUpdateRollbackOutput::default())
}

pub fn rollback_stack(
    cx: &mut Cx<'_>,
    input: RollbackStackInput,
) -> Result<RollbackStackOutput, Error> {
    let (key, mut stack) = live(cx, &input.stack_name)?;
    let rolled_back =
        RollbackStackOutput { stack_id: Some(stack.id.clone()), ..RollbackStackOutput::default() };
    if is_repeated(cx, &key, input.client_request_token.as_deref(), "RollbackStack")? {
        return Ok(rolled_back);
    }
    stack.retain_except_on_create = input.retain_except_on_create;
    let given = (input.role_arn, input.client_request_token);
    match stack.status {
        // There is nothing to go back to where its creation had failed, too.
        StackStatus::UpdateFailed if never_stood(cx, &key)? => {
            step::forget_before(cx, &key)?;
            roll_back_creation(cx, &key, &mut stack, given)?;
        }
        StackStatus::UpdateFailed => begin_again(cx, &key, &mut stack, given, Vec::new())?,
        StackStatus::CreateFailed => roll_back_creation(cx, &key, &mut stack, given)?,
        // (unverified)
        _ => {
            let (id, status) = (&stack.id, stack.status.as_str());
            return Err(Error::validation(format!(
                "Stack:{id} is in {status} state and can not be rolled back."
            )));
        }
    }
    Ok(rolled_back)
}

fn never_stood(cx: &Cx<'_>, key: &StackKey) -> Result<bool, Error> {
    let before = STABLE.get(cx.tx, key.id())?;
    Ok(before.is_some_and(|before| before.status == StackStatus::CreateFailed))
}

/// Role and client request token of a request.
type Given = (Option<String>, Option<String>);

/// Goes on with the way back to what was before the update.
fn begin_again(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    (role_arn, token): Given,
    skipped: Vec<String>,
) -> Result<(), Error> {
    let authority = Authority::of_request(cx, role_arn.or_else(|| stack.role_arn.clone()))?;
    stack.token = token;
    let kind = match stack.status {
        StackStatus::UpdateRollbackFailed => OperationType::ContinueRollback,
        _ => OperationType::Rollback,
    };
    let id = stack.begin(cx, &kind);
    let sealed = authority.seal(cx, key)?;
    let mut operation = Operation {
        retain: skipped,
        ..Operation::new(id, Phase::RollbackUpdate, sealed, OnFailure::Rollback)
    };
    step::begin_rollback(cx, key, stack, &mut operation, user_initiated())?;
    STACKS.put(cx.tx, key.id(), stack)?;
    run(cx, key, &operation)
}

fn roll_back_creation(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    (role_arn, token): Given,
) -> Result<(), Error> {
    let authority = Authority::of_request(cx, role_arn.or_else(|| stack.role_arn.clone()))?;
    stack.token = token;
    let id = stack.begin(cx, &OperationType::Rollback);
    event::of_stack(cx, key, stack, StackStatus::RollbackInProgress, user_initiated())?;
    STACKS.put(cx.tx, key.id(), stack)?;
    let sealed = authority.seal(cx, key)?;
    run(cx, key, &Operation::new(id, Phase::RollbackCreate, sealed, OnFailure::Rollback))
}

/// A stack that is not deleted.
fn live(cx: &Cx<'_>, name: &str) -> Result<(StackKey, Stack), Error> {
    let found = find(cx, name)?;
    let found = found.filter(|(_, stack)| stack.status != StackStatus::DeleteComplete);
    found.ok_or_else(|| error::no_stack(name))
}

fn output(stack: &Stack) -> UpdateStackOutput {
    UpdateStackOutput { stack_id: Some(stack.id.clone()), ..UpdateStackOutput::default() }
}
