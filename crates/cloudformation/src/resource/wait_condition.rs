//! AWS::CloudFormation::WaitCondition: is done when so many signals of success have come, and fails
//! with the first signal of failure, or when they take too long.
//!
//! The signals are those put under the URL of its handle; with a CreationPolicy instead of a
//! handle, those of SignalResource.
//! AWS: Template reference, "AWS::CloudFormation::WaitCondition", "CreationPolicy attribute"; User
//! Guide, "Create wait conditions in a CloudFormation template".

use std::collections::BTreeMap;

use super::{Action, Failure, Progress, Request, Type};
use crate::arn::Arn;
use crate::signal::{self, Signal};

/// The longest time that may be waited: half a day.
const TIMEOUT_SECONDS_MAX: i64 = 43_200;

pub const NAME: &str = "AWS::CloudFormation::WaitCondition";

pub static TYPE: Type = Type { wait: Some(wait), ..Type::new(NAME, create, update, delete) };

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let from = match (request.read().text("Handle"), request.creation_policy) {
        (Some(handle), _) => handle_of(request, &handle)?,
        (None, Some(_)) => request.logical_id.clone(),
        // (unverified)
        (None, None) => return Err(Failure::Plain("Wait condition requires a handle.".to_owned())),
    };
    if request.creation_policy.is_none() {
        timeout_seconds(request)?;
    }
    request.physical_id = Some(format!("{}/{from}", request.stack_id));
    Ok(())
}

fn update(_: &mut Request<'_, '_>) -> Result<(), Failure> {
    let sentence = "Update to resource type AWS::CloudFormation::WaitCondition is not supported.";
    Err(Failure::Plain(sentence.to_owned()))
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    signal::forget(request.cx, request.key, &request.logical_id);
    Ok(())
}

fn wait(request: &mut Request<'_, '_>, action: Action) -> Result<Progress, Failure> {
    if action != Action::Create {
        return Ok(Progress::Done);
    }
    let by_policy = request.read().text("Handle").is_none();
    let (wanted, millis) = match request.creation_policy {
        Some(policy) if by_policy => (usize::try_from(policy.count).unwrap_or(1), policy.millis),
        _ => {
            let count = request.read().integer("Count").unwrap_or(1);
            let seconds = timeout_seconds(request)?;
            (usize::try_from(count).unwrap_or(1), seconds.saturating_mul(1000))
        }
    };
    let physical_id = request.physical_id();
    let source = physical_id.rsplit('/').next().unwrap_or_default();
    let signals = signal::all(request.cx, request.key, source)?;
    if let Some((id, signal)) = signals.iter().find(|(_, signal)| !signal.success) {
        return Err(Failure::Plain(failure(id, signal, by_policy)));
    }
    if signals.len() >= wanted {
        request.attributes.insert("Data".to_owned(), data(signals));
        return Ok(Progress::Done);
    }
    let now = request.cx.now().as_millis();
    let until = request.waiting_since.unwrap_or(now).saturating_add(millis);
    if now < until {
        return Ok(Progress::Waiting { until: Some(until) });
    }
    let came = signals.len();
    Err(Failure::Plain(if by_policy {
        let missing = wanted.saturating_sub(came);
        format!("Failed to receive {missing} resource signal(s) within the specified duration")
    } else {
        format!("WaitCondition timed out. Received {came} conditions when expecting {wanted}")
    }))
}

fn failure(id: &str, signal: &Signal, by_policy: bool) -> String {
    if by_policy {
        return format!("Received FAILURE signal with UniqueId {id}");
    }
    let reason = signal.reason.as_deref().unwrap_or_default();
    format!("WaitCondition received failed message: '{reason}' for uniqueId: {id}")
}

/// What Fn::GetAtt of Data answers: the data by unique id, as JSON text.
fn data(signals: Vec<(String, Signal)>) -> String {
    let data: BTreeMap<String, String> =
        signals.into_iter().map(|(id, signal)| (id, signal.data.unwrap_or_default())).collect();
    serde_json::to_string(&data).unwrap_or_default()
}

/// The logical id of the handle whose URL it is.
fn handle_of(request: &Request<'_, '_>, url: &str) -> Result<String, Failure> {
    let (path, _) = url.split_once('?').unwrap_or((url, ""));
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let place = decoded.find("/arn:").and_then(|at| decoded.get(at.saturating_add(1)..));
    let (stack, logical_id) = place.and_then(|place| place.rsplit_once('/')).unwrap_or_default();
    let own = Arn::parse(stack).is_some_and(|arn| arn.stack_key() == *request.key);
    if own && !logical_id.is_empty() {
        return Ok(logical_id.to_owned());
    }
    // (unverified)
    Err(Failure::Plain(format!("Invalid wait condition handle: {url}")))
}

fn timeout_seconds(request: &Request<'_, '_>) -> Result<i64, Failure> {
    let given = request.read().text("Timeout");
    let seconds = given.as_deref().and_then(|text| text.parse().ok());
    let seconds = seconds.filter(|seconds| (0..=TIMEOUT_SECONDS_MAX).contains(seconds));
    // (unverified)
    seconds.ok_or_else(|| {
        let given = given.unwrap_or_default();
        Failure::Plain(format!(
            "Invalid timeout value {given}: it must be between 0 and {TIMEOUT_SECONDS_MAX} seconds."
        ))
    })
}
