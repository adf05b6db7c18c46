//! A stack, its outputs, exports and events.

use api::cloudformation::{OperationType, ResourceStatus, StackStatus};
use gateway::Cx;
use minicbor::{Decode, Encode};

use super::codec;
use crate::deployment::Deployment;

/// A stack. Times are milliseconds of AWS time.
#[derive(Clone, Encode, Decode)]
pub struct Stack {
    /// The whole ARN.
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    #[cbor(n(2), with = "codec::stack_status")]
    pub status: StackStatus,
    #[n(3)]
    pub reason: Option<String>,
    #[n(4)]
    pub created: i64,
    #[n(5)]
    pub updated: Option<i64>,
    #[n(6)]
    pub deleted: Option<i64>,
    #[n(7)]
    pub description: Option<String>,
    /// The change set that was executed last.
    #[n(8)]
    pub change_set_id: Option<String>,
    /// Names and values as they may be shown.
    #[n(9)]
    pub parameters: Vec<(String, String)>,
    #[n(10)]
    pub capabilities: Vec<String>,
    #[n(11)]
    pub outputs: Vec<Output>,
    /// The service role: it stays for later operations.
    #[n(12)]
    pub role_arn: Option<String>,
    #[n(13)]
    pub tags: Vec<(String, String)>,
    #[n(14)]
    pub disable_rollback: bool,
    #[n(15)]
    pub termination_protection: bool,
    #[n(16)]
    pub timeout_in_minutes: Option<i32>,
    #[n(17)]
    pub retain_except_on_create: Option<bool>,
    #[n(18)]
    pub deletion_mode: Option<String>,
    /// How many events there are, and when the last one was: no two have the same time.
    #[n(19)]
    pub events: u64,
    #[n(20)]
    pub last_event: i64,
    /// The ClientRequestToken of the operation that runs or ran last.
    #[n(21)]
    pub token: Option<String>,
    /// The stack whose resource this one is, and the outermost of those: whole ids.
    #[n(22)]
    pub parent_id: Option<String>,
    #[n(23)]
    pub root_id: Option<String>,
    #[n(24)]
    pub notification_arns: Option<Vec<String>>,
    /// Scheme and host under which the server was asked for the operation that runs or ran last:
    /// what URLs that the stack hands out begin with.
    #[n(25)]
    pub endpoint: Option<String>,
    /// Minutes to go on watching, and the alarms to watch.
    #[n(26)]
    pub rollback: Option<Rollback>,
    /// The operation that runs or ran last: its id, and its type as the API names it.
    #[n(27)]
    pub operation_id: Option<String>,
    #[n(28)]
    pub operation_type: Option<String>,
    /// When its deletion, or that of what a failed creation made, began last.
    #[n(29)]
    pub deleting: Option<i64>,
    /// The values of Parameter Store that parameters stood for, as they may be shown.
    #[n(30)]
    pub resolved: Option<Vec<(String, String)>>,
    /// How the operation that runs or ran last was to be gone about.
    #[n(31)]
    pub deployment: Option<Deployment>,
}

impl Stack {
    /// Another operation begins: its id.
    pub fn begin(&mut self, cx: &Cx<'_>, kind: &OperationType) -> String {
        let id = cx.uuid();
        self.operation_id = Some(id.clone());
        self.operation_type = Some(kind.as_str().to_owned());
        id
    }
}

/// A rollback configuration.
#[derive(Clone, Encode, Decode)]
pub struct Rollback {
    #[n(0)]
    pub minutes: Option<i32>,
    /// ARN and type.
    #[n(1)]
    pub triggers: Vec<(String, String)>,
}

#[derive(Clone, Encode, Decode)]
pub struct Output {
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub value: String,
    #[n(2)]
    pub description: Option<String>,
    #[n(3)]
    pub export: Option<String>,
}

#[derive(Clone, Encode, Decode)]
pub struct Export {
    #[n(0)]
    pub stack_id: String,
    #[n(1)]
    pub stack_name: String,
    #[n(2)]
    pub value: String,
}

#[derive(Clone, Encode, Decode)]
pub struct StackEvent {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub logical_id: String,
    #[n(2)]
    pub physical_id: String,
    #[n(3)]
    pub resource_type: String,
    #[n(4)]
    pub timestamp: i64,
    #[cbor(n(5), with = "codec::resource_status")]
    pub status: ResourceStatus,
    #[n(6)]
    pub reason: Option<String>,
    /// JSON text, secrets masked.
    #[n(7)]
    pub properties: Option<String>,
    #[n(8)]
    pub token: Option<String>,
    /// As those of the stack.
    #[n(9)]
    pub operation_id: Option<String>,
    #[n(10)]
    pub operation_type: Option<String>,
}
