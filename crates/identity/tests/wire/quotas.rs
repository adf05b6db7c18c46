//! Quotas, and the server's factor that raises them.

use expect_test::expect;
use gateway::Limits;

use crate::common::{Server, statement, trusting};

#[test]
fn a_user_is_in_ten_groups_at_most() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    for at in 0..11 {
        root.iam("CreateGroup", &[("GroupName", &format!("g{at}"))]).ok();
    }
    let add = |at: usize| {
        root.iam("AddUserToGroup", &[("UserName", "u"), ("GroupName", &format!("g{at}"))])
    };
    for at in 0..10 {
        add(at).ok();
    }
    expect!["409 LimitExceeded: Cannot exceed quota for GroupsPerUser: 10"]
        .assert_eq(&add(10).error());
}

#[test]
fn an_entity_has_ten_managed_policies_at_most() {
    for factor in [1, 2] {
        let server = Server::with_limits(Limits { quota_factor: factor, ..Limits::default() });
        let root = server.root();
        let trust = trusting("123456789012");
        root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
        let document = statement("Allow", "s3:*", "*");
        let attach = |at: usize| {
            let name = format!("p{at}");
            let policy = [("PolicyName", name.as_str()), ("PolicyDocument", document.as_str())];
            let arn = root.iam("CreatePolicy", &policy).ok().element("Arn");
            root.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn)])
        };
        for at in 0..10 * factor {
            attach(at).ok();
        }
        let most = 10 * factor;
        assert_eq!(
            attach(most).error(),
            format!("409 LimitExceeded: Cannot exceed quota for PoliciesPerRole: {most}")
        );
    }
}

#[test]
fn documents_have_sizes_that_white_space_does_not_count_in() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let long = |length: usize| {
        statement("Allow", "s3:GetObject", &format!("arn:aws:s3:::{}", "b".repeat(length)))
    };
    let inline = |kind: &str, name: &str, document: &str| {
        let owner = format!("{kind}Name");
        let policy = [(owner.as_str(), name), ("PolicyName", "p"), ("PolicyDocument", document)];
        root.iam(&format!("Put{kind}Policy"), &policy)
    };
    expect!["409 LimitExceeded: Maximum policy size of 2048 bytes exceeded for user u"]
        .assert_eq(&inline("User", "u", &long(2048)).error());
    expect!["409 LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r"]
        .assert_eq(&inline("Role", "r", &long(10240)).error());
    let spacious = format!("{}{}", " ".repeat(10_000), statement("Allow", "s3:*", "*"));
    inline("User", "u", &spacious).ok();
    let managed = [("PolicyName", "p"), ("PolicyDocument", &long(6144))];
    expect!["409 LimitExceeded: Cannot exceed quota for PolicySize: 6144"]
        .assert_eq(&root.iam("CreatePolicy", &managed).error());
    let trust =
        trust.replace("\"Version\"", &format!("\"Id\":\"{}\",\"Version\"", "i".repeat(2048)));
    let role = [("RoleName", "s"), ("AssumeRolePolicyDocument", trust.as_str())];
    expect!["409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"]
        .assert_eq(&root.iam("CreateRole", &role).error());
}

#[test]
fn an_account_has_three_hundred_groups_at_most() {
    let server = Server::start();
    let root = server.root();
    for at in 0..300 {
        root.iam("CreateGroup", &[("GroupName", &format!("g{at}"))]).ok();
    }
    expect!["409 LimitExceeded: Cannot exceed quota for GroupsPerAccount: 300"]
        .assert_eq(&root.iam("CreateGroup", &[("GroupName", "more")]).error());
    root.iam("DeleteGroup", &[("GroupName", "g7")]).ok();
    root.iam("CreateGroup", &[("GroupName", "more")]).ok();
    let summary = root.iam("GetAccountSummary", &[]).ok();
    assert!(summary.body.contains("<key>Groups</key><value>300</value>"), "{}", summary.body);
}
