//! How codecs see values: a [`View`] to read from, a [`Slot`] to write into.
//!
//! Every generated structure implements [`Structure`] by two small accessor functions over its
//! static [`Shape`]; codecs, validation, redaction and `Debug` are written once over these traits
//! and know no service.

use std::collections::BTreeMap;

use crate::{OperationShape, Shape, Timestamp};

/// A value of the model: a scalar, a list, a map, a structure, or an option of one.
pub trait Value {
    /// None where an optional value is absent.
    fn view(&self) -> Option<View<'_>>;
    /// A place to write to; makes an absent optional value present.
    fn slot(&mut self) -> Slot<'_>;
}

/// What stands in a value.
#[derive(Clone, Copy)]
pub enum View<'a> {
    String(&'a str),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Timestamp(Timestamp),
    Blob(&'a [u8]),
    List(&'a dyn List),
    Map(&'a dyn Map),
    Structure(&'a dyn Structure),
}

/// Where a value can be written.
pub enum Slot<'a> {
    /// A string or an enumeration.
    String(&'a mut dyn Text),
    Integer(&'a mut i32),
    Long(&'a mut i64),
    Double(&'a mut f64),
    Boolean(&'a mut bool),
    Timestamp(&'a mut Timestamp),
    Blob(&'a mut Blob),
    List(&'a mut dyn List),
    Map(&'a mut dyn Map),
    Structure(&'a mut dyn Structure),
}

/// A structure: its members are numbered as in its shape.
pub trait Structure {
    fn shape(&self) -> &'static Shape;
    /// The member at `index` of `self.shape().members()`; None past the end.
    fn member(&self, index: usize) -> Option<&dyn Value>;
    fn member_mut(&mut self, index: usize) -> Option<&mut dyn Value>;
}

/// A list of values.
pub trait List {
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn get(&self, index: usize) -> Option<View<'_>>;
    /// Appends a default element and gives its slot.
    fn push(&mut self) -> Slot<'_>;
}

/// A map from strings to values.
pub trait Map {
    fn entries(&self) -> Box<dyn Iterator<Item = (&str, View<'_>)> + '_>;
    /// Inserts a default value under `key` and gives its slot.
    fn insert(&mut self, key: &str) -> Slot<'_>;
}

/// A string, or an enumeration that is written as one.
pub trait Text {
    fn set(&mut self, text: &str);
}

/// An operation as a type: ties a handler's input and output together.
pub trait Operation: 'static {
    const SHAPE: &'static OperationShape;
    type Input: Structure + Default + Clone + Send + Sync + 'static;
    type Output: Structure + Default + Send + 'static;
}

/// Takes operations as types, one by one: what a table over all of them is made with.
pub trait Visitor {
    fn operation<O: Operation>(&mut self);
}

/// Bytes of the model's blob type. `Debug` shows their number only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl dyn Structure + '_ {
    /// The member of the model's name, with its place in the shape.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<View<'_>> {
        let index = self.shape().members().iter().position(|member| member.name == name)?;
        self.member(index)?.view()
    }

    /// The string (or enumeration) member of the model's name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.named(name)? {
            View::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Text for String {
    fn set(&mut self, text: &str) {
        text.clone_into(self);
    }
}

macro_rules! scalar {
    ($($type:ty => $view:ident($read:expr), $slot:ident;)*) => {$(
        impl Value for $type {
            fn view(&self) -> Option<View<'_>> {
                let read: fn(&Self) -> _ = $read;
                Some(View::$view(read(self)))
            }
            fn slot(&mut self) -> Slot<'_> {
                Slot::$slot(self)
            }
        }
    )*};
}

scalar! {
    i32 => Integer(|v| i64::from(*v)), Integer;
    i64 => Integer(|v| *v), Long;
    f64 => Double(|v| *v), Double;
    bool => Boolean(|v| *v), Boolean;
    Timestamp => Timestamp(|v| *v), Timestamp;
}

impl Value for String {
    fn view(&self) -> Option<View<'_>> {
        Some(View::String(self))
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::String(self)
    }
}

impl Value for Blob {
    fn view(&self) -> Option<View<'_>> {
        Some(View::Blob(&self.0))
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Blob(self)
    }
}

impl<T: Value + Default> Value for Option<T> {
    fn view(&self) -> Option<View<'_>> {
        self.as_ref().and_then(Value::view)
    }
    fn slot(&mut self) -> Slot<'_> {
        self.get_or_insert_with(T::default).slot()
    }
}

impl<T: Value> Value for Box<T> {
    fn view(&self) -> Option<View<'_>> {
        self.as_ref().view()
    }
    fn slot(&mut self) -> Slot<'_> {
        self.as_mut().slot()
    }
}

impl<T: Value + Default> Value for Vec<T> {
    fn view(&self) -> Option<View<'_>> {
        Some(View::List(self))
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::List(self)
    }
}

impl<T: Value + Default> Value for BTreeMap<String, T> {
    fn view(&self) -> Option<View<'_>> {
        Some(View::Map(self))
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Map(self)
    }
}

impl<T: Value + Default> List for Vec<T> {
    fn len(&self) -> usize {
        Self::len(self)
    }
    fn get(&self, index: usize) -> Option<View<'_>> {
        self.as_slice().get(index).and_then(Value::view)
    }
    fn push(&mut self) -> Slot<'_> {
        self.push_mut(T::default()).slot()
    }
}

impl<T: Value + Default> Map for BTreeMap<String, T> {
    fn entries(&self) -> Box<dyn Iterator<Item = (&str, View<'_>)> + '_> {
        Box::new(self.iter().filter_map(|(key, value)| Some((key.as_str(), value.view()?))))
    }
    fn insert(&mut self, key: &str) -> Slot<'_> {
        self.entry(key.to_owned()).or_default().slot()
    }
}
