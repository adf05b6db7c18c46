//! The two forms of principals in a kept policy: ARNs, as people write and read them, and unique
//! ids, as AWS keeps them so that a deleted and re-created user or role is somebody else.
//!
//! Only the values change: the rest of the document stays as it was written, byte for byte. Who
//! has which id is the caller's knowledge.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::PrincipalPattern;
use crate::json::{self, Node, Value};

/// One value of a `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalValue<'a> {
    /// `AWS`, `Service`, `Federated` or `CanonicalUser`.
    pub key: &'a str,
    pub value: &'a str,
    /// `None` if the value has no valid form.
    pub pattern: Option<PrincipalPattern>,
}

/// Replaces principals of a document by what `replace` answers, `None` leaving one as it is. A
/// replaced canonical user becomes a value of `AWS`. Text that is no policy comes back unchanged.
pub fn rewrite_principals(
    text: &str,
    mut replace: impl FnMut(&PrincipalValue<'_>) -> Option<String>,
) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut kept = 0;
    for node in json::parse(text).map(principals).unwrap_or_default() {
        let Some(element) = rewrite(&node, &mut replace) else { continue };
        rewritten.push_str(text.get(kept..node.start).unwrap_or_default());
        rewritten.push_str(&element);
        kept = node.end;
    }
    rewritten.push_str(text.get(kept..).unwrap_or_default());
    rewritten
}

/// The values of all `Principal` and `NotPrincipal` elements, in the order they stand.
fn principals(root: Node) -> Vec<Node> {
    let statements = members(root).filter(|(name, _)| name == "Statement").flat_map(|(_, node)| {
        match node.value {
            Value::Array(nodes) => nodes,
            _ => vec![node],
        }
    });
    statements
        .flat_map(members)
        .filter(|(name, _)| name == "Principal" || name == "NotPrincipal")
        .map(|(_, node)| node)
        .collect()
}

fn members(node: Node) -> impl Iterator<Item = (String, Node)> {
    match node.value {
        Value::Object(members) => members.into_iter(),
        _ => Vec::new().into_iter(),
    }
}

/// The element anew, or `None` if nothing in it changes.
fn rewrite(
    node: &Node,
    replace: &mut impl FnMut(&PrincipalValue<'_>) -> Option<String>,
) -> Option<String> {
    let Value::Object(members) = &node.value else { return None };
    let mut changed = false;
    let mut keys: Vec<Key<'_>> = Vec::new();
    for (key, node) in members {
        let (values, list) = values(node);
        // Keeps an empty list of the document.
        put(&mut keys, key, list, None);
        for value in values {
            let pattern = PrincipalPattern::parse(key, value, false);
            match replace(&PrincipalValue { key, value, pattern }) {
                Some(new) => {
                    changed = true;
                    let key = if key == "CanonicalUser" { "AWS" } else { key };
                    put(&mut keys, key, list, Some(new));
                }
                None => put(&mut keys, key, list, Some(value.to_owned())),
            }
        }
    }
    keys.retain(|key| key.list || !key.values.is_empty());
    changed.then(|| object(&keys))
}

struct Key<'a> {
    name: &'a str,
    values: Vec<String>,
    list: bool,
}

fn put<'a>(keys: &mut Vec<Key<'a>>, name: &'a str, list: bool, value: Option<String>) {
    match keys.iter_mut().find(|key| key.name == name) {
        Some(key) => key.values.extend(value),
        None => keys.push(Key { name, values: value.into_iter().collect(), list }),
    }
}

fn values(node: &Node) -> (Vec<&str>, bool) {
    let text = |node| match node {
        &Node { value: Value::String(ref text), .. } => Some(text.as_str()),
        _ => None,
    };
    match &node.value {
        Value::Array(nodes) => (nodes.iter().filter_map(text).collect(), true),
        _ => (text(node).into_iter().collect(), false),
    }
}

fn object(keys: &[Key<'_>]) -> String {
    let member = |key: &Key<'_>| {
        let values: Vec<String> = key.values.iter().map(|value| json::quote(value)).collect();
        let values = values.join(",");
        let list = key.list || key.values.len() != 1;
        let values = if list { format!("[{values}]") } else { values };
        format!("{}:{values}", json::quote(key.name))
    };
    format!("{{{}}}", keys.iter().map(member).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_ids(text: &str) -> String {
        rewrite_principals(text, |one| match &one.pattern {
            Some(PrincipalPattern::User(_)) => Some("AIDAEXAMPLEID0000001".to_owned()),
            Some(PrincipalPattern::CanonicalUser(_)) => {
                Some("arn:aws:iam::111111111111:root".to_owned())
            }
            _ => None,
        })
    }

    #[test]
    fn only_the_principals_that_change_are_written_anew() {
        let text = r#"{ "Statement": [ {"Principal": {"AWS": "arn:aws:iam::111111111111:user/a", "Service": ["x.amazonaws.com"]},
            "Sid":"a"}, {"NotPrincipal": {"AWS": [ "*" ]}} ] }"#;
        let expected = r#"{ "Statement": [ {"Principal": {"AWS":"AIDAEXAMPLEID0000001","Service":["x.amazonaws.com"]},
            "Sid":"a"}, {"NotPrincipal": {"AWS": [ "*" ]}} ] }"#;
        assert_eq!(to_ids(text), expected);
    }

    #[test]
    fn a_canonical_user_joins_the_accounts() {
        let canonical = "0".repeat(64);
        let text = format!(
            r#"{{"Statement":{{"Principal":{{"CanonicalUser":"{canonical}","AWS":"111111111111"}}}}}}"#
        );
        let expected = r#"{"Statement":{"Principal":{"AWS":["arn:aws:iam::111111111111:root","111111111111"]}}}"#;
        assert_eq!(to_ids(&text), expected);
    }

    #[test]
    fn what_is_no_policy_comes_back_as_it_was() {
        for text in ["", "{", "[1]", r#"{"Statement":[1,{"Principal":"*"}]}"#] {
            assert_eq!(to_ids(text), text);
        }
    }
}
