//! The IAM policy language: parse, validate, evaluate, explain.
//!
//! Pure: no store, no clock, no network, none of our other crates. A caller gathers the facts of a
//! request ([`Request`]) and the policies that apply to it ([`Policies`]); [`evaluate()`] says what
//! AWS would answer and why, [`explain()`] shows every statement's part in it. Deliberately absent:
//! which policies apply, whether entities exist, quotas, and the rest of a denial's sentence.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//!
//! ```
//! use policy::{Context, Kind, Policies, Policy, PolicyId, Principal, Request, Source, evaluate};
//!
//! let text = r#"{"Version": "2012-10-17", "Statement":
//!     {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::box/*"}}"#;
//! let ann = "arn:aws:iam::111111111111:user/ann";
//! let policy = Policy::parse(text, Kind::Identity)?;
//! let identity = [Source { policy, id: PolicyId::inline("ReadBox", ann) }];
//!
//! let principal = Principal::User { account: "111111111111", arn: ann, id: "AIDAEXAMPLE" };
//! let mut context = Context::new();
//! principal.describe(&mut context);
//! let request = Request {
//!     principal: &principal,
//!     action: "s3:PutObject",
//!     resource: "arn:aws:s3:::box/key",
//!     resource_account: Some("111111111111"),
//!     context: &context,
//! };
//! let decision = evaluate(&request, &Policies { identity: &identity, ..Policies::default() });
//! assert!(!decision.is_allowed());
//! assert_eq!(
//!     decision.denial_context("s3:PutObject"),
//!     " because no identity-based policy allows the s3:PutObject action"
//! );
//! # Ok::<(), policy::Invalid>(())
//! ```

mod arn;
mod bucket;
mod condition;
mod context;
mod decision;
mod evaluate;
mod explain;
mod grammar;
mod index;
mod json;
mod operator;
mod pattern;
mod policy;
mod principal;
mod public;
mod remedy;
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
pub use json::Place;
pub use policy::{Invalid, Kind, Policy, Statement, StatementEffect, Version};
pub use principal::{Principal, PrincipalPattern};
pub use public::is_public;
pub use remedy::{Change, Remedy, remedy};
pub use rewrite::{PrincipalValue, rewrite_principals};
pub use source::{Grant, Policies, PolicyId, Request, ResourceKind, ResourcePolicy, Source};
