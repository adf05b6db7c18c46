//! The contract of a store: each function asks one sentence of it, on a store of its own.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{Error, KeyRange, Store, Tx};

pub fn run(make: &mut dyn FnMut() -> Store) {
    what_was_put_is_there_and_what_was_deleted_is_not(&make());
    a_transaction_sees_its_own_writes_and_a_failed_one_leaves_nothing(&make());
    a_snapshot_does_not_move(&make());
    pages_follow_one_another_in_both_directions(&make());
    a_deleted_range_is_empty_and_can_be_written_again(&make());
    a_rollback_takes_back_a_part(&make());
    hooks_run_once_and_only_after_a_commit(&make());
    a_write_between_read_and_commit_makes_it_run_again(&make());
    a_new_key_in_a_scanned_range_makes_it_run_again(&make());
    a_write_behind_the_end_of_a_page_does_not(&make());
    counters_lose_no_increment(&make());
    write_skew_does_not_happen(&make());
    a_transaction_that_always_loses_gets_its_turn(&make());
    an_acknowledged_write_is_seen_by_each_transaction_that_starts_after_it(&make());
    a_dropped_future_harms_nobody(&make());
    long_keys_and_large_values_fit(&make());
    an_export_reads_back(&make(), &make());
    random_operations_agree_with_a_map(make);
}

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

