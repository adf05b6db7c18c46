//! Whatever bytes come: an answer, never a panic.

use api::{Operation, Visitor};
use http::HeaderMap;
use proptest::prelude::*;
use wire::{Form, query, rest};

/// Reads the same bytes as the input and the answer of every operation.
struct Feed<'b> {
    text: &'b [u8],
    query: &'b str,
}

impl Visitor for Feed<'_> {
    fn operation<O: Operation>(&mut self) {
        let (mut input, mut output) = (O::Input::default(), O::Output::default());
        if O::SHAPE.service == "s3" {
            let headers = HeaderMap::new();
            let request = rest::RestRequest {
                bucket: Some("b"),
                key: Some("k"),
                query: self.query,
                headers: &headers,
                body: self.text,
            };
            let _ = rest::read(O::SHAPE, &request, &mut input);
            let _ = rest::read_output(O::SHAPE, 200, &headers, self.text, &mut output);
            let _ = rest::write(O::SHAPE, &output);
        } else if matches!(O::SHAPE.service, "organizations" | "ssm") {
            if let Err(invalid) = wire::json::read(O::SHAPE, self.text, &mut input) {
                let _ = invalid.to_string();
            }
            let _ = wire::json::read_output(self.text, &mut output);
            let _ = wire::json::read_error(self.text);
            let _ = wire::json::write(&output);
        } else if let Ok(form) = Form::parse(self.text) {
            if let Err(invalid) = query::read(O::SHAPE, &form, &mut input) {
                let _ = invalid.to_string();
            }
            let _ = wire::validate(O::SHAPE, &input);
            let _ = wire::json::redacted(&input);
            let _ = query::read_output(O::SHAPE, self.text, &mut output);
        }
    }
}

/// Names that operations know, put together in ways they do not.
fn form() -> impl Strategy<Value = String> {
    let names = [
        "Tags",
        "UserName",
        "member",
        "entry",
        "key",
        "1",
        "2",
        "0",
        "99999999999",
        "Key",
        "",
        "MaxItems",
    ];
    let name = proptest::collection::vec(proptest::sample::select(names.to_vec()), 0..5);
    let pair =
        (name, "[a-z0-9%+.]{0,6}").prop_map(|(name, value)| format!("{}={value}", name.join(".")));
    proptest::collection::vec(pair, 0..12).prop_map(|pairs| pairs.join("&"))
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just(String::new()), Just("&lt;x".to_owned()), "[ -~]{0,8}"];
    leaf.prop_recursive(6, 40, 4, |inner| {
        let names =
            ["Delete", "Object", "Key", "Tagging", "TagSet", "Tag", "Rule", "Status", "x:y"];
        let children = proptest::collection::vec(inner, 0..4);
        (proptest::sample::select(names.to_vec()), children)
            .prop_map(|(name, children)| format!("<{name}>{}</{name}>", children.concat()))
    })
}

/// Objects of names that operations know, holding whatever JSON can hold.
fn object() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-1e400".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("1.5".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        "\"[ -!#-\\[\\]-~]{0,8}\"",
    ];
    leaf.prop_recursive(8, 40, 4, |inner| {
        let names = ["Name", "Names", "Tags", "Key", "Value", "Filters", "Values", "MaxResults"];
        let pair = (proptest::sample::select(names.to_vec()), inner.clone())
            .prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            proptest::collection::vec(pair, 0..5)
                .prop_map(|pairs| format!("{{{}}}", pairs.join(","))),
            proptest::collection::vec(inner, 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_form_is_answered(text in form()) {
        let mut feed = Feed { text: text.as_bytes(), query: &text };
        api::iam::operations(&mut feed);
        api::sts::operations(&mut feed);
        api::cloudformation::operations(&mut feed);
        api::s3::operations(&mut feed);
    }

    #[test]
    fn any_document_is_answered(text in document()) {
        let mut feed = Feed { text: text.as_bytes(), query: "" };
        api::s3::operations(&mut feed);
        api::iam::operations(&mut feed);
    }

    #[test]
    fn any_object_is_answered(text in object(), cut in 0_usize..64) {
        let whole = Feed { text: text.as_bytes(), query: "" };
        let part = Feed { text: &text.as_bytes()[..cut.min(text.len())], query: "" };
        for mut feed in [whole, part] {
            api::organizations::operations(&mut feed);
            api::ssm::operations(&mut feed);
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut feed = Feed { text: &bytes, query: "%ff=%&&=" };
        api::s3::operations(&mut feed);
        api::sts::operations(&mut feed);
    }

    #[test]
    fn any_target_is_routed_or_not(query in "[ -~]{0,24}", key in proptest::option::of(".{0,8}")) {
        let router = rest::router(&api::s3::SERVICE);
        let headers = HeaderMap::new();
        for method in [http::Method::GET, http::Method::PUT, http::Method::OPTIONS] {
            let _ = router.route(&method, Some("b"), key.as_deref(), &query, &headers);
        }
    }
}
