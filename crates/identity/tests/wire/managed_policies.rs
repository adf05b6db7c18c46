//! Managed policies, their versions and what they are attached to.

use expect_test::expect;

use crate::common::{Server, policy_arn, statement, trusting};

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

#[test]
fn a_policy_is_created_read_and_listed() {
    let server = Server::start();
    let root = server.root();
    let document = statement("Allow", "s3:*", "*");
    let created = root.iam(
        "CreatePolicy",
        &[
            ("PolicyName", "p"),
            ("Path", "/x/"),
            ("PolicyDocument", &document),
            ("Description", "all of S3"),
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", "v"),
        ],
    );
    expect![[r#"
        <Policy>
        <PolicyName>p</PolicyName>
        <PolicyId>ANPARZPUZDIKLZKTF67OC</PolicyId>
        <Arn>arn:aws:iam::123456789012:policy/x/p</Arn>
        <Path>/x/</Path>
        <DefaultVersionId>v1</DefaultVersionId>
        <AttachmentCount>0</AttachmentCount>
        <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>
        <IsAttachable>true</IsAttachable>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <UpdateDate>2026-01-02T03:04:05Z</UpdateDate>
        <Tags>
        <member>
        <Key>k</Key>
        <Value>v</Value></member></Tags></Policy>"#]]
    .assert_eq(&created.result());
    let arn = policy_arn("x/p");
    expect![[r#"
        <Policy>
        <PolicyName>p</PolicyName>
        <PolicyId>ANPARZPUZDIKLZKTF67OC</PolicyId>
        <Arn>arn:aws:iam::123456789012:policy/x/p</Arn>
        <Path>/x/</Path>
        <DefaultVersionId>v1</DefaultVersionId>
        <AttachmentCount>0</AttachmentCount>
        <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>
        <IsAttachable>true</IsAttachable>
        <Description>all of S3</Description>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <UpdateDate>2026-01-02T03:04:05Z</UpdateDate>
        <Tags>
        <member>
        <Key>k</Key>
        <Value>v</Value></member></Tags></Policy>"#]]
    .assert_eq(&root.iam("GetPolicy", &[("PolicyArn", &arn)]).result());
    expect![[r#"
        <Policies>
        <member>
        <PolicyName>p</PolicyName>
        <PolicyId>ANPARZPUZDIKLZKTF67OC</PolicyId>
        <Arn>arn:aws:iam::123456789012:policy/x/p</Arn>
        <Path>/x/</Path>
        <DefaultVersionId>v1</DefaultVersionId>
        <AttachmentCount>0</AttachmentCount>
        <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>
        <IsAttachable>true</IsAttachable>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <UpdateDate>2026-01-02T03:04:05Z</UpdateDate></member></Policies>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("ListPolicies", &[("Scope", "Local")]).result());
    let again = [("PolicyName", "P"), ("PolicyDocument", document.as_str())];
    expect!["409 EntityAlreadyExists: A policy called P already exists. Duplicate names are not allowed."].assert_eq(&root.iam("CreatePolicy", &again).error());
}

#[test]
fn policies_of_aws_are_there_and_nobody_changes_them() {
    let server = Server::start();
    let root = server.root();
    expect![[r#"
        <Policy>
        <PolicyName>AdministratorAccess</PolicyName>
        <PolicyId>ANPAIWMBCKSKIEE64ZLYK</PolicyId>
        <Arn>arn:aws:iam::aws:policy/AdministratorAccess</Arn>
        <Path>/</Path>
        <DefaultVersionId>v1</DefaultVersionId>
        <AttachmentCount>0</AttachmentCount>
        <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>
        <IsAttachable>true</IsAttachable>
        <Description>Provides full access to AWS services and resources.</Description>
        <CreateDate>2015-02-06T18:39:46Z</CreateDate>
        <UpdateDate>2015-02-06T18:39:46Z</UpdateDate>
        <Tags/></Policy>"#]]
    .assert_eq(&root.iam("GetPolicy", &[("PolicyArn", ADMIN)]).result());
    let version = root.iam("GetPolicyVersion", &[("PolicyArn", ADMIN), ("VersionId", "v1")]);
    expect![[r#"
        <PolicyVersion>
        <Document>%7B%0A%20%20%22Version%22%3A%20%222012-10-17%22%2C%0A%20%20%22Statement%22%3A%20%5B%0A%20%
        20%20%20%7B%0A%20%20%20%20%20%20%22Effect%22%3A%20%22Allow%22%2C%0A%20%20%20%20%20%20%22Action%22%3A
        %20%22%2A%22%2C%0A%20%20%20%20%20%20%22Resource%22%3A%20%22%2A%22%0A%20%20%20%20%7D%0A%20%20%5D%0A%7
        D</Document>
        <VersionId>v1</VersionId>
        <IsDefaultVersion>true</IsDefaultVersion>
        <CreateDate>2015-02-06T18:39:46Z</CreateDate></PolicyVersion>"#]].assert_eq(&version.result());
    let most = [("Scope", "AWS"), ("MaxItems", "1000")];
    let first = root.iam("ListPolicies", &most).ok();
    let rest = [most[0], most[1], ("Marker", &first.element("Marker"))];
    let mut listed = first.elements("PolicyName");
    listed.extend(root.iam("ListPolicies", &rest).ok().elements("PolicyName"));
    assert!(listed.len() > 1500, "{}", listed.len());
    for name in ["AdministratorAccess", "AmazonS3FullAccess", "PowerUserAccess", "ReadOnlyAccess"] {
        assert!(listed.contains(&name.to_owned()), "{name}");
    }
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:root is not authorized to perform: iam:DeletePolicy on resource: policy arn:aws:iam::aws:policy/AdministratorAccess"].assert_eq(&root.iam("DeletePolicy", &[("PolicyArn", ADMIN)]).error());
    let document = statement("Allow", "s3:*", "*");
    let version = [("PolicyArn", ADMIN), ("PolicyDocument", document.as_str())];
    assert_eq!(root.iam("CreatePolicyVersion", &version).element("Code"), "AccessDenied");
}

#[test]
fn the_default_version_decides() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let arn = policy_arn("p");
    let none = statement("Allow", "s3:*", "*");
    root.iam("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &none)]).ok();
    root.iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", &arn)]).ok();
    assert_eq!(user.iam("ListUsers", &[]).element("Code"), "AccessDenied");
    let all = statement("Allow", "iam:*", "*");
    let version = [("PolicyArn", arn.as_str()), ("PolicyDocument", all.as_str())];
    expect![[r#"
        <PolicyVersion>
        <VersionId>v2</VersionId>
        <IsDefaultVersion>false</IsDefaultVersion>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></PolicyVersion>"#]]
    .assert_eq(&root.iam("CreatePolicyVersion", &version).result());
    assert_eq!(user.iam("ListUsers", &[]).element("Code"), "AccessDenied");
    let default = [("PolicyArn", arn.as_str()), ("VersionId", "v2")];
    root.iam("SetDefaultPolicyVersion", &default).ok();
    user.iam("ListUsers", &[]).ok();
    expect![[r#"
        <Versions>
        <member>
        <VersionId>v2</VersionId>
        <IsDefaultVersion>true</IsDefaultVersion>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member>
        <member>
        <VersionId>v1</VersionId>
        <IsDefaultVersion>false</IsDefaultVersion>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member></Versions>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("ListPolicyVersions", &[("PolicyArn", &arn)]).result());
    expect!["409 DeleteConflict: Cannot delete the default version of a policy."]
        .assert_eq(&root.iam("DeletePolicyVersion", &default).error());
    let first = [("PolicyArn", arn.as_str()), ("VersionId", "v1")];
    root.iam("DeletePolicyVersion", &first).ok();
    expect!["404 NoSuchEntity: Policy arn:aws:iam::123456789012:policy/p version v1 does not exist or is not attachable."].assert_eq(&root.iam("DeletePolicyVersion", &first).error());
    // Numbers are never given again.
    let third = root.iam("CreatePolicyVersion", &version).ok();
    assert_eq!(third.element("VersionId"), "v3");
}

#[test]
fn a_policy_has_five_versions_at_most() {
    let server = Server::start();
    let root = server.root();
    let document = statement("Allow", "s3:*", "*");
    root.iam("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &document)]).ok();
    let arn = policy_arn("p");
    let version = [("PolicyArn", arn.as_str()), ("PolicyDocument", document.as_str())];
    for _ in 0..4 {
        root.iam("CreatePolicyVersion", &version).ok();
    }
    expect!["409 LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."].assert_eq(&root.iam("CreatePolicyVersion", &version).error());
    expect!["409 DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."].assert_eq(&root.iam("DeletePolicy", &[("PolicyArn", &arn)]).error());
}

#[test]
fn a_policy_is_deleted_only_when_nobody_uses_it() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    let arn = policy_arn("p");
    let document = statement("Allow", "s3:*", "*");
    root.iam("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &document)]).ok();
    let attached = [("UserName", "u"), ("PolicyArn", arn.as_str())];
    root.iam("AttachUserPolicy", &attached).ok();
    root.iam("AttachUserPolicy", &attached).ok();
    assert_eq!(root.iam("GetPolicy", &[("PolicyArn", &arn)]).ok().element("AttachmentCount"), "1");
    let delete = || root.iam("DeletePolicy", &[("PolicyArn", &arn)]);
    expect!["409 DeleteConflict: Cannot delete a policy attached to entities."]
        .assert_eq(&delete().error());
    root.iam("DetachUserPolicy", &attached).ok();
    expect!["404 NoSuchEntity: Policy arn:aws:iam::123456789012:policy/p was not found."]
        .assert_eq(&root.iam("DetachUserPolicy", &attached).error());
    delete().ok();
    expect!["404 NoSuchEntity: Policy arn:aws:iam::123456789012:policy/p was not found."]
        .assert_eq(&delete().error());
    expect!["404 NoSuchEntity: Policy arn:aws:iam::123456789012:policy/p does not exist or is not attachable."].assert_eq(&root.iam("AttachUserPolicy", &attached).error());
    let garbage = [("UserName", "u"), ("PolicyArn", "this-is-not-an-arn-at-all")];
    expect!["400 ValidationError: Invalid ARN:  Could not be parsed!"]
        .assert_eq(&root.iam("AttachUserPolicy", &garbage).error());
}

#[test]
fn all_who_use_a_policy_are_listed() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    root.iam("CreateGroup", &[("GroupName", "g"), ("Path", "/in/")]).ok();
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    root.iam("AttachGroupPolicy", &[("GroupName", "g"), ("PolicyArn", ADMIN)]).ok();
    root.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", ADMIN)]).ok();
    root.iam("PutUserPermissionsBoundary", &[("UserName", "u"), ("PermissionsBoundary", ADMIN)])
        .ok();
    let entities = |more: &[(&str, &str)]| {
        root.iam("ListEntitiesForPolicy", &[&[("PolicyArn", ADMIN)], more].concat()).ok()
    };
    expect![[r#"
        <PolicyGroups>
        <member>
        <GroupName>g</GroupName>
        <GroupId>AGPARZPUZDIKFA6X4NO6Y</GroupId></member></PolicyGroups>
        <PolicyUsers>
        <member>
        <UserName>u</UserName>
        <UserId>AIDARZPUZDIKLZKTF67OC</UserId></member></PolicyUsers>
        <PolicyRoles>
        <member>
        <RoleName>r</RoleName>
        <RoleId>AROARZPUZDIKP2F46FCNU</RoleId></member></PolicyRoles>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&entities(&[]).result());
    let groups = entities(&[("EntityFilter", "Group")]);
    assert_eq!((groups.elements("GroupName").len(), groups.elements("RoleName").len()), (1, 0));
    let bounded = entities(&[("PolicyUsageFilter", "PermissionsBoundary")]);
    assert_eq!(bounded.elements("UserName"), ["u"]);
    assert!(bounded.elements("RoleName").is_empty());
    assert_eq!(entities(&[("PathPrefix", "/in/")]).elements("GroupName"), ["g"]);
    let attached = root.iam("ListPolicies", &[("OnlyAttached", "true")]).ok();
    assert_eq!(attached.elements("PolicyName"), ["AdministratorAccess"]);
    let listed = root.iam("ListAttachedRolePolicies", &[("RoleName", "r")]);
    expect![[r#"
        <AttachedPolicies>
        <member>
        <PolicyName>AdministratorAccess</PolicyName>
        <PolicyArn>arn:aws:iam::aws:policy/AdministratorAccess</PolicyArn></member></AttachedPolicies>
        <IsTruncated>false</IsTruncated>"#]].assert_eq(&listed.result());
}

#[test]
fn a_deny_of_a_managed_policy_names_it() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let deny = statement("Deny", "iam:*", "*");
    root.iam("CreatePolicy", &[("PolicyName", "no"), ("PolicyDocument", &deny)]).ok();
    root.iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", &policy_arn("no"))]).ok();
    let refused = user.iam("GetPolicy", &[("PolicyArn", &policy_arn("no"))]);
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:GetPolicy on resource: policy arn:aws:iam::123456789012:policy/no with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/no"].assert_eq(&refused.error());
    let refused = user.iam("ListPolicies", &[]);
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:ListPolicies on resource: policy path / with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/no"].assert_eq(&refused.error());
    let document = statement("Allow", "s3:*", "*");
    let create = [("PolicyName", "mine"), ("PolicyDocument", document.as_str())];
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:CreatePolicy on resource: policy mine with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/no"].assert_eq(&user.iam("CreatePolicy", &create).error());
}

#[test]
fn policies_of_another_account_are_out_of_reach() {
    let server = Server::start();
    let document = statement("Allow", "s3:*", "*");
    let create = [("PolicyName", "theirs"), ("PolicyDocument", document.as_str())];
    let theirs = server.other_root().iam("CreatePolicy", &create).ok().element("Arn");
    let root = server.root();
    assert_eq!(root.iam("GetPolicy", &[("PolicyArn", &theirs)]).element("Code"), "AccessDenied");
    server.user("u");
    let attach = root.iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", &theirs)]);
    assert_eq!(attach.element("Code"), "NoSuchEntity");
}
