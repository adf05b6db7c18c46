//! Wait conditions: stacks that wait for somebody outside to say that all is well.

use expect_test::expect;

use crate::common::{Answer, Server, Stacks as _};

const WAITING: &str = r#"
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Ready:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref Handle, Timeout: "300", Count: 2}
  After: {Type: AWS::IAM::Group, DependsOn: Ready}
  Beside: {Type: AWS::IAM::Group}
Outputs:
  Data: {Value: !GetAtt Ready.Data}
  Ready: {Value: !Ref Ready}
"#;

/// Makes the stack `s`, and tells the URL of its handle.
fn waiting(server: &Server) -> String {
    let root = server.root();
    root.create("s", WAITING, &[]).ok();
    let handle = [("StackName", "s"), ("LogicalResourceId", "Handle")];
    root.cfn("DescribeStackResource", &handle).ok().element("PhysicalResourceId")
}

/// Puts a signal under a URL, with no credentials.
fn put(server: &Server, url: &str, body: &str) -> Answer {
    let path = url.strip_prefix("http://localhost:4566").unwrap();
    server.anonymous("PUT", path, body)
}

fn success(id: &str, data: &str) -> String {
    format!(r#"{{"Status":"SUCCESS","UniqueId":"{id}","Data":"{data}","Reason":"done"}}"#)
}

#[test]
fn a_wait_condition_holds_up_what_needs_it_and_nothing_else() {
    let server = Server::start();
    let url = waiting(&server);
    let root = server.root();
    assert_eq!(root.status("s"), "CREATE_IN_PROGRESS");
    put(&server, &url, &success("a", "one")).ok();
    // Sent again, a signal counts once.
    put(&server, &url, &success("a", "other")).ok();
    server.work();
    assert_eq!(root.status("s"), "CREATE_IN_PROGRESS");
    put(&server, &url, &success("b", "two")).ok();
    server.work();
    expect![[r#"
        s CREATE_IN_PROGRESS User Initiated
        Handle CREATE_IN_PROGRESS
        Beside CREATE_IN_PROGRESS
        Handle CREATE_IN_PROGRESS Resource creation Initiated
        Beside CREATE_IN_PROGRESS Resource creation Initiated
        Handle CREATE_COMPLETE
        Beside CREATE_COMPLETE
        Ready CREATE_IN_PROGRESS
        Ready CREATE_IN_PROGRESS Resource creation Initiated
        Ready CREATE_COMPLETE
        After CREATE_IN_PROGRESS
        After CREATE_IN_PROGRESS Resource creation Initiated
        After CREATE_COMPLETE
        s CREATE_COMPLETE"#]]
    .assert_eq(&root.events("s"));
    let outputs = root.cfn("DescribeStacks", &[("StackName", "s")]).ok().elements("OutputValue");
    assert_eq!(outputs[0], r#"{"a":"one","b":"two"}"#);
    assert!(outputs[1].ends_with("/Handle"), "{outputs:?}");
}

#[test]
fn a_signal_of_failure_fails_the_stack_with_its_reason() {
    let server = Server::start();
    let url = waiting(&server);
    let root = server.root();
    put(&server, &url, r#"{"Status":"FAILURE","UniqueId":"a","Reason":"no disk"}"#).ok();
    server.work();
    let events = root.events("s");
    let reason = "Ready CREATE_FAILED WaitCondition received failed message: 'no disk' for uniqueId: a\ns ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Ready]. Rollback requested by user.";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE");
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
    assert_eq!(put(&server, &url, &success("b", "")).status, 403);
}

#[test]
fn a_wait_condition_times_out_by_the_clock_of_aws() {
    let server = Server::start();
    let url = waiting(&server);
    let root = server.root();
    put(&server, &url, &success("a", "")).ok();
    server.pass(299);
    server.work();
    assert_eq!(root.status("s"), "CREATE_IN_PROGRESS");
    server.pass(1);
    server.work();
    let events = root.events("s");
    let reason =
        "Ready CREATE_FAILED WaitCondition timed out. Received 1 conditions when expecting 2";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE");
}

#[test]
fn a_handles_url_opens_its_handle_alone_and_for_a_day() {
    let server = Server::start();
    let url = waiting(&server);
    let root = server.root();
    let other = WAITING.replace("Handle:", "Other:").replace("!Ref Handle", "!Ref Other");
    root.create("t", &other, &[]).ok();
    let (place, signature) = url.rsplit_once('=').unwrap();
    let (path, query) = url.split_once('?').unwrap();
    let (_, shorter) = signature.split_at(2);
    let (head, last) = signature.split_at(signature.len() - 1);
    let last = if last == "0" { "1" } else { "0" };
    let forged = [
        path.to_owned(),
        format!("{place}="),
        format!("{place}={shorter}"),
        format!("{place}={head}{last}"),
        format!("{}?{query}", path.replace("/Handle", "/Ready")),
        format!(
            "{}?{query}",
            path.replace("stack%2Fs", "stack%2Ft").replace("stack/s/", "stack/t/")
        ),
        url.replace("us-east-1/arn", "us-west-2/arn"),
    ];
    for url in forged {
        assert_ne!(put(&server, &url, &success("x", "")).status, 200, "{url}");
    }
    for body in ["", "{}", "[]", r#"{"Status":"MAYBE","UniqueId":"a"}"#, r#"{"Status":"SUCCESS"}"#]
    {
        assert_eq!(put(&server, &url, body).status, 400, "{body}");
    }
    server.work();
    assert_eq!(root.status("s"), "CREATE_IN_PROGRESS");
    server.pass(86_400);
    assert_eq!(put(&server, &url, &success("a", "")).status, 403);
}

#[test]
fn a_url_ends_with_its_stack_and_is_none_of_a_namesake_s() {
    let server = Server::start();
    let url = waiting(&server);
    let root = server.root();
    root.cfn("DeleteStack", &[("StackName", "s")]).ok();
    server.work();
    assert_eq!(put(&server, &url, &success("a", "")).status, 403);
    let new = waiting(&server);
    assert_ne!(url, new);
    assert_eq!(put(&server, &url, &success("a", "")).status, 403);
    // The seal of the old stack in the address of the new one.
    let (place, _) = new.rsplit_once('=').unwrap();
    let (_, seal) = url.rsplit_once('=').unwrap();
    assert_eq!(put(&server, &format!("{place}={seal}"), &success("a", "")).status, 403);
    put(&server, &new, &success("a", "")).ok();
    put(&server, &new, &success("b", "")).ok();
    server.work();
    assert_eq!(root.status("s"), "CREATE_COMPLETE");
    // What a wait condition has taken, nobody takes back.
    put(&server, &new, r#"{"Status":"FAILURE","UniqueId":"c"}"#);
    server.work();
    assert_eq!(root.status("s"), "CREATE_COMPLETE");
}

#[test]
fn a_creation_policy_takes_the_signals_of_those_who_may_send_them() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources:\n  W:\n    Type: AWS::CloudFormation::WaitCondition\n    CreationPolicy: {ResourceSignal: {Count: 2, Timeout: PT1M}}\n";
    root.create("s", template, &[]).ok();
    let signal = |id: &'static str| {
        [("StackName", "s"), ("LogicalResourceId", "W"), ("UniqueId", id), ("Status", "SUCCESS")]
    };
    let stranger = server.user("u", &["cloudformation:Describe*"]);
    assert_eq!(stranger.cfn("SignalResource", &signal("a")).status, 403);
    root.cfn("SignalResource", &signal("a")).ok();
    server.work();
    assert_eq!(root.status("s"), "CREATE_IN_PROGRESS");
    root.cfn("SignalResource", &signal("b")).ok();
    server.work();
    assert_eq!(root.status("s"), "CREATE_COMPLETE");
    assert!(
        root.events("s").contains("W CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId a")
    );
    let late = root.cfn("SignalResource", &signal("c")).error();
    assert!(late.contains("is in CREATE_COMPLETE state and cannot be signaled"), "{late}");
    root.create("t", template, &[]).ok();
    server.pass(61);
    server.work();
    let events = root.events("t");
    let reason =
        "W CREATE_FAILED Failed to receive 2 resource signal(s) within the specified duration";
    assert!(events.contains(reason), "{events}");
}

#[test]
fn a_stack_that_waits_can_be_deleted_and_timed_out() {
    let server = Server::start();
    let root = server.root();
    waiting(&server);
    root.delete("s", &[]).ok();
    assert!(root.cfn("DescribeStacks", &[("StackName", "s")]).status >= 400);
    root.create("t", WAITING, &[("TimeoutInMinutes", "1")]).ok();
    server.pass(60);
    server.work();
    let events = root.events("t");
    assert!(events.contains("Ready CREATE_FAILED Resource creation cancelled"), "{events}");
    assert!(events.contains("Stack creation time exceeded the specified timeout"), "{events}");
    assert_eq!(root.status("t"), "ROLLBACK_COMPLETE");
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
}
