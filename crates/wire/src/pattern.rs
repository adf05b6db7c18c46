//! The model's patterns: Java's regular expressions, matched by a linear-time engine.
//!
//! Java's `\w` and `\d` are ASCII; a value must match as a whole. Each pattern is compiled once,
//! when first needed.

use api::Pattern;
use regex::Regex;

/// Whether the whole of `value` has the form of `pattern`.
pub fn matches(pattern: &Pattern, value: &str) -> bool {
    let matcher = pattern.compiled.get_or_init(|| match compile(pattern.matched) {
        Ok(regex) => Box::new(move |value: &str| regex.is_match(value)),
        // A test compiles every pattern of every service, so this cannot be met; what is unknown is
        // denied.
        Err(_) => Box::new(|_: &str| false),
    });
    matcher(value)
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!(r"\A(?:{})\z", ascii_classes(pattern)))
}

fn ascii_classes(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let (escaped, next) = if c == '\\' { (true, chars.next()) } else { (false, Some(c)) };
        match (escaped, next, in_class) {
            (true, Some('w'), true) => text.push_str("0-9A-Za-z_"),
            (true, Some('w'), false) => text.push_str("[0-9A-Za-z_]"),
            (true, Some('d'), true) => text.push_str("0-9"),
            (true, Some('d'), false) => text.push_str("[0-9]"),
            (true, Some(other), _) => text.extend(['\\', other]),
            (false, Some(other), _) => {
                in_class = match other {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                text.push(other);
            }
            (_, None, _) => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use api::{Kind, Shape};

    use super::*;

    /// Structures can hold themselves: each is visited once.
    fn patterns(shape: &'static Shape, found: &mut BTreeSet<(&'static str, &'static str)>) {
        if matches!(shape.kind, Kind::Structure(_)) && !found.insert((shape.name, "")) {
            return;
        }
        if let Some(pattern) = shape.pattern {
            found.insert((pattern.text, pattern.matched));
        }
        match &shape.kind {
            Kind::Structure(members) => members.iter().for_each(|m| patterns(m.shape, found)),
            Kind::List { element, .. } => patterns(element.shape, found),
            Kind::Map { key, value, .. } => {
                patterns(key.shape, found);
                patterns(value.shape, found);
            }
            _ => {}
        }
    }

    #[test]
    fn every_pattern_of_every_service_compiles() {
        let mut found = BTreeSet::new();
        for operation in api::SERVICES.iter().flat_map(|service| service.operations) {
            patterns(operation.input, &mut found);
            patterns(operation.output, &mut found);
        }
        found.retain(|(_, matched)| !matched.is_empty());
        assert!(found.len() > 60, "{}", found.len());
        for (text, matched) in found {
            assert!(compile(matched).is_ok(), "{text}");
        }
    }

    #[test]
    fn patterns_match_the_whole_value_as_java_does() {
        static NAME: Pattern = Pattern::new(r"[\w+=,.@-]+", r"[\w+=,.@-]+");
        static ALTERNATIVES: Pattern = Pattern::new("[a-z]+|arn:[0-9]+", "[a-z]+|arn:[0-9]+");
        for (pattern, value, fits) in [
            (&NAME, "alice@example.com", true),
            (&NAME, "alice b", false),
            (&NAME, "alicé", false),
            (&NAME, "alice\n", false),
            (&NAME, "", false),
            (&ALTERNATIVES, "arn:12", true),
            (&ALTERNATIVES, "x arn:12", false),
        ] {
            assert_eq!(matches(pattern, value), fits, "{pattern:?} {value:?}");
        }
    }
}
