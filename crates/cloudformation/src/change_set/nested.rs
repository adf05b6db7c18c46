//! The change sets of the stacks in a stack, made with that of the stack that holds them
//! (IncludeNestedStacks), executed with it and deleted with it.
//!
//! A stack that is not there yet is proposed with its change set, in review, and made under that
//! name. What a child is given is resolved anew when it is made or updated: what is known after the
//! holder's other resources are there may then be something else than was told.
//! AWS: User Guide, "Change sets for nested stacks".

use std::collections::BTreeMap;

use api::cloudformation::{
    ChangeSetStatus, ChangeSetType, CreateChangeSet, CreateChangeSetInput, ExecutionStatus, Tag,
};
use gateway::{Caller, Cx, Error};

use super::create::NO_CHANGES;
use super::{delete, is_executed, is_reviewed, pending};
use crate::arn::Arn;
use crate::authority::Authority;
use crate::physical_name::physical_name;
use crate::plan::Plan;
use crate::proposal::Proposal;
use crate::resource::{self, Properties, is_stack};
use crate::stack;
use crate::stack_resource;
use crate::step;
use crate::tables::{
    CHANGE_SETS, ChangeSet, NAMES, OPERATIONS, STACKS, Stack, StackKey, StackResource,
};
use crate::template::intrinsics::KNOWN_AFTER_APPLY;
use crate::template::{Map, Value};

/// What came of the stacks in a stack.
#[derive(Default)]
pub struct Nested {
    /// Logical ids, and ids of change sets.
    pub children: Vec<(String, String)>,
    /// Why the whole has failed.
    pub failure: Option<String>,
}

/// Proposes each stack that the proposal holds, and notes in the plan where that is told.
///
/// # Errors
/// What the store says; a role that cannot be assumed. What a child fails at is the change set's
/// failure.
pub fn propose(
    cx: &mut Cx<'_>,
    (key, stack): (&StackKey, &Stack),
    proposal: &Proposal,
    input: &CreateChangeSetInput,
    plan: &mut Plan,
) -> Result<Nested, Error> {
    let resources: BTreeMap<String, StackResource> = stack_resource::all(cx, key)?
        .into_iter()
        .filter(|(_, resource)| !resource.is_gone())
        .collect();
    let mut nested = Nested::default();
    let wanted = wanted(cx, key, proposal, plan, &resources)?;
    if wanted.is_empty() {
        return Ok(nested);
    }
    let role_arn = input.role_arn.clone().or_else(|| stack.role_arn.clone());
    let caller = Authority::of_request(cx, role_arn)?.caller(cx)?;
    for (logical_id, properties) in wanted {
        let before = cx.tx.savepoint();
        let known = resources.get(&logical_id).and_then(|known| known.physical_id.clone());
        let given = given((stack, input), &properties);
        match ask(cx, stack, &caller, (&logical_id, known), given)? {
            Outcome::Told(id) => {
                let told = plan.changes.iter_mut().find(|change| change.logical_id == logical_id);
                if let Some(told) = told {
                    told.change_set_id = Some(id.clone());
                }
                nested.children.push((logical_id, id));
            }
            Outcome::Unchanged => {
                cx.tx.rollback(before);
                let left = |change: &mut crate::tables::Change| {
                    change.logical_id != logical_id || change.is_left_without_automatic()
                };
                plan.changes.retain_mut(left);
            }
            Outcome::Failed(id) => {
                nested.failure.get_or_insert(format!(
                    "Nested change set {id} was not successfully created: Currently in FAILED."
                ));
                nested.children.push((logical_id, id));
            }
            // What is not known yet may be all that it is refused for. (unverified)
            Outcome::Refused(_) if is_in_part_unknown(&properties) => cx.tx.rollback(before),
            Outcome::Refused(reason) => {
                cx.tx.rollback(before);
                nested.failure.get_or_insert(reason);
            }
        }
    }
    Ok(nested)
}

fn is_in_part_unknown(properties: &Map) -> bool {
    Value::Map(properties.clone()).to_json_text().contains(KNOWN_AFTER_APPLY)
}

