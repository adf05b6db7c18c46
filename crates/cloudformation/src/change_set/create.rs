//! CreateChangeSet.

use std::collections::BTreeMap;

use api::cloudformation::{
    ChangeSetStatus, ChangeSetType, CreateChangeSetInput, CreateChangeSetOutput, ExecutionStatus,
    StackStatus, error as shape,
};
use gateway::{Cx, Error};

use super::import::{self, Imports};
use super::is_executed;
use super::nested::{self, Nested};
use crate::arn::{self, is_arn};
use crate::authority::Authority;
use crate::deployment::Deployment;
use crate::error;
use crate::event;
use crate::notification;
use crate::plan::{self, Plan};
use crate::proposal::{self, Proposal, Request};
use crate::stack::{self, refuse_foreign_tags};
use crate::stack_resource;
use crate::tables::{
    self, CHANGE_SET_NAMES, CHANGE_SETS, CURRENT, Change, ChangeSet, NAMES, Rollback, STACKS,
    Stack, StackKey, TEMPLATES,
};

pub(super) const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

pub fn create_change_set(
    cx: &mut Cx<'_>,
    input: CreateChangeSetInput,
) -> Result<CreateChangeSetOutput, Error> {
    refuse(&input)?;
    let found = stack::find(cx, &input.stack_name)?;
    let updates = match &input.change_set_type {
        Some(ChangeSetType::Create) => false,
        // A stack may come to be with what it imports.
        Some(ChangeSetType::Import) => {
            found.as_ref().is_some_and(|(_, stack)| !super::is_reviewed(stack))
        }
        _ => true,
    };
    let (key, stack) =
        if updates { updatable(found, &input.stack_name)? } else { creatable(cx, found, &input)? };
    if let Some(uuid) = CHANGE_SET_NAMES.get(cx.tx, key.part(&input.change_set_name))? {
        let known = CHANGE_SETS.get(cx.tx, key.beside(&uuid))?;
        if let Some(known) = known.filter(|known| !is_executed(known)) {
            return exists(&input, known);
        }
    }
    let notification_arns = notification::topics(cx, input.notification_arns.clone())?;
    let told = notification_arns.clone().or_else(|| stack.notification_arns.clone());
    let proposal =
        propose(cx, &key, &stack, (&input, told.as_deref().unwrap_or_default()), updates)?;
    refuse_foreign_tags(input.tags.as_deref().unwrap_or_default())?;
    let mut plan = if proposal.has_failed() {
        Plan { changes: Vec::new(), beside: false }
    } else {
        plan(cx, &key, &stack, &proposal, &input, updates)?
    };
    let imports = imports(cx, (&key, &stack), &proposal, &input, &mut plan)?;
    let nested = if input.include_nested_stacks == Some(true) && !proposal.has_failed() {
        nested::propose(cx, (&key, &stack), &proposal, &input, &mut plan)?
    } else {
        Nested::default()
    };
    if let Some(role_arn) = &input.role_arn {
        Authority::of_request(cx, Some(role_arn.clone()))?;
    }
    let rollback = stack::rollback(input.rollback_configuration.clone())?;
    keep(cx, &key, stack, &proposal, input, (plan, (nested, imports), rollback, notification_arns))
}

/// The stack to update.
fn updatable(found: Option<(StackKey, Stack)>, name: &str) -> Result<(StackKey, Stack), Error> {
    let (key, stack) = found.ok_or_else(|| error::no_stack(name))?;
    stack::updatable(&stack)?;
    Ok((key, stack))
}

/// The stack to create: a new one, or one that was only proposed so far.
fn creatable(
    cx: &Cx<'_>,
    found: Option<(StackKey, Stack)>,
    input: &CreateChangeSetInput,
) -> Result<(StackKey, Stack), Error> {
    match found {
        Some((key, stack)) if super::is_reviewed(&stack) => Ok((key, stack)),
        None if is_arn(&input.stack_name) => Err(error::no_stack(&input.stack_name)),
        None => {
            stack::plain_name(&input.stack_name)?;
            Ok(stack::blank(cx, &input.stack_name))
        }
        Some(_) => {
            let (name, change_set) = (&input.stack_name, &input.change_set_name);
            Err(Error::validation(format!(
                "Stack [{name}] already exists and cannot be created again with the changeSet [{change_set}]."
            )))
        }
    }
}

