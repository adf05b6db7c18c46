//! What a store owes when power, disk or process fail: nothing acknowledged is lost, nothing is
//! torn, and it goes on when the disk does.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::sync::Arc;

use store::disk::Simulated;
use store::engine::{Faulty, Memory};
use store::{Error, KeyRange, Options, Store};

/// A log so short that the tables take it over every few transactions.
const OPTIONS: Options = Options { cache_bytes: 1 << 20, log_bytes: 4 << 10 };

fn open(disk: &Simulated) -> Result<Store, Error> {
    Store::open_on(Arc::new(disk.clone()), OPTIONS)
}

/// What a run has been told: transactions acknowledged, and the one whose answer was an error.
#[derive(Default)]
struct Told {
    acknowledged: u32,
    in_doubt: Option<u32>,
}

/// Transaction `n` writes two halves and deletes what transaction `n - 3` wrote.
fn transact(store: &Store, n: u32) -> Result<(), Error> {
    store.transact_blocking(|tx| {
        tx.put(format!("left{n:04}"), vec![1; 900]);
        tx.put(format!("right{n:04}"), vec![2; 40]);
        if let Some(old) = n.checked_sub(3) {
            tx.delete(format!("left{old:04}"));
            tx.delete_range(KeyRange::prefix(format!("right{old:04}")));
        }
        Ok(())
    })
}

/// Runs transactions until one fails.
fn run(store: &Store, transactions: u32) -> Told {
    let mut told = Told::default();
    for n in 0..transactions {
        if transact(store, n).is_err() {
            told.in_doubt = Some(n);
            break;
        }
        told.acknowledged = n + 1;
    }
    told
}

fn expected(transactions: u32) -> Vec<String> {
    let kept = transactions.saturating_sub(3)..transactions;
    let left = kept.clone().map(|n| format!("left{n:04}"));
    left.chain(kept.map(|n| format!("right{n:04}"))).collect()
}

fn keys(store: &Store) -> Result<Vec<String>, Error> {
    let pairs = store.read(|tx| tx.scan(.., usize::MAX))??;
    Ok(pairs.into_iter().map(|(key, _)| String::from_utf8(key.to_vec()).unwrap()).collect())
}

/// Everything acknowledged is there, and of the one in doubt all or nothing.
fn assert_kept(store: &Store, told: &Told, context: &str) {
    let keys = keys(store).unwrap();
    let without = keys == expected(told.acknowledged);
    let with = told.in_doubt.is_some_and(|n| keys == expected(n + 1));
    assert!(without || with, "{context}: {} acknowledged, found {keys:?}", told.acknowledged);
}

#[test]
fn a_power_cut_at_any_call_loses_nothing_acknowledged_and_tears_nothing() {
    let calls = {
        let disk = Simulated::new();
        let store = open(&disk).unwrap();
        let opened = disk.calls();
        assert_eq!(run(&store, 12).acknowledged, 12);
        opened..disk.calls()
    };
    for call in 1..calls.end {
        let disk = Simulated::new();
        disk.cut_power(call);
        let told = open(&disk).map_or_else(|_| Told::default(), |store| run(&store, 12));
        for seed in 0..4 {
            let context = format!("cut at call {call}, image {seed}");
            let after = disk.after_power_cut(seed);
            let store = open(&after).unwrap_or_else(|error| panic!("{context}: {error}"));
            assert_kept(&store, &told, &context);
            assert!(store.check().unwrap(), "{context}: the file is damaged");
            transact(&store, 5000).unwrap();
        }
    }
}

#[test]
fn a_power_cut_while_the_store_recovers_from_one_loses_nothing_either() {
    for call in (1..60).step_by(3) {
        let disk = Simulated::new();
        let store = open(&disk).unwrap();
        disk.cut_power(40 + call);
        let told = run(&store, 12);
        let second = disk.after_power_cut(call);
        second.cut_power(call);
        drop(open(&second).map(|store| keys(&store)));
        let third = second.after_power_cut(call + 1);
        assert_kept(&open(&third).unwrap(), &told, &format!("cut at {call}, and once more"));
    }
}

#[test]
fn whichever_call_of_the_disk_fails_the_store_says_so_and_goes_on() {
    let mut failed = 0;
    for call in 1.. {
        let disk = Simulated::new();
        let store = open(&disk).unwrap();
        let before = disk.calls();
        disk.fail(call);
        // One failure makes one error; the transactions behind it go on.
        let mut kept = BTreeMap::new();
        let mut doubts = BTreeMap::new();
        for n in 0..12u32 {
            let put = |tx: &mut store::Tx| {
                tx.get(b"none")?;
                tx.put(format!("k{n:02}"), "x");
                Ok::<_, Error>(())
            };
            match store.transact_blocking(put) {
                Ok(()) => kept.insert(format!("k{n:02}"), n),
                Err(_) => doubts.insert(format!("k{n:02}"), n),
            };
        }
        assert!(doubts.len() <= 2, "call {call}: {doubts:?} failed for one fault");
        failed += doubts.len();
        for store in [store, open(&disk.after_power_cut(call)).unwrap()] {
            let found = keys(&store).unwrap();
            assert!(kept.keys().all(|key| found.contains(key)), "call {call}: lost of {kept:?}");
            let known = |key: &String| kept.contains_key(key) || doubts.contains_key(key);
            assert!(found.iter().all(known), "call {call}: {found:?}");
        }
        if disk.calls() < before + call {
            break;
        }
    }
    assert!(failed > 10, "the faults were not met: {failed}");
}

