//! What transforms made of a template. A template without transforms has none of it.

use minicbor::{Decode, Encode};

/// The outcome of a template's transforms, kept because what they include may change.
#[derive(Clone, Encode, Decode)]
pub struct Processed {
    /// JSON text, or the sentence with which the stack fails.
    #[n(0)]
    pub text: String,
    #[n(1)]
    pub failed: bool,
    /// The language extensions were among them.
    #[n(2)]
    pub extended: bool,
}
