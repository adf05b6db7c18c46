//! The `Credential` of an authorization: an access key id and the scope of the signing key.

use std::borrow::Cow;

/// `AKID/YYYYMMDD/region/service/aws4_request`, split but not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential<'a> {
    text: Cow<'a, str>,
    slashes: [usize; 4],
}

impl<'a> Credential<'a> {
    /// None unless the text has exactly five parts.
    pub(crate) fn parse(text: Cow<'a, str>) -> Option<Self> {
        let mut found = text.bytes().enumerate().filter(|(_, b)| *b == b'/').map(|(at, _)| at);
        let slashes = [found.next()?, found.next()?, found.next()?, found.next()?];
        let more = found.next().is_some();
        (!more).then_some(Self { text, slashes })
    }

    /// Access key id, date, region, service and terminator, joined.
    pub(crate) fn of(parts: [&str; 5]) -> Self {
        let [id, date, region, service, _] = parts.map(str::len);
        let second = id + 1 + date;
        let third = second + 1 + region;
        let slashes = [id, second, third, third + 1 + service];
        Self { text: Cow::Owned(parts.join("/")), slashes }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The access key id; may be empty.
    pub fn access_key_id(&self) -> &str {
        let [first, ..] = self.slashes;
        self.part(None, Some(first))
    }

    /// `YYYYMMDD`, if the client kept to the form.
    pub fn date(&self) -> &str {
        let [first, second, ..] = self.slashes;
        self.part(Some(first), Some(second))
    }

    pub fn region(&self) -> &str {
        let [_, second, third, _] = self.slashes;
        self.part(Some(second), Some(third))
    }

    pub fn service(&self) -> &str {
        let [_, _, third, fourth] = self.slashes;
        self.part(Some(third), Some(fourth))
    }

    /// `aws4_request`, if the client kept to the form.
    pub fn terminator(&self) -> &str {
        let [.., fourth] = self.slashes;
        self.part(Some(fourth), None)
    }

    /// All but the access key id: `YYYYMMDD/region/service/aws4_request`.
    pub fn scope(&self) -> &str {
        let [first, ..] = self.slashes;
        self.part(Some(first), None)
    }

    fn part(&self, after: Option<usize>, before: Option<usize>) -> &str {
        let start = after.map_or(0, |slash| slash + 1);
        self.text.get(start..before.unwrap_or(self.text.len())).unwrap_or_default()
    }
}
