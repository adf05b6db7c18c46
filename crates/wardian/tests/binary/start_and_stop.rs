//! Starting, being refused a start, and stopping.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use crate::server::{Home, Server, get_caller_identity, keys_of, text};

type Variables<'a> = &'a [(&'a str, &'a str)];

/// What a command that must not start says.
fn refusal(home: &Home, words: &str, variables: Variables<'_>) -> String {
    let output = home.command(words).envs(variables.iter().copied()).output().unwrap();
    assert_ne!(output.status.code(), Some(0), "{words}");
    text(&output.stderr)
}

#[test]
fn a_start_says_where_it_listens_what_data_it_uses_and_what_to_type_next() {
    let home = Home::new();
    let server = home.serve("--memory");
    assert!(server.endpoint.starts_with("http://127.0.0.1:"), "{}", server.endpoint);
    let endpoint = server.endpoint.clone();
    server.signal(Signal::TERM);
    let (code, printed) = server.wait();
    assert_eq!(code, Some(0));
    assert!(printed.contains("data  memory"), "{printed}");
    assert!(printed.contains(&format!("export AWS_ENDPOINT_URL={endpoint}")), "{printed}");
    assert!(printed.contains("wardian admin create"), "{printed}");
    assert!(printed.lines().count() < 10, "{printed}");
}

#[test]
fn a_switch_is_turned_on_by_its_variable_in_any_usual_word() {
    let home = Home::new();
    for word in ["1", "true", "yes", "on"] {
        let mut command = home.command("serve --listen 127.0.0.1:0");
        command.env("WARDIAN_MEMORY", word);
        let server = Server::start(command);
        server.signal(Signal::TERM);
        let (code, printed) = server.wait();
        assert!(code == Some(0) && printed.contains("data  memory"), "{word}: {printed}");
    }
    let said = refusal(&home, "serve --listen 127.0.0.1:0", &[("WARDIAN_MEMORY", "perhaps")]);
    assert!(said.contains("--memory"), "{said}");
}

#[test]
fn roots_credentials_of_a_server_in_memory_go_when_it_does() {
    let home = Home::new();
    let server = home.serve("--memory");
    let port = server.endpoint.rsplit(':').next().unwrap();
    let file = home.path(&format!("run/wardian/root-{port}.credentials"));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    let (id, secret) = keys_of(&file);
    let (head, body) = get_caller_identity(&id, &secret);
    let answer = server.exchange(&head, &body);
    assert!(answer.contains("<Arn>arn:aws:iam::123456789012:root</Arn>"), "{answer}");
    server.signal(Signal::INT);
    assert_eq!(server.wait().0, Some(0));
    assert!(!file.exists());
}

#[test]
fn a_data_directory_is_private_and_outlives_a_restart() {
    let home = Home::new();
    let dir = home.path(".local/share/wardian");
    let server = home.serve("");
    assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let file = dir.join("root-123456789012.credentials");
    let (id, secret) = keys_of(&file);
    home.done(&server, "admin create alice");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0, Some(0));
    let server = home.serve("");
    assert_eq!(keys_of(&file), (id, secret));
    let keys = keys_of(&home.path(".aws/credentials"));
    let (head, body) = get_caller_identity(&keys.0, &keys.1);
    let answer = server.exchange(&head, &body);
    assert!(answer.contains("user/alice</Arn>"), "{answer}");
}

