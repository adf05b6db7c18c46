//! The request context: the condition keys of one request and their values.
//!
//! Keys are case-insensitive, values are text. A key that is absent and a key whose value is the
//! empty string are different; a multivalued key without any value counts as absent (AWS: "null
//! data set").
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::borrow::Cow;

/// A value: static text costs nothing to insert.
pub type Text = Cow<'static, str>;

/// Condition keys and their values. Small: a list, searched in order.
#[derive(Clone, Debug, Default)]
pub struct Context {
    entries: Vec<(Text, Values)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Values {
    One(Text),
    Many(Vec<Text>),
    /// Of a single-valued key, under names that differ in case alone.
    Each(Vec<Text>),
}

impl Context {
    pub fn new() -> Self {
        Self::default()
    }

    /// With room for so many keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self { entries: Vec::with_capacity(keys) }
    }

    /// Sets a single-valued key, replacing what was there.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Text>) {
        self.set(key.into(), Values::One(value.into()));
    }

    /// Sets a multivalued key (`aws:TagKeys`, `aws:CalledVia`), replacing what was there.
    pub fn insert_values<V: Into<Text>>(
        &mut self,
        key: impl Into<Text>,
        values: impl IntoIterator<Item = V>,
    ) {
        self.set(key.into(), Values::Many(values.into_iter().map(Into::into).collect()));
    }

    /// Sets a single-valued key beside what stands there under the same name in another case. Tags
    /// may be so named where a service tells their case apart, and policies do not: what allows
    /// must then hold of each value, what denies of any.
    pub fn insert_beside(&mut self, key: impl Into<Text>, value: impl Into<Text>) {
        let (key, value) = (key.into(), value.into());
        let known = self.entries.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&key));
        match known.map(|(_, values)| values) {
            None => self.entries.push((key, Values::One(value))),
            Some(Values::Many(values) | Values::Each(values)) => values.push(value),
            Some(Values::One(known)) if *known == value => {}
            Some(one) => {
                let known = one.as_slice().iter().cloned();
                *one = Values::Each(known.chain([value]).collect());
            }
        }
    }

    /// The values of a key in the order given; `None` when it is absent.
    pub fn values(&self, key: &str) -> Option<&[Text]> {
        self.get(key).map(Values::as_slice)
    }

    /// Each key with its values, in the order inserted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Text])> {
        self.entries.iter().map(|(key, values)| (key.as_ref(), values.as_slice()))
    }

    /// All of it in one piece of memory: how a context is kept for later.
    pub fn pack(&self) -> Box<[u8]> {
        let sizes = self.entries.iter().map(|(key, values)| {
            let values = values.as_slice().iter();
            values.map(|value| value.len().saturating_add(4)).sum::<usize>() + key.len() + 8
        });
        let mut packed = Vec::with_capacity(sizes.sum());
        let text = |packed: &mut Vec<u8>, text: &str| {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            packed.extend_from_slice(&length.to_le_bytes());
            packed.extend_from_slice(text.as_bytes());
        };
        for (key, values) in &self.entries {
            let count = |values: &Vec<Text>| u32::try_from(values.len()).unwrap_or(0);
            let count = match values {
                Values::One(_) => ONE,
                Values::Many(values) => count(values),
                Values::Each(values) => count(values) | EACH,
            };
            text(&mut packed, key);
            packed.extend_from_slice(&count.to_le_bytes());
            values.as_slice().iter().for_each(|value| text(&mut packed, value));
        }
        packed.into_boxed_slice()
    }

    /// What [`Context::pack`] packed; of anything else, as much as can be read.
    pub fn unpack(mut packed: &[u8]) -> Self {
        let mut entries = Vec::new();
        while let Some(entry) = unpack_entry(&mut packed) {
            entries.push(entry);
        }
        Self { entries }
    }

    fn set(&mut self, key: Text, values: Values) {
        match self.entries.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&key)) {
            Some(entry) => entry.1 = values,
            None => self.entries.push((key, values)),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Values> {
        let (_, values) = self.entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        Some(values)
    }

    /// The value a policy variable stands for: AWS does not substitute multivalued keys.
    pub(crate) fn variable(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Values::One(value) => Some(value),
            Values::Many(_) | Values::Each(_) => None,
        }
    }
}

/// Stands for a single value, which is not the same as a list of one.
const ONE: u32 = u32::MAX;
/// Marks the count of [`Values::Each`].
const EACH: u32 = 1 << 31;

fn unpack_entry(packed: &mut &[u8]) -> Option<(Text, Values)> {
    let key = unpack_text(packed)?;
    let values = match unpack_number(packed)? {
        ONE => Values::One(unpack_text(packed)?),
        count => {
            let values = (0..count & !EACH).map(|_| unpack_text(packed)).collect::<Option<_>>()?;
            if count & EACH == 0 { Values::Many(values) } else { Values::Each(values) }
        }
    };
    Some((key, values))
}

fn unpack_text(packed: &mut &[u8]) -> Option<Text> {
    let length = usize::try_from(unpack_number(packed)?).ok()?;
    let (text, rest) = packed.split_at_checked(length)?;
    *packed = rest;
    Some(String::from_utf8(text.to_vec()).ok()?.into())
}

fn unpack_number(packed: &mut &[u8]) -> Option<u32> {
    let (number, rest) = packed.split_first_chunk::<4>()?;
    *packed = rest;
    Some(u32::from_le_bytes(*number))
}

impl Values {
    pub(crate) fn as_slice(&self) -> &[Text] {
        match self {
            Values::One(value) => std::slice::from_ref(value),
            Values::Many(values) | Values::Each(values) => values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_whatever_their_case_and_replaced_when_set_again() {
        let mut context = Context::new();
        context.insert("aws:RequestTag/Team", "red");
        context.insert("AWS:requesttag/TEAM", "blue");
        assert_eq!(context.values("aws:requestTag/team"), Some(&[Text::from("blue")][..]));
        assert_eq!(context.iter().count(), 1);
    }

    #[test]
    fn a_multivalued_key_is_no_variable() {
        let mut context = Context::new();
        context.insert_values("aws:TagKeys", ["one"]);
        assert_eq!(context.variable("aws:TagKeys"), None);
        assert_eq!(context.values("aws:TagKeys").map(<[Text]>::len), Some(1));
    }

    #[test]
    fn what_was_packed_is_unpacked_as_it_was() {
        let mut context = Context::new();
        context.insert("aws:username", "é\0\"");
        context.insert("s3:prefix", "");
        context.insert_values("aws:TagKeys", ["one"]);
        context.insert_values("aws:CalledVia", ["a", "b"]);
        context.insert_values("none", Vec::<String>::new());
        context.insert_beside("aws:RequestTag/team", "red");
        context.insert_beside("aws:RequestTag/TEAM", "blue");
        let packed = context.pack();
        let unpacked = Context::unpack(&packed);
        assert_eq!(format!("{unpacked:?}"), format!("{context:?}"));
        for end in 0..packed.len() {
            assert!(Context::unpack(&packed[..end]).iter().count() < 6);
        }
    }
}
