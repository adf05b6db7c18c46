//! Deletion, and what stands in its way.

use expect_test::expect;

use crate::common::{Server, Stacks as _};
use crate::stacks::TWO;

const BUCKET: &str =
    "Resources:\n  Files:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: my-files}\n";

#[test]
fn a_deleted_stack_is_found_by_its_id_alone() {
    let server = Server::start();
    let root = server.root();
    let id = root.create("first", TWO, &[]).ok().element("StackId");
    root.delete("first", &[]).ok();
    assert_eq!(
        root.cfn("DescribeStacks", &[("StackName", "first")]).error(),
        "400 ValidationError: Stack with id first does not exist"
    );
    assert_eq!(
        root.cfn("DescribeStackEvents", &[("StackName", "first")]).error(),
        "400 ValidationError: Stack [first] does not exist"
    );
    assert_eq!(root.status(&id), "DELETE_COMPLETE");
    expect![[r#"
        first CREATE_IN_PROGRESS User Initiated
        Reader CREATE_IN_PROGRESS
        Reader CREATE_IN_PROGRESS Resource creation Initiated
        Reader CREATE_COMPLETE
        Rights CREATE_IN_PROGRESS
        Rights CREATE_IN_PROGRESS Resource creation Initiated
        Rights CREATE_COMPLETE
        first CREATE_COMPLETE
        first DELETE_IN_PROGRESS User Initiated
        Rights DELETE_IN_PROGRESS
        Rights DELETE_COMPLETE
        Reader DELETE_IN_PROGRESS
        Reader DELETE_COMPLETE
        first DELETE_COMPLETE"#]]
    .assert_eq(&root.events(&id));
    assert!(root.iam("ListRoles", &[]).ok().elements("RoleName").is_empty());
    root.delete("first", &[]).ok();
    server.pass(91 * 24 * 3600);
    assert!(root.cfn("DescribeStacks", &[("StackName", &id)]).error().contains("does not exist"));
}

#[test]
fn a_name_is_free_again_once_its_stack_is_deleted() {
    let server = Server::start();
    let root = server.root();
    let first = root.create("first", TWO, &[]).ok().element("StackId");
    root.delete("first", &[]).ok();
    let second = root.create("first", TWO, &[]).ok().element("StackId");
    assert_ne!(first, second);
    assert_eq!(root.status("first"), "CREATE_COMPLETE");
}

#[test]
fn what_cannot_be_deleted_fails_the_deletion_and_can_be_left_behind() {
    let server = Server::start();
    let root = server.root();
    root.create("files", BUCKET, &[]).ok();
    root.s3("PUT", "/my-files/key", "body").ok();
    let id = root.cfn("DescribeStacks", &[]).ok().element("StackId");
    let early = root.delete("files", &[("RetainResources.member.1", "Files")]);
    assert!(early.error().contains("DELETE_FAILED"), "{}", early.body);
    root.delete("files", &[]).ok();
    root.delete("files", &[("RetainResources.member.1", "Files")]).ok();
    expect![[r#"
        files CREATE_IN_PROGRESS User Initiated
        Files CREATE_IN_PROGRESS
        Files CREATE_IN_PROGRESS Resource creation Initiated
        Files CREATE_COMPLETE
        files CREATE_COMPLETE
        files DELETE_IN_PROGRESS User Initiated
        Files DELETE_IN_PROGRESS
        Files DELETE_FAILED Resource handler returned message: "The bucket you tried to delete is not empty (Service: S3, Status Code: 409, Request ID: <random>) (SDK Attempt Count: 1)" (RequestToken: <uuid>, HandlerErrorCode: GeneralServiceException)
        files DELETE_FAILED The following resource(s) failed to delete: [Files]. 
        files DELETE_IN_PROGRESS User Initiated
        Files DELETE_SKIPPED
        files DELETE_COMPLETE"#]].assert_eq(&root.events(&id));
    assert_eq!(root.s3("HEAD", "/my-files", "").status, 200);
}

#[test]
fn a_forced_deletion_leaves_behind_what_fails() {
    let server = Server::start();
    let root = server.root();
    let id = root.create("files", BUCKET, &[]).ok().element("StackId");
    root.s3("PUT", "/my-files/key", "body").ok();
    root.delete("files", &[]).ok();
    assert_eq!(root.status("files"), "DELETE_FAILED");
    root.delete("files", &[("DeletionMode", "FORCE_DELETE_STACK")]).ok();
    assert_eq!(root.status(&id), "DELETE_COMPLETE");
    assert_eq!(root.s3("HEAD", "/my-files", "").status, 200);
}

#[test]
fn retained_resources_outlive_their_stack() {
    let server = Server::start();
    let root = server.root();
    let template = BUCKET.replace("    Properties", "    DeletionPolicy: Retain\n    Properties");
    let id = root.create("files", &template, &[]).ok().element("StackId");
    root.delete("files", &[]).ok();
    assert_eq!(
        root.events(&id).lines().skip(5).collect::<Vec<_>>(),
        [
            "files DELETE_IN_PROGRESS User Initiated",
            "Files DELETE_SKIPPED",
            "files DELETE_COMPLETE",
        ]
    );
    assert_eq!(root.s3("HEAD", "/my-files", "").status, 200);
}

#[test]
fn a_protected_stack_is_not_deleted() {
    let server = Server::start();
    let root = server.root();
    root.create("files", BUCKET, &[("EnableTerminationProtection", "true")]).ok();
    assert_eq!(
        root.delete("files", &[]).error(),
        "400 ValidationError: Stack [files] cannot be deleted while TerminationProtection is enabled"
    );
    let off = [("StackName", "files"), ("EnableTerminationProtection", "false")];
    root.cfn("UpdateTerminationProtection", &off).ok();
    root.delete("files", &[]).ok();
    assert_eq!(root.s3("HEAD", "/my-files", "").status, 404);
}

#[test]
fn what_somebody_else_has_deleted_already_is_no_failure() {
    let server = Server::start();
    let root = server.root();
    let id = root.create("files", BUCKET, &[]).ok().element("StackId");
    root.s3("DELETE", "/my-files", "").ok();
    root.delete("files", &[]).ok();
    assert_eq!(root.status(&id), "DELETE_COMPLETE");
}

#[test]
fn a_deletion_takes_over_from_a_creation_that_runs() {
    let server = Server::start();
    let root = server.root();
    let parameters = [
        ("StackName", "first"),
        ("TemplateBody", TWO),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
    ];
    let id = root.cfn("CreateStack", &parameters).ok().element("StackId");
    root.delete("first", &[]).ok();
    assert_eq!(root.status(&id), "DELETE_COMPLETE");
    assert!(root.iam("ListRoles", &[]).ok().elements("RoleName").is_empty());
}
