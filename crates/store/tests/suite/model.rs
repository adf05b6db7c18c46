//! Random transactions on a store and on an ordered map, which must agree.

use std::ops::Bound;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{Error, KeyRange, Store, Tx};

use super::{Map, all};

#[derive(Clone, Debug)]
enum Op {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    DeleteRange(Vec<u8>, Option<Vec<u8>>),
    Scan(Vec<u8>, Option<Vec<u8>>, usize, bool),
    Get(Vec<u8>),
    Savepoint,
    Rollback,
}

fn op() -> impl Strategy<Value = Op> {
    let key = || proptest::collection::vec(0u8..4, 0..4);
    let end = || proptest::option::weighted(0.8, key());
    prop_oneof![
        6 => (key(), proptest::collection::vec(any::<u8>(), 0..3)).prop_map(|(k, v)| Op::Put(k, v)),
        3 => key().prop_map(Op::Delete),
        1 => (key(), end()).prop_map(|(start, end)| Op::DeleteRange(start, end)),
        4 => (key(), end(), 0usize..6, any::<bool>())
            .prop_map(|(start, end, limit, reverse)| Op::Scan(start, end, limit, reverse)),
        4 => key().prop_map(Op::Get),
        1 => Just(Op::Savepoint),
        1 => Just(Op::Rollback),
    ]
}

pub fn random_operations_agree_with_a_map(make: &mut dyn FnMut() -> Store) {
    let transactions =
        proptest::collection::vec((proptest::collection::vec(op(), 0..25), any::<bool>()), 1..6);
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    let make = std::cell::RefCell::new(make);
    runner
        .run(&transactions, |transactions| {
            let store = (make.borrow_mut())();
            let mut model = Map::new();
            for (ops, commits) in &transactions {
                let mut after = model.clone();
                let result = store.transact_blocking(|tx| {
                    after = model.clone();
                    apply(tx, ops, &mut after);
                    if *commits { Ok(()) } else { Err(Error::NoSuchBlob) }
                });
                prop_assert_eq!(result.is_ok(), *commits);
                if *commits {
                    model = after;
                }
                prop_assert_eq!(&all(&store), &model);
            }
            Ok(())
        })
        .unwrap();
}

fn apply(tx: &mut Tx, ops: &[Op], model: &mut Map) {
    let mut savepoints = Vec::new();
    for op in ops {
        match op {
            Op::Put(key, value) => {
                tx.put(key.clone(), value.clone());
                model.insert(key.clone(), value.clone());
            }
            Op::Delete(key) => {
                tx.delete(key.clone());
                model.remove(key);
            }
            Op::DeleteRange(start, end) => {
                tx.delete_range(KeyRange { start: start.clone(), end: end.clone() });
                let doomed: Vec<_> = within(model, start, end).map(|(key, _)| key).collect();
                doomed.iter().for_each(|key| drop(model.remove(key)));
            }
            Op::Scan(start, end, limit, reverse) => {
                let range = KeyRange { start: start.clone(), end: end.clone() };
                let expected: Vec<_> = within(model, start, end).collect();
                let (page, expected): (_, Vec<_>) = if *reverse {
                    let page = tx.scan_reverse(range, *limit).unwrap();
                    (page, expected.into_iter().rev().take(*limit).collect())
                } else {
                    (tx.scan(range, *limit).unwrap(), expected.into_iter().take(*limit).collect())
                };
                let page: Vec<_> =
                    page.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
                assert_eq!(page, expected);
            }
            Op::Get(key) => {
                let value = tx.get(key).unwrap().map(|value| value.to_vec());
                assert_eq!(value.as_ref(), model.get(key));
            }
            Op::Savepoint => savepoints.push((tx.savepoint(), model.clone())),
            Op::Rollback => {
                if let Some((savepoint, then)) = savepoints.pop() {
                    tx.rollback(savepoint);
                    *model = then;
                }
            }
        }
    }
}

fn within(
    model: &Map,
    start: &[u8],
    end: &Option<Vec<u8>>,
) -> impl DoubleEndedIterator<Item = (Vec<u8>, Vec<u8>)> {
    let empty = end.as_deref().is_some_and(|end| end <= start);
    let end = match end {
        _ if empty => Bound::Excluded(start),
        Some(end) => Bound::Excluded(end.as_slice()),
        None => Bound::Unbounded,
    };
    let pairs: Vec<_> = model
        .range::<[u8], _>((Bound::Included(start), end))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    pairs.into_iter()
}
