//! What S3 keeps, and in which tables.
//!
//! Everything of a bucket hangs on its id, never on its name: dropping a bucket is a few range
//! deletes, a new bucket of an old name finds nothing of it. LIST reads [`LISTING`] alone, which
//! holds no more than LIST answers; GET and HEAD read [`OBJECTS`], the current version of each key.
//! Older versions stand in [`VERSIONS`], so that neither grows with them. Bodies up to
//! [`crate::body::INLINE_MAX`] stand sealed in [`INLINE`], longer ones are blobs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gateway::{AccountId, tables};
use minicbor::{Decode, Encode};
use store::{BlobId, ByteVec, KeyCheck, Record, Table};

use crate::acl::Acl;
use crate::checksum::{Algorithm, Checksum, Digest, Kind};
use crate::etag::ETag;

/// Eight random bytes: a bucket, whatever its name.
pub type BucketId = [u8; 8];

/// Bucket names are global: name to bucket.
pub const NAMES: Table<String, Named> = Table::new(tables::S3);
pub const BUCKETS: Table<BucketId, Bucket> = Table::new(tables::S3 + 1);
/// The buckets of an account, by the account's number: what ListBuckets answers.
pub const OWNED: Table<(u64, String), Owned> = Table::new(tables::S3 + 2);
pub const POLICIES: Table<BucketId, BucketPolicy> = Table::new(tables::S3 + 3);
/// What LIST answers, by key; keys whose current version is a delete marker have no row.
pub const LISTING: Table<(BucketId, String), Listed> = Table::new(tables::S3 + 4);
/// The current version of each key, which may be a delete marker. A key with any version has one
/// here.
pub const OBJECTS: Table<(BucketId, String), Object> = Table::new(tables::S3 + 5);
/// Small bodies, sealed, by bucket, key and the object's sequence.
pub const INLINE: Table<(BucketId, String, u64), ByteVec> = Table::new(tables::S3 + 6);
/// Multipart uploads in progress. Upload ids begin with the moment they were initiated at, so that
/// a key's sort by it.
pub const UPLOADS: Table<(BucketId, String, String), Upload> = Table::new(tables::S3 + 7);
/// The parts of uploads, and of the objects that uploads became: by bucket, upload id and part
/// number.
pub const PARTS: Table<(BucketId, String, u32), Part> = Table::new(tables::S3 + 8);
/// How many objects and parts of a bucket refer to a blob.
pub const REFERENCES: Table<([u8; 16], BucketId), u64> = Table::new(tables::S3 + 9);
/// The versions that are no longer current, the newest first.
pub const VERSIONS: Table<(BucketId, String, Reverse<u64>), Object> = Table::new(tables::S3 + 10);
/// The sequence of a key's null version, where that stands in [`VERSIONS`].
pub const NULLS: Table<(BucketId, String), u64> = Table::new(tables::S3 + 11);
pub const CORS: Table<BucketId, Cors> = Table::new(tables::S3 + 12);

#[derive(Debug, Clone, Encode, Decode)]
pub struct Named {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: BucketId,
}

impl Record for Named {
    const VERSION: u8 = 1;
}

/// Times are AWS time in milliseconds, here and below.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Bucket {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub account: AccountId,
    #[n(2)]
    pub region: String,
    #[n(3)]
    pub created: i64,
    /// None once it was deleted.
    #[n(4)]
    pub public_access_block: Option<PublicAccessBlock>,
    /// The version of the policy in [`POLICIES`], new with each change: what compiled policies are
    /// kept by.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub policy: Option<[u8; 16]>,
    /// None where it was never enabled.
    #[n(6)]
    pub versioning: Option<Versioning>,
    /// None is [`Ownership::Enforced`].
    #[n(7)]
    pub ownership: Option<Ownership>,
    /// None: the owner has full control, nobody else is named.
    #[n(8)]
    pub acl: Option<Acl>,
    #[n(9)]
    pub tags: Option<BTreeMap<String, String>>,
    /// `BucketKeyEnabled` of the encryption configuration, which is SSE-S3 in any case.
    #[n(10)]
    pub bucket_key: Option<bool>,
    /// `BlockedEncryptionTypes` of the encryption configuration; None where it never said.
    #[n(11)]
    pub blocks_customer_keys: Option<bool>,
    /// True where it was made under `EU`, the old name of eu-west-1, which it keeps.
    #[n(12)]
    pub is_eu: Option<bool>,
    /// None where it was never enabled; it is never taken off.
    #[n(13)]
    pub object_lock: Option<ObjectLock>,
    /// Whether who is not the owner must say that it pays.
    #[n(14)]
    pub requester_pays: Option<bool>,
}

