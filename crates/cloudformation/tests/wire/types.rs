//! Each resource type, made and deleted.

use expect_test::expect;

use crate::common::Server;

#[test]
fn every_type_is_made_with_its_properties_and_deleted_without_a_trace() {
    let server = Server::start();
    let root = server.root();
    let template = include_str!("every-type.yaml");
    let id = root.create("all", template, &[]).ok().element("StackId");
    assert_eq!(root.status("all"), "CREATE_COMPLETE", "{}", root.events("all"));
    let outputs = root.cfn("DescribeStacks", &[("StackName", "all")]).ok();
    let outputs: Vec<String> = outputs
        .elements("OutputKey")
        .iter()
        .zip(outputs.elements("OutputValue"))
        .map(|(key, value)| crate::common::without_ids(&format!("{key} = {value}")))
        .collect();
    expect![[r#"
        BucketArn = arn:aws:s3:::all-bucket
        BucketPolicy = all-bucket
        DomainName = all-bucket.s3.amazonaws.com
        DualStackDomainName = all-bucket.s3.dualstack.us-east-1.amazonaws.com
        GroupArn = arn:aws:iam::123456789012:group/app/all-group
        GroupPolicy = own|all-group
        ManagedPolicy = arn:aws:iam::123456789012:policy/app/all-policy
        ManagedPolicyVersion = v1
        Policy = all-Poli-<12>
        RoleArn = arn:aws:iam::123456789012:role/app/all-role
        RoleId = <role id>
        RolePolicy = own|all-role
        UserArn = arn:aws:iam::123456789012:user/app/all-user"#]]
    .assert_eq(&outputs.join("\n"));
    let inline = root.iam("ListRolePolicies", &[("RoleName", "all-role")]).ok();
    assert_eq!(inline.elements("member"), ["inline", "own", "shared"]);
    let attached = root.iam("ListAttachedRolePolicies", &[("RoleName", "all-role")]).ok();
    assert_eq!(attached.elements("PolicyName"), ["all-policy", "ReadOnlyAccess"]);
    let role = root.iam("GetRole", &[("RoleName", "all-role")]).ok();
    assert_eq!(
        (role.element("MaxSessionDuration"), role.element("Path"), role.element("Description")),
        ("7200".into(), "/app/".into(), "all of it".into())
    );
    let groups = root.iam("ListGroupsForUser", &[("UserName", "all-user")]).ok();
    assert_eq!(groups.elements("GroupName"), ["all-group", "all-second-group"]);
    let policy = root.s3("GET", "/all-bucket?policy", "");
    assert_eq!(policy.status, 200, "{}", policy.body);
    root.delete("all", &[]).ok();
    assert_eq!(root.status(&id), "DELETE_COMPLETE", "{}", root.events(&id));
    for (operation, element) in
        [("ListRoles", "RoleName"), ("ListUsers", "UserName"), ("ListGroups", "GroupName")]
    {
        assert!(root.iam(operation, &[]).ok().elements(element).is_empty(), "{operation}");
    }
    let policies = root.iam("ListPolicies", &[("Scope", "Local")]).ok();
    assert!(policies.elements("PolicyName").is_empty());
    assert_eq!(root.s3("HEAD", "/all-bucket", "").status, 404);
}

#[test]
fn names_are_made_of_stack_and_logical_id() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources: {Files: {Type: AWS::S3::Bucket}, Team: {Type: AWS::IAM::Group}}";
    root.create("my-stack", template, &[]).ok();
    let listed = root.cfn("ListStackResources", &[("StackName", "my-stack")]).ok();
    let ids = listed.elements("PhysicalResourceId");
    let [bucket, group] = ids.as_slice() else { panic!("{ids:?}") };
    assert!(bucket.starts_with("my-stack-files-") && bucket.len() == 27, "{bucket}");
    assert!(group.starts_with("my-stack-Team-") && group.len() == 26, "{group}");
}

#[test]
fn a_bucket_stands_in_the_region_of_its_stack() {
    let server = Server::start();
    let there = server.root().in_region("eu-west-1");
    let template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: there}}}\nOutputs: {D: {Value: !GetAtt B.RegionalDomainName}, W: {Value: !GetAtt B.WebsiteURL}}";
    there.create("s", template, &[]).ok();
    assert_eq!(there.status("s"), "CREATE_COMPLETE", "{}", there.events("s"));
    let outputs = there.cfn("DescribeStacks", &[]).ok().elements("OutputValue");
    assert_eq!(
        outputs,
        ["there.s3.eu-west-1.amazonaws.com", "http://there.s3-website-eu-west-1.amazonaws.com"]
    );
}

#[test]
fn a_bucket_needs_no_more_than_the_permission_to_create_it() {
    let server = Server::start();
    let user = server.user("u", &["cloudformation:*", "s3:CreateBucket"]);
    let template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: mine-alone}}}";
    user.create("s", template, &[]).ok();
    assert_eq!(user.status("s"), "CREATE_COMPLETE", "{}", user.events("s"));
}
