//! CreateStack, and the beginning that it shares with change sets.

use api::cloudformation::{
    Capability, CreateStackInput, CreateStackOutput, OnFailure as GivenOnFailure, OperationType,
    RollbackConfiguration, StackStatus, Tag,
};
use gateway::{Cx, Error};

use super::policy::given_policy;
use super::{find, is_repeated, run};
use crate::arn;
use crate::authority::Authority;
use crate::change_set;
use crate::deployment::{self, Deployment};
use crate::error;
use crate::event;
use crate::notification;
use crate::proposal::{self, Proposal, Request};
use crate::step;
use crate::tables::{
    self, CURRENT, NAMES, OnFailure, Operation, POLICIES, Phase, Rollback, STACKS, Stack, StackKey,
};

/// The longest name of a stack.
const NAME_LENGTH_MAX: usize = 128;

/// A proposal and what is to become of it.
pub struct Proposed<'a> {
    pub proposal: &'a Proposal,
    pub capabilities: Vec<String>,
    pub tags: Vec<(String, String)>,
    pub role_arn: Option<String>,
    pub on_failure: OnFailure,
    pub token: Option<String>,
    pub timeout_in_minutes: Option<i32>,
    pub retain_except_on_create: Option<bool>,
    /// None where the stack's own stays.
    pub rollback: Option<Rollback>,
    pub notification_arns: Option<Vec<String>>,
    /// The uuid of the change set that is executed.
    pub change_set: Option<String>,
    pub deployment: Option<Deployment>,
    /// It imports, and does nothing else.
    pub imports: bool,
}

impl Proposed<'_> {
    /// Writes into the stack what is proposed of it; which role acts for it is the operation's to
    /// say.
    pub fn describe(self, cx: &Cx<'_>, stack: &mut Stack) {
        stack.description.clone_from(&self.proposal.template.description);
        stack.parameters = self.proposal.shown();
        stack.resolved = self.proposal.resolved();
        stack.capabilities = self.capabilities;
        stack.tags = self.tags;
        stack.disable_rollback = self.on_failure == OnFailure::DoNothing;
        stack.retain_except_on_create = self.retain_except_on_create;
        stack.deployment = self.deployment;
        stack.token = self.token;
        stack.rollback = self.rollback.or_else(|| stack.rollback.take());
        stack.notification_arns = self.notification_arns.or_else(|| stack.notification_arns.take());
        stack.endpoint = endpoint(cx).or_else(|| stack.endpoint.take());
    }
}

pub fn create_stack(
    cx: &mut Cx<'_>,
    mut input: CreateStackInput,
) -> Result<CreateStackOutput, Error> {
    plain_name(&input.stack_name)?;
    let token = input.client_request_token.as_deref();
    let found = find(cx, &input.stack_name)?;
    if let (Some((key, stack)), Some(token)) = (&found, token)
        && tables::TOKENS.get(cx.tx, key.part(token))?.as_deref() == Some("CreateStack")
    {
        return Ok(output(stack));
    }
    let deployment = input.deployment_config.take().map(Deployment::given);
    let on_failure = on_failure(&input, deployment.as_ref())?;
    let rollback = rollback(input.rollback_configuration)?;
    let notification_arns = notification::topics(cx, input.notification_arns)?;
    let body = proposal::body(cx, input.template_body, input.template_url.as_deref())?;
    let reviewed = found.filter(|(_, stack)| stack.status == StackStatus::ReviewInProgress);
    let (key, mut stack) = match reviewed {
        Some(found) => found,
        None => blank(cx, &input.stack_name),
    };
    let policy = given_policy(cx, input.stack_policy_body, input.stack_policy_url.as_deref())?;
    let capabilities = input.capabilities.unwrap_or_default();
    let request = Request {
        body: &body,
        parameters: input.parameters.as_deref().unwrap_or_default(),
        previous: &std::collections::BTreeMap::new(),
        capabilities: &capabilities,
        resource_types: input.resource_types.as_deref().unwrap_or_default(),
        expands: true,
        role_arn: input.role_arn.as_deref(),
        notification_arns: notification_arns.as_deref().unwrap_or_default(),
    };
    let proposal = Proposal::check(cx, &key, &input.stack_name, &request)?;
    if stack.events == 0 && find(cx, &input.stack_name)?.is_some() {
        return Err(error::stack_exists(&input.stack_name));
    }
    is_repeated(cx, &key, token, "CreateStack")?;
    stack.termination_protection = input.enable_termination_protection.unwrap_or(false);
    let tags = input.tags.unwrap_or_default();
    refuse_foreign_tags(&tags)?;
    let proposed = Proposed {
        proposal: &proposal,
        capabilities: texts(&capabilities),
        tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        role_arn: input.role_arn,
        on_failure,
        token: input.client_request_token,
        timeout_in_minutes: input.timeout_in_minutes,
        retain_except_on_create: input.retain_except_on_create,
        rollback,
        notification_arns,
        change_set: None,
        deployment,
        imports: false,
    };
    if let Some(policy) = policy {
        POLICIES.put(cx.tx, key.part(CURRENT), &policy)?;
    }
    change_set::make_obsolete(cx, &key, None)?;
    start(cx, &key, &mut stack, proposed)?;
    Ok(output(&stack))
}

