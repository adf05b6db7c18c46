//! AWS JSON 1.1: any document into the typed input of its operation; what was read and is written
//! reads the same.
//!
//! Input: a line `service.Operation`, then the document.

#![no_main]

use api::{Operation, Visitor};
use libfuzzer_sys::{Corpus, fuzz_target};
use wardian_fuzz::{line, shown};
use wire::{Style, json};

struct Read<'b> {
    name: &'b [u8],
    body: &'b [u8],
    found: bool,
}

impl Visitor for Read<'_> {
    fn operation<O: Operation>(&mut self) {
        if O::SHAPE.name.as_bytes() != self.name {
            return;
        }
        self.found = true;
        let mut output = O::Output::default();
        if json::read_output(self.body, &mut output).is_ok() {
            let mut again = O::Output::default();
            json::read_output(json::write(&output).as_bytes(), &mut again).unwrap();
            assert_eq!(shown(&output), shown(&again));
        }
        let mut input = O::Input::default();
        if let Err(invalid) = json::read(O::SHAPE, self.body, &mut input) {
            let _ = (invalid.to_string(), invalid.message(Style::of(O::SHAPE)));
            return;
        }
        let _ = json::redacted(&input);
        let mut again = O::Input::default();
        json::read(O::SHAPE, json::write_input(&input).as_bytes(), &mut again).unwrap();
        assert_eq!(shown(&input), shown(&again));
    }
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let (name, body) = line(bytes);
    let _ = json::read_error(body);
    let Some(dot) = name.iter().position(|byte| *byte == b'.') else { return Corpus::Reject };
    let mut read = Read { name: &name[dot + 1..], body, found: false };
    match &name[..dot] {
        b"ssm" => api::ssm::operations(&mut read),
        _ => api::organizations::operations(&mut read),
    }
    if read.found { Corpus::Keep } else { Corpus::Reject }
});