#[test]
fn roots_credentials_come_from_the_environment_where_it_has_them() {
    let home = Home::new();
    let secret_file = home.path("secret");
    std::fs::write(&secret_file, "a-secret-of-more-than-sixteen\n").unwrap();
    let mut command = home.command("serve --memory --listen 127.0.0.1:0");
    command.env("WARDIAN_ROOT_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    command.env("WARDIAN_ROOT_SECRET_ACCESS_KEY_FILE", &secret_file);
    let server = Server::start(command);
    let (head, body) = get_caller_identity("AKIAIOSFODNN7EXAMPLE", "a-secret-of-more-than-sixteen");
    assert!(server.exchange(&head, &body).starts_with("HTTP/1.1 200"));
    let (head, body) = get_caller_identity("AKIAIOSFODNN7EXAMPLE", "another-secret-of-no-one");
    let answer = server.exchange(&head, &body);
    assert!(answer.contains("SignatureDoesNotMatch"), "{answer}");
    assert!(!home.path("run").exists());
}

#[test]
fn a_root_key_that_is_rotated_opens_nothing_any_more() {
    let home = Home::new();
    let serve = |key: Option<(&str, &str)>| {
        let mut command = home.command("serve --listen 127.0.0.1:0");
        if let Some((id, secret)) = key {
            command.env("WARDIAN_ROOT_ACCESS_KEY_ID", id);
            command.env("WARDIAN_ROOT_SECRET_ACCESS_KEY", secret);
        }
        Server::start(command)
    };
    let opens = |server: &Server, (id, secret): (&str, &str)| {
        let (head, body) = get_caller_identity(id, secret);
        server.exchange(&head, &body).starts_with("HTTP/1.1 200")
    };
    let stop = |server: Server| {
        server.signal(Signal::TERM);
        assert_eq!(server.wait().0, Some(0));
    };
    let first = ("AKIAIOSFODNN7FIRST00", "the-first-secret-of-root");
    let second = ("AKIAIOSFODNN7SECOND0", "the-second-secret-of-root");
    let server = serve(None);
    let file = home.path(".local/share/wardian/root-123456789012.credentials");
    let (id, secret) = keys_of(&file);
    let made = (id.as_str(), secret.as_str());
    assert!(opens(&server, made));
    stop(server);
    let server = serve(Some(first));
    assert!(opens(&server, first) && !opens(&server, made) && !file.exists());
    stop(server);
    let server = serve(Some(second));
    assert!(opens(&server, second) && !opens(&server, first) && !opens(&server, made));
    stop(server);
    // Who gives none takes none away, and is given none.
    let server = serve(None);
    assert!(opens(&server, second) && !opens(&server, first) && !file.exists());
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let home = Home::new();
    let dir = home.path("data");
    let words = format!("serve --listen 127.0.0.1:0 --data-dir {}", dir.display());
    let _first = Server::start(home.command(&words));
    let said = refusal(&home, &words, &[]);
    assert!(said.contains("another server is using the data in"), "{said}");
    assert!(said.contains("--data-dir DIR, or --memory"), "{said}");
}

#[test]
fn what_cannot_be_served_safely_is_refused_with_the_next_step() {
    let home = Home::new();
    std::fs::create_dir(home.path("full")).unwrap();
    std::fs::write(home.path("full/letter"), "mine").unwrap();
    let full = format!("serve --listen 127.0.0.1:0 --data-dir {}", home.path("full").display());
    let id = ("WARDIAN_ROOT_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    let cases: [(&str, Variables<'_>, &str); 8] = [
        ("serve --memory --listen 0.0.0.0:0", &[], "--tls self-signed"),
        ("serve --memory", &[("WARDIAN_MEMROY", "1")], "Did you mean WARDIAN_MEMORY?"),
        ("serve --memory --insecure", &[], "unexpected argument"),
        ("serve --memory", &[id], "Set WARDIAN_ROOT_SECRET_ACCESS_KEY"),
        ("serve --memory", &[id, ("WARDIAN_ROOT_SECRET_ACCESS_KEY", "test")], "too short"),
        (&full, &[], "holds something else"),
        ("serve --memory --master-key-file no", &[], "master key: no cannot be read"),
        ("serve --memory --tls-cert no --tls-key no", &[], "cannot read the certificates of no"),
    ];
    for (words, variables, expected) in cases {
        let said = refusal(&home, words, variables);
        assert!(said.contains(expected), "{words}: {said}");
    }
}

#[test]
fn a_request_in_flight_is_finished_before_the_server_stops() {
    let home = Home::new();
    let server = home.serve("--memory");
    let port = server.endpoint.rsplit(':').next().unwrap();
    let (id, secret) = keys_of(&home.path(&format!("run/wardian/root-{port}.credentials")));
    let (head, body) = get_caller_identity(&id, &secret);
    let (early, late) = body.split_at(10);
    let mut stream = server.connect();
    // The server says that it waits for the body: the request is in flight.
    write!(stream, "{head}expect: 100-continue\r\n\r\n").unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(text(&go_on), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(early.as_bytes()).unwrap();
    server.signal(Signal::TERM);
    // It has stopped listening: the signal was seen.
    let (_, address) = server.endpoint.split_once("://").unwrap();
    while std::net::TcpStream::connect(address).is_ok() {}
    stream.write_all(late.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.wait().0, Some(0));
}
