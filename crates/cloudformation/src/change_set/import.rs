//! What a change set makes a stack's although it is there already: the resources that the request
//! names (ChangeSetType IMPORT), or those of a custom name that exist (ImportExistingResources).
//!
//! An import changes nothing of a resource; where it differs from the template, it goes on doing so.
//! Sentences are from memory of AWS.
//! AWS: User Guide, "Import AWS resources into a CloudFormation stack".

use std::collections::{BTreeMap, BTreeSet};

use api::cloudformation::{CreateChangeSetInput, ResourceToImport};
use gateway::{Cx, Error};

use crate::authority::Authority;
use crate::plan::Plan;
use crate::proposal::Proposal;
use crate::resource::{self, Failure, Request, Type};
use crate::schema::Schemas;
use crate::stack_resource;
use crate::tables::{Change, Stack, StackKey};
use crate::template::{DeletionPolicy, Map, Value};

/// Logical and physical ids.
pub type Imports = Vec<(String, String)>;

/// Finds the physical resources that the request names, and tells of them in the plan.
///
/// # Errors
/// What is not named, or may not be imported; any other change.
pub fn named(
    cx: &Cx<'_>,
    proposal: &Proposal,
    input: &CreateChangeSetInput,
    plan: &mut Plan,
) -> Result<Imports, Error> {
    let given = input.resources_to_import.as_deref().unwrap_or_default();
    if given.is_empty() {
        let message = "ResourcesToImport must be specified for change set type IMPORT.";
        return Err(Error::validation(message));
    }
    let mut imports = Imports::new();
    for asked in given {
        let physical_id = physical_id(proposal, asked)?;
        if stack_resource::holder(cx, &physical_id)?.is_some() {
            let name = &asked.logical_resource_id;
            return Err(Error::validation(format!(
                "Resources [{name}] passed in ResourceToImport are already in a stack and cannot be imported."
            )));
        }
        imports.push((asked.logical_resource_id.clone(), physical_id));
    }
    let wanted: BTreeSet<&String> = imports.iter().map(|(name, _)| name).collect();
    let other = |change: &&Change| !wanted.contains(&change.logical_id) && !change.is_possible();
    let other: Vec<&Change> = plan.changes.iter().filter(other).collect();
    let names = |changes: &[&Change]| {
        changes.iter().map(|change| change.logical_id.clone()).collect::<Vec<_>>().join(", ")
    };
    let added: Vec<&Change> =
        other.iter().copied().filter(|change| change.action.is_none()).collect();
    if !added.is_empty() {
        let names = names(&added);
        let message = format!("Resources [{names}] is missing from ResourceToImport list");
        return Err(Error::validation(message));
    }
    if !other.is_empty() {
        let names = names(&other);
        return Err(Error::validation(format!(
            "You have modified resources [{names}] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations."
        )));
    }
    note(plan, &imports);
    Ok(imports)
}

fn physical_id(proposal: &Proposal, asked: &ResourceToImport) -> Result<String, Error> {
    let (name, kind) = (&asked.logical_resource_id, &asked.resource_type);
    let declared = proposal.template.resources.get(name);
    let declared = declared.filter(|declared| declared.resource_type == *kind);
    let Some(declared) = declared.filter(|_| proposal.graph.contains(name)) else {
        let message = format!("Resources [{name}] of type {kind} do not exist in the template.");
        return Err(Error::validation(message));
    };
    if resource::find(kind).is_none_or(|known| known.read.is_none()) {
        let message = format!("ResourceTypes [{kind}] are not supported for Import");
        return Err(Error::validation(message));
    }
    if declared.deletion_policy.is_none() {
        return Err(Error::validation(format!(
            "Resources [{name}] must have DeletionPolicy attribute specified in the template."
        )));
    }
    let schema = Schemas::bundled().get(kind);
    let properties = schema.map(|schema| schema.primary_identifier.as_slice()).unwrap_or_default();
    let values: Vec<&str> = properties
        .iter()
        .filter_map(|property| asked.resource_identifier.get(property))
        .map(String::as_str)
        .collect();
    if values.is_empty() || values.len() != asked.resource_identifier.len() {
        let given: Vec<&str> = asked.resource_identifier.keys().map(String::as_str).collect();
        return Err(Error::validation(format!(
            "Resource identifier property [{}] is not valid for resource [{name}]: its identifiers are [{}].",
            given.join(", "),
            properties.join(", ")
        )));
    }
    for (property, value) in &asked.resource_identifier {
        let written = declared.properties.get(property).and_then(Value::as_str);
        if written.is_some_and(|written| written != value) {
            return Err(Error::validation(format!(
                "The Identifier [{property}] for resource [{name}] does not match the identifier value defined in the template."
            )));
        }
    }
    Ok(values.join("|"))
}

/// Finds which of the resources to be made are there, by their custom names, and in no stack.
///
/// # Errors
/// What the store says; a role that cannot be assumed.
pub fn existing(
    cx: &mut Cx<'_>,
    (key, stack): (&StackKey, &Stack),
    proposal: &Proposal,
    input: &CreateChangeSetInput,
    plan: &mut Plan,
) -> Result<Imports, Error> {
    let role_arn = input.role_arn.clone().or_else(|| stack.role_arn.clone());
    let caller = Authority::of_request(cx, role_arn)?.caller(cx)?;
    let mut imports = Imports::new();
    for (logical_id, kind, name, properties) in custom_named(cx, key, proposal, plan)? {
        let mut request = Request::new(cx, &caller, (key, stack), kind, &logical_id, properties);
        request.physical_id = Some(name.clone());
        let Some(read) = kind.read else { continue };
        match read(&mut request) {
            Ok(()) => {}
            Err(Failure::House(error)) => return Err(error),
            Err(_) => continue,
        }
        if stack_resource::holder(cx, &name)?.is_none() {
            imports.push((logical_id, name));
        }
    }
    note(plan, &imports);
    Ok(imports)
}

/// The resources to be made of a type whose name identifies it, with their names, where their
/// policy would leave them behind.
fn custom_named(
    cx: &Cx<'_>,
    key: &StackKey,
    proposal: &Proposal,
    plan: &Plan,
) -> Result<Vec<(String, &'static Type, String, Map)>, Error> {
    let resources = BTreeMap::new();
    let world = proposal.world(cx, key, &resources)?;
    let scope = proposal.scope(&world);
    let added = plan.changes.iter().filter(|change| change.action.is_none());
    let found = added.filter_map(|change| {
        let kind = resource::find(&change.resource_type)?;
        let property = kind.name_property.filter(|_| kind.read.is_some())?;
        let schema = Schemas::bundled().get(kind.name)?;
        if schema.primary_identifier != [property] {
            return None;
        }
        let declared = proposal.template.resources.get(&change.logical_id)?;
        let stays = [DeletionPolicy::Retain, DeletionPolicy::RetainExceptOnCreate];
        declared.deletion_policy.filter(|policy| stays.contains(policy))?;
        let properties = scope.properties(&change.logical_id).ok()?;
        let name = properties.get(property)?.text()?.into_owned();
        Some((change.logical_id.clone(), kind, name, properties))
    });
    Ok(found.collect())
}

fn note(plan: &mut Plan, imports: &Imports) {
    for (logical_id, physical_id) in imports {
        let found = plan.changes.iter_mut().find(|change| change.logical_id == *logical_id);
        if let Some(change) = found {
            change.action = Some("Import".to_owned());
            change.physical_id = Some(physical_id.clone());
        }
    }
}
