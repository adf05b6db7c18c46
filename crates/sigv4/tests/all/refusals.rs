//! Every refusal in AWS's words: `refusals/*.json`, one row a request.
//!
//! A row begins with a rightly signed request (`base`, with the fields of `signed` and the query of
//! `signed_query`) and changes it: `set` and `add` header fields, `remove` them, `query` and `path`
//! replace, `add_query` appends, `swap` replaces a text in the authorization or the query, `now`
//! moves the server's clock. `code`, `status`, `message` and `fields` are what AWS answers; rows
//! without a code are accepted or, with `anonymous`, taken for anonymous.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sigv4::{EMPTY_SHA256, PayloadHash, Style};

use crate::client::{NOW, presigned, received, signed};
use crate::wire::Wire;

fn strings(row: &Value, name: &str) -> Vec<(String, String)> {
    let map = row.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    map.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect()
}

fn base(row: &Value, style: Style) -> Wire {
    let mut wire = Wire::new("GET", "/", "", &[("host", "localhost")]);
    for (name, value) in strings(row, "signed") {
        wire.fields.push((name, value.into_bytes()));
    }
    if let Some(query) = row.get("signed_query") {
        wire.query = query.as_str().unwrap().to_owned();
    }
    let payload = PayloadHash::Signed(EMPTY_SHA256);
    match row["base"].as_str().unwrap() {
        "header" => {
            signed(&mut wire, style, payload, None);
        }
        "query" => {
            let payload = if style == Style::S3 { PayloadHash::Unsigned } else { payload };
            let expires = row.get("expires").and_then(Value::as_u64).unwrap_or(60);
            presigned(&mut wire, style, payload, u32::try_from(expires).unwrap());
        }
        "none" => {}
        other => panic!("unknown base {other}"),
    }
    wire
}

fn change(row: &Value, wire: &mut Wire) {
    for name in row.get("remove").and_then(Value::as_array).into_iter().flatten() {
        wire.fields.retain(|(field, _)| field != name.as_str().unwrap());
    }
    for (name, value) in strings(row, "set") {
        wire.fields.retain(|(field, _)| *field != name);
        wire.fields.push((name, value.into_bytes()));
    }
    for (name, value) in strings(row, "add") {
        wire.fields.push((name, value.into_bytes()));
    }
    for (from, to) in strings(row, "swap") {
        let mut found = wire.query.contains(&from);
        wire.query = wire.query.replace(&from, &to);
        for (_, value) in wire.fields.iter_mut().filter(|(name, _)| name == "authorization") {
            let text = String::from_utf8(value.clone()).unwrap();
            found |= text.contains(&from);
            *value = text.replace(&from, &to).into_bytes();
        }
        assert!(found, "nothing to swap: {from}");
    }
    if let Some(query) = row.get("query") {
        wire.query = query.as_str().unwrap().to_owned();
    }
    if let Some(query) = row.get("add_query") {
        wire.query = format!("{}&{}", wire.query, query.as_str().unwrap());
    }
    if let Some(path) = row.get("path") {
        wire.path = path.as_str().unwrap().to_owned();
    }
}

fn answer(row: &Value, style: Style) -> Value {
    let mut wire = base(row, style);
    change(row, &mut wire);
    let now = NOW + row.get("now").and_then(Value::as_i64).unwrap_or(0);
    match received(&wire, style, now) {
        Ok(Some(_)) => json!({}),
        Ok(None) => json!({ "anonymous": true }),
        Err(error) => {
            let fields = error.fields(style).into_iter();
            let fields: Map<_, _> =
                fields.map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
            json!({
                "code": error.code(style),
                "status": error.status(style),
                "message": error.message(style),
                "fields": fields,
            })
        }
    }
}

/// The row's own expectation; message and fields may be left out, and are then not compared.
fn expected(row: &Value, answer: &Value) -> Value {
    let mut expected = Map::new();
    let refused = row.get("code").is_some();
    for name in ["code", "status", "message", "fields", "anonymous"] {
        let value = row
            .get(name)
            .or(answer.get(name).filter(|_| refused && matches!(name, "fields" | "message")));
        if let Some(value) = value {
            expected.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(expected)
}

fn check(style: Style, file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refusals").join(file);
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for row in rows {
        let answer = answer(&row, style);
        assert_eq!(answer, expected(&row, &answer), "{}", row["name"]);
    }
}

#[test]
fn query_services_refuse_in_aws_words() {
    check(Style::Query, "query.json");
}

#[test]
fn s3_refuses_in_aws_words() {
    check(Style::S3, "s3.json");
}
