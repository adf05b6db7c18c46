//! Creations that fail, and what becomes of them.

use expect_test::expect;

use crate::common::{Server, Stacks as _, statement};
use crate::stacks::TWO;

/// A group, then a role whose name is taken.
const TAKEN: &str = r#"
Resources:
  Group: {Type: AWS::IAM::Group}
  Role:
    Type: AWS::IAM::Role
    DependsOn: Group
    Properties:
      RoleName: taken
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {AWS: "123456789012"}, Action: sts:AssumeRole}]
"#;

fn with_taken_role() -> Server {
    let server = Server::start();
    let trust = crate::common::trusting("AWS", "123456789012");
    let parameters = [("RoleName", "taken"), ("AssumeRolePolicyDocument", trust.as_str())];
    server.root().iam("CreateRole", &parameters).ok();
    server
}

#[test]
fn a_failed_creation_takes_back_what_it_made_and_nothing_else() {
    let server = with_taken_role();
    let root = server.root();
    root.create("s", TAKEN, &[]).ok();
    expect![[r#"
        s CREATE_IN_PROGRESS User Initiated
        Group CREATE_IN_PROGRESS
        Group CREATE_IN_PROGRESS Resource creation Initiated
        Group CREATE_COMPLETE
        Role CREATE_IN_PROGRESS
        Role CREATE_FAILED Resource handler returned message: "Resource of type 'AWS::IAM::Role' with identifier 'taken' already exists." (RequestToken: <uuid>, HandlerErrorCode: AlreadyExists)
        s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Role]. Rollback requested by user.
        Role DELETE_COMPLETE
        Group DELETE_IN_PROGRESS
        Group DELETE_COMPLETE
        s ROLLBACK_COMPLETE"#]].assert_eq(&root.events("s"));
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
    assert_eq!(root.iam("ListRoles", &[]).ok().elements("RoleName"), ["taken"]);
    assert_eq!(
        root.cfn("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "Group")])
            .error(),
        "400 ValidationError: Resource Group does not exist for stack s"
    );
}

#[test]
fn a_failed_creation_rests_where_rollback_is_disabled() {
    for further in [("DisableRollback", "true"), ("OnFailure", "DO_NOTHING")] {
        let server = with_taken_role();
        let root = server.root();
        root.create("s", TAKEN, &[further]).ok();
        let events = root.events("s");
        let last = "s CREATE_FAILED The following resource(s) failed to create: [Role]. ";
        assert_eq!(events.lines().last(), Some(last), "{further:?}");
        assert_eq!(root.iam("ListGroups", &[]).ok().elements("GroupName").len(), 1);
        root.delete("s", &[]).ok();
        assert_eq!(root.iam("ListRoles", &[]).ok().elements("RoleName"), ["taken"]);
    }
}

#[test]
fn a_failed_creation_that_rests_goes_on_without_rollback_or_is_rolled_back() {
    let server = with_taken_role();
    let root = server.root();
    root.create("s", TAKEN, &[("DisableRollback", "true")]).ok();
    let refused = "400 ValidationError: This stack is currently in a non-terminal [CREATE_FAILED] state. To update the stack from this state, please use the disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API";
    assert_eq!(root.update("s", TAKEN, &[]).error(), refused);
    // Still taken: it rests again, and is tried again as it is.
    root.update("s", TAKEN, &[("DisableRollback", "true")]).ok();
    assert_eq!(root.status("s"), "UPDATE_FAILED", "{}", root.events("s"));
    root.update("s", TAKEN, &[("DisableRollback", "true")]).ok();
    assert_eq!(root.status("s"), "UPDATE_FAILED", "{}", root.events("s"));
    root.cfn("RollbackStack", &[("StackName", "s")]).ok();
    server.work();
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE", "{}", root.events("s"));
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
    root.delete("s", &[]).ok();
    // Free meanwhile: it is made, with what was made before.
    root.create("s", TAKEN, &[("DisableRollback", "true")]).ok();
    root.iam("DeleteRole", &[("RoleName", "taken")]).ok();
    root.update("s", TAKEN, &[("DisableRollback", "true")]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE", "{}", root.events("s"));
    root.delete("s", &[]).ok();
    assert!(root.iam("ListRoles", &[]).ok().elements("RoleName").is_empty());
}

#[test]
fn a_failed_creation_deletes_its_stack_where_that_was_asked_for() {
    let server = with_taken_role();
    let root = server.root();
    let id = root.create("s", TAKEN, &[("OnFailure", "DELETE")]).ok().element("StackId");
    assert_eq!(root.status(&id), "DELETE_COMPLETE");
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
}

#[test]
fn a_resource_that_is_half_made_is_deleted_by_the_rollback() {
    let server = Server::start();
    let root = server.root();
    let template = r#"
Resources:
  User:
    Type: AWS::IAM::User
    Properties:
      UserName: half
      ManagedPolicyArns: [arn:aws:iam::aws:policy/NoSuchPolicy]
"#;
    root.create("s", template, &[]).ok();
    expect![[r#"
        s CREATE_IN_PROGRESS User Initiated
        User CREATE_IN_PROGRESS
        User CREATE_IN_PROGRESS Resource creation Initiated
        User CREATE_FAILED Resource handler returned message: "Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable. (Service: Iam, Status Code: 404, Request ID: <uuid>) (SDK Attempt Count: 1)" (RequestToken: <uuid>, HandlerErrorCode: NotFound)
        s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [User]. Rollback requested by user.
        User DELETE_IN_PROGRESS
        User DELETE_COMPLETE
        s ROLLBACK_COMPLETE"#]].assert_eq(&root.events("s"));
    assert!(root.iam("ListUsers", &[]).ok().elements("UserName").is_empty());
}

#[test]
fn properties_that_the_schema_does_not_know_fail_the_resource() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {Nonsense: 1}}\n";
    root.create("s", template, &[]).ok();
    let events = root.events("s");
    let reason = "G CREATE_FAILED Properties validation failed for resource G with message: #: extraneous key [Nonsense] is not permitted";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE");
}

#[test]
fn a_property_without_an_operation_fails_the_resource() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {WebsiteConfiguration: {IndexDocument: i}}}\n";
    root.create("s", template, &[]).ok();
    let events = root.events("s");
    let reason = "The property WebsiteConfiguration is not implemented by this server.";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE");
}

#[test]
fn a_bucket_that_was_there_before_is_neither_taken_nor_deleted() {
    let server = Server::start();
    let root = server.root();
    root.s3("PUT", "/my-files", "").ok();
    let template = "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: my-files}}\n";
    root.create("s", template, &[]).ok();
    let events = root.events("s");
    assert!(
        events.contains("my-files already exists (Service: S3, Status Code: 0, Request ID: null)"),
        "{events}"
    );
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE");
    assert_eq!(root.s3("HEAD", "/my-files", "").status, 200);
}

#[test]
fn an_output_that_cannot_be_resolved_rolls_the_stack_back() {
    let server = Server::start();
    let root = server.root();
    let template =
        "Resources:\n  G: {Type: AWS::IAM::Group}\nOutputs:\n  O: {Value: !GetAtt G.Invalid}\n";
    root.create("s", template, &[]).ok();
    let events = root.events("s");
    let reason = "s ROLLBACK_IN_PROGRESS [Error] /Outputs/O/Value/Fn::GetAtt: Resource type AWS::IAM::Group does not support attribute {Invalid}. Rollback requested by user.";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE");
}

#[test]
fn a_rollback_that_fails_says_what_it_could_not_delete() {
    let server = Server::start();
    let allowed = ["cloudformation:*", "iam:CreateGroup", "iam:GetGroup"];
    let user = server.user("u", &allowed);
    let template =
        "Resources:\n  A: {Type: AWS::IAM::Group}\n  B: {Type: AWS::IAM::User, DependsOn: A}\n";
    user.create("s", template, &[]).ok();
    let events = user.events("s");
    let last = "s ROLLBACK_FAILED The following resource(s) failed to delete: [A]. ";
    assert_eq!(events.lines().last(), Some(last), "{events}");
}

#[test]
fn a_creation_that_takes_too_long_is_rolled_back() {
    let server = Server::start();
    let root = server.root();
    let parameters = [
        ("StackName", "s"),
        ("TemplateBody", TWO),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
        ("TimeoutInMinutes", "1"),
    ];
    root.cfn("CreateStack", &parameters).ok();
    server.pass(61);
    server.work();
    let events = root.events("s");
    let reason = "Stack creation time exceeded the specified timeout. Rollback requested by user.";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("s"), "ROLLBACK_COMPLETE");
}

