//! Objects: the versions of a key, and what LIST answers of one.

use std::collections::BTreeMap;

use gateway::AccountId;
use minicbor::{Decode, Encode};
use store::{BlobId, KeyCheck, Record};

use crate::acl::Acl;
use crate::checksum::{Algorithm, Checksum, Kind};
use crate::etag::ETag;

#[derive(Debug, Clone, Encode, Decode)]
pub struct Listed {
    #[n(0)]
    pub size: u64,
    #[n(1)]
    pub etag: ETag,
    #[n(2)]
    pub modified: i64,
    /// None is STANDARD.
    #[n(3)]
    pub storage_class: Option<String>,
    #[n(4)]
    pub checksum: Option<Algorithm>,
    #[n(5)]
    pub checksum_kind: Option<Kind>,
    /// None where it is the bucket's owner.
    #[n(6)]
    pub owner: Option<AccountId>,
}

impl Record for Listed {
    const VERSION: u8 = 1;
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct Object {
    /// Greater than that of each earlier version of the key.
    #[n(0)]
    pub sequence: u64,
    #[n(1)]
    pub size: u64,
    #[n(2)]
    pub etag: ETag,
    #[n(3)]
    pub modified: i64,
    /// None is STANDARD.
    #[n(4)]
    pub storage_class: Option<String>,
    #[n(5)]
    pub headers: Headers,
    #[n(6)]
    pub checksum: Option<Checksum>,
    #[n(7)]
    pub body: Body,
    /// None is the null version.
    #[n(8)]
    pub version: Option<String>,
    #[n(9)]
    pub tags: Option<BTreeMap<String, String>>,
    /// None: the owner has full control, nobody else is named.
    #[n(10)]
    pub acl: Option<Acl>,
    /// None where it is the bucket's owner.
    #[n(11)]
    pub owner: Option<AccountId>,
    /// Of a body under a customer's key.
    #[n(12)]
    pub customer_key: Option<KeyCheck>,
    #[cbor(n(13), default)]
    pub lock: Lock,
    /// Written by an anonymous client under lists: any other may delete it, as its owner.
    #[cbor(n(14), default)]
    pub is_anonymous: bool,
}

impl Record for Object {
    const VERSION: u8 = 1;
}

impl Object {
    pub const fn is_marker(&self) -> bool {
        matches!(self.body, Body::Marker)
    }

    /// `null`, or what the version was given.
    pub fn version_id(&self) -> &str {
        self.version.as_deref().unwrap_or("null")
    }

    pub fn listed(&self) -> Listed {
        Listed {
            size: self.size,
            etag: self.etag,
            modified: self.modified,
            storage_class: self.storage_class.clone(),
            checksum: self.checksum.as_ref().map(|checksum| checksum.digest.algorithm),
            checksum_kind: self.checksum.as_ref().map(|checksum| checksum.kind),
            owner: self.owner,
        }
    }
}

/// What the client said of the object and hears again.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct Headers {
    #[n(0)]
    pub cache_control: Option<String>,
    #[n(1)]
    pub content_disposition: Option<String>,
    #[n(2)]
    pub content_encoding: Option<String>,
    #[n(3)]
    pub content_language: Option<String>,
    #[n(4)]
    pub content_type: Option<String>,
    #[n(5)]
    pub expires: Option<String>,
    /// `x-amz-meta-…`, without the prefix.
    #[n(6)]
    pub metadata: BTreeMap<String, String>,
}

/// Where an object's bytes are.
#[derive(Debug, Clone, Encode, Decode)]
pub enum Body {
    /// In [`INLINE`].
    #[n(0)]
    Inline,
    #[n(1)]
    Blob(#[n(0)] BlobId),
    /// The blobs of [`PARTS`], in the order of their numbers.
    #[n(2)]
    Parts {
        #[n(0)]
        upload: String,
        #[n(1)]
        count: u32,
    },
    /// None: the version is a delete marker.
    #[n(3)]
    Marker,
}

/// What keeps a version from being deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Lock {
    #[n(0)]
    pub retention: Option<Retention>,
    /// None where it was never said.
    #[n(1)]
    pub legal_hold: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Retention {
    #[n(0)]
    pub mode: Mode,
    /// In milliseconds; kept once it has passed, when it locks no more.
    #[n(1)]
    pub until: i64,
}

/// How strictly a version is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Mode {
    /// Who may bypass it can shorten and delete.
    #[n(0)]
    Governance,
    /// Nobody can, root included.
    #[n(1)]
    Compliance,
}
