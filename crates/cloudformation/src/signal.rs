//! Signals: what wait conditions wait for. They come by URL, from whoever was given the URL of a
//! wait condition handle, or by SignalResource, from whoever may call it.
//!
//! A handle's URL has the form of a presigned one of S3. Its signature is a seal of this server
//! over stack, handle and time: it cannot be made by anybody else, opens no other handle, and ends
//! with its time, its handle or its stack.
//! AWS: API reference, SignalResource; User Guide, "Create wait conditions in a CloudFormation
//! template" (the form of a signal).

use api::cloudformation::{
    ResourceSignalStatus, ResourceStatus, SignalResourceInput, SignalResourceResponse,
};
use gateway::{Cx, Error};
use minicbor::{Decode, Encode};
use serde::Deserialize;
use store::{Record, Table};
use subtle::ConstantTimeEq as _;

use crate::arn::{Arn, Kind};
use crate::resource::{WAIT_CONDITION, WAIT_CONDITION_HANDLE};
use crate::tables::{ALL, RESOURCES, STACKS, StackKey, purpose};
use crate::{error, event, stack, step};

/// What the names of the buckets begin with that handles' URLs seem to speak of; the region
/// follows.
pub const BUCKET: &str = "cloudformation-waitcondition-";

/// For how long a URL is good.
pub const URL_SECONDS: i64 = 86_399;

/// The most bytes of a signal.
const SIGNAL_SIZE_MAX: usize = 4096;

/// By stack, logical id of what is signalled, and unique id.
const SIGNALS: Table<(u64, String, String, String, String), Signal> =
    Table::new(gateway::tables::CLOUDFORMATION + 17);

/// One signal.
#[derive(Clone, Encode, Decode)]
pub struct Signal {
    #[n(0)]
    pub success: bool,
    #[n(1)]
    pub data: Option<String>,
    #[n(2)]
    pub reason: Option<String>,
}

impl Record for Signal {
    const VERSION: u8 = 1;
}

/// A signal as it is put under a handle's URL.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    status: String,
    unique_id: String,
    data: Option<String>,
    reason: Option<String>,
}

/// The signature of a handle's URL, as of now.
///
/// # Errors
/// What the keyring says.
pub fn sign(cx: &Cx<'_>, key: &StackKey, logical_id: &str) -> Result<String, Error> {
    let now = cx.now().as_seconds().to_be_bytes();
    Ok(hex::encode(cx.keyring().seal(&sealed_for(key, logical_id), &now)?))
}

/// Takes what is put under a handle's URL. The answer is S3's: that of a bucket.
///
/// # Errors
/// `AccessDenied` for a URL that this server did not make, or that is over.
pub fn receive(cx: &mut Cx<'_>, place: &str, body: &[u8]) -> Result<(), Error> {
    let denied = || Error::access_denied("Access Denied");
    let (stack_id, logical_id) = place.rsplit_once('/').ok_or_else(denied)?;
    let arn = Arn::parse(stack_id);
    let arn = arn.filter(|arn| arn.kind == Kind::Stack && arn.region == cx.region());
    let key = arn.ok_or_else(denied)?.stack_key();
    verify(cx, &key, (stack_id, logical_id))?;
    // (unverified: AWS takes any object here)
    let malformed = |what: String| Error::new(api::s3::error::INVALID_REQUEST, what);
    if body.len() > SIGNAL_SIZE_MAX {
        return Err(malformed(format!("A signal has at most {SIGNAL_SIZE_MAX} bytes.")));
    }
    let document: Document = serde_json::from_slice(body)
        .map_err(|fault| malformed(format!("The signal is not well-formed: {fault}")))?;
    let success = match document.status.as_str() {
        "SUCCESS" => true,
        "FAILURE" => false,
        _ => return Err(malformed("The Status of a signal is SUCCESS or FAILURE.".to_owned())),
    };
    let Document { unique_id, data, reason, .. } = document;
    put(cx, &key, (logical_id, &unique_id), Signal { success, data, reason })
}

