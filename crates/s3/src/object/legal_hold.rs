//! GetObjectLegalHold and PutObjectLegalHold.
//!
//! A legal hold knows no date, and nobody bypasses it: it is taken off by those who may put it on.
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html>

use api::s3::{
    GetObjectLegalHoldOutput, GetObjectLegalHoldRequest, ObjectLockLegalHold,
    ObjectLockLegalHoldStatus, PutObjectLegalHoldOutput, PutObjectLegalHoldRequest,
};
use gateway::{Cx, Error};

use crate::object::{self, version};
use crate::{bucket, error, lock};

pub fn get_object_legal_hold(
    cx: &mut Cx<'_>,
    input: GetObjectLegalHoldRequest,
) -> Result<GetObjectLegalHoldOutput, Error> {
    let found = bucket::of(cx, &input)?;
    lock::of_bucket(&found)?;
    let object = object::named(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    let status = shown(object.lock.legal_hold.ok_or_else(lock::none)?);
    Ok(GetObjectLegalHoldOutput { legal_hold: Some(ObjectLockLegalHold { status: Some(status) }) })
}

pub fn put_object_legal_hold(
    cx: &mut Cx<'_>,
    input: PutObjectLegalHoldRequest,
) -> Result<PutObjectLegalHoldOutput, Error> {
    let is_on = match input.legal_hold.as_ref().and_then(|hold| hold.status.as_ref()) {
        Some(ObjectLockLegalHoldStatus::On) => true,
        Some(ObjectLockLegalHoldStatus::Off) => false,
        Some(ObjectLockLegalHoldStatus::Unknown(_)) | None => return Err(error::malformed_xml()),
    };
    let found = bucket::of(cx, &input)?;
    lock::of_bucket(&found)?;
    let mut object = object::named(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    object.lock.legal_hold = Some(is_on);
    version::update(cx, &found.id, &input.key, &object)?;
    Ok(PutObjectLegalHoldOutput::default())
}

pub fn shown(is_on: bool) -> ObjectLockLegalHoldStatus {
    if is_on { ObjectLockLegalHoldStatus::On } else { ObjectLockLegalHoldStatus::Off }
}
