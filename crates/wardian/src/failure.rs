//! What the command line says when it cannot go on: what is wrong, and what to do about it.

use std::fmt;

/// A sentence for a person, and the next step where there is one.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
}

/// What a command comes to.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// What to do next, in the imperative.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wardian: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

/// Says what was being done when something failed.
pub trait While<T> {
    /// `doing` completes "cannot ...".
    ///
    /// # Errors
    /// The failure, in words.
    fn cannot(self, doing: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> While<T> for Result<T, E> {
    fn cannot(self, doing: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("cannot {doing}: {error}")))
    }
}
