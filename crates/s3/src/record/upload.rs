//! Multipart uploads and their parts.

use std::collections::BTreeMap;

use gateway::AccountId;
use minicbor::{Decode, Encode};
use store::{BlobId, KeyCheck, Record};

use super::{Headers, Lock};
use crate::acl::Acl;
use crate::checksum::{Algorithm, Digest, Kind};
use crate::etag::ETag;

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
