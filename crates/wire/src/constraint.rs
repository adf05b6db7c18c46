//! The model's constraints over a bound input: required, length, range, pattern, enumeration.
//!
//! Violations come in the model's order; one member's in AWS's (pattern, then length, then
//! enumeration).

use std::collections::BTreeSet;

use api::{Kind, Member, OperationShape, Shape, Structure, Value, View};

use crate::path::{self, Step};
use crate::pattern;
use crate::{Constraint, Invalid, Violation};

/// Checks a typed input of `operation`, as for a request; for calls inside the house.
///
/// # Errors
/// All broken constraints.
pub fn validate(operation: &OperationShape, input: &dyn Structure) -> Result<(), Invalid> {
    check(operation, input, &BTreeSet::new())
}

/// Checks `input`; `missing` are the required members that were not sent.
pub fn check(
    operation: &OperationShape,
    input: &dyn Structure,
    missing: &BTreeSet<Vec<Step>>,
) -> Result<(), Invalid> {
    let mut found =
        Found { root: operation.input, missing, steps: Vec::new(), violations: Vec::new() };
    found.structure(input);
    if found.violations.is_empty() { Ok(()) } else { Err(Invalid::Constraints(found.violations)) }
}

/// More than anyone reads; bounds what a hostile request makes us write.
const VIOLATIONS_MAX: usize = 1000;

struct Found<'m> {
    root: &'static Shape,
    missing: &'m BTreeSet<Vec<Step>>,
    steps: Vec<Step>,
    violations: Vec<Violation>,
}

impl Found<'_> {
    fn structure(&mut self, structure: &dyn Structure) {
        for (index, member) in structure.shape().members().iter().enumerate() {
            self.steps.push(Step::Member(index));
            if member.required && self.is_missing() {
                self.violate(None, Constraint::NotNull);
            } else if let Some(view) = structure.member(index).and_then(Value::view) {
                self.value(view, member.shape);
            }
            self.steps.pop();
        }
    }

    fn is_missing(&self) -> bool {
        !self.missing.is_empty() && self.missing.contains(&self.steps)
    }

    fn value(&mut self, view: View<'_>, shape: &'static Shape) {
        match view {
            View::Structure(inner) => self.structure(inner),
            View::List(list) => {
                let Kind::List { element, .. } = shape.kind else { return };
                let items = || (0..list.len()).filter_map(|index| list.get(index));
                self.length(list.len(), shape, || scalars(&mut items()));
                self.items(&mut items(), element);
            }
            View::Map(map) => {
                let Kind::Map { value, .. } = shape.kind else { return };
                self.length(map.entries().count(), shape, || None);
                for (key, view) in map.entries() {
                    self.steps.push(Step::Entry(key.to_owned()));
                    self.value(view, value.shape);
                    self.steps.pop();
                }
            }
            scalar => {
                let broken = broken(scalar, shape);
                for constraint in broken {
                    let value = (!shape.sensitive).then(|| spelled(scalar)).flatten();
                    self.violate(value, constraint);
                }
            }
        }
    }

    /// A list of scalars is told as a whole; a list of structures member by member.
    fn items(&mut self, items: &mut dyn Iterator<Item = View<'_>>, element: &'static Member) {
        if matches!(element.shape.kind, Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. }) {
            for (index, view) in items.enumerate() {
                self.steps.push(Step::Item(index));
                self.value(view, element.shape);
                self.steps.pop();
            }
            return;
        }
        let all: Vec<View<'_>> = items.collect();
        if all.iter().any(|view| !broken(*view, element.shape).is_empty()) {
            let hidden = element.shape.sensitive;
            let value = if hidden { None } else { scalars(&mut all.into_iter()) };
            self.violate(value, Constraint::Elements(every(element.shape)));
        }
    }

    fn length(&mut self, length: usize, shape: &Shape, value: impl Fn() -> Option<String>) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let told = || if shape.sensitive { None } else { value() };
        if let Some(max) = shape.max.filter(|max| length > *max) {
            self.violate(told(), Constraint::LengthMax(max));
        }
        if let Some(min) = shape.min.filter(|min| length < *min) {
            self.violate(told(), Constraint::LengthMin(min));
        }
    }

    fn violate(&mut self, value: Option<String>, constraint: Constraint) {
        if self.violations.len() < VIOLATIONS_MAX {
            let path = path::spell(self.root, &self.steps);
            self.violations.push(Violation { path, value, constraint });
        }
    }
}

/// The constraints of `shape` that a scalar breaks.
fn broken(view: View<'_>, shape: &Shape) -> Vec<Constraint> {
    let mut broken = Vec::new();
    let (measure, is_length) = match view {
        View::String(text) => {
            if let Some(pattern) = shape.pattern.filter(|p| !pattern::matches(p, text)) {
                broken.push(Constraint::Pattern(pattern.text));
            }
            if let Kind::Enum(values) = shape.kind
                && !values.contains(&text)
            {
                broken.push(Constraint::Enum(values));
            }
            if shape.min.is_none() && shape.max.is_none() {
                return broken;
            }
            (text.chars().count() as i64, true)
        }
        View::Blob(bytes) => (i64::try_from(bytes.len()).unwrap_or(i64::MAX), true),
        View::Integer(number) => (number, false),
        _ => return broken,
    };
    if let Some(max) = shape.max.filter(|max| measure > *max) {
        let constraint = if is_length { Constraint::LengthMax } else { Constraint::ValueMax };
        broken.push(constraint(max));
    }
    if let Some(min) = shape.min.filter(|min| measure < *min) {
        let constraint = if is_length { Constraint::LengthMin } else { Constraint::ValueMin };
        broken.push(constraint(min));
    }
    broken
}

/// All that `shape` demands, in the order AWS lists it for the elements of a list.
fn every(shape: &Shape) -> Vec<Constraint> {
    let length = shape.max.map(Constraint::LengthMax).into_iter();
    let length = length.chain(shape.min.map(Constraint::LengthMin));
    let pattern = shape.pattern.map(|pattern| Constraint::Pattern(pattern.text));
    let values = match shape.kind {
        Kind::Enum(values) => Some(Constraint::Enum(values)),
        _ => None,
    };
    length.chain(pattern).chain(values).collect()
}

/// `[a, b]`; None where an item is no scalar.
fn scalars(items: &mut dyn Iterator<Item = View<'_>>) -> Option<String> {
    let words: Option<Vec<String>> = items.map(spelled).collect();
    Some(format!("[{}]", words?.join(", ")))
}

fn spelled(view: View<'_>) -> Option<String> {
    Some(match view {
        View::String(text) => text.to_owned(),
        View::Integer(number) => number.to_string(),
        View::Double(number) => number.to_string(),
        View::Boolean(truth) => truth.to_string(),
        _ => return None,
    })
}
