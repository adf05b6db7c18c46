//! Keys as bytes in the order of their values: what makes a prefix a range.
//!
//! | Type | Bytes |
//! |---|---|
//! | `u8`, `u16`, `u32`, `u64` | big-endian |
//! | `Reverse<u64>` | the complement, big-endian: the newest first |
//! | `bool` | `00` or `01` |
//! | `[u8; N]` | as they are |
//! | `String`, `Vec<u8>` | each `00` as `00 FF`, then `00 00` at the end |
//! | tuples of two to six | one part behind the other |
//!
//! The end mark sorts before each continuation (`"a"` before `"a\0"` before `"ab"`), and no encoded
//! key is the beginning of another of its type, so that tuples sort part by part.
//!
//! A table names the owned type of its keys ([`Key`]); calls take whatever stands for it
//! ([`AsKey`]): `&str` for `String`, `(&account, name)` for `(String, String)`.

use std::cmp::Reverse;

/// A key that can be read back.
pub trait Key: Sized {
    /// Takes this key off the front of `input`; none when it does not begin with one.
    fn decode(input: &mut &[u8]) -> Option<Self>;
}

/// Something that stands for a key of type `K`.
pub trait AsKey<K> {
    fn encode(&self, out: &mut Vec<u8>);
}

/// Something that stands for the beginning of a key of type `K`: `()` for no part of it, a shorter
/// tuple for its first parts, with a [`Partial`] string as the last one if need be.
pub trait PrefixOf<K> {
    fn encode(&self, out: &mut Vec<u8>);
}

/// The beginning of a string within a key, as in a listing by prefix.
#[derive(Clone, Copy, Debug)]
pub struct Partial<T>(pub T);

impl<K, T: AsKey<K> + ?Sized> AsKey<K> for &T {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }
}

impl<K> PrefixOf<K> for () {
    fn encode(&self, _: &mut Vec<u8>) {}
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl AsKey<$integer> for $integer {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
        }

        impl Key for $integer {
            fn decode(input: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = input.split_first_chunk()?;
                *input = rest;
                Some(Self::from_be_bytes(*bytes))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64);

impl AsKey<Reverse<u64>> for Reverse<u64> {
    fn encode(&self, out: &mut Vec<u8>) {
        AsKey::encode(&!self.0, out);
    }
}

impl Key for Reverse<u64> {
    fn decode(input: &mut &[u8]) -> Option<Self> {
        u64::decode(input).map(|complement| Reverse(!complement))
    }
}

impl AsKey<bool> for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Key for bool {
    fn decode(input: &mut &[u8]) -> Option<Self> {
        match u8::decode(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<const N: usize> AsKey<[u8; N]> for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

impl<const N: usize> Key for [u8; N] {
    fn decode(input: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = input.split_first_chunk()?;
        *input = rest;
        Some(*bytes)
    }
}

macro_rules! strings {
    ($($owned:ty: $($borrowed:ty),*;)*) => {$($(
        impl AsKey<$owned> for $borrowed {
            fn encode(&self, out: &mut Vec<u8>) {
                escape(self.as_ref(), out);
                out.extend_from_slice(&[0, 0]);
            }
        }
    )*)*};
}

strings! {
    String: String, str;
    Vec<u8>: Vec<u8>, [u8];
}

impl Key for Vec<u8> {
    fn decode(input: &mut &[u8]) -> Option<Self> {
        let mut bytes = Vec::new();
        loop {
            let zero = input.iter().position(|byte| *byte == 0)?;
            let (plain, rest) = input.split_at_checked(zero)?;
            bytes.extend_from_slice(plain);
            let (mark, rest) = rest.split_first_chunk::<2>()?;
            *input = rest;
            match mark {
                [0, 0xFF] => bytes.push(0),
                [0, 0] => return Some(bytes),
                _ => return None,
            }
        }
    }
}

impl Key for String {
    fn decode(input: &mut &[u8]) -> Option<Self> {
        String::from_utf8(Vec::decode(input)?).ok()
    }
}

fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    for byte in bytes {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xFF);
        }
    }
}

impl<T: AsRef<[u8]>> Partial<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        escape(self.0.as_ref(), out);
    }
}

impl<T: AsRef<[u8]>> PrefixOf<String> for Partial<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        Partial::encode(self, out);
    }
}

impl<T: AsRef<[u8]>> PrefixOf<Vec<u8>> for Partial<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        Partial::encode(self, out);
    }
}

macro_rules! tuples {
    ($(($($part:ident $as:ident $index:tt),+);)*) => {$(
        impl<$($part,)+ $($as: AsKey<$part>),+> AsKey<($($part,)+)> for ($($as,)+) {
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$index.encode(out);)+
            }
        }

        impl<$($part: Key),+> Key for ($($part,)+) {
            fn decode(input: &mut &[u8]) -> Option<Self> {
                Some(($($part::decode(input)?,)+))
            }
        }
    )*};
}

tuples! {
    (A X 0, B Y 1);
    (A X 0, B Y 1, C Z 2);
    (A X 0, B Y 1, C Z 2, D W 3);
    (A X 0, B Y 1, C Z 2, D W 3, E V 4);
    (A X 0, B Y 1, C Z 2, D W 3, E V 4, F U 5);
}

