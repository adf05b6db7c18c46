//! The record of what happened: one JSON line a request, in CloudTrail's form.
//!
//! Every attempt is recorded, refused ones too; what was answered, where something was changed or
//! credentials were handed out. Sensitive members of the model are hidden: a record never holds a
//! secret. AWS:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use api::{OperationShape, Structure};
use serde_json::{Value, json};
use store::Tx;

use crate::authenticate::Who;
use crate::gateway::Core;
use crate::request::RequestFacts;
use crate::{Error, Identity};

/// Where events go. Called after the commit, off the request's path where it can.
pub trait Recorder: Send + Sync {
    /// One line of JSON without its line end.
    fn record(&self, line: &str);
}

/// An event, written only where somebody records.
pub struct Event(Option<Value>);

impl Event {
    /// The event of one operation. `input` is None where the request did not parse; `outcome` is
    /// what was answered.
    pub(crate) fn new(
        core: &Core,
        who: &Who,
        facts: &RequestFacts,
        operation: &'static OperationShape,
        input: Option<&dyn Structure>,
        outcome: Result<&dyn Structure, &Error>,
    ) -> Self {
        if core.recorder.is_none() {
            return Self(None);
        }
        let source = match facts.source_ip {
            Some(ip) => ip.to_string(),
            None => who.caller.via.last().cloned().unwrap_or_default(),
        };
        let mut event = json!({
            "eventVersion": "1.11",
            "userIdentity": user_identity(who),
            "eventTime": facts.now.iso8601(),
            "eventSource": format!("{}.amazonaws.com", operation.service),
            "eventName": operation.name,
            "awsRegion": facts.region,
            "sourceIPAddress": source,
            "userAgent": facts.header("user-agent").unwrap_or_default(),
            "requestParameters": input.map_or(Value::Null, wire::json::redacted),
            "responseElements": outcome.map_or(Value::Null, |output| elements(operation, output)),
            "requestID": facts.id,
            "eventID": crate::id::uuid(core.ids.as_ref()),
            "readOnly": is_read_only(operation.name),
            "eventType": "AwsApiCall",
            "managementEvent": !is_data(operation),
            "recipientAccountId": who.caller.account.to_string(),
            "eventCategory": if is_data(operation) { "Data" } else { "Management" },
        });
        if let (Err(error), Some(fields)) = (outcome, event.as_object_mut()) {
            fields.insert("errorCode".to_owned(), error.code().into());
            fields.insert("errorMessage".to_owned(), error.message().into());
        }
        Self(Some(event))
    }

    fn is_refused(&self) -> bool {
        self.0.as_ref().is_some_and(|event| event.get("errorCode").is_some())
    }

    pub(crate) fn record(&self, core: &Core) {
        if let (Some(recorder), Some(event)) = (&core.recorder, &self.0) {
            recorder.record(&event.to_string());
        }
    }
}

/// Records the calls of a handler: once the transaction is durable, or, where the handler failed,
/// at once those that were refused. What else it did is undone and never was.
pub fn record_calls(core: &Core, tx: &mut Tx, events: Vec<Event>, handled: bool) {
    let Some(recorder) = core.recorder.clone() else { return };
    if !handled {
        events.iter().filter(|event| event.is_refused()).for_each(|event| event.record(core));
        return;
    }
    tx.on_commit(Box::new(move || {
        for event in events.iter().filter_map(|event| event.0.as_ref()) {
            recorder.record(&event.to_string());
        }
    }));
}

fn user_identity(who: &Who) -> Value {
    let caller = &who.caller;
    if caller.is_anonymous() {
        return json!({ "type": "AWSAccount", "principalId": "", "accountId": "anonymous" });
    }
    let mut identity = json!({
        "type": match caller.identity {
            Identity::Root => "Root",
            Identity::User(_) => "IAMUser",
            Identity::Role { .. } => "AssumedRole",
            Identity::Federated { .. } => "FederatedUser",
            Identity::Service(_) => "AWSService",
            Identity::Anonymous => "AWSAccount",
        },
        "principalId": caller.user_id(),
    });
    let Some(fields) = identity.as_object_mut() else { return identity };
    fields.insert("arn".to_owned(), who.arn().into());
    fields.insert("accountId".to_owned(), caller.account.as_str().into());
    if let Some(key) = &caller.access_key_id {
        fields.insert("accessKeyId".to_owned(), key.as_str().into());
    }
    if let (Identity::User(_), Some(principal)) = (&caller.identity, &who.principal) {
        fields.insert("userName".to_owned(), principal.name.as_str().into());
    }
    if let Some(session) = &caller.session {
        let created = api::Timestamp::from_seconds(session.issued).iso8601();
        let attributes = json!({
            "creationDate": created,
            "mfaAuthenticated": session.mfa.is_some().to_string(),
        });
        let mut context = json!({ "attributes": attributes });
        if let (Some(issuer), Some(fields)) = (session_issuer(who), context.as_object_mut()) {
            fields.insert("sessionIssuer".to_owned(), issuer);
        }
        fields.insert("sessionContext".to_owned(), context);
    }
    if let Some(service) = caller.via.last() {
        fields.insert("invokedBy".to_owned(), service.as_str().into());
    }
    identity
}

/// The role, or the user who asked for a federated session.
fn session_issuer(who: &Who) -> Option<Value> {
    let kind = match who.caller.identity {
        Identity::Role { .. } => "Role",
        Identity::Federated { .. } => "IAMUser",
        _ => return None,
    };
    let issuer = who.principal.as_ref()?;
    Some(json!({
        "type": kind,
        "principalId": issuer.id,
        "arn": issuer.arn,
        "accountId": who.caller.account.as_str(),
        "userName": issuer.name,
    }))
}

/// What was answered: of what only reads, nothing, unless it handed out credentials.
fn elements(operation: &OperationShape, output: &dyn Structure) -> Value {
    const ISSUES: [&str; 2] = ["GetSessionToken", "GetFederationToken"];
    if is_read_only(operation.name) && !ISSUES.contains(&operation.name) {
        return Value::Null;
    }
    match wire::json::redacted(output) {
        Value::Object(fields) if fields.is_empty() => Value::Null,
        elements => elements,
    }
}

/// CloudTrail counts what is done to objects as data, all else as management.
fn is_data(operation: &OperationShape) -> bool {
    operation.service == "s3" && operation.http.uri.contains("{Key+}")
}

fn is_read_only(operation: &str) -> bool {
    ["Get", "List", "Describe", "Head", "Validate", "Estimate", "Simulate", "Generate", "Decode"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}
