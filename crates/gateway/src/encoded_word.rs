//! Encoded words: how values of metadata that are more than printable ASCII stand in headers.
//!
//! S3 decodes them where it stores them and encodes what it answers, as JavaMail does: Q where most
//! characters are ASCII, else B, in words of at most 75 letters. What is no such word stays as it
//! is. RFC 2047; AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Letters of a word, without its frame and the charset's name.
const WORD_MAX: usize = 63;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text as a header shows it: itself where it is printable ASCII.
#[must_use]
pub fn encode(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) { Cow::Borrowed(text) } else { Cow::Owned(words(text)) }
}

/// A text as a header brings it that is to be read as it stands, though it looks like a word.
#[must_use]
pub fn protect(text: &str) -> Cow<'_, str> {
    if text.contains("=?") { Cow::Owned(words(text)) } else { encode(text) }
}

/// What a header says. Spaces between two words belong to neither.
#[must_use]
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let (mut out, mut space, mut after_word) = (String::new(), String::new(), false);
    for token in text.split_inclusive([' ', '\t']) {
        let bare = token.trim_end_matches([' ', '\t']);
        match decoded(bare) {
            _ if bare.is_empty() => {}
            Some(word) => {
                if !after_word {
                    out.push_str(&space);
                }
                out.push_str(&word);
                (after_word, space) = (true, String::new());
            }
            None => {
                out.push_str(&space);
                out.push_str(bare);
                (after_word, space) = (false, String::new());
            }
        }
        space.push_str(token.strip_prefix(bare).unwrap_or_default());
    }
    out.push_str(&space);
    Cow::Owned(out)
}

const fn is_printable(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\t')
}

fn words(text: &str) -> String {
    let units = |plain: bool| {
        let counted = text.chars().filter(|letter| is_printable(*letter) == plain);
        counted.map(char::len_utf16).sum::<usize>()
    };
    let mut out = String::new();
    word(text, units(true) <= units(false), &mut out);
    out
}

/// Halves a text until its pieces fit.
fn word(text: &str, binary: bool, out: &mut String) {
    let body = if binary { BASE64.encode(text) } else { quoted(text) };
    let units: usize = text.chars().map(char::len_utf16).sum();
    if body.len() > WORD_MAX && units > 2 {
        let mut before = 0usize;
        let half = text.char_indices().find(|(_, letter)| {
            before = before.saturating_add(letter.len_utf16());
            before > units / 2
        });
        if let Some((at, _)) = half.filter(|(at, _)| *at > 0)
            && let Some((first, second)) = text.split_at_checked(at)
        {
            word(first, binary, out);
            word(second, binary, out);
            return;
        }
    }
    let space = if out.is_empty() { "" } else { " " };
    let kind = if binary { 'B' } else { 'Q' };
    // Writing to a string never fails.
    let _ = write!(out, "{space}=?UTF-8?{kind}?{body}?=");
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('_'),
            b'=' | b'_' | b'?' | 0..b' ' | 0x7F.. => {
                let _ = write!(out, "={byte:02X}");
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}

/// `=?charset?encoding?text?=`
fn decoded(word: &str) -> Option<String> {
    let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let (charset, rest) = inner.split_once('?')?;
    let (kind, body) = rest.split_once('?')?;
    let bytes = match kind {
        "Q" | "q" => unquoted(body)?,
        "B" | "b" => from_base64(body.as_bytes()),
        _ => return None,
    };
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "us-ascii" => Some(String::from_utf8_lossy(&bytes).into_owned()),
        "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
        _ => None,
    }
}

fn unquoted(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    Some(out)
}

/// As JavaMail reads it: what is no letter of the alphabet sets all bits from it upwards, and what
/// is left of four letters is nothing.
fn from_base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for group in text.chunks_exact(4) {
        let padding = group.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
        let sum = group.iter().enumerate().fold(0u32, |sum, (at, byte)| {
            let place = ALPHABET.iter().position(|letter| letter == byte);
            let is_padding = *byte == b'=' && at.saturating_add(padding) >= 4;
            let value = if is_padding { Some(0) } else { place };
            (sum << 6) | value.and_then(|value| u32::try_from(value).ok()).unwrap_or(u32::MAX)
        });
        let bytes = sum.to_be_bytes();
        out.extend(bytes.into_iter().skip(1).take(3usize.saturating_sub(padding)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded of S3, but for the last, which it would let through.
    #[test]
    fn texts_are_encoded_as_s3_does() {
        let cases = [
            ("abc ~\t", "abc ~\t"),
            ("=?UTF-8?Q?actually-ascii?=", "=?UTF-8?Q?actually-ascii?="),
            ("ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
            (
                "test_—_file%E2%80%94_é_2?.pdf",
                "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?=",
            ),
            ("\0\u{1}\u{2}\u{3}", "=?UTF-8?B?AAECAw==?="),
            ("\u{fffd}a\u{fffd}", "=?UTF-8?B?77+9Ye+/vQ==?="),
            ("a\r\nb", "=?UTF-8?B?YQ0KYg==?="),
        ];
        for (text, expected) in cases {
            assert_eq!(encode(text), expected);
            assert_eq!(decode(&protect(text)), text);
        }
        assert_eq!(decode("=?UTF-8?B?=GGG?="), "\u{fffd}a\u{fffd}");
        assert_eq!(decode("=?UTF-8?B?YWJj?="), "abc");
    }

    #[test]
    fn long_texts_are_several_words_and_read_as_one() {
        let text = "é, and so on ".repeat(20);
        let shown = encode(&text);
        assert!(shown.split(' ').all(|word| word.len() <= 75 && decoded(word).is_some()));
        assert_eq!(decode(&shown), text);
        assert_eq!(encode("👑👑"), "=?UTF-8?B?8J+RkfCfkZE=?=");
    }

    #[test]
    fn what_is_no_word_stays_as_it_is() {
        for text in
            ["=?", "a =? b", "=?UTF-8?X?a?=", "=?klingon?Q?a?=", "=?UTF-8?Q?=4?=", "=?UTF-8?Q?"]
        {
            assert_eq!(decode(text), text);
        }
        assert_eq!(decode("a  =?UTF-8?Q?b?= =?UTF-8?Q?c?=  d "), "a  bc  d ");
    }
}
