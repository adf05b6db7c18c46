//! Applies `data/patches` to a model. A patch that names nothing is an error: a correction must not
//! rot in silence.

use std::collections::BTreeSet;

use super::Failure;
use super::model::{Model, OperationPatch, Patches, Reference, Shape, ShapePatch};

/// Leaves of the model the operations that are declared, and the shapes they use.
pub fn keep(model: &mut Model, only: &[String]) -> Result<(), Failure> {
    if only.is_empty() {
        return Ok(());
    }
    if let Some(name) = only.iter().find(|name| model.operations.get(name).is_none()) {
        return Err(format!("no such operation to declare: {name}").into());
    }
    model.operations.0.retain(|(name, _)| only.contains(name));
    let mut used = BTreeSet::new();
    let ends = model.operations.0.iter().flat_map(|(_, operation)| {
        operation.input.iter().chain(&operation.output).chain(&operation.errors)
    });
    let mut open: Vec<&Reference> = ends.collect();
    while let Some(reference) = open.pop() {
        if used.insert(reference.shape.clone())
            && let Some(shape) = model.shapes.get(&reference.shape)
        {
            let inner = shape.member.iter().chain(&shape.key).chain(&shape.value);
            open.extend(shape.members.0.iter().map(|(_, member)| member));
            open.extend(inner.map(|inner| &**inner));
        }
    }
    model.shapes.0.retain(|(name, _)| used.contains(name));
    Ok(())
}

/// Makes the model say what the patches say.
pub fn apply(model: &mut Model, patches: &Patches) -> Result<(), Failure> {
    for patch in &patches.shapes {
        require_reason(&patch.shape, &patch.reason)?;
        let shape = model
            .shapes
            .get_mut(&patch.shape)
            .ok_or_else(|| format!("a patch names no shape: {}", patch.shape))?;
        match &patch.member {
            Some(member) => patch_member(shape, member, patch)?,
            None => {
                patch_shape(shape, patch);
                order(shape, patch)?;
            }
        }
    }
    for patch in &patches.operations {
        require_reason(&patch.operation, &patch.reason)?;
        patch_operation(model, patch)?;
    }
    for patch in &patches.errors {
        require_reason(&patch.code, &patch.reason)?;
    }
    Ok(())
}

fn require_reason(name: &str, reason: &str) -> Result<(), Failure> {
    if reason.is_empty() { Err(format!("a patch without a reason: {name}").into()) } else { Ok(()) }
}

fn patch_shape(shape: &mut Shape, patch: &ShapePatch) {
    shape.min = patch.min.or(shape.min);
    shape.max = patch.max.or(shape.max);
    shape.pattern = patch.pattern.clone().or_else(|| shape.pattern.take());
    shape.matched = patch.matched.clone().or_else(|| shape.matched.take());
    shape.sensitive = patch.sensitive.unwrap_or(shape.sensitive);
    shape.flattened = patch.flattened.unwrap_or(shape.flattened);
    shape.r#enum.extend(patch.values.iter().cloned());
}

/// Sorts members to the front and the back. Where a document's order counts, the model does not say.
fn order(shape: &mut Shape, patch: &ShapePatch) -> Result<(), Failure> {
    for name in patch.first.iter().chain(&patch.last) {
        if shape.members.get(name).is_none() {
            return Err(format!("no such member: {}.{name}", patch.shape).into());
        }
    }
    let place = |name: &String| {
        let first = patch.first.iter().position(|one| one == name);
        let last = patch.last.iter().position(|one| one == name);
        match (first, last) {
            (Some(at), _) => (0, at),
            (None, None) => (1, 0),
            (None, Some(at)) => (2, at),
        }
    };
    shape.members.0.sort_by_key(|(name, _)| place(name));
    Ok(())
}

fn patch_member(shape: &mut Shape, name: &str, patch: &ShapePatch) -> Result<(), Failure> {
    if shape.members.get(name).is_none() {
        let is =
            patch.is.clone().ok_or_else(|| format!("no such member: {}.{name}", patch.shape))?;
        shape.members.0.push((name.to_owned(), Reference { shape: is, ..Reference::default() }));
    }
    if let Some(member) = shape.members.get_mut(name) {
        if let Some(is) = &patch.is {
            is.clone_into(&mut member.shape);
        }
        member.location = patch.location.clone().or_else(|| member.location.take());
        member.location_name = patch.location_name.clone().or_else(|| member.location_name.take());
        member.flattened = patch.flattened.unwrap_or(member.flattened);
    }
    match patch.required {
        Some(true) => shape.required.push(name.to_owned()),
        Some(false) => shape.required.retain(|required| required != name),
        None => {}
    }
    Ok(())
}

fn patch_operation(model: &mut Model, patch: &OperationPatch) -> Result<(), Failure> {
    let operation = model
        .operations
        .get_mut(&patch.operation)
        .ok_or_else(|| format!("a patch names no operation: {}", patch.operation))?;
    if let (Some(result), Some(output)) = (&patch.result, &mut operation.output) {
        output.result_wrapper = Some(result.clone());
    }
    operation.http.response_code = patch.status.or(operation.http.response_code);
    operation.deprecated = patch.deprecated.unwrap_or(operation.deprecated);
    Ok(())
}
