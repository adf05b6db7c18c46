//! read(write(x)) = x, for generated values of every operation of every service, in both
//! directions.

use api::{Kind, Location, Member, Operation, Protocol, Slot, Structure, Timestamp, View, Visitor};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::{Form, json, query, rest};

/// Values per operation and direction.
const ROUNDS: u64 = 12;

/// Two members of one structure share an element (`Event` and `Events`): no writing of both can be
/// told apart. Old forms of operations that are not routed.
const AMBIGUOUS: [&str; 2] = ["GetBucketNotification", "PutBucketNotification"];

/// A source of arbitrary but repeatable choices (xorshift).
struct Choices {
    state: u64,
    /// Structures around what is chosen.
    depth: usize,
}

/// Structures can hold themselves: lists this deep have no elements.
const DEPTH_MAX: usize = 4;

impl Choices {
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn text(&mut self, place: Location) -> String {
        let visible = ["a", "Z", "0", "-", "_", ".", "/", "+", "=", "%", "&", "~", "!", "*", "'"];
        let wild = [" ", "<", ">", "\"", "é", "日", "\u{1f600}", "\n", "\r", "\t", "]]>", "&amp;"];
        // Header values lose their outer spaces on the way; an empty body is no payload, an empty
        // key is none.
        let (least, all) = match place {
            Location::Header | Location::Headers | Location::Payload | Location::Uri => {
                (1, visible.to_vec())
            }
            _ => (0, [visible.as_slice(), &wild].concat()),
        };
        let length = least + self.below(8);
        (0..length).map(|_| all[self.below(all.len() as u64) as usize]).collect()
    }
}

fn fill(into: &mut dyn Structure, form: bool, choices: &mut Choices) {
    let members = into.shape().members();
    for (index, member) in members.iter().enumerate() {
        let present = member.required || choices.below(3) > 0;
        if present && let Some(value) = into.member_mut(index) {
            fill_slot(value.slot(), member, member.location, form, choices);
        }
    }
    // A form has no sign for a structure without members.
    if form
        && !members.is_empty()
        && (0..members.len()).all(|i| into.member(i).unwrap().view().is_none())
    {
        let member = &members[0];
        fill_slot(into.member_mut(0).unwrap().slot(), member, member.location, form, choices);
    }
}

fn fill_slot(slot: Slot<'_>, member: &Member, place: Location, form: bool, choices: &mut Choices) {
    match slot {
        Slot::String(text) => match member.shape.kind {
            Kind::Enum(values) => text.set(values[choices.below(values.len() as u64) as usize]),
            _ => text.set(&choices.text(place)),
        },
        Slot::Integer(number) => *number = choices.next() as i32 % 1000,
        Slot::Long(number) => *number = choices.next() as i64,
        Slot::Double(number) => *number = choices.below(1000) as f64 / 8.0,
        Slot::Boolean(truth) => *truth = choices.below(2) == 0,
        Slot::Timestamp(moment) => {
            *moment = Timestamp::from_seconds(choices.below(4_000_000_000) as i64);
        }
        Slot::Blob(bytes) => {
            bytes.0 = (0..choices.below(9)).map(|_| choices.next() as u8).collect()
        }
        Slot::Structure(inner) => {
            choices.depth += 1;
            fill(inner, form, choices);
            choices.depth -= 1;
        }
        Slot::List(list) => {
            let Kind::List { element, .. } = member.shape.kind else {
                panic!("a list of {}", member.name)
            };
            // Without an element of its own, an empty list is no list; in a form, neither is one of
            // empty structures.
            let bare = member.flattened || place != Location::Body;
            let least = u64::from(bare);
            let most = if choices.depth < DEPTH_MAX { 12 } else { 1 };
            for _ in 0..least + choices.below(most) {
                let place = if place == Location::Header { place } else { Location::Body };
                fill_slot(list.push(), element, place, form, choices);
            }
        }
        Slot::Map(map) => {
            let Kind::Map { value, .. } = member.shape.kind else {
                panic!("a map of {}", member.name)
            };
            let least = u64::from(place == Location::Headers);
            for number in 0..least + choices.below(3) {
                let key = format!("key-{number}");
                fill_slot(map.insert(&key), value, place, form, choices);
            }
        }
    }
}

