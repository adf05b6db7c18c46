//! `wardian why`: the decision of a request, for people or as JSON.

mod text;

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use api::wardian::{
    DescribeDecision, DescribeDecisionRequest, EncodeDecision, EncodeDecisionRequest,
    ListDecisions, ListDecisionsRequest,
};
use serde_json::Value;

use crate::cli::WhyFlags;
use crate::failure::{Failure, Outcome, While as _};

use super::{answer, print, print_json};

pub use text::{decisions, flag, list, word};

/// What stands between two requests.
const BETWEEN: &str = "\n----\n\n";

pub async fn run(flags: WhyFlags) -> Outcome {
    let denied = (!flags.last && flags.request_id.is_none()).then_some(true);
    if flags.encode {
        let input = EncodeDecisionRequest { request_id: flags.request_id.clone(), denied };
        let encoded = answer::<EncodeDecision>(&flags.caller, &input).await?;
        return print(format!("{}\n", encoded.encoded_message));
    }
    let documents = match &flags.from {
        Some(path) => read(path, &flags, denied.is_some())?,
        None => ask(&flags, denied).await?,
    };
    if flags.json {
        return match (documents.as_slice(), flags.all) {
            ([document], false) => print_json(document),
            _ => print_json(&Value::Array(documents)),
        };
    }
    let texts: Vec<String> = documents.iter().map(text::request).collect();
    print(texts.join(BETWEEN))
}

/// From a running server.
async fn ask(flags: &WhyFlags, denied: Option<bool>) -> Outcome<Vec<Value>> {
    if flags.all {
        let input = ListDecisionsRequest { denied };
        let listed = answer::<ListDecisions>(&flags.caller, &input).await?;
        return listed.documents.iter().map(|document| parse(document)).collect();
    }
    let input = DescribeDecisionRequest { request_id: flags.request_id.clone(), denied };
    let described = answer::<DescribeDecision>(&flags.caller, &input).await?;
    Ok(vec![parse(&described.document)?])
}

/// # Errors
/// Where a server's answer is something else than JSON.
pub fn parse(document: &str) -> Outcome<Value> {
    serde_json::from_str(document).cannot("read the server's answer")
}

/// From the file: the lines that are wanted, or the last of them.
fn read(path: &Path, flags: &WhyFlags, denied: bool) -> Outcome<Vec<Value>> {
    let file = std::fs::File::open(path).cannot(format!("read {}", path.display()))?;
    let mut found = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.cannot(format!("read {}", path.display()))?;
        // The line that is being written now is not whole.
        let Ok(document) = serde_json::from_str::<Value>(&line) else { continue };
        let is_wanted = match &flags.request_id {
            Some(id) => word(&document, "requestId") == id,
            None => !denied || flag(&document, "denied"),
        };
        if is_wanted {
            if !flags.all {
                found.clear();
            }
            found.push(document);
        }
    }
    match found.is_empty() && !flags.all {
        true => Err(Failure::new(format!("{} has no such decision", path.display()))),
        false => Ok(found),
    }
}
