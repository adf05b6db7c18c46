//! Inputs of operations from JSON, by the model's member names, and inputs of which only the
//! required members are set.

use api::{Blob, Kind, Operation, OperationShape, Shape, Slot, Structure, Timestamp, Visitor};
use serde_json::{Map, Value};

type Maker = fn() -> Box<dyn Structure>;

/// The operation of the model: `iam`, `CreateUser`.
pub fn operation(service: &str, name: &str) -> (&'static OperationShape, Box<dyn Structure>) {
    let found = all().into_iter().find(|(shape, _)| shape.service == service && shape.name == name);
    let (shape, make) = found.unwrap_or_else(|| panic!("no operation {service}:{name}"));
    (shape, make())
}

/// The input of an operation with the members that `members` names.
pub fn of_json(
    service: &str,
    name: &str,
    members: &Map<String, Value>,
) -> (&'static OperationShape, Box<dyn Structure>) {
    let (shape, mut input) = operation(service, name);
    structure(input.as_mut(), members);
    (shape, input)
}

/// The input of an operation with something in each required member: enough to be routed.
pub fn required(service: &str, name: &str) -> (&'static OperationShape, Box<dyn Structure>) {
    let (shape, mut input) = operation(service, name);
    fill(input.as_mut());
    (shape, input)
}

fn all() -> Vec<(&'static OperationShape, Maker)> {
    #[derive(Default)]
    struct Operations(Vec<(&'static OperationShape, Maker)>);
    impl Visitor for Operations {
        fn operation<O: Operation>(&mut self) {
            self.0.push((O::SHAPE, || Box::new(O::Input::default())));
        }
    }
    let mut all = Operations::default();
    api::cloudformation::operations(&mut all);
    api::iam::operations(&mut all);
    api::organizations::operations(&mut all);
    api::s3::operations(&mut all);
    api::s3control::operations(&mut all);
    api::sns::operations(&mut all);
    api::ssm::operations(&mut all);
    api::sts::operations(&mut all);
    api::wardian::operations(&mut all);
    all.0
}

fn structure(into: &mut dyn Structure, members: &Map<String, Value>) {
    let shape = into.shape();
    for (name, value) in members {
        let place = shape.members().iter().position(|member| member.name == name);
        let place = place.unwrap_or_else(|| panic!("{} has no member {name}", shape.name));
        put(into.member_mut(place).expect("a member of the shape").slot(), value);
    }
}

fn put(slot: Slot<'_>, value: &Value) {
    match (slot, value) {
        (Slot::String(into), Value::String(text)) => into.set(text),
        // Policy documents and templates stand in the data as what they are.
        (Slot::String(into), document @ Value::Object(_)) => into.set(&document.to_string()),
        (Slot::Integer(into), Value::Number(number)) => {
            *into = i32::try_from(number.as_i64().expect("an integer")).expect("32 bits");
        }
        (Slot::Long(into), Value::Number(number)) => *into = number.as_i64().expect("an integer"),
        (Slot::Double(into), Value::Number(number)) => *into = number.as_f64().expect("a number"),
        (Slot::Boolean(into), Value::Bool(set)) => *into = *set,
        (Slot::Timestamp(into), Value::String(text)) => {
            *into = Timestamp::parse(text).expect("a timestamp");
        }
        (Slot::Blob(into), Value::String(text)) => *into = Blob(text.clone().into_bytes()),
        (Slot::List(into), Value::Array(values)) => {
            values.iter().for_each(|value| put(into.push(), value));
        }
        (Slot::Map(into), Value::Object(values)) => {
            values.iter().for_each(|(key, value)| put(into.insert(key), value));
        }
        (Slot::Structure(into), Value::Object(members)) => structure(into, members),
        (_, value) => panic!("{value} is of another type than its member"),
    }
}

fn fill(into: &mut dyn Structure) {
    for (place, member) in into.shape().members().iter().enumerate() {
        if member.required {
            let slot = into.member_mut(place).expect("a member of the shape").slot();
            fill_slot(slot, member.shape);
        }
    }
}

fn fill_slot(slot: Slot<'_>, shape: &Shape) {
    match (slot, &shape.kind) {
        (Slot::String(into), Kind::Enum(values)) => into.set(values.first().unwrap_or(&"x")),
        (Slot::String(into), _) => into.set("x"),
        (Slot::Integer(into), _) => *into = 1,
        (Slot::Long(into), _) => *into = 1,
        (Slot::List(into), Kind::List { element, .. }) => fill_slot(into.push(), element.shape),
        (Slot::Structure(into), _) => fill(into),
        _ => {}
    }
}
