//! `wardian can`: whether somebody could, and why.

use api::wardian::{CheckAccess, CheckAccessRequest, ContextEntry};

use crate::cli::CanFlags;
use crate::failure::{Failure, Outcome};

use super::why::{decisions, parse};
use super::{answer, print, print_json};

pub async fn run(flags: CanFlags) -> Outcome {
    let CanFlags { principal, question } = flags;
    let input = CheckAccessRequest {
        principal: principal.clone(),
        action_name: question.action.clone(),
        resource_arn: question.resource.clone(),
        context_entries: entries(question.context),
    };
    let answer = answer::<CheckAccess>(&question.caller, &input).await?;
    let document = parse(&answer.document)?;
    if question.json {
        print_json(&document)?;
    } else {
        let word = if answer.allowed { "Yes" } else { "No" };
        print(format!("{word}.\n{}", decisions(&document)))?;
    }
    if answer.allowed {
        return Ok(());
    }
    let (action, resource) = (question.action, question.resource);
    Err(Failure::new(format!("{principal} may not {action} on {resource}")))
}

/// Each key with all its values.
pub fn entries(pairs: Vec<(String, String)>) -> Option<Vec<ContextEntry>> {
    let mut entries: Vec<ContextEntry> = Vec::new();
    for (key, value) in pairs {
        match entries.iter_mut().find(|entry| entry.context_key_name == key) {
            Some(entry) => entry.context_key_values.push(value),
            None => entries
                .push(ContextEntry { context_key_name: key, context_key_values: vec![value] }),
        }
    }
    (!entries.is_empty()).then_some(entries)
}
