//! Secrets that the binary must keep to itself: none stands in a log at TRACE, in an event, in a
//! decision, or in what `why` tells.

use std::process::Stdio;

use crate::raw::{Call, Key, Raw};
use crate::server::{Home, Server, keys_of, text};

const PASSWORD: &str = "Very-Secret-Password-1";

const CUSTOMER_KEY: (&str, &str) =
    ("x-amz-server-side-encryption-customer-key", "Y3VzdG9tZXIta2V5LW9mLTMyLWJ5dGVzLWxvbmctMTI=");

fn now() -> i64 {
    let now = std::fs::metadata("/proc/self").and_then(|file| file.modified()).expect("a time");
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    i64::try_from(now).expect("seconds")
}

fn head(raw: &Raw) -> String {
    let fields = raw.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    format!("{} {} HTTP/1.1\r\n{}", raw.method, raw.path, fields.collect::<String>())
}

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
    let secrets = deal_in_secrets(&server, &Key { id, secret, token: None });
    assert_eq!(secrets.len(), 9);
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

/// Makes and uses all that is secret, well and badly: what it was.
fn deal_in_secrets(server: &Server, key: &Key) -> Vec<String> {
    let send = |call: Call, body: &str| {
        let call = call.header("content-length", &body.len().to_string());
        server.exchange(&head(&call.signed(key, now())), body)
    };
    let query = |service, form: &str| send(Call::query(service, form), form);
    let iam = |form: &str| query("iam", &format!("Version=2010-05-08&{form}"));
    let mut secrets = vec![key.secret.clone(), PASSWORD.to_owned(), CUSTOMER_KEY.1.to_owned()];
    for form in ["Action=GetSessionToken", "Action=GetFederationToken&Name=guest"] {
        let made = query("sts", &format!("Version=2011-06-15&{form}"));
        secrets.extend(["SecretAccessKey", "SessionToken"].map(|name| element(&made, name)));
    }
    let made = iam(&format!("Action=CreateLoginProfile&UserName=alice&Password={PASSWORD}"));
    assert!(made.starts_with("HTTP/1.1 200"), "{made}");
    secrets.push(element(&iam("Action=CreateAccessKey&UserName=alice"), "SecretAccessKey"));
    let device = iam("Action=CreateVirtualMFADevice&VirtualMFADeviceName=phone");
    secrets.push(element(&device, "Base32StringSeed"));
    assert!(send(Call::s3("PUT", "/box-one"), "").starts_with("HTTP/1.1 200"));
    send(Call::s3("PUT", "/box-one/key").header(CUSTOMER_KEY.0, CUSTOMER_KEY.1), "");
    let forged = Key { secret: "x".to_owned(), ..key.clone() };
    let who = Call::query("sts", "").signed(&forged, now());
    server.exchange(&head(&who), "");
    server.exchange("GET /box-one/key HTTP/1.1\r\nhost: localhost\r\n", "");
    secrets
}
