//! S3 Control: Block Public Access of a whole account, and what it does to each of its buckets.
//!
//! Of a bucket's settings and its account's the stricter hold, one by one. Deliberately absent:
//! access points, batch jobs, Storage Lens and the rest of this API. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html>

use api::Structure;
use api::s3control::error::{INVALID_REQUEST, NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION};
use api::s3control::{
    DeletePublicAccessBlock, DeletePublicAccessBlockRequest, DeletePublicAccessBlockResponse,
    GetPublicAccessBlock, GetPublicAccessBlockOutput, GetPublicAccessBlockRequest,
    PublicAccessBlockConfiguration, PutPublicAccessBlock, PutPublicAccessBlockRequest,
    PutPublicAccessBlockResponse,
};
use gateway::{AccountId, Cx, Error, Resource, Service, tables};
use minicbor::{Decode, Encode};
use store::{Record, Table, Tx};

use crate::bucket::Found;
use crate::error;
use crate::record::PublicAccessBlock;

const ROWS: &str = include_str!("../../../data/authz/s3control.json");

/// By account.
pub const ACCOUNT_BLOCKS: Table<u64, AccountBlock> = Table::new(tables::S3 + 20);

#[derive(Debug, Clone, Encode, Decode)]
pub struct AccountBlock {
    #[n(0)]
    block: PublicAccessBlock,
}

impl Record for AccountBlock {
    const VERSION: u8 = 1;
}

/// S3 Control with what it serves.
///
/// # Errors
/// Where the decisions of this build do not parse.
pub fn control() -> Result<Service, serde_json::Error> {
    Ok(Service::new(&api::s3control::SERVICE, ROWS)?
        .signing_name("s3")
        .resource("account", account)
        .on::<DeletePublicAccessBlock>(delete_public_access_block)
        .on::<GetPublicAccessBlock>(get_public_access_block)
        .on::<PutPublicAccessBlock>(put_public_access_block))
}

/// What holds for a bucket: its own settings and its account's together.
///
/// # Errors
/// Only what the store says.
pub fn effective(tx: &Tx, found: &Found) -> Result<PublicAccessBlock, Error> {
    let none = PublicAccessBlock::default;
    let bucket = found.bucket.public_access_block.unwrap_or_else(none);
    let account = ACCOUNT_BLOCKS.get(tx, found.bucket.account.number())?;
    let account = account.map_or_else(none, |kept| kept.block);
    Ok(PublicAccessBlock {
        block_public_acls: bucket.block_public_acls || account.block_public_acls,
        ignore_public_acls: bucket.ignore_public_acls || account.ignore_public_acls,
        block_public_policy: bucket.block_public_policy || account.block_public_policy,
        restrict_public_buckets: bucket.restrict_public_buckets || account.restrict_public_buckets,
    })
}

/// The account that a request names, which must be the caller's.
fn account(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let named = input.text("AccountId").and_then(AccountId::parse);
    match named.filter(|named| *named == cx.account() && !cx.caller().is_anonymous()) {
        Some(named) => Ok(Resource::any().owned_by(named)),
        None => Err(error::access_denied()),
    }
}

fn get_public_access_block(
    cx: &mut Cx<'_>,
    input: GetPublicAccessBlockRequest,
) -> Result<GetPublicAccessBlockOutput, Error> {
    let kept = ACCOUNT_BLOCKS.get(cx.tx, cx.account().number())?.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        Error::new(NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION, message)
            .with("AccountId", &input.account_id)
    })?;
    let configuration = PublicAccessBlockConfiguration {
        block_public_acls: Some(kept.block.block_public_acls),
        ignore_public_acls: Some(kept.block.ignore_public_acls),
        block_public_policy: Some(kept.block.block_public_policy),
        restrict_public_buckets: Some(kept.block.restrict_public_buckets),
    };
    Ok(GetPublicAccessBlockOutput { public_access_block_configuration: Some(configuration) })
}

/// What the request leaves out is off.
fn put_public_access_block(
    cx: &mut Cx<'_>,
    input: PutPublicAccessBlockRequest,
) -> Result<PutPublicAccessBlockResponse, Error> {
    let given = &input.public_access_block_configuration;
    let settings = [
        given.block_public_acls,
        given.ignore_public_acls,
        given.block_public_policy,
        given.restrict_public_buckets,
    ];
    if settings.iter().all(Option::is_none) {
        return Err(Error::new(INVALID_REQUEST, "Must specify at least one configuration."));
    }
    let [block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets] =
        settings.map(|setting| setting.unwrap_or(false));
    let block = PublicAccessBlock {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    };
    ACCOUNT_BLOCKS.put(cx.tx, cx.account().number(), &AccountBlock { block })?;
    Ok(PutPublicAccessBlockResponse::default())
}

fn delete_public_access_block(
    cx: &mut Cx<'_>,
    _: DeletePublicAccessBlockRequest,
) -> Result<DeletePublicAccessBlockResponse, Error> {
    ACCOUNT_BLOCKS.delete(cx.tx, cx.account().number());
    cx.set_status(204);
    Ok(DeletePublicAccessBlockResponse::default())
}
