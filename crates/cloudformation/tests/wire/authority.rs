//! Under whose authority stacks act: their caller's, or a service role's.

use crate::common::{ACCOUNT, Client, Server, Stacks as _, statement, trusting};

const GROUP: &str = "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g}}\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/builder";

/// A role that CloudFormation may assume and that may do what `allowed` says.
fn builder(server: &Server, kind: &str, principal: &str, allowed: &[&str]) {
    let root = server.root();
    let trust = trusting(kind, principal);
    root.iam("CreateRole", &[("RoleName", "builder"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let document = statement("Allow", allowed, "*");
    let parameters =
        [("RoleName", "builder"), ("PolicyName", "allowed"), ("PolicyDocument", &document)];
    root.iam("PutRolePolicy", &parameters).ok();
}

fn groups(client: &Client<'_>) -> Vec<String> {
    client.iam("ListGroups", &[]).ok().elements("GroupName")
}

#[test]
fn a_stack_may_do_what_its_caller_may() {
    let server = Server::start();
    let user = server.user("u", &["cloudformation:*", "iam:CreateGroup", "iam:GetGroup"]);
    user.create("s", GROUP, &[]).ok();
    assert_eq!(user.status("s"), "CREATE_COMPLETE");
}

#[test]
fn a_permission_that_is_taken_away_is_gone_at_the_next_step() {
    let server = Server::start();
    let user = server.user("u", &["cloudformation:*", "iam:CreateGroup", "iam:GetGroup"]);
    let parameters = [
        ("StackName", "s"),
        ("TemplateBody", GROUP),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    user.cfn("CreateStack", &parameters).ok();
    server.allow("u", &["cloudformation:*"]);
    server.work();
    assert_eq!(user.status("s"), "ROLLBACK_COMPLETE");
}

#[test]
fn policies_can_tell_that_cloudformation_calls() {
    let server = Server::start();
    let user = server.user("u", &["cloudformation:*"]);
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":"cloudformation.amazonaws.com"}}}}"#;
    let parameters = [("UserName", "u"), ("PolicyName", "via"), ("PolicyDocument", document)];
    server.root().iam("PutUserPolicy", &parameters).ok();
    assert!(user.iam("CreateGroup", &[("GroupName", "h")]).error().starts_with("403"));
    user.create("s", GROUP, &[]).ok();
    assert_eq!(user.status("s"), "CREATE_COMPLETE");
}

#[test]
fn a_session_that_expires_fails_the_steps_that_are_left() {
    let server = Server::start();
    let root = server.root();
    let caller = server.user("u", &["sts:AssumeRole"]);
    builder(&server, "AWS", ACCOUNT, &["cloudformation:*", "iam:*"]);
    let session = caller.sts("AssumeRole", &[("RoleArn", ROLE), ("RoleSessionName", "work")]).ok();
    let session = caller.session(&session);
    let parameters = [
        ("StackName", "s"),
        ("TemplateBody", GROUP),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    session.cfn("CreateStack", &parameters).ok();
    server.pass(3601);
    server.work();
    let events = root.events("s");
    assert!(events.contains("security token included in the request is expired"), "{events}");
    assert!(groups(&root).is_empty());
}

#[test]
fn session_policies_bind_the_stack_too() {
    let server = Server::start();
    let caller = server.user("u", &["sts:AssumeRole"]);
    builder(&server, "AWS", ACCOUNT, &["cloudformation:*", "iam:*"]);
    let policy = statement("Allow", &["cloudformation:*"], "*");
    let parameters = [("RoleArn", ROLE), ("RoleSessionName", "work"), ("Policy", policy.as_str())];
    let session = caller.session(&caller.sts("AssumeRole", &parameters).ok());
    session.create("s", GROUP, &[]).ok();
    let events = session.events("s");
    assert!(
        events.contains("because no session policy allows the iam:CreateGroup action"),
        "{events}"
    );
}

#[test]
fn a_service_role_acts_for_a_caller_who_may_pass_it() {
    let server = Server::start();
    builder(&server, "Service", "cloudformation.amazonaws.com", &["iam:*"]);
    let user = server.user("u", &["cloudformation:*", "iam:PassRole"]);
    user.create("s", GROUP, &[("RoleARN", ROLE)]).ok();
    assert_eq!(user.status("s"), "CREATE_COMPLETE");
    let described = user.cfn("DescribeStacks", &[("StackName", "s")]).ok();
    assert_eq!(described.element("RoleARN"), ROLE);
    // It stays with the stack.
    user.delete("s", &[]).ok();
    assert!(groups(&server.root()).is_empty());
}

#[test]
fn a_role_is_passed_by_those_alone_who_may() {
    let server = Server::start();
    builder(&server, "Service", "cloudformation.amazonaws.com", &["iam:*"]);
    let user = server.user("u", &["cloudformation:*"]);
    assert_eq!(
        user.create("s", GROUP, &[("RoleARN", ROLE)]).error(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/builder because no identity-based policy allows the iam:PassRole action"
    );
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"cloudformation.amazonaws.com"}}}}"#;
    let parameters = [("UserName", "u"), ("PolicyName", "pass"), ("PolicyDocument", document)];
    server.root().iam("PutUserPolicy", &parameters).ok();
    user.create("s", GROUP, &[("RoleARN", ROLE)]).ok();
    assert_eq!(user.status("s"), "CREATE_COMPLETE");
}

#[test]
fn a_role_that_does_not_trust_cloudformation_is_refused() {
    let server = Server::start();
    builder(&server, "Service", "ec2.amazonaws.com", &["iam:*"]);
    let root = server.root();
    let refused = "400 ValidationError: Role arn:aws:iam::123456789012:role/builder is invalid or cannot be assumed";
    assert_eq!(root.create("s", GROUP, &[("RoleARN", ROLE)]).error(), refused);
    let nobody = "arn:aws:iam::123456789012:role/nobody";
    let error = root.create("s", GROUP, &[("RoleARN", nobody)]).error();
    assert!(error.contains("role/nobody is invalid or cannot be assumed"), "{error}");
    let foreign = "arn:aws:iam::999999999999:role/builder";
    let error = root.create("s", GROUP, &[("RoleARN", foreign)]).error();
    assert_eq!(error, "403 AccessDenied: Cross-account pass role is not allowed.");
}

#[test]
fn a_service_role_that_is_denied_is_named_in_the_denial() {
    let server = Server::start();
    builder(&server, "Service", "cloudformation.amazonaws.com", &["s3:*"]);
    let root = server.root();
    root.create("s", GROUP, &[("RoleARN", ROLE)]).ok();
    let events = root.events("s");
    let denial = "User: arn:aws:sts::123456789012:assumed-role/builder/AWSCloudFormation is not authorized to perform: iam:CreateGroup";
    assert!(events.contains(denial), "{events}");
}

#[test]
fn a_stack_is_authorized_by_its_name_or_its_tags() {
    let server = Server::start();
    let user = server.user("u", &["iam:*"]);
    let arn = "arn:aws:cloudformation:us-east-1:123456789012:stack/mine-*/*";
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"cloudformation:*","Resource":"{arn}"}},{{"Effect":"Allow","Action":"cloudformation:DescribeStacks","Resource":"*","Condition":{{"StringEquals":{{"aws:ResourceTag/team":"blue"}}}}}}]}}"#
    );
    let parameters = [("UserName", "u"), ("PolicyName", "mine"), ("PolicyDocument", &document)];
    server.root().iam("PutUserPolicy", &parameters).ok();
    user.create("mine-1", GROUP, &[]).ok();
    assert_eq!(
        user.create("theirs", GROUP, &[]).error(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: cloudformation:CreateStack on resource: arn:aws:cloudformation:us-east-1:123456789012:stack/theirs/* because no identity-based policy allows the cloudformation:CreateStack action"
    );
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let template = GROUP.replace("GroupName: g", "GroupName: h");
    server.root().create("tagged", &template, &tag).ok();
    assert_eq!(user.status("tagged"), "CREATE_COMPLETE");
}
