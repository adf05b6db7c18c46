//! `why`, `can` and `whocan` against a server, and the decisions that it writes to a file.

use sigv4::Style;

use crate::server::{Home, Server, keys_of, signed, text};

/// A server with an administrator, alice, and a bucket of hers that a stranger was denied.
fn denied(home: &Home, words: &str) -> Server {
    let server = home.serve(words);
    home.done(&server, "admin create alice");
    let (id, secret) = keys_of(&home.path(".aws/credentials"));
    let put = signed(Style::S3, "PUT", "/box-one", "", (&id, &secret));
    assert!(server.exchange(&put, "").starts_with("HTTP/1.1 200"));
    let answer = server.exchange("GET /box-one/key HTTP/1.1\r\nhost: localhost\r\n", "");
    assert!(answer.contains("<Code>AccessDenied</Code>"), "{answer}");
    server
}

#[test]
fn why_tells_what_was_denied_and_what_would_allow_it() {
    let home = Home::new();
    let server = denied(&home, "--memory");
    let said = home.done(&server, "why --profile alice");
    assert!(said.starts_with("Denied: s3 GetObject\n  by       anonymous"), "{said}");
    assert!(said.contains("because no resource-based policy allows the s3:GetObject"), "{said}");
    assert!(said.contains("add to the resource-based policy of arn:aws:s3:::box-one"), "{said}");
    let last = home.json(&server, "why --last --json --profile alice");
    assert_eq!(last["decisions"][0]["remedy"]["evaluatesTo"], "allowed");
    let id = last["requestId"].as_str().unwrap();
    let again = home.json(&server, &format!("why {id} --json --profile alice"));
    assert_eq!(again, last);
    let said = home.refused(&server, "why ABC --profile alice");
    assert!(said.contains("(DecisionNotFound)"), "{said}");
    let message = home.done(&server, "why --encode --profile alice");
    assert!(message.len() > 100 && message.len() < 10_240, "{message}");
    assert!(!message.contains("box-one"));
}

#[test]
fn why_all_tells_every_denial_in_the_order_they_were_made() {
    let home = Home::new();
    let server = denied(&home, "--memory");
    let answer = server.exchange("GET /box-one HTTP/1.1\r\nhost: localhost\r\n", "");
    assert!(answer.contains("<Code>AccessDenied</Code>"), "{answer}");
    let all = home.json(&server, "why --denied --all --json --profile alice");
    let operations = all.as_array().unwrap().iter().map(|one| one["operation"].as_str().unwrap());
    assert_eq!(operations.collect::<Vec<_>>(), ["GetObject", "ListObjects"]);
    let said = home.done(&server, "why --denied --all --profile alice");
    let (first, second) = said.split_once("\n----\n").unwrap();
    assert!(first.contains("s3:GetObject on") && second.contains("s3:ListBucket on"), "{said}");
}

#[test]
fn can_exits_with_its_answer_and_whocan_lists_who() {
    let home = Home::new();
    let server = denied(&home, "--memory");
    let asked = "s3:GetObject arn:aws:s3:::box-one/key --profile alice";
    let said = home.done(&server, &format!("can alice {asked}"));
    assert!(said.starts_with("Yes.\n") && said.contains("AdministratorAccess"), "{said}");
    let output = home.run(&server, &format!("can anonymous {asked}"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("No.\n"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("anonymous may not s3:GetObject"));
    let said = home.refused(&server, &format!("can bob {asked}"));
    assert!(said.contains("There is no user or role bob"), "{said}");
    assert!(!text(&output.stdout).contains("No operation of this server"));
    let said = home.done(&server, "can alice s3:GetObjet arn:aws:s3:::box-one/key --profile alice");
    assert!(said.contains("No operation of this server asks for this action"), "{said}");
    for question in ["can alice", "whocan"] {
        let words = format!("{question} s3:GetObject box-one/key --profile alice");
        let said = home.refused(&server, &words);
        assert!(said.contains("box-one/key is neither an ARN nor `*`."), "{said}");
    }
    let said = home.done(&server, &format!("whocan {asked}"));
    assert!(said.contains("root  arn:aws:iam::123456789012:root"), "{said}");
    assert!(said.contains("user  arn:aws:iam::123456789012:user/alice"), "{said}");
}

#[test]
fn decisions_are_written_to_a_file_that_why_reads() {
    let home = Home::new();
    let path = home.path("decisions.jsonl");
    let server = denied(&home, &format!("--memory --decisions {}", path.display()));
    server.signal(rustix::process::Signal::TERM);
    let (code, _) = server.wait();
    assert_eq!(code, Some(0));
    let said = home.command(&format!("why --from {}", path.display())).output().unwrap();
    let said = text(&said.stdout);
    assert!(said.starts_with("Denied: s3 GetObject\n  by       anonymous"), "{said}");
    let words = format!("why --denied --all --json --from {}", path.display());
    let all = home.command(&words).output().unwrap();
    let all: serde_json::Value = serde_json::from_slice(&all.stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 1);
    let written = home.read("decisions.jsonl");
    let (_, secret) = keys_of(&home.path(".aws/credentials"));
    assert!(written.lines().count() >= 4 && !written.contains(&secret), "{written}");
}

#[test]
fn why_says_that_the_account_of_what_was_asked_for_is_closed_and_no_policy_would_help() {
    let home = Home::new();
    let server = home.serve("--memory");
    home.done(&server, "admin create alice");
    let alice = keys_of(&home.path(".aws/credentials"));
    let made = home.json(&server, "account create --name gone --profile alice");
    let of = |member: &str| made[member].as_str().unwrap().to_owned();
    let (account, theirs) = (of("AccountId"), (of("AccessKeyId"), of("SecretAccessKey")));
    let send = |(id, secret): &(String, String), method, path, body: &str| {
        let head = signed(Style::S3, method, path, body, (id, secret));
        server.exchange(&head, body)
    };
    let shared = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*",
        "Principal":{"AWS":"123456789012"},"Resource":"arn:aws:s3:::left-behind"}]}"#;
    assert!(send(&theirs, "PUT", "/left-behind", "").starts_with("HTTP/1.1 200"));
    assert!(send(&theirs, "PUT", "/left-behind?policy", shared).starts_with("HTTP/1.1 204"));
    assert!(send(&alice, "GET", "/left-behind", "").starts_with("HTTP/1.1 200"));
    home.done(&server, &format!("account close {account} --profile alice"));
    assert!(send(&alice, "GET", "/left-behind", "").contains("<Message>Access Denied</Message>"));
    let said = home.done(&server, "why --profile alice");
    assert!(said.contains(&format!("the account {account} is closed")), "{said}");
    assert!(said.contains("No change of a policy would allow it."), "{said}");
    assert!(!said.contains("control policy"), "{said}");
}
