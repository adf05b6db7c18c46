//! Secrets that the binary must keep to itself: none stands in a log at TRACE, in an event, in a
//! decision, or in what `why` tells.

use std::process::Stdio;

use sigv4::Style;

use crate::server::{Home, Server, keys_of, signed, text};

const PASSWORD: &str = "Very-Secret-Password-1";

fn element(answer: &str, name: &str) -> String {
    let (_, rest) = answer.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{answer}"));
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn no_secret_is_in_a_log_at_trace_in_an_event_in_a_decision_or_in_why() {
    let home = Home::new();
    let (events, decisions) = (home.path("events.jsonl"), home.path("decisions.jsonl"));
    let words = format!(
        "serve --listen 127.0.0.1:0 --memory --log-level trace --event-log {} \
        --decisions {}",
        events.display(),
        decisions.display()
    );
    let log = std::fs::File::create(home.path("log")).expect("a file");
    let mut command = home.command(&words);
    command.stderr(Stdio::from(log));
    let server = Server::start(command);
    home.done(&server, "admin create alice");
    let (id, secret) = keys_of(&home.path(".aws/credentials"));
    let alice = (id.as_str(), secret.as_str());
    let mut secrets = vec![secret.clone(), PASSWORD.to_owned()];
    let ask = |body: &str| {
        let head = signed(Style::Query, "POST", "/", body, alice);
        secrets_of(&server.exchange(&head, body))
    };
    secrets.extend(ask("Action=GetSessionToken&Version=2011-06-15"));
    secrets.extend(ask("Action=GetFederationToken&Version=2011-06-15&Name=guest"));
    assert_eq!(secrets.len(), 6, "two of each session");
    let forged = signed(Style::Query, "POST", "/", "Action=GetCallerIdentity", (&id, "x"));
    server.exchange(&forged, "Action=GetCallerIdentity");
    let put = signed(Style::S3, "PUT", "/box-one", "", alice);
    assert!(server.exchange(&put, "").starts_with("HTTP/1.1 200"));
    server.exchange("GET /box-one/key HTTP/1.1\r\nhost: localhost\r\n", "");
    let mut told = String::new();
    for words in [
        "why --profile alice",
        "why --last --json --profile alice",
        "why --denied --json --profile alice",
    ] {
        told.push_str(&text(&home.run(&server, words).stdout));
    }
    drop(server);
    for (name, written) in [
        ("log", home.read("log")),
        ("events", home.read("events.jsonl")),
        ("decisions", home.read("decisions.jsonl")),
        ("why", told),
    ] {
        assert!(written.len() > 200, "{name} was written: {written}");
        for secret in &secrets {
            assert!(!written.contains(secret), "{name} holds {secret}");
        }
    }
}

fn secrets_of(answer: &str) -> [String; 2] {
    [element(answer, "SecretAccessKey"), element(answer, "SessionToken")]
}
