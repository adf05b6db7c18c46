//! The settings of AWS::S3::Bucket: each property that differs from what was is put, or deleted
//! where it is left out. A new bucket has none of them before.
//!
//! AWS: Template reference, "AWS::S3::Bucket".

use api::s3::{
    BucketCannedACL, BucketVersioningStatus, CORSConfiguration, CORSRule, DefaultRetention,
    DeleteBucketCors, DeleteBucketCorsRequest, DeleteBucketEncryption,
    DeleteBucketEncryptionRequest, DeleteBucketOwnershipControls,
    DeleteBucketOwnershipControlsRequest, DeletePublicAccessBlock, DeletePublicAccessBlockRequest,
    EventHoldDuration, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode,
    ObjectLockRule, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, PutBucketAcl, PutBucketAclRequest, PutBucketCors,
    PutBucketCorsRequest, PutBucketEncryption, PutBucketEncryptionRequest,
    PutBucketOwnershipControls, PutBucketOwnershipControlsRequest, PutBucketTagging,
    PutBucketTaggingRequest, PutBucketVersioning, PutBucketVersioningRequest,
    PutObjectLockConfiguration, PutObjectLockConfigurationRequest, PutPublicAccessBlock,
    PutPublicAccessBlockRequest, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging,
    VersioningConfiguration,
};

use super::properties::{boolean, text};
use super::{Failure, Properties, Request};
use crate::template::{Map, Value};

/// The properties that are honoured.
pub const KNOWN: [&str; 7] = [
    "BucketEncryption",
    "CorsConfiguration",
    "ObjectLockConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
];

/// Brings the settings of a bucket from the old properties to the new ones.
pub fn apply(request: &mut Request<'_, '_>, bucket: &str, is_new: bool) -> Result<(), Failure> {
    if request.changes(&["PublicAccessBlockConfiguration"]) {
        put_public_access_block(request, bucket)?;
    }
    if request.changes(&["OwnershipControls"]) {
        put_ownership(request, bucket)?;
    }
    if request.changes(&["BucketEncryption"]) {
        put_encryption(request, bucket)?;
    }
    if request.changes(&["CorsConfiguration"]) {
        put_cors(request, bucket)?;
    }
    if request.changes(&["VersioningConfiguration"]) {
        put_versioning(request, bucket)?;
    }
    if request.changes(&["ObjectLockConfiguration"]) {
        put_object_lock(request, bucket)?;
    }
    put_tags(request, bucket, is_new)
}

/// The list that AccessControl names, as S3 names it; None for a private bucket, which every new one
/// is.
pub fn acl(properties: &Properties) -> Option<BucketCannedACL> {
    let named = properties.text("AccessControl").filter(|named| named != "Private")?;
    let mut acl = String::new();
    for letter in named.chars() {
        if letter.is_ascii_uppercase() && !acl.is_empty() {
            acl.push('-');
        }
        acl.push(letter.to_ascii_lowercase());
    }
    Some(BucketCannedACL::from(acl.as_str()))
}

/// Gives a bucket the list that AccessControl names.
pub fn put_acl(request: &mut Request<'_, '_>, bucket: &str) -> Result<(), Failure> {
    let acl = acl(&request.read()).unwrap_or(BucketCannedACL::Private);
    let bucket = bucket.to_owned();
    let input = PutBucketAclRequest { bucket, acl: Some(acl), ..PutBucketAclRequest::default() };
    request.call::<PutBucketAcl>(input).map(drop)
}

fn put_public_access_block(request: &mut Request<'_, '_>, bucket: &str) -> Result<(), Failure> {
    let bucket = bucket.to_owned();
    let properties = request.read();
    let Some(map) = properties.map("PublicAccessBlockConfiguration") else {
        let input = DeletePublicAccessBlockRequest { bucket, expected_bucket_owner: None };
        return request.call_unless_gone::<DeletePublicAccessBlock>(input);
    };
    let input = PutPublicAccessBlockRequest {
        bucket,
        public_access_block_configuration: PublicAccessBlockConfiguration {
            block_public_acls: boolean(map, "BlockPublicAcls"),
            ignore_public_acls: boolean(map, "IgnorePublicAcls"),
            block_public_policy: boolean(map, "BlockPublicPolicy"),
            restrict_public_buckets: boolean(map, "RestrictPublicBuckets"),
        },
        ..PutPublicAccessBlockRequest::default()
    };
    request.call::<PutPublicAccessBlock>(input).map(drop)
}

