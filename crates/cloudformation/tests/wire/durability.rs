//! A server that dies at any step goes on where it stood.

use crate::common::{Server, Stacks as _};
use crate::stacks::TWO;

/// A role, its policy, a bucket that exists already where the rollback is to be seen.
fn template(bucket: &str) -> String {
    let bucket = format!(
        "  Files:\n    Type: AWS::S3::Bucket\n    DependsOn: Rights\n    Properties: {{BucketName: {bucket}}}\n"
    );
    TWO.replace("Outputs:", &format!("{bucket}Outputs:"))
}

/// What is to be seen of a stack from outside, its random names and ids left out.
fn seen(server: &Server, id: &str) -> String {
    let root = server.root();
    let roles = root.iam("ListRoles", &[]).ok().elements("RoleName").len();
    format!("{}\n{} {roles} roles", root.events(id), root.status(id))
}

/// Lets the server die after so many waits, then again, until the work is done. True where it never
/// died.
fn through_crashes(dir: &std::path::Path, waits: usize) -> bool {
    let mut lives = 1;
    while !Server::open(dir, 100 + lives).work_until(waits) {
        lives += 1;
        assert!(lives < 200, "no progress with {waits} waits a life");
    }
    lives == 1
}

#[test]
fn a_server_that_dies_at_any_step_ends_as_if_it_had_not() {
    for existing in [false, true] {
        let mut expected = None;
        // First without a crash, then with one after each wait, to one that comes after every
        // single one.
        for waits in [usize::MAX, 12, 9, 7, 6, 5, 4, 3, 2, 1] {
            let dir = tempfile::tempdir().unwrap();
            let id = {
                let server = Server::open(dir.path(), 1);
                let root = server.root();
                if existing {
                    root.s3("PUT", "/my-files", "").ok();
                }
                let parameters = [
                    ("StackName", "s"),
                    ("TemplateBody", &template("my-files")),
                    ("Capabilities.member.1", "CAPABILITY_IAM"),
                ];
                root.cfn("CreateStack", &parameters).ok().element("StackId")
            };
            through_crashes(dir.path(), waits);
            let server = Server::open(dir.path(), 999);
            let created = seen(&server, &id);
            server.root().cfn("DeleteStack", &[("StackName", "s")]).ok();
            drop(server);
            through_crashes(dir.path(), waits);
            let deleted = seen(&Server::open(dir.path(), 1000), &id);
            let all = (created, deleted);
            match &expected {
                None => expected = Some(all),
                Some(expected) => assert_eq!(expected, &all, "{waits} waits a life"),
            }
        }
    }
}

#[test]
fn an_update_goes_on_through_crashes_and_so_does_its_rollback() {
    for existing in [false, true] {
        let mut expected = None;
        for waits in [usize::MAX, 9, 7, 5, 4, 3, 2, 1] {
            let dir = tempfile::tempdir().unwrap();
            let id = {
                let server = Server::open(dir.path(), 1);
                let root = server.root();
                let id = root.create("s", &template("my-files"), &[]).ok().element("StackId");
                assert_eq!(root.status("s"), "CREATE_COMPLETE");
                if existing {
                    root.s3("PUT", "/other-files", "").ok();
                }
                // The role is replaced, its policy moved, the bucket replaced: or not.
                let new = template("other-files")
                    .replace("Description: !Sub", "Path: /app/\n      Description: !Sub");
                let parameters = [
                    ("StackName", "s"),
                    ("TemplateBody", new.as_str()),
                    ("Capabilities.member.1", "CAPABILITY_IAM"),
                ];
                root.cfn("UpdateStack", &parameters).ok();
                id
            };
            through_crashes(dir.path(), waits);
            let server = Server::open(dir.path(), 999);
            let buckets = server.root().s3("GET", "/", "").ok().elements("Name").join(" ");
            let all = format!("{}\n{buckets}", seen(&server, &id));
            match &expected {
                None => expected = Some(all),
                Some(expected) => assert_eq!(expected, &all, "{waits} waits a life"),
            }
        }
        let status = if existing { "UPDATE_ROLLBACK_COMPLETE" } else { "UPDATE_COMPLETE" };
        let ended = format!("s {status}\n{status} 1 roles");
        let expected = expected.unwrap_or_default();
        assert!(expected.contains(&ended), "{expected}");
    }
}