/// Lets a stack begin: kept, announced, and its first step queued.
///
/// # Errors
/// `Role … is invalid or cannot be assumed`; what the store says.
pub fn start(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    proposed: Proposed<'_>,
) -> Result<(), Error> {
    let authority = Authority::of_request(cx, proposed.role_arn.clone())?;
    let Proposed { proposal, on_failure, timeout_in_minutes, imports, .. } = proposed;
    let change_set = proposed.change_set.clone();
    let now = cx.now().as_millis();
    let deadline = timeout_in_minutes
        .map(|minutes| now.saturating_add(i64::from(minutes).saturating_mul(60_000)));
    stack.role_arn.clone_from(&proposed.role_arn);
    stack.timeout_in_minutes = timeout_in_minutes;
    proposed.describe(cx, stack);
    proposal.keep(cx, key, CURRENT)?;
    NAMES.put(cx.tx, key.beside(&stack.name), &key.uuid)?;
    let id = stack.begin(cx, &OperationType::CreateStack);
    let begins = step::told(imports, StackStatus::CreateInProgress);
    let begins = begins.unwrap_or(StackStatus::CreateInProgress);
    event::of_stack(cx, key, stack, begins, user_initiated())?;
    STACKS.put(cx.tx, key.id(), stack)?;
    let operation = Operation {
        deadline,
        change_set,
        imports: imports.then_some(true),
        ..Operation::new(id, Phase::Create, authority.seal(cx, key)?, on_failure)
    };
    run(cx, key, &operation)
}

/// A stack that is not yet.
pub fn blank(cx: &Cx<'_>, name: &str) -> (StackKey, Stack) {
    let uuid = arn::stack_uuid(cx.now(), &cx.uuid());
    let key = StackKey { account: cx.account(), region: cx.region().to_owned(), uuid };
    let stack = Stack {
        id: arn::stack(&key, name),
        name: name.to_owned(),
        status: StackStatus::ReviewInProgress,
        reason: None,
        created: cx.now().as_millis(),
        updated: None,
        deleted: None,
        description: None,
        change_set_id: None,
        parameters: Vec::new(),
        capabilities: Vec::new(),
        outputs: Vec::new(),
        role_arn: None,
        tags: Vec::new(),
        disable_rollback: false,
        termination_protection: false,
        timeout_in_minutes: None,
        retain_except_on_create: None,
        deletion_mode: None,
        events: 0,
        last_event: 0,
        token: None,
        parent_id: None,
        root_id: None,
        notification_arns: None,
        endpoint: None,
        rollback: None,
        operation_id: None,
        operation_type: None,
        deleting: None,
        resolved: None,
        deployment: None,
    };
    (key, stack)
}