fn put_ownership(request: &mut Request<'_, '_>, bucket: &str) -> Result<(), Failure> {
    let bucket = bucket.to_owned();
    let properties = request.read();
    let Some(map) = properties.map("OwnershipControls") else {
        let input = DeleteBucketOwnershipControlsRequest { bucket, expected_bucket_owner: None };
        return request.call_unless_gone::<DeleteBucketOwnershipControls>(input);
    };
    let rules = objects(map, "Rules").map(|rule| OwnershipControlsRule {
        object_ownership: ObjectOwnership::from(
            text(rule, "ObjectOwnership").unwrap_or_default().as_str(),
        ),
    });
    let input = PutBucketOwnershipControlsRequest {
        bucket,
        ownership_controls: OwnershipControls { rules: rules.collect() },
        ..PutBucketOwnershipControlsRequest::default()
    };
    request.call::<PutBucketOwnershipControls>(input).map(drop)
}

fn put_encryption(request: &mut Request<'_, '_>, bucket: &str) -> Result<(), Failure> {
    let bucket = bucket.to_owned();
    let properties = request.read();
    let Some(map) = properties.map("BucketEncryption") else {
        let input = DeleteBucketEncryptionRequest { bucket, expected_bucket_owner: None };
        return request.call_unless_gone::<DeleteBucketEncryption>(input);
    };
    let rules = objects(map, "ServerSideEncryptionConfiguration").map(|rule| {
        let default = rule.get("ServerSideEncryptionByDefault").and_then(Value::as_map);
        ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: default.map(|by| {
                let algorithm = text(by, "SSEAlgorithm").unwrap_or_default();
                ServerSideEncryptionByDefault {
                    sse_algorithm: ServerSideEncryption::from(algorithm.as_str()),
                    kms_master_key_id: text(by, "KMSMasterKeyID"),
                }
            }),
            bucket_key_enabled: boolean(rule, "BucketKeyEnabled"),
            ..ServerSideEncryptionRule::default()
        }
    });
    let input = PutBucketEncryptionRequest {
        bucket,
        server_side_encryption_configuration: ServerSideEncryptionConfiguration {
            rules: rules.collect(),
        },
        ..PutBucketEncryptionRequest::default()
    };
    request.call::<PutBucketEncryption>(input).map(drop)
}

fn put_cors(request: &mut Request<'_, '_>, bucket: &str) -> Result<(), Failure> {
    let bucket = bucket.to_owned();
    let properties = request.read();
    let Some(map) = properties.map("CorsConfiguration") else {
        let input = DeleteBucketCorsRequest { bucket, expected_bucket_owner: None };
        return request.call_unless_gone::<DeleteBucketCors>(input);
    };
    let texts = |rule: &Map, name: &str| Properties::new(rule.clone()).texts(name);
    let some = |texts: Vec<String>| (!texts.is_empty()).then_some(texts);
    let rules = objects(map, "CorsRules").map(|rule| CORSRule {
        id: text(rule, "Id"),
        allowed_headers: some(texts(rule, "AllowedHeaders")),
        allowed_methods: texts(rule, "AllowedMethods"),
        allowed_origins: texts(rule, "AllowedOrigins"),
        expose_headers: some(texts(rule, "ExposedHeaders")),
        max_age_seconds: text(rule, "MaxAge").and_then(|text| text.parse().ok()),
    });
    let input = PutBucketCorsRequest {
        bucket,
        cors_configuration: CORSConfiguration { cors_rules: rules.collect() },
        ..PutBucketCorsRequest::default()
    };
    request.call::<PutBucketCors>(input).map(drop)
}