/// The first parts of a tuple, whole.
macro_rules! wholes {
    ($(($($part:ident $as:ident $index:tt),+) of ($($rest:ident),+);)*) => {$(
        impl<$($part,)+ $($rest,)+ $($as: AsKey<$part>),+> PrefixOf<($($part,)+ $($rest,)+)>
            for ($($as,)+)
        {
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$index.encode(out);)+
            }
        }
    )*};
}

wholes! {
    (A X 0) of (B);
    (A X 0) of (B, C);
    (A X 0, B Y 1) of (C);
    (A X 0) of (B, C, D);
    (A X 0, B Y 1) of (C, D);
    (A X 0, B Y 1, C Z 2) of (D);
    (A X 0) of (B, C, D, E);
    (A X 0, B Y 1) of (C, D, E);
    (A X 0, B Y 1, C Z 2) of (D, E);
    (A X 0, B Y 1, C Z 2, D W 3) of (E);
    (A X 0) of (B, C, D, E, F);
    (A X 0, B Y 1) of (C, D, E, F);
    (A X 0, B Y 1, C Z 2) of (D, E, F);
    (A X 0, B Y 1, C Z 2, D W 3) of (E, F);
    (A X 0, B Y 1, C Z 2, D W 3, E V 4) of (F);
}

/// The first parts of a tuple with a partial string behind them.
macro_rules! partials {
    ($(($($part:ident $as:ident $index:tt),*) $last:tt of ($($rest:ident),*);)*) => {$(
        impl<$($part,)* $($rest,)* $($as: AsKey<$part>,)* P: AsRef<[u8]>>
            PrefixOf<($($part,)* String, $($rest,)*)> for ($($as,)* Partial<P>,)
        {
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$index.encode(out);)*
                Partial::encode(&self.$last, out);
            }
        }
    )*};
}

partials! {
    () 0 of (B);
    (A X 0) 1 of ();
    () 0 of (B, C);
    (A X 0) 1 of (C);
    (A X 0, B Y 1) 2 of ();
    () 0 of (B, C, D);
    (A X 0) 1 of (C, D);
    (A X 0, B Y 1) 2 of (D);
    (A X 0, B Y 1, C Z 2) 3 of ();
    () 0 of (B, C, D, E);
    (A X 0) 1 of (C, D, E);
    (A X 0, B Y 1) 2 of (D, E);
    (A X 0, B Y 1, C Z 2) 3 of (E);
    (A X 0, B Y 1, C Z 2, D W 3) 4 of ();
    () 0 of (B, C, D, E, F);
    (A X 0) 1 of (C, D, E, F);
    (A X 0, B Y 1) 2 of (D, E, F);
    (A X 0, B Y 1, C Z 2) 3 of (E, F);
    (A X 0, B Y 1, C Z 2, D W 3) 4 of (F);
    (A X 0, B Y 1, C Z 2, D W 3, E V 4) 5 of ();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes<K>(key: impl AsKey<K>) -> Vec<u8> {
        let mut out = Vec::new();
        key.encode(&mut out);
        out
    }

    proptest! {
        #[test]
        fn keys_read_back_and_sort_as_their_values(
            a: (String, Vec<u8>, u64, [u8; 3], bool),
            b: (String, Vec<u8>, u64, [u8; 3], bool),
        ) {
            let (left, right) = (bytes(&a), bytes(&b));
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
            let mut input = left.as_slice();
            prop_assert_eq!(Key::decode(&mut input), Some(a));
            prop_assert!(input.is_empty());
        }

        #[test]
        fn short_strings_of_zeros_and_ones_sort_as_their_values(
            a in proptest::collection::vec(0u8..2, 0..5),
            b in proptest::collection::vec(0u8..2, 0..5),
            tail: u8,
        ) {
            let (left, right) = ((a, tail), (b, 7u8));
            let order = bytes::<(Vec<u8>, u8)>((&left.0, left.1))
                .cmp(&bytes::<(Vec<u8>, u8)>((&right.0, right.1)));
            prop_assert_eq!(order, left.cmp(&right));
        }

        #[test]
        fn reading_a_key_from_any_bytes_never_panics(input: Vec<u8>) {
            let mut rest = input.as_slice();
            let _ = <(String, Vec<u8>, Reverse<u64>)>::decode(&mut rest);
        }
    }

    #[test]
    fn a_partial_string_is_the_beginning_of_each_key_that_continues_it() {
        let mut prefix = Vec::new();
        PrefixOf::<(String, String)>::encode(&("123", Partial("photos/")), &mut prefix);
        assert!(bytes::<(String, String)>(("123", "photos/cat")).starts_with(&prefix));
        assert!(bytes::<(String, String)>(("123", "photos/")).starts_with(&prefix));
        assert!(!bytes::<(String, String)>(("123", "photo")).starts_with(&prefix));
    }

    #[test]
    fn the_newest_comes_first_under_reverse() {
        assert!(bytes(Reverse(2u64)) < bytes(Reverse(1u64)));
    }
}
