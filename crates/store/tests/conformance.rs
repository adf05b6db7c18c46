//! One suite, asked of every backend.

mod suite;

use store::Store;
use store::engine::{Faulty, Memory};

#[test]
fn memory_keeps_the_contract() {
    suite::run(&mut Store::memory);
}

#[test]
fn an_engine_that_could_fail_but_does_not_keeps_the_contract() {
    suite::run(&mut || Store::with_engine(Box::new(Faulty::new(Memory::default()).0)));
}
