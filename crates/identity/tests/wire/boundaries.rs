//! Permissions boundaries.

use expect_test::expect;

use crate::common::{Server, policy_arn, statement, trusting};

#[test]
fn a_boundary_caps_what_is_allowed() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    root.iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", admin)]).ok();
    let document = statement("Allow", "s3:*", "*");
    root.iam("CreatePolicy", &[("PolicyName", "cap"), ("PolicyDocument", &document)]).ok();
    let cap = policy_arn("cap");
    root.iam("PutUserPermissionsBoundary", &[("UserName", "u"), ("PermissionsBoundary", &cap)])
        .ok();
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no permissions boundary allows the iam:ListUsers action"].assert_eq(&user.iam("ListUsers", &[]).error());
    let usage = root.iam("GetPolicy", &[("PolicyArn", &cap)]).ok();
    assert_eq!(usage.element("PermissionsBoundaryUsageCount"), "1");
    expect!["409 DeleteConflict: Cannot delete a policy attached to entities."]
        .assert_eq(&root.iam("DeletePolicy", &[("PolicyArn", &cap)]).error());
    root.iam("DeleteUserPermissionsBoundary", &[("UserName", "u")]).ok();
    user.iam("ListUsers", &[]).ok();
    root.iam("DeletePolicy", &[("PolicyArn", &cap)]).ok();
}

#[test]
fn a_boundary_must_exist() {
    let server = Server::start();
    let root = server.root();
    let missing = policy_arn("missing");
    let user = [("UserName", "u"), ("PermissionsBoundary", missing.as_str())];
    expect!["404 NoSuchEntity: Scope ARN: arn:aws:iam::123456789012:policy/missing does not exist or is not attachable."].assert_eq(&root.iam("CreateUser", &user).error());
    assert_eq!(root.iam("GetUser", &[("UserName", "u")]).element("Code"), "NoSuchEntity");
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let role = [("RoleName", "r"), ("PermissionsBoundary", missing.as_str())];
    expect!["404 NoSuchEntity: Scope ARN: arn:aws:iam::123456789012:policy/missing does not exist or is not attachable."].assert_eq(&root.iam("PutRolePermissionsBoundary", &role).error());
}

#[test]
fn a_policy_can_demand_a_boundary() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("maker");
    let cap = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":["iam:CreateRole","iam:AttachRolePolicy"],
        "Resource":"*","Condition":{{"StringEquals":{{"iam:PermissionsBoundary":"{cap}"}}}}}}}}"#
    );
    let policy =
        [("UserName", "maker"), ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    root.iam("PutUserPolicy", &policy).ok();
    let trust = trusting("123456789012");
    let bare = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust.as_str())];
    assert_eq!(user.iam("CreateRole", &bare).element("Code"), "AccessDenied");
    let bounded = [&bare[..], &[("PermissionsBoundary", cap)]].concat();
    user.iam("CreateRole", &bounded).ok();
    // Attaching asks about the boundary that is set.
    let attach = [("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    user.iam("AttachRolePolicy", &attach).ok();
    root.iam("DeleteRolePermissionsBoundary", &[("RoleName", "r")]).ok();
    assert_eq!(user.iam("AttachRolePolicy", &attach).element("Code"), "AccessDenied");
}