/// What a stack goes through, up to the operation whose steps are counted; then that operation.
struct Course {
    name: &'static str,
    before: fn(&Server),
    operation: fn(&Server),
}

/// Groups that need each other in waves, one of which may be given a name that is taken.
fn waves(renamed: &str, taken: bool) -> String {
    let name = if taken { "taken" } else { "free" };
    // More than one step works on.
    let many: String = (0..40)
        .map(|at| format!("  N{at}: {{Type: AWS::IAM::Group, DependsOn: A, Properties: {{Path: /{renamed}/}}}}\n"))
        .collect();
    format!(
        "Resources:
  A: {{Type: AWS::IAM::Group}}
  B: {{Type: AWS::IAM::Group, Properties: {{GroupName: {renamed}}}}}
  C: {{Type: AWS::IAM::Group, DependsOn: [A, B]}}
  D: {{Type: AWS::IAM::User, DependsOn: A, Properties: {{Groups: [!Ref B]}}}}
  E: {{Type: AWS::IAM::User, DependsOn: [C, D, N39], Properties: {{UserName: {name}}}}}
{many}Outputs:
  B: {{Value: !GetAtt B.Arn}}
"
    )
}

fn ask(server: &Server, action: &str, template: &str) {
    let parameters = [
        ("StackName", "s"),
        ("TemplateBody", template),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    server.root().cfn(action, &parameters).ok();
}

fn made(server: &Server) {
    ask(server, "CreateStack", &waves("one", false));
    server.work();
}

fn name_taken(server: &Server) {
    server.root().iam("CreateUser", &[("UserName", "taken")]).ok();
}

/// A change set that imports a group which is there.
fn import_proposed(server: &Server) {
    made(server);
    server.root().iam("CreateGroup", &[("GroupName", "there")]).ok();
    let group =
        "  I: {Type: AWS::IAM::Group, DeletionPolicy: Retain, Properties: {GroupName: there}}\n";
    let parameters = [
        ("StackName", "s"),
        ("ChangeSetName", "c"),
        ("ChangeSetType", "IMPORT"),
        ("TemplateBody", &waves("one", false).replace("Outputs:", &format!("{group}Outputs:"))),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("ResourcesToImport.member.1.ResourceType", "AWS::IAM::Group"),
        ("ResourcesToImport.member.1.LogicalResourceId", "I"),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "GroupName"),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", "there"),
    ];
    server.root().cfn("CreateChangeSet", &parameters).ok();
}

const COURSES: [Course; 7] = [
    Course {
        name: "creation",
        before: |_| (),
        operation: |s| ask(s, "CreateStack", &waves("one", false)),
    },
    Course {
        name: "creation that fails",
        before: name_taken,
        operation: |s| ask(s, "CreateStack", &waves("one", true)),
    },
    Course {
        name: "update with replacement",
        before: made,
        operation: |s| ask(s, "UpdateStack", &waves("two", false)),
    },
    Course {
        name: "update that fails",
        before: |s| {
            made(s);
            name_taken(s);
        },
        operation: |s| ask(s, "UpdateStack", &waves("two", true)),
    },
    Course {
        name: "import",
        before: import_proposed,
        operation: |s| {
            let named = [("StackName", "s"), ("ChangeSetName", "c")];
            drop(s.root().cfn("ExecuteChangeSet", &named).ok());
        },
    },
    Course {
        name: "deletion",
        before: made,
        operation: |s| drop(s.root().cfn("DeleteStack", &[("StackName", "s")]).ok()),
    },
    Course {
        name: "deletion of what has failed",
        before: |s| {
            name_taken(s);
            ask(
                s,
                "CreateStack",
                &waves("one", true)
                    .replace("AWS::IAM::Group}", "AWS::IAM::Group, DeletionPolicy: Retain}"),
            );
            s.work();
        },
        operation: |s| drop(s.root().cfn("DeleteStack", &[("StackName", "s")]).ok()),
    },
];

/// All that is to be seen once it has come to rest, random names and ids left out.
fn rest(server: &Server, id: &str) -> String {
    let root = server.root();
    let groups = root.iam("ListGroups", &[]).ok().elements("GroupName").len();
    let users = root.iam("ListUsers", &[]).ok().elements("UserName").len();
    let resources = root.cfn("DescribeStackResources", &[("StackName", id)]).ok();
    let resources = resources.elements("ResourceStatus").join(" ");
    let stack = root.cfn("DescribeStacks", &[("StackName", id)]).ok();
    let outputs = stack.elements("OutputValue").join(" ");
    format!("{}\n{resources}\n{outputs}\n{groups} groups {users} users", root.events(id))
}

