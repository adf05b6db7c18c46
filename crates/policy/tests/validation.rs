//! Documents AWS accepts or refuses, and its sentence: `data/policy/validation-cases.json` (its
//! source named inside) for CreatePolicy, `cases/documents.json` for the other kinds.

use policy::{Kind, Policy};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    _source: String,
    invalid: Vec<Refused>,
    valid: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    document: Value,
    message: String,
}

fn text(document: &Value) -> String {
    document.as_str().map_or_else(|| document.to_string(), str::to_owned)
}

#[test]
fn identity_policies_are_accepted_and_refused_as_recorded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/policy/validation-cases.json");
    let recorded: Recorded = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!((recorded.invalid.len(), recorded.valid.len()), (78, 54));
    let mut wrong = Vec::new();
    for Refused { document, message } in &recorded.invalid {
        let answer = Policy::parse(&text(document), Kind::Identity).map(|_| ());
        if answer.as_ref().map_err(|invalid| &invalid.message) != Err(message) {
            wrong.push(format!("{document}\n  expected {message}\n  got {answer:?}"));
        }
    }
    for document in &recorded.valid {
        if let Err(invalid) = Policy::parse(&text(document), Kind::Identity) {
            wrong.push(format!("{document}\n  expected to be valid\n  got {invalid}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
