//! GetBucketRequestPayment and PutBucketRequestPayment, and what they mean to a request.
//!
//! Nobody pays anything here. What AWS demands where requesters pay is demanded all the same: who
//! does not own the bucket says that it pays, and nobody is anonymous. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html>

use api::Structure;
use api::s3::{
    GetBucketRequestPaymentOutput, GetBucketRequestPaymentRequest, Payer,
    PutBucketRequestPaymentRequest, PutBucketRequestPaymentResponse,
};
use gateway::{Cx, Error};

use crate::bucket::{self, Found};
use crate::error;
use crate::record::BUCKETS;

pub fn get_bucket_request_payment(
    cx: &mut Cx<'_>,
    input: GetBucketRequestPaymentRequest,
) -> Result<GetBucketRequestPaymentOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let payer = match found.bucket.requester_pays {
        Some(true) => Payer::Requester,
        Some(false) | None => Payer::BucketOwner,
    };
    Ok(GetBucketRequestPaymentOutput { payer: Some(payer) })
}

pub fn put_bucket_request_payment(
    cx: &mut Cx<'_>,
    input: PutBucketRequestPaymentRequest,
) -> Result<PutBucketRequestPaymentResponse, Error> {
    let pays = match &input.request_payment_configuration.payer {
        Payer::Requester => true,
        Payer::BucketOwner => false,
        Payer::Unknown(_) => return Err(error::malformed_xml()),
    };
    let mut found = bucket::of(cx, &input)?;
    found.bucket.requester_pays = Some(pays);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(PutBucketRequestPaymentResponse::default())
}

/// Before anything is decided: who would pay must say so, where the operation can.
///
/// # Errors
/// AccessDenied.
pub fn check(cx: &mut Cx<'_>, input: &dyn Structure, found: &Found) -> Result<(), Error> {
    if !charges(cx, found) || !input.shape().members().iter().any(|one| one.name == PAYER) {
        return Ok(());
    }
    if cx.caller().is_anonymous() || input.text(PAYER) != Some("requester") {
        return Err(error::access_denied());
    }
    cx.add_header(CHARGED, "requester");
    Ok(())
}

/// The same in the answer to what streamed, which was let in before.
pub fn show(cx: &mut Cx<'_>, input: &dyn Structure, found: &Found) {
    if charges(cx, found) && input.text(PAYER) == Some("requester") {
        cx.add_header(CHARGED, "requester");
    }
}

const PAYER: &str = "RequestPayer";
const CHARGED: &str = "x-amz-request-charged";

/// The owner pays for itself.
fn charges(cx: &Cx<'_>, found: &Found) -> bool {
    let is_owner = !cx.caller().is_anonymous() && cx.account() == found.bucket.account;
    found.bucket.requester_pays == Some(true) && !is_owner
}
