//! Groups and who is in them.

use expect_test::expect;

use crate::common::{Server, statement};

#[test]
fn members_have_the_permissions_of_their_group_as_long_as_they_are_in_it() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let created = root.iam("CreateGroup", &[("GroupName", "readers"), ("Path", "/g/")]);
    expect![[r#"
        <Group>
        <Path>/g/</Path>
        <GroupName>readers</GroupName>
        <GroupId>AGPARZPUZDIKFA6X4NO6Y</GroupId>
        <Arn>arn:aws:iam::123456789012:group/g/readers</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></Group>"#]]
    .assert_eq(&created.result());
    let member = [("GroupName", "readers"), ("UserName", "u")];
    root.iam("AddUserToGroup", &member).ok();
    root.iam("AddUserToGroup", &member).ok();
    assert_eq!(user.iam("ListGroups", &[]).element("Code"), "AccessDenied");
    let all = statement("Allow", "iam:ListGroups", "*");
    let policy = [("GroupName", "readers"), ("PolicyName", "p"), ("PolicyDocument", all.as_str())];
    root.iam("PutGroupPolicy", &policy).ok();
    expect![[r#"
        <Groups>
        <member>
        <Path>/g/</Path>
        <GroupName>readers</GroupName>
        <GroupId>AGPARZPUZDIKFA6X4NO6Y</GroupId>
        <Arn>arn:aws:iam::123456789012:group/g/readers</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member></Groups>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&user.iam("ListGroups", &[]).result());
    expect![[r#"
        <Group>
        <Path>/g/</Path>
        <GroupName>readers</GroupName>
        <GroupId>AGPARZPUZDIKFA6X4NO6Y</GroupId>
        <Arn>arn:aws:iam::123456789012:group/g/readers</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></Group>
        <Users>
        <member>
        <Path>/</Path>
        <UserName>u</UserName>
        <UserId>AIDARZPUZDIKLZKTF67OC</UserId>
        <Arn>arn:aws:iam::123456789012:user/u</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member></Users>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("GetGroup", &[("GroupName", "readers")]).result());
    assert_eq!(
        root.iam("ListGroupsForUser", &[("UserName", "u")]).ok().elements("GroupName"),
        ["readers"]
    );
    root.iam("RemoveUserFromGroup", &member).ok();
    root.iam("RemoveUserFromGroup", &member).ok();
    assert_eq!(user.iam("ListGroups", &[]).element("Code"), "AccessDenied");
}

#[test]
fn a_group_that_is_used_is_not_deleted() {
    let server = Server::start();
    let root = server.root();
    let name = [("GroupName", "g")];
    server.user("u");
    root.iam("CreateGroup", &name).ok();
    let member = [("GroupName", "g"), ("UserName", "u")];
    root.iam("AddUserToGroup", &member).ok();
    let managed = [("GroupName", "g"), ("PolicyArn", "arn:aws:iam::aws:policy/PowerUserAccess")];
    root.iam("AttachGroupPolicy", &managed).ok();
    assert_eq!(
        root.iam("ListAttachedGroupPolicies", &name).ok().elements("PolicyName"),
        ["PowerUserAccess"]
    );
    let delete = || root.iam("DeleteGroup", &name);
    expect!["409 DeleteConflict: Cannot delete entity, must remove users from group first."]
        .assert_eq(&delete().error());
    root.iam("RemoveUserFromGroup", &member).ok();
    expect!["409 DeleteConflict: Cannot delete entity, must detach all policies first."]
        .assert_eq(&delete().error());
    root.iam("DetachGroupPolicy", &managed).ok();
    delete().ok();
    expect!["404 NoSuchEntity: The group with name g cannot be found."]
        .assert_eq(&delete().error());
}

#[test]
fn a_group_is_renamed_and_moved() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateGroup", &[("GroupName", "a")]).ok();
    root.iam("CreateGroup", &[("GroupName", "b")]).ok();
    let renamed = [("GroupName", "a"), ("NewGroupName", "c"), ("NewPath", "/x/")];
    root.iam("UpdateGroup", &renamed).ok();
    let seen = root.iam("GetGroup", &[("GroupName", "c")]).ok();
    assert_eq!(seen.element("Arn"), "arn:aws:iam::123456789012:group/x/c");
    expect!["409 EntityAlreadyExists: Group with name B already exists."]
        .assert_eq(&root.iam("CreateGroup", &[("GroupName", "B")]).error());
    let missing = root.iam("AddUserToGroup", &[("GroupName", "c"), ("UserName", "nobody")]);
    expect!["404 NoSuchEntity: The user with name nobody cannot be found."]
        .assert_eq(&missing.error());
}
