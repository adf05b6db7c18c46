//! GetObjectLockConfiguration and PutObjectLockConfiguration.
//!
//! Object Lock needs versions, and what enabled it does not disable it. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html>

use api::s3::error as code;
use api::s3::{
    DefaultRetention as Retention, GetObjectLockConfigurationOutput,
    GetObjectLockConfigurationRequest, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockRetentionMode, ObjectLockRule, PutObjectLockConfigurationOutput,
    PutObjectLockConfigurationRequest,
};
use gateway::{Cx, Error};

use crate::record::{BUCKETS, DefaultRetention, Mode, ObjectLock, Period, Versioning};
use crate::{bucket, error};

const DAYS_MAX: i32 = 36_500;
const YEARS_MAX: i32 = 100;

pub fn get_object_lock_configuration(
    cx: &mut Cx<'_>,
    input: GetObjectLockConfigurationRequest,
) -> Result<GetObjectLockConfigurationOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let Some(lock) = found.bucket.object_lock else {
        let message = "Object Lock configuration does not exist for this bucket";
        return Err(Error::new(code::OBJECT_LOCK_CONFIGURATION_NOT_FOUND_ERROR, message)
            .with("BucketName", input.bucket));
    };
    let object_lock_configuration = Some(ObjectLockConfiguration {
        object_lock_enabled: Some(ObjectLockEnabled::Enabled),
        rule: lock.default.map(shown),
    });
    Ok(GetObjectLockConfigurationOutput { object_lock_configuration })
}

/// A configuration without a rule takes the one before away. The token that AWS once gave out for
/// buckets that are there is asked for no more.
pub fn put_object_lock_configuration(
    cx: &mut Cx<'_>,
    input: PutObjectLockConfigurationRequest,
) -> Result<PutObjectLockConfigurationOutput, Error> {
    let configuration = input.object_lock_configuration.as_ref();
    let lock = read(configuration.ok_or_else(error::malformed_xml)?)?;
    let mut found = bucket::of(cx, &input)?;
    if found.bucket.versioning != Some(Versioning::Enabled) {
        let message =
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
        return Err(Error::new(code::INVALID_BUCKET_STATE, message));
    }
    found.bucket.object_lock = Some(lock);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(PutObjectLockConfigurationOutput::default())
}

fn read(configuration: &ObjectLockConfiguration) -> Result<ObjectLock, Error> {
    if configuration.object_lock_enabled != Some(ObjectLockEnabled::Enabled) {
        return Err(error::malformed_xml());
    }
    let Some(rule) = &configuration.rule else { return Ok(ObjectLock { default: None }) };
    let retention = rule.default_retention.as_ref().ok_or_else(error::malformed_xml)?;
    if retention.default_event_hold.is_some() {
        let message = "The Object Lock configuration implies functionality that is not implemented";
        return Err(Error::new(code::NOT_IMPLEMENTED, message));
    }
    let mode = retention.mode.as_ref().and_then(|mode| Mode::parse(mode.as_str()));
    let mode = mode.ok_or_else(error::malformed_xml)?;
    let period = match (retention.days, retention.years) {
        (Some(days), None) => Period::Days(number("Days", days, DAYS_MAX)?),
        (None, Some(years)) => Period::Years(number("Years", years, YEARS_MAX)?),
        _ => return Err(error::malformed_xml()),
    };
    Ok(ObjectLock { default: Some(DefaultRetention { mode, period }) })
}

fn number(name: &str, number: i32, max: i32) -> Result<i32, Error> {
    let message = match number {
        ..1 => "Default retention period must be a positive integer value.",
        // Not shown by AWS, which documents the limit.
        _ if number > max => "Default retention period is too large.",
        _ => return Ok(number),
    };
    Err(Error::new(code::INVALID_ARGUMENT, message).with("ArgumentName", name))
}

fn shown(default: DefaultRetention) -> ObjectLockRule {
    let (days, years) = match default.period {
        Period::Days(days) => (Some(days), None),
        Period::Years(years) => (None, Some(years)),
    };
    let mode = Some(ObjectLockRetentionMode::from(default.mode.name()));
    let retention = Retention { mode, days, years, ..Retention::default() };
    ObjectLockRule { default_retention: Some(retention) }
}