/// Scheme and host that the client knows this server by; None for calls inside the house.
pub fn endpoint(cx: &Cx<'_>) -> Option<String> {
    let request = cx.request();
    let host = request.header("host")?;
    let scheme = if request.secure { "https" } else { "http" };
    Some(format!("{scheme}://{host}"))
}

pub fn user_initiated() -> Option<String> {
    Some("User Initiated".to_owned())
}

/// The model lets an ARN stand where a new stack is named; a new stack has a plain name.
///
/// # Errors
/// AWS's sentence for a constraint.
pub fn plain_name(name: &str) -> Result<(), Error> {
    let broken = if arn::is_arn(name) {
        "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    } else if name.len() > NAME_LENGTH_MAX {
        "Member must have length less than or equal to 128"
    } else {
        return Ok(());
    };
    Err(Error::validation(format!(
        "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: {broken}"
    )))
}

/// Tags of the prefix `aws:` are AWS's own, and no key may come twice. (unverified)
///
/// # Errors
/// A sentence that names the rule.
pub fn refuse_foreign_tags(tags: &[Tag]) -> Result<(), Error> {
    let reserved = tags.iter().any(|tag| tag.key.to_ascii_lowercase().starts_with("aws:"));
    if reserved {
        let message = "aws: prefixed tag key names are not allowed for external use.";
        return Err(Error::validation(message));
    }
    let mut seen = std::collections::BTreeSet::new();
    match tags.iter().find(|tag| !seen.insert(tag.key.as_str())) {
        None => Ok(()),
        Some(tag) => Err(Error::validation(format!("Duplicate tag keys found: [{}]", tag.key))),
    }
}

fn output(stack: &Stack) -> CreateStackOutput {
    CreateStackOutput { stack_id: Some(stack.id.clone()), ..CreateStackOutput::default() }
}

pub(super) fn texts(capabilities: &[Capability]) -> Vec<String> {
    capabilities.iter().map(|capability| capability.as_str().to_owned()).collect()
}

/// The types of alarms that may trigger a rollback.
const TRIGGERS: [&str; 2] = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"];

/// A rollback configuration, checked; None where none is given. An alarm cannot be: there is
/// nothing here to watch.
///
/// # Errors
/// AWS's for a trigger of another type or form; `NotImplemented` for one that could be.
pub fn rollback(given: Option<RollbackConfiguration>) -> Result<Option<Rollback>, Error> {
    let Some(given) = given else { return Ok(None) };
    for trigger in given.rollback_triggers.iter().flatten() {
        if !TRIGGERS.contains(&trigger.r#type.as_str()) {
            return Err(Error::validation("Rollback Trigger Type not supported"));
        }
        let alarm = trigger.arn.split(':').nth(5) == Some("alarm");
        if !trigger.arn.starts_with("arn:aws:cloudwatch:") || !alarm {
            let message = "RelativeId of a Rollback Trigger's ARN is incorrect";
            return Err(Error::validation(message));
        }
    }
    if given.rollback_triggers.is_some_and(|triggers| !triggers.is_empty()) {
        return Err(error::not_implemented("The parameter RollbackTriggers"));
    }
    let minutes = given.monitoring_time_in_minutes;
    Ok(Some(Rollback { minutes, triggers: Vec::new() }))
}

fn on_failure(
    input: &CreateStackInput,
    deployment: Option<&Deployment>,
) -> Result<OnFailure, Error> {
    match (&input.on_failure, input.disable_rollback) {
        (Some(_), Some(_)) => {
            let message = "You can specify either OnFailure or DisableRollback, but not both.";
            Err(Error::validation(message))
        }
        (Some(GivenOnFailure::DoNothing), None) => Ok(OnFailure::DoNothing),
        (Some(GivenOnFailure::Delete), None) => Ok(OnFailure::Delete),
        (None, given) if deployment::rests(given, deployment) => Ok(OnFailure::DoNothing),
        _ => Ok(OnFailure::Rollback),
    }
}