/// The stacks that the proposal holds, with their properties as far as they are known.
fn wanted(
    cx: &Cx<'_>,
    key: &StackKey,
    proposal: &Proposal,
    plan: &Plan,
    resources: &BTreeMap<String, StackResource>,
) -> Result<Vec<(String, Map)>, Error> {
    let world = proposal.world(cx, key, resources)?;
    for change in &plan.changes {
        if change.replacement.as_deref().is_some_and(|replacement| replacement != "False") {
            world.replace(&change.logical_id);
        }
    }
    let scope = proposal.scope(&world);
    let stacks = proposal.graph.resources().filter(|logical_id| {
        let declared = proposal.template.resources.get(*logical_id);
        declared.is_some_and(|declared| is_stack(&declared.resource_type))
    });
    let properties = |logical_id: &str| scope.properties(logical_id).unwrap_or_default();
    Ok(stacks.map(|logical_id| (logical_id.to_owned(), properties(logical_id))).collect())
}

/// What the child's change set is asked for with; not its stack yet.
fn given(
    (stack, input): (&Stack, &CreateChangeSetInput),
    properties: &Map,
) -> CreateChangeSetInput {
    let read = Properties::new(properties.clone());
    let tags = input.tags.as_ref().map(|tags| {
        tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect::<Vec<_>>()
    });
    let tags = resource::over(tags.as_deref().unwrap_or(&stack.tags), read.tags("Tags"));
    let tags = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    CreateChangeSetInput {
        change_set_name: input.change_set_name.clone(),
        template_url: read.text("TemplateURL"),
        parameters: Some(resource::stack::parameters(properties)),
        capabilities: input.capabilities.clone(),
        tags: Some(tags),
        notification_arns: resource::stack::notifications(&read),
        include_nested_stacks: Some(true),
        ..CreateChangeSetInput::default()
    }
}

enum Outcome {
    /// By the change set of this id.
    Told(String),
    Unchanged,
    /// The change set of this id tells why.
    Failed(String),
    /// There is no change set.
    Refused(String),
}

fn ask(
    cx: &mut Cx<'_>,
    stack: &Stack,
    caller: &Caller,
    (logical_id, known): (&str, Option<String>),
    given: CreateChangeSetInput,
) -> Result<Outcome, Error> {
    if resource::stack::is_too_deep(cx, &stack.id)? {
        return Ok(Outcome::Refused(resource::stack::too_deep()));
    }
    let change_set_name = generated(cx, &given.change_set_name, logical_id);
    let (kind, stack_name) = match known {
        Some(id) => (ChangeSetType::Update, id),
        None => (ChangeSetType::Create, review(cx, stack, logical_id)?),
    };
    let change_set_type = Some(kind);
    let input = CreateChangeSetInput { change_set_name, change_set_type, stack_name, ..given };
    let id = match cx.call::<CreateChangeSet>(caller, input) {
        Ok(output) => output.id.unwrap_or_default(),
        Err(error) if step::is_ours(&error) => return Err(error),
        Err(error) => return Ok(Outcome::Refused(error.message().to_owned())),
    };
    let Some((_, _, made)) = by_id(cx, &id)? else { return Ok(Outcome::Unchanged) };
    Ok(match made.status {
        ChangeSetStatus::Failed if made.reason.as_deref() == Some(NO_CHANGES) => Outcome::Unchanged,
        ChangeSetStatus::Failed => Outcome::Failed(id),
        _ => Outcome::Told(id),
    })
}

/// A stack that is only proposed, in the place of one to come: its name.
fn review(cx: &mut Cx<'_>, holder: &Stack, logical_id: &str) -> Result<String, Error> {
    let name = generated(cx, &holder.name, logical_id);
    let (child, mut stack) = stack::blank(cx, &name);
    stack.parent_id = Some(holder.id.clone());
    stack.root_id = Some(holder.root_id.clone().unwrap_or_else(|| holder.id.clone()));
    stack.endpoint = stack::endpoint(cx).or_else(|| holder.endpoint.clone());
    NAMES.put(cx.tx, child.beside(&name), &child.uuid)?;
    STACKS.put(cx.tx, child.id(), &stack)?;
    Ok(name)
}

