//! Templates in buckets, and what their transforms and rules make of them.

use crate::common::{Client, Server, Stacks as _};

const CAPABLE: (&str, &str) = ("Capabilities.member.1", "CAPABILITY_AUTO_EXPAND");

fn put(client: &Client<'_>, bucket: &str, objects: &[(&str, &str)]) {
    client.s3("PUT", &format!("/{bucket}"), "").ok();
    for (key, body) in objects {
        client.s3("PUT", &format!("/{bucket}/{key}"), body).ok();
    }
}

#[test]
fn a_template_is_read_from_its_bucket_in_every_form_of_url() {
    let server = Server::start();
    let root = server.root();
    // Longer than what stands inline in a table.
    let description = "d".repeat(900);
    let body = format!(
        "Description: {description}\nMetadata: {{A: {description}, B: {description}, C: {description}, D: {description}}}\nResources: {{B: {{Type: AWS::S3::Bucket}}}}"
    );
    put(&root, "templates", &[("a/t.yml", &body)]);
    let urls = [
        "https://templates.s3.amazonaws.com/a/t.yml",
        "https://s3.eu-west-1.amazonaws.com/templates/a/t.yml",
        "http://localhost:4566/templates/a/t.yml",
        "http://127.0.0.1:4566/templates/a/t.yml",
    ];
    for (at, url) in urls.iter().enumerate() {
        let name = format!("s{at}");
        root.cfn("CreateStack", &[("StackName", &name), ("TemplateURL", url)]).ok();
        server.work();
        assert_eq!(root.status(&name), "CREATE_COMPLETE");
    }
    let summary = root.cfn("GetTemplateSummary", &[("TemplateURL", urls[0])]).ok();
    assert_eq!(summary.element("Description"), description);
    root.cfn("ValidateTemplate", &[("TemplateURL", urls[0])]).ok();
}

#[test]
fn a_template_is_read_as_the_caller_and_what_s3_says_is_told() {
    let server = Server::start();
    let root = server.root();
    put(&root, "templates", &[("t.yml", "Resources: {B: {Type: AWS::S3::Bucket}}")]);
    let alice = server.user("alice", &["cloudformation:*"]);
    let more = "For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";
    let url = "https://templates.s3.amazonaws.com/t.yml";
    let denied = format!("400 ValidationError: S3 error: Access Denied\n{more}");
    let answer = alice.cfn("ValidateTemplate", &[("TemplateURL", url)]);
    assert_eq!(answer.error(), denied);
    let answer = alice.cfn("CreateStack", &[("StackName", "s"), ("TemplateURL", url)]);
    assert_eq!(answer.error(), denied);
    server.allow("alice", &["cloudformation:*", "s3:GetObject"]);
    alice.cfn("ValidateTemplate", &[("TemplateURL", url)]).ok();
    let cases = [
        (
            "https://templates.s3.amazonaws.com/none.yml",
            format!("S3 error: The specified key does not exist.\n{more}"),
        ),
        (
            "https://no-such-bucket.s3.amazonaws.com/t.yml",
            format!("S3 error: The specified bucket does not exist\n{more}"),
        ),
        ("https://example.com/t.yml", "TemplateURL must be a supported URL.".to_owned()),
        (
            "s3://templates/t.yml",
            "S3 error: Domain name specified in templates is not a valid S3 domain".to_owned(),
        ),
    ];
    for (url, sentence) in cases {
        let answer = root.cfn("ValidateTemplate", &[("TemplateURL", url)]);
        assert_eq!(answer.error(), format!("400 ValidationError: {sentence}"));
    }
    let policy = "https://templates.s3.amazonaws.com/t.yml";
    root.create("p", "Resources: {B: {Type: AWS::S3::Bucket}}", &[]).ok();
    let answer = root.cfn("SetStackPolicy", &[("StackName", "p"), ("StackPolicyURL", policy)]);
    assert_eq!(
        answer.error(),
        "400 ValidationError: Error validating stack policy: Invalid stack policy"
    );
}