/// Goes through a course with one crash after so many waits, and tells whether there was one.
fn with_one_crash(course: &Course, waits: usize) -> (String, bool) {
    let dir = tempfile::tempdir().unwrap();
    let id = {
        let server = Server::open(dir.path(), 1);
        (course.before)(&server);
        (course.operation)(&server);
        let listed = server.root().cfn("ListStacks", &[]).ok();
        listed.element("StackId")
    };
    let ended = Server::open(dir.path(), 2).work_until(waits);
    let server = Server::open(dir.path(), 3);
    server.work();
    (rest(&server, &id), !ended)
}

#[test]
fn a_crash_at_any_step_of_any_operation_changes_nothing_of_its_end() {
    let mut crashes = 0;
    for course in &COURSES {
        let (expected, _) = with_one_crash(course, usize::MAX);
        assert!(!expected.contains("_IN_PROGRESS\n0"), "{}: {expected}", course.name);
        for waits in 0..1000 {
            let (end, crashed) = with_one_crash(course, waits);
            assert_eq!(end, expected, "{}, after {waits} waits", course.name);
            if !crashed {
                break;
            }
            crashes += 1;
        }
    }
    // How often one course waits depends on the disk: a commit may be done before it is waited for.
    assert!(crashes >= COURSES.len(), "{crashes} crashes: too few to tell");
}

#[test]
fn a_stack_that_waits_goes_on_waiting_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let template = "Resources:\n  H: {Type: AWS::CloudFormation::WaitConditionHandle}\n  W:\n    Type: AWS::CloudFormation::WaitCondition\n    Properties: {Handle: !Ref H, Timeout: \"60\"}\n";
    let url = {
        let server = Server::open(dir.path(), 1);
        server.root().create("s", template, &[]).ok();
        let handle = [("StackName", "s"), ("LogicalResourceId", "H")];
        let handle = server.root().cfn("DescribeStackResource", &handle).ok();
        handle.element("PhysicalResourceId")
    };
    let path = url.strip_prefix("http://localhost:4566").unwrap().to_owned();
    let server = Server::open(dir.path(), 2);
    server.work();
    assert_eq!(server.root().status("s"), "CREATE_IN_PROGRESS");
    server.anonymous("PUT", &path, r#"{"Status":"SUCCESS","UniqueId":"a"}"#).ok();
    drop(server);
    let server = Server::open(dir.path(), 3);
    server.work();
    assert_eq!(server.root().status("s"), "CREATE_COMPLETE");
}

#[test]
fn a_reset_leaves_nothing_of_the_stacks_and_their_steps_do_no_harm() {
    let server = Server::start();
    let root = server.root();
    let parameters =
        [("StackName", "s"), ("TemplateBody", TWO), ("Capabilities.member.1", "CAPABILITY_IAM")];
    root.cfn("CreateStack", &parameters).ok();
    let account = gateway::AccountId::parse(crate::common::ACCOUNT).unwrap();
    let reset = |tx: &mut store::Tx| {
        cloudformation::reset(tx, account);
        Ok::<_, store::Error>(())
    };
    server.gateway.store().transact_blocking(reset).unwrap();
    server.work();
    assert!(root.cfn("ListStacks", &[]).ok().elements("member").is_empty());
    assert!(root.iam("ListRoles", &[]).ok().elements("RoleName").is_empty());
}

#[test]
fn a_stack_of_200_resources_is_made_in_the_order_of_its_needs() {
    let server = Server::start();
    let root = server.root();
    let mut template = "Resources:\n  G0: {Type: AWS::IAM::Group}\n".to_owned();
    for at in 1..200 {
        let needs = (at - 1) / 2;
        template.push_str(&format!("  G{at}: {{Type: AWS::IAM::Group, DependsOn: G{needs}}}\n"));
    }
    root.create("many", &template, &[]).ok();
    assert_eq!(root.status("many"), "CREATE_COMPLETE");
    root.delete("many", &[]).ok();
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
}
