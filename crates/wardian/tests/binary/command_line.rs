//! The command line against a server: administrators, profiles, credentials, accounts, the clock,
//! reset, export.

use rustix::process::Signal;

use sigv4::Style;

use crate::server::{Home, get_caller_identity, keys_of, signed, text};

#[test]
fn an_administrator_is_made_with_a_profile_in_one_step() {
    let home = Home::new();
    let server = home.serve("--memory");
    let said = home.done(&server, "admin create alice");
    assert!(said.contains("--profile alice"), "{said}");
    let config = home.read(".aws/config");
    assert!(config.contains("[profile alice]\nregion = us-east-1\nendpoint_url = http://127."));
    let (id, secret) = keys_of(&home.path(".aws/credentials"));
    let (head, body) = get_caller_identity(&id, &secret);
    assert!(server.exchange(&head, &body).contains("user/alice</Arn>"));
    // The profile alone is enough to find the server.
    let output = home.command("account list --profile alice").output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = home.refused(&server, "admin create alice");
    assert!(said.contains("(EntityAlreadyExists) when calling the CreateUser"), "{said}");
}

#[test]
fn a_profile_of_the_user_s_own_is_never_overwritten() {
    let home = Home::new();
    let server = home.serve("--memory");
    std::fs::create_dir(home.path(".aws")).unwrap();
    let mine = "[profile alice]\nregion = eu-west-1\n";
    std::fs::write(home.path(".aws/config"), mine).unwrap();
    let said = home.refused(&server, "admin create alice");
    assert!(said.contains("wardian did not write") && said.contains("--profile-name"), "{said}");
    home.done(&server, "admin create alice --profile-name local");
    home.done(&server, "profile write local --undo");
    assert_eq!(home.read(".aws/config"), mine);
    assert_eq!(home.read(".aws/credentials"), "");
}

#[test]
fn a_written_profile_gets_its_credentials_from_wardian() {
    let home = Home::new();
    let server = home.serve("--memory");
    home.done(&server, "admin create alice");
    let before = home.read(".aws/config");
    home.done(&server, "profile write second --as alice");
    let config = home.read(".aws/config");
    assert!(config.starts_with(&before), "{config}");
    assert!(config.contains(" credentials --as alice --endpoint-url http://127."), "{config}");
    let document = home.json(&server, "credentials --as second");
    assert_eq!(document["Version"], 1);
    assert_eq!(document["AccessKeyId"], keys_of(&home.path(".aws/credentials")).0);
    let said = home.refused(&server, "profile write alice --as alice");
    assert!(said.contains("from itself"), "{said}");
    home.done(&server, "profile write second --undo");
    assert_eq!(home.read(".aws/config"), before);
    let said = home.refused(&server, "profile write second --undo");
    assert!(said.contains("has written no profile second"), "{said}");
}

#[test]
fn env_prints_what_shells_and_programs_read() {
    let home = Home::new();
    let server = home.serve("--memory");
    home.done(&server, "admin create alice");
    let (id, secret) = keys_of(&home.path(".aws/credentials"));
    let bash = home.done(&server, "env --as alice");
    assert!(bash.contains(&format!("export AWS_ACCESS_KEY_ID='{id}'\n")), "{bash}");
    assert!(bash.contains("unset AWS_SESSION_TOKEN\n"), "{bash}");
    let document = home.json(&server, "env --as alice --format json");
    assert_eq!(document["AWS_SECRET_ACCESS_KEY"], secret);
    assert_eq!(document["AWS_ENDPOINT_URL"], server.endpoint);
    assert!(document.get("AWS_SESSION_TOKEN").is_none());
    let said = home.refused(&server, "env --as nobody");
    assert!(said.contains("the profile nobody could not be found"), "{said}");
    let said = home.refused(&server, "env --as alice --role arn:aws:iam::123456789012:role/none");
    assert!(said.contains("(AccessDenied) when calling the AssumeRole operation"), "{said}");
}

#[test]
fn an_account_has_a_root_of_its_own_that_manages_no_other() {
    let home = Home::new();
    let server = home.serve("--memory");
    home.done(&server, "admin create alice");
    let made = home.json(&server, "account create --name second --profile alice");
    let id = made["AccountId"].as_str().unwrap().to_owned();
    assert_eq!(made["CanonicalUserId"].as_str().map(str::len), Some(64));
    let key = |name: &str| made[name].as_str().unwrap().to_owned();
    let (head, body) = get_caller_identity(&key("AccessKeyId"), &key("SecretAccessKey"));
    assert!(server.exchange(&head, &body).contains(&format!("<Arn>arn:aws:iam::{id}:root</Arn>")));
    let section = format!(
        "[second]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key("AccessKeyId"),
        key("SecretAccessKey")
    );
    std::fs::write(home.path(".aws/credentials"), home.read(".aws/credentials") + &section)
        .unwrap();
    for denied in [
        "account list",
        "account create",
        "account close 123456789012",
        "reset --account 123456789012",
        "clock show",
        "clock advance 1h",
    ] {
        let said = home.refused(&server, &format!("{denied} --profile second"));
        assert!(said.contains("(AccessDenied)"), "{denied}: {said}");
    }
    home.done(&server, "reset --profile second");
    assert!(server.exchange(&head, &body).starts_with("HTTP/1.1 200"));
    let taken = home.refused(&server, &format!("account create --account-id {id} --profile alice"));
    assert!(taken.contains("(AccountAlreadyExists)"), "{taken}");
    home.done(&server, &format!("account close {id} --profile alice"));
    assert!(!server.exchange(&head, &body).starts_with("HTTP/1.1 200"));
    let list = home.json(&server, "account list --profile alice");
    let statuses: Vec<_> =
        list["Accounts"].as_array().unwrap().iter().map(|a| &a["Status"]).collect();
    assert!(statuses.contains(&&"CLOSED".into()) && statuses.contains(&&"ACTIVE".into()), "{list}");
    let own = home.refused(&server, "account close 123456789012 --profile alice");
    assert!(own.contains("cannot be closed"), "{own}");
}

