//! `wardian whocan`: everybody who could.

use std::fmt::Write as _;

use api::wardian::{ListPrincipalsWithAccess, ListPrincipalsWithAccessRequest};
use serde_json::Value;

use crate::cli::WhocanFlags;
use crate::failure::Outcome;

use super::can::entries;
use super::why::{flag, list, parse, word};
use super::{answer, print, print_json};

pub async fn run(flags: WhocanFlags) -> Outcome {
    let question = flags.question;
    let input = ListPrincipalsWithAccessRequest {
        action_name: question.action,
        resource_arn: question.resource,
        context_entries: entries(question.context),
    };
    let answer = answer::<ListPrincipalsWithAccess>(&question.caller, &input).await?;
    let document = parse(&answer.document)?;
    if question.json {
        return print_json(&document);
    }
    print(text(&document))
}

fn text(document: &Value) -> String {
    let mut text = String::new();
    let (action, resource) = (word(document, "action"), word(document, "resource"));
    let _ = writeln!(text, "Who can {action} on {resource}, of {}:", word(document, "account"));
    let principals = list(document, "principals");
    if principals.is_empty() {
        text.push_str("  nobody\n");
    }
    for one in principals {
        let by: Vec<String> = list(one, "allowedBy").iter().map(reason).collect();
        let by = if by.is_empty() { "no policy is asked".to_owned() } else { by.join("; ") };
        let _ = writeln!(text, "  {:5} {}  ({by})", word(one, "type"), word(one, "arn"));
    }
    let reach = list(document, "byAssumingRoles");
    if !reach.is_empty() {
        text.push_str("\nBy assuming roles:\n");
    }
    for one in reach {
        let through: Vec<&str> = list(one, "through").iter().filter_map(Value::as_str).collect();
        let (kind, arn) = (word(one, "type"), word(one, "arn"));
        let _ = writeln!(text, "  {kind:5} {arn}  through {}", through.join(", then "));
    }
    let granted = list(document, "resourcePolicyAllows");
    if !granted.is_empty() {
        text.push_str("\nThe resource's own policy allows it to:\n");
    }
    for one in granted {
        let whom: Vec<&str> = list(one, "principals").iter().filter_map(Value::as_str).collect();
        let number = one.get("number").cloned().unwrap_or_default();
        let conditions = if list(one, "conditions").is_empty() { "" } else { ", under conditions" };
        let _ = writeln!(text, "  {}  (statement {number}{conditions})", whom.join(", "));
    }
    if flag(document, "everyone") {
        text.push_str("\nEveryone can, without credentials.\n");
    }
    if flag(document, "isTruncated") {
        text.push_str("\nThere are more users, groups or roles than were looked at.\n");
    }
    text
}

fn reason(by: &Value) -> String {
    let which = match (word(by, "sid"), by.get("number")) {
        ("", Some(Value::Number(number))) => format!(", statement {number}"),
        ("", _) => String::new(),
        (sid, _) => format!(", statement {sid}"),
    };
    let (kind, policy, owner) = (word(by, "type"), word(by, "policy"), word(by, "owner"));
    let owner = if owner.is_empty() { String::new() } else { format!(" of {owner}") };
    format!("{kind} {policy}{owner}{which}")
}
