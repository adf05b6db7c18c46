//! The encryption configuration of a bucket: SSE-S3, always; customers' keys unless it blocks them.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html>.
//! Deliberately absent: KMS keys.

use api::s3::{
    BlockedEncryptionTypes, DeleteBucketEncryptionRequest, DeleteBucketEncryptionResponse,
    EncryptionType, GetBucketEncryptionOutput, GetBucketEncryptionRequest,
    PutBucketEncryptionRequest, PutBucketEncryptionResponse, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use gateway::{Cx, Error};

use crate::record::BUCKETS;
use crate::{bucket, error};

/// SSE-S3, as every bucket since January 2023.
pub fn get_bucket_encryption(
    cx: &mut Cx<'_>,
    input: GetBucketEncryptionRequest,
) -> Result<GetBucketEncryptionOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let by_default = ServerSideEncryptionByDefault {
        sse_algorithm: ServerSideEncryption::Aes256,
        ..ServerSideEncryptionByDefault::default()
    };
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(by_default),
        bucket_key_enabled: Some(found.bucket.bucket_key.unwrap_or(false)),
        blocked_encryption_types: found.bucket.blocks_customer_keys.map(shown),
    };
    let server_side_encryption_configuration =
        Some(ServerSideEncryptionConfiguration { rules: vec![rule] });
    Ok(GetBucketEncryptionOutput { server_side_encryption_configuration })
}

pub fn put_bucket_encryption(
    cx: &mut Cx<'_>,
    input: PutBucketEncryptionRequest,
) -> Result<PutBucketEncryptionResponse, Error> {
    let configuration = &input.server_side_encryption_configuration;
    let [rule] = configuration.rules.as_slice() else {
        return Err(error::malformed_xml());
    };
    let blocked = rule.blocked_encryption_types.as_ref().map(blocks).transpose()?;
    let by_default = rule.apply_server_side_encryption_by_default.as_ref();
    let by_default = by_default.ok_or_else(error::malformed_xml)?;
    match &by_default.sse_algorithm {
        ServerSideEncryption::Aes256 if by_default.kms_master_key_id.is_some() => {
            let message = "a KMSMasterKeyID is not applicable if the default sse algorithm is \
                           not aws:kms or aws:kms:dsse";
            return Err(Error::new(api::s3::error::INVALID_ARGUMENT, message)
                .with("ArgumentName", "ApplyServerSideEncryptionByDefault"));
        }
        ServerSideEncryption::Aes256 => {}
        ServerSideEncryption::Unknown(_) => return Err(error::malformed_xml()),
        _ => return Err(error::unsupported("SSEAlgorithm")),
    }
    let mut found = bucket::of(cx, &input)?;
    found.bucket.bucket_key = Some(rule.bucket_key_enabled.unwrap_or(false));
    // What the configuration leaves out stays as it was.
    found.bucket.blocks_customer_keys = blocked.or(found.bucket.blocks_customer_keys);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(PutBucketEncryptionResponse::default())
}

pub fn delete_bucket_encryption(
    cx: &mut Cx<'_>,
    input: DeleteBucketEncryptionRequest,
) -> Result<DeleteBucketEncryptionResponse, Error> {
    let mut found = bucket::of(cx, &input)?;
    found.bucket.bucket_key = None;
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(DeleteBucketEncryptionResponse::default())
}

/// Whether the types that are blocked are those of customers' keys.
fn blocks(types: &BlockedEncryptionTypes) -> Result<bool, Error> {
    match types.encryption_type.as_deref() {
        Some([EncryptionType::SseC]) => Ok(true),
        Some([EncryptionType::None]) => Ok(false),
        _ => Err(error::malformed_xml()),
    }
}

fn shown(blocks: bool) -> BlockedEncryptionTypes {
    let one = if blocks { EncryptionType::SseC } else { EncryptionType::None };
    BlockedEncryptionTypes { encryption_type: Some(vec![one]) }
}
