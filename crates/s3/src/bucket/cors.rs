//! The cross-origin configuration of a bucket.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>

mod shared;

use api::s3::error::{INVALID_REQUEST, NO_SUCH_CORS_CONFIGURATION};
use api::s3::{
    CORSRule, DeleteBucketCorsRequest, DeleteBucketCorsResponse, GetBucketCorsOutput,
    GetBucketCorsRequest, PutBucketCorsRequest, PutBucketCorsResponse,
};
use gateway::{Cx, Error};

use crate::record::{CORS, Cors, CorsRule};
use crate::{bucket, error};

pub use shared::shared;

/// The most rules of a bucket.
const RULES_MAX: usize = 100;
/// The most letters of a rule's id.
const ID_MAX: usize = 255;

pub fn put_bucket_cors(
    cx: &mut Cx<'_>,
    input: PutBucketCorsRequest,
) -> Result<PutBucketCorsResponse, Error> {
    let found = bucket::of(cx, &input)?;
    let rules = input.cors_configuration.cors_rules;
    if rules.is_empty() {
        return Err(error::malformed_xml());
    }
    if rules.len() > RULES_MAX {
        let message = "The number of CORS rules should not exceed allowed limit of 100 rules.";
        return Err(Error::new(INVALID_REQUEST, message));
    }
    let rules = rules.into_iter().map(kept).collect::<Result<_, _>>()?;
    CORS.put(cx.tx, found.id, &Cors { rules })?;
    Ok(PutBucketCorsResponse::default())
}

pub fn get_bucket_cors(
    cx: &mut Cx<'_>,
    input: GetBucketCorsRequest,
) -> Result<GetBucketCorsOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let kept = CORS.get(cx.tx, found.id)?.ok_or_else(|| {
        let message = "The CORS configuration does not exist";
        Error::new(NO_SUCH_CORS_CONFIGURATION, message).with("BucketName", &found.bucket.name)
    })?;
    let rules = kept.rules.into_iter().map(shown).collect();
    Ok(GetBucketCorsOutput { cors_rules: Some(rules) })
}

pub fn delete_bucket_cors(
    cx: &mut Cx<'_>,
    input: DeleteBucketCorsRequest,
) -> Result<DeleteBucketCorsResponse, Error> {
    let found = bucket::of(cx, &input)?;
    CORS.delete(cx.tx, found.id);
    Ok(DeleteBucketCorsResponse::default())
}

fn kept(rule: CORSRule) -> Result<CorsRule, Error> {
    if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
        return Err(error::malformed_xml());
    }
    if rule.id.as_deref().is_some_and(|id| id.chars().count() > ID_MAX) {
        let message = format!("The length of ID should not exceed allowed limit of {ID_MAX}");
        return Err(Error::new(INVALID_REQUEST, message));
    }
    for method in &rule.allowed_methods {
        if !matches!(method.as_str(), "GET" | "PUT" | "HEAD" | "POST" | "DELETE") {
            return Err(Error::new(
                INVALID_REQUEST,
                format!(
                    "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                ),
            ));
        }
    }
    let headers = rule.allowed_headers.unwrap_or_default();
    let exposed = rule.expose_headers.unwrap_or_default();
    one_wildcard("AllowedOrigin", &rule.allowed_origins)?;
    one_wildcard("AllowedHeader", &headers)?;
    if let Some(header) = exposed.iter().find(|header| header.contains('*')) {
        let message = format!(
            "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard \
             for ExposeHeader."
        );
        return Err(Error::new(INVALID_REQUEST, message));
    }
    Ok(CorsRule {
        id: rule.id,
        allowed_headers: headers,
        allowed_methods: rule.allowed_methods,
        allowed_origins: rule.allowed_origins,
        expose_headers: exposed,
        max_age_seconds: rule.max_age_seconds,
    })
}

fn one_wildcard(element: &str, patterns: &[String]) -> Result<(), Error> {
    match patterns.iter().find(|pattern| pattern.matches('*').count() > 1) {
        None => Ok(()),
        Some(pattern) => {
            let message = format!("{element} \"{pattern}\" can not have more than one wildcard.");
            Err(Error::new(INVALID_REQUEST, message))
        }
    }
}

fn shown(rule: CorsRule) -> CORSRule {
    let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
    CORSRule {
        id: rule.id,
        allowed_headers: some(rule.allowed_headers),
        allowed_methods: rule.allowed_methods,
        allowed_origins: rule.allowed_origins,
        expose_headers: some(rule.expose_headers),
        max_age_seconds: rule.max_age_seconds,
    }
}
