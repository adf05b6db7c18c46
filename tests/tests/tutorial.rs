//! The tutorial that Wardian grew from, command by command, with the real aws CLI: a user with no
//! permissions is refused, a stack makes a role, the user assumes it and works with S3, all is torn
//! down. Then the wrong ways.

use std::path::Path;

use serde_json::Value;
use wardian_tests::{Client, Options, Server, Transport};

const USER_ARN: &str = "arn:aws:iam::123456789012:user/sts-machine-user";

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

/// `aws configure` asks, the test answers.
fn configure(client: &Client, profile: &str, id: &str, secret: &str) {
    let answers = format!("{id}\n{secret}\nus-east-1\njson\n");
    let output = client.run_with_input(&format!("configure --profile {profile}"), &answers);
    assert_eq!(output.status, 0, "{}", output.stderr);
}

/// The user of the tutorial, with a profile of its own.
fn machine_user(root: &Client, client: &Client) -> String {
    root.ok("iam create-user --user-name sts-machine-user");
    let key = root.json("iam create-access-key --user-name sts-machine-user");
    let id = text(&key, "/AccessKey/AccessKeyId");
    configure(client, "sts", id, text(&key, "/AccessKey/SecretAccessKey"));
    id.to_owned()
}

fn deploy(root: &Client) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial/bin/deploy");
    let output = root.clone().program(&script.to_string_lossy()).ok("");
    let name = output.stdout.split("--change-set-name ").nth(1).map(str::trim);
    name.unwrap_or_else(|| panic!("the change set is named: {}", output.stdout)).to_owned()
}

/// Puts what assume-role printed under `[assumed_user]` of the credentials file, as one does by
/// hand.
fn write_session(client_home: &Path, session: &Value) {
    let file = client_home.join(".aws/credentials");
    let mut credentials = std::fs::read_to_string(&file).expect("aws configure wrote it");
    credentials.push_str(&format!(
        "\n[assumed_user]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
        text(session, "/Credentials/AccessKeyId"),
        text(session, "/Credentials/SecretAccessKey"),
        text(session, "/Credentials/SessionToken"),
    ));
    std::fs::write(file, credentials).expect("written");
}

#[test]
fn the_tutorial_runs_word_for_word_over_http() {
    tutorial(Transport::Http);
}

#[test]
fn the_tutorial_runs_word_for_word_over_tls() {
    tutorial(Transport::Tls);
}

fn tutorial(transport: Transport) {
    let server = Server::start_with(Options { transport, ..Options::default() });
    let (root, client) = (server.root(), server.client());

    let made = root.json("iam create-user --user-name sts-machine-user");
    assert_eq!(text(&made, "/User/Arn"), USER_ARN);
    let table = root.ok("iam create-access-key --user-name sts-machine-user --output table");
    assert!(table.stdout.contains("CreateAccessKey"), "{}", table.stdout);
    let cell = |name: &str| {
        let row = table.stdout.lines().find(|line| line.contains(name)).expect("a row");
        row.split('|').nth(3).expect("a value").trim().to_owned()
    };
    let key_id = cell("AccessKeyId");
    configure(&client, "sts", &key_id, &cell("SecretAccessKey"));

    let who = client.json("sts get-caller-identity --profile sts");
    assert_eq!(text(&who, "/Arn"), USER_ARN);
    let denied = client.refused("s3 ls --profile sts");
    assert_eq!(
        denied,
        "An error occurred (AccessDenied) when calling the ListBuckets operation: User: \
         arn:aws:iam::123456789012:user/sts-machine-user is not authorized to perform: \
         s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
    );

    let role_arn = stack_with_role(&root);
    let session = client.json(&format!(
        "sts assume-role --role-arn {role_arn} --role-session-name s3-sts-sesh --profile sts"
    ));
    write_session(server.home.path(), &session);
    let who = client.json("sts get-caller-identity --profile assumed_user");
    let role_name = role_arn.rsplit('/').next().expect("a name");
    let expected = format!("arn:aws:sts::123456789012:assumed-role/{role_name}/s3-sts-sesh");
    assert_eq!(text(&who, "/Arn"), expected);

    let made = client.ok("s3 mb s3://bucko-ya-assumed-user --profile assumed_user");
    assert_eq!(made.text(), "make_bucket: bucko-ya-assumed-user");
    let listed = client.ok("s3 ls --profile assumed_user");
    assert!(listed.stdout.contains("bucko-ya-assumed-user"), "{}", listed.stdout);

    tear_down(&root, &key_id);
    let gone = client.refused("sts get-caller-identity --profile assumed_user");
    assert!(gone.contains("InvalidClientTokenId"), "the role is gone: {gone}");
}

/// `bin/deploy`, then the execution; answers the role's ARN.
fn stack_with_role(root: &Client) -> String {
    let change_set = deploy(root);
    let described =
        root.json(&format!("cloudformation describe-change-set --change-set-name {change_set}"));
    assert_eq!(text(&described, "/Status"), "CREATE_COMPLETE");
    assert_eq!(described["Changes"].as_array().map(Vec::len), Some(2), "{described}");
    root.ok(&format!("cloudformation execute-change-set --change-set-name {change_set}"));
    root.ok("cloudformation wait stack-create-complete --stack-name my-sts-stacky");
    let stacks = root.json("cloudformation describe-stacks --stack-name my-sts-stacky");
    let outputs = stacks["Stacks"][0]["Outputs"].as_array().expect("outputs");
    let role = outputs.iter().find(|output| output["OutputKey"] == "RoleArn").expect("the role");
    let arn = text(role, "/OutputValue").to_owned();
    assert!(arn.starts_with("arn:aws:iam::123456789012:role/my-sts-stacky-StsRole-"), "{arn}");
    arn
}

