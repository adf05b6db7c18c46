//! The one way from text to typed values: walks a shape and asks a [`Source`] for each member.
//!
//! Nothing is judged here but form: what is missing and what does not parse is noted, constraints
//! come later.

use std::borrow::Cow;
use std::collections::BTreeSet;

use api::{Kind, List, Map, Member, Shape, Slot, Structure, Value};

use crate::Expected;
use crate::path::Step;
use crate::scalar::{self, Scalar};

/// Where values come from: a branch of a form, an XML element, the parts of an HTTP message.
pub trait Source: Sized {
    /// The scalar text; None where there is none (names continue, elements stand inside).
    fn text(&self) -> Option<Cow<'_, str>>;
    /// The scalar, as a value of `shape`: text speaks all types, JSON tells them apart.
    ///
    /// # Errors
    /// Where it is none, or of another type.
    fn scalar(&self, shape: &Shape) -> Result<Scalar<'_>, Expected> {
        scalar::parse(shape, self.text().ok_or(Expected::Scalar)?)
    }
    /// # Errors
    /// Where no structure stands.
    fn check_structure(&self) -> Result<(), Expected> {
        Ok(())
    }
    fn member(&self, member: &'static Member) -> Option<Self>;
    /// Shows the items of a list in order.
    ///
    /// # Errors
    /// Where this is not a list.
    fn items(
        &self,
        element: &'static Member,
        flattened: bool,
        each: &mut dyn FnMut(Self),
    ) -> Result<(), Expected>;
    /// Shows the keys and values of a map.
    ///
    /// # Errors
    /// Where this is not a map.
    fn entries(
        &self,
        key: &'static Member,
        value: &'static Member,
        flattened: bool,
        each: &mut dyn FnMut(&str, Self),
    ) -> Result<(), Expected>;
}

/// What binding noticed.
#[derive(Default)]
pub struct Notes {
    steps: Vec<Step>,
    /// Required members that are absent.
    pub missing: BTreeSet<Vec<Step>>,
    /// The first of each kind of fault in form, in the model's order.
    pub faults: Vec<Fault>,
}

pub struct Fault {
    pub steps: Vec<Step>,
    pub expected: Expected,
    pub text: Option<String>,
}

/// Faults that are kept; more say nothing new.
const FAULTS_MAX: usize = 16;

/// Fills `into` from `source`.
pub fn structure(source: &impl Source, into: &mut dyn Structure, notes: &mut Notes) {
    for (index, member) in into.shape().members().iter().enumerate() {
        notes.steps.push(Step::Member(index));
        match source.member(member) {
            Some(inner) => {
                if let Some(value) = into.member_mut(index) {
                    fill(&inner, member.shape, member.flattened, Place::Value(value), notes);
                }
            }
            None if member.required => {
                notes.missing.insert(notes.steps.clone());
            }
            None => {}
        }
        notes.steps.pop();
    }
}

/// A value is made present only once there is something to put in it.
enum Place<'a> {
    Value(&'a mut dyn Value),
    Slot(Slot<'a>),
}

impl<'a> Place<'a> {
    fn slot(self) -> Slot<'a> {
        match self {
            Self::Value(value) => value.slot(),
            Self::Slot(slot) => slot,
        }
    }
}

fn fill(
    source: &impl Source,
    shape: &'static Shape,
    flattened: bool,
    place: Place<'_>,
    notes: &mut Notes,
) {
    match &shape.kind {
        Kind::Structure(_) => match (source.check_structure(), place.slot()) {
            (Err(expected), _) => notes.fault(expected, None),
            (Ok(()), Slot::Structure(into)) => structure(source, into, notes),
            _ => {}
        },
        Kind::List { element, flattened: flat } => {
            if let Slot::List(into) = place.slot() {
                list(source, element, flattened || *flat, into, notes);
            }
        }
        Kind::Map { key, value, flattened: flat } => {
            if let Slot::Map(into) = place.slot() {
                map(source, key, value, flattened || *flat, into, notes);
            }
        }
        _ => match source.scalar(shape) {
            Ok(scalar) => scalar::put(scalar, place.slot()),
            Err(expected) => notes.fault(expected, source.text()),
        },
    }
}

fn list(
    source: &impl Source,
    element: &'static Member,
    flattened: bool,
    into: &mut dyn List,
    notes: &mut Notes,
) {
    let done = source.items(element, flattened, &mut |item| {
        notes.steps.push(Step::Item(into.len()));
        fill(&item, element.shape, element.flattened, Place::Slot(into.push()), notes);
        notes.steps.pop();
    });
    if let Err(expected) = done {
        notes.fault(expected, None);
    }
}

fn map(
    source: &impl Source,
    key: &'static Member,
    value: &'static Member,
    flattened: bool,
    into: &mut dyn Map,
    notes: &mut Notes,
) {
    let done = source.entries(key, value, flattened, &mut |name, item| {
        notes.steps.push(Step::Entry(name.to_owned()));
        fill(&item, value.shape, value.flattened, Place::Slot(into.insert(name)), notes);
        notes.steps.pop();
    });
    if let Err(expected) = done {
        notes.fault(expected, None);
    }
}

impl Notes {
    fn fault(&mut self, expected: Expected, text: Option<Cow<'_, str>>) {
        if self.faults.len() < FAULTS_MAX {
            let text = text.map(Cow::into_owned);
            self.faults.push(Fault { steps: self.steps.clone(), expected, text });
        }
    }
}
