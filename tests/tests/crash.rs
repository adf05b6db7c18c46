//! What was acknowledged is there after `kill -9`, whole, and the server goes on.

use std::io::{BufRead as _, BufReader};

use wardian_tests::{Options, Server};

/// Acknowledged writes of a round before the server is killed.
const WRITES: usize = 150;
const ROUNDS: usize = 3;

#[test]
fn acknowledged_objects_survive_kill_9_under_load() {
    let mut server = Server::start_with(Options { memory: false, ..Options::default() });
    server.root().ok("s3 mb s3://crash");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let (python, script) = server.python("writers.py");
        let mut writers = python.spawn(&format!("{script} round{round}"));
        let stdout = writers.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        acknowledged.extend(lines.by_ref().take(WRITES));
        server = server.kill_and_restart();
        // Acknowledged before the kill, printed after it.
        acknowledged.extend(lines);
        writers.wait().expect("the writers end when the server is gone");
    }
    assert!(acknowledged.len() >= ROUNDS * WRITES, "{}", acknowledged.len());
    let (python, script) = server.python("writers.py");
    let checked = python.run_with_input(&format!("{script} check"), &acknowledged.join("\n"));
    assert_eq!(checked.status, 0, "{}", checked.stderr);
    server.stop();
}
