//! Stack policies: which updates of which resources a stack admits. Once there is one, what it does
//! not allow is denied.
//!
//! Not IAM's policy language: a policy says `Update:Modify`, `Update:Replace` and `Update:Delete`
//! of logical ids, for every principal.
//! AWS: User Guide, "Prevent updates to stack resources".

use gateway::{Cx, Error};
use serde::Deserialize;

use crate::tables::{CURRENT, DURING, POLICIES, StackKey};

pub const MODIFY: &str = "Update:Modify";
pub const REPLACE: &str = "Update:Replace";
pub const DELETE: &str = "Update:Delete";

/// The longest policy, in bytes.
pub const MAX_LENGTH: usize = 16_384;

/// The policy that holds for an update; one without statements of a stack that has none.
pub struct StackPolicy(Option<Vec<Statement>>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(default, rename = "Version")]
    _version: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    #[serde(rename = "Principal")]
    principal: serde_json::Value,
    resource: Option<OneOrMany<String>>,
    not_resource: Option<OneOrMany<String>>,
    condition: Option<Condition>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    string_equals: Option<Types>,
    string_like: Option<Types>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Types {
    resource_type: OneOrMany<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Checks a policy's text.
///
/// # Errors
/// `Error validating stack policy: Invalid stack policy`
pub fn validate(text: &str) -> Result<(), Error> {
    let invalid = || Error::validation("Error validating stack policy: Invalid stack policy");
    if text.len() > MAX_LENGTH {
        return Err(invalid());
    }
    parse(text).map(drop).ok_or_else(invalid)
}

/// `{}` is a policy without statements: it protects nothing.
fn parse(text: &str) -> Option<Vec<Statement>> {
    let empty = serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(text);
    if empty.is_ok_and(|empty| empty.is_empty()) {
        return Some(Vec::new());
    }
    let document: Document = serde_json::from_str(text).ok()?;
    let statements = document.statement.as_slice().to_vec();
    let sound = !statements.is_empty() && statements.iter().all(Statement::is_sound);
    sound.then_some(statements)
}

impl Statement {
    fn is_sound(&self) -> bool {
        let everyone = match &self.principal {
            serde_json::Value::String(name) => name == "*",
            serde_json::Value::Object(map) => {
                map.len() == 1 && map.get("AWS").is_some_and(|name| name == "*")
            }
            _ => false,
        };
        let actions = self.action.iter().chain(&self.not_action).flat_map(OneOrMany::as_slice);
        let resources =
            self.resource.iter().chain(&self.not_resource).flat_map(OneOrMany::as_slice);
        let known =
            |name: &String| ["Update:*", MODIFY, REPLACE, DELETE, "*"].contains(&name.as_str());
        let named = |name: &String| name == "*" || name.starts_with("LogicalResourceId/");
        everyone
            && self.action.is_some() != self.not_action.is_some()
            && self.resource.is_some() != self.not_resource.is_some()
            && actions.clone().all(known)
            && resources.clone().all(named)
    }

    fn matches(&self, action: &str, resource: &str, kind: &str) -> bool {
        let any = |patterns: &OneOrMany<String>, text: &str| {
            patterns.as_slice().iter().any(|pattern| is_like(pattern, text))
        };
        let in_actions = match (&self.action, &self.not_action) {
            (Some(patterns), _) => any(patterns, action),
            (None, Some(patterns)) => !any(patterns, action),
            (None, None) => false,
        };
        let in_resources = match (&self.resource, &self.not_resource) {
            (Some(patterns), _) => any(patterns, resource),
            (None, Some(patterns)) => !any(patterns, resource),
            (None, None) => false,
        };
        in_actions && in_resources && self.condition.as_ref().is_none_or(|when| when.holds(kind))
    }
}

impl Condition {
    fn holds(&self, kind: &str) -> bool {
        let equals = self
            .string_equals
            .as_ref()
            .is_none_or(|types| types.resource_type.as_slice().iter().any(|name| name == kind));
        let like = self.string_like.as_ref().is_none_or(|types| {
            types.resource_type.as_slice().iter().any(|pattern| is_like(pattern, kind))
        });
        equals && like
    }
}

/// `*` stands for any letters.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(head) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last)
}

impl StackPolicy {
    /// The policy of the update that runs: its own, else the stack's.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn load(cx: &Cx<'_>, key: &StackKey) -> Result<Self, Error> {
        let during = POLICIES.get(cx.tx, key.part(DURING))?;
        let text = match during {
            Some(text) => Some(text),
            None => POLICIES.get(cx.tx, key.part(CURRENT))?,
        };
        // What does not parse allows nothing.
        Ok(Self(text.map(|text| parse(&text).unwrap_or_default())))
    }

    /// Whether an update may do that to a resource.
    ///
    /// # Errors
    /// The reason with which the resource fails.
    pub fn allow(&self, action: &str, logical_id: &str, kind: &str) -> Result<(), String> {
        let Some(statements) = &self.0 else { return Ok(()) };
        let resource = format!("LogicalResourceId/{logical_id}");
        let matching = || {
            let numbered = statements.iter().enumerate();
            numbered.filter(|(_, statement)| statement.matches(action, &resource, kind))
        };
        let denied = matching().find(|(_, statement)| statement.effect == Effect::Deny);
        if let Some((at, _)) = denied {
            let number = at.saturating_add(1);
            return Err(format!(
                "Action denied by stack policy: Statement [#{number}] does not allow [{action}] for resource [{resource}];"
            ));
        }
        if matching().next().is_some() {
            return Ok(());
        }
        // (unverified)
        Err(format!(
            "Action denied by stack policy: no statement allows [{action}] for resource [{resource}];"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, like) in [
            ("*", "Update:Modify", true),
            ("Update:*", "Update:Delete", true),
            ("LogicalResourceId/A*c", "LogicalResourceId/Abc", true),
            ("LogicalResourceId/A*c", "LogicalResourceId/Abd", false),
            ("AWS::S3::*", "AWS::IAM::Role", false),
            ("a", "ab", false),
        ] {
            assert_eq!(is_like(pattern, text), like, "{pattern} {text}");
        }
    }

    #[test]
    fn what_a_policy_does_not_allow_is_denied() {
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "NotResource": "LogicalResourceId/Kept"},
            {"Effect": "Deny", "Action": ["Update:Replace"], "Principal": "*", "Resource": "*",
             "Condition": {"StringLike": {"ResourceType": ["AWS::S3::*"]}}}]}"#;
        let policy = StackPolicy(parse(policy));
        assert_eq!(policy.allow(MODIFY, "Files", "AWS::S3::Bucket"), Ok(()));
        assert_eq!(
            policy.allow(REPLACE, "Files", "AWS::S3::Bucket"),
            Err("Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/Files];".to_owned())
        );
        assert!(policy.allow(MODIFY, "Kept", "AWS::IAM::Role").is_err());
        assert_eq!(StackPolicy(None).allow(DELETE, "Kept", "AWS::IAM::Role"), Ok(()));
    }

    #[test]
    fn what_is_no_stack_policy_is_refused() {
        for text in [
            "",
            "[]",
            r#"{"Statement": []}"#,
            r#"{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Principal": "*", "Resource": "*"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "me", "Resource": "*"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*"}]}"#,
        ] {
            let error = validate(text).expect_err(text);
            assert_eq!(error.message(), "Error validating stack policy: Invalid stack policy");
        }
    }
}
