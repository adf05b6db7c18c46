//! Updates: in place, by replacement, of what is left out; their failures and their ways back.

use expect_test::expect;

use crate::common::{Client, Server, Stacks as _, statement};
use crate::stacks::TWO;

/// The events of an update alone.
fn updated(events: &str) -> String {
    let mut lines = events.lines().skip_while(|line| !line.contains(" UPDATE_IN_PROGRESS User"));
    lines.next();
    lines.collect::<Vec<_>>().join("\n")
}

fn group(properties: &str) -> String {
    format!("Resources:\n  G: {{Type: AWS::IAM::Group, Properties: {properties}}}\n")
}

#[test]
fn a_resource_is_updated_in_place() {
    let server = Server::start();
    let root = server.root();
    root.create("s", TWO, &[]).ok();
    let before = root.iam("ListRoles", &[]).ok().element("RoleId");
    let purpose = [
        ("Parameters.member.1.ParameterKey", "Purpose"),
        ("Parameters.member.1.ParameterValue", "writing"),
        ("Parameters.member.2.ParameterKey", "Token"),
        ("Parameters.member.2.UsePreviousValue", "true"),
    ];
    root.update("s", TWO, &purpose).ok();
    expect![[r#"
        Reader UPDATE_IN_PROGRESS
        Reader UPDATE_COMPLETE
        s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        s UPDATE_COMPLETE"#]]
    .assert_eq(&updated(&root.events("s")));
    let role = root.iam("ListRoles", &[]).ok();
    assert_eq!(role.element("RoleId"), before);
    assert_eq!(role.element("Description"), "for writing, none");
    let described = root.cfn("DescribeStacks", &[("StackName", "s")]).ok();
    assert!(described.body.contains("<ParameterValue>writing</ParameterValue>"));
    assert!(!described.elements("LastUpdatedTime").is_empty());
}

#[test]
fn an_update_that_changes_nothing_is_refused() {
    let server = Server::start();
    let root = server.root();
    root.create("s", TWO, &[]).ok();
    let refused = "400 ValidationError: No updates are to be performed.";
    assert_eq!(root.update("s", TWO, &[]).error(), refused);
    let previous = [
        ("StackName", "s"),
        ("UsePreviousTemplate", "true"),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
    ];
    assert_eq!(root.cfn("UpdateStack", &previous).error(), refused);
    assert_eq!(
        root.update("t", TWO, &[]).error(),
        "400 ValidationError: Stack with id t does not exist"
    );
}

#[test]
fn a_resource_is_replaced_and_what_refers_to_it_follows() {
    let server = Server::start();
    let root = server.root();
    root.create("s", TWO, &[]).ok();
    let before = root.iam("ListRoles", &[]).ok().element("RoleName");
    let template = TWO.replace("Description: !Sub", "Path: /app/\n      Description: !Sub");
    root.update("s", &template, &[]).ok();
    expect![[r#"
        Reader UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.
        Reader UPDATE_IN_PROGRESS Resource creation Initiated
        Reader UPDATE_COMPLETE
        Rights UPDATE_IN_PROGRESS
        Rights UPDATE_COMPLETE
        s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        Reader DELETE_IN_PROGRESS
        Reader DELETE_COMPLETE
        s UPDATE_COMPLETE"#]]
    .assert_eq(&updated(&root.events("s")));
    let roles = root.iam("ListRoles", &[]).ok().elements("RoleName");
    assert_eq!(roles.len(), 1);
    assert_ne!(roles, [before]);
    let policies = root.iam("ListRolePolicies", &[("RoleName", &roles[0])]).ok();
    assert_eq!(policies.elements("member"), ["read"]);
    let output = root.cfn("DescribeStacks", &[("StackName", "s")]).ok().element("OutputValue");
    assert!(output.contains(":role/app/"), "{output}");
    root.delete("s", &[]).ok();
    assert!(root.iam("ListRoles", &[]).ok().elements("RoleName").is_empty());
}

#[test]
fn what_the_template_leaves_out_is_deleted_and_what_it_adds_is_made() {
    let server = Server::start();
    let root = server.root();
    let kept = "Resources:\n  K: {Type: AWS::IAM::Group, DeletionPolicy: Retain}\n  G: {Type: AWS::IAM::Group}\n";
    root.create("s", kept, &[]).ok();
    root.update("s", "Resources: {N: {Type: AWS::IAM::User}}", &[]).ok();
    expect![[r#"
        N CREATE_IN_PROGRESS
        N CREATE_IN_PROGRESS Resource creation Initiated
        N CREATE_COMPLETE
        s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        G DELETE_IN_PROGRESS
        G DELETE_COMPLETE
        K DELETE_SKIPPED
        s UPDATE_COMPLETE"#]]
    .assert_eq(&updated(&root.events("s")));
    assert_eq!(root.iam("ListGroups", &[]).ok().elements("GroupName").len(), 1);
    let listed = root.cfn("ListStackResources", &[("StackName", "s")]).ok();
    assert_eq!(listed.elements("LogicalResourceId"), ["N"]);
}

#[test]
fn a_replaced_resource_is_kept_where_its_policy_says_so() {
    let server = Server::start();
    let root = server.root();
    root.create("s", &group("{GroupName: one}"), &[]).ok();
    let template =
        group("{GroupName: two}").replace("Properties", "UpdateReplacePolicy: Retain, Properties");
    root.update("s", &template, &[]).ok();
    assert_eq!(root.iam("ListGroups", &[]).ok().elements("GroupName"), ["one", "two"]);
    assert!(root.events("s").contains("G DELETE_SKIPPED"));
}

#[test]
fn a_failed_update_goes_back_to_what_was() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[("UserName", "taken")]).ok();
    let old = "Resources:\n  G: {Type: AWS::IAM::Group}\n  H: {Type: AWS::IAM::Group, Properties: {GroupName: one}}\n  A: {Type: AWS::IAM::Group, DependsOn: [G, H]}\n";
    let new = "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {Path: /app/}}\n  H: {Type: AWS::IAM::Group, Properties: {GroupName: two}}\n  N: {Type: AWS::IAM::User, DependsOn: [G, H]}\n  U: {Type: AWS::IAM::User, DependsOn: N, Properties: {UserName: taken}}\n";
    root.create("s", old, &[]).ok();
    root.update("s", new, &[]).ok();
    expect![[r#"
        G UPDATE_IN_PROGRESS
        H UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.
        H UPDATE_IN_PROGRESS Resource creation Initiated
        G UPDATE_COMPLETE
        H UPDATE_COMPLETE
        N CREATE_IN_PROGRESS
        N CREATE_IN_PROGRESS Resource creation Initiated
        N CREATE_COMPLETE
        U CREATE_IN_PROGRESS
        U CREATE_FAILED Resource handler returned message: "Resource of type 'AWS::IAM::User' with identifier 'taken' already exists." (RequestToken: <uuid>, HandlerErrorCode: AlreadyExists)
        s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [U]. 
        G UPDATE_IN_PROGRESS
        H UPDATE_IN_PROGRESS
        H UPDATE_COMPLETE
        G UPDATE_COMPLETE
        s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        N DELETE_IN_PROGRESS
        N DELETE_COMPLETE
        H DELETE_IN_PROGRESS
        H DELETE_COMPLETE
        s UPDATE_ROLLBACK_COMPLETE"#]]
    .assert_eq(&updated(&root.events("s")));
    let groups = root.iam("ListGroups", &[]).ok();
    assert_eq!(groups.elements("Path"), ["/", "/", "/"]);
    assert!(groups.elements("GroupName").contains(&"one".to_owned()));
    assert_eq!(root.iam("ListUsers", &[]).ok().elements("UserName"), ["taken"]);
    let template = root.cfn("GetTemplate", &[("StackName", "s")]).ok().element("TemplateBody");
    assert!(!template.contains("taken"), "{template}");
    // It may be updated again.
    root.update("s", &new.replace("taken", "free"), &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE");
}

#[test]
fn what_needs_nothing_of_each_other_goes_back_together() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[("UserName", "taken")]).ok();
    let old = "Resources:\n  A: {Type: AWS::IAM::Group}\n  B: {Type: AWS::IAM::Group}\n  C: {Type: AWS::IAM::Group, DependsOn: A}\n";
    let path = "Type: AWS::IAM::Group, Properties: {Path: /app/}";
    let new = old.replace("Type: AWS::IAM::Group", path)
        + "  U: {Type: AWS::IAM::User, DependsOn: [A, B, C], Properties: {UserName: taken}}\n";
    root.create("s", old, &[]).ok();
    root.update("s", &new, &[]).ok();
    let events = updated(&root.events("s"));
    let (_, back) = events.split_once("failed to create: [U]. \n").unwrap();
    expect![[r#"
        A UPDATE_IN_PROGRESS
        B UPDATE_IN_PROGRESS
        A UPDATE_COMPLETE
        B UPDATE_COMPLETE
        C UPDATE_IN_PROGRESS
        C UPDATE_COMPLETE
        s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        s UPDATE_ROLLBACK_COMPLETE"#]]
    .assert_eq(back);
    assert_eq!(root.iam("ListGroups", &[]).ok().elements("Path"), ["/", "/", "/"]);
}

#[test]
fn a_custom_named_resource_is_not_replaced_under_its_name() {
    let server = Server::start();
    let root = server.root();
    let role =
        TWO.replace("Properties:\n      Assume", "Properties:\n      RoleName: mine\n      Assume");
    root.create("s", &role, &[]).ok();
    root.update("s", &role.replace("RoleName: mine", "RoleName: mine\n      Path: /app/"), &[])
        .ok();
    let events = root.events("s");
    let reason = "Reader UPDATE_FAILED CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename mine and update the stack again.";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("s"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn an_update_without_rollback_rests_and_is_rolled_back_when_asked() {
    let server = Server::start();
    let root = server.root();
    let old = group("{GroupName: one}");
    let new = group("{GroupName: two}")
        + "  U: {Type: AWS::IAM::User, DependsOn: G, Properties: {ManagedPolicyArns: [arn:aws:iam::aws:policy/No]}}\n";
    root.create("s", &old, &[]).ok();
    root.update("s", &new, &[("DisableRollback", "true")]).ok();
    assert_eq!(root.status("s"), "UPDATE_FAILED");
    assert_eq!(root.iam("ListGroups", &[]).ok().elements("GroupName"), ["one", "two"]);
    root.cfn("RollbackStack", &[("StackName", "s")]).ok();
    server.work();
    assert_eq!(root.status("s"), "UPDATE_ROLLBACK_COMPLETE", "{}", root.events("s"));
    assert_eq!(root.iam("ListGroups", &[]).ok().elements("GroupName"), ["one"]);
    assert!(root.iam("ListUsers", &[]).ok().elements("UserName").is_empty());
    // Or it is deleted, with what was put aside.
    root.update("s", &new, &[("DisableRollback", "true")]).ok();
    root.delete("s", &[]).ok();
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
}

#[test]
fn a_rollback_that_fails_goes_on_when_it_can_or_skips() {
    for skip in [false, true] {
        let server = Server::start();
        let allowed = ["cloudformation:*", "iam:*"];
        let user = server.user("u", &allowed);
        let root = server.root();
        root.iam("CreateUser", &[("UserName", "taken")]).ok();
        user.create("s", &group("{GroupName: one}"), &[]).ok();
        let policy = "{PolicyName: p, PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}";
        let new = group(&format!("{{GroupName: one, Policies: [{policy}]}}"))
            + "  U: {Type: AWS::IAM::User, DependsOn: G, Properties: {UserName: taken}}\n";
        let deny = statement("Deny", &["iam:DeleteGroupPolicy"], "*");
        let parameters = [("UserName", "u"), ("PolicyName", "deny"), ("PolicyDocument", &deny)];
        root.iam("PutUserPolicy", &parameters).ok();
        user.update("s", &new, &[]).ok();
        assert_eq!(user.status("s"), "UPDATE_ROLLBACK_FAILED", "{}", user.events("s"));
        let named = [("StackName", "s")];
        assert!(
            user.cfn("UpdateStack", &[("StackName", "s"), ("UsePreviousTemplate", "true")])
                .error()
                .contains("is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
        );
        if skip {
            let skipped = [("StackName", "s"), ("ResourcesToSkip.member.1", "G")];
            user.cfn("ContinueUpdateRollback", &skipped).ok();
        } else {
            root.iam("DeleteUserPolicy", &[("UserName", "u"), ("PolicyName", "deny")]).ok();
            user.cfn("ContinueUpdateRollback", &named).ok();
        }
        server.work();
        assert_eq!(user.status("s"), "UPDATE_ROLLBACK_COMPLETE", "{}", user.events("s"));
        let left = root.iam("ListGroupPolicies", &[("GroupName", "one")]).ok();
        assert_eq!(left.elements("member").len(), usize::from(skip));
    }
}

#[test]
fn an_update_is_cancelled() {
    let server = Server::start();
    let root = server.root();
    root.create("s", &group("{Path: /one/}"), &[]).ok();
    let cancel = || root.cfn("CancelUpdateStack", &[("StackName", "s")]);
    assert_eq!(
        cancel().error(),
        "400 ValidationError: CancelUpdateStack cannot be called from current stack status"
    );
    let two = group("{Path: /two/}");
    root.cfn(
        "UpdateStack",
        &[("StackName", "s"), ("TemplateBody", &two), ("Capabilities.member.1", "CAPABILITY_IAM")],
    )
    .ok();
    assert!(root.delete("s", &[]).status == 400 || root.status("s") == "UPDATE_COMPLETE");
    root.cfn(
        "UpdateStack",
        &[
            ("StackName", "s"),
            ("TemplateBody", &group("{Path: /three/}")),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
        ],
    )
    .ok();
    cancel().ok();
    server.work();
    assert_eq!(root.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(root.iam("ListGroups", &[]).ok().element("Path"), "/two/");
}

#[test]
fn a_stack_policy_protects_what_it_does_not_allow() {
    let server = Server::start();
    let root = server.root();
    let policy = r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}, {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*", "Resource": "LogicalResourceId/G"}]}"#;
    root.create("s", &group("{GroupName: one}"), &[("StackPolicyBody", policy)]).ok();
    let shown = root.cfn("GetStackPolicy", &[("StackName", "s")]).ok();
    assert_eq!(shown.element("StackPolicyBody"), policy);
    root.update("s", &group("{GroupName: two}"), &[]).ok();
    let events = root.events("s");
    let reason = "G UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/G];";
    assert!(events.contains(reason), "{events}");
    root.update("s", "Resources: {H: {Type: AWS::IAM::Group}}", &[]).ok();
    assert!(root.events("s").contains("[Update:Delete]"), "{}", root.events("s"));
    assert_eq!(root.iam("ListGroups", &[]).ok().elements("GroupName"), ["one"]);
    root.update("s", &group("{GroupName: one, Path: /app/}"), &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE");
    let open = r#"{"Statement": {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}}"#;
    root.update("s", &group("{GroupName: two}"), &[("StackPolicyDuringUpdateBody", open)]).ok();
    assert_eq!(root.iam("ListGroups", &[]).ok().elements("GroupName"), ["two"]);
    let bad = [("StackName", "s"), ("StackPolicyBody", "[]")];
    assert_eq!(
        root.cfn("SetStackPolicy", &bad).error(),
        "400 ValidationError: Error validating stack policy: Invalid stack policy"
    );
}

#[test]
fn the_tags_of_a_stack_flow_to_its_resources() {
    let server = Server::start();
    let root = server.root();
    root.create("s", TWO, &[("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "1")]).ok();
    let tags = [("Tags.member.1.Key", "b"), ("Tags.member.1.Value", "2")];
    root.update("s", TWO, &tags).ok();
    let name = root.iam("ListRoles", &[]).ok().element("RoleName");
    let tags = root.iam("ListRoleTags", &[("RoleName", &name)]).ok();
    assert_eq!(
        (tags.elements("Key"), tags.elements("Value")),
        (vec!["b".into()], vec!["2".into()])
    );
}

#[test]
fn an_export_in_use_is_neither_changed_nor_taken_away() {
    let server = Server::start();
    let root = server.root();
    let exporting = |output: &str| format!("{}Outputs: {{{output}}}", group("{GroupName: one}"));
    root.create("s", &exporting("O: {Value: a, Export: {Name: shared}}"), &[]).ok();
    let importer =
        "Resources: {G: {Type: AWS::IAM::Group, Properties: {GroupName: !ImportValue shared}}}";
    root.create("t", importer, &[]).ok();
    for (output, what) in
        [("O: {Value: b, Export: {Name: shared}}", "updated"), ("P: {Value: a}", "deleted")]
    {
        root.update("s", &exporting(output), &[]).ok();
        let events = root.events("s");
        let reason = format!("Export shared cannot be {what} as it is in use by t");
        assert!(events.contains(&reason), "{events}");
        assert_eq!(root.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    }
    root.update("t", &importer.replace("!ImportValue shared", "free"), &[]).ok();
    root.update("s", &exporting("O: {Value: b, Export: {Name: shared}}"), &[]).ok();
    let exports = root.cfn("ListExports", &[]).ok();
    assert_eq!(exports.elements("Value"), ["b"]);
}

/// Proposes another path and another description for the role of `TWO`.
fn propose_path(root: &Client<'_>) -> String {
    root.create("s", TWO, &[]).ok();
    let template = TWO.replace("Description: !Sub", "Path: /app/\n      Description: !Sub");
    let parameters = [
        ("StackName", "s"),
        ("ChangeSetName", "c"),
        ("TemplateBody", template.as_str()),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
        ("Parameters.member.1.ParameterKey", "Purpose"),
        ("Parameters.member.1.ParameterValue", "writing"),
    ];
    root.cfn("CreateChangeSet", &parameters).ok().element("Id")
}

#[test]
fn a_change_set_tells_what_an_update_changes_and_why() {
    let server = Server::start();
    let root = server.root();
    let id = propose_path(&root);
    let described = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok().body;
    let changes = described.split("<Changes>").nth(1).unwrap_or_default();
    let changes = changes.split("</Changes>").next().unwrap_or_default();
    expect![[r#"
        <member>
        <Type>Resource</Type>
        <ResourceChange>
        <PolicyAction>ReplaceAndDelete</PolicyAction>
        <Action>Modify</Action>
        <LogicalResourceId>Reader</LogicalResourceId>
        <PhysicalResourceId>s-Reader-<12></PhysicalResourceId>
        <ResourceType>AWS::IAM::Role</ResourceType>
        <Replacement>True</Replacement>
        <Scope>
        <member>Properties</member></Scope>
        <Details>
        <member>
        <Target>
        <Attribute>Properties</Attribute>
        <Name>Description</Name>
        <RequiresRecreation>Never</RequiresRecreation></Target>
        <Evaluation>Static</Evaluation>
        <ChangeSource>ParameterReference</ChangeSource>
        <CausingEntity>Purpose</CausingEntity></member>
        <member>
        <Target>
        <Attribute>Properties</Attribute>
        <Name>Path</Name>
        <RequiresRecreation>Always</RequiresRecreation></Target>
        <Evaluation>Static</Evaluation>
        <ChangeSource>DirectModification</ChangeSource></member>
        <member>
        <Target>
        <Attribute>Properties</Attribute>
        <Name>Description</Name>
        <RequiresRecreation>Never</RequiresRecreation></Target>
        <Evaluation>Dynamic</Evaluation>
        <ChangeSource>DirectModification</ChangeSource></member></Details></ResourceChange></member>
        <member>
        <Type>Resource</Type>
        <ResourceChange>
        <Action>Modify</Action>
        <LogicalResourceId>Rights</LogicalResourceId>
        <PhysicalResourceId>s-Righ-<12></PhysicalResourceId>
        <ResourceType>AWS::IAM::Policy</ResourceType>
        <Replacement>False</Replacement>
        <Scope>
        <member>Properties</member></Scope>
        <Details>
        <member>
        <Target>
        <Attribute>Properties</Attribute>
        <Name>Roles</Name>
        <RequiresRecreation>Never</RequiresRecreation></Target>
        <Evaluation>Static</Evaluation>
        <ChangeSource>ResourceReference</ChangeSource>
        <CausingEntity>Reader</CausingEntity></member></Details></ResourceChange></member>"#]]
    .assert_eq(&crate::common::without_ids(&changes.replace("><", ">\n<").replace(">\n</", "></")));
}

#[test]
fn a_change_set_makes_an_update() {
    let server = Server::start();
    let root = server.root();
    let id = propose_path(&root);
    root.cfn("ExecuteChangeSet", &[("ChangeSetName", &id)]).ok();
    server.work();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE");
    let executed = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok();
    assert_eq!(executed.element("ExecutionStatus"), "EXECUTE_COMPLETE");
    assert_eq!(root.iam("ListRoles", &[]).ok().element("Path"), "/app/");
}

#[test]
fn the_type_of_a_resource_cannot_be_changed() {
    let server = Server::start();
    let root = server.root();
    root.create("s", &group("{}"), &[]).ok();
    assert_eq!(
        root.update("s", "Resources: {G: {Type: AWS::IAM::User}}", &[]).error(),
        "400 ValidationError: Update of resource type is not permitted. The new template modifies resource type of the following resources: [G]"
    );
}
