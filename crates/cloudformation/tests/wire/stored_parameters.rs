//! Values of Parameter Store in stacks: dynamic references, and template parameters that name them.

use expect_test::expect;

use crate::common::{Answer, Client, Server, Stacks as _};

/// Puts a parameter, by a stack of its own.
fn put(client: &Client<'_>, name: &str, kind: &str, value: &str) {
    let template = format!(
        "Resources:
  P: {{Type: AWS::SSM::Parameter, Properties: {{Name: {name}, Type: {kind}, Value: '{value}'}}}}
"
    );
    let stack = format!("of-{name}");
    match client.cfn("DescribeStacks", &[("StackName", &stack)]).status {
        200 => client.update(&stack, &template, &[]).ok(),
        _ => client.create(&stack, &template, &[]).ok(),
    };
    assert!(client.status(&stack).ends_with("E_COMPLETE"), "{}", client.events(&stack));
}

fn described(client: &Client<'_>, stack: &str) -> Answer {
    client.cfn("DescribeStacks", &[("StackName", stack)]).ok()
}

const REFERS: &str = "
Parameters:
  Name: {Type: String}
Resources:
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Join ['', ['{{resolve:ssm:', !Ref Name, '}}']]}}
  P:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Sub 'abc:{{resolve:ssm:${Name}}}'}
Outputs:
  Topic: {Value: !GetAtt T.TopicName}
  Value: {Value: !GetAtt P.Value}
";

fn named(value: &str) -> [(&'static str, &str); 2] {
    [("Parameters.member.1.ParameterKey", "Name"), ("Parameters.member.1.ParameterValue", value)]
}

#[test]
fn dynamic_references_are_resolved_with_and_without_a_version() {
    let server = Server::start();
    let root = server.root();
    put(&root, "name", "String", "one");
    put(&root, "name", "String", "two");
    root.create("s", REFERS, &named("name")).ok();
    assert_eq!(described(&root, "s").elements("OutputValue"), ["two", "abc:two"]);
    root.create("t", REFERS, &named("name:1")).ok();
    assert_eq!(described(&root, "t").elements("OutputValue"), ["one", "abc:one"]);
    // The references are what they were: the new value is no change.
    put(&root, "name", "String", "three");
    let refused = root.update("s", REFERS, &named("name")).error();
    assert_eq!(refused, "400 ValidationError: No updates are to be performed.");
    // Whatever else changes brings it.
    let other = REFERS.replace("abc:", "xyz:");
    root.update("s", &other, &named("name")).ok();
    assert_eq!(described(&root, "s").elements("OutputValue"), ["two", "xyz:three"]);
    root.delete("s", &[]).ok();
    assert_eq!(root.sns("ListTopics", &[]).ok().elements("TopicArn").len(), 1);
}

#[test]
fn what_was_made_of_a_reference_is_deleted_and_changed_under_the_name_it_was_made_with() {
    let server = Server::start();
    let root = server.root();
    put(&root, "policy", "String", "inline");
    let template = |action: &str| {
        format!(
            "Resources:
  G:
    Type: AWS::IAM::Group
    Properties:
      GroupName: crew
      Policies:
        - PolicyName: '{{{{resolve:ssm:policy}}}}'
          PolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: '{action}', Resource: '*'}}]}}
"
        )
    };
    let policies =
        || root.iam("ListGroupPolicies", &[("GroupName", "crew")]).ok().elements("member");
    root.create("s", &template("s3:GetObject"), &[]).ok();
    assert_eq!(policies(), ["inline"]);
    put(&root, "policy", "String", "other");
    root.update("s", &template("s3:PutObject"), &[]).ok();
    assert_eq!(policies(), ["other"]);
    root.delete("s", &[]).ok();
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
}

#[test]
fn what_a_reference_stands_for_is_held_to_the_rules_of_its_property() {
    let server = Server::start();
    let root = server.root();
    put(&root, "name", "String", "Not_A_Bucket");
    let template = "Resources:
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: '{{resolve:ssm:name}}'}}
";
    root.create("s", template, &[]).ok();
    let events = root.events("s");
    assert!(events.contains("B CREATE_FAILED"), "{events}");
    put(&root, "name", "String", "a-bucket");
    root.create("t", template, &[]).ok();
    assert_eq!(root.s3("HEAD", "/a-bucket", "").status, 200);
}

#[test]
fn references_that_cannot_be_resolved_are_refused_at_once() {
    let server = Server::start();
    let root = server.root();
    let mut told = String::new();
    for reference in [
        "ssm:missing",
        "ssm:missing:4",
        "ssm:",
        "ssm:a b",
        "ssm:a:latest",
        "ssm-secure:a:1",
        "secretsmanager:a",
    ] {
        let template = format!(
            "Resources:
  P: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: '{{{{resolve:{reference}}}}}'}}}}
