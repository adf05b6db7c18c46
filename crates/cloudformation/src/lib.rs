//! AWS CloudFormation. What stands here is its pure part: the template language, the resource
//! provider schemas and the names of resources. No clock, no store, no network, no randomness:
//! whoever calls brings them as values.

pub mod pattern;
pub mod physical_name;
pub mod schema;
pub mod template;
