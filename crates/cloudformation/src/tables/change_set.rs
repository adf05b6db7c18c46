//! A change set. Its template and parameters stand beside those of its stack, under its uuid.

use api::cloudformation::{ChangeSetStatus, ChangeSetType, ExecutionStatus};
use minicbor::{Decode, Encode};

use super::codec;

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
}

/// One resource that is added; changes of others come with updates.
#[derive(Clone, Encode, Decode)]
pub struct Change {
    #[n(0)]
    pub logical_id: String,
    #[n(1)]
    pub resource_type: String,
    /// The properties as JSON text, secrets masked.
    #[n(2)]
    pub after: String,
}
