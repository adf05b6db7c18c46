//! Exports: outputs that other stacks of the account and region import. What is imported cannot be
//! taken away.
//!
//! AWS: API reference, ListExports, ListImports; User Guide, "Get exported outputs from a deployed
//! stack".

use std::collections::BTreeSet;

use api::cloudformation::{
    self, ListExportsInput, ListExportsOutput, ListImportsInput, ListImportsOutput,
};
use gateway::{Cx, Error};

use crate::page;
use crate::tables::{ALL, EXPORTS, Export, IMPORTS, Output, STACKS, Stack, StackKey};

pub fn list_exports(cx: &mut Cx<'_>, input: ListExportsInput) -> Result<ListExportsOutput, Error> {
    let range = EXPORTS.prefix((cx.account().number(), cx.region()));
    let rows = EXPORTS.scan(cx.tx, range, ALL)?;
    let exports: Vec<_> = rows.into_iter().map(|((.., name), export)| (name, export)).collect();
    let (page, next_token) = page::of(exports, input.next_token.as_deref(), |(name, _)| name)?;
    let exports = page.into_iter().map(|(name, export)| cloudformation::Export {
        exporting_stack_id: Some(export.stack_id),
        name: Some(name),
        value: Some(export.value),
    });
    Ok(ListExportsOutput { exports: Some(exports.collect()), next_token })
}

pub fn list_imports(cx: &mut Cx<'_>, input: ListImportsInput) -> Result<ListImportsOutput, Error> {
    let key =
        StackKey { account: cx.account(), region: cx.region().to_owned(), uuid: String::new() };
    let importers = importers(cx, &key, &input.export_name)?;
    if importers.is_empty() {
        let name = &input.export_name;
        return Err(Error::validation(format!("Export '{name}' is not imported by any stack.")));
    }
    let (page, next_token) = page::of(importers, input.next_token.as_deref(), |name| name)?;
    Ok(ListImportsOutput { imports: Some(page), next_token })
}

/// Exports the outputs of a stack.
///
/// # Errors
/// The store's; else the name that another stack exports already, and that stack's name.
pub fn put(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &Stack,
    outputs: &[Output],
) -> Result<Option<(String, String)>, Error> {
    for output in outputs {
        let Some(name) = &output.export else { continue };
        if let Some(taken) = EXPORTS.get(cx.tx, key.beside(name))? {
            return Ok(Some((name.clone(), taken.stack_name)));
        }
        let export = Export {
            stack_id: stack.id.clone(),
            stack_name: stack.name.clone(),
            value: output.value.clone(),
        };
        EXPORTS.put(cx.tx, key.beside(name), &export)?;
    }
    Ok(None)
}

/// Puts the exports of new outputs in the place of the old ones.
///
/// # Errors
/// The store's; else the reason why the outputs cannot be so.
pub fn replace(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &Stack,
    outputs: &[Output],
) -> Result<Result<(), String>, Error> {
    for old in &stack.outputs {
        let Some(name) = &old.export else { continue };
        let kept = outputs.iter().find(|output| output.export.as_ref() == Some(name));
        let what = match kept {
            Some(output) if output.value == old.value => None,
            Some(_) => Some("updated"),
            None => Some("deleted"),
        };
        if let Some(what) = what {
            let importers = importers(cx, key, name)?.join(", ");
            if !importers.is_empty() {
                let reason =
                    format!("Export {name} cannot be {what} as it is in use by {importers}");
                return Ok(Err(reason));
            }
        }
        EXPORTS.delete(cx.tx, key.beside(name));
    }
    let taken = put(cx, key, stack, outputs)?;
    Ok(taken.map_or(Ok(()), |(name, other)| {
        Err(format!("Export with name {name} is already exported by stack {other}"))
    }))
}

/// Notes what a stack imports.
///
/// # Errors
/// Only what the store says.
pub fn note_imports(
    cx: &mut Cx<'_>,
    key: &StackKey,
    names: &BTreeSet<String>,
) -> Result<(), Error> {
    let (account, region, uuid) = key.id();
    for name in names {
        IMPORTS.put(cx.tx, (account, region, name.as_str(), uuid), &())?;
    }
    Ok(())
}

/// Drops the exports and imports of a stack that is gone.
///
/// # Errors
/// Only what the store says.
pub fn drop_all(cx: &mut Cx<'_>, key: &StackKey, stack: &Stack) -> Result<(), Error> {
    let (account, region, _) = key.id();
    for ((.., name), export) in EXPORTS.scan(cx.tx, EXPORTS.prefix((account, region)), ALL)? {
        if export.stack_id == stack.id {
            EXPORTS.delete(cx.tx, key.beside(&name));
        }
    }
    drop_imports(cx, key)
}

/// Notes that a stack imports nothing.
///
/// # Errors
/// Only what the store says.
pub fn drop_imports(cx: &mut Cx<'_>, key: &StackKey) -> Result<(), Error> {
    let (account, region, uuid) = key.id();
    for ((.., name, importer), ()) in IMPORTS.scan(cx.tx, IMPORTS.prefix((account, region)), ALL)? {
        if importer == uuid {
            IMPORTS.delete(cx.tx, (account, region, name.as_str(), uuid));
        }
    }
    Ok(())
}

/// Refuses to take away what others import.
///
/// # Errors
/// `Export … cannot be deleted as it is in use by …`
pub fn refuse_used(cx: &Cx<'_>, key: &StackKey, stack: &Stack) -> Result<(), Error> {
    for name in stack.outputs.iter().filter_map(|output| output.export.as_deref()) {
        let importers = importers(cx, key, name)?;
        if !importers.is_empty() {
            let importers = importers.join(", ");
            let message = format!("Export {name} cannot be deleted as it is in use by {importers}");
            return Err(Error::validation(message));
        }
    }
    Ok(())
}

/// The names of the stacks that import an export.
fn importers(cx: &Cx<'_>, key: &StackKey, export: &str) -> Result<Vec<String>, Error> {
    let (account, region, _) = key.id();
    let mut names = Vec::new();
    for ((.., uuid), ()) in IMPORTS.scan(cx.tx, IMPORTS.prefix((account, region, export)), ALL)? {
        let stack = STACKS.get(cx.tx, (account, region, uuid.as_str()))?;
        names.extend(stack.map(|stack| stack.name));
    }
    Ok(names)
}
