//! Stacks from outside: made, described, listed.

use expect_test::expect;

use crate::common::{Server, Stacks as _, without_ids};

/// A role and a policy of its own, as a beginner writes them.
pub const TWO: &str = r#"
AWSTemplateFormatVersion: 2010-09-09
Description: A role and what it may do
Parameters:
  Purpose: {Type: String, Default: reading}
  Token: {Type: String, NoEcho: true, Default: none}
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sts:AssumeRole}]
      Description: !Sub "for ${Purpose}, ${Token}"
  Rights:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: read
      PolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: s3:*, Resource: "*"}]
      Roles: [!Ref Reader]
Outputs:
  Arn: {Value: !GetAtt Reader.Arn, Description: Its ARN}
"#;

#[test]
fn a_stack_makes_its_resources_in_order_and_tells_of_each() {
    let server = Server::start();
    let root = server.root();
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let id = root.create("first", TWO, &tag).ok().element("StackId");
    assert_eq!(
        without_ids(&id),
        "arn:aws:cloudformation:us-east-1:123456789012:stack/first/<uuid>"
    );
    expect![[r#"
        first CREATE_IN_PROGRESS User Initiated
        Reader CREATE_IN_PROGRESS
        Reader CREATE_IN_PROGRESS Resource creation Initiated
        Reader CREATE_COMPLETE
        Rights CREATE_IN_PROGRESS
        Rights CREATE_IN_PROGRESS Resource creation Initiated
        Rights CREATE_COMPLETE
        first CREATE_COMPLETE"#]]
    .assert_eq(&root.events("first"));
    expect![[r#"
        <Stacks>
        <member>
        <StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/first/<uuid></StackId>
        <StackName>first</StackName>
        <Description>A role and what it may do</Description>
        <Parameters>
        <member>
        <ParameterKey>Purpose</ParameterKey>
        <ParameterValue>reading</ParameterValue></member>
        <member>
        <ParameterKey>Token</ParameterKey>
        <ParameterValue>****</ParameterValue></member></Parameters>
        <CreationTime>2026-01-02T03:04:05.000Z</CreationTime>
        <RollbackConfiguration/>
        <StackStatus>CREATE_COMPLETE</StackStatus>
        <DisableRollback>false</DisableRollback>
        <NotificationARNs/>
        <Capabilities>
        <member>CAPABILITY_NAMED_IAM</member></Capabilities>
        <Outputs>
        <member>
        <OutputKey>Arn</OutputKey>
        <OutputValue>arn:aws:iam::123456789012:role/first-Reader-<12></OutputValue>
        <Description>Its ARN</Description></member></Outputs>
        <Tags>
        <member>
        <Key>team</Key>
        <Value>blue</Value></member></Tags>
        <EnableTerminationProtection>false</EnableTerminationProtection>
        <DriftInformation>
        <StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation></member></Stacks>"#]]
    .assert_eq(&root.cfn("DescribeStacks", &[("StackName", &id)]).result_with(without_ids));
}

#[test]
fn each_event_has_an_id_and_a_time_of_its_own() {
    let server = Server::start();
    let root = server.root();
    root.create("first", TWO, &[]).ok();
    let answer = root.cfn("DescribeStackEvents", &[("StackName", "first")]).ok();
    for element in ["EventId", "Timestamp"] {
        let mut ids = answer.elements(element);
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "{element}");
    }
    let id = answer.elements("EventId");
    assert!(id.iter().any(|id| id == "Reader-CREATE_COMPLETE-2026-01-02T03:04:05.003Z"), "{id:?}");
}

#[test]
fn the_values_of_noecho_are_shown_nowhere() {
    let server = Server::start();
    let root = server.root();
    let given = [
        ("Parameters.member.1.ParameterKey", "Token"),
        ("Parameters.member.1.ParameterValue", "hush"),
    ];
    root.create("first", TWO, &given).ok();
    for operation in ["DescribeStacks", "DescribeStackEvents", "DescribeStackResources"] {
        let answer = root.cfn(operation, &[("StackName", "first")]).ok();
        assert!(!answer.body.contains("hush"), "{operation}: {}", answer.body);
    }
    let events = root.cfn("DescribeStackEvents", &[("StackName", "first")]).ok();
    assert!(events.body.contains("for reading, ****"), "{}", events.body);
    let role = root
        .cfn("DescribeStackResource", &[("StackName", "first"), ("LogicalResourceId", "Reader")]);
    let role = root.iam("GetRole", &[("RoleName", &role.ok().element("PhysicalResourceId"))]);
    assert_eq!(role.ok().element("Description"), "for reading, hush");
    // Nor do they stand in the clear in the records of stacks.
    let tables = |tag: u16| store::KeyRange::prefix(tag.to_be_bytes());
    for tag in gateway::tables::CLOUDFORMATION..gateway::tables::CLOUDFORMATION + 100 {
        let rows = server.gateway.store().read(|tx| tx.scan(tables(tag), 1000)).unwrap().unwrap();
        for (key, value) in rows {
            let clear = value.windows(4).any(|window| window == b"hush");
            assert!(!clear, "table {tag}: {key:?}");
        }
    }
}

#[test]
fn resources_are_listed_with_their_physical_ids() {
    let server = Server::start();
    let root = server.root();
    root.create("first", TWO, &[]).ok();
    expect![[r#"
        <StackResourceSummaries>
        <member>
        <LogicalResourceId>Reader</LogicalResourceId>
        <PhysicalResourceId>first-Reader-<12></PhysicalResourceId>
        <ResourceType>AWS::IAM::Role</ResourceType>
        <LastUpdatedTimestamp>2026-01-02T03:04:05.003Z</LastUpdatedTimestamp>
        <ResourceStatus>CREATE_COMPLETE</ResourceStatus>
        <DriftInformation>
        <StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus></DriftInformation></member>
        <member>
        <LogicalResourceId>Rights</LogicalResourceId>
        <PhysicalResourceId>first-Righ-<12></PhysicalResourceId>
        <ResourceType>AWS::IAM::Policy</ResourceType>
        <LastUpdatedTimestamp>2026-01-02T03:04:05.006Z</LastUpdatedTimestamp>
        <ResourceStatus>CREATE_COMPLETE</ResourceStatus>
        <DriftInformation>
        <StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus></DriftInformation></member></StackR
        esourceSummaries>"#]].assert_eq(&root.cfn("ListStackResources", &[("StackName", "first")]).result_with(without_ids));
    expect![[r#"
        <StackResourceDetail>
        <StackName>first</StackName>
        <StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/first/<uuid></StackId>
        <LogicalResourceId>Reader</LogicalResourceId>
        <PhysicalResourceId>first-Reader-<12></PhysicalResourceId>
        <ResourceType>AWS::IAM::Role</ResourceType>
        <LastUpdatedTimestamp>2026-01-02T03:04:05.003Z</LastUpdatedTimestamp>
        <ResourceStatus>CREATE_COMPLETE</ResourceStatus>
        <Metadata>{}</Metadata>
        <DriftInformation>
        <StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus></DriftInformation></StackResourceDe
        tail>"#]].assert_eq(
        &root
            .cfn(
                "DescribeStackResource",
                &[("StackName", "first"), ("LogicalResourceId", "Reader")],
            )
            .result_with(without_ids),
    );
    let rights = root
        .cfn("DescribeStackResources", &[("StackName", "first"), ("LogicalResourceId", "Rights")]);
    let id = rights.ok().element("PhysicalResourceId");
    let holder = root.cfn("DescribeStackResources", &[("PhysicalResourceId", &id)]).ok();
    assert_eq!(holder.elements("LogicalResourceId"), ["Reader", "Rights"]);
}

#[test]
fn the_template_is_answered_as_it_was_given() {
    let server = Server::start();
    let root = server.root();
    root.create("first", TWO, &[]).ok();
    let answer = root.cfn("GetTemplate", &[("StackName", "first")]).ok();
    assert_eq!(answer.element("TemplateBody"), TWO);
    assert_eq!(
        answer.elements("StagesAvailable"),
        ["<member>Original</member><member>Processed</member>"]
    );
    expect![[r#"
        <Parameters>
        <member>
        <ParameterKey>Purpose</ParameterKey>
        <DefaultValue>reading</DefaultValue>
        <ParameterType>String</ParameterType>
        <NoEcho>false</NoEcho>
        <ParameterConstraints/></member>
        <member>
        <ParameterKey>Token</ParameterKey>
        <DefaultValue>none</DefaultValue>
        <ParameterType>String</ParameterType>
        <NoEcho>true</NoEcho>
        <ParameterConstraints/></member></Parameters>
        <Description>A role and what it may do</Description>
        <Capabilities>
        <member>CAPABILITY_IAM</member></Capabilities>
        <CapabilitiesReason>The following resource(s) require capabilities: [AWS::IAM::Role, AWS::IAM::Polic
        y]</CapabilitiesReason>
        <ResourceTypes>
        <member>AWS::IAM::Role</member>
        <member>AWS::IAM::Policy</member></ResourceTypes>
        <Version>2010-09-09</Version>
        <ResourceIdentifierSummaries>
        <member>
        <ResourceType>AWS::IAM::Role</ResourceType>
        <LogicalResourceIds>
        <member>Reader</member></LogicalResourceIds>
        <ResourceIdentifiers>
        <member>RoleName</member></ResourceIdentifiers></member>
        <member>
        <ResourceType>AWS::IAM::Policy</ResourceType>
        <LogicalResourceIds>
        <member>Rights</member></LogicalResourceIds>
        <ResourceIdentifiers>
        <member>Id</member></ResourceIdentifiers></member></ResourceIdentifierSummaries>"#]].assert_eq(&root.cfn("GetTemplateSummary", &[("StackName", "first")]).result_with(without_ids));
    expect![[r#"
        <Parameters>
        <member>
        <ParameterKey>Purpose</ParameterKey>
        <DefaultValue>reading</DefaultValue>
        <NoEcho>false</NoEcho></member>
        <member>
        <ParameterKey>Token</ParameterKey>
        <DefaultValue>none</DefaultValue>
        <NoEcho>true</NoEcho></member></Parameters>
        <Description>A role and what it may do</Description>
        <Capabilities>
        <member>CAPABILITY_IAM</member></Capabilities>
        <CapabilitiesReason>The following resource(s) require capabilities: [AWS::IAM::Role, AWS::IAM::Polic
        y]</CapabilitiesReason>"#]].assert_eq(&root.cfn("ValidateTemplate", &[("TemplateBody", TWO)]).result_with(without_ids));
}

#[test]
fn a_repeated_token_makes_no_second_stack() {
    let server = Server::start();
    let root = server.root();
    let token = [("ClientRequestToken", "once")];
    let first = root.create("first", TWO, &token).ok().element("StackId");
    assert_eq!(root.create("first", TWO, &token).ok().element("StackId"), first);
    assert_eq!(
        root.create("first", TWO, &[("ClientRequestToken", "twice")]).error(),
        "400 AlreadyExistsException: Stack [first] already exists"
    );
    assert_eq!(
        root.delete("first", &token).error(),
        "400 TokenAlreadyExistsException: A client request token already exists."
    );
}

#[test]
fn stacks_are_listed_newest_first_and_of_their_region_only() {
    let server = Server::start();
    let root = server.root();
    for name in ["a", "b", "c"] {
        server.pass(1);
        root.create(name, TWO, &[]).ok();
    }
    root.in_region("eu-west-1").create("d", TWO, &[]).ok();
    root.delete("b", &[]).ok();
    let names =
        |operation, parameters: &[_]| root.cfn(operation, parameters).ok().elements("StackName");
    assert_eq!(names("DescribeStacks", &[]), ["c", "a"]);
    assert_eq!(names("ListStacks", &[]), ["c", "b", "a"]);
    let deleted = [("StackStatusFilter.member.1", "DELETE_COMPLETE")];
    assert_eq!(names("ListStacks", &deleted), ["b"]);
    let elsewhere = root.in_region("eu-west-1").cfn("DescribeStacks", &[]).ok();
    assert_eq!(elsewhere.elements("StackName"), ["d"]);
}

#[test]
fn events_come_in_pages() {
    let server = Server::start();
    let root = server.root();
    let mut template = "Resources:\n".to_owned();
    for at in 0..40 {
        template.push_str(&format!("  G{at}: {{Type: AWS::IAM::Group}}\n"));
    }
    root.create("many", &template, &[]).ok();
    let first = root.cfn("DescribeStackEvents", &[("StackName", "many")]).ok();
    assert_eq!(first.elements("EventId").len(), 100);
    let next = [("StackName", "many"), ("NextToken", &first.element("NextToken"))];
    let second = root.cfn("DescribeStackEvents", &next).ok();
    assert_eq!(second.elements("EventId").len(), 22);
    assert!(second.elements("NextToken").is_empty(), "{}", second.body);
}

#[test]
fn events_are_told_of_one_operation_and_of_failures_alone() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {Nonsense: 1}}\n";
    root.create("s", template, &[]).ok();
    root.delete("s", &[]).ok();
    let id = root.cfn("ListStacks", &[]).ok().element("StackId");
    let all = root.cfn("DescribeEvents", &[("StackName", &id)]).ok();
    assert_eq!(all.elements("OperationType").first().map(String::as_str), Some("DELETE_STACK"));
    let operations = all.elements("OperationId");
    let first = operations.last().unwrap();
    let created = root.cfn("DescribeEvents", &[("OperationId", first)]).ok();
    assert!(created.elements("OperationType").iter().all(|kind| kind == "CREATE_STACK"));
    assert!(created.elements("EventId").len() < operations.len());
    let failed = [("StackName", id.as_str()), ("Filters.FailedEvents", "true")];
    let failed = root.cfn("DescribeEvents", &failed).ok();
    assert_eq!(failed.elements("EventType"), ["PROVISIONING_ERROR"]);
    assert_eq!(failed.elements("LogicalResourceId"), ["G"]);
}

#[test]
fn many_events_come_in_pages_that_follow_each_other() {
    let server = Server::start();
    let root = server.root();
    let mut template = "Resources:\n".to_owned();
    for at in 0..90 {
        template.push_str(&format!("  G{at}: {{Type: AWS::IAM::Group}}\n"));
    }
    root.create("s", &template, &[]).ok();
    for operation in ["DescribeStackEvents", "DescribeEvents"] {
        let mut ids = Vec::new();
        let mut token = None;
        loop {
            let mut parameters = vec![("StackName", "s".to_owned())];
            parameters.extend(token.map(|token| ("NextToken", token)));
            let parameters: Vec<_> =
                parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let page = root.cfn(operation, &parameters).ok();
            ids.extend(page.elements("EventId"));
            token = page.elements("NextToken").first().cloned();
            if token.is_none() {
                break;
            }
        }
        assert_eq!(ids.len(), 2 + 3 * 90, "{operation}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2 + 3 * 90, "{operation}");
    }
}

#[test]
fn an_update_is_watched_for_as_long_as_asked_before_its_cleanup() {
    let server = Server::start();
    let root = server.root();
    let template = |name: &str| {
        format!("Resources:\n  G: {{Type: AWS::IAM::Group, Properties: {{GroupName: {name}}}}}\n")
    };
    root.create("s", &template("one"), &[]).ok();
    let watched = [("RollbackConfiguration.MonitoringTimeInMinutes", "5")];
    root.update("s", &template("two"), &watched).ok();
    assert_eq!(root.status("s"), "UPDATE_IN_PROGRESS");
    server.pass(300);
    server.work();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE");
    let described = root.cfn("DescribeStacks", &[("StackName", "s")]).ok();
    assert_eq!(described.element("MonitoringTimeInMinutes"), "5");
    let trigger = |arn: &'static str, kind: &'static str| {
        let name = "RollbackConfiguration.RollbackTriggers.member.1";
        [(format!("{name}.Arn"), arn), (format!("{name}.Type"), kind)]
    };
    let cases = [
        ("x", "Another", "Rollback Trigger Type not supported"),
        (
            "arn:aws:cloudwatch:us-east-1:123456789012:example-name",
            "AWS::CloudWatch::Alarm",
            "RelativeId of a Rollback Trigger's ARN is incorrect",
        ),
    ];
    for (arn, kind, sentence) in cases {
        let trigger = trigger(arn, kind);
        let further: Vec<_> = trigger.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let error = root.update("s", &template("three"), &further).error();
        assert_eq!(error, format!("400 ValidationError: {sentence}"));
    }
}
