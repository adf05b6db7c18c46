//! The contract of a store: each function asks one sentence of it, on a store of its own. Here is
//! what one transaction is promised; what it is promised beside others stands in `isolation`.

mod isolation;
mod model;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::{Error, KeyRange, Store, Tx};

use isolation::*;
use model::random_operations_agree_with_a_map;

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
