//! XML as AWS speaks it: documents read into a flat tree, values written as elements.
//!
//! There is no DTD, no entity beyond the five, no namespace handling (prefixes are dropped) and no
//! deep nesting.

mod read;
mod write;

pub use read::{Document, Element};
pub use write::{close, escape, members, value};
