//! The IAM policy language: parse, validate, evaluate, explain.
//!
//! Pure: no store, no clock, no network, none of our other crates. A caller gathers the facts of a
//! request ([`Request`]) and the policies that apply to it ([`Policies`]); [`evaluate`] says what
//! AWS would answer and why, [`explain`] shows every statement's part in it. Deliberately absent:
//! which policies apply, whether entities exist, quotas, and the rest of a denial's sentence.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod arn;
mod bucket;
mod condition;
mod context;
mod decision;
mod evaluate;
mod explain;
mod grammar;
mod json;
mod operator;
mod pattern;
mod policy;
mod principal;
mod public;
mod rewrite;
mod source;
mod validate;
mod value;

pub use bucket::resource_outside;
pub use context::{Context, Text};
pub use decision::{Decision, Effect, Matched, PolicyType};
pub use evaluate::evaluate;
pub use explain::{
    ConditionExplanation, ElementExplanation, Explanation, PolicyExplanation, StatementExplanation,
    explain,
};
pub use policy::{Invalid, Kind, Policy, Statement, StatementEffect, Version};
pub use principal::{Principal, PrincipalPattern};
pub use public::is_public;
pub use rewrite::{PrincipalValue, rewrite_principals};
pub use source::{Grant, Policies, PolicyId, Request, ResourceKind, ResourcePolicy, Source};
