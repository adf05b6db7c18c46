//! Buckets and what is set of them.

use std::collections::BTreeMap;

use gateway::AccountId;
use minicbor::{Decode, Encode};
use store::Record;

use super::{BucketId, Mode};
use crate::acl::Acl;

#[derive(Debug, Clone, Encode, Decode)]
pub struct Named {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: BucketId,
}

impl Record for Named {
    const VERSION: u8 = 1;
}

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
    /// The version of the policy in [`super::POLICIES`], new with each change: what compiled policies are
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

impl Bucket {
    pub fn ownership(&self) -> Ownership {
        self.ownership.unwrap_or(Ownership::Enforced)
    }

    /// True where access control lists count.
    pub fn has_acls(&self) -> bool {
        self.ownership() != Ownership::Enforced
    }
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
