//! The form of the AWS CLI's files: sections in brackets, `key = value` lines, indented lines below
//! a key of their own.
//!
//! Reading never fails: a line that is none of these says nothing, as to the AWS CLI's own tolerant
//! readers.

use std::collections::BTreeMap;

/// Keys and values by section; a section's name is what stands in the brackets, its blanks made
/// one.
pub type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// What a line of such a file is.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'t> {
    Section(String),
    Pair(&'t str, &'t str),
    /// Blank, a comment, or part of an indented block.
    Other,
}

#[must_use]
pub fn parse(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current = None;
    for line in text.lines() {
        match read_line(line) {
            Line::Section(name) => {
                sections.entry(name.clone()).or_default();
                current = Some(name);
            }
            Line::Pair(key, value) => {
                if let Some(section) = current.as_ref().and_then(|name| sections.get_mut(name)) {
                    section.insert(key.to_ascii_lowercase(), value.to_owned());
                }
            }
            Line::Other => {}
        }
    }
    sections
}

#[must_use]
pub fn read_line(line: &str) -> Line<'_> {
    let line = line.trim_end();
    if line.starts_with([' ', '\t', '#', ';']) || line.is_empty() {
        return Line::Other;
    }
    if let Some(rest) = line.strip_prefix('[') {
        let name = rest.split(']').next().unwrap_or_default();
        let words: Vec<&str> = name.split_whitespace().collect();
        return Line::Section(words.join(" ").replace(['"', '\''], ""));
    }
    match line.split_once('=') {
        Some((key, value)) => Line::Pair(key.trim(), without_comment(value).trim()),
        None => Line::Other,
    }
}

/// A `#` or `;` behind a blank begins a comment.
fn without_comment(value: &str) -> &str {
    let end = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    end.and_then(|end| value.get(..end)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_have_keys_and_the_rest_is_passed_over() {
        let text = "# a comment\nstray = 1\n[default]\nRegion=eu-west-1 # here\ns3 =\n  \
                    addressing_style = path\n\n[profile  \"two words\"]\r\nkey = a=b\r\nnonsense\n";
        let sections = parse(text);
        assert_eq!(sections.len(), 2);
        assert_eq!(sections["default"]["region"], "eu-west-1");
        assert_eq!(sections["default"].get("addressing_style"), None);
        assert_eq!(sections["profile two words"]["key"], "a=b");
    }
}