fn tear_down(root: &Client, key_id: &str) {
    root.ok("cloudformation delete-stack --stack-name my-sts-stacky");
    root.ok("cloudformation wait stack-delete-complete --stack-name my-sts-stacky");
    let gone = root.refused("cloudformation describe-stacks --stack-name my-sts-stacky");
    assert!(gone.ends_with("Stack with id my-sts-stacky does not exist"), "{gone}");
    let removed = root.ok("s3 rb s3://bucko-ya-assumed-user");
    assert_eq!(removed.text(), "remove_bucket: bucko-ya-assumed-user");
    root.ok(&format!(
        "iam delete-access-key --access-key-id {key_id} --user-name sts-machine-user"
    ));
    root.ok("iam delete-user --user-name sts-machine-user");
    let users = root.json("iam list-users");
    assert_eq!(users["Users"].as_array().map(Vec::len), Some(0), "{users}");
}

#[test]
fn a_stack_with_a_role_needs_the_capability() {
    let server = Server::start();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial/template.yaml");
    let refused = server.root().refused(&format!(
        "cloudformation create-stack --stack-name bare --template-body file://{}",
        template.display()
    ));
    assert!(
        refused.ends_with(
            "An error occurred (InsufficientCapabilitiesException) when calling the CreateStack \
             operation: Requires capabilities : [CAPABILITY_IAM]"
        ),
        "{refused}"
    );
}

#[test]
fn a_role_that_trusts_somebody_else_is_refused() {
    let server = Server::start();
    let (root, client) = (server.root(), server.client());
    machine_user(&root, &client);
    root.ok("iam create-user --user-name other");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/other"},"Action":"sts:AssumeRole"}]}"#;
    root.ok(&format!("iam create-role --role-name r --assume-role-policy-document '{trust}'"));
    let refused = client.refused(
        "sts assume-role --role-arn arn:aws:iam::123456789012:role/r --role-session-name sesh --profile sts",
    );
    assert_eq!(
        refused,
        format!(
            "An error occurred (AccessDenied) when calling the AssumeRole operation: User: {USER_ARN} \
             is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/r"
        )
    );
}

#[test]
fn a_deleted_key_is_nothing_any_more() {
    let server = Server::start();
    let (root, client) = (server.root(), server.client());
    let key_id = machine_user(&root, &client);
    root.ok(&format!(
        "iam delete-access-key --access-key-id {key_id} --user-name sts-machine-user"
    ));
    let refused = client.refused("sts get-caller-identity --profile sts");
    assert_eq!(
        refused,
        "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The \
         security token included in the request is invalid."
    );
}

#[test]
fn a_session_expires_when_the_clock_is_moved() {
    let server = Server::start();
    let (root, client) = (server.root(), server.client());
    machine_user(&root, &client);
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{USER_ARN}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    root.ok(&format!("iam create-role --role-name r --assume-role-policy-document '{trust}'"));
    let session = client.json(
        "sts assume-role --role-arn arn:aws:iam::123456789012:role/r --role-session-name sesh --profile sts",
    );
    write_session(server.home.path(), &session);
    client.ok("sts get-caller-identity --profile assumed_user");
    server.wardian().ok("clock advance 3601s");
    let refused = client.refused("sts get-caller-identity --profile assumed_user");
    assert_eq!(
        refused,
        "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security \
         token included in the request is expired"
    );
}

#[test]
fn a_bucket_that_is_not_empty_stays() {
    let server = Server::start();
    let root = server.root();
    root.ok("s3 mb s3://full-bucket");
    let file = server.home.path().join("file");
    std::fs::write(&file, "content").expect("written");
    root.ok(&format!("s3 cp {} s3://full-bucket/file", file.display()));
    let refused = root.refused("s3 rb s3://full-bucket");
    assert!(
        refused.ends_with(
            "An error occurred (BucketNotEmpty) when calling the DeleteBucket operation: The bucket \
             you tried to delete is not empty"
        ),
        "{refused}"
    );
    let back = root.ok("s3 cp s3://full-bucket/file -");
    assert_eq!(back.stdout, "content");
}

#[test]
fn a_user_with_things_attached_stays() {
    let server = Server::start();
    let (root, client) = (server.root(), server.client());
    let key_id = machine_user(&root, &client);
    let conflict = |reason: &str| {
        let refused = root.refused("iam delete-user --user-name sts-machine-user");
        let expected = format!(
            "An error occurred (DeleteConflict) when calling the DeleteUser operation: Cannot delete \
             entity, must {reason} first."
        );
        assert_eq!(refused, expected);
    };
    let user = "--user-name sts-machine-user";
    let policy = "--policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    conflict("delete access keys");
    root.ok(&format!("iam delete-access-key --access-key-id {key_id} {user}"));
    root.ok(&format!("iam attach-user-policy {user} {policy}"));
    conflict("detach all policies");
    root.ok(&format!("iam detach-user-policy {user} {policy}"));
    root.ok("iam delete-user --user-name sts-machine-user");
}
