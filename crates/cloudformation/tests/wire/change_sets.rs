//! Change sets, from the proposal to the stack.

use expect_test::expect;

use crate::common::{Answer, Client, Server, Stacks as _, without_ids};
use crate::stacks::TWO;

fn propose(client: &Client<'_>, stack: &str, name: &str, kind: &str) -> Answer {
    client.cfn(
        "CreateChangeSet",
        &[
            ("StackName", stack),
            ("ChangeSetName", name),
            ("ChangeSetType", kind),
            ("TemplateBody", TWO),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
        ],
    )
}

fn execute(server: &Server, id: &str) -> Answer {
    let answer = server.root().cfn("ExecuteChangeSet", &[("ChangeSetName", id)]);
    server.work();
    answer
}

#[test]
fn a_change_set_shows_what_a_stack_would_be() {
    let server = Server::start();
    let root = server.root();
    propose(&root, "s", "c", "CREATE").ok();
    assert_eq!(root.status("s"), "REVIEW_IN_PROGRESS");
    assert!(root.iam("ListRoles", &[]).ok().elements("RoleName").is_empty());
    let parameters =
        [("StackName", "s"), ("ChangeSetName", "c"), ("IncludePropertyValues", "true")];
    expect![[r#"
        <ChangeSetName>c</ChangeSetName>
        <ChangeSetId>arn:aws:cloudformation:us-east-1:123456789012:changeSet/c/<uuid></ChangeSetId>
        <StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/s/<uuid></StackId>
        <StackName>s</StackName>
        <Parameters>
        <member>
        <ParameterKey>Purpose</ParameterKey>
        <ParameterValue>reading</ParameterValue></member>
        <member>
        <ParameterKey>Token</ParameterKey>
        <ParameterValue>****</ParameterValue></member></Parameters>
        <CreationTime>2026-01-02T03:04:05.000Z</CreationTime>
        <ExecutionStatus>AVAILABLE</ExecutionStatus>
        <Status>CREATE_COMPLETE</Status>
        <NotificationARNs/>
        <RollbackConfiguration/>
        <Capabilities>
        <member>CAPABILITY_IAM</member></Capabilities>
        <Changes>
        <member>
        <Type>Resource</Type>
        <ResourceChange>
        <Action>Add</Action>
        <LogicalResourceId>Reader</LogicalResourceId>
        <ResourceType>AWS::IAM::Role</ResourceType>
        <Scope/>
        <Details/>
        <AfterContext>{&quot;Properties&quot;:{&quot;AssumeRolePolicyDocument&quot;:{&quot;Version&quot;:&qu
        ot;2012-10-17&quot;,&quot;Statement&quot;:[{&quot;Effect&quot;:&quot;Allow&quot;,&quot;Principal&quo
        t;:{&quot;AWS&quot;:&quot;123456789012&quot;},&quot;Action&quot;:&quot;sts:AssumeRole&quot;}]},&quot
        ;Description&quot;:&quot;for reading, ****&quot;}}</AfterContext></ResourceChange></member>
        <member>
        <Type>Resource</Type>
        <ResourceChange>
        <Action>Add</Action>
        <LogicalResourceId>Rights</LogicalResourceId>
        <ResourceType>AWS::IAM::Policy</ResourceType>
        <Scope/>
        <Details/>
        <AfterContext>{&quot;Properties&quot;:{&quot;PolicyName&quot;:&quot;read&quot;,&quot;PolicyDocument&
        quot;:{&quot;Version&quot;:&quot;2012-10-17&quot;,&quot;Statement&quot;:[{&quot;Effect&quot;:&quot;A
        llow&quot;,&quot;Action&quot;:&quot;s3:*&quot;,&quot;Resource&quot;:&quot;*&quot;}]},&quot;Roles&quo
        t;:[&quot;{{changeSet:KNOWN_AFTER_APPLY}}&quot;]}}</AfterContext></ResourceChange></member></Changes
        >
        <IncludeNestedStacks>false</IncludeNestedStacks>"#]].assert_eq(&root.cfn("DescribeChangeSet", &parameters).result_with(without_ids));
}

#[test]
fn a_change_set_makes_its_stack_once() {
    let server = Server::start();
    let root = server.root();
    let id = propose(&root, "s", "c", "CREATE").ok().element("Id");
    execute(&server, &id).ok();
    expect![[r#"
        s REVIEW_IN_PROGRESS User Initiated
        s CREATE_IN_PROGRESS User Initiated
        Reader CREATE_IN_PROGRESS
        Reader CREATE_IN_PROGRESS Resource creation Initiated
        Reader CREATE_COMPLETE
        Rights CREATE_IN_PROGRESS
        Rights CREATE_IN_PROGRESS Resource creation Initiated
        Rights CREATE_COMPLETE
        s CREATE_COMPLETE"#]]
    .assert_eq(&root.events("s"));
    let described = root.cfn("DescribeStacks", &[("StackName", "s")]).ok();
    assert_eq!(described.element("ChangeSetId"), id);
    assert!(!described.elements("LastUpdatedTime").is_empty());
    let executed = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok();
    assert_eq!(executed.element("ExecutionStatus"), "EXECUTE_COMPLETE");
    assert!(root.cfn("ListChangeSets", &[("StackName", "s")]).ok().elements("member").is_empty());
    assert_eq!(
        execute(&server, &id).error(),
        format!(
            "400 InvalidChangeSetStatus: ChangeSet [{id}] cannot be executed in its current execution status of [EXECUTE_COMPLETE]"
        )
    );
}

#[test]
fn the_others_go_when_one_is_executed() {
    let server = Server::start();
    let root = server.root();
    let first = propose(&root, "s", "first", "CREATE").ok().element("Id");
    let second = propose(&root, "s", "second", "CREATE").ok().element("Id");
    let listed = root.cfn("ListChangeSets", &[("StackName", "s")]).ok();
    assert_eq!(listed.elements("ChangeSetName"), ["first", "second"]);
    execute(&server, &first).ok();
    assert_eq!(
        root.cfn("DescribeChangeSet", &[("ChangeSetName", &second)]).error(),
        format!("404 ChangeSetNotFound: ChangeSet [{second}] does not exist")
    );
}

#[test]
fn a_stack_that_is_only_proposed_is_deleted_at_once() {
    let server = Server::start();
    let root = server.root();
    let id = propose(&root, "s", "c", "CREATE").ok().element("StackId");
    root.delete("s", &[]).ok();
    assert_eq!(root.status(&id), "DELETE_COMPLETE");
    assert_eq!(root.events(&id), "s REVIEW_IN_PROGRESS User Initiated\ns DELETE_COMPLETE");
    assert_eq!(
        root.cfn("DescribeChangeSet", &[("ChangeSetName", "c"), ("StackName", "s")]).error(),
        "400 ValidationError: Stack [s] does not exist"
    );
}

#[test]
fn a_stack_created_in_review_makes_its_change_sets_obsolete() {
    let server = Server::start();
    let root = server.root();
    let id = propose(&root, "s", "c", "CREATE").ok().element("Id");
    root.create("s", TWO, &[]).ok();
    assert_eq!(root.status("s"), "CREATE_COMPLETE");
    let described = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok();
    assert_eq!(described.element("ExecutionStatus"), "OBSOLETE");
    assert!(execute(&server, &id).error().contains("current execution status of [OBSOLETE]"));
}

#[test]
fn an_update_without_changes_says_so() {
    let server = Server::start();
    let root = server.root();
    root.create("s", TWO, &[]).ok();
    let id = propose(&root, "s", "c", "UPDATE").ok().element("Id");
    let described = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok();
    assert_eq!(described.element("Status"), "FAILED");
    assert_eq!(described.element("ExecutionStatus"), "UNAVAILABLE");
    assert_eq!(
        described.element("StatusReason"),
        "The submitted information didn't contain changes. Submit different information to create a change set."
    );
    assert_eq!(
        execute(&server, &id).error(),
        format!(
            "400 InvalidChangeSetStatus: ChangeSet [{id}] cannot be executed in its current status of [FAILED]"
        )
    );
}

#[test]
fn names_of_change_sets_and_stacks_are_refused_in_awss_words() {
    let server = Server::start();
    let root = server.root();
    let describe = |parameters: &[_]| root.cfn("DescribeChangeSet", parameters).error();
    let delete = |parameters: &[_]| root.cfn("DeleteChangeSet", parameters).error();
    assert_eq!(
        describe(&[("ChangeSetName", "c"), ("StackName", "somestack")]),
        "400 ValidationError: Stack [somestack] does not exist"
    );
    assert_eq!(
        delete(&[("ChangeSetName", "c"), ("StackName", "nostack")]),
        "400 ValidationError: Stack [nostack] does not exist"
    );
    assert_eq!(
        delete(&[("ChangeSetName", "c")]),
        "400 ValidationError: StackName must be specified if ChangeSetName is not specified as an ARN."
    );
    root.create("s", TWO, &[]).ok();
    assert_eq!(
        propose(&root, "s", "c", "CREATE").error(),
        "400 ValidationError: Stack [s] already exists and cannot be created again with the changeSet [c]."
    );
    assert_eq!(
        propose(&root, "nostack", "c", "UPDATE").error(),
        "400 ValidationError: Stack [nostack] does not exist"
    );
    propose(&root, "t", "c", "CREATE").ok();
    assert_eq!(
        propose(&root, "t", "c", "CREATE").error(),
        "400 AlreadyExistsException: ChangeSet [c] already exists"
    );
    root.cfn("DeleteChangeSet", &[("ChangeSetName", "c"), ("StackName", "t")]).ok();
    assert_eq!(
        describe(&[("ChangeSetName", "c"), ("StackName", "t")]),
        "404 ChangeSetNotFound: ChangeSet [c] does not exist"
    );
}

#[test]
fn a_change_set_says_for_how_long_its_stack_is_watched() {
    let server = Server::start();
    let root = server.root();
    let named = [("StackName", "s"), ("ChangeSetName", "c")];
    let mut parameters = named.to_vec();
    parameters.extend([
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", "Resources: {G: {Type: AWS::IAM::Group}}"),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
        ("RollbackConfiguration.MonitoringTimeInMinutes", "1"),
    ]);
    root.cfn("CreateChangeSet", &parameters).ok();
    let described = root.cfn("DescribeChangeSet", &named).ok();
    assert_eq!(described.element("MonitoringTimeInMinutes"), "1");
    root.cfn("ExecuteChangeSet", &named).ok();
    server.work();
    assert_eq!(root.status("s"), "CREATE_IN_PROGRESS");
    server.pass(60);
    server.work();
    assert_eq!(root.status("s"), "CREATE_COMPLETE");
}
