//! One suite, asked of every backend.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

mod suite;

use std::sync::Arc;

use store::disk::Simulated;
use store::engine::{Faulty, Memory};
use store::{Options, Store};

#[test]
fn memory_keeps_the_contract() {
    suite::run(&mut Store::memory);
}

#[test]
fn an_engine_that_could_fail_but_does_not_keeps_the_contract() {
    suite::run(&mut || Store::with_engine(Box::new(Faulty::new(Memory::default()).0)));
}

#[test]
fn a_data_directory_keeps_the_contract() {
    let dirs = tempfile::tempdir().unwrap();
    let mut n = 0;
    suite::run(&mut || {
        n += 1;
        Store::open(&dirs.path().join(n.to_string()), Options::default()).unwrap()
    });
}

#[test]
fn a_simulated_disk_keeps_the_contract() {
    suite::run(&mut || Store::open_on(Arc::new(Simulated::new()), Options::default()).unwrap());
}

#[test]
fn tables_that_take_the_log_over_all_the_time_keep_the_contract() {
    let options = Options { log_bytes: 200, ..Options::default() };
    suite::run(&mut || Store::open_on(Arc::new(Simulated::new()), options).unwrap());
}
