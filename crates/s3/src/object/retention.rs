//! GetObjectRetention and PutObjectRetention.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html>

use api::s3::error::NOT_IMPLEMENTED;
use api::s3::{
    GetObjectRetentionOutput, GetObjectRetentionRequest, ObjectLockRetention,
    ObjectLockRetentionMode, PutObjectRetentionOutput, PutObjectRetentionRequest,
};
use gateway::{Cx, Error};

use crate::object::{self, version};
use crate::record::{Mode, Retention};
use crate::{bucket, error, lock, text};

pub fn get_object_retention(
    cx: &mut Cx<'_>,
    input: GetObjectRetentionRequest,
) -> Result<GetObjectRetentionOutput, Error> {
    let found = bucket::of(cx, &input)?;
    lock::of_bucket(&found)?;
    let object = object::named(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    let retention = object.lock.retention.ok_or_else(lock::none)?;
    let retention = Some(ObjectLockRetention {
        mode: Some(ObjectLockRetentionMode::from(retention.mode.name())),
        retain_until_date: Some(retention.until()),
        ..ObjectLockRetention::default()
    });
    Ok(GetObjectRetentionOutput { retention })
}

/// An empty document takes retention away.
pub fn put_object_retention(
    cx: &mut Cx<'_>,
    input: PutObjectRetentionRequest,
) -> Result<PutObjectRetentionOutput, Error> {
    let given = input.retention.as_ref().ok_or_else(error::malformed_xml)?;
    let retention = read(cx, given)?;
    let found = bucket::of(cx, &input)?;
    lock::of_bucket(&found)?;
    let mut object = object::named(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    // Who says so may: the gate asked.
    let bypasses = input.bypass_governance_retention == Some(true);
    lock::check_change(cx.now(), object.lock.retention, retention, bypasses)?;
    object.lock.retention = retention;
    version::update(cx, &found.id, &input.key, &object)?;
    Ok(PutObjectRetentionOutput::default())
}

fn read(cx: &Cx<'_>, given: &ObjectLockRetention) -> Result<Option<Retention>, Error> {
    if given.event_hold.is_some() || given.event_hold_duration.is_some() {
        let message = "The retention implies functionality that is not implemented";
        return Err(Error::new(NOT_IMPLEMENTED, message));
    }
    let (mode, until) = match (&given.mode, given.retain_until_date) {
        (None, None) => return Ok(None),
        (Some(mode), Some(until)) => (Mode::parse(mode.as_str()), until),
        _ => return Err(error::malformed_xml()),
    };
    let mode = mode.ok_or_else(error::malformed_xml)?;
    if until <= cx.now() {
        let shown = text::in_seattle(until);
        return Err(error::invalid_argument(lock::PAST, "RetainUntilDate", &shown));
    }
    Ok(Some(Retention { mode, until: until.as_millis() }))
}