#[test]
fn whichever_call_of_an_engine_fails_the_store_says_so_and_goes_on() {
    for call in 1..40 {
        let (engine, faults) = Faulty::new(Memory::default());
        let store = Store::with_engine(Box::new(engine));
        faults.fail(call);
        let told: Vec<bool> = (0..10).map(|n| transact(&store, n * 10).is_ok()).collect();
        assert!(told.iter().filter(|ok| !**ok).count() <= 2, "call {call}: {told:?}");
        faults.fail(0);
        let found = keys(&store).unwrap();
        for (n, _) in told.iter().enumerate().filter(|(_, ok)| **ok) {
            assert!(found.contains(&format!("left{:04}", n * 10)), "call {call}: {found:?}");
        }
    }
}

#[test]
fn a_full_disk_refuses_writes_as_full_while_reads_go_on_and_service_returns_with_room() {
    let disk = Simulated::new();
    let options = Options { log_bytes: 1 << 20, ..OPTIONS };
    let store = Store::open_on(Arc::new(disk.clone()), options).unwrap();
    let value = vec![7u8; 100_000];
    let put = |n: u32| {
        store.transact_blocking(|tx| {
            tx.put(format!("big{n:04}"), value.clone());
            Ok::<_, Error>(())
        })
    };
    disk.set_capacity(Some(disk.used() + 5_000_000));
    let full = (0..1000).find(|n| put(*n).is_err()).unwrap();
    assert!(full > 5, "only {full} fitted");
    for _ in 0..5 {
        assert!(matches!(put(full), Err(Error::Full)));
        assert_eq!(keys(&store).unwrap().len(), full as usize);
    }
    let last = format!("big{:04}", full - 1);
    let read = store.read(|tx| tx.get(last.as_bytes())).unwrap().unwrap();
    assert_eq!(read.unwrap(), value);
    disk.set_capacity(None);
    put(full).unwrap();
    assert_eq!(keys(&store).unwrap().len(), full as usize + 1);
    drop(store);
    assert!(open(&disk).unwrap().check().unwrap());
}

#[test]
fn a_store_opens_on_a_full_disk_after_a_crash_reads_on_and_writes_once_there_is_room() {
    let options = Options { log_bytes: 16 << 20, ..OPTIONS };
    let open = |disk: &Simulated| Store::open_on(Arc::new(disk.clone()), options);
    let put = |store: &Store, n: u32| {
        store.transact_blocking(|tx| {
            tx.put(format!("big{n:04}"), vec![7; 8 << 10]);
            Ok::<_, Error>(())
        })
    };
    let disk = Simulated::new();
    let store = open(&disk).unwrap();
    (0..600).for_each(|n| put(&store, n).unwrap());
    // Killed: what was synced is all there is, and the tables have nothing of the log yet.
    let disk = disk.after_power_cut(1);
    drop(store);
    for more in [0, 1, 4 << 10, 1 << 20] {
        disk.set_capacity(Some(disk.used() + more));
        let store = open(&disk).unwrap_or_else(|error| panic!("{more} more bytes: {error}"));
        assert_eq!(keys(&store).unwrap().len(), 600, "{more} more bytes");
        for _ in 0..2 {
            assert!(matches!(put(&store, 600), Err(Error::Full)), "{more} more bytes");
        }
        assert_eq!(keys(&store).unwrap().len(), 600, "{more} more bytes");
    }
    let store = open(&disk).unwrap();
    disk.set_capacity(None);
    put(&store, 600).unwrap();
    put(&store, 601).unwrap();
    assert_eq!(keys(&store).unwrap().len(), 602);
    drop(store);
    let store = open(&disk).unwrap();
    assert_eq!(keys(&store).unwrap().len(), 602);
    assert!(store.check().unwrap());
}

#[test]
fn a_second_server_on_the_same_directory_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path(), OPTIONS).unwrap();
    let clone = first.clone();
    drop(first);
    assert!(matches!(Store::open(dir.path(), OPTIONS), Err(Error::InUse(_))));
    transact(&clone, 0).unwrap();
    drop(clone);
    let again = Store::open(dir.path(), OPTIONS).unwrap();
    assert_eq!(keys(&again).unwrap(), expected(1));
}

#[test]
fn a_store_that_is_closed_well_opens_from_its_next_image_too() {
    let disk = Simulated::new();
    let store = open(&disk).unwrap();
    let told = run(&store, 9);
    drop(store);
    for seed in 0..8 {
        assert_kept(&open(&disk.after_power_cut(seed)).unwrap(), &told, "closed");
    }
}
