//! Instance profiles.

use expect_test::expect;

use crate::common::{Server, statement, trusting};

const NAME: (&str, &str) = ("InstanceProfileName", "web");

#[test]
fn a_profile_holds_one_role() {
    let server = Server::start();
    let root = server.root();
    let trust = trusting("123456789012");
    for role in ["r", "other"] {
        root.iam("CreateRole", &[("RoleName", role), ("AssumeRolePolicyDocument", &trust)]).ok();
    }
    let made = root.iam("CreateInstanceProfile", &[NAME, ("Path", "/x/")]).ok();
    assert!(made.element("InstanceProfileId").starts_with("AIPA"));
    assert_eq!(made.element("CreateDate"), "2026-01-02T03:04:05Z");
    let role = [NAME, ("RoleName", "r")];
    root.iam("AddRoleToInstanceProfile", &role).ok();
    expect!["409 LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"]
        .assert_eq(&root.iam("AddRoleToInstanceProfile", &[NAME, ("RoleName", "other")]).error());
    let shown = root.iam("GetInstanceProfile", &[NAME]).ok();
    assert_eq!(shown.elements("RoleName"), ["r"]);
    assert_eq!(
        shown.elements("Arn"),
        ["arn:aws:iam::123456789012:instance-profile/x/web", "arn:aws:iam::123456789012:role/r"]
    );
    assert!(!shown.has("MaxSessionDuration") && shown.has("Tags"));
    let listed = root.iam("ListInstanceProfilesForRole", &[("RoleName", "r")]).ok();
    assert_eq!(listed.elements("InstanceProfileName"), ["web"]);
    let conflict = "409 DeleteConflict: Cannot delete entity, must remove roles from instance \
                    profile first.";
    assert_eq!(root.iam("DeleteRole", &[("RoleName", "r")]).error(), conflict);
    assert_eq!(root.iam("DeleteInstanceProfile", &[NAME]).error(), conflict);
    root.iam("RemoveRoleFromInstanceProfile", &role).ok();
    expect!["404 NoSuchEntity: The role with name r cannot be found."]
        .assert_eq(&root.iam("RemoveRoleFromInstanceProfile", &role).error());
    root.iam("DeleteInstanceProfile", &[NAME]).ok();
    root.iam("DeleteRole", &[("RoleName", "r")]).ok();
    expect!["404 NoSuchEntity: Instance Profile web cannot be found."]
        .assert_eq(&root.iam("GetInstanceProfile", &[NAME]).error());
}

#[test]
fn profiles_are_listed_by_path_in_pages() {
    let server = Server::start();
    let root = server.root();
    for (name, path) in [("a", "/x/"), ("b", "/y/"), ("c", "/x/")] {
        root.iam("CreateInstanceProfile", &[("InstanceProfileName", name), ("Path", path)]).ok();
    }
    expect!["409 EntityAlreadyExists: Instance Profile A already exists."]
        .assert_eq(&root.iam("CreateInstanceProfile", &[("InstanceProfileName", "A")]).error());
    let ask = [("PathPrefix", "/x/"), ("MaxItems", "1")];
    let first = root.iam("ListInstanceProfiles", &ask).ok();
    assert_eq!(first.elements("InstanceProfileName"), ["a"]);
    let marker = first.element("Marker");
    let rest = root.iam("ListInstanceProfiles", &[ask[0], ask[1], ("Marker", &marker)]).ok();
    assert_eq!(rest.elements("InstanceProfileName"), ["c"]);
    assert_eq!(rest.element("IsTruncated"), "false");
    assert_eq!(
        root.iam("ListInstanceProfiles", &[("Marker", &marker)]).error(),
        "400 ValidationError: Invalid Marker."
    );
    let summary = root.iam("GetAccountSummary", &[]).ok();
    assert!(summary.body.contains("<key>InstanceProfiles</key><value>3</value>"));
}

#[test]
fn tags_of_a_profile_are_set_and_taken_away() {
    let server = Server::start();
    let root = server.root();
    let tags = [NAME, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    assert_eq!(root.iam("CreateInstanceProfile", &tags).ok().elements("Key"), ["k"]);
    let more = [NAME, ("Tags.member.1.Key", "K"), ("Tags.member.1.Value", "w")];
    root.iam("TagInstanceProfile", &more).ok();
    assert_eq!(root.iam("ListInstanceProfileTags", &[NAME]).ok().elements("Value"), ["w"]);
    root.iam("UntagInstanceProfile", &[NAME, ("TagKeys.member.1", "k")]).ok();
    assert!(root.iam("ListInstanceProfileTags", &[NAME]).ok().elements("Key").is_empty());
}

#[test]
fn who_adds_a_role_must_be_allowed_to_pass_it_to_ec2() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    root.iam("CreateInstanceProfile", &[NAME]).ok();
    let allowed = statement("Allow", "iam:AddRoleToInstanceProfile", "*");
    let policy = |document: &str| {
        let parameters = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", document)];
        root.iam("PutUserPolicy", &parameters).ok();
    };
    policy(&allowed);
    let role = [NAME, ("RoleName", "r")];
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/r because no identity-based policy allows the iam:PassRole action"].assert_eq(&user.iam("AddRoleToInstanceProfile", &role).error());
    let passing = |service: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":"iam:AddRoleToInstanceProfile","Resource":"*"}},
            {{"Effect":"Allow","Action":"iam:PassRole","Resource":"*",
              "Condition":{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}}}]}}"#
        )
    };
    policy(&passing("lambda.amazonaws.com"));
    assert_eq!(user.iam("AddRoleToInstanceProfile", &role).element("Code"), "AccessDenied");
    policy(&passing("ec2.amazonaws.com"));
    user.iam("AddRoleToInstanceProfile", &role).ok();
}
