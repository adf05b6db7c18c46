//! The front door: health, bounds, proxies, TLS.

use std::io::{Read as _, Write as _};

use rustix::process::Signal;

use crate::server::{Home, Server, get_caller_identity, text};

#[test]
fn health_is_answered_at_both_paths_and_unsigned() {
    let home = Home::new();
    let server = home.serve("--memory");
    for path in ["/_wardian/health", "/_localstack/health"] {
        let answer = server.exchange(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n"), "");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("Content-Type: application/json"), "{head}");
        let document: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(document["status"], "available");
        for service in ["cloudformation", "iam", "s3", "sts", "wardian"] {
            assert_eq!(document["services"][service], "available", "{service}");
        }
    }
    let answer = server.exchange("POST /_wardian/health HTTP/1.1\r\nhost: localhost\r\n", "");
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn what_is_no_request_is_refused_in_aws_s_words() {
    let home = Home::new();
    let server = home.serve("--memory");
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    let large = "a".repeat(200_000);
    let too_large = "RequestHeaderSectionTooLarge";
    for (head, code) in [
        (format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}"), too_large),
        (format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-large: {large}\r\n"), too_large),
        (format!("GET /{large} HTTP/1.1\r\nhost: localhost\r\n"), too_large),
        (format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n", "a".repeat(70_000)), "InvalidURI"),
        ("GET / HTTP/1.1\r\nhost localhost\r\n".to_owned(), "BadRequest"),
        ("GET / HTTP/4.2\r\nhost: localhost\r\n".to_owned(), "BadRequest"),
        ("\0\u{1} / HTTP/1.1\r\n".to_owned(), "BadRequest"),
        ("GET /a b HTTP/1.1\r\nhost: localhost\r\n".to_owned(), "BadRequest"),
        ("PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n".to_owned(), "BadRequest"),
        (
            "PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n"
                .to_owned(),
            "BadRequest",
        ),
        ("GET / HTTP/1.1\r\n".to_owned(), "BadRequest"),
        ("GET / HTTP/1.1\r\nhost: a.localhost\r\nhost: b\r\n".to_owned(), "BadRequest"),
    ] {
        let answer = server.exchange(&head, "");
        let start: String = head.chars().take(80).collect();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{start}: {answer}");
        assert!(answer.contains(&format!("<Code>{code}</Code>")), "{start}: {answer}");
        assert!(answer.contains("x-amz-request-id: "), "{start}: {answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let length = format!("content-length: {}", body.len());
        assert!(head.to_lowercase().contains(&length), "{answer}");
    }
    let answer = server.exchange("GET /k HTTP/1.1\r\nhost: a.localhost\r\n", "");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn a_request_that_is_none_behind_one_that_is_leaves_the_first_s_answer_whole() {
    let home = Home::new();
    let server = home.serve("--memory");
    let mut stream = server.connect();
    let health = "GET /_wardian/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(format!("{health}{health}nonsense\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 400 Bad Request").count(), 1, "{answer}");
    assert_eq!(answer.matches("\"status\":\"available\"").count(), 2, "{answer}");
}

#[test]
fn connections_that_say_nothing_make_room_for_those_that_do() {
    let home = Home::new();
    // Of 64 open files half are connections.
    let mut command = std::process::Command::new("sh");
    let words = ["-c", "ulimit -n 64; exec \"$0\" serve --listen 127.0.0.1:0 --memory"];
    command.args(words).arg(env!("CARGO_BIN_EXE_wardian")).env_clear();
    command.env("HOME", home.0.path()).env("XDG_RUNTIME_DIR", home.path("run"));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let server = Server::start(command);
    let mut silent = Vec::new();
    for n in 0..80 {
        let mut stream = server.connect();
        match n % 3 {
            0 => stream.write_all(b"GET /slow HTTP/1.1\r\nhost: loc").unwrap(),
            1 => {
                let health = b"GET /_wardian/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
                stream.write_all(health).unwrap();
            }
            _ => {}
        }
        silent.push(stream);
    }
    // At once, not one by one as they time out after a minute.
    let mut stream = server.connect();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let head = b"GET /_wardian/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(head).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn the_address_that_a_trusted_proxy_forwards_is_the_one_that_counts() {
    let home = Home::new();
    let server = |trusted: &str, log: &str| {
        let log = home.path(log);
        home.serve(&format!("--memory {trusted} --event-log {}", log.display()))
    };
    let cases = [
        ("--trusted-proxy 127.0.0.0/8", "trusted", "198.51.100.7"),
        ("", "untrusted", "127.0.0.1"),
    ];
    for (flag, log, expected) in cases {
        let server = server(flag, log);
        let (head, body) = get_caller_identity("AKIAIOSFODNN7EXAMPLE", "nobody's");
        let forwarded = "x-forwarded-for: 10.9.9.9, 198.51.100.7\r\n";
        server.exchange(&format!("{head}{forwarded}"), &body);
        server.signal(Signal::TERM);
        assert_eq!(server.wait().0, Some(0));
        let event: serde_json::Value = serde_json::from_str(home.read(log).trim()).unwrap();
        assert_eq!(event["sourceIPAddress"], expected, "{flag}");
        assert_eq!(event["eventName"], "GetCallerIdentity");
    }
}

#[test]
fn a_self_signed_server_is_reached_by_those_who_trust_its_authority() {
    let home = Home::new();
    let data = home.path("data");
    let words =
        format!("serve --listen 127.0.0.1:0 --tls self-signed --data-dir {}", data.display());
    let server = Server::start(home.command(&words));
    assert!(server.endpoint.starts_with("https://"), "{}", server.endpoint);
    let of_directory = home.command(&format!("ca --data-dir {}", data.display())).output().unwrap();
    let of_server = format!("ca --endpoint-url {}", server.endpoint);
    let of_server = home.command(&of_server).output().unwrap();
    assert!(text(&of_directory.stdout).starts_with("-----BEGIN CERTIFICATE-----"));
    let unwrapped = |pem: &[u8]| text(pem).replace(['\r', '\n'], "");
    assert_eq!(unwrapped(&of_server.stdout), unwrapped(&of_directory.stdout));
    home.done(&server, &format!("admin create alice --data-dir {}", data.display()));
    home.done(&server, "account list --profile alice");
    std::fs::write(home.path("other.pem"), include_str!("other.pem")).unwrap();
    let other = home.path("other.pem");
    let said = home
        .refused(&server, &format!("account list --profile alice --ca-bundle {}", other.display()));
    assert!(said.contains("cannot speak TLS"), "{said}");
}

#[test]
fn who_waits_for_leave_to_send_a_body_and_is_refused_is_hung_up_on() {
    let home = Home::new();
    let server = home.serve("--memory");
    let mut stream = server.connect();
    let head =
        "PUT /b/k HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // Ends only because the server closes: what came next could be taken for the body.
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
}
