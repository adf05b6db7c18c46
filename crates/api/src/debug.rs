//! `Debug` of every structure, written once: the members that are there, and never a sensitive
//! value.

use std::fmt::{Debug, Formatter, Result};

use crate::{Kind, Shape, Structure, View};

/// Shows `structure` under its model's name.
pub fn structure(structure: &dyn Structure, f: &mut Formatter<'_>) -> Result {
    let shape = structure.shape();
    let mut shown = f.debug_struct(shape.name);
    for (index, member) in shape.members().iter().enumerate() {
        if let Some(view) = structure.member(index).and_then(crate::Value::view) {
            shown.field(member.name, &Shown { view, shape: member.shape });
        }
    }
    shown.finish()
}

struct Shown<'a> {
    view: View<'a>,
    shape: &'static Shape,
}

impl Debug for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.shape.sensitive {
            return f.write_str("***");
        }
        match self.view {
            View::String(text) => Debug::fmt(text, f),
            View::Integer(number) => Debug::fmt(&number, f),
            View::Double(number) => Debug::fmt(&number, f),
            View::Boolean(truth) => Debug::fmt(&truth, f),
            View::Timestamp(moment) => f.write_str(&moment.iso8601_millis()),
            View::Blob(bytes) => write!(f, "{} bytes", bytes.len()),
            View::Structure(inner) => structure(inner, f),
            View::List(list) => {
                let Kind::List { element, .. } = self.shape.kind else {
                    return f.write_str("[..]");
                };
                let items = (0..list.len()).filter_map(|index| list.get(index));
                f.debug_list()
                    .entries(items.map(|view| Shown { view, shape: element.shape }))
                    .finish()
            }
            View::Map(map) => {
                let Kind::Map { value, .. } = self.shape.kind else { return f.write_str("{..}") };
                let entries = map.entries();
                f.debug_map()
                    .entries(entries.map(|(key, view)| (key, Shown { view, shape: value.shape })))
                    .finish()
            }
        }
    }
}
