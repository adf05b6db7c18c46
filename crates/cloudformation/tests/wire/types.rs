//! Each resource type, made and deleted.

use expect_test::expect;

use crate::common::{Server, Stacks as _};

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

#[test]
fn a_bucket_carries_the_tags_of_its_stack_which_nobody_else_gives_or_takes_away() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: marked}}}";
    root.create("s", template, &[]).ok();
    let shown = || root.s3("GET", "/marked?tagging", "").ok().body;
    let (tags, stack) = (shown(), root.cfn("DescribeStacks", &[]).ok().element("StackId"));
    let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let own = tag("aws:cloudformation:logical-id", "B")
        + &tag("aws:cloudformation:stack-id", &stack)
        + &tag("aws:cloudformation:stack-name", "s");
    assert!(tags.contains(&own), "{tags}");
    let put = |tags: &str| {
        let body = format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
        root.s3("PUT", "/marked?tagging", &body)
    };
    put(&(own.clone() + &tag("team", "blue"))).ok();
    for (tags, message) in [
        (tag("team", "red"), "System tags cannot be removed by requester"),
        (own.replace(">s<", ">t<"), "System tags cannot be added/updated by requester"),
        (own.clone() + &tag("aws:a", "b"), "System tags cannot be added/updated by requester"),
    ] {
        let answer = put(&tags);
        assert_eq!((answer.status, answer.element("Message").as_str()), (400, message), "{tags}");
    }
    assert_eq!(root.s3("DELETE", "/marked?tagging", "").status, 204);
    assert!(shown().contains(&own) && !shown().contains("team"), "{}", shown());
    // Nor by the properties of a template.
    let forged = template.replace(
        "BucketName: marked",
        "BucketName: forged, Tags: [{Key: 'aws:cloudformation:stack-name', Value: t}]",
    );
    root.create("f", &forged, &[]).ok();
    assert_eq!(root.status("f"), "ROLLBACK_COMPLETE", "{}", root.events("f"));
}

