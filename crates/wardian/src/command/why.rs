//! `wardian why`: the decision of a request, for people or as JSON.

mod text;

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use api::wardian::{
    DescribeDecision, DescribeDecisionRequest, EncodeDecision, EncodeDecisionRequest,
};
use serde_json::Value;

use crate::cli::WhyFlags;
use crate::failure::{Failure, Outcome, While as _};

use super::{answer, print, print_json};

pub use text::{decisions, flag, list, word};

pub async fn run(flags: WhyFlags) -> Outcome {
    let denied = (!flags.last && flags.request_id.is_none()).then_some(true);
    let request_id = flags.request_id.clone();
    if flags.encode {
        let input = EncodeDecisionRequest { request_id, denied };
        let encoded = answer::<EncodeDecision>(&flags.caller, &input).await?;
        return print(format!("{}\n", encoded.encoded_message));
    }
    let document = match &flags.from {
        Some(path) => read(path, request_id.as_deref(), denied.is_some())?,
        None => {
            let input = DescribeDecisionRequest { request_id, denied };
            parse(&answer::<DescribeDecision>(&flags.caller, &input).await?.document)?
        }
    };
    if flags.json {
        return print_json(&document);
    }
    print(text::request(&document))
}

/// # Errors
/// Where a server's answer is something else than JSON.
pub fn parse(document: &str) -> Outcome<Value> {
    serde_json::from_str(document).cannot("read the server's answer")
}

/// The last line of the file that is wanted.
fn read(path: &Path, id: Option<&str>, denied: bool) -> Outcome<Value> {
    let file = std::fs::File::open(path).cannot(format!("read {}", path.display()))?;
    let mut found = None;
    for line in BufReader::new(file).lines() {
        let line = line.cannot(format!("read {}", path.display()))?;
        // The line that is being written now is not whole.
        let Ok(document) = serde_json::from_str::<Value>(&line) else { continue };
        let is_wanted = match id {
            Some(id) => word(&document, "requestId") == id,
            None => !denied || flag(&document, "denied"),
        };
        if is_wanted {
            found = Some(document);
        }
    }
    found.ok_or_else(|| Failure::new(format!("{} has no such decision", path.display())))
}
