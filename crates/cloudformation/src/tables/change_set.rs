//! A change set. Its template and parameters stand beside those of its stack, under its uuid.

use api::cloudformation::{ChangeSetStatus, ChangeSetType, ExecutionStatus};
use minicbor::{Decode, Encode};

use super::{Rollback, codec};
use crate::deployment::Deployment;

#[derive(Clone, Encode, Decode)]
pub struct ChangeSet {
    /// The whole ARN.
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub stack_uuid: String,
    #[n(3)]
    pub stack_id: String,
    #[n(4)]
    pub stack_name: String,
    #[cbor(n(5), with = "codec::change_set_type")]
    pub kind: ChangeSetType,
    #[cbor(n(6), with = "codec::change_set_status")]
    pub status: ChangeSetStatus,
    #[n(7)]
    pub reason: Option<String>,
    #[cbor(n(8), with = "codec::execution_status")]
    pub execution: ExecutionStatus,
    /// Milliseconds of AWS time.
    #[n(9)]
    pub created: i64,
    #[n(10)]
    pub description: Option<String>,
    /// Names and values as they may be shown.
    #[n(11)]
    pub parameters: Vec<(String, String)>,
    #[n(12)]
    pub capabilities: Vec<String>,
    #[n(13)]
    pub tags: Vec<(String, String)>,
    #[n(14)]
    pub role_arn: Option<String>,
    #[n(15)]
    pub on_stack_failure: Option<String>,
    #[n(16)]
    pub changes: Vec<Change>,
    #[n(17)]
    pub token: Option<String>,
    #[n(18)]
    pub include_nested_stacks: bool,
    /// What is said where property values are asked for.
    #[n(19)]
    pub warning: Option<String>,
    /// None where those of the stack stay.
    #[n(20)]
    pub rollback: Option<Rollback>,
    #[n(21)]
    pub notification_arns: Option<Vec<String>>,
    /// The values of Parameter Store that parameters stood for, as they may be shown.
    #[n(22)]
    pub resolved: Option<Vec<(String, String)>>,
    /// The ids of the change sets of the stack that holds this one's, and of the outermost.
    #[n(23)]
    pub parent_id: Option<String>,
    #[n(24)]
    pub root_id: Option<String>,
    /// The logical ids of stacks in this stack, and the ids of their change sets.
    #[n(25)]
    pub children: Option<Vec<(String, String)>>,
    #[n(26)]
    pub deployment: Option<Deployment>,
    /// The resources that are there and become the stack's: logical and physical ids.
    #[n(27)]
    pub imports: Option<Vec<(String, String)>>,
    #[n(28)]
    pub import_existing: Option<bool>,
}

impl ChangeSet {
    /// The ids of the change sets of the stacks in this stack.
    pub fn child_ids(&self) -> impl Iterator<Item = &str> {
        self.children.iter().flatten().map(|(_, id)| id.as_str())
    }

    /// The id of the change set of one stack in this stack.
    pub fn child_id(&self, logical_id: &str) -> Option<&str> {
        let found = self.children.iter().flatten().find(|(name, _)| name == logical_id);
        found.map(|(_, id)| id.as_str())
    }
}

/// What becomes of one resource. Texts are those of the API.
#[derive(Clone, Encode, Decode)]
pub struct Change {
    #[n(0)]
    pub logical_id: String,
    #[n(1)]
    pub resource_type: String,
    /// The properties as JSON text, secrets masked.
    #[n(2)]
    pub after: String,
    /// Add where there is none.
    #[n(3)]
    pub action: Option<String>,
    #[n(4)]
    pub physical_id: Option<String>,
    #[n(5)]
    pub replacement: Option<String>,
    #[n(6)]
    pub policy_action: Option<String>,
    #[n(7)]
    pub scope: Option<Vec<String>>,
    #[n(8)]
    pub details: Option<Vec<Detail>>,
    /// As `after`, of the resource that is there.
    #[n(9)]
    pub before: Option<String>,
    /// The change set of a stack in the stack.
    #[n(10)]
    pub change_set_id: Option<String>,
}

/// One reason for which a resource changes.
#[derive(Clone, Default, Encode, Decode)]
pub struct Detail {
    /// `Properties`, `Tags`, `DeletionPolicy`, ..
    #[n(0)]
    pub attribute: String,
    /// The property's name.
    #[n(1)]
    pub name: Option<String>,
    #[n(2)]
    pub requires_recreation: Option<String>,
    #[n(3)]
    pub source: String,
    /// The change is certain, not only possible.
    #[n(4)]
    pub is_static: bool,
    #[n(5)]
    pub causing_entity: Option<String>,
    #[n(6)]
    pub before: Option<String>,
    #[n(7)]
    pub after: Option<String>,
    /// Shown only with property values, or only without: AWS tells some reasons in one of them.
    #[n(8)]
    pub only: Option<Only>,
}

/// Where a reason is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Only {
    #[n(0)]
    WithValues,
    /// The value could change, but with what is known now it does not.
    #[n(1)]
    WithoutValues,
}

impl Change {
    /// Whether nothing of it is certain enough to update anything for.
    pub fn is_possible(&self) -> bool {
        let details = self.details.as_deref().unwrap_or_default();
        let possible = |detail: &Detail| detail.only == Some(Only::WithoutValues);
        !details.is_empty() && details.iter().all(possible)
    }
}