/// Versioning can only be suspended once it was enabled.
fn put_versioning(request: &mut Request<'_, '_>, bucket: &str) -> Result<(), Failure> {
    let properties = request.read();
    let status = properties.map("VersioningConfiguration").and_then(|map| text(map, "Status"));
    let status = status.unwrap_or_else(|| "Suspended".to_owned());
    let input = PutBucketVersioningRequest {
        bucket: bucket.to_owned(),
        versioning_configuration: VersioningConfiguration {
            status: Some(BucketVersioningStatus::from(status.as_str())),
            mfa_delete: None,
        },
        ..PutBucketVersioningRequest::default()
    };
    request.call::<PutBucketVersioning>(input).map(drop)
}

/// Whether the properties ask for Object Lock.
pub fn is_locked(properties: &Properties) -> bool {
    properties.text("ObjectLockEnabled").is_some_and(|enabled| enabled == "true")
}

/// A bucket that has Object Lock keeps it; without a configuration it has no default.
pub fn put_object_lock(request: &mut Request<'_, '_>, bucket: &str) -> Result<(), Failure> {
    let properties = request.read();
    let configuration = properties.map("ObjectLockConfiguration");
    if configuration.is_none() && !is_locked(&properties) {
        // Not shown by AWS.
        let message = "Object Lock cannot be disabled once it is enabled.".to_owned();
        return Err(Failure::Handler { message, code: "InvalidRequest" });
    }
    let rule = configuration.and_then(|map| map.get("Rule")).and_then(Value::as_map);
    let retention = rule.and_then(|rule| rule.get("DefaultRetention")).and_then(Value::as_map);
    let number = |map: &Map, name| text(map, name).and_then(|text| text.parse().ok());
    let default_retention = retention.map(|map| DefaultRetention {
        mode: text(map, "Mode").map(|mode| ObjectLockRetentionMode::from(mode.as_str())),
        days: number(map, "Days"),
        years: number(map, "Years"),
        // Which S3 refuses.
        default_event_hold: map.get("DefaultEventHold").map(|_| EventHoldDuration::default()),
    });
    let enabled = configuration.and_then(|map| text(map, "ObjectLockEnabled"));
    let enabled = enabled.as_deref().unwrap_or("Enabled");
    let input = PutObjectLockConfigurationRequest {
        bucket: bucket.to_owned(),
        object_lock_configuration: Some(ObjectLockConfiguration {
            object_lock_enabled: Some(ObjectLockEnabled::from(enabled)),
            rule: rule.map(|_| ObjectLockRule { default_retention }),
        }),
        ..PutObjectLockConfigurationRequest::default()
    };
    request.call::<PutObjectLockConfiguration>(input).map(drop)
}

/// All tags are put at once, those by which CloudFormation knows its own among them. Who may make a
/// bucket and not tag it gets one that has none: that AWS does so, too, is from memory.
fn put_tags(request: &mut Request<'_, '_>, bucket: &str, is_new: bool) -> Result<(), Failure> {
    let (added, removed) = request.tag_changes();
    let has_none = added.is_empty() && removed.is_empty();
    if has_none && !is_new {
        return Ok(());
    }
    let tags = request.all_tags().into_iter().chain(request.system_tags());
    let tag_set = tags.map(|(key, value)| Tag { key, value }).collect();
    let tagging = Tagging { tag_set: Some(tag_set) };
    let bucket = bucket.to_owned();
    let input = PutBucketTaggingRequest { bucket, tagging, ..PutBucketTaggingRequest::default() };
    match request.call::<PutBucketTagging>(input) {
        Err(Failure::Handler { code: "AccessDenied", .. }) if has_none => Ok(()),
        done => done.map(drop),
    }
}

/// The objects of a list that is a member of an object.
fn objects<'a>(map: &'a Map, name: &str) -> impl Iterator<Item = &'a Map> {
    let items = map.get(name).and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_map)
}
