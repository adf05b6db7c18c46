//! Policy documents: checked once, compiled once, measured and written as IAM does.
//!
//! Compiling is a pure function of text and kind, so its results are kept for the whole process and
//! shared by all accounts. Deliberately absent: who a document belongs to.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use gateway::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use policy::{Invalid, Kind, Policy};

use crate::error;

/// How many compiled documents are kept; all are dropped when it is reached.
const KEPT_MAX: usize = 1024;

/// Documents longer than this are compiled each time, so that what is kept stays small.
const KEPT_LENGTH_MAX: usize = 16 * 1024;

/// RFC 3986: everything but the unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

type Kept = RwLock<HashMap<Kind, HashMap<String, Policy>>>;

/// The compiled document.
///
/// # Errors
/// [`Invalid`] with AWS's sentence.
pub fn compile(text: &str, kind: Kind) -> Result<Policy, Invalid> {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    let kept = KEPT.get_or_init(Kept::default);
    let found = {
        let kept = kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(&kind).and_then(|texts| texts.get(text).cloned())
    };
    if let Some(policy) = found {
        return Ok(policy);
    }
    let policy = Policy::parse(text, kind)?;
    if text.len() <= KEPT_LENGTH_MAX {
        let mut kept = kept.write().unwrap_or_else(PoisonError::into_inner);
        let texts = kept.entry(kind).or_default();
        if texts.len() >= KEPT_MAX {
            texts.clear();
        }
        texts.insert(text.to_owned(), policy.clone());
    }
    Ok(policy)
}

/// Checks a document that is to be kept.
///
/// # Errors
/// MalformedPolicyDocument.
pub fn check(text: &str, kind: Kind) -> Result<Policy, Error> {
    compile(text, kind).map_err(|invalid| error::malformed_policy(invalid.message))
}

/// The compiled form of a document that was checked when it was kept.
///
/// # Errors
/// An internal failure: a document that no longer reads may have denied, so it is not passed over.
pub fn kept(text: &str, kind: Kind) -> Result<Policy, Error> {
    compile(text, kind).map_err(|invalid| {
        Error::internal(format!("a kept policy does not parse: {}", invalid.message))
    })
}

/// The size that quotas count, in characters: IAM does not count white space.
#[must_use]
pub fn size(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// As IAM's answers carry documents: URL-encoded (RFC 3986).
#[must_use]
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_escaped_as_rfc_3986_says() {
        assert_eq!(
            encoded("{\"a b\": \"é~-._%2F\"}"),
            "%7B%22a%20b%22%3A%20%22%C3%A9~-._%252F%22%7D"
        );
    }

    #[test]
    fn white_space_is_not_counted() {
        assert_eq!(size("{ \"a\":\n\t1 }"), 7);
    }
}
