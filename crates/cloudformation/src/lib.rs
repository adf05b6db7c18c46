//! AWS CloudFormation: templates, and the stacks that are made of them.
//!
//! [`template`], [`schema`], [`physical_name`] and `pattern` are pure: no clock, no store, no
//! network, no randomness. Around them stand the service ([`service`]), its records, and the
//! engine: each step of a stack is one transaction in which a resource's operation goes through the
//! gateway as the stack's caller, so that what a stack may make is what its caller may make.
//! Deliberately absent: every import of another service's crate.
//!
//! AWS: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html>

mod arn;
mod authority;
mod authorization;
mod change_set;
mod deployment;
mod dynamic_reference;
mod error;
mod event;
mod export;
mod notification;
mod operation_event;
mod page;
mod pattern;
pub mod physical_name;
mod plan;
mod proposal;
mod resource;
pub mod schema;
mod service;
mod shown_order;
mod signal;
mod stack;
mod stack_policy;
mod stack_resource;
mod step;
mod stored;
mod stored_parameter;
mod tables;
pub mod template;
mod template_operation;
mod world;

pub use service::service;
pub use tables::reset;