#[test]
fn profiles_keys_and_settings_are_made_changed_and_deleted() {
    let server = Server::start();
    let root = server.root();
    let template = r#"
Resources:
  User: {Type: AWS::IAM::User, Properties: {UserName: u}}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: files-of-all
      VersioningConfiguration: {Status: Enabled}
      Tags: [{Key: team, Value: blue}]
Outputs: {Secret: {Value: !GetAtt Key.SecretAccessKey}}
"#;
    root.create("s", template, &[]).ok();
    assert_eq!(root.status("s"), "CREATE_COMPLETE", "{}", root.events("s"));
    assert!(root.s3("GET", "/files-of-all?versioning", "").ok().body.contains("Enabled"));
    assert_eq!(root.iam("ListAccessKeys", &[("UserName", "u")]).ok().element("Status"), "Active");
    let changed = template
        .replace("UserName: !Ref User", "UserName: !Ref User, Status: Inactive")
        .replace("Status: Enabled", "Status: Suspended")
        .replace("Value: blue", "Value: green");
    root.update("s", &changed, &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE", "{}", root.events("s"));
    assert!(root.s3("GET", "/files-of-all?versioning", "").ok().body.contains("Suspended"));
    let tags = root.s3("GET", "/files-of-all?tagging", "").ok();
    assert_eq!(tags.elements("Value").last().expect("a tag"), "green");
    assert_eq!(root.iam("ListAccessKeys", &[("UserName", "u")]).ok().element("Status"), "Inactive");
    root.delete("s", &[]).ok();
    assert!(root.iam("ListInstanceProfiles", &[]).ok().elements("Arn").is_empty());
    assert_eq!(root.s3("HEAD", "/files-of-all", "").status, 404);
}

#[test]
fn a_bucket_has_object_lock_from_its_template_and_keeps_it() {
    let server = Server::start();
    let root = server.root();
    let template = r"
Resources:
  Vault:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: vault-of-all
      ObjectLockEnabled: true
      ObjectLockConfiguration:
        ObjectLockEnabled: Enabled
        Rule: {DefaultRetention: {Mode: GOVERNANCE, Days: 7}}
  Later:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: later-of-all
      VersioningConfiguration: {Status: Enabled}
";
    root.create("s", template, &[]).ok();
    assert_eq!(root.status("s"), "CREATE_COMPLETE", "{}", root.events("s"));
    assert_eq!(root.s3("GET", "/vault-of-all?object-lock", "").ok().element("Days"), "7");
    assert!(root.s3("GET", "/vault-of-all?versioning", "").ok().body.contains("Enabled"));
    assert_eq!(root.s3("GET", "/later-of-all?object-lock", "").status, 404);
    let changed = template.replace("Days: 7", "Years: 1").replace(
        "BucketName: later-of-all",
        "BucketName: later-of-all\n      ObjectLockEnabled: true",
    );
    root.update("s", &changed, &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE", "{}", root.events("s"));
    assert_eq!(root.s3("GET", "/vault-of-all?object-lock", "").ok().element("Years"), "1");
    root.s3("GET", "/later-of-all?object-lock", "").ok();
    let unlocked = changed.replace("\n      ObjectLockEnabled: true", "");
    root.update("s", &unlocked, &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_ROLLBACK_COMPLETE", "{}", root.events("s"));
    root.delete("s", &[]).ok();
    assert_eq!(root.s3("HEAD", "/vault-of-all", "").status, 404);
}

#[test]
fn a_parameter_is_written_replaced_and_deleted_with_its_stack() {
    let server = Server::start();
    let root = server.root();
    let template = |name: &str, value: &str| {
        format!(
            "Resources:
  P:
    Type: AWS::SSM::Parameter
    Properties: {{Type: String, Value: {value}, Tags: {{team: blue}}{name}}}
Outputs:
  Name: {{Value: !Ref P}}
  Value: {{Value: !GetAtt P.Value}}
"
        )
    };
    let outputs = || {
        let described = root.cfn("DescribeStacks", &[("StackName", "s")]).ok();
        described.elements("OutputValue")
    };
    root.create("s", &template("", "one"), &[]).ok();
    let made = outputs();
    assert!(made[0].starts_with("CFN-P-"), "{made:?}");
    assert_eq!(made[1], "one");
    root.update("s", &template("", "two"), &[]).ok();
    assert_eq!(outputs(), [made[0].as_str(), "two"]);
    root.update("s", &template(", Name: /app/p", "two"), &[]).ok();
    assert_eq!(outputs(), ["/app/p", "two"]);
    assert!(root.events("s").contains("P DELETE_COMPLETE"));
    root.create("t", &template(", Name: /app/p", "two"), &[]).ok();
    let taken = "Resource of type 'AWS::SSM::Parameter' with identifier '/app/p' already exists.";
    assert!(root.events("t").contains(taken), "{}", root.events("t"));
    root.delete("s", &[]).ok();
    root.create("u", &template(", Name: /app/p", "two"), &[]).ok();
    assert_eq!(root.status("u"), "CREATE_COMPLETE");
}

#[test]
fn required_properties_that_are_missing_are_told_in_words_of_their_own() {
    let server = Server::start();
    let root = server.root();
    root.create("s", "Resources:\n  P: {Type: AWS::SSM::Parameter, Properties: {Value: v}}\n", &[])
        .ok();
    let reason = "P CREATE_FAILED Property validation failure: [The property {/Type} is required]";
    assert!(root.events("s").contains(reason), "{}", root.events("s"));
}

#[test]
fn a_user_has_the_login_profile_of_its_template() {
    let server = Server::start();
    let root = server.root();
    let template = |profile: &str| {
        format!("Resources: {{U: {{Type: AWS::IAM::User, Properties: {{UserName: u{profile}}}}}}}")
    };
    let first = template(", LoginProfile: {Password: 'First-pass-1', PasswordResetRequired: true}");
    root.create("s", &first, &[]).ok();
    let profile = || root.iam("GetLoginProfile", &[("UserName", "u")]);
    assert_eq!(profile().ok().element("PasswordResetRequired"), "true", "{}", root.events("s"));
    root.update("s", &template(", LoginProfile: {Password: 'Second-pass-2'}"), &[]).ok();
    assert_eq!(profile().ok().element("PasswordResetRequired"), "false");
    root.update("s", &template(""), &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE", "{}", root.events("s"));
    assert_eq!(profile().status, 404);
    root.update("s", &first, &[]).ok();
    root.delete("s", &[]).ok();
    assert!(root.iam("ListUsers", &[]).ok().elements("UserName").is_empty());
    // What IAM refuses is the resource's failure.
    root.create("t", &template(", LoginProfile: {Password: ''}"), &[]).ok();
    assert_eq!(root.status("t"), "ROLLBACK_COMPLETE", "{}", root.events("t"));
}

#[test]
fn a_bucket_has_the_access_control_list_of_its_template() {
    let server = Server::start();
    let root = server.root();
    let template = |rest: &str| {
        format!(
            "Resources: {{B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: listed{rest}}}}}}}"
        )
    };
    let open = ", OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}, PublicAccessBlockConfiguration: {BlockPublicAcls: false}";
    let acl = || root.s3("GET", "/listed?acl", "").ok();
    root.create("s", &template(&format!(", AccessControl: PublicRead{open}")), &[]).ok();
    assert_eq!(root.status("s"), "CREATE_COMPLETE", "{}", root.events("s"));
    assert!(acl().body.contains("AllUsers"), "{}", acl().body);
    root.update("s", &template(&format!(", AccessControl: AuthenticatedRead{open}")), &[]).ok();
    assert!(acl().body.contains("AuthenticatedUsers"), "{} {}", acl().body, root.events("s"));
    root.update("s", &template(""), &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE", "{}", root.events("s"));
    assert!(!acl().body.contains("AuthenticatedUsers"), "{}", acl().body);
    root.delete("s", &[]).ok();
    // Lists that ownership does not let be are refused as S3 refuses them.
    root.create("t", &template(", AccessControl: PublicRead"), &[]).ok();
    let events = root.events("t");
    assert!(events.contains("Bucket cannot have ACLs set with ObjectOwnership"), "{events}");
}
