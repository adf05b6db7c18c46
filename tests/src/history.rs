//! Whether a history of operations on one key could have happened one at a time.
//!
//! The search is Wing and Gong's, with Lowe's memory of what was tried: "Testing for
//! linearizability" (2017). A key is a register with conditional writes; an operation whose answer
//! was lost may have happened at any later moment, or never.

use std::collections::HashSet;

use serde_json::Value;

/// One line of `python/history.py`.
#[derive(Debug, Clone)]
pub struct Operation {
    pub call: Call,
    pub start: u64,
    /// None where the answer was lost.
    pub end: Option<u64>,
    pub outcome: Outcome,
}

/// States are ETags; None is no object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    Read,
    Write(Option<String>),
    /// If-None-Match: `*`.
    Create(String),
    /// If-Match.
    Replace {
        old: String,
        new: String,
    },
    /// A copy whose answer was lost: what it wrote is not known.
    WriteAny,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Saw(Option<String>),
    PreconditionFailed,
    NoSuchKey,
    /// 409 ConditionalRequestConflict: nothing happened.
    Conflict,
    Lost,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Nothing,
    Object(String),
    SomeObject,
}

/// Reads a line; its key comes with it.
///
/// # Panics
/// Where the line is not one of the script's.
#[must_use]
pub fn parse(line: &str) -> (String, Operation) {
    let line: Value = serde_json::from_str(line).expect("a line of JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (name, argument) =
        line["call"].as_object().and_then(|call| call.iter().next()).expect("a call");
    let call = match name.as_str() {
        "read" => Call::Read,
        "write" => Call::Write(text(argument)),
        "create" => Call::Create(text(argument).expect("an ETag")),
        "replace" => Call::Replace {
            old: text(&argument["old"]).expect("an ETag"),
            new: text(&argument["new"]).expect("an ETag"),
        },
        "copy" => Call::WriteAny,
        other => panic!("no call: {other}"),
    };
    let end = line["end"].as_u64();
    let outcome = match (end, line["outcome"].as_str()) {
        (None, _) => Outcome::Lost,
        (_, seen) if call == Call::Read => Outcome::Saw(seen.map(str::to_owned)),
        (_, Some("done")) => Outcome::Done,
        (_, Some("PreconditionFailed")) => Outcome::PreconditionFailed,
        (_, Some("NoSuchKey")) => Outcome::NoSuchKey,
        (_, Some("ConditionalRequestConflict")) => Outcome::Conflict,
        (_, other) => panic!("no outcome: {other:?}"),
    };
    let start = line["start"].as_u64().expect("a time");
    (text(&line["key"]).expect("a key"), Operation { call, start, end, outcome })
}

/// Whether the operations, begun on a key without an object, have an order that explains every
/// answer and keeps that of operations which did not overlap.
#[must_use]
pub fn is_linearizable(operations: &[Operation]) -> bool {
    let mut operations: Vec<&Operation> =
        operations.iter().filter(|one| one.outcome != Outcome::Conflict).collect();
    operations.sort_by_key(|one| one.start);
    let mut tried = HashSet::new();
    let mut open = vec![(Done::default(), State::Nothing)];
    while let Some((done, state)) = open.pop() {
        if done.rest(&operations).all(|(_, one)| one.end.is_none()) {
            return true;
        }
        for (index, next) in done.eligible(&operations) {
            for state in steps(&state, next) {
                let done = done.with(index);
                if tried.insert((done.clone(), state.clone())) {
                    open.push((done, state));
                }
            }
        }
    }
    false
}

/// Which operations have happened: all before `first`, and those of `beyond`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Done {
    first: usize,
    beyond: Vec<usize>,
}

impl Done {
    fn rest<'a>(
        &'a self,
        all: &'a [&'a Operation],
    ) -> impl Iterator<Item = (usize, &'a Operation)> + 'a {
        let rest = all.iter().enumerate().skip(self.first);
        rest.filter(|(index, _)| !self.beyond.contains(index)).map(|(index, one)| (index, *one))
    }

    /// Those that began before any of the rest had ended.
    fn eligible<'a>(&'a self, all: &'a [&'a Operation]) -> Vec<(usize, &'a Operation)> {
        let mut found = Vec::new();
        let mut earliest_end = u64::MAX;
        for (index, one) in self.rest(all) {
            if one.start > earliest_end {
                break;
            }
            earliest_end = earliest_end.min(one.end.unwrap_or(u64::MAX));
            found.push((index, one));
        }
        found
    }

    fn with(&self, index: usize) -> Self {
        let mut done = self.clone();
        let place = done.beyond.partition_point(|other| *other < index);
        done.beyond.insert(place, index);
        while done.beyond.first() == Some(&done.first) {
            done.beyond.remove(0);
            done.first += 1;
        }
        done
    }
}

