//! An operation's output as JSON, in the model's names, as the AWS CLI prints it.

use api::{Structure, View};
use serde_json::{Map, Value};

/// The members that are present.
#[must_use]
pub fn of(structure: &dyn Structure) -> Value {
    let members = structure.shape().members().iter().enumerate();
    let present = members.filter_map(|(index, member)| {
        let view = structure.member(index)?.view()?;
        Some((member.name.to_owned(), value(view)))
    });
    Value::Object(present.collect())
}

fn value(view: View<'_>) -> Value {
    match view {
        View::String(text) => text.into(),
        View::Integer(number) => number.into(),
        View::Double(number) => number.into(),
        View::Boolean(set) => set.into(),
        View::Timestamp(moment) => moment.iso8601_millis().into(),
        // None of the operations called here has one.
        View::Blob(bytes) => bytes.len().into(),
        View::List(list) => (0..list.len()).filter_map(|at| list.get(at)).map(value).collect(),
        View::Map(map) => {
            let entries = map.entries().map(|(key, view)| (key.to_owned(), value(view)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        View::Structure(inner) => of(inner),
    }
}
