//! Amazon S3: buckets, objects, multipart uploads and bucket policies.
//!
//! One file a noun or verb; what the wire, the signature and the permissions are is the gateway's.
//! Deliberately absent for now, and refused in S3's words: KMS, lifecycle,
//! replication, notifications, websites.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/>

mod acl;
mod body;
mod bucket;
mod checksum;
mod condition_key;
mod control;
mod error;
mod etag;
mod listing;
mod lock;
mod multipart;
mod object;
mod record;
mod reset;
mod resource;
mod tag;
mod text;
mod token;

use api::s3::{
    AbortMultipartUpload, CompleteMultipartUpload, CopyObject, CreateBucket, CreateMultipartUpload,
    DeleteBucket, DeleteBucketCors, DeleteBucketEncryption, DeleteBucketOwnershipControls,
    DeleteBucketPolicy, DeleteBucketTagging, DeleteObject, DeleteObjectTagging, DeleteObjects,
    DeletePublicAccessBlock, GetBucketAcl, GetBucketCors, GetBucketEncryption, GetBucketLocation,
    GetBucketOwnershipControls, GetBucketPolicy, GetBucketPolicyStatus, GetBucketRequestPayment,
    GetBucketTagging, GetBucketVersioning, GetObject, GetObjectAcl, GetObjectAttributes,
    GetObjectLegalHold, GetObjectLockConfiguration, GetObjectRetention, GetObjectTagging,
    GetPublicAccessBlock, HeadBucket, HeadObject, ListBuckets, ListMultipartUploads,
    ListObjectVersions, ListObjects, ListObjectsV2, ListParts, PutBucketAcl, PutBucketCors,
    PutBucketEncryption, PutBucketOwnershipControls, PutBucketPolicy, PutBucketRequestPayment,
    PutBucketTagging, PutBucketVersioning, PutObject, PutObjectAcl, PutObjectLegalHold,
    PutObjectLockConfiguration, PutObjectRetention, PutObjectTagging, PutPublicAccessBlock,
    UploadPart, UploadPartCopy,
};
use gateway::Service;

pub use body::referenced;
pub use control::control;
pub use reset::reset;

const ROWS: &str = include_str!("../../../data/authz/s3.json");
/// Ten thousand parts, each with a checksum.
const COMPLETE_MAX: usize = 8 * 1024 * 1024;
/// A thousand keys of a thousand bytes, escaped.
const DELETE_MAX: usize = 8 * 1024 * 1024;

/// S3 with all that it serves.
///
/// # Errors
/// Where the decisions of this build do not parse.
pub fn service() -> Result<Service, serde_json::Error> {
    let service = Service::new(&api::s3::SERVICE, ROWS)?
        .cross_origin(bucket::cors::shared)
        .facts(condition_key::facts)
        .integrity(checksum::check_document)
        .limit("CompleteMultipartUpload", COMPLETE_MAX)
        .limit("DeleteObjects", DELETE_MAX)
        .resource("account", resource::account)
        .resource("bucket", resource::bucket)
        .resource("bucket-anywhere", resource::bucket_anywhere)
        .resource("bucket-policy", resource::bucket_policy)
        .resource("new-bucket", resource::new_bucket)
        .resource("object", resource::object)
        .resource("stored-object", resource::stored_object)
        .resource("upload", multipart::upload);
    Ok(uploads(objects(buckets(service))))
}

