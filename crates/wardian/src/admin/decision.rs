//! Why: the decisions that were kept, each explained, for the account that they are of.

use api::wardian::{
    DescribeDecisionRequest, DescribeDecisionResponse, EncodeDecisionRequest,
    EncodeDecisionResponse, ListDecisionsRequest, ListDecisionsResponse, error,
};
use gateway::{Cx, Decided, Error};
use serde_json::Value;

/// Whoever asks for the last decision means none of these.
const ASKING: [&str; 5] = [
    "CheckAccess",
    "DescribeDecision",
    "EncodeDecision",
    "ListDecisions",
    "ListPrincipalsWithAccess",
];

/// How many decisions one answer holds: each may be long.
const LISTED_MAX: usize = 100;

pub fn describe(
    cx: &mut Cx<'_>,
    input: DescribeDecisionRequest,
) -> Result<DescribeDecisionResponse, Error> {
    let (id, denied) = (input.request_id.as_deref(), input.denied == Some(true));
    let found = cx.decision(|decided| is_wanted(decided, id, denied));
    let document = found.ok_or_else(|| not_found(id, denied))?;
    Ok(DescribeDecisionResponse { document: document.to_string() })
}

pub fn encode(
    cx: &mut Cx<'_>,
    input: EncodeDecisionRequest,
) -> Result<EncodeDecisionResponse, Error> {
    let (id, denied) = (input.request_id.as_deref(), input.denied == Some(true));
    let found = cx.authorization_message(|decided| is_wanted(decided, id, denied))?;
    let encoded_message = found.ok_or_else(|| not_found(id, denied))?;
    Ok(EncodeDecisionResponse { encoded_message })
}

/// The newest, oldest first.
pub fn list(cx: &mut Cx<'_>, input: ListDecisionsRequest) -> Result<ListDecisionsResponse, Error> {
    let denied = input.denied == Some(true);
    let documents = cx.decisions(LISTED_MAX, |decided| is_wanted(decided, None, denied));
    Ok(ListDecisionsResponse { documents: documents.iter().map(Value::to_string).collect() })
}

fn is_wanted(decided: &Decided<'_>, id: Option<&str>, denied: bool) -> bool {
    match id {
        Some(id) => decided.request_id == id,
        None => {
            let is_asking = ASKING.contains(&decided.operation);
            !is_asking && (decided.is_denied || !denied)
        }
    }
}

fn not_found(id: Option<&str>, denied: bool) -> Error {
    let message = match (id, denied) {
        (Some(id), _) => format!(
            "No decision of this account is kept for the request {id}: it is too long ago, it was \
             refused before anybody was believed, or it is another account's."
        ),
        (None, true) => "No request of this account was denied lately.".to_owned(),
        (None, false) => "No request of this account is kept.".to_owned(),
    };
    Error::new(error::DECISION_NOT_FOUND, message)
}