/// The same request again has the same answer; another one of the same name has none.
fn exists(input: &CreateChangeSetInput, known: ChangeSet) -> Result<CreateChangeSetOutput, Error> {
    if input.client_token.is_some() && input.client_token == known.token {
        return Ok(CreateChangeSetOutput { id: Some(known.id), stack_id: Some(known.stack_id) });
    }
    let message = format!("ChangeSet [{}] already exists", input.change_set_name);
    Err(Error::new(shape::ALREADY_EXISTS_EXCEPTION, message))
}

fn propose(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &Stack,
    (input, notification_arns): (&CreateChangeSetInput, &[String]),
    updates: bool,
) -> Result<Proposal, Error> {
    let body = match input.use_previous_template {
        Some(true) if updates => TEMPLATES.get(cx.tx, key.part(CURRENT))?.unwrap_or_default(),
        _ => proposal::body(cx, input.template_body.clone(), input.template_url.as_deref())?,
    };
    let previous = if updates { tables::parameters(cx, key, CURRENT)? } else { BTreeMap::new() };
    let request = Request {
        body: &body,
        parameters: input.parameters.as_deref().unwrap_or_default(),
        previous: &previous,
        capabilities: input.capabilities.as_deref().unwrap_or_default(),
        resource_types: input.resource_types.as_deref().unwrap_or_default(),
        expands: false,
        role_arn: input.role_arn.as_deref().or(stack.role_arn.as_deref()),
        notification_arns,
    };
    Proposal::check(cx, key, &stack.name, &request)
}

/// What is there already and becomes the stack's.
fn imports(
    cx: &mut Cx<'_>,
    (key, stack): (&StackKey, &Stack),
    proposal: &Proposal,
    input: &CreateChangeSetInput,
    plan: &mut Plan,
) -> Result<Imports, Error> {
    let named = input.resources_to_import.as_ref().is_some_and(|named| !named.is_empty());
    match &input.change_set_type {
        _ if proposal.has_failed() => Ok(Imports::new()),
        Some(ChangeSetType::Import) => import::named(cx, proposal, input, plan),
        // (unverified)
        _ if named => {
            let message = "ResourcesToImport can only be specified for change set type IMPORT.";
            Err(Error::validation(message))
        }
        _ if input.import_existing_resources == Some(true) => {
            import::existing(cx, (key, stack), proposal, input, plan)
        }
        _ => Ok(Imports::new()),
    }
}

/// What the change set would do.
fn plan(
    cx: &Cx<'_>,
    key: &StackKey,
    stack: &Stack,
    proposal: &Proposal,
    input: &CreateChangeSetInput,
    updates: bool,
) -> Result<Plan, Error> {
    if !updates {
        // The stack itself is new, even where it has no resources.
        return Ok(Plan { changes: additions(cx, key, proposal)?, beside: true });
    }
    let tags = input.tags.as_ref().map(|tags| {
        tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect::<Vec<_>>()
    });
    Plan::of(cx, key, stack, proposal, tags.as_deref().unwrap_or(&stack.tags))
}