#[test]
fn policies_of_deletion_hold_in_a_rollback_as_well() {
    for (policy, kept) in [("Delete", 0), ("Retain", 1), ("RetainExceptOnCreate", 0)] {
        let server = with_taken_role();
        let root = server.root();
        let group = format!("Group: {{Type: AWS::IAM::Group, DeletionPolicy: {policy}}}");
        let template = TAKEN.replace("Group: {Type: AWS::IAM::Group}", &group);
        root.create("s", &template, &[]).ok();
        let groups = root.iam("ListGroups", &[]).ok().elements("GroupName");
        assert_eq!(groups.len(), kept, "{policy}");
        assert_eq!(root.status("s"), "ROLLBACK_COMPLETE", "{policy}");
    }
}

#[test]
fn a_denied_user_learns_of_it_in_awss_words() {
    let server = Server::start();
    let user = server.user("u", &["cloudformation:*"]);
    let template = "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g}}\n";
    user.create("s", template, &[]).ok();
    expect![[r#"
        s CREATE_IN_PROGRESS User Initiated
        G CREATE_IN_PROGRESS
        G CREATE_FAILED Resource handler returned message: "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:CreateGroup on resource: arn:aws:iam::123456789012:group/g because no identity-based policy allows the iam:CreateGroup action (Service: Iam, Status Code: 403, Request ID: <uuid>) (SDK Attempt Count: 1)" (RequestToken: <uuid>, HandlerErrorCode: AccessDenied)
        s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [G]. Rollback requested by user.
        G DELETE_COMPLETE
        s ROLLBACK_COMPLETE"#]].assert_eq(&user.events("s"));
    let deny = statement("Deny", &["cloudformation:CreateStack"], "*");
    let parameters = [("UserName", "u"), ("PolicyName", "deny"), ("PolicyDocument", &deny)];
    server.root().iam("PutUserPolicy", &parameters).ok();
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: cloudformation:CreateStack on resource: arn:aws:cloudformation:us-east-1:123456789012:stack/t/* with an explicit deny in an identity-based policy"].assert_eq(&user.create("t", template, &[]).error());
}

#[test]
fn a_failed_express_deployment_rests_unless_a_rollback_is_asked_for() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateGroup", &[("GroupName", "taken")]).ok();
    let template = "Resources: {G: {Type: AWS::IAM::Group, Properties: {GroupName: taken}}}";
    let cases = [
        ("a", "STANDARD", None, "ROLLBACK_COMPLETE"),
        ("b", "EXPRESS", None, "CREATE_FAILED"),
        ("c", "EXPRESS", Some("false"), "ROLLBACK_COMPLETE"),
        ("d", "STANDARD", Some("true"), "CREATE_FAILED"),
    ];
    for (name, mode, disabled, status) in cases {
        let mut given = vec![("DeploymentConfig.Mode", mode)];
        given.extend(disabled.map(|value| ("DeploymentConfig.DisableRollback", value)));
        root.create(name, template, &given).ok();
        assert_eq!(root.status(name), status, "{mode} {disabled:?}");
        let known = root.cfn("DescribeStacks", &[("StackName", name)]).ok();
        assert_eq!(known.element("Mode"), mode);
    }
    // A change set has it too, and a deletion may name it.
    let proposed = [
        ("StackName", "e"),
        ("ChangeSetName", "one"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", template),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("DeploymentConfig.Mode", "EXPRESS"),
    ];
    root.cfn("CreateChangeSet", &proposed).ok();
    root.cfn("ExecuteChangeSet", &[("StackName", "e"), ("ChangeSetName", "one")]).ok();
    server.work();
    assert_eq!(root.status("e"), "CREATE_FAILED");
    root.delete("e", &[("DeploymentConfig.Mode", "EXPRESS")]).ok();
    assert_eq!(root.cfn("DescribeStacks", &[("StackName", "e")]).status, 400);
}
