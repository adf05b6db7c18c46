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
    pub keys: BTreeMap<String, Path>,
    /// The row holds only where this is true of the input.
    #[serde(default)]
    pub when: Option<When>,
    /// One decision for each element of this list member, asked by the handler.
    #[serde(default)]
    pub for_each: Option<Path>,
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
        self.when.as_ref().is_none_or(|when| when.holds(input))
    }

    /// Every member of the input that the row speaks of.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let terms = self.when.iter().flat_map(|when| when.0.iter().flatten());
        terms.map(|term| &term.path).chain(self.keys.values()).chain(&self.for_each)
    }
}

/// A condition on an input: `Tags`, `!VersionId`, `ACL & !Tagging`, `A | B`. Read once, at the start:
/// every request asks it.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub struct When(
    /// One of these, with all of its terms.
    Vec<Vec<Term>>,
);

/// Whether a member is there.
#[derive(Debug)]
struct Term {
    path: Path,
    is_there: bool,
}

impl When {
    fn holds(&self, input: &dyn Structure) -> bool {
        let holds = |term: &Term| is_present(term.path.of(input)) == term.is_there;
        self.0.iter().any(|all| all.iter().all(holds))
    }
}

impl From<String> for When {
    fn from(text: String) -> Self {
        let term = |term: &str| match term.trim().strip_prefix('!') {
            Some(path) => Term { path: Path::from(path), is_there: false },
            None => Term { path: Path::from(term), is_there: true },
        };
        Self(text.split('|').map(|all| all.split('&').map(term).collect()).collect())
    }
}

/// A member of an input, by the names on the way: `CreateBucketConfiguration.LocationConstraint`.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub struct Path {
    structures: Vec<String>,
    member: String,
}

impl Path {
    /// The member in `input`; None where it is not there.
    #[must_use]
    pub fn of<'a>(&self, input: &'a dyn Structure) -> Option<View<'a>> {
        let inner =
            self.structures.iter().try_fold(input, |outer, name| match outer.named(name)? {
                View::Structure(inner) => Some(inner),
                _ => None,
            });
        inner?.named(&self.member)
    }
}

impl From<&str> for Path {
    fn from(text: &str) -> Self {
        let mut names: Vec<String> = text.split('.').map(|name| name.trim().to_owned()).collect();
        let member = names.pop().unwrap_or_default();
        Self { structures: names, member }
    }
}

impl From<String> for Path {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.structures.iter().try_for_each(|name| write!(f, "{name}."))?;
        f.write_str(&self.member)
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
