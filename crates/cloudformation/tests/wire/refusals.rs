//! Requests that are refused, each with its sentence.

use crate::common::{Server, Stacks as _};

type Parameters = &'static [(&'static str, &'static str)];

const NAMED: &str = "Resources: {G: {Type: AWS::IAM::Group, Properties: {GroupName: g}}}";
const GROUP: &str = "Resources: {G: {Type: AWS::IAM::Group}}";

#[test]
fn requests_to_create_a_stack_are_refused_with_awss_sentences() {
    let server = Server::start();
    let root = server.root();
    let cases: &[(Parameters, &str)] = &[
        (&[], "400 ValidationError: Either Template URL or Template Body must be specified."),
        (
            &[("TemplateBody", GROUP)],
            "400 InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]",
        ),
        (
            &[("TemplateBody", NAMED), ("Capabilities.member.1", "CAPABILITY_IAM")],
            "400 InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]",
        ),
        (
            &[("TemplateBody", "Resources: {}")],
            "400 ValidationError: Template format error: At least one Resources member must be defined.",
        ),
        (
            &[("TemplateBody", "Resources: {T: {Type: AWS::Nothing::Here}}")],
            "400 ValidationError: Template format error: Unrecognized resource types: [AWS::Nothing::Here]",
        ),
        (
            &[("TemplateBody", GROUP), ("Parameters.member.1.ParameterKey", "X")],
            "400 ValidationError: Parameters: [X] do not exist in the template",
        ),
        (
            &[("TemplateBody", GROUP), ("ResourceTypes.member.1", "AWS::S3::*")],
            "400 ValidationError: Resource type AWS::IAM::Group is not allowed by parameter ResourceTypes [AWS::S3::*]",
        ),
        (
            &[("TemplateURL", "ftp://x")],
            "400 ValidationError: TemplateURL must be a supported URL.",
        ),
        (
            &[("TemplateURL", "s3://bucket/key")],
            "400 ValidationError: S3 error: Domain name specified in bucket is not a valid S3 domain",
        ),
        (
            &[("TemplateBody", GROUP), ("StackPolicyBody", "[]")],
            "400 ValidationError: Error validating stack policy: Invalid stack policy",
        ),
        (
            &[("TemplateBody", GROUP), ("NotificationARNs.member.1", "arn:aws:sns:us-east-1:1:t")],
            "400 ValidationError: arn:aws:sns:us-east-1:1:t is not a valid notification topic: Invalid parameter: TopicArn",
        ),
        (
            &[("TemplateBody", GROUP), ("DisableRollback", "true"), ("OnFailure", "DELETE")],
            "400 ValidationError: You can specify either OnFailure or DisableRollback, but not both.",
        ),
        (
            &[("TemplateBody", "Transform: Mine\nResources: {B: {Type: AWS::S3::Bucket}}")],
            "400 InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
        ),
        (
            &[(
                "TemplateBody",
                "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: '{{resolve:ssm:x}}'}}}",
            )],
            "400 ValidationError: Parameters: [ssm:x] cannot be found.",
        ),
    ];
    for (parameters, expected) in cases {
        let mut all = vec![("StackName", "s")];
        all.extend_from_slice(parameters);
        assert_eq!(&root.cfn("CreateStack", &all).error(), expected, "{parameters:?}");
    }
    assert!(root.cfn("ListStacks", &[]).ok().elements("member").is_empty());
}

#[test]
fn names_of_stacks_are_refused_with_awss_sentences() {
    let server = Server::start();
    let root = server.root();
    let create = |name: &str| {
        root.cfn("CreateStack", &[("StackName", name), ("TemplateBody", GROUP)]).error()
    };
    assert_eq!(
        create("*@da591fa3_$"),
        "400 ValidationError: 1 validation error detected: Value '*@da591fa3_$' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
    );
    assert!(create(&"a".repeat(129)).contains("length less than or equal to 128"));
    assert!(create("arn:aws:x").contains("[a-zA-Z][-a-zA-Z0-9]*"));
}

#[test]
fn stacks_that_do_not_exist_are_missed_in_each_operations_own_words() {
    let server = Server::start();
    let root = server.root();
    let cases: &[(&str, Parameters, &str)] = &[
        ("DescribeStacks", &[("StackName", "x")], "Stack with id x does not exist"),
        ("GetTemplate", &[("StackName", "x")], "Stack with id x does not exist"),
        ("GetTemplate", &[], "StackName is required if ChangeSetName is not specified."),
        ("GetTemplate", &[("ChangeSetName", "c")], "StackName is a required parameter."),
        ("DescribeStackEvents", &[("StackName", "x")], "Stack [x] does not exist"),
        ("ListChangeSets", &[("StackName", "x")], "Stack [x] does not exist"),
        (
            "DescribeStackResource",
            &[("StackName", "x"), ("LogicalResourceId", "L")],
            "Stack 'x' does not exist",
        ),
        ("DescribeStackResources", &[("StackName", "x")], "Stack with id x does not exist"),
        ("ListStackResources", &[("StackName", "x")], "Stack [x] does not exist"),
    ];
    for (operation, parameters, expected) in cases {
        let error = root.cfn(operation, parameters).error();
        assert_eq!(error, format!("400 ValidationError: {expected}"), "{operation}");
    }
    root.delete("x", &[]).ok();
}
