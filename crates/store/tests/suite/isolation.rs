//! What a transaction is promised beside others: none sees half of another, none is lost, each
//! comes to its end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};

use store::{Error, KeyRange, Store, Tx};

use super::{all, get, put, write};

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

pub fn a_write_between_read_and_commit_makes_it_run_again(store: &Store) {
    let read = |tx: &Tx| drop(tx.get(b"a").unwrap());
    assert_eq!(runs(store, read, |tx| tx.put("a", "1")), 2);
    assert_eq!(runs(store, read, |tx| tx.delete("a")), 2);
    assert_eq!(runs(store, read, |tx| tx.delete_range(..)), 2);
    assert_eq!(runs(store, read, |tx| tx.put("b", "1")), 1);
    assert_eq!(runs(store, |_| {}, |tx| tx.put("result", "y")), 1);
}

pub fn a_new_key_in_a_scanned_range_makes_it_run_again(store: &Store) {
    let read = |tx: &Tx| drop(tx.scan(KeyRange::prefix("k"), 10).unwrap());
    assert_eq!(runs(store, read, |tx| tx.put("k1", "1")), 2);
    assert_eq!(runs(store, read, |tx| tx.delete_range(b"k1".to_vec()..b"k2".to_vec())), 2);
    assert_eq!(runs(store, read, |tx| tx.put("l", "1")), 1);
}

pub fn a_write_behind_the_end_of_a_page_does_not(store: &Store) {
    write(store, |tx| (0..20).for_each(|n| tx.put(format!("k{n:02}"), "x")));
    let read = |tx: &Tx| assert_eq!(tx.scan(KeyRange::prefix("k"), 5).unwrap().len(), 5);
    assert_eq!(runs(store, read, |tx| tx.put("k05", "1")), 1);
    assert_eq!(runs(store, read, |tx| tx.put("k04", "1")), 2);
    let back = |tx: &Tx| assert_eq!(tx.scan_reverse(KeyRange::prefix("k"), 5).unwrap().len(), 5);
    assert_eq!(runs(store, back, |tx| tx.put("k14", "1")), 1);
    assert_eq!(runs(store, back, |tx| tx.put("k15", "1")), 2);
}

pub fn counters_lose_no_increment(store: &Store) {
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

pub fn write_skew_does_not_happen(store: &Store) {
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
pub fn a_transaction_that_always_loses_gets_its_turn(store: &Store) {
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

pub fn an_acknowledged_write_is_seen_by_each_transaction_that_starts_after_it(store: &Store) {
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

pub fn a_dropped_future_harms_nobody(store: &Store) {
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
