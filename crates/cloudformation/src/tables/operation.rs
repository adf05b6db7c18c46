//! What a stack is at: the work that its queued step goes on with.

use minicbor::{Decode, Encode};
use store::ByteVec;

/// The operation that runs on a stack; there is one at most. A step of another operation than this
/// is stale.
#[derive(Clone, Encode, Decode)]
pub struct Operation {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub phase: Phase,
    /// A sealed [`crate::authority::Authority`].
    #[n(2)]
    pub authority: ByteVec,
    #[n(3)]
    pub on_failure: OnFailure,
    /// Logical ids that DeleteStack was told to retain, or ContinueUpdateRollback to skip.
    #[n(4)]
    pub retain: Vec<String>,
    /// Resources that fail to delete are left behind (FORCE_DELETE_STACK).
    #[n(5)]
    pub force: bool,
    /// The logical ids that failed in this phase, in order.
    #[n(6)]
    pub failed: Vec<String>,
    /// When creation has taken too long: milliseconds of AWS time.
    #[n(7)]
    pub deadline: Option<i64>,
    /// The uuid of the change set that is executed.
    #[n(8)]
    pub change_set: Option<String>,
    /// The logical ids that this update is done with.
    #[n(9)]
    pub visited: Option<Vec<String>>,
    /// For when a step stands in the queue, should nothing happen before: milliseconds of AWS time.
    #[n(10)]
    pub alarm: Option<i64>,
    /// Since when all is made and only watched: milliseconds of AWS time.
    #[n(11)]
    pub settled: Option<i64>,
    /// It imports, and does nothing else: the stack says so.
    #[n(12)]
    pub imports: Option<bool>,
}

impl Operation {
    /// One that begins.
    pub const fn new(id: String, phase: Phase, authority: ByteVec, on_failure: OnFailure) -> Self {
        Self {
            id,
            phase,
            authority,
            on_failure,
            retain: Vec::new(),
            force: false,
            failed: Vec::new(),
            deadline: None,
            change_set: None,
            visited: None,
            alarm: None,
            settled: None,
            imports: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Phase {
    #[n(0)]
    Create,
    /// Deletes what a failed creation made.
    #[n(1)]
    RollbackCreate,
    #[n(2)]
    Delete,
    #[n(3)]
    Update,
    /// Deletes what a successful update has left over.
    #[n(4)]
    CleanUpdate,
    /// Brings back what a failed update has changed.
    #[n(5)]
    RollbackUpdate,
    /// Deletes what a rolled back update has left over.
    #[n(6)]
    CleanRollback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum OnFailure {
    #[n(0)]
    Rollback,
    #[n(1)]
    DoNothing,
    #[n(2)]
    Delete,
}
