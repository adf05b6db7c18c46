//! Roles and their trust policies.

use expect_test::expect;

use crate::common::{Server, role_arn, trusting};

#[test]
fn a_role_is_created_read_listed_and_changed() {
    let server = Server::start();
    let root = server.root();
    let trust = trusting("123456789012");
    let created = root.iam(
        "CreateRole",
        &[
            ("RoleName", "r"),
            ("Path", "/p/"),
            ("AssumeRolePolicyDocument", &trust),
            ("Description", "for tests"),
            ("MaxSessionDuration", "7200"),
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", "v"),
        ],
    );
    expect![[r#"
        <Role>
        <Path>/p/</Path>
        <RoleName>r</RoleName>
        <RoleId>AROARZPUZDIKLZKTF67OC</RoleId>
        <Arn>arn:aws:iam::123456789012:role/p/r</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22
        %3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22123456789012%22%7D%2C%22Action%22%3A%5B%22sts%3
        AAssumeRole%22%2C%22sts%3ATagSession%22%2C%22sts%3ASetSourceIdentity%22%5D%7D%5D%7D</AssumeRolePolic
        yDocument>
        <Description>for tests</Description>
        <Tags>
        <member>
        <Key>k</Key>
        <Value>v</Value></member></Tags></Role>"#]].assert_eq(&created.result());
    expect![[r#"
        <Role>
        <Path>/p/</Path>
        <RoleName>r</RoleName>
        <RoleId>AROARZPUZDIKLZKTF67OC</RoleId>
        <Arn>arn:aws:iam::123456789012:role/p/r</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22
        %3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A123456789012%3Aroot%22%7D%
        2C%22Action%22%3A%5B%22sts%3AAssumeRole%22%2C%22sts%3ATagSession%22%2C%22sts%3ASetSourceIdentity%22%
        5D%7D%5D%7D</AssumeRolePolicyDocument>
        <Description>for tests</Description>
        <MaxSessionDuration>7200</MaxSessionDuration>
        <Tags>
        <member>
        <Key>k</Key>
        <Value>v</Value></member></Tags>
        <RoleLastUsed/></Role>"#]].assert_eq(&root.iam("GetRole", &[("RoleName", "r")]).result());
    let listed = root.iam("ListRoles", &[]).ok();
    assert_eq!(listed.element("MaxSessionDuration"), "7200");
    assert!(!listed.has("Tags") && !listed.has("RoleLastUsed"));
    root.iam("UpdateRole", &[("RoleName", "r"), ("Description", "new")]).ok();
    let changed = root.iam("GetRole", &[("RoleName", "r")]).ok();
    assert_eq!(changed.element("Description"), "new");
    assert_eq!(changed.element("MaxSessionDuration"), "3600");
    let described = [("RoleName", "r"), ("Description", "newer")];
    assert_eq!(root.iam("UpdateRoleDescription", &described).ok().element("Description"), "newer");
    let again = [("RoleName", "R"), ("AssumeRolePolicyDocument", trust.as_str())];
    expect!["409 EntityAlreadyExists: Role with name R already exists."]
        .assert_eq(&root.iam("CreateRole", &again).error());
    root.iam("DeleteRole", &[("RoleName", "r")]).ok();
    expect!["404 NoSuchEntity: The role with name r cannot be found."]
        .assert_eq(&root.iam("GetRole", &[("RoleName", "r")]).error());
}

#[test]
fn a_role_with_policies_is_not_deleted() {
    let server = Server::start();
    let root = server.root();
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let attached = [("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
    root.iam("AttachRolePolicy", &attached).ok();
    expect!["409 DeleteConflict: Cannot delete entity, must detach all policies first."]
        .assert_eq(&root.iam("DeleteRole", &[("RoleName", "r")]).error());
    root.iam("DetachRolePolicy", &attached).ok();
    root.iam("DeleteRole", &[("RoleName", "r")]).ok();
}

#[test]
fn principals_of_a_trust_policy_must_exist() {
    let server = Server::start();
    let root = server.root();
    let create = |trust: &str| {
        let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust)];
        root.iam("CreateRole", &role).error()
    };
    expect![[r#"400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/nobody""#]].assert_eq(&create(&trusting("arn:aws:iam::123456789012:user/nobody")));
    expect![[r#"400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/nobody""#]].assert_eq(&create(&trusting(&role_arn("nobody"))));
    expect![[
        r#"400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"AIDAJQABLZS4A3QDU576Q""#
    ]]
    .assert_eq(&create(&trusting("AIDAJQABLZS4A3QDU576Q")));
    expect!["400 MalformedPolicyDocument: This policy contains invalid Json"]
        .assert_eq(&create("{"));
    let service = trusting("x").replace(r#""AWS":"x""#, r#""Service":"codepipeiine.example.com""#);
    expect![[r#"400 MalformedPolicyDocument: Invalid principal in policy: "SERVICE":"codepipeiine.example.com""#]].assert_eq(&create(&service));
    let resource = trusting("123456789012").replace(r#""Action""#, r#""Resource":"*","Action""#);
    expect!["400 MalformedPolicyDocument: Has prohibited field Resource"]
        .assert_eq(&create(&resource));
}

#[test]
fn a_deleted_principal_shows_as_its_id_and_its_namesake_is_somebody_else() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let trust = trusting("arn:aws:iam::123456789012:user/u");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let shown =
        || root.iam("GetRole", &[("RoleName", "r")]).ok().element("AssumeRolePolicyDocument");
    assert!(shown().contains("user%2Fu"), "{}", shown());
    user.assume("r", "s1").sts("GetCallerIdentity", &[]).ok();

    // The name moves with the user; the id does not.
    root.iam("UpdateUser", &[("UserName", "u"), ("NewUserName", "v")]).ok();
    assert!(shown().contains("user%2Fv"), "{}", shown());
    user.assume("r", "s1").sts("GetCallerIdentity", &[]).ok();

    let id = root.iam("GetUser", &[("UserName", "v")]).ok().element("UserId");
    let key = root.iam("ListAccessKeys", &[("UserName", "v")]).ok().element("AccessKeyId");
    root.iam("DeleteAccessKey", &[("UserName", "v"), ("AccessKeyId", &key)]).ok();
    root.iam("DeleteUser", &[("UserName", "v")]).ok();
    assert!(shown().contains(&id), "{}", shown());
    let namesake = server.user("v");
    let refused =
        namesake.sts("AssumeRole", &[("RoleArn", &role_arn("r")), ("RoleSessionName", "s1")]);
    assert_eq!(refused.element("Code"), "AccessDenied");
}

#[test]
fn an_account_is_shown_as_its_root() {
    let server = Server::start();
    let root = server.root();
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let shown = root.iam("GetRole", &[("RoleName", "r")]).ok().element("AssumeRolePolicyDocument");
    assert!(shown.contains("arn%3Aaws%3Aiam%3A%3A123456789012%3Aroot"), "{shown}");
    let trust = trusting("arn:aws:iam::123456789012:root");
    let update = [("RoleName", "r"), ("PolicyDocument", trust.as_str())];
    root.iam("UpdateAssumeRolePolicy", &update).ok();
}

#[test]
fn the_last_use_of_a_role_is_known_after_a_flush() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let trust = trusting("arn:aws:iam::123456789012:user/u");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    user.assume("r", "s1").sts("GetCallerIdentity", &[]).ok();
    server.flush();
    let role = root.iam("GetRole", &[("RoleName", "r")]).ok();
    assert_eq!(role.element("LastUsedDate"), "2026-01-02T03:04:05Z");
    assert_eq!(role.element("Region"), "us-east-1");
}