/// A name as stacks in stacks bear it.
fn generated(cx: &Cx<'_>, of: &str, logical_id: &str) -> String {
    let entropy = u128::from_str_radix(&cx.uuid().replace('-', ""), 16).unwrap_or(0);
    let name = physical_name(resource::stack::NAME, of, logical_id, entropy);
    name.unwrap_or_else(|| of.to_owned())
}

/// Puts the change sets of stacks in a stack under that of their holder, which is the root of all
/// below it until it is put under another one itself.
///
/// # Errors
/// Only what the store says.
pub fn place(cx: &mut Cx<'_>, children: &[(String, String)], parent: &str) -> Result<(), Error> {
    for (_, id) in children {
        put_below(cx, id, Some(parent), parent)?;
    }
    Ok(())
}

fn put_below(cx: &mut Cx<'_>, id: &str, parent: Option<&str>, root: &str) -> Result<(), Error> {
    let Some((key, uuid, mut found)) = by_id(cx, id)? else { return Ok(()) };
    if let Some(parent) = parent {
        found.parent_id = Some(parent.to_owned());
    }
    found.root_id = Some(root.to_owned());
    CHANGE_SETS.put(cx.tx, key.beside(&uuid), &found)?;
    for below in found.child_ids() {
        put_below(cx, below, None, root)?;
    }
    Ok(())
}

/// The change set of a stack in the stack, where one is executed that holds it.
///
/// # Errors
/// Only what the store says.
pub fn child(cx: &Cx<'_>, key: &StackKey, logical_id: &str) -> Result<Option<ChangeSet>, Error> {
    let running = OPERATIONS.get(cx.tx, key.id())?.and_then(|running| running.change_set);
    let Some(uuid) = running else { return Ok(None) };
    let Some(executed) = CHANGE_SETS.get(cx.tx, key.beside(&uuid))? else { return Ok(None) };
    let Some(id) = executed.child_id(logical_id) else { return Ok(None) };
    let found = by_id(cx, id)?.map(|(_, _, found)| found);
    Ok(found.filter(|found| found.execution == ExecutionStatus::Available))
}

/// The stack begins what its change set told: the uuid of that.
///
/// # Errors
/// Only what the store says.
pub fn begin(
    cx: &mut Cx<'_>,
    key: &StackKey,
    mut change_set: ChangeSet,
) -> Result<Option<String>, Error> {
    let Some(arn) = Arn::parse(&change_set.id) else { return Ok(None) };
    change_set.execution = ExecutionStatus::ExecuteInProgress;
    CHANGE_SETS.put(cx.tx, key.beside(&arn.uuid), &change_set)?;
    Ok(Some(arn.uuid))
}

/// Drops the change sets of stacks in a stack that were not executed, and those stacks that were
/// only proposed with them. (AWS documents the former alone)
///
/// # Errors
/// Only what the store says.
pub fn drop_children(cx: &mut Cx<'_>, change_set: &ChangeSet) -> Result<(), Error> {
    for id in change_set.child_ids() {
        let Some((key, uuid, found)) = by_id(cx, id)? else { continue };
        if is_executed(&found) {
            continue;
        }
        delete(cx, &key, &uuid, &found)?;
        let stack = STACKS.get(cx.tx, key.id())?.filter(is_reviewed);
        if let Some(stack) = stack
            && pending(cx, &key)?.is_empty()
        {
            stack::finish_reviewed(cx, &key, stack)?;
        }
    }
    Ok(())
}

/// The change set of that id, with its stack's key and its own uuid.
fn by_id(cx: &Cx<'_>, id: &str) -> Result<Option<(StackKey, String, ChangeSet)>, Error> {
    let Some(arn) = Arn::parse(id) else { return Ok(None) };
    let near = arn.stack_key();
    let Some(found) = CHANGE_SETS.get(cx.tx, near.beside(&arn.uuid))? else { return Ok(None) };
    Ok(Some((StackKey { uuid: found.stack_uuid.clone(), ..near }, arn.uuid, found)))
}