fn buckets(service: Service) -> Service {
    service
        .on::<CreateBucket>(bucket::create::create_bucket)
        .on::<DeleteBucket>(bucket::delete::delete_bucket)
        .on::<DeleteBucketCors>(bucket::cors::delete_bucket_cors)
        .on::<DeleteBucketEncryption>(bucket::encryption::delete_bucket_encryption)
        .on::<DeleteBucketOwnershipControls>(bucket::ownership::delete_bucket_ownership_controls)
        .on::<DeleteBucketPolicy>(bucket::policy::delete_bucket_policy)
        .on::<DeleteBucketTagging>(bucket::tagging::delete_bucket_tagging)
        .on::<DeletePublicAccessBlock>(bucket::public_access_block::delete_public_access_block)
        .on::<GetBucketAcl>(bucket::acl::get_bucket_acl)
        .on::<GetBucketCors>(bucket::cors::get_bucket_cors)
        .on::<GetBucketEncryption>(bucket::encryption::get_bucket_encryption)
        .on::<GetBucketLocation>(bucket::location::get_bucket_location)
        .on::<GetBucketOwnershipControls>(bucket::ownership::get_bucket_ownership_controls)
        .on::<GetBucketPolicy>(bucket::policy::get_bucket_policy)
        .on::<GetBucketPolicyStatus>(bucket::policy::get_bucket_policy_status)
        .on::<GetBucketRequestPayment>(bucket::request_payment::get_bucket_request_payment)
        .on::<GetBucketTagging>(bucket::tagging::get_bucket_tagging)
        .on::<GetBucketVersioning>(bucket::versioning::get_bucket_versioning)
        .on::<GetObjectLockConfiguration>(bucket::object_lock::get_object_lock_configuration)
        .on::<GetPublicAccessBlock>(bucket::public_access_block::get_public_access_block)
        .on::<HeadBucket>(bucket::head::head_bucket)
        .on::<ListBuckets>(bucket::list::list_buckets)
        .on::<PutBucketAcl>(bucket::acl::put_bucket_acl)
        .on::<PutBucketCors>(bucket::cors::put_bucket_cors)
        .on::<PutBucketEncryption>(bucket::encryption::put_bucket_encryption)
        .on::<PutBucketOwnershipControls>(bucket::ownership::put_bucket_ownership_controls)
        .on::<PutBucketPolicy>(bucket::policy::put_bucket_policy)
        .on::<PutBucketRequestPayment>(bucket::request_payment::put_bucket_request_payment)
        .on::<PutBucketTagging>(bucket::tagging::put_bucket_tagging)
        .on::<PutBucketVersioning>(bucket::versioning::put_bucket_versioning)
        .on::<PutObjectLockConfiguration>(bucket::object_lock::put_object_lock_configuration)
        .on::<PutPublicAccessBlock>(bucket::public_access_block::put_public_access_block)
}

fn objects(service: Service) -> Service {
    service
        .download::<GetObject>(object::get::get_object)
        .on::<DeleteObjectTagging>(object::tagging::delete_object_tagging)
        .on::<DeleteObject>(object::delete::delete_object)
        .on::<DeleteObjects>(object::delete::delete_objects)
        .on::<GetObjectAcl>(object::acl::get_object_acl)
        .on::<GetObjectAttributes>(object::attributes::get_object_attributes)
        .on::<GetObjectLegalHold>(object::legal_hold::get_object_legal_hold)
        .on::<GetObjectRetention>(object::retention::get_object_retention)
        .on::<GetObjectTagging>(object::tagging::get_object_tagging)
        .on::<HeadObject>(object::head::head_object)
        .on::<ListObjectVersions>(object::list_versions::list_object_versions)
        .on::<ListObjects>(object::list::list_objects)
        .on::<ListObjectsV2>(object::list::list_objects_v2)
        .on::<PutObjectAcl>(object::acl::put_object_acl)
        .on::<PutObjectLegalHold>(object::legal_hold::put_object_legal_hold)
        .on::<PutObjectRetention>(object::retention::put_object_retention)
        .on::<PutObjectTagging>(object::tagging::put_object_tagging)
        .upload::<CopyObject, _, _, _>(
            object::copy::begin,
            object::copy::receive,
            object::copy::commit,
        )
        .upload::<PutObject, _, _, _>(object::put::begin, object::put::receive, object::put::commit)
}

fn uploads(service: Service) -> Service {
    service
        .on::<AbortMultipartUpload>(multipart::abort::abort_multipart_upload)
        .on::<CompleteMultipartUpload>(multipart::complete::complete_multipart_upload)
        .on::<CreateMultipartUpload>(multipart::create::create_multipart_upload)
        .on::<ListMultipartUploads>(multipart::list::list_multipart_uploads)
        .on::<ListParts>(multipart::list::list_parts)
        .upload::<UploadPart, _, _, _>(
            multipart::part::begin,
            multipart::part::receive,
            multipart::part::commit,
        )
        .upload::<UploadPartCopy, _, _, _>(
            multipart::copy::begin,
            multipart::copy::receive,
            multipart::copy::commit,
        )
}
