//! The decisions of each operation, as data: `data/authz/<service>.json`.
//!
//! An operation has a row for every decision that AWS makes for it. Most rows are asked before the
//! handler runs; a row with `"ask": "handler"` depends on what the handler finds (a missing key,
//! the source of a copy) and is asked by it through [`crate::Cx::allow`], by the row's id. An
//! operation without rows is denied to everyone.

use std::collections::BTreeMap;

use api::{Structure, View};
use serde::Deserialize;

/// The rows of one service, by operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Where the facts come from.
    #[serde(rename = "_source")]
    pub source: String,
    pub operations: BTreeMap<String, Vec<Row>>,
}

/// One decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// How a handler names the row; unique within the operation. The action unless given.
    #[serde(default)]
    pub id: Option<String>,
    /// `iam:CreateUser`
    pub action: String,
    /// The resource kind that the service resolves, or `*`.
    pub resource: String,
    /// Condition keys of this row: the key and the input member that gives its value (`PolicyArn`,
    /// `Delete.Quiet`).
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
    /// The row holds only where this is true of the input: `Tags`, `!VersionId`, `ACL & !Tagging`,
    /// `A | B`.
    #[serde(default)]
    pub when: Option<String>,
    /// One decision for each element of this list member, asked by the handler.
    #[serde(default)]
    pub for_each: Option<String>,
    #[serde(default)]
    pub ask: Ask,
    #[serde(default)]
    pub decision: Rule,
}

/// Who asks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// The pipeline, before the handler.
    #[default]
    Gate,
    /// The handler, when it knows.
    Handler,
}

/// How the row is decided.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// By the policies.
    #[default]
    Policies,
    /// Allowed to any caller with valid credentials (GetCallerIdentity, GetSessionToken).
    Authenticated,
    /// By the policies; the denial says no reason (AssumeRole).
    PoliciesUnexplained,
}

impl Row {
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.action)
    }

    /// True where the row's condition on the input holds.
    #[must_use]
    pub fn holds(&self, input: &dyn Structure) -> bool {
        let Some(when) = &self.when else { return true };
        when.split('|').any(|any| {
            any.split('&').all(|term| {
                let term = term.trim();
                match term.strip_prefix('!') {
                    Some(path) => !is_present(member(input, path)),
                    None => is_present(member(input, term)),
                }
            })
        })
    }
}

/// The member at a dotted path: `CreateBucketConfiguration.LocationConstraint`.
#[must_use]
pub fn member<'a>(input: &'a dyn Structure, path: &str) -> Option<View<'a>> {
    match path.split_once('.') {
        None => input.named(path.trim()),
        Some((head, rest)) => match input.named(head.trim())? {
            View::Structure(inner) => member(inner, rest),
            _ => None,
        },
    }
}

fn is_present(view: Option<View<'_>>) -> bool {
    match view {
        None => false,
        Some(View::List(list)) => !list.is_empty(),
        Some(View::Boolean(set)) => set,
        Some(_) => true,
    }
}

/// A view as condition values: a list gives several.
#[must_use]
pub fn values(view: View<'_>) -> Vec<String> {
    match view {
        View::String(text) => vec![text.to_owned()],
        View::Integer(number) => vec![number.to_string()],
        View::Double(number) => vec![number.to_string()],
        View::Boolean(set) => vec![set.to_string()],
        View::Timestamp(moment) => vec![moment.iso8601()],
        View::List(list) => {
            (0..list.len()).filter_map(|at| list.get(at)).flat_map(values).collect()
        }
        View::Blob(_) | View::Map(_) | View::Structure(_) => Vec::new(),
    }
}