fn all(store: &Store) -> Map {
    let pairs = store.read(|tx| tx.scan(.., usize::MAX)).unwrap().unwrap();
    pairs.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

fn put(store: &Store, key: &str, value: &str) {
    write(store, |tx| tx.put(key.to_owned(), value.to_owned()));
}

fn write(store: &Store, mut f: impl FnMut(&mut Tx)) {
    store
        .transact_blocking(|tx| {
            f(tx);
            Ok::<_, Error>(())
        })
        .unwrap();
}

fn get(store: &Store, key: &str) -> Option<String> {
    let value = store.read(|tx| tx.get(key.as_bytes())).unwrap().unwrap();
    value.map(|value| String::from_utf8(value.to_vec()).unwrap())
}

fn what_was_put_is_there_and_what_was_deleted_is_not(store: &Store) {
    put(store, "a", "1");
    put(store, "b", "2");
    put(store, "a", "3");
    write(store, |tx| tx.delete("b"));
    assert_eq!(get(store, "a").as_deref(), Some("3"));
    assert_eq!(get(store, "b"), None);
    let many = store.read(|tx| tx.get_many(&["b", "a"])).unwrap().unwrap();
    assert_eq!(many, [None, Some("3".into())]);
}

fn a_transaction_sees_its_own_writes_and_a_failed_one_leaves_nothing(store: &Store) {
    put(store, "a", "1");
    let result: Result<(), Error> = store.transact_blocking(|tx| {
        tx.put("a", "2");
        tx.put("b", "2");
        assert_eq!(tx.get(b"a")?.as_deref(), Some(b"2".as_slice()));
        assert_eq!(tx.scan(.., 10)?.len(), 2);
        tx.delete("a");
        assert_eq!(tx.get(b"a")?, None);
        Err(Error::NoSuchBlob)
    });
    assert!(matches!(result, Err(Error::NoSuchBlob)));
    assert_eq!(all(store), Map::from([(b"a".to_vec(), b"1".to_vec())]));
}

fn a_snapshot_does_not_move(store: &Store) {
    put(store, "a", "1");
    store
        .read(|tx| {
            put(store, "a", "2");
            put(store, "b", "2");
            assert_eq!(tx.get(b"a").unwrap().as_deref(), Some(b"1".as_slice()));
            assert_eq!(tx.scan(.., 10).unwrap().len(), 1);
        })
        .unwrap();
    assert_eq!(all(store).len(), 2);
}

fn pages_follow_one_another_in_both_directions(store: &Store) {
    let keys: Vec<String> = (0..100).map(|n| format!("k{n:03}")).collect();
    write(store, |tx| keys.iter().step_by(2).for_each(|key| tx.put(key.clone(), "x")));
    store
        .transact_blocking(|tx| {
            keys.iter().skip(1).step_by(4).for_each(|key| tx.put(key.clone(), "y"));
            keys.iter().step_by(6).for_each(|key| tx.delete(key.clone()));
            let expected: Vec<&String> = (0..100)
                .filter(|n| n % 4 == 1 || (n % 2 == 0 && n % 6 != 0))
                .map(|n| &keys[n])
                .collect();
            let mut seen = Vec::new();
            let mut rest = KeyRange::prefix("k");
            loop {
                let page = tx.scan(rest.clone(), 7)?;
                let Some((last, _)) = page.last() else { break };
                rest = rest.after(last);
                seen.extend(page.into_iter().map(|(key, _)| key));
            }
            assert!(seen.iter().eq(expected.iter().map(|key| key.as_bytes())));
            let mut back = Vec::new();
            let mut rest = KeyRange::prefix("k");
            loop {
                let page = tx.scan_reverse(rest.clone(), 7)?;
                let Some((last, _)) = page.last() else { break };
                rest = rest.before(last);
                back.extend(page.into_iter().map(|(key, _)| key));
            }
            back.reverse();
            assert_eq!(back, seen);
            Ok::<_, Error>(())
        })
        .unwrap();
}

fn a_deleted_range_is_empty_and_can_be_written_again(store: &Store) {
    write(store, |tx| (0..50).for_each(|n| tx.put(format!("k{n:02}"), "x")));
    write(store, |tx| {
        tx.put("k15", "old");
        tx.delete_range(b"k10".to_vec()..b"k40".to_vec());
        assert!(tx.scan(b"k10".to_vec()..b"k40".to_vec(), 9).unwrap().is_empty());
        assert!(tx.scan_reverse(b"k10".to_vec()..b"k40".to_vec(), 9).unwrap().is_empty());
        assert_eq!(tx.get(b"k15").unwrap(), None);
        tx.put("k20", "new");
        assert_eq!(tx.scan(.., 100).unwrap().len(), 21);
        assert_eq!(tx.scan_reverse(.., 100).unwrap().len(), 21);
    });
    assert_eq!(all(store).len(), 21);
    assert_eq!(get(store, "k20").as_deref(), Some("new"));
    write(store, |tx| tx.delete_range(..));
    assert!(all(store).is_empty());
}

fn a_rollback_takes_back_a_part(store: &Store) {
    put(store, "base", "1");
    write(store, |tx| {
        tx.put("kept", "1");
        let outer = tx.savepoint();
        tx.put("kept", "2");
        tx.delete("base");
        let inner = tx.savepoint();
        tx.delete_range(..);
        tx.put("kept", "3");
        tx.on_commit(Box::new(|| panic!("taken back")));
        tx.rollback(inner);
        assert_eq!(tx.get(b"kept").unwrap().as_deref(), Some(b"2".as_slice()));
        assert_eq!(tx.get(b"base").unwrap(), None);
        tx.rollback(outer);
        assert_eq!(tx.get(b"base").unwrap().as_deref(), Some(b"1".as_slice()));
        tx.put("more", "1");
    });
    assert_eq!(all(store).len(), 3);
    assert_eq!(get(store, "kept").as_deref(), Some("1"));
}

fn hooks_run_once_and_only_after_a_commit(store: &Store) {
    let ran = Arc::new(AtomicUsize::new(0));
    let hook = || {
        let ran = Arc::clone(&ran);
        Box::new(move || _ = ran.fetch_add(1, Ordering::SeqCst))
    };
    write(store, |tx| {
        tx.put("a", "1");
        tx.on_commit(hook());
    });
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    write(store, |tx| tx.on_commit(hook()));
    assert_eq!(ran.load(Ordering::SeqCst), 2);
    let _: Result<(), Error> = store.transact_blocking(|tx| {
        tx.on_commit(hook());
        Err(Error::NoSuchBlob)
    });
    assert_eq!(ran.load(Ordering::SeqCst), 2);
    write(store, |tx| {
        tx.put("a", "2");
        tx.on_commit(Box::new(|| panic!("a hook's panic harms nobody else")));
    });
    assert_eq!(get(store, "a").as_deref(), Some("2"));
}

/// Runs a transaction that reads with `read`, and on its first run has `other` written between.
fn runs(store: &Store, read: impl Fn(&Tx), other: impl Fn(&mut Tx)) -> usize {
    let mut runs = 0;
    write(store, |tx| {
        read(tx);
        tx.put("result", "x");
        runs += 1;
        if runs == 1 {
            write(store, &other);
        }
    });
    runs
}

fn a_write_between_read_and_commit_makes_it_run_again(store: &Store) {
    let read = |tx: &Tx| drop(tx.get(b"a").unwrap());
    assert_eq!(runs(store, read, |tx| tx.put("a", "1")), 2);
    assert_eq!(runs(store, read, |tx| tx.delete("a")), 2);
    assert_eq!(runs(store, read, |tx| tx.delete_range(..)), 2);
    assert_eq!(runs(store, read, |tx| tx.put("b", "1")), 1);
    assert_eq!(runs(store, |_| {}, |tx| tx.put("result", "y")), 1);
}

fn a_new_key_in_a_scanned_range_makes_it_run_again(store: &Store) {
    let read = |tx: &Tx| drop(tx.scan(KeyRange::prefix("k"), 10).unwrap());
    assert_eq!(runs(store, read, |tx| tx.put("k1", "1")), 2);
    assert_eq!(runs(store, read, |tx| tx.delete_range(b"k1".to_vec()..b"k2".to_vec())), 2);
    assert_eq!(runs(store, read, |tx| tx.put("l", "1")), 1);
}

fn a_write_behind_the_end_of_a_page_does_not(store: &Store) {
    write(store, |tx| (0..20).for_each(|n| tx.put(format!("k{n:02}"), "x")));
    let read = |tx: &Tx| assert_eq!(tx.scan(KeyRange::prefix("k"), 5).unwrap().len(), 5);
    assert_eq!(runs(store, read, |tx| tx.put("k05", "1")), 1);
    assert_eq!(runs(store, read, |tx| tx.put("k04", "1")), 2);
    let back = |tx: &Tx| assert_eq!(tx.scan_reverse(KeyRange::prefix("k"), 5).unwrap().len(), 5);
    assert_eq!(runs(store, back, |tx| tx.put("k14", "1")), 1);
    assert_eq!(runs(store, back, |tx| tx.put("k15", "1")), 2);
}

fn counters_lose_no_increment(store: &Store) {
    const THREADS: usize = 8;
    const EACH: usize = 25;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                let mut last = 0;
                for _ in 0..EACH {
                    let counted = store
                        .transact_blocking(|tx| {
                            let count = tx.get(b"count")?.map_or(0, number) + 1;
                            tx.put("count", count.to_string());
                            tx.put(format!("own{thread}"), count.to_string());
                            Ok::<_, Error>(count)
                        })
                        .unwrap();
                    assert!(counted > last, "an acknowledged increment was not seen");
                    last = counted;
                }
            });
        }
    });
    assert_eq!(get(store, "count"), Some((THREADS * EACH).to_string()));
}

