//! Structures as JSON for the event record: CloudTrail's names, and nothing sensitive.
//!
//! AWS:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use api::{Kind, Shape, Structure, View};
use serde_json::{Map, Number, Value};

use crate::path::lower;

/// What CloudTrail writes in place of a secret.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The members that are present, names in lower camel case; sensitive ones as
/// `HIDDEN_DUE_TO_SECURITY_REASONS`.
#[must_use]
pub fn redacted(structure: &dyn Structure) -> Value {
    let mut fields = Map::new();
    for (index, member) in structure.shape().members().iter().enumerate() {
        if let Some(view) = structure.member(index).and_then(api::Value::view) {
            fields.insert(lower(member.name), value(view, member.shape));
        }
    }
    Value::Object(fields)
}

fn value(view: View<'_>, shape: &Shape) -> Value {
    if shape.sensitive {
        return Value::from(HIDDEN);
    }
    match (view, &shape.kind) {
        (View::String(text), _) => Value::from(text),
        (View::Integer(number), _) => Value::from(number),
        (View::Double(number), _) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        (View::Boolean(truth), _) => Value::from(truth),
        (View::Timestamp(moment), _) => Value::from(moment.iso8601()),
        (View::Blob(bytes), _) => Value::from(format!("{} bytes", bytes.len())),
        (View::Structure(inner), _) => redacted(inner),
        (View::List(list), Kind::List { element, .. }) => {
            let items = (0..list.len()).filter_map(|index| list.get(index));
            items.map(|item| value(item, element.shape)).collect()
        }
        (View::Map(map), Kind::Map { value: inner, .. }) => {
            let entries = map.entries();
            entries.map(|(key, item)| (key.to_owned(), value(item, inner.shape))).collect()
        }
        (View::List(_) | View::Map(_), _) => Value::Null,
    }
}
