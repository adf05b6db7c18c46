//! IAM's parser of identity-based policies: the order of its checks shows in which sentence comes
//! first, so the order here is the behaviour.

use super::resource::format;
use super::{Complaint, each};
use crate::grammar::{Document, RawElement, RawStatement};
use crate::operator::Test;
use crate::value::Instant;

pub(super) const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";
const SID_FORM: &str = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies \
     the regular expression [0-9A-Za-z]*";
const SID_UNIQUE: &str = "Statement IDs (SID) in a single policy must be unique.";
pub(super) const NO_ACTIONS: &str = "Policy statement must contain actions.";
pub(super) const NO_RESOURCES: &str = "Policy statement must contain resources.";
const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const ONE_COLON: &str = "Actions/Condition can contain only one colon.";

/// IAM's order: version, what an older parser refuses, Sids, presence of actions, resources,
/// actions, presence of resources.
pub(super) fn check(document: &Document) -> Complaint {
    known_version(document)?;
    each(document, known_effect)?;
    if document.version.as_deref() != Some("2012-10-17") {
        return Err("Policy document must be version 2012-10-17 or greater.".to_owned());
    }
    if document.statements.iter().any(|statement| statement.principal.is_some()) {
        return Err("Policy document should not specify a principal.".to_owned());
    }
    each(document, legacy_effect)?;
    each(document, legacy_dates)?;
    let format = each(document, format);
    if format.is_ok() {
        each(document, legacy_resources)?;
    }
    each(document, sid_form)?;
    distinct_sids(document)?;
    each(document, |statement| present(statement.action.as_ref(), NO_ACTIONS))?;
    format?;
    each(document, actions)?;
    each(document, |statement| present(statement.resource.as_ref(), NO_RESOURCES))
}

fn known_version(document: &Document) -> Complaint {
    match document.version.as_deref() {
        None | Some("2008-10-17" | "2012-10-17") => Ok(()),
        Some(_) => Err(SYNTAX.to_owned()),
    }
}

fn known_effect(statement: &RawStatement) -> Complaint {
    let effect = statement.effect.as_deref().unwrap_or_default();
    let known = effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny");
    if known { Ok(()) } else { Err(SYNTAX.to_owned()) }
}

fn legacy_effect(statement: &RawStatement) -> Complaint {
    let exact = matches!(statement.effect.as_deref(), Some("Allow" | "Deny"));
    if exact { Ok(()) } else { Err(LEGACY.to_owned()) }
}

pub(super) fn legacy_dates(statement: &RawStatement) -> Complaint {
    let dates = statement
        .conditions
        .iter()
        .filter(|condition| matches!(condition.operator.test, Test::Date(_)));
    let mut values = dates.flat_map(|condition| &condition.values);
    if values.all(|value| Instant::parse(value).is_some()) {
        return Ok(());
    }
    Err(LEGACY.to_owned())
}

/// Fewer than six components with an empty one among them, or no vendor.
fn legacy_resources(statement: &RawStatement) -> Complaint {
    let resources = statement.resource.iter().flat_map(|element| &element.values);
    for resource in resources.filter(|resource| *resource != "*") {
        let complete = resource.matches(':').count() >= 5 || !resource.contains("::");
        let vendor = resource.split(':').nth(2).is_some_and(|vendor| !vendor.is_empty());
        if !complete || !vendor {
            return Err(LEGACY.to_owned());
        }
    }
    Ok(())
}

/// No Sid stands twice; the empty one may.
pub(super) fn distinct_sids(document: &Document) -> Complaint {
    let mut seen: Vec<&str> = Vec::new();
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.is_empty() && seen.contains(&sid) {
            return Err(SID_UNIQUE.to_owned());
        }
        seen.push(sid);
    }
    Ok(())
}

/// The sentence knows no `_`, yet documents with one are recorded as accepted: let pass.
pub(super) fn sid_form(statement: &RawStatement) -> Complaint {
    let sid = statement.sid.as_deref().unwrap_or_default();
    let plain = sid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { Ok(()) } else { Err(SID_FORM.to_owned()) }
}

pub(super) fn present(element: Option<&RawElement>, sentence: &str) -> Complaint {
    match element {
        Some(element) if !element.values.is_empty() => Ok(()),
        _ => Err(sentence.to_owned()),
    }
}

pub(super) fn actions(statement: &RawStatement) -> Complaint {
    let actions = statement.action.iter().flat_map(|element| &element.values);
    for action in actions.filter(|action| *action != "*") {
        let Some((vendor, name)) = action.split_once(':') else {
            return Err(VENDOR.to_owned());
        };
        if name.contains(':') {
            return Err(ONE_COLON.to_owned());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if vendor.is_empty() || !vendor.chars().all(plain) {
            return Err(format!("Vendor {vendor} is not valid"));
        }
    }
    Ok(())
}