#[test]
fn the_clock_is_moved_frozen_and_resumed() {
    let home = Home::new();
    let server = home.serve("--memory");
    home.done(&server, "admin create alice");
    let clock = |words: &str| home.json(&server, &format!("clock {words} --profile alice"));
    assert_eq!(clock("show")["OffsetMilliseconds"], 0);
    assert_eq!(clock("advance 1h30m")["OffsetMilliseconds"], 5_400_000);
    let frozen = clock("freeze --at 2030-01-01T00:00:00Z");
    assert_eq!(frozen["AwsTime"], "2030-01-01T00:00:00.000Z");
    assert_eq!(frozen["Frozen"], true);
    assert_eq!(clock("show")["AwsTime"], "2030-01-01T00:00:00.000Z");
    assert_eq!(clock("advance 60")["AwsTime"], "2030-01-01T00:01:00.000Z");
    let resumed = clock("resume");
    assert_eq!(resumed["Frozen"], false);
    assert!(resumed["AwsTime"].as_str().unwrap().starts_with("2030-01-01T00:01:0"), "{resumed}");
    let far = home.refused(&server, "clock advance 3000000d --profile alice");
    assert!(far.contains("must lie between"), "{far}");
}

#[test]
fn a_reset_ends_users_and_keeps_root() {
    let home = Home::new();
    let server = home.serve("--memory");
    home.done(&server, "admin create alice");
    home.done(&server, "reset --profile alice");
    let said = home.refused(&server, "clock show --profile alice");
    assert!(said.contains("(InvalidClientTokenId)"), "{said}");
    home.done(&server, "admin create alice");
    home.done(&server, "clock show --profile alice");
}

#[test]
fn a_reset_drops_buckets_with_all_that_is_in_them() {
    let home = Home::new();
    let server = home.serve("--memory");
    home.done(&server, "admin create alice");
    let (id, secret) = keys_of(&home.path(".aws/credentials"));
    let put = |path: &str, body: &str, keys: (&str, &str)| {
        let answer = server.exchange(&signed(Style::S3, "PUT", path, body, keys), body);
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let large = "x".repeat(100_000);
    assert_eq!(put("/bucket-of-alice", "", (&id, &secret)), "200");
    assert_eq!(put("/bucket-of-alice/key", &large, (&id, &secret)), "200");
    home.done(&server, "reset --profile alice");
    home.done(&server, "admin create alice");
    let (id, secret) = keys_of(&home.path(".aws/credentials"));
    assert_eq!(put("/bucket-of-alice/key", &large, (&id, &secret)), "404");
    assert_eq!(put("/bucket-of-alice", "", (&id, &secret)), "200");
}

#[test]
fn an_export_needs_a_stopped_server_and_an_empty_place() {
    let home = Home::new();
    let server = home.serve("");
    let said = home.refused(&server, "export");
    assert!(said.contains("another server is using the data"), "{said}");
    server.signal(Signal::TERM);
    server.wait();
    let export = home.command("export").output().unwrap();
    let lines = text(&export.stdout);
    assert!(lines.starts_with("wardian-export 1\n") && lines.contains("\nend "), "{lines}");
    let output =
        home.command("export --data-dir nothing").current_dir(home.0.path()).output().unwrap();
    assert!(text(&output.stderr).contains("holds no data of Wardian"));
}

#[test]
fn nobody_is_left_without_the_next_step() {
    let home = Home::new();
    let say = |words: &str| text(&home.command(words).output().unwrap().stderr);
    assert!(say("clock show").contains("wardian admin create NAME"));
    std::fs::create_dir(home.path(".aws")).unwrap();
    let keys = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    std::fs::write(home.path(".aws/credentials"), keys).unwrap();
    let unreachable = say("clock show --endpoint-url http://127.0.0.1:1");
    assert!(unreachable.contains("Start one with `wardian serve`"), "{unreachable}");
    assert!(say("clock show --endpoint-url localhost").contains("Write it as a URL"));
    assert!(say("ca").contains("wardian serve --tls self-signed"));
}
