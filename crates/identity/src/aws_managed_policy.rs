//! AWS's own managed policies: `arn:aws:iam::aws:policy/…`, the same in every account.
//!
//! They stand in `data/managed-policies`, a file each. The build packs them: an index, which is read
//! when a policy is first asked for, and the documents in blocks, of which one is unpacked when a
//! document of it is needed. Nobody changes them. AWS:
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html>

use std::sync::OnceLock;

use api::Timestamp;
use gateway::Error;
use miniz_oxide::inflate::decompress_to_vec_zlib;
use policy::{Kind, Policy};

use crate::document;

/// As `build.rs` writes it: how many blocks there are, how long each is, and the blocks. The first
/// is the index.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/managed-policies.bin"));

/// What separates the fields of a line of the index, and the documents of a block.
const FIELD: char = '\u{1f}';
const DOCUMENT: char = '\u{1e}';

/// A policy of AWS's.
#[derive(Debug)]
pub struct AwsPolicy {
    pub id: String,
    pub name: String,
    pub path: String,
    pub arn: String,
    /// None where it is not known here.
    pub description: Option<String>,
    /// `v1`: only the version that is in force is known here.
    pub version: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// The block of its document, and its place there.
    place: (usize, usize),
    compiled: OnceLock<Policy>,
}

impl AwsPolicy {
    /// The document.
    ///
    /// # Errors
    /// An internal failure, where what was built in is broken: a test reads each.
    pub fn document(&self) -> Result<String, Error> {
        let (block, at) = self.place;
        let text = unpacked(block).ok_or_else(|| Error::internal("a block of AWS's policies"))?;
        let found = text.split(DOCUMENT).nth(at).map(str::to_owned);
        found.ok_or_else(|| Error::internal("a document of AWS's"))
    }

    /// The compiled document.
    ///
    /// # Errors
    /// An internal failure, where the data does not parse: a test reads each.
    pub fn policy(&self) -> Result<Policy, Error> {
        if let Some(policy) = self.compiled.get() {
            return Ok(policy.clone());
        }
        let policy = document::kept(&self.document()?, Kind::Identity)?;
        Ok(self.compiled.get_or_init(|| policy).clone())
    }
}

/// All of them, sorted by name.
pub fn all() -> &'static [AwsPolicy] {
    static ALL: OnceLock<Vec<AwsPolicy>> = OnceLock::new();
    ALL.get_or_init(|| {
        let index = unpacked(0).unwrap_or_default();
        index.lines().filter_map(read).collect()
    })
}

/// The policy of that ARN.
pub fn find(arn: &str) -> Option<&'static AwsPolicy> {
    let (_, name) = arn.rsplit_once('/')?;
    let at = all().binary_search_by(|policy| policy.name.as_str().cmp(name)).ok()?;
    all().get(at).filter(|policy| policy.arn == arn)
}

/// A line of the index.
fn read(line: &str) -> Option<AwsPolicy> {
    let mut fields = line.split(FIELD);
    let mut next = || fields.next();
    let (name, id, path, version) = (next()?, next()?, next()?, next()?);
    let (created, updated) = (Timestamp::parse(next()?)?, Timestamp::parse(next()?)?);
    let place = (next()?.parse().ok()?, next()?.parse().ok()?);
    let description = Some(next()?).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(AwsPolicy {
        id: id.to_owned(),
        arn: format!("arn:aws:iam::aws:policy{path}{name}"),
        name: name.to_owned(),
        path: path.to_owned(),
        description,
        version: version.to_owned(),
        created,
        updated,
        place,
        compiled: OnceLock::new(),
    })
}

/// The text of a block.
fn unpacked(block: usize) -> Option<String> {
    let (count, rest) = PACKED.split_first_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let (sizes, mut blocks) = rest.split_at_checked(count.checked_mul(4)?)?;
    let sizes = sizes.chunks_exact(4).map(|size| {
        let size = size.try_into().ok().map(u32::from_le_bytes)?;
        usize::try_from(size).ok()
    });
    for (at, size) in sizes.enumerate() {
        let (packed, behind) = blocks.split_at_checked(size?)?;
        if at == block {
            return String::from_utf8(decompress_to_vec_zlib(packed).ok()?).ok();
        }
        blocks = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_policy_that_compiles() {
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/managed-policies");
        assert_eq!(all().len(), std::fs::read_dir(files).expect("the files").count());
        let broken = all().iter().filter_map(|policy| {
            let text = policy.document().expect("a document");
            let invalid = Policy::parse(&text, Kind::Identity).err()?;
            Some(format!("{}: {}", policy.name, invalid.message))
        });
        assert_eq!(broken.collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn policies_are_sorted_and_no_two_have_the_same_id() {
        assert!(all().is_sorted_by(|a, b| a.name < b.name));
        let ids: std::collections::BTreeSet<_> = all().iter().map(|policy| &policy.id).collect();
        assert_eq!(ids.len(), all().len());
    }

    #[test]
    fn policies_are_found_by_their_arn() {
        let arn = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
        assert_eq!(find(arn).map(|policy| policy.id.as_str()), Some("ANPAID22R6XPJATWOFDK6"));
        assert!(find("arn:aws:iam::aws:policy/ViewOnlyAccess").is_none());
    }
}
