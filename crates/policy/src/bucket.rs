//! What only bucket policies are asked: do their actions exist, do they fit the resources beside
//! them, and do the resources lie in the bucket.
//!
//! Not here: whether the policy is public, see [`crate::is_public`]. The table of actions is data:
//! `data/policy/s3-actions.json`, from the Service Authorization Reference.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use std::sync::OnceLock;

use crate::grammar::{RawElement, RawStatement};
use crate::json::{self, Node, Value};
use crate::pattern::{Match, Pattern, Rules};
use crate::{Context, Policy, Version};

/// The first resource of the policy that lies outside the bucket of this name, as written: S3
/// answers `Policy has invalid resource`. `*` lies everywhere.
pub fn resource_outside<'p>(policy: &'p Policy, bucket: &str) -> Option<&'p str> {
    let variables = policy.version() == Version::V2012;
    let resources = policy.statements().iter().flat_map(|one| one.resources().1);
    let mut resources = resources.map(AsRef::<str>::as_ref);
    resources.find(|resource| !lies_in(resource, bucket, variables))
}

fn lies_in(resource: &str, bucket: &str, variables: bool) -> bool {
    let Some(name) = resource.splitn(6, ':').nth(5) else { return resource == "*" };
    if ["accesspoint/", "accesspoint:"].iter().any(|kind| name.starts_with(kind)) {
        return true;
    }
    let pattern = name.split_once('/').map_or(name, |(bucket, _)| bucket);
    let rules = Rules { wildcards: true, variables, ignore_case: false };
    Pattern::new(pattern, rules).matches(bucket, &Context::new()) == Match::Yes
}

/// Checks the actions of one statement; the complaint is S3's.
pub(crate) fn actions(action: &RawElement, statement: &RawStatement) -> Result<(), String> {
    let resource = statement.resource.as_ref().filter(|resource| !resource.not && !action.not);
    let reachable = resource.map_or(Kinds::BOTH, |resource| {
        resource.values.iter().fold(Kinds::NONE, |kinds, one| kinds.or(Kinds::of_resource(one)))
    });
    for written in &action.values {
        let Some(kinds) = Kinds::of_action(written) else {
            return Err("Policy has invalid action".to_owned());
        };
        if !action.not && !kinds.meets(reachable) {
            return Err("Action does not apply to any resource(s) in statement".to_owned());
        }
    }
    Ok(())
}

/// Kinds of resources: what an action acts on, or what a pattern can match.
#[derive(Clone, Copy)]
struct Kinds {
    bucket: bool,
    object: bool,
}

impl Kinds {
    const NONE: Kinds = Kinds { bucket: false, object: false };
    const BOTH: Kinds = Kinds { bucket: true, object: true };

    fn of_resource(resource: &str) -> Kinds {
        match resource.splitn(6, ':').nth(5) {
            Some(name) if !name.starts_with("accesspoint/") => {
                Kinds { bucket: !name.contains('/'), object: name.contains(['/', '*', '$']) }
            }
            _ => Kinds::BOTH,
        }
    }

    /// `None` if no action of S3 has this name or matches this pattern.
    fn of_action(written: &str) -> Option<Kinds> {
        if written == "*" {
            return Some(Kinds::BOTH);
        }
        let (vendor, name) = written.split_once(':')?;
        if !vendor.eq_ignore_ascii_case("s3") {
            return None;
        }
        let rules = Rules { wildcards: true, variables: false, ignore_case: true };
        let pattern = Pattern::new(name, rules);
        let context = Context::new();
        known()
            .iter()
            .filter(|(name, _)| pattern.matches(name, &context) == Match::Yes)
            .map(|(_, kinds)| *kinds)
            .reduce(Kinds::or)
    }

    fn or(self, other: Kinds) -> Kinds {
        Kinds { bucket: self.bucket || other.bucket, object: self.object || other.object }
    }

    fn meets(self, other: Kinds) -> bool {
        (self.bucket && other.bucket) || (self.object && other.object)
    }
}

/// The actions of S3, read once.
fn known() -> &'static [(String, Kinds)] {
    static KNOWN: OnceLock<Vec<(String, Kinds)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let text = include_str!("../../../data/policy/s3-actions.json");
        let groups = match json::parse(text) {
            Some(Node { value: Value::Object(groups), .. }) => groups,
            _ => Vec::new(),
        };
        groups.into_iter().flat_map(|(group, node)| named(&group, node)).collect()
    })
}

fn named(group: &str, node: Node) -> Vec<(String, Kinds)> {
    let kinds = Kinds { bucket: group == "bucket", object: group == "object" };
    let Value::Array(names) = node.value else { return Vec::new() };
    let text = |node: Node| match node.value {
        Value::String(name) => Some((name, kinds)),
        _ => None,
    };
    names.into_iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn the_table_of_actions_is_read_whole() {
        assert_eq!(known().len(), 180);
        let both = Kinds::of_action("s3:*").expect("known");
        assert!(both.bucket && both.object);
        assert!(Kinds::of_action("s3:GetObjekt").is_none());
    }

    #[test]
    fn resources_outside_the_bucket_are_found() {
        let outside = |resource: &str| {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Principal":"*",
                    "Action":"s3:*","Resource":"{resource}"}}}}"#
            );
            let policy = Policy::parse(&text, Kind::Bucket).expect("valid");
            resource_outside(&policy, "box").is_some()
        };
        for (resource, expected) in [
            ("*", false),
            ("arn:aws:s3:::box", false),
            ("arn:aws:s3:::box/*", false),
            ("arn:aws:s3:::b*/x", false),
            ("arn:aws:s3:::boxes", true),
            ("arn:aws:s3:::boxes/box", true),
            ("arn:aws:s3:eu-west-1:111111111111:accesspoint/a", false),
        ] {
            assert_eq!(outside(resource), expected, "{resource}");
        }
    }
}