fn keep(
    cx: &mut Cx<'_>,
    key: &StackKey,
    mut stack: Stack,
    proposal: &Proposal,
    input: CreateChangeSetInput,
    (plan, (nested, imports), rollback, notification_arns): (
        Plan,
        (Nested, Imports),
        Option<Rollback>,
        Option<Vec<String>>,
    ),
) -> Result<CreateChangeSetOutput, Error> {
    let tags = input.tags.map(|tags| tags.into_iter().map(|tag| (tag.key, tag.value)).collect());
    let uuid = cx.uuid();
    let id = arn::change_set(key, &input.change_set_name, &uuid);
    nested::place(cx, &nested.children, &id)?;
    let failed = proposal.failure().map(str::to_owned).or(nested.failure);
    let (status, reason, execution) = if failed.is_some() {
        (ChangeSetStatus::Failed, failed, ExecutionStatus::Unavailable)
    } else if plan.is_empty() {
        (ChangeSetStatus::Failed, Some(NO_CHANGES.to_owned()), ExecutionStatus::Unavailable)
    } else {
        (ChangeSetStatus::CreateComplete, None, ExecutionStatus::Available)
    };
    let capabilities = input.capabilities.unwrap_or_default();
    let change_set = ChangeSet {
        id: id.clone(),
        name: input.change_set_name.clone(),
        stack_uuid: key.uuid.clone(),
        stack_id: stack.id.clone(),
        stack_name: stack.name.clone(),
        kind: input.change_set_type.unwrap_or(ChangeSetType::Update),
        status,
        reason,
        execution,
        created: cx.now().as_millis(),
        description: input.description,
        parameters: proposal.shown(),
        resolved: proposal.resolved(),
        capabilities: capabilities.iter().map(|known| known.as_str().to_owned()).collect(),
        // An update that does not speak of tags leaves them.
        tags: tags.unwrap_or_else(|| stack.tags.clone()),
        role_arn: input.role_arn,
        on_stack_failure: input.on_stack_failure.map(|chosen| chosen.as_str().to_owned()),
        changes: plan.changes,
        token: input.client_token,
        include_nested_stacks: input.include_nested_stacks.unwrap_or(false),
        rollback,
        notification_arns,
        warning: warning(cx, key, proposal)?,
        parent_id: None,
        root_id: None,
        children: Some(nested.children),
        deployment: input.deployment_config.map(Deployment::given),
        imports: Some(imports),
        import_existing: input.import_existing_resources,
    };
    CHANGE_SETS.put(cx.tx, key.beside(&uuid), &change_set)?;
    CHANGE_SET_NAMES.put(cx.tx, key.part(&input.change_set_name), &uuid)?;
    proposal.keep(cx, key, &uuid)?;
    if stack.events == 0 {
        let reason = stack::user_initiated();
        event::of_stack(cx, key, &mut stack, StackStatus::ReviewInProgress, reason)?;
        NAMES.put(cx.tx, key.beside(&stack.name), &key.uuid)?;
        STACKS.put(cx.tx, key.id(), &stack)?;
    }
    Ok(CreateChangeSetOutput { id: Some(id), stack_id: Some(stack.id) })
}

fn warning(cx: &Cx<'_>, key: &StackKey, proposal: &Proposal) -> Result<Option<String>, Error> {
    let known = stack_resource::all(cx, key)?.into_iter().filter(|(_, known)| !known.is_gone());
    let known = known.collect();
    let world = proposal.world(cx, key, &known)?;
    let names = proposal.graph.resources().map(str::to_owned);
    Ok(plan::warning(&proposal.scope(&world), names))
}

/// Each resource of the template as an addition, its properties as far as they are known.
fn additions(cx: &Cx<'_>, key: &StackKey, proposal: &Proposal) -> Result<Vec<Change>, Error> {
    let nothing = BTreeMap::new();
    let world = proposal.world(cx, key, &nothing)?;
    let masked = world.masked();
    let scope = proposal.scope(&masked);
    let changes = proposal.graph.resources().filter_map(|logical_id| {
        let declared = proposal.template.resources.get(logical_id)?;
        let after = plan::context(&scope, logical_id);
        Some(Change::added(logical_id, &declared.resource_type, after))
    });
    let mut changes: Vec<Change> = changes.collect();
    changes.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
    Ok(changes)
}

fn refuse(input: &CreateChangeSetInput) -> Result<(), Error> {
    error::refuse(&[("DeploymentMode", input.deployment_mode.is_some())])
}