/// The states that the operation, with its answer, leads to. A lost one may also do nothing.
fn steps(state: &State, operation: &Operation) -> Vec<State> {
    let lost = operation.outcome == Outcome::Lost;
    let holds = |tag: &str| match state {
        State::Object(held) => held == tag,
        State::SomeObject => true,
        State::Nothing => false,
    };
    let object = |tag: &Option<String>| tag.clone().map_or(State::Nothing, State::Object);
    let next = match (&operation.call, &operation.outcome) {
        (Call::Read, Outcome::Saw(None)) => (*state == State::Nothing).then_some(State::Nothing),
        (Call::Read, Outcome::Saw(Some(tag))) => holds(tag).then(|| State::Object(tag.clone())),
        (Call::Write(tag), Outcome::Done | Outcome::Lost) => Some(object(tag)),
        (Call::WriteAny, _) => Some(State::SomeObject),
        (Call::Create(tag), Outcome::Done | Outcome::Lost) => {
            (*state == State::Nothing).then(|| State::Object(tag.clone()))
        }
        (Call::Create(_), Outcome::PreconditionFailed) => {
            (*state != State::Nothing).then(|| state.clone())
        }
        (Call::Replace { old, new }, Outcome::Done | Outcome::Lost) => {
            holds(old).then(|| State::Object(new.clone()))
        }
        (Call::Replace { old, .. }, Outcome::PreconditionFailed) => {
            let other = *state == State::SomeObject || (*state != State::Nothing && !holds(old));
            other.then(|| state.clone())
        }
        (Call::Replace { .. }, Outcome::NoSuchKey) => {
            (*state == State::Nothing).then_some(State::Nothing)
        }
        _ => None,
    };
    next.into_iter().chain(lost.then(|| state.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(start: u64, end: u64, call: Call, outcome: Outcome) -> Operation {
        Operation { call, start, end: (end > 0).then_some(end), outcome }
    }
    fn write(start: u64, end: u64, tag: &str) -> Operation {
        let outcome = if end > 0 { Outcome::Done } else { Outcome::Lost };
        one(start, end, Call::Write(Some(tag.into())), outcome)
    }
    fn read(start: u64, end: u64, tag: Option<&str>) -> Operation {
        one(start, end, Call::Read, Outcome::Saw(tag.map(str::to_owned)))
    }

    #[test]
    fn histories_that_could_have_happened_pass() {
        let histories = [
            vec![read(1, 2, None), write(3, 4, "a"), read(5, 6, Some("a"))],
            // Reads beside a write see the old state, then the new.
            vec![write(1, 9, "a"), read(2, 3, None), read(4, 5, Some("a"))],
            // A lost write shows up late, or never.
            vec![write(1, 0, "a"), read(2, 3, None), read(4, 5, Some("a"))],
            vec![write(1, 0, "a"), read(2, 3, None)],
            vec![one(1, 0, Call::WriteAny, Outcome::Lost), read(2, 3, Some("b"))],
            vec![
                one(1, 4, Call::Create("a".into()), Outcome::Done),
                one(2, 3, Call::Create("b".into()), Outcome::PreconditionFailed),
            ],
        ];
        for history in histories {
            assert!(is_linearizable(&history), "{history:?}");
        }
    }

    #[test]
    fn histories_that_could_not_have_happened_fail() {
        let replace = Call::Replace { old: "a".into(), new: "b".into() };
        let histories = [
            // Lost, stale, out of thin air, back again.
            vec![write(1, 2, "a"), read(3, 4, None)],
            vec![write(1, 2, "a"), write(3, 4, "b"), read(5, 6, Some("a"))],
            vec![read(1, 2, Some("a"))],
            vec![write(1, 9, "a"), read(2, 3, Some("a")), read(4, 5, None)],
            // Two creations, a replacement of what was gone.
            vec![
                one(1, 4, Call::Create("a".into()), Outcome::Done),
                one(2, 3, Call::Create("b".into()), Outcome::Done),
            ],
            vec![write(1, 2, "a"), write(3, 4, "c"), one(5, 6, replace, Outcome::Done)],
        ];
        for history in histories {
            assert!(!is_linearizable(&history), "{history:?}");
        }
    }
}
