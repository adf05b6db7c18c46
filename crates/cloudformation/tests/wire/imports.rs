//! What is there already becomes a stack's.

use expect_test::expect;

use crate::common::{Answer, Client, Server, Stacks as _};

const BUCKET: &str = "Resources: {B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: there}}}\n\
    Outputs: {Arn: {Value: !GetAtt B.Arn}}";

/// Proposes to import a bucket.
fn propose(client: &Client<'_>, template: &str, bucket: &str) -> Answer {
    let parameters = [
        ("StackName", "s"),
        ("ChangeSetName", "c"),
        ("ChangeSetType", "IMPORT"),
        ("TemplateBody", template),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("ResourcesToImport.member.1.ResourceType", "AWS::S3::Bucket"),
        ("ResourcesToImport.member.1.LogicalResourceId", "B"),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "BucketName"),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", bucket),
    ];
    client.cfn("CreateChangeSet", &parameters)
}

fn execute(server: &Server, client: &Client<'_>) {
    client.cfn("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "c")]).ok();
    server.work();
}

#[test]
fn a_bucket_that_is_there_becomes_a_new_stack_s() {
    let server = Server::start();
    let root = server.root();
    root.s3("PUT", "/there", "").ok();
    root.s3("PUT", "/there/key", "kept").ok();
    propose(&root, BUCKET, "there").ok();
    let named = [("StackName", "s"), ("ChangeSetName", "c")];
    let told = root.cfn("DescribeChangeSet", &named).ok();
    assert_eq!(told.element("Action"), "Import");
    assert_eq!(told.element("PhysicalResourceId"), "there");
    execute(&server, &root);
    expect![[r#"
        s REVIEW_IN_PROGRESS User Initiated
        s IMPORT_IN_PROGRESS User Initiated
        B IMPORT_IN_PROGRESS Resource import started.
        B IMPORT_COMPLETE Resource import completed.
        s IMPORT_COMPLETE"#]]
    .assert_eq(&root.events("s"));
    let known = root.cfn("DescribeStacks", &[("StackName", "s")]).ok();
    assert_eq!(known.element("OutputValue"), "arn:aws:s3:::there");
    // It is updated and deleted as if the stack had made it.
    let tagged = BUCKET.replace("there}", "there, Tags: [{Key: a, Value: b}]}");
    root.update("s", &tagged.replace("DeletionPolicy: Retain, ", ""), &[]).ok();
    assert_eq!(root.status("s"), "UPDATE_COMPLETE", "{}", root.events("s"));
    assert!(root.s3("GET", "/there?tagging", "").ok().body.contains("<Key>a</Key>"));
    root.s3("DELETE", "/there/key", "").ok();
    root.delete("s", &[]).ok();
    assert_eq!(root.s3("HEAD", "/there", "").status, 404);
}

#[test]
fn a_stack_imports_beside_what_it_has_and_changes_nothing_else() {
    let server = Server::start();
    let root = server.root();
    root.s3("PUT", "/there", "").ok();
    let old = "Resources:\n  G: {Type: AWS::IAM::Group}\n";
    let bucket =
        "  B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: there}}\n";
    root.create("s", old, &[]).ok();
    let cases = [
        (
            format!("{old}{}", bucket.replace("DeletionPolicy: Retain, ", "")),
            "Resources [B] must have DeletionPolicy attribute specified in the template.",
        ),
        (
            format!("{}{bucket}", old.replace("Group}", "Group, Properties: {Path: /x/}}")),
            "You have modified resources [G] in your template that are not being imported.",
        ),
        (
            format!("{old}  H: {{Type: AWS::IAM::Group}}\n{bucket}"),
            "Resources [H] is missing from ResourceToImport list",
        ),
        (old.to_owned(), "Resources [B] of type AWS::S3::Bucket do not exist in the template."),
    ];
    for (template, sentence) in cases {
        let said = propose(&root, &template, "there").error();
        assert!(said.contains(sentence), "{said}");
    }
    let said = propose(&root, &format!("{old}{bucket}"), "elsewhere").error();
    assert!(said.contains("does not match the identifier value defined"), "{said}");
    propose(&root, &format!("{old}{bucket}"), "there").ok();
    execute(&server, &root);
    assert_eq!(root.status("s"), "IMPORT_COMPLETE", "{}", root.events("s"));
    let said = propose(&root, &format!("{old}{bucket}"), "there").error();
    assert!(said.contains("are already in a stack and cannot be imported."), "{said}");
}

#[test]
fn an_import_of_what_is_not_there_leaves_the_stack_as_it_was() {
    let server = Server::start();
    let root = server.root();
    propose(&root, BUCKET, "there").ok();
    execute(&server, &root);
    expect![[r#"
        s REVIEW_IN_PROGRESS User Initiated
        s IMPORT_IN_PROGRESS User Initiated
        B IMPORT_IN_PROGRESS Resource import started.
        B IMPORT_FAILED Resource handler returned message: "Resource of type 'AWS::S3::Bucket' with identifier 'there' was not found." (RequestToken: <uuid>, HandlerErrorCode: NotFound)
        s IMPORT_ROLLBACK_IN_PROGRESS The following resource(s) failed to import: [B]. Rollback requested by user.
        B IMPORT_ROLLBACK_COMPLETE
        s IMPORT_ROLLBACK_COMPLETE"#]]
    .assert_eq(&root.events("s"));
    root.delete("s", &[]).ok();
    let old = "Resources:\n  G: {Type: AWS::IAM::Group}\n";
    root.create("s", old, &[]).ok();
    let bucket =
        "  B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: there}}\n";
    propose(&root, &format!("{old}{bucket}"), "there").ok();
    execute(&server, &root);
    assert_eq!(root.status("s"), "IMPORT_ROLLBACK_COMPLETE", "{}", root.events("s"));
    let left = root.cfn("ListStackResources", &[("StackName", "s")]).ok();
    assert_eq!(left.elements("LogicalResourceId"), ["G"]);
    let template = root.cfn("GetTemplate", &[("StackName", "s")]).ok().element("TemplateBody");
    assert!(!template.contains("there"), "{template}");
}

#[test]
fn what_exists_under_its_custom_name_is_imported_where_that_is_asked_for() {
    let server = Server::start();
    let root = server.root();
    root.s3("PUT", "/there", "").ok();
    let template = "Resources:\n  B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: there}}\n  T: {Type: AWS::S3::Bucket, DependsOn: B}\n";
    let parameters = [
        ("StackName", "s"),
        ("ChangeSetName", "c"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", template),
        ("ImportExistingResources", "true"),
    ];
    root.cfn("CreateChangeSet", &parameters).ok();
    let named = [("StackName", "s"), ("ChangeSetName", "c")];
    let told = root.cfn("DescribeChangeSet", &named).ok();
    assert_eq!(told.elements("Action"), ["Import", "Add"]);
    execute(&server, &root);
    assert_eq!(root.status("s"), "CREATE_COMPLETE", "{}", root.events("s"));
    assert!(root.events("s").contains("B IMPORT_COMPLETE"), "{}", root.events("s"));
    root.delete("s", &[]).ok();
    assert_eq!(root.s3("HEAD", "/there", "").status, 200);
}
