//! The words that generated files are written in: `shape!`, `structure!`, `enumeration!`,
//! `operation!`, `operations!`, `errors!`.
//!
//! They declare; there is no parsing, validation or writing in what they expand to.

/// A scalar or a collection: a static table only.
macro_rules! shape {
    ($id:ident = $shape:expr) => {
        pub static $id: Shape = $shape;
    };
    ($id:ident = $shape:expr, $text:literal, $matched:literal) => {
        pub static $id: Shape = {
            static PATTERN: Pattern = Pattern::new($text, $matched);
            $shape.pattern(&PATTERN)
        };
    };
}

/// A list: its element's name on the wire and shape.
macro_rules! list {
    ($id:ident = $name:literal, $wire:literal: $element:expr, flattened: $flattened:literal
        $(, $($limits:tt)*)?) => {
        pub static $id: Shape = {
            static ELEMENT: Member = Member::new("member", $element).wire($wire);
            Shape::new($name, Kind::List { element: &ELEMENT, flattened: $flattened }) $($($limits)*)?
        };
    };
}

/// A map: the names on the wire and shapes of its keys and values.
macro_rules! map {
    ($id:ident = $name:literal, $key_wire:literal: $key:expr, $value_wire:literal: $value:expr,
        flattened: $flattened:literal $(, $($limits:tt)*)?) => {
        pub static $id: Shape = {
            static KEY: Member = Member::new("key", $key).wire($key_wire);
            static VALUE: Member = Member::new("value", $value).wire($value_wire);
            Shape::new($name, Kind::Map { key: &KEY, value: &VALUE, flattened: $flattened })
                $($($limits)*)?
        };
    };
}

/// A structure: a Rust type, its table, and the two accessors that codecs walk it with. Each member
/// is numbered with its place in the table.
macro_rules! structure {
    ($name:ident, $id:ident = $shape:literal {
        $($index:literal $field:ident: $type:ty = $member:expr;)*
    }) => {
        #[derive(Clone, Default)]
        pub struct $name {
            $(pub $field: $type,)*
        }

        pub static $id: Shape = {
            static MEMBERS: &[Member] = &[$($member,)*];
            Shape::new($shape, Kind::Structure(MEMBERS))
        };

        impl $crate::Structure for $name {
            fn shape(&self) -> &'static Shape {
                &$id
            }
            fn member(&self, index: usize) -> ::core::option::Option<&dyn $crate::Value> {
                match index {
                    $($index => ::core::option::Option::Some(&self.$field),)*
                    _ => ::core::option::Option::None,
                }
            }
            fn member_mut(
                &mut self,
                index: usize,
            ) -> ::core::option::Option<&mut dyn $crate::Value> {
                match index {
                    $($index => ::core::option::Option::Some(&mut self.$field),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        impl $crate::Value for $name {
            fn view(&self) -> ::core::option::Option<$crate::View<'_>> {
                ::core::option::Option::Some($crate::View::Structure(self))
            }
            fn slot(&mut self) -> $crate::Slot<'_> {
                $crate::Slot::Structure(self)
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::debug::structure(self, f)
            }
        }
    };
}

/// An enumeration: a Rust enum that keeps what it does not know, and its table.
macro_rules! enumeration {
    ($name:ident, $id:ident = $shape:literal { $($variant:ident = $value:literal,)* }) => {
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($variant,)*
            /// A value that the model does not list.
            Unknown(::std::string::String),
        }

        pub static $id: Shape = Shape::new($shape, Kind::Enum(&[$($value,)*]));

        impl $name {
            /// As it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(value) => value,
                }
            }
        }

        impl ::core::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Unknown(::std::borrow::ToOwned::to_owned(other)),
                }
            }
        }

        impl ::core::default::Default for $name {
            fn default() -> Self {
                Self::Unknown(::std::string::String::new())
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::Text for $name {
            fn set(&mut self, text: &str) {
                *self = Self::from(text);
            }
        }

        impl $crate::Value for $name {
            fn view(&self) -> ::core::option::Option<$crate::View<'_>> {
                ::core::option::Option::Some($crate::View::String(self.as_str()))
            }
            fn slot(&mut self) -> $crate::Slot<'_> {
                $crate::Slot::String(self)
            }
        }
    };
}

/// An operation as a type, tied to its input, output and table.
macro_rules! operation {
    ($name:ident: $input:ident => $output:ident = $shape:expr) => {
        pub struct $name;

        impl $crate::Operation for $name {
            const SHAPE: &'static OperationShape = {
                static SHAPE: OperationShape = $shape;
                &SHAPE
            };
            type Input = $input;
            type Output = $output;
        }
    };
}

/// The operations of a service, sorted by name: as tables and as types.
macro_rules! operations {
    ($($name:ident,)*) => {
        const OPERATIONS: &[&OperationShape] = &[$(<$name as $crate::Operation>::SHAPE,)*];

        /// Shows each operation, as a type, to `visitor`.
        pub fn operations(visitor: &mut impl $crate::Visitor) {
            $(visitor.operation::<$name>();)*
        }
    };
}

/// The errors that a service answers, sorted by code.
macro_rules! errors {
    ($($id:ident = $code:literal, $status:literal;)*) => {
        $(pub const $id: ErrorShape = ErrorShape { code: $code, status: $status };)*

        /// All of them, sorted by code.
        pub static ALL: &[&ErrorShape] = &[$(&$id,)*];
    };
}
