//! The template language of CloudFormation, from text to a resource's resolved properties.
//!
//! `Template::parse` reads and checks a body; `parameters::bind` binds the caller's values;
//! `Conditions::evaluate` decides what exists; `Graph::of` orders it; `Scope::resolve` computes the
//! properties of one resource, given those already made. Where a template names transforms,
//! `transform::process` comes first; macros of an account are reported, never run.
//!
//! Source: AWS CloudFormation User Guide, "Template anatomy" and "Intrinsic function reference".

pub mod capabilities;
mod check;
pub mod condition;
pub mod document;
mod error;
pub mod graph;
pub mod intrinsics;
mod json;
mod language;
pub mod parameters;
pub mod parse;
mod reference;
pub mod rules;
mod sub;
pub mod summary;
pub mod transform;
pub mod value;
mod yaml;

pub use capabilities::Capabilities;
pub use condition::Conditions;
pub use document::{DeletionPolicy, Output, Resource, Template};
pub use error::{Block, Error, Names};
pub use graph::Graph;
pub use intrinsics::{Environment, PseudoParameters, Scope};
pub use parameters::{Bound, Given, Parameter, ParameterType};
pub use reference::{Mention, mentions};
pub use summary::Summary;
pub use value::{Map, Value, differing};
