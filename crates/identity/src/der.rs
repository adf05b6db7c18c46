//! ASN.1 elements in the Distinguished Encoding Rules: one behind the other, none copied.
//!
//! Pure, and as strict as reading needs: lengths are definite and in their shortest form.
//! Deliberately absent: writing, and tags of more than a byte.
//! ITU-T X.690: <https://www.itu.int/rec/T-REC-X.690>

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
/// `[0]` and `[1]`, explicit.
pub const CONTEXT_0: u8 = 0xa0;
pub const CONTEXT_1: u8 = 0xa1;

/// An element: its tag, what is in it, and all of it.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    pub tag: u8,
    pub value: &'a [u8],
    pub whole: &'a [u8],
}

/// Elements that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, whatever it is.
    pub fn element(&mut self) -> Option<Element<'a>> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = length(*first, rest)?;
        let (value, behind) = rest.split_at_checked(length)?;
        let (whole, _) = self.0.split_at_checked(self.0.len().checked_sub(behind.len())?)?;
        self.0 = behind;
        Some(Element { tag: *tag, value, whole })
    }

    /// What is in the next element, where it is of that tag.
    pub fn of(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.optional(tag)
    }

    /// The elements in the next one, a sequence.
    pub fn sequence(&mut self) -> Option<Self> {
        self.of(SEQUENCE).map(Self)
    }

    /// What is in the next element where it is of that tag; else nothing is read.
    pub fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let element = ahead.element().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element.value)
    }

    /// A positive integer without leading zeros.
    pub fn unsigned(&mut self) -> Option<&'a [u8]> {
        let bytes = self.of(INTEGER)?;
        match bytes {
            [] => None,
            [0, rest @ ..] => Some(rest),
            [first, ..] => (*first < 0x80).then_some(bytes),
        }
    }

    /// A bit string of whole bytes.
    pub fn bits(&mut self) -> Option<&'a [u8]> {
        match self.of(BIT_STRING)? {
            [0, bytes @ ..] => Some(bytes),
            _ => None,
        }
    }
}

fn length(first: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return None;
    }
    let (bytes, rest) = rest.split_at_checked(count)?;
    let length = bytes.iter().try_fold(0usize, |length, byte| {
        length.checked_mul(256).and_then(|length| length.checked_add(usize::from(*byte)))
    })?;
    let is_shortest = length >= 0x80 && bytes.first() != Some(&0);
    is_shortest.then_some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_one_behind_the_other() {
        let mut reader = Reader::new(&[0x30, 0x03, 0x02, 0x01, 0x05, 0x04, 0x00]);
        let mut inner = reader.sequence().expect("a sequence");
        assert_eq!(inner.unsigned(), Some([5].as_slice()));
        assert!(inner.is_empty());
        assert_eq!(reader.optional(INTEGER), None);
        assert_eq!(reader.of(OCTET_STRING), Some([].as_slice()));
        assert!(reader.is_empty());
    }

    #[test]
    fn what_is_cut_short_or_not_in_its_shortest_form_is_no_element() {
        for bytes in [
            [0x30].as_slice(),
            &[0x30, 0x01],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x81, 0x01, 0x00],
            &[0x30, 0x82, 0x00, 0x80],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x1f, 0x01, 0x00],
        ] {
            assert!(Reader::new(bytes).element().is_none(), "{bytes:02x?}");
        }
    }
}