"
        );
        told += &format!("{reference}\n  {}\n", root.create("s", &template, &[]).error());
    }
    expect![[r#"
        ssm:missing
          400 ValidationError: Parameters: [ssm:missing] cannot be found.
        ssm:missing:4
          400 ValidationError: Parameters: [ssm:missing:4] cannot be found.
        ssm:
          400 ValidationError: Incorrect format is used in the following SSM reference: [{{resolve:ssm:}}]
        ssm:a b
          400 ValidationError: Incorrect format is used in the following SSM reference: [{{resolve:ssm:a b}}]
        ssm:a:latest
          400 ValidationError: Incorrect format is used in the following SSM reference: [{{resolve:ssm:a:latest}}]
        ssm-secure:a:1
          400 ValidationError: SSM Secure reference is not supported in: [AWS::SSM::Parameter/Properties/Value]
        secretsmanager:a
          501 NotImplemented: This kind of dynamic reference is not implemented by this server.
    "#]].assert_eq(&told);
}

#[test]
fn a_template_has_no_more_than_sixty_references() {
    let server = Server::start();
    let root = server.root();
    let references: String = (0..61).map(|it| format!("{{{{resolve:ssm:p{it}}}}}")).collect();
    let template = format!(
        "Resources:
  P: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: '{references}'}}}}
"
    );
    let refused = root.create("s", &template, &[]).error();
    assert!(refused.contains("Number of dynamic references is greater than 60."), "{refused}");
}

#[test]
fn nobody_reads_by_a_stack_what_they_may_not_read() {
    let server = Server::start();
    let root = server.root();
    put(&root, "secret", "String", "v");
    let user = server.user("u", &["cloudformation:*", "sns:*", "ssm:PutParameter"]);
    let refused = user.create("s", REFERS, &named("secret")).error();
    assert!(refused.contains("is not authorized to perform: ssm:GetParameters"), "{refused}");
    let refused = user.create("s", STANDS_FOR, &named("secret")).error();
    assert!(refused.contains("is not authorized to perform: ssm:GetParameters"), "{refused}");
    server.allow("u", &["cloudformation:*", "sns:*", "ssm:*"]);
    user.create("s", REFERS, &named("secret")).ok();
    assert_eq!(root.status("s"), "CREATE_COMPLETE");
}

const STANDS_FOR: &str = "
Parameters:
  Name: {Type: AWS::SSM::Parameter::Value<String>}
Conditions:
  Loud: !Equals [!Ref Name, loud]
Resources:
  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Name}}
Outputs:
  Value: {Value: !GetAtt P.Value}
  Loud: {Condition: Loud, Value: 'yes'}
";

#[test]
fn a_parameter_that_names_one_of_parameter_store_stands_for_its_latest_value() {
    let server = Server::start();
    let root = server.root();
    put(&root, "name", "String", "one");
    root.create("s", STANDS_FOR, &named("name")).ok();
    let shown = described(&root, "s");
    assert_eq!(shown.element("ParameterValue"), "name");
    assert_eq!(shown.element("ResolvedValue"), "one");
    assert_eq!(shown.elements("OutputValue"), ["one"]);
    put(&root, "name", "String", "loud");
    let previous = [
        ("Parameters.member.1.ParameterKey", "Name"),
        ("Parameters.member.1.UsePreviousValue", "true"),
    ];
    root.update("s", STANDS_FOR, &previous).ok();
    let shown = described(&root, "s");
    assert_eq!(shown.element("ResolvedValue"), "loud");
    assert!(shown.elements("OutputValue").contains(&"yes".to_owned()));
    let refused = root.update("s", STANDS_FOR, &previous).error();
    assert_eq!(refused, "400 ValidationError: No updates are to be performed.");
}

#[test]
fn a_parameter_stands_for_a_list_or_must_only_be_there() {
    let server = Server::start();
    let root = server.root();
    put(&root, "list", "StringList", "a,b");
    let template = "
Parameters:
  List: {Type: AWS::SSM::Parameter::Value<List<String>>, Default: list}
  Name: {Type: AWS::SSM::Parameter::Name, Default: list}
Resources:
  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Join ['+', !Ref List]}}
Outputs:
  Value: {Value: !GetAtt P.Value}
  Name: {Value: !Ref Name}
";
    root.create("s", template, &[]).ok();
    let values = described(&root, "s").elements("OutputValue");
    assert!(
        values.contains(&"a+b".to_owned()) && values.contains(&"list".to_owned()),
        "{values:?}"
    );
    assert_eq!(
        root.create("t", template, &named("other")).error(),
        "400 ValidationError: Unable to fetch parameters [other] from parameter store for this account."
    );
    let change_set = [
        ("StackName", "t"),
        ("ChangeSetName", "c"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", STANDS_FOR),
        ("Parameters.member.1.ParameterKey", "Name"),
        ("Parameters.member.1.ParameterValue", "other"),
    ];
    assert_eq!(
        root.cfn("CreateChangeSet", &change_set).error(),
        "400 ValidationError: Parameter Name should either have input value or default value"
    );
}

#[test]
fn a_change_set_keeps_what_its_parameters_stood_for() {
    let server = Server::start();
    let root = server.root();
    put(&root, "name", "String", "one");
    let change_set = [("StackName", "t"), ("ChangeSetName", "c")];
    let mut parameters = change_set.to_vec();
    parameters.extend([("ChangeSetType", "CREATE"), ("TemplateBody", STANDS_FOR)]);
    parameters.extend(named("name"));
    root.cfn("CreateChangeSet", &parameters).ok();
    server.work();
    let shown = root.cfn("DescribeChangeSet", &change_set).ok();
    assert_eq!(shown.element("ResolvedValue"), "one");
    put(&root, "name", "String", "two");
    root.cfn("ExecuteChangeSet", &change_set).ok();
    server.work();
    assert_eq!(described(&root, "t").elements("OutputValue"), ["one"]);
}
