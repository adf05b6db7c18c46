//! Identifiers in AWS's formats, from bytes that the id source gives.
//!
//! The visible ids (`AIDA…`, version ids, request ids) may come from a seeded source, so that a
//! test sees the same ids each time; keys and secrets never do. Formats: AWS, "IAM identifiers",
//! and public samples of encoded account ids.

use std::cell::RefCell;
use std::sync::Mutex;

use crate::AccountId;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const LOWER: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8; 16] = b"0123456789abcdef";
const SECRET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Where ids come from.
pub trait IdSource: Send + Sync {
    /// Fills `out` with bytes for visible ids.
    fn fill(&self, out: &mut [u8]);
}

/// Ids from the operating system's randomness.
#[derive(Debug, Default)]
pub struct RandomIds;

/// Bytes that a thread takes from the operating system at once: asking costs more than the bytes.
const AT_ONCE: usize = 512;

thread_local! {
    /// Random bytes, and how many of them were used. Visible ids only: no secret comes from here.
    static TAKEN: RefCell<([u8; AT_ONCE], usize)> = const { RefCell::new(([0; AT_ONCE], AT_ONCE)) };
}

impl IdSource for RandomIds {
    fn fill(&self, out: &mut [u8]) {
        TAKEN.with_borrow_mut(|(bytes, used)| {
            for byte in out {
                if *used >= AT_ONCE {
                    (*bytes, *used) = (entropy(), 0);
                }
                *byte = bytes.get(*used).copied().unwrap_or_default();
                *used = used.saturating_add(1);
            }
        });
    }
}

/// The same ids for the same seed: for tests, never for keys or secrets.
#[derive(Debug)]
pub struct SeededIds(Mutex<u64>);

impl SeededIds {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl IdSource for SeededIds {
    /// SplitMix64 (Steele, Lea and Flood, 2014): small, and good enough for names.
    fn fill(&self, out: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in out.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = *state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            chunk.iter_mut().zip(word.to_le_bytes()).for_each(|(byte, new)| *byte = new);
        }
    }
}

/// The letters of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// `A-Z2-7`
    Base32,
    /// `A-Za-z0-9`
    Alphanumeric,
    /// `A-Z0-9`
    Upper,
    /// `a-z0-9`
    Lower,
}

/// `length` letters of `alphabet`.
#[must_use]
pub fn text(source: &dyn IdSource, alphabet: Alphabet, length: usize) -> String {
    let letters: &[u8] = match alphabet {
        Alphabet::Base32 => BASE32,
        Alphabet::Alphanumeric => ALPHANUMERIC,
        Alphabet::Upper => UPPER,
        Alphabet::Lower => LOWER,
    };
    let mut bytes = vec![0; length];
    source.fill(&mut bytes);
    bytes.iter().map(|byte| letter(letters, usize::from(*byte))).collect()
}

/// A unique id (`AIDA…`, 21 characters) or access key id (`AKIA…`, `ASIA…`, 20) that carries its
/// account.
#[must_use]
pub fn unique_id(source: &dyn IdSource, prefix: &str, account: AccountId) -> String {
    let mut random = [0; 6];
    source.fill(&mut random);
    let [low, tail @ ..] = random;
    let head = (1u64 << 47) | (account.number() << 7) | u64::from(low & 0x7f);
    let mut bytes = [0u8; 10];
    let packed = head.to_be_bytes().into_iter().skip(2).chain(tail.into_iter().take(4));
    bytes.iter_mut().zip(packed).for_each(|(byte, new)| *byte = new);
    let mut id = format!("{prefix}{}", base32(&bytes));
    if !matches!(prefix, "AKIA" | "ASIA") {
        id.push(letter(BASE32, usize::from(tail[4])));
    }
    id
}

/// The account that an access key id or unique id carries; None for ids of no known form.
#[must_use]
pub fn account_of(id: &str) -> Option<AccountId> {
    let mut value: u128 = 0;
    let body = id.as_bytes().get(4..20)?;
    for byte in body {
        let digit = BASE32.iter().position(|letter| letter == byte)?;
        value = (value << 5) | digit as u128;
    }
    let head = u64::try_from(value >> 32).ok()?;
    AccountId::from_number((head & 0x7fff_ffff_ff80) >> 7)
}

/// A version 4 UUID.
#[must_use]
pub fn uuid(source: &dyn IdSource) -> String {
    let mut bytes = [0u8; 16];
    source.fill(&mut bytes);
    let value =
        (u128::from_be_bytes(bytes) & !(0xf000 << 64) & !(0xc << 60)) | (0x4000 << 64) | (8 << 60);
    let mut out = String::with_capacity(36);
    for place in 0..32_u32 {
        if matches!(place, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(letter(HEX, ((value >> (124 - 4 * place)) & 15) as usize));
    }
    out
}

/// A secret access key: 40 characters, always from the operating system.
#[must_use]
pub fn secret_access_key() -> store::Secret {
    let bytes: [u8; 40] = entropy();
    let text: String = bytes.iter().map(|byte| letter(SECRET, usize::from(*byte))).collect();
    store::Secret::from(text)
}

/// Bytes of the operating system. A system without randomness can keep no secret: the server stops
/// at once.
pub(crate) fn entropy<const N: usize>() -> [u8; N] {
    store::random().unwrap_or_else(|error| {
        tracing::error!(%error, "the operating system gives no randomness");
        std::process::abort()
    })
}

/// RFC 4648 base32 without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let groups = bytes.chunks(5).flat_map(|chunk| {
        let whole = (0..5).fold(0u64, |whole, at| {
            (whole << 8) | u64::from(chunk.get(at).copied().unwrap_or_default())
        });
        let letters = (chunk.len() * 8).div_ceil(5);
        (0..letters).map(move |at| whole >> (35 - 5 * at))
    });
    groups.map(|five| letter(BASE32, usize::try_from(five & 31).unwrap_or_default())).collect()
}

/// The letter at `index`, counted round and round.
fn letter(letters: &[u8], index: usize) -> char {
    index
        .checked_rem(letters.len())
        .and_then(|place| letters.get(place))
        .map_or('A', |byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc() {
        for (text, expected) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(text.as_bytes()), expected);
        }
    }

    #[test]
    fn unique_ids_carry_their_account() {
        let account = AccountId::parse("123456789012").expect("digits");
        let ids = SeededIds::new(7);
        for (prefix, length) in [("AIDA", 21), ("AROA", 21), ("AKIA", 20), ("ASIA", 20)] {
            let id = unique_id(&ids, prefix, account);
            assert_eq!(id.len(), length, "{id}");
            assert_eq!(account_of(&id), Some(account), "{id}");
        }
    }

    /// Public samples, see "A short note on AWS key id" (Tal Be'ery, 2023).
    #[test]
    fn public_samples_decode_to_their_account() {
        let account = |id| account_of(id).map(|account| account.to_string());
        assert_eq!(account("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
        assert_eq!(account("AIDAWHEOTHRF6HVELNEF5").as_deref(), Some("427648302155"));
        assert_eq!(account("short"), None);
    }

    #[test]
    fn random_ids_do_not_repeat_where_new_bytes_are_taken() {
        let ids: std::collections::BTreeSet<String> = (0..200).map(|_| uuid(&RandomIds)).collect();
        assert_eq!(ids.len(), 200);
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (one, two) = (SeededIds::new(1), SeededIds::new(1));
        assert_eq!(uuid(&one), uuid(&two));
        assert_ne!(uuid(&one), uuid(&SeededIds::new(2)));
    }

    #[test]
    fn uuids_are_of_version_4() {
        let id = uuid(&SeededIds::new(3));
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
    }
}
