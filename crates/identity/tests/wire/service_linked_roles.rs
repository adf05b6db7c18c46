//! Service-linked roles. Sentences recorded from AWS by localstack's snapshot tests (Apache-2.0).

use expect_test::expect;

use crate::common::Server;

const BATCH: (&str, &str) = ("AWSServiceName", "batch.amazonaws.com");
const ROLE: (&str, &str) = ("RoleName", "AWSServiceRoleForBatch");

#[test]
fn a_service_linked_role_has_its_services_name_path_and_policy() {
    let server = Server::start();
    let root = server.root();
    let made = root.iam("CreateServiceLinkedRole", &[BATCH]).ok();
    assert!(!made.has("MaxSessionDuration"));
    let role = root.iam("GetRole", &[ROLE]).ok();
    assert_eq!(
        role.element("Arn"),
        "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    );
    assert!(!role.has("Description") && !role.has("Tags"));
    let attached = root.iam("ListAttachedRolePolicies", &[ROLE]).ok();
    assert_eq!(
        attached.elements("PolicyArn"),
        ["arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy"]
    );
    expect!["400 InvalidInput: Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix."].assert_eq(&root.iam("CreateServiceLinkedRole", &[BATCH]).error());
}

#[test]
fn a_suffix_tells_roles_of_one_service_apart_where_the_service_allows_it() {
    let server = Server::start();
    let root = server.root();
    expect!["400 InvalidInput: Custom suffix is not allowed for batch.amazonaws.com"]
        .assert_eq(&root.iam("CreateServiceLinkedRole", &[BATCH, ("CustomSuffix", "x")]).error());
    let scaling = [("AWSServiceName", "autoscaling.amazonaws.com"), ("CustomSuffix", "x")];
    let made = root.iam("CreateServiceLinkedRole", &scaling).ok();
    assert_eq!(made.element("RoleName"), "AWSServiceRoleForAutoScaling_x");
    root.iam("CreateServiceLinkedRole", &scaling[..1]).ok();
    assert!(root.iam("CreateServiceLinkedRole", &[("AWSServiceName", "x")]).status == 400);
}

#[test]
fn only_its_own_operation_deletes_a_service_linked_role() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateServiceLinkedRole", &[BATCH]).ok();
    let refused = "400 UnmodifiableEntity: Cannot perform the operation on the protected role \
                   'AWSServiceRoleForBatch' - this role is only modifiable by AWS";
    assert_eq!(root.iam("DeleteRole", &[ROLE]).error(), refused);
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    assert_eq!(root.iam("AttachRolePolicy", &[ROLE, ("PolicyArn", admin)]).error(), refused);
    let task = root.iam("DeleteServiceLinkedRole", &[ROLE]).ok().element("DeletionTaskId");
    assert!(
        task.starts_with("task/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch/"),
        "{task}"
    );
    let ask = [("DeletionTaskId", task.as_str())];
    let status = root.iam("GetServiceLinkedRoleDeletionStatus", &ask).ok();
    assert_eq!(status.element("Status"), "SUCCEEDED");
    assert_eq!(
        server.other_root().iam("GetServiceLinkedRoleDeletionStatus", &ask).element("Code"),
        "NoSuchEntity"
    );
    assert_eq!(root.iam("GetRole", &[ROLE]).element("Code"), "NoSuchEntity");
    root.iam("CreateServiceLinkedRole", &[BATCH]).ok();
}

#[test]
fn a_service_linked_role_is_described_and_tagged_by_whoever_may_and_is_else_aws_s() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateServiceLinkedRole", &[BATCH]).ok();
    root.iam("UpdateRole", &[ROLE, ("Description", "ours")]).ok();
    assert_eq!(root.iam("GetRole", &[ROLE]).element("Description"), "ours");
    let described = root.iam("UpdateRoleDescription", &[ROLE, ("Description", "mine")]).ok();
    assert_eq!(described.element("Description"), "mine");
    let tag = [ROLE, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    root.iam("TagRole", &tag).ok();
    assert_eq!(root.iam("ListRoleTags", &[ROLE]).element("Key"), "team");
    root.iam("UntagRole", &[ROLE, ("TagKeys.member.1", "team")]).ok();
    let refused = [
        ("UpdateRole", ("MaxSessionDuration", "7200")),
        (
            "PutRolePermissionsBoundary",
            ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ),
        ("DeleteRolePolicy", ("PolicyName", "p")),
    ];
    for (operation, what) in refused {
        let code = root.iam(operation, &[ROLE, what]).element("Code");
        assert_eq!(code, "UnmodifiableEntity", "{operation}");
    }
}

#[test]
fn a_policy_may_allow_the_role_of_one_service_only() {
    let server = Server::start();
    let user = server.user("u");
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole",
        "Resource":"*","Condition":{"StringEquals":{"iam:AWSServiceName":"batch.amazonaws.com"}}}}"#;
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", document)];
    server.root().iam("PutUserPolicy", &policy).ok();
    user.iam("CreateServiceLinkedRole", &[BATCH]).ok();
    let other = [("AWSServiceName", "ecs.amazonaws.com")];
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:CreateServiceLinkedRole on resource: arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS because no identity-based policy allows the iam:CreateServiceLinkedRole action"].assert_eq(&user.iam("CreateServiceLinkedRole", &other).error());
}
