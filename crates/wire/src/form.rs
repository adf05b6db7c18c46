//! `application/x-www-form-urlencoded` text: the form of Query requests, and of query strings.
//!
//! Names are kept sorted, so that all that belongs to `Tags.member.1` is one run; of a repeated
//! name the first counts.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::percent_decode;

/// More names than any of AWS's requests can use.
const ENTRIES_MAX: usize = 16_384;

/// The decoded names and values of a form.
#[derive(Clone, Default)]
pub struct Form {
    text: String,
    /// Sorted by name; equal names in the order they came.
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
}

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormError {
    /// A name or value is not UTF-8 once decoded.
    Encoding,
    /// More than 16,384 names.
    TooLong,
}

impl std::fmt::Display for FormError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Encoding => "the form is not UTF-8",
            Self::TooLong => "the form has too many parameters",
        })
    }
}

impl std::error::Error for FormError {}

/// Names only: values may be secrets.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Form {
    /// Reads a form. A name without `=` has an empty value.
    ///
    /// # Errors
    /// Where it is not UTF-8, or has too many names.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let mut form = Self { text: String::with_capacity(bytes.len()), entries: Vec::new() };
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if form.entries.len() == ENTRIES_MAX {
                return Err(FormError::TooLong);
            }
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => pair.split_at(at),
                None => (pair, &[][..]),
            };
            let name = form.decode(name)?;
            let value = form.decode(value.strip_prefix(b"=").unwrap_or(value))?;
            form.entries.push(Entry { name, value });
        }
        let text = &form.text;
        let name = |entry: &Entry| text.get(entry.name.clone()).unwrap_or_default();
        form.entries.sort_by(|a, b| name(a).cmp(name(b)));
        Ok(form)
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<Range<usize>, FormError> {
        let start = self.text.len();
        if !bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            self.text.push_str(str::from_utf8(bytes).map_err(|_| FormError::Encoding)?);
            return Ok(start..self.text.len());
        }
        let spaced: Cow<'_, [u8]> = if bytes.contains(&b'+') {
            bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
        } else {
            Cow::Borrowed(bytes)
        };
        let decoded = percent_decode(&spaced).decode_utf8().map_err(|_| FormError::Encoding)?;
        self.text.push_str(&decoded);
        Ok(start..self.text.len())
    }

    /// The value of the name, case and all.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let at = self.first(0, self.entries.len(), 0, name, "");
        let entry = self.entries.get(at)?;
        (self.name(entry) == name).then(|| self.text_of(entry))
    }

    /// The names, sorted; a repeated one is named again.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| self.name(entry))
    }

    /// Names and values, sorted by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (self.name(entry), self.text_of(entry)))
    }

    fn name(&self, entry: &Entry) -> &str {
        self.text.get(entry.name.clone()).unwrap_or_default()
    }

    fn text_of(&self, entry: &Entry) -> &str {
        self.text.get(entry.value.clone()).unwrap_or_default()
    }

    /// The first of `low..high` whose name, from `at` on, is not less than `head` followed by
    /// `tail`.
    fn first(&self, low: usize, high: usize, at: usize, head: &str, tail: &str) -> usize {
        let slice = self.entries.get(low..high).unwrap_or_default();
        low + slice.partition_point(|entry| {
            let name = self.name(entry).as_bytes().get(at..).unwrap_or_default();
            let (start, rest) = name.split_at(name.len().min(head.len()));
            start.cmp(head.as_bytes()).then_with(|| rest.cmp(tail.as_bytes())).is_lt()
        })
    }
}

/// A name and all that continues it after a dot: `Tags`, with `Tags.member.1.Key` below it.
#[derive(Clone)]
pub struct Branch<'f> {
    form: &'f Form,
    value: Option<&'f str>,
    low: usize,
    high: usize,
    at: usize,
}

impl<'f> Branch<'f> {
    /// The whole form.
    pub fn root(form: &'f Form) -> Self {
        Self { form, value: None, low: 0, high: form.entries.len(), at: 0 }
    }

    /// The value that stands at this very name.
    pub fn value(&self) -> Option<&'f str> {
        self.value
    }

    /// Nothing continues this name.
    pub fn is_leaf(&self) -> bool {
        self.low == self.high
    }

    /// What stands at and below `segment`; None where nothing does.
    pub fn child(&self, segment: &str) -> Option<Self> {
        let form = self.form;
        let at_name = form.first(self.low, self.high, self.at, segment, "");
        let rest = self.rest(at_name)?;
        if !rest.starts_with(segment) {
            return None;
        }
        let value = (rest == segment).then(|| form.entries.get(at_name).map(|e| form.text_of(e)));
        let low = form.first(at_name, self.high, self.at, segment, ".");
        let high = form.first(low, self.high, self.at, segment, "/");
        let found =
            Self { form, value: value.flatten(), low, high, at: self.at + segment.len() + 1 };
        (found.value.is_some() || !found.is_leaf()).then_some(found)
    }

    /// The children named by numbers, in their order; None where a name is not a number.
    pub fn numbered(&self) -> Option<Vec<Self>> {
        let mut items: Vec<(u32, Self)> = Vec::new();
        let mut index = self.low;
        while index < self.high {
            let segment = self.rest(index)?.split('.').next()?;
            let number: u32 = segment.parse().ok()?;
            let item = self.child(segment)?;
            index = item.high.max(index + 1);
            items.push((number, item));
        }
        items.sort_by_key(|(number, _)| *number);
        items.dedup_by_key(|(number, _)| *number);
        Some(items.into_iter().map(|(_, item)| item).collect())
    }

    fn rest(&self, index: usize) -> Option<&'f str> {
        let entry = self.form.entries.get(index).filter(|_| index < self.high)?;
        self.form.name(entry).get(self.at..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_decodes_and_the_first_of_a_name_counts() {
        let form =
            Form::parse(b"Action=CreateUser&UserName=a%2Bb+c&Empty&UserName=later&&=x").unwrap();
        assert_eq!(form.value("UserName"), Some("a+b c"));
        assert_eq!(form.value("Empty"), Some(""));
        assert_eq!(form.value("User"), None);
        assert_eq!(Form::parse(b"a=%ff").err(), Some(FormError::Encoding));
        let long = "a=1&".repeat(ENTRIES_MAX + 1);
        assert_eq!(Form::parse(long.as_bytes()).err(), Some(FormError::TooLong));
    }

    #[test]
    fn items_come_in_the_order_of_their_numbers() {
        let text = b"T.member.10=j&T.member.2=b&T.member.1=a&T-x=1&T.member.2.Key=z";
        let form = Form::parse(text).unwrap();
        let list = Branch::root(&form).child("T").unwrap().child("member").unwrap();
        let items = list.numbered().unwrap();
        let values: Vec<_> = items.iter().filter_map(Branch::value).collect();
        assert_eq!(values, ["a", "b", "j"]);
        assert_eq!(items.get(1).unwrap().child("Key").unwrap().value(), Some("z"));
        let odd = Form::parse(b"T.x=1").unwrap();
        assert!(Branch::root(&odd).child("T").unwrap().numbered().is_none());
    }
}