fn assert_same(left: Option<View<'_>>, right: Option<View<'_>>, at: &str) {
    match (left, right) {
        (None, None) => {}
        (Some(View::String(a)), Some(View::String(b))) => assert_eq!(a, b, "{at}"),
        (Some(View::Integer(a)), Some(View::Integer(b))) => assert_eq!(a, b, "{at}"),
        (Some(View::Double(a)), Some(View::Double(b))) => assert!((a - b).abs() < 1e-9, "{at}"),
        (Some(View::Boolean(a)), Some(View::Boolean(b))) => assert_eq!(a, b, "{at}"),
        (Some(View::Timestamp(a)), Some(View::Timestamp(b))) => assert_eq!(a, b, "{at}"),
        (Some(View::Blob(a)), Some(View::Blob(b))) => assert_eq!(a, b, "{at}"),
        (Some(View::Structure(a)), Some(View::Structure(b))) => same_structures(a, b, at),
        (Some(View::List(a)), Some(View::List(b))) => {
            assert_eq!(a.len(), b.len(), "{at}");
            (0..a.len()).for_each(|i| assert_same(a.get(i), b.get(i), &format!("{at}.{i}")));
        }
        (Some(View::Map(a)), Some(View::Map(b))) => {
            let (a, b): (Vec<_>, Vec<_>) = (a.entries().collect(), b.entries().collect());
            assert_eq!(a.len(), b.len(), "{at}");
            for ((key, a), (other, b)) in a.into_iter().zip(b) {
                assert_eq!(key, other, "{at}");
                assert_same(Some(a), Some(b), &format!("{at}.{key}"));
            }
        }
        (left, right) => panic!("{at}: {} and {}", left.is_some(), right.is_some()),
    }
}

fn same_structures(left: &dyn Structure, right: &dyn Structure, at: &str) {
    for (index, member) in left.shape().members().iter().enumerate() {
        let view = |s: &'_ dyn Structure| s.member(index).map(|value| value.view().is_some());
        assert_eq!(view(left), view(right), "{at}.{}", member.name);
        assert_same(
            left.member(index).and_then(api::Value::view),
            right.member(index).and_then(api::Value::view),
            &format!("{at}.{}", member.name),
        );
    }
}