/// Whether the URL of the request is that of the handle, and still good.
fn verify(cx: &Cx<'_>, key: &StackKey, (stack_id, logical_id): (&str, &str)) -> Result<(), Error> {
    let denied = || Error::access_denied("Access Denied");
    let query = &cx.request().query;
    let given = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Signature="));
    let given = given.ok_or_else(denied)?;
    let sealed = hex::decode(given).map_err(|_| denied())?;
    let made = cx.keyring().open(&sealed_for(key, logical_id), &sealed).map_err(|_| denied())?;
    let made = made.expose().try_into().map(i64::from_be_bytes).map_err(|_| denied())?;
    let now = cx.now().as_seconds();
    if now > made.saturating_add(URL_SECONDS) {
        return Err(Error::access_denied("Request has expired"));
    }
    let stack = STACKS.get(cx.tx, key.id())?.filter(|stack| stack.id == stack_id);
    let handle = RESOURCES.get(cx.tx, key.part(logical_id))?;
    let handle = handle.filter(|it| !it.is_gone() && it.resource_type == WAIT_CONDITION_HANDLE);
    let url = stack.and(handle).and_then(|handle| handle.physical_id).unwrap_or_default();
    let (_, known) = url.rsplit_once("X-Amz-Signature=").unwrap_or_default();
    if bool::from(known.as_bytes().ct_eq(given.as_bytes())) { Ok(()) } else { Err(denied()) }
}

fn sealed_for(key: &StackKey, logical_id: &str) -> Vec<u8> {
    purpose(&format!("wait condition handle {logical_id}"), key)
}

pub fn signal_resource(
    cx: &mut Cx<'_>,
    input: SignalResourceInput,
) -> Result<SignalResourceResponse, Error> {
    let found = stack::find(cx, &input.stack_name)?;
    let (key, mut stack) = found.ok_or_else(|| error::no_stack(&input.stack_name))?;
    // (sentences unverified)
    if !stack.status.as_str().ends_with("_IN_PROGRESS") {
        let (id, status) = (&stack.id, stack.status.as_str());
        let message = format!("Stack {id} is in {status} state and cannot be signaled");
        return Err(Error::validation(message));
    }
    let logical_id = input.logical_resource_id;
    let found = RESOURCES.get(cx.tx, key.part(&logical_id))?;
    let mut resource = found.ok_or_else(|| error::no_resource(&logical_id, &stack.name))?;
    if resource.status != ResourceStatus::CreateInProgress {
        let status = resource.status.as_str();
        let message = format!("Resource {logical_id} is in {status} state and cannot be signaled");
        return Err(Error::validation(message));
    }
    if resource.resource_type != WAIT_CONDITION || resource.creation_policy.is_none() {
        let message = format!("Resource {logical_id} has no CreationPolicy: it takes no signals.");
        return Err(Error::validation(message));
    }
    let success = input.status == ResourceSignalStatus::Success;
    let reason =
        format!("Received {} signal with UniqueId {}", input.status.as_str(), input.unique_id);
    let known = (logical_id.as_str(), &mut resource);
    let status = ResourceStatus::CreateInProgress;
    event::of_resource(cx, &key, &mut stack, known, status, Some(reason))?;
    RESOURCES.put(cx.tx, key.part(&logical_id), &resource)?;
    STACKS.put(cx.tx, key.id(), &stack)?;
    let signal = Signal { success, data: None, reason: None };
    put(cx, &key, (&logical_id, &input.unique_id), signal)?;
    Ok(SignalResourceResponse::default())
}

/// Keeps a signal, unless one of its id came before, and lets the stack look.
fn put(
    cx: &mut Cx<'_>,
    key: &StackKey,
    (logical_id, unique_id): (&str, &str),
    signal: Signal,
) -> Result<(), Error> {
    let (account, region, uuid) = key.id();
    let place = (account, region, uuid, logical_id, unique_id);
    if SIGNALS.get(cx.tx, place)?.is_none() {
        SIGNALS.put(cx.tx, place, &signal)?;
        step::wake(cx, key)?;
    }
    Ok(())
}

/// The signals that came for a resource, by unique id.
///
/// # Errors
/// Only what the store says.
pub fn all(cx: &Cx<'_>, key: &StackKey, logical_id: &str) -> Result<Vec<(String, Signal)>, Error> {
    let rows = SIGNALS.scan(cx.tx, SIGNALS.prefix(key.part(logical_id)), ALL)?;
    Ok(rows.into_iter().map(|((.., unique_id), signal)| (unique_id, signal)).collect())
}

/// Drops the signals of a resource.
pub fn forget(cx: &mut Cx<'_>, key: &StackKey, logical_id: &str) {
    SIGNALS.delete_prefix(cx.tx, key.part(logical_id));
}

/// Drops all signals of an account.
pub fn reset(tx: &mut store::Tx, account: gateway::AccountId) {
    SIGNALS.delete_prefix(tx, (account.number(),));
}
