//! Tags of buckets and objects: read from documents and headers, checked, shown.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

use std::collections::BTreeMap;

use api::s3::Tag;
use api::s3::error as code;
use gateway::Error;

use crate::{error, text};

pub type Tags = BTreeMap<String, String>;

/// What carries tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Bucket,
    Object,
}

/// The tags that CloudFormation gives to what it makes.
const SYSTEM: [&str; 3] = [
    "aws:cloudformation:logical-id",
    "aws:cloudformation:stack-id",
    "aws:cloudformation:stack-name",
];
const KEY_MAX: usize = 128;
const VALUE_MAX: usize = 256;

/// The tags of a document.
///
/// # Errors
/// InvalidTag, BadRequest where there are too many.
pub fn document(given: &[Tag], of: Of) -> Result<Tags, Error> {
    let mut tags = Tags::new();
    for tag in given {
        check(&tag.key, &tag.value, of)?;
        if tags.insert(tag.key.clone(), tag.value.clone()).is_some() {
            return Err(twice(&tag.key));
        }
    }
    check_count(&tags, of)?;
    Ok(tags)
}

/// The tags of a document that is to stand in the place of `before`. System tags are CloudFormation's
/// alone to give; whoever else puts tags says them as they are.
///
/// # Errors
/// As [`document`]; InvalidTag where a system tag is left out. That sentence is from memory.
pub fn replacing(before: &Tags, given: &[Tag], by_service: bool) -> Result<Tags, Error> {
    let (system, own): (Vec<Tag>, Vec<Tag>) =
        given.iter().cloned().partition(|tag| is_system(&tag.key));
    let mut tags = document(&own, Of::Bucket)?;
    for tag in system {
        let is_known = before.get(&tag.key) == Some(&tag.value);
        let is_given = by_service && SYSTEM.contains(&tag.key.as_str());
        if !is_known && !is_given {
            check(&tag.key, &tag.value, Of::Bucket)?;
        }
        if tags.insert(tag.key.clone(), tag.value).is_some() {
            return Err(twice(&tag.key));
        }
    }
    for (key, value) in system_of(before) {
        if !by_service && !tags.contains_key(&key) {
            let message = "System tags cannot be removed by requester";
            return Err(Error::new(code::INVALID_TAG, message).with("TagKey", key));
        }
        tags.entry(key).or_insert(value);
    }
    Ok(tags)
}

/// The system tags among others.
pub fn system_of(tags: &Tags) -> Tags {
    let system = tags.iter().filter(|(key, _)| is_system(key));
    system.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn is_system(key: &str) -> bool {
    key.starts_with("aws:")
}

fn twice(key: &str) -> Error {
    let message = "Cannot provide multiple Tags with the same key";
    Error::new(code::INVALID_TAG, message).with("TagKey", key)
}

/// The tags of `x-amz-tagging`: URL-encoded query parameters.
///
/// # Errors
/// InvalidArgument where it is not so encoded or a name stands twice; InvalidTag.
pub fn header(given: &str) -> Result<Tags, Error> {
    let wrong = || {
        let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL \
                       query parameters without tag name duplicates.";
        error::invalid_argument(message, "x-amz-tagging", given)
    };
    let mut tags = Tags::new();
    for pair in given.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if value.contains('=') {
            return Err(wrong());
        }
        let (key, value) = (text::decode(key, true), text::decode(value, true));
        let (key, value) = key.zip(value).ok_or_else(wrong)?;
        check(&key, &value, Of::Object)?;
        if tags.insert(key, value).is_some() {
            return Err(wrong());
        }
    }
    check_count(&tags, Of::Object)?;
    Ok(tags)
}

/// As documents show them.
pub fn list(tags: Option<&Tags>) -> Vec<Tag> {
    let pairs = tags.into_iter().flatten();
    pairs.map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

fn check(key: &str, value: &str, of: Of) -> Result<(), Error> {
    if is_system(key) {
        let message = match of {
            Of::Bucket => "System tags cannot be added/updated by requester",
            Of::Object => "Your TagKey cannot be prefixed with aws:",
        };
        return Err(Error::new(code::INVALID_TAG, message).with("TagKey", key));
    }
    if key.is_empty() || key.chars().count() > KEY_MAX || !key.chars().all(is_allowed) {
        let message = "The TagKey you have provided is invalid";
        return Err(Error::new(code::INVALID_TAG, message).with("TagKey", key));
    }
    if value.chars().count() > VALUE_MAX || !value.chars().all(is_allowed) {
        let message = "The TagValue you have provided is invalid";
        return Err(Error::new(code::INVALID_TAG, message)
            .with("TagKey", key)
            .with("TagValue", value));
    }
    Ok(())
}

fn is_allowed(letter: char) -> bool {
    letter.is_alphanumeric() || letter.is_whitespace() || "_.:/=+-@".contains(letter)
}

fn check_count(tags: &Tags, of: Of) -> Result<(), Error> {
    let (max, message) = match of {
        Of::Bucket => (50, "Bucket tag count cannot be greater than 50"),
        Of::Object => (10, "Object tags cannot be greater than 10"),
    };
    if tags.len() > max { Err(Error::new(code::BAD_REQUEST, message)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_tags_is_a_query_without_duplicates() {
        let cases = [
            ("a=b&c=d+e%2B", Ok(2)),
            ("", Ok(0)),
            ("a", Ok(1)),
            ("a=1&a=2", Err("InvalidArgument")),
            ("a=1,b=2", Err("InvalidArgument")),
            ("a=%FF", Err("InvalidArgument")),
            ("aws:x=1", Err("InvalidTag")),
            ("a=b%2C", Err("InvalidTag")),
        ];
        for (text, expected) in cases {
            let found = header(text).map(|tags| tags.len()).map_err(|error| error.code());
            assert_eq!(found, expected, "{text}");
        }
    }
}
