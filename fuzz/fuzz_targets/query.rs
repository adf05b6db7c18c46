//! AWS Query: any form into the typed input of its operation; what was read and is written reads
//! the same, but for empty structures and lists, which a form cannot hold.
//!
//! Input: a form with `Action`, behind a byte for the service.

#![no_main]

use api::{Operation, Structure, Visitor};
use libfuzzer_sys::{Corpus, fuzz_target};
use wardian_fuzz::shown;
use wire::{Form, Style, query};

struct Read<'f> {
    form: &'f Form,
    bytes: &'f [u8],
    name: &'f str,
    found: bool,
}

impl Visitor for Read<'_> {
    fn operation<O: Operation>(&mut self) {
        if O::SHAPE.name != self.name {
            return;
        }
        self.found = true;
        let mut output = O::Output::default();
        if query::read_output(O::SHAPE, self.bytes, &mut output).is_ok() {
            let written = query::write(O::SHAPE, &output, "id");
            let mut again = O::Output::default();
            query::read_output(O::SHAPE, written.as_bytes(), &mut again).unwrap();
            assert_eq!(shown(&output), shown(&again));
        }
        let mut input = O::Input::default();
        if let Err(invalid) = query::read(O::SHAPE, self.form, &mut input) {
            let _ = (invalid.to_string(), invalid.message(Style::of(O::SHAPE)));
            return;
        }
        assert!(wire::validate(O::SHAPE, &input).is_ok());
        let _ = wire::json::redacted(&input);
        let held: serde_json::Value = serde_json::from_str(&shown(&input)).unwrap();
        if held.as_object().is_some_and(|members| members.values().any(holds_nothing)) {
            return;
        }
        let written = query::write_input(O::SHAPE, &input);
        let mut again = O::Input::default();
        let form = Form::parse(written.as_bytes()).unwrap();
        query::read(O::SHAPE, &form, &mut again).unwrap();
        assert_eq!(shown(&input as &dyn Structure), shown(&again));
    }
}

/// Whether a structure or list, here or further down, has no members: a form has no way to write it.
fn holds_nothing(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Array(list) => list.is_empty() || list.iter().any(holds_nothing),
        serde_json::Value::Object(map) => map.is_empty() || map.values().any(holds_nothing),
        _ => false,
    }
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((service, bytes)) = bytes.split_first() else { return Corpus::Reject };
    let _ = query::read_error(bytes);
    let form = match Form::parse(bytes) {
        Ok(form) => form,
        Err(error) => {
            let _ = format!("{error:?}");
            return Corpus::Keep;
        }
    };
    let name = form.value("Action").unwrap_or_default().to_owned();
    let mut read = Read { form: &form, bytes, name: &name, found: false };
    match service {
        b'c' => api::cloudformation::operations(&mut read),
        b'n' => api::sns::operations(&mut read),
        b's' => api::sts::operations(&mut read),
        b'w' => api::wardian::operations(&mut read),
        _ => api::iam::operations(&mut read),
    }
    if read.found { Corpus::Keep } else { Corpus::Reject }
});