fn header_map(headers: &[(std::borrow::Cow<'static, str>, String)]) -> HeaderMap {
    let pair = |(name, value): &(std::borrow::Cow<'static, str>, String)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    headers.iter().map(pair).collect()
}

struct Check {
    protocol: Protocol,
    count: usize,
}

impl Visitor for Check {
    fn operation<O: Operation>(&mut self) {
        let operation = O::SHAPE;
        self.count += 1;
        if AMBIGUOUS.contains(&operation.name) {
            return;
        }
        for round in 1..=ROUNDS {
            let state = round.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ operation.name.len() as u64;
            let mut choices = Choices { state, depth: 0 };
            let at = format!("{} {round}", operation.name);
            let (mut input, mut output) = (O::Input::default(), O::Output::default());
            fill(&mut input, self.protocol == Protocol::Query, &mut choices);
            fill(&mut output, false, &mut choices);
            let (mut input_read, mut output_read) = (O::Input::default(), O::Output::default());
            match self.protocol {
                Protocol::RestXml => {
                    rest_input(operation, &input, &mut input_read, &at);
                    let written = rest::write(operation, &output);
                    let body = written.body.as_deref().unwrap_or_default().as_bytes();
                    let headers = header_map(&written.headers);
                    rest::read_output(operation, written.status, &headers, body, &mut output_read)
                        .unwrap_or_else(|error| panic!("{at}: {error}"));
                }
                Protocol::Json(_) => {
                    let text = json::write_input(&input);
                    let notes = json::parse(text.as_bytes(), &mut input_read);
                    assert!(
                        notes.unwrap_or_else(|e| panic!("{at}: {e}")).missing.is_empty(),
                        "{at}"
                    );
                    json::read_output(json::write(&output).as_bytes(), &mut output_read)
                        .unwrap_or_else(|error| panic!("{at}: {error}"));
                }
                Protocol::Query => {
                    let form =
                        Form::parse(query::write_input(operation, &input).as_bytes()).unwrap();
                    assert_eq!(form.value("Action"), Some(operation.name));
                    let notes = query::parse(operation, &form, &mut input_read);
                    assert!(
                        notes.unwrap_or_else(|e| panic!("{at}: {e}")).missing.is_empty(),
                        "{at}"
                    );
                    let answer = query::write(operation, &output, "id");
                    query::read_output(operation, answer.as_bytes(), &mut output_read)
                        .unwrap_or_else(|error| panic!("{at}: {error}"));
                }
            }
            same_structures(&input, &input_read, &format!("{at} in"));
            same_structures(&output, &output_read, &format!("{at} out"));
        }
    }
}

fn rest_input(
    operation: &'static api::OperationShape,
    input: &dyn Structure,
    into: &mut dyn Structure,
    at: &str,
) {
    let written = rest::write_input(operation, input);
    if !operation.deprecated {
        assert_eq!(routed(&written), Some(operation.name), "{at}");
    }
    let request = rest::RestRequest {
        bucket: written.bucket.as_deref(),
        key: written.key.as_deref(),
        query: &written.query,
        headers: &header_map(&written.headers),
        body: written.body.as_deref().unwrap_or_default().as_bytes(),
    };
    let read = rest::parse(operation, &request, into);
    read.unwrap_or_else(|error| panic!("{at}: {error}\n{written:?}"));
}

/// The operation that a written request is taken for.
fn routed(written: &rest::RestInput) -> Option<&'static str> {
    let bucket = written.bucket.as_deref().filter(|name| !name.is_empty());
    let path = if written.method == "POST" { "WriteGetObjectResponse" } else { "" };
    let bucket = bucket.or(Some(path).filter(|path| !path.is_empty()));
    let router = rest::router(&api::s3::SERVICE);
    let method = Method::from_bytes(written.method.as_bytes()).ok()?;
    let headers = header_map(&written.headers);
    let key = written.key.as_deref();
    router.route(&method, bucket, key, &written.query, &headers).map(|shape| shape.name)
}

fn check(protocol: Protocol, operations: fn(&mut Check), count: usize) {
    let mut check = Check { protocol, count: 0 };
    operations(&mut check);
    assert_eq!(check.count, count);
}

#[test]
fn every_value_of_iam_comes_back() {
    check(Protocol::Query, api::iam::operations, 180);
}

#[test]
fn every_value_of_sts_comes_back() {
    check(Protocol::Query, api::sts::operations, 11);
}

#[test]
fn every_value_of_cloudformation_comes_back() {
    check(Protocol::Query, api::cloudformation::operations, 92);
}

#[test]
fn every_value_of_the_admin_api_comes_back() {
    check(Protocol::Query, api::wardian::operations, 13);
}

#[test]
fn every_value_of_sns_comes_back() {
    check(Protocol::Query, api::sns::operations, 21);
}

#[test]
fn every_value_of_organizations_comes_back() {
    check(api::organizations::SERVICE.protocol, api::organizations::operations, 63);
}

#[test]
fn every_value_of_ssm_comes_back() {
    check(api::ssm::SERVICE.protocol, api::ssm::operations, 13);
}

#[test]
fn every_value_of_s3_comes_back() {
    check(Protocol::RestXml, api::s3::operations, 116);
}