impl Record for Bucket {
    const VERSION: u8 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Versioning {
    #[n(0)]
    Enabled,
    #[n(1)]
    Suspended,
}

/// Object Lock of a bucket that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ObjectLock {
    /// What new objects get that bring no retention of their own.
    #[n(0)]
    pub default: Option<DefaultRetention>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct DefaultRetention {
    #[n(0)]
    pub mode: Mode,
    #[n(1)]
    pub period: Period,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Period {
    #[n(0)]
    Days(#[n(0)] i32),
    #[n(1)]
    Years(#[n(0)] i32),
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Retention {
    #[n(0)]
    pub mode: Mode,
    /// In milliseconds; kept once it has passed, when it locks no more.
    #[n(1)]
    pub until: i64,
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

/// Object ownership of a bucket: whose its objects are, and whether access control lists count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Ownership {
    /// BucketOwnerEnforced: lists do not count.
    #[n(0)]
    Enforced,
    /// BucketOwnerPreferred
    #[n(1)]
    Preferred,
    /// ObjectWriter
    #[n(2)]
    Writer,
    /// The controls were deleted: as ObjectWriter, and there is nothing to show.
    #[n(3)]
    Deleted,
}

impl Bucket {
    pub fn ownership(&self) -> Ownership {
        self.ownership.unwrap_or(Ownership::Enforced)
    }

    /// True where access control lists count.
    pub fn has_acls(&self) -> bool {
        self.ownership() != Ownership::Enforced
    }
}

/// The rules of cross-origin resource sharing, in their order.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Cors {
    #[n(0)]
    pub rules: Vec<CorsRule>,
}

impl Record for Cors {
    const VERSION: u8 = 1;
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct CorsRule {
    #[n(0)]
    pub id: Option<String>,
    #[n(1)]
    pub allowed_headers: Vec<String>,
    #[n(2)]
    pub allowed_methods: Vec<String>,
    #[n(3)]
    pub allowed_origins: Vec<String>,
    #[n(4)]
    pub expose_headers: Vec<String>,
    #[n(5)]
    pub max_age_seconds: Option<i32>,
}

#[derive(Debug, Clone, Copy, Default, Encode, Decode)]
pub struct PublicAccessBlock {
    #[n(0)]
    pub block_public_acls: bool,
    #[n(1)]
    pub ignore_public_acls: bool,
    #[n(2)]
    pub block_public_policy: bool,
    #[n(3)]
    pub restrict_public_buckets: bool,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct Owned {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: BucketId,
    #[n(1)]
    pub region: String,
    #[n(2)]
    pub created: i64,
}

impl Record for Owned {
    const VERSION: u8 = 1;
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct BucketPolicy {
    /// As it was written, users and roles by their unique ids.
    #[n(0)]
    pub text: String,
}

impl Record for BucketPolicy {
    const VERSION: u8 = 1;
}

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

#[derive(Debug, Clone, Encode, Decode)]
pub struct Upload {
    #[n(0)]
    pub initiated: i64,
    #[n(1)]
    pub initiator: String,
    #[n(2)]
    pub initiator_name: String,
    #[n(3)]
    pub storage_class: Option<String>,
    #[n(4)]
    pub headers: Headers,
    /// None where the client named none: the object gets a CRC64NVME of the whole.
    #[n(5)]
    pub algorithm: Option<Algorithm>,
    #[n(6)]
    pub kind: Option<Kind>,
    /// The sequence of the object that stood under the key when the upload was initiated.
    #[n(7)]
    pub existing: Option<u64>,
    #[n(8)]
    pub tags: Option<BTreeMap<String, String>>,
    #[n(9)]
    pub acl: Option<Acl>,
    #[n(10)]
    pub owner: Option<AccountId>,
    /// Of an upload whose parts are under a customer's key.
    #[n(11)]
    pub customer_key: Option<KeyCheck>,
    /// What the client asked for; the bucket's default comes with the object.
    #[cbor(n(12), default)]
    pub lock: Lock,
    /// The client named SSE-S3.
    #[cbor(n(13), default)]
    pub asks_encryption: bool,
}

impl Record for Upload {
    const VERSION: u8 = 1;
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct Part {
    #[n(0)]
    pub blob: BlobId,
    #[n(1)]
    pub size: u64,
    #[n(2)]
    pub etag: ETag,
    #[n(3)]
    pub modified: i64,
    /// Of the upload's algorithm, or CRC64NVME.
    #[n(4)]
    pub digest: Digest,
}

impl Record for Part {
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
