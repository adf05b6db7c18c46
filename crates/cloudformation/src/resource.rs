//! The resource types: one file says all of a type, and a line here makes it known. Its handlers
//! call the operations of the resource's service through the gateway, as the stack's caller, in the
//! transaction of the step.
//!
//! An update handler is handed both states, old and new, and does what their difference asks for;
//! where it fails, the engine takes back what it did.
//!
//! A handler sets the physical id as soon as the resource itself exists, so that what follows may
//! fail and the rollback still finds it. A property that no operation here honours fails the
//! resource; none is passed over.
//!
//! AWS: CloudFormation CLI User Guide, "Resource type handler contract" and "Handler error codes".

mod access_key;
mod bucket;
mod bucket_policy;
mod bucket_settings;
mod cdk_metadata;
mod failure;
mod group;
mod inline_policy;
mod instance_profile;
mod managed_policy;
mod principal;
mod principal_policy;
mod properties;
mod request;
mod role;
mod sns_topic;
mod ssm_parameter;
pub mod stack;
mod user;
mod user_to_group_addition;
mod wait_condition;
mod wait_condition_handle;

use failure::unsupported;
pub use failure::{Failure, reason};
pub use properties::Properties;
use request::difference;
pub use request::{Request, over};
pub use wait_condition::NAME as WAIT_CONDITION;
pub use wait_condition_handle::NAME as WAIT_CONDITION_HANDLE;

/// A resource type and what makes, updates and deletes one.
pub struct Type {
    pub name: &'static str,
    pub create: Handler,
    /// Brings a resource from the old properties to the new ones, where no change of them replaces
    /// it.
    pub update: Handler,
    pub delete: Handler,
    /// Finds a resource that is there, to make it the stack's: changes nothing of it. None where a
    /// type cannot be imported.
    pub read: Option<Handler>,
    /// The property that names the resource: two of one name cannot be.
    pub name_property: Option<&'static str>,
    pub takes_stack_tags: bool,
    /// For what is not done when its handler returns: whether it is by now.
    pub wait: Option<Wait>,
}

impl Type {
    /// What can be made, and neither imported nor named nor tagged, and is done at once.
    const fn new(name: &'static str, create: Handler, update: Handler, delete: Handler) -> Self {
        let (read, name_property, wait) = (None, None, None);
        Self { name, create, update, delete, read, name_property, takes_stack_tags: false, wait }
    }
}

type Handler = fn(&mut Request<'_, '_>) -> Result<(), Failure>;

/// Looks whether what a handler began has come to its end. Asked in the handler's own transaction,
/// and again at each later step of the stack until it is.
pub type Wait = fn(&mut Request<'_, '_>, Action) -> Result<Progress, Failure>;

/// What a handler was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    Delete,
    /// Makes what is there the stack's.
    Import,
}

/// How far a resource has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Done,
    /// Something else has to happen first: [`crate::step::wake`] tells of it. `until` is when to look
    /// again in any case, in milliseconds of AWS time.
    Waiting {
        until: Option<i64>,
    },
}

/// The types that can be made, sorted by name.
static TYPES: [&Type; 19] = [
    &cdk_metadata::TYPE,
    &stack::TYPE,
    &wait_condition::TYPE,
    &wait_condition_handle::TYPE,
    &access_key::TYPE,
    &group::TYPE,
    &principal_policy::GROUP,
    &instance_profile::TYPE,
    &managed_policy::TYPE,
    &inline_policy::TYPE,
    &role::TYPE,
    &principal_policy::ROLE,
    &user::TYPE,
    &principal_policy::USER,
    &user_to_group_addition::TYPE,
    &bucket::TYPE,
    &bucket_policy::TYPE,
    &sns_topic::TYPE,
    &ssm_parameter::TYPE,
];

/// The type of the name; None where it cannot be made here.
pub fn find(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.name == name).copied()
}

/// Whether the resource is a stack itself: what of it changes, only it can tell.
pub fn is_stack(name: &str) -> bool {
    name == stack::NAME
}

/// Whether the stack's tags are given to resources of the type.
pub fn takes_stack_tags(name: &str) -> bool {
    find(name).is_some_and(|kind| kind.takes_stack_tags)
}
