//! The tutorial with boto3, over plain http and TLS.

use wardian_tests::{Options, Server, Transport};

fn tutorial(transport: Transport) {
    let server = Server::start_with(Options { transport, ..Options::default() });
    let (python, script) = server.python("tutorial.py");
    python.ok(&script);
}

#[test]
fn the_tutorial_runs_with_boto3_over_http() {
    tutorial(Transport::Http);
}

#[test]
fn the_tutorial_runs_with_boto3_over_tls() {
    tutorial(Transport::Tls);
}