#[test]
fn a_loop_is_written_out_and_both_stages_of_the_template_are_kept() {
    let server = Server::start();
    let root = server.root();
    let template = "Transform: AWS::LanguageExtensions\n\
        Parameters: {Names: {Type: CommaDelimitedList, Default: 'a,b'}}\n\
        Resources:\n  Fn::ForEach::Groups:\n  - Name\n  - !Ref Names\n  \
        - G${Name}: {Type: AWS::IAM::Group, Properties: {Path: !Sub '/${Name}/'}}\n\
        Outputs: {Count: {Value: !Length [!Ref Names, x]}, Text: {Value: !ToJsonString {A: !GetAtt Ga.Arn}}}";
    let refused = root.create("loop", template, &[]);
    assert_eq!(
        refused.error(),
        "400 InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
    );
    root.create("loop", template, &[("Capabilities.member.2", "CAPABILITY_AUTO_EXPAND")]).ok();
    let resources = root.cfn("ListStackResources", &[("StackName", "loop")]).ok();
    assert_eq!(resources.elements("LogicalResourceId"), ["Ga", "Gb"]);
    let stack = root.cfn("DescribeStacks", &[("StackName", "loop")]).ok();
    assert_eq!(stack.element("StackStatus"), "CREATE_COMPLETE");
    let outputs = stack.elements("OutputValue");
    assert_eq!(outputs[0], "2");
    assert!(
        outputs[1].starts_with(r#"{"A":"arn:aws:iam::123456789012:group/a/loop-Ga-"#),
        "{}",
        outputs[1]
    );
    let original = root.cfn("GetTemplate", &[("StackName", "loop")]).ok();
    assert!(original.element("TemplateBody").starts_with("Transform: AWS::LanguageExtensions"));
    let stage = ("TemplateStage", "Processed");
    let processed = root.cfn("GetTemplate", &[("StackName", "loop"), stage]).ok();
    assert!(
        processed
            .element("TemplateBody")
            .contains(r#""Ga":{"Type":"AWS::IAM::Group","Properties":{"Path":"/a/"}}"#)
    );
    let fewer = [
        ("Capabilities.member.2", "CAPABILITY_AUTO_EXPAND"),
        ("Parameters.member.1.ParameterKey", "Names"),
        ("Parameters.member.1.ParameterValue", "b"),
    ];
    let answer = root.update("loop", &template.replace("Ga.Arn", "Gb.Arn"), &fewer);
    answer.ok();
    assert_eq!(root.status("loop"), "UPDATE_COMPLETE");
    let resources = root.cfn("ListStackResources", &[("StackName", "loop")]).ok();
    let left = resources.elements("ResourceStatus");
    assert_eq!(left, ["CREATE_COMPLETE"]);
}

#[test]
fn a_transform_that_fails_is_the_failure_of_its_stack() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://doesnotexist/key.yml'}}}}}";
    let answer =
        root.cfn("CreateStack", &[("StackName", "s"), ("TemplateBody", template), CAPABLE]);
    answer.ok();
    server.work();
    let reason = "Transform AWS::Include failed with: S3 bucket [doesnotexist] does not exist.";
    assert_eq!(
        root.events("s"),
        format!(
            "s CREATE_IN_PROGRESS User Initiated\n\
            s ROLLBACK_IN_PROGRESS {reason}. Rollback requested by user.\n\
            s ROLLBACK_COMPLETE"
        )
    );
    let parameters = [
        ("StackName", "c"),
        ("ChangeSetName", "first"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", template),
    ];
    root.cfn("CreateChangeSet", &parameters).ok();
    let named = [("StackName", "c"), ("ChangeSetName", "first")];
    let described = root.cfn("DescribeChangeSet", &named).ok();
    assert_eq!(described.element("Status"), "FAILED");
    assert_eq!(described.element("ExecutionStatus"), "UNAVAILABLE");
    assert_eq!(described.element("StatusReason"), reason);
    let macros = [("Transform: Mine", "501"), ("Transform: AWS::Serverless-2016-10-31", "501")];
    let text = |name: &str| format!("{name}\nResources: {{B: {{Type: AWS::S3::Bucket}}}}");
    let body = text(macros[1].0);
    let answer = root.cfn("CreateStack", &[("StackName", "t"), ("TemplateBody", &body), CAPABLE]);
    assert_eq!(
        answer.error(),
        "501 NotImplemented: The transform AWS::Serverless-2016-10-31 is not implemented by this server."
    );
    let body = text(macros[0].0);
    root.cfn("CreateStack", &[("StackName", "t"), ("TemplateBody", &body), CAPABLE]).ok();
    server.work();
    let told = root.events("t");
    assert!(told.contains("No transform named 123456789012::Mine found.. Rollback"), "{told}");
}

#[test]
fn what_a_template_includes_is_read_as_the_caller_and_kept_as_it_was() {
    let server = Server::start();
    let root = server.root();
    put(&root, "parts", &[("path.yml", "Path: /included/\n")]);
    let template = "Resources: {G: {Type: AWS::IAM::Group, Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://parts/path.yml'}}}}}";
    let bob = server.user("bob", &["cloudformation:*", "iam:*"]);
    let both = [("Capabilities.member.2", "CAPABILITY_AUTO_EXPAND")];
    bob.create("denied", template, &both).ok();
    assert!(bob.events("denied").contains("Access to S3 object [parts/path.yml] is denied."));
    root.create("s", template, &both).ok();
    root.s3("PUT", "/parts/path.yml", "Path: /other/\n").ok();
    let stage = ("TemplateStage", "Processed");
    let processed = root.cfn("GetTemplate", &[("StackName", "s"), stage]).ok();
    assert_eq!(
        processed.element("TemplateBody"),
        r#"{"Resources":{"G":{"Type":"AWS::IAM::Group","Properties":{"Path":"/included/"}}}}"#
    );
    let answer = root.update("s", template, &both);
    answer.ok();
    let processed = root.cfn("GetTemplate", &[("StackName", "s"), stage]).ok();
    assert!(processed.element("TemplateBody").contains("/other/"));
}

#[test]
fn a_rule_that_does_not_hold_refuses_the_request() {
    let server = Server::start();
    let root = server.root();
    let template = "Parameters: {E: {Type: String}}\n\
        Rules: {R: {Assertions: [{Assert: !Contains [[dev, prod], !Ref E], AssertDescription: dev or prod}]}}\n\
        Resources: {B: {Type: AWS::S3::Bucket}}";
    let given = |value: &'static str| {
        [("Parameters.member.1.ParameterKey", "E"), ("Parameters.member.1.ParameterValue", value)]
    };
    let answer = root.create("s", template, &given("test"));
    assert_eq!(answer.error(), "400 ValidationError: Template error: rule R failed: dev or prod");
    root.create("s", template, &given("dev")).ok();
    let answer = root.update("s", template, &given("test"));
    assert_eq!(answer.error(), "400 ValidationError: Template error: rule R failed: dev or prod");
}

#[test]
fn an_update_whose_transform_fails_goes_back_to_the_template_that_was() {
    let server = Server::start();
    let root = server.root();
    let group = |properties: &str| {
        format!("Resources: {{G: {{Type: AWS::IAM::Group, Properties: {{{properties}}}}}}}")
    };
    root.create("s", &group("Path: /a/"), &[]).ok();
    let include =
        "'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://none-such/x.yml'}}";
    let both = [("Capabilities.member.2", "CAPABILITY_AUTO_EXPAND")];
    root.update("s", &group(include), &both).ok();
    assert_eq!(root.status("s"), "UPDATE_ROLLBACK_COMPLETE", "{}", root.events("s"));
    let told = root.events("s");
    assert!(
        told.contains("Transform AWS::Include failed with: S3 bucket [none-such] does not exist."),
        "{told}"
    );
    let stage = ("TemplateStage", "Processed");
    let processed = root.cfn("GetTemplate", &[("StackName", "s"), stage]).ok();
    assert_eq!(processed.element("TemplateBody"), group("Path: /a/"));
    root.update("s", &group("Path: /b/"), &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE");
}

#[test]
fn a_secret_never_stands_in_a_processed_template() {
    let server = Server::start();
    let root = server.root();
    let template = "Transform: AWS::LanguageExtensions\nParameters: {P: {Type: String, NoEcho: true}}\n\
        Resources: {B: {Type: AWS::S3::Bucket, Properties: {Tags: [{Key: k, Value: !Join ['', [y, !Ref P]]}, {Key: l, Value: !Sub 'x${P}'}]}}}";
    let given = [
        ("Capabilities.member.2", "CAPABILITY_AUTO_EXPAND"),
        ("Parameters.member.1.ParameterKey", "P"),
        ("Parameters.member.1.ParameterValue", "hush"),
    ];
    root.create("s", template, &given).ok();
    assert_eq!(root.status("s"), "CREATE_COMPLETE", "{}", root.events("s"));
    let stage = ("TemplateStage", "Processed");
    let processed = root.cfn("GetTemplate", &[("StackName", "s"), stage]).ok();
    assert!(!processed.body.contains("hush"), "{}", processed.body);
    let events = root.cfn("DescribeStackEvents", &[("StackName", "s")]).ok();
    assert!(!events.body.contains("hush"), "{}", events.body);
}
