//! What S3 keeps, and in which tables.
//!
//! Everything of a bucket hangs on its id, never on its name: dropping a bucket is a few range
//! deletes, a new bucket of an old name finds nothing of it. LIST reads [`LISTING`] alone, which
//! holds no more than LIST answers; GET and HEAD read [`OBJECTS`], the current version of each key.
//! Older versions stand in [`VERSIONS`], so that neither grows with them. Bodies up to
//! [`crate::body::INLINE_MAX`] stand sealed in [`INLINE`], longer ones are blobs.
//! Times are AWS time in milliseconds.

mod bucket;
mod object;
mod upload;

use std::cmp::Reverse;

pub use bucket::{
    Bucket, BucketPolicy, Cors, CorsRule, DefaultRetention, Named, ObjectLock, Owned, Ownership,
    Period, PublicAccessBlock, Versioning,
};
use gateway::tables;
pub use object::{Body, Headers, Listed, Lock, Mode, Object, Retention};
use store::{ByteVec, Table};
pub use upload::{Part, Upload};

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
