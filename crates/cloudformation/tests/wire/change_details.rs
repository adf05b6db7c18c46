//! Why a change set changes what it changes, with property values and without: the reasons are
//! those of AWS's recorded answers.

use crate::common::{Answer, Client, Server, Stacks as _};

/// Each resource that changes, and of each reason source, evaluation, cause and target.
fn told(client: &Client<'_>, stack: &str, values: bool) -> String {
    let values = if values { "true" } else { "false" };
    let parameters =
        [("StackName", stack), ("ChangeSetName", "second"), ("IncludePropertyValues", values)];
    let answer = client.cfn("DescribeChangeSet", &parameters).ok();
    let changes = answer.elements("ResourceChange");
    let lines = changes.iter().flat_map(|change| {
        let change = Answer { status: 200, body: change.clone() };
        let first = |answer: &Answer, name: &str| {
            answer.elements(name).into_iter().next().unwrap_or_else(|| "-".to_owned())
        };
        let head = format!(
            "{} {} {}",
            first(&change, "LogicalResourceId"),
            first(&change, "Replacement"),
            change
                .body
                .split("<Scope>")
                .nth(1)
                .unwrap_or("-")
                .split("</Scope>")
                .next()
                .unwrap_or("-"),
        );
        let details = first(&change, "Details");
        let details: Vec<String> = details
            .split("<Target>")
            .skip(1)
            .map(|rest| {
                let detail = Answer { status: 200, body: rest.to_owned() };
                let target = [first(&detail, "Attribute"), first(&detail, "Name")].join(".");
                format!(
                    "  {target} {} {} {} {}",
                    first(&detail, "RequiresRecreation"),
                    first(&detail, "Evaluation"),
                    first(&detail, "ChangeSource"),
                    first(&detail, "CausingEntity")
                )
            })
            .collect();
        std::iter::once(head.replace("<member>", "").replace("</member>", " ")).chain(details)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn propose(client: &Client<'_>, stack: &str, template: &str, further: &[(&str, &str)]) {
    let mut parameters = vec![
        ("StackName", stack),
        ("ChangeSetName", "second"),
        ("TemplateBody", template),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    parameters.extend(further);
    client.cfn("CreateChangeSet", &parameters).ok();
}

const CHAIN: &str = "Resources:\n  A: {Type: AWS::IAM::Group, Properties: {Path: /a/}}\n  \
    B: {Type: AWS::IAM::Role, Properties: {Description: !GetAtt A.Arn, AssumeRolePolicyDocument: {}}}\n  \
    C: {Type: AWS::IAM::Role, Properties: {Description: !GetAtt B.RoleId, AssumeRolePolicyDocument: {}}}";

fn chain() -> String {
    let trust = r#"{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}]}"#;
    CHAIN.replace("{}", trust)
}

#[test]
fn what_rests_on_an_attribute_of_what_changes_may_change_unless_its_value_is_known() {
    let server = Server::start();
    let root = server.root();
    root.create("s", &chain(), &[]).ok();
    propose(&root, "s", &chain().replace("/a/", "/b/"), &[]);
    let without = "A False Properties \n  Properties.Path Never Static DirectModification -\n\
        B False Properties \n  Properties.Description Never Dynamic ResourceAttribute A.Arn\n\
        C False Properties \n  Properties.Description Never Dynamic ResourceAttribute B.RoleId";
    assert_eq!(told(&root, "s", false), without);
    let with = "A False Properties \n  Properties.Path Never Static DirectModification -";
    assert_eq!(told(&root, "s", true), with);
    // What only may change is nothing to update for.
    let answer = root.update("s", &chain(), &[]);
    assert_eq!(answer.error(), "400 ValidationError: No updates are to be performed.");
}

#[test]
fn what_rests_on_what_is_replaced_changes_for_certain() {
    let server = Server::start();
    let root = server.root();
    let named = chain().replace("Path: /a/", "GroupName: one");
    root.create("s", &named, &[]).ok();
    propose(&root, "s", &named.replace("one", "two"), &[]);
    let without = "A True Properties \n  Properties.GroupName Always Static DirectModification -\n\
        B False Properties \n  Properties.Description Never Static ResourceAttribute A.Arn\n\
        C False Properties \n  Properties.Description Never Dynamic ResourceAttribute B.RoleId";
    assert_eq!(told(&root, "s", false), without);
    let with = "A True Properties \n  Properties.GroupName Always Static DirectModification -\n\
        B False Properties \n  Properties.Description Never Dynamic DirectModification -\n  \
        Properties.Description Never Static ResourceAttribute A.Arn";
    assert_eq!(told(&root, "s", true), with);
}

#[test]
fn metadata_and_properties_that_a_parameter_changes_are_told_apart() {
    let server = Server::start();
    let root = server.root();
    let template = "Parameters: {P: {Type: String, NoEcho: true}}\n\
        Resources: {B: {Type: AWS::S3::Bucket, Metadata: {M: !Ref P}, Properties: {Tags: [{Key: k, Value: !Ref P}]}}}";
    let given = |value: &'static str| {
        [("Parameters.member.1.ParameterKey", "P"), ("Parameters.member.1.ParameterValue", value)]
    };
    root.create("s", template, &given("one")).ok();
    let named = [("StackName", "s"), ("LogicalResourceId", "B")];
    let known = root.cfn("DescribeStackResource", &named).ok();
    assert_eq!(known.element("Metadata"), r#"{"M":"one"}"#);
    propose(&root, "s", template, &given("two"));
    let expected = "B False Metadata Properties \n  Metadata.- Never Static ParameterReference P\n  \
        Properties.Tags Never Static ParameterReference P\n  Metadata.- Never Dynamic DirectModification -\n  \
        Properties.Tags Never Dynamic DirectModification -";
    assert_eq!(told(&root, "s", false), expected);
}

#[test]
fn policies_of_resources_may_be_computed_from_conditions() {
    let server = Server::start();
    let root = server.root();
    let template = "Parameters: {E: {Type: String}}\nConditions: {Prod: !Equals [!Ref E, prod]}\n\
        Resources: {B: {Type: AWS::S3::Bucket, DeletionPolicy: !If [Prod, Retain, Delete], Properties: {BucketName: kept}}}";
    for (name, value, left) in [("dev", "dev", 404), ("prod", "prod", 200)] {
        let given = [
            ("Parameters.member.1.ParameterKey", "E"),
            ("Parameters.member.1.ParameterValue", value),
        ];
        root.create(name, template, &given).ok();
        root.delete(name, &[]).ok();
        assert_eq!(root.s3("HEAD", "/kept", "").status, left, "{name}");
    }
}

#[test]
fn a_nested_stack_is_always_in_an_updates_change_set() {
    let server = Server::start();
    let root = server.root();
    root.s3("PUT", "/templates", "").ok();
    root.s3("PUT", "/templates/child.yml", "Resources: {B: {Type: AWS::S3::Bucket}}").ok();
    let holder = "Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://templates.s3.amazonaws.com/child.yml'}}}";
    root.create("s", holder, &[]).ok();
    propose(&root, "s", holder, &[]);
    let expected = "Child False Properties \n  Properties.- Never Dynamic Automatic -";
    assert_eq!(told(&root, "s", false), expected);
    // Unless it may look into the stack, and nothing changes there.
    let parameters = [
        ("StackName", "s"),
        ("ChangeSetName", "deep"),
        ("TemplateBody", holder),
        ("IncludeNestedStacks", "true"),
    ];
    root.cfn("CreateChangeSet", &parameters).ok();
    let named = [("StackName", "s"), ("ChangeSetName", "deep")];
    assert_eq!(root.cfn("DescribeChangeSet", &named).ok().element("Status"), "FAILED");
}

#[test]
fn what_cannot_be_told_of_a_change_is_warned_of_with_its_values_alone() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources: {G: {Type: AWS::IAM::Group, Properties: {Path: !ImportValue nothing, GroupName: g}}}";
    let parameters = [("StackName", "s"), ("ChangeSetName", "second"), ("ChangeSetType", "CREATE")];
    let capable = ("Capabilities.member.1", "CAPABILITY_NAMED_IAM");
    root.cfn(
        "CreateChangeSet",
        &[&parameters[..], &[("TemplateBody", template), capable]].concat(),
    )
    .ok();
    let named = [("StackName", "s"), ("ChangeSetName", "second")];
    let plain = root.cfn("DescribeChangeSet", &named).ok();
    assert!(plain.elements("StatusReason").is_empty());
    let values = root
        .cfn("DescribeChangeSet", &[&named[..], &[("IncludePropertyValues", "true")]].concat())
        .ok();
    assert_eq!(
        values.element("StatusReason"),
        "[WARN] --include-property-values option can return incomplete ChangeSet data because: \
        ChangeSet creation failed for resource [G] because: No export named nothing"
    );
    assert_eq!(
        values.element("AfterContext"),
        r#"{"Properties":{"Path":"{{changeSet:KNOWN_AFTER_APPLY}}","GroupName":"g"}}"#
    );
}

#[test]
fn what_is_removed_is_told_as_it_was_written() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources:\n  A: {Type: AWS::IAM::Group}\n  B: {Type: AWS::IAM::Group, Properties: {Path: !Sub '/${A}/'}}";
    root.create("s", template, &[]).ok();
    propose(&root, "s", "Resources:\n  A: {Type: AWS::IAM::Group}", &[]);
    let named =
        [("StackName", "s"), ("ChangeSetName", "second"), ("IncludePropertyValues", "true")];
    let told = root.cfn("DescribeChangeSet", &named).ok();
    assert_eq!(
        told.element("BeforeContext"),
        r#"{"Properties":{"Path":"{{changeSet:KNOWN_AFTER_APPLY}}"}}"#
    );
}

#[test]
fn the_records_of_the_cdk_are_kept() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources: {M: {Type: AWS::CDK::Metadata, Properties: {Analytics: v2}}}";
    root.create("s", template, &[]).ok();
    assert_eq!(root.status("s"), "CREATE_COMPLETE");
    root.update("s", &template.replace("v2", "v3"), &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE");
}
