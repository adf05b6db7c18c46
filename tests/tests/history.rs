//! Concurrent random operations on few keys, the server killed in their midst: every answer can be
//! explained by operations that happened one at a time, before the kill or not at all.
//!
//! `HISTORY_ROUNDS` says how often the server is killed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};

use wardian_tests::history::{Call, Operation, Outcome, is_linearizable, parse};
use wardian_tests::{Options, Server};

/// Answered operations of a round before the server is killed.
const OPERATIONS: usize = 200;
const ROUNDS: u64 = 3;

#[test]
fn histories_are_linearizable_per_key_across_kill_9() {
    let rounds = std::env::var("HISTORY_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS, |text| text.parse().expect("a number"));
    let mut server = Server::start_with(Options { memory: false, ..Options::default() });
    server.root().ok("s3 mb s3://history");
    let mut before = read_all(&server);
    for round in 0..rounds {
        let (python, script) = server.python("history.py");
        let mut load = python.spawn(&format!("{script} load history {round}"));
        let stdout = load.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let mut history: Vec<String> = lines.by_ref().take(OPERATIONS).collect();
        server = server.kill_and_restart();
        history.extend(lines);
        let mut complaints = String::new();
        load.stderr.take().expect("a pipe").read_to_string(&mut complaints).expect("text");
        assert!(complaints.is_empty(), "round {round}: {complaints}");
        assert!(load.wait().is_ok_and(|status| status.success()), "round {round}");
        assert!(history.len() >= OPERATIONS, "round {round}: {} operations", history.len());
        // A quiet moment on either side: what was lost happened before the kill, or never.
        let after = read_all(&server);
        check(round, &before, &history, &after);
        before = after;
    }
    server.stop();
}

fn read_all(server: &Server) -> Vec<String> {
    let (python, script) = server.python("history.py");
    let answer = python.ok(&format!("{script} read history"));
    answer.stdout.lines().map(str::to_owned).collect()
}

fn check(round: u64, before: &[String], history: &[String], after: &[String]) {
    let mut keys: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    let during = history.iter().chain(after).map(|line| parse(line));
    for (key, operation) in before.iter().map(|line| as_write(line)).chain(during) {
        keys.entry(key).or_default().push(operation);
    }
    for (key, mut operations) in keys {
        operations.sort_by_key(|one| one.start);
        let told: Vec<String> = operations.iter().map(|one| format!("{one:?}")).collect();
        assert!(is_linearizable(&operations), "round {round}, {key}:\n{}", told.join("\n"));
    }
}

/// What was read in the quiet moment before is what the round began with.
fn as_write(line: &str) -> (String, Operation) {
    let (key, mut operation) = parse(line);
    let Outcome::Saw(seen) = operation.outcome else { panic!("not a read: {line}") };
    operation.call = Call::Write(seen);
    operation.outcome = Outcome::Done;
    (key, operation)
}
