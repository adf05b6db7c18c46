//! Names in place of unique ids: policies are kept with the ids of the principals that they name, so
//! that another of the same name inherits nothing.

use serde_json::Value;

/// Puts ARNs in place of the unique ids that kept policies name principals by, where `arn_of` knows
/// one.
pub fn name_principals(document: &mut Value, arn_of: &mut dyn FnMut(&str) -> Option<String>) {
    match document {
        Value::Array(values) => values.iter_mut().for_each(|one| name_principals(one, arn_of)),
        Value::Object(members) => {
            let is_principal = members
                .get("element")
                .and_then(Value::as_str)
                .is_some_and(|element| element.ends_with("Principal"));
            for (name, value) in members.iter_mut() {
                match value {
                    Value::Array(values) if is_principal && name == "policyValues" => {
                        values.iter_mut().for_each(|one| name_principal(one, arn_of));
                    }
                    Value::String(text) if name == "reason" && text.contains("AWS: A") => {
                        *text = named_within(text, arn_of);
                    }
                    value => name_principals(value, arn_of),
                }
            }
        }
        _ => {}
    }
}

fn name_principal(value: &mut Value, arn_of: &mut dyn FnMut(&str) -> Option<String>) {
    let id = value.as_str().and_then(|text| text.strip_prefix("AWS: ")).filter(|id| is_id(id));
    if let Some(arn) = id.and_then(arn_of) {
        *value = format!("AWS: {arn}").into();
    }
}

fn named_within(text: &str, arn_of: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut pieces = text.split("AWS: ");
    let mut named = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find([',', ']']).unwrap_or(piece.len());
        let (id, rest) = piece.split_at_checked(end).unwrap_or((piece, ""));
        let arn = if is_id(id) { arn_of(id) } else { None };
        named.push_str("AWS: ");
        named.push_str(arn.as_deref().unwrap_or(id));
        named.push_str(rest);
    }
    named
}

fn is_id(text: &str) -> bool {
    text.starts_with("AIDA") || text.starts_with("AROA")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn principals_are_named_where_somebody_still_has_the_id() {
        let mut document = json!({"statements": [{
            "reason": "Principal [AWS: AIDAGONE, AWS: AROAAPP, AWS: 1] does not match anonymous",
            "elements": [{"element": "Principal", "policyValues": ["AWS: AROAAPP", "AWS: AIDAGONE"]}],
        }]});
        let mut known = |id: &str| (id == "AROAAPP").then(|| "arn:app".to_owned());
        name_principals(&mut document, &mut known);
        let expected = json!({"statements": [{
            "reason": "Principal [AWS: AIDAGONE, AWS: arn:app, AWS: 1] does not match anonymous",
            "elements": [{"element": "Principal", "policyValues": ["AWS: arn:app", "AWS: AIDAGONE"]}],
        }]});
        assert_eq!(document, expected);
    }
}
