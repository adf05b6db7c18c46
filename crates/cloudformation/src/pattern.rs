//! Java's regular expressions as far as templates and schemas use them, on an engine of linear
//! time. Its `\w`, `\d` and `\s` mean ASCII. What needs backtracking (look-around, back references)
//! is not an expression here: whoever declares one is refused, and nothing matches it.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// The memory that one compiled expression may take, in bytes.
const MAX_COMPILED: usize = 8 << 20;

/// An expression and its text. Equality is that of the texts.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Option<Regex>,
}

impl Pattern {
    /// An expression that has to match the whole of a text.
    pub fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), regex: compile(&format!(r"\A(?:{})\z", translate(text))) }
    }

    /// An expression that has to match somewhere in a text.
    pub fn part(text: &str) -> Self {
        Self { text: text.to_owned(), regex: compile(&translate(text)) }
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it could be compiled.
    pub fn is_valid(&self) -> bool {
        self.regex.is_some()
    }

    /// Whether the text matches; nothing matches an invalid expression.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

fn compile(expression: &str) -> Option<Regex> {
    RegexBuilder::new(expression).size_limit(MAX_COMPILED).build().ok()
}

/// Writes the ASCII classes out; they may stand within brackets, for brackets nest.
fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            translated.push(c);
            continue;
        }
        match rest.next() {
            Some('w') => translated.push_str("[A-Za-z0-9_]"),
            Some('W') => translated.push_str("[^A-Za-z0-9_]"),
            Some('d') => translated.push_str("[0-9]"),
            Some('D') => translated.push_str("[^0-9]"),
            Some('s') => translated.push_str(r"[ \t\n\x0B\f\r]"),
            Some('S') => translated.push_str(r"[^ \t\n\x0B\f\r]"),
            Some(escaped) => translated.extend(['\\', escaped]),
            None => translated.push('\\'),
        }
    }
    translated
}
