//! Entity tags: the MD5 of a body, or the MD5 of its parts' MD5s and their number; of bodies under
//! a customer's key sixteen bytes that say nothing.
//!
//! AWS: "Checking object integrity",
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use gateway::Cx;
use gateway::id::Alphabet;
use md5::{Digest as _, Md5};
use minicbor::{Decode, Encode};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ETag {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub md5: [u8; 16],
    /// Of an object that was uploaded in parts.
    #[n(1)]
    pub parts: Option<u32>,
}

impl ETag {
    pub const fn of_md5(md5: [u8; 16]) -> Self {
        Self { md5, parts: None }
    }

    /// Of a body under a customer's key: no digest of it, as on AWS.
    pub fn of_no_digest(cx: &Cx<'_>) -> Self {
        Self::of_md5(Md5::digest(cx.letters(Alphabet::Alphanumeric, 32)).into())
    }

    /// As it stands in headers and documents, in quotes.
    pub fn quoted(&self) -> String {
        format!("\"{self}\"")
    }

    /// True where `text` is this tag, in quotes or not.
    pub fn is(&self, text: &str) -> bool {
        let text = text.trim();
        let text = text.strip_prefix("W/").unwrap_or(text);
        text.trim_matches('"').eq_ignore_ascii_case(&self.to_string())
    }

    /// True where a list of tags, as in If-Match, has this one or is `*`.
    pub fn is_among(&self, list: &str) -> bool {
        list.split(',').any(|tag| tag.trim() == "*" || self.is(tag))
    }
}

impl std::fmt::Display for ETag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.md5))?;
        match self.parts {
            Some(parts) => write!(f, "-{parts}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_others_with_or_without_quotes() {
        let tag = ETag { md5: [0xab; 16], parts: Some(3) };
        let text = tag.to_string();
        assert_eq!(text, "abababababababababababababababab-3");
        assert!(tag.is(&text) && tag.is(&tag.quoted()));
        assert!(tag.is_among(&format!("\"x\", {}", tag.quoted())) && tag.is_among("*"));
        assert!(!tag.is_among("\"x\", abababababababababababababababab"));
    }
}