fn number(bytes: impl AsRef<[u8]>) -> usize {
    std::str::from_utf8(bytes.as_ref()).unwrap().parse().unwrap()
}

fn write_skew_does_not_happen(store: &Store) {
    for round in 0..20 {
        write(store, |tx| {
            tx.put("on1", "1");
            tx.put("on2", "1");
        });
        std::thread::scope(|scope| {
            for own in ["on1", "on2"] {
                scope.spawn(move || {
                    write(store, |tx| {
                        if tx.scan(KeyRange::prefix("on"), 10).unwrap().len() == 2 {
                            tx.delete(own);
                        }
                    });
                });
            }
        });
        assert_eq!(all(store).len(), 1, "round {round}: both doctors went home");
    }
}

/// The slow one reads a key that others write without a pause, between its read and its commit.
fn a_transaction_that_always_loses_gets_its_turn(store: &Store) {
    let (stop, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    put(store, "hot", "x");
                    written.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for round in 0..5 {
            let mut runs = 0;
            write(store, |tx| {
                tx.get(b"hot").unwrap();
                tx.put(format!("slow{round}"), "x");
                runs += 1;
                // Until it has its turn, somebody has written meanwhile.
                let before = written.load(Ordering::SeqCst);
                while runs <= 4 && written.load(Ordering::SeqCst) < before + 3 {
                    std::thread::yield_now();
                }
            });
            assert!((5..=6).contains(&runs), "it ran {runs} times");
        }
        stop.store(true, Ordering::SeqCst);
    });
}

fn an_acknowledged_write_is_seen_by_each_transaction_that_starts_after_it(store: &Store) {
    let newest = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=300 {
                put(store, "n", &n.to_string());
                newest.store(n, Ordering::SeqCst);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while newest.load(Ordering::SeqCst) < 300 {
                    let known = newest.load(Ordering::SeqCst);
                    let read = get(store, "n").map_or(0, number);
                    assert!(read >= known, "{known} was acknowledged, {read} was read");
                }
            });
        }
    });
}

fn a_dropped_future_harms_nobody(store: &Store) {
    let mut context = Context::from_waker(Waker::noop());
    for n in 0..20 {
        let mut future = Box::pin(store.transact(|tx| {
            tx.put(format!("left{n}"), "x");
            tx.put(format!("right{n}"), "x");
            Ok::<_, Error>(())
        }));
        let _ = future.as_mut().poll(&mut context);
    }
    put(store, "last", "x");
    let keys = all(store);
    for n in 0..20 {
        let there = |side: &str| keys.contains_key(format!("{side}{n}").as_bytes());
        assert_eq!(there("left"), there("right"));
    }
}

fn long_keys_and_large_values_fit(store: &Store) {
    let key = vec![b'k'; 2_000];
    let value: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    write(store, |tx| tx.put(key.clone(), value.clone()));
    write(store, |tx| tx.put("empty", ""));
    assert_eq!(all(store)[&key], value);
    assert_eq!(get(store, "empty").as_deref(), Some(""));
}

fn an_export_reads_back(store: &Store, other: &Store) {
    write(store, |tx| (0..2500u16).for_each(|n| tx.put(n.to_be_bytes().to_vec(), vec![7; 3])));
    write(store, |tx| tx.put("empty", ""));
    let mut exported = Vec::new();
    store.export(&mut exported).unwrap();
    other.import(exported.as_slice()).unwrap();
    assert_eq!(all(other), all(store));
    assert!(matches!(other.import(exported.as_slice()), Err(Error::Import(_))), "not empty");
}

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

fn random_operations_agree_with_a_map(make: &mut dyn FnMut() -> Store) {
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
