//! Stacks in stacks.

use crate::common::{Answer, Client, Server, Stacks as _};

const HOLDER: &str = "Parameters: {Path: {Type: String, Default: /a/}}\n\
    Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      \
    TemplateURL: https://templates.s3.amazonaws.com/child.yml\n      Parameters: {Path: !Ref Path}\n      \
    Tags: [{Key: own, Value: 'yes'}]\n  \
    After: {Type: AWS::IAM::Group, Properties: {Path: !Sub '/${Child.Outputs.Name}/'}}\n\
    Outputs: {Arn: {Value: !GetAtt Child.Outputs.Arn}, Id: {Value: !Ref Child}}";
const CHILD: &str = "Parameters: {Path: {Type: String}}\n\
    Resources: {Group: {Type: AWS::IAM::Group, Properties: {Path: !Ref Path}}, Role: {Type: AWS::S3::Bucket}}\n\
    Outputs: {Arn: {Value: !GetAtt Group.Arn}, Name: {Value: !Ref Group}}";

fn put(client: &Client<'_>, key: &str, body: &str) {
    client.s3("PUT", "/templates", "").ok();
    client.s3("PUT", &format!("/templates/{key}"), body).ok();
}

fn child(client: &Client<'_>, holder: &str) -> Answer {
    let named = [("StackName", holder), ("LogicalResourceId", "Child")];
    let id = client.cfn("DescribeStackResource", &named).ok().element("PhysicalResourceId");
    client.cfn("DescribeStacks", &[("StackName", &id)]).ok()
}

#[test]
fn a_stack_in_a_stack_is_made_updated_and_deleted_with_it() {
    let server = Server::start();
    let root = server.root();
    put(&root, "child.yml", CHILD);
    let tags = [("Tags.member.1.Key", "from"), ("Tags.member.1.Value", "root")];
    root.create("holder", HOLDER, &tags).ok();
    assert_eq!(root.status("holder"), "CREATE_COMPLETE", "{}", root.events("holder"));
    let known = child(&root, "holder");
    let holder = root.cfn("DescribeStacks", &[("StackName", "holder")]).ok();
    assert_eq!(known.element("ParentId"), holder.element("StackId"));
    assert_eq!(known.element("RootId"), holder.element("StackId"));
    assert!(known.element("StackName").starts_with("holder-Child-"));
    assert_eq!(known.elements("Key"), ["from", "own"]);
    assert_eq!(holder.elements("OutputValue")[0], known.elements("OutputValue")[0]);
    assert_eq!(holder.elements("OutputValue")[1], known.element("StackId"));
    let other = [
        ("Parameters.member.1.ParameterKey", "Path"),
        ("Parameters.member.1.ParameterValue", "/b/"),
    ];
    root.update("holder", HOLDER, &other).ok();
    assert_eq!(root.status("holder"), "UPDATE_COMPLETE", "{}", root.events("holder"));
    let known = child(&root, "holder");
    assert_eq!(known.element("StackStatus"), "UPDATE_COMPLETE");
    // Another template under the same URL is an update too.
    put(&root, "child.yml", &CHILD.replace("Role:", "Other:"));
    root.update("holder", HOLDER, &other).ok();
    let named = [("StackName", &*known.element("StackId"))];
    let resources = root.cfn("ListStackResources", &named).ok();
    assert!(resources.elements("LogicalResourceId").contains(&"Other".to_owned()));
    root.delete("holder", &[]).ok();
    assert_eq!(child_status(&root, &known.element("StackId")), "DELETE_COMPLETE");
    assert_eq!(root.cfn("ListStacks", &[]).ok().elements("StackStatus").len(), 2);
}

fn child_status(client: &Client<'_>, id: &str) -> String {
    client.cfn("DescribeStacks", &[("StackName", id)]).ok().element("StackStatus")
}

#[test]
fn the_failure_of_a_child_is_told_by_its_holder_and_both_go_back() {
    let server = Server::start();
    let root = server.root();
    let broken = CHILD.replace("Role: {Type: AWS::S3::Bucket}", "Bad: {Type: AWS::IAM::Group, DependsOn: Group, Properties: {ManagedPolicyArns: ['arn:aws:iam::aws:policy/None']}}");
    put(&root, "child.yml", &broken);
    root.create("holder", HOLDER, &[]).ok();
    assert_eq!(root.status("holder"), "ROLLBACK_COMPLETE");
    let told = root.events("holder");
    assert!(
        told.contains(
            " was not successfully created: The following resource(s) failed to create: [Bad]. \n"
        ),
        "{told}"
    );
    assert!(told.contains("Child DELETE_COMPLETE"), "{told}");
    put(&root, "child.yml", CHILD);
    root.create("second", HOLDER, &[]).ok();
    assert_eq!(root.status("second"), "CREATE_COMPLETE", "{}", root.events("second"));
    put(&root, "child.yml", &broken);
    root.update("second", HOLDER, &[]).ok();
    assert_eq!(root.status("second"), "UPDATE_ROLLBACK_COMPLETE", "{}", root.events("second"));
    let told = root.events("second");
    assert!(
        told.contains("was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: The following resource(s) failed to"),
        "{told}"
    );
    assert_eq!(child(&root, "second").element("StackStatus"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn a_child_that_was_updated_goes_back_with_its_holder_to_the_template_it_had() {
    let server = Server::start();
    let root = server.root();
    put(&root, "child.yml", CHILD);
    root.create("holder", HOLDER, &[]).ok();
    put(&root, "child.yml", &CHILD.replace("Role:", "Other:"));
    let failing = HOLDER.replace(
        "Outputs:",
        "  Bad: {Type: AWS::IAM::Group, DependsOn: Child, Properties: {ManagedPolicyArns: ['arn:aws:iam::aws:policy/None']}}\nOutputs:",
    );
    let failing = failing.replace("Default: /a/", "Default: /c/");
    root.update("holder", &failing, &[]).ok();
    assert_eq!(root.status("holder"), "UPDATE_ROLLBACK_COMPLETE", "{}", root.events("holder"));
    let id = child(&root, "holder").element("StackId");
    let resources = root.cfn("ListStackResources", &[("StackName", &id)]).ok();
    assert_eq!(resources.elements("LogicalResourceId"), ["Group", "Role"]);
    let body = root.cfn("GetTemplate", &[("StackName", &id)]).ok().element("TemplateBody");
    assert!(body.contains("Role:"), "{body}");
    assert!(child(&root, "holder").element("OutputValue").contains(":group/a/"));
}

#[test]
fn a_child_is_made_as_its_holders_caller() {
    let server = Server::start();
    let root = server.root();
    put(&root, "child.yml", CHILD);
    let alice = server.user("alice", &["cloudformation:*", "iam:*", "s3:CreateBucket"]);
    alice.create("holder", HOLDER, &[]).ok();
    let told = alice.events("holder");
    assert!(told.contains("Child CREATE_FAILED S3 error: Access Denied"), "{told}");
    server.allow(
        "alice",
        &["cloudformation:CreateChangeSet", "cloudformation:Describe*", "iam:*", "s3:*"],
    );
    root.create("other", HOLDER, &[]).ok();
    assert_eq!(root.status("other"), "CREATE_COMPLETE");
}

#[test]
fn an_output_that_a_child_does_not_have_fails_the_holder() {
    let server = Server::start();
    let root = server.root();
    put(&root, "child.yml", "Resources: {B: {Type: AWS::S3::Bucket}}");
    let holder = "Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://templates.s3.amazonaws.com/child.yml'}}}\n\
        Outputs: {O: {Value: !GetAtt Child.Outputs.None}}";
    root.create("holder", holder, &[]).ok();
    let told = root.events("holder");
    assert!(
        told.contains("ROLLBACK_IN_PROGRESS Output 'None' not found in stack 'arn:aws:"),
        "{told}"
    );
}

#[test]
fn stacks_in_stacks_in_stacks_name_their_root() {
    let server = Server::start();
    let root = server.root();
    put(
        &root,
        "leaf.yml",
        "Resources: {B: {Type: AWS::S3::Bucket}}\nOutputs: {N: {Value: !Ref B}}",
    );
    put(
        &root,
        "child.yml",
        "Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://templates.s3.amazonaws.com/leaf.yml'}}}\nOutputs: {N: {Value: !GetAtt Child.Outputs.N}}",
    );
    let holder = "Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://templates.s3.amazonaws.com/child.yml'}}}\n\
        Outputs: {O: {Value: !GetAtt Child.Outputs.N}}";
    root.create("holder", holder, &[]).ok();
    assert_eq!(root.status("holder"), "CREATE_COMPLETE", "{}", root.events("holder"));
    let middle = child(&root, "holder");
    let leaf = child(&root, &middle.element("StackName"));
    assert_eq!(leaf.element("ParentId"), middle.element("StackId"));
    assert_eq!(leaf.element("RootId"), middle.element("ParentId"));
    root.delete("holder", &[]).ok();
    assert_eq!(child_status(&root, &leaf.element("StackId")), "DELETE_COMPLETE");
}

#[test]
fn a_stack_that_names_itself_comes_to_an_end() {
    let server = Server::start();
    let root = server.root();
    let body = "Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://templates.s3.amazonaws.com/self.yml'}}}";
    put(&root, "self.yml", body);
    root.create("holder", body, &[]).ok();
    assert_eq!(root.status("holder"), "ROLLBACK_COMPLETE", "{}", root.events("holder"));
    assert_eq!(root.cfn("DescribeStacks", &[]).ok().elements("StackName"), ["holder"]);
}

type Prepare<'a> = &'a dyn Fn(&Server);
type Ask<'a> = &'a dyn Fn(&Client<'_>);

/// What is to be seen of holder and child at the end, with one crash after so many waits; and
/// whether there was one.
fn with_one_crash(prepare: Prepare<'_>, ask: Ask<'_>, waits: usize) -> (String, bool) {
    let dir = tempfile::tempdir().unwrap();
    {
        let server = Server::open(dir.path(), 1);
        put(&server.root(), "child.yml", CHILD);
        prepare(&server);
        ask(&server.root());
    }
    let ended = Server::open(dir.path(), 2).work_until(waits);
    let server = Server::open(dir.path(), 3);
    server.work();
    let root = server.root();
    let stacks = root.cfn("ListStacks", &[]).ok();
    let ids = stacks.elements("StackId");
    let told: Vec<String> = ids.iter().map(|id| root.events(id)).collect();
    let groups = root.iam("ListGroups", &[]).ok().elements("GroupName").len();
    (format!("{}\n{groups} groups", told.join("\n--\n")), !ended)
}

#[test]
fn a_crash_while_holder_or_child_works_changes_nothing_of_their_end() {
    let made = |server: &Server| drop(server.root().create("holder", HOLDER, &[]).ok());
    let nothing = |_: &Server| ();
    let given = [("StackName", "holder"), ("Capabilities.member.1", "CAPABILITY_IAM")];
    let create = |root: &Client<'_>| {
        drop(root.cfn("CreateStack", &[&given[..], &[("TemplateBody", HOLDER)]].concat()).ok());
    };
    let other = HOLDER.replace("/a/", "/b/");
    let update = |root: &Client<'_>| {
        drop(root.cfn("UpdateStack", &[&given[..], &[("TemplateBody", &other)]].concat()).ok());
    };
    let delete = |root: &Client<'_>| drop(root.cfn("DeleteStack", &given[..1]).ok());
    let courses: [(Prepare<'_>, Ask<'_>); 3] =
        [(&nothing, &create), (&made, &update), (&made, &delete)];
    for (prepare, ask) in courses {
        let (expected, _) = with_one_crash(prepare, ask, usize::MAX);
        for waits in 0..1000 {
            let (end, crashed) = with_one_crash(prepare, ask, waits);
            assert_eq!(end, expected, "after {waits} waits");
            if !crashed {
                assert!(waits > 2, "too few steps to tell");
                break;
            }
        }
    }
}

/// Proposes a change set of a stack and of the stacks in it.
fn propose(client: &Client<'_>, name: &str, kind: &str, path: &str) -> Answer {
    let parameters = [
        ("StackName", "holder"),
        ("ChangeSetName", name),
        ("ChangeSetType", kind),
        ("TemplateBody", HOLDER),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
        ("IncludeNestedStacks", "true"),
        ("Parameters.member.1.ParameterKey", "Path"),
        ("Parameters.member.1.ParameterValue", path),
    ];
    client.cfn("CreateChangeSet", &parameters).ok();
    described(client, name)
}

fn described(client: &Client<'_>, name: &str) -> Answer {
    let named = [("StackName", "holder"), ("ChangeSetName", name)];
    client.cfn("DescribeChangeSet", &named).ok()
}

/// The id of the child's change set, which is the one that is told of a resource.
fn child_change_set(told: &Answer) -> String {
    let ids = told.elements("ChangeSetId");
    ids.into_iter().find(|id| id.contains("-Child-")).unwrap_or_default()
}

#[test]
fn a_change_set_tells_what_changes_in_the_stacks_of_a_stack_and_makes_it() {
    let server = Server::start();
    let root = server.root();
    put(&root, "child.yml", CHILD);
    let told = propose(&root, "one", "CREATE", "/a/");
    assert_eq!(told.element("Status"), "CREATE_COMPLETE", "{}", told.body);
    let id = child_change_set(&told);
    let inner = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok();
    assert_eq!(inner.elements("LogicalResourceId"), ["Group", "Role"]);
    assert_eq!(inner.element("ParentChangeSetId"), inner.element("RootChangeSetId"));
    assert!(inner.element("RootChangeSetId").contains("changeSet/one/"));
    let proposed = inner.element("StackId");
    let known = root.cfn("DescribeStacks", &[("StackName", &proposed)]).ok();
    assert_eq!(known.element("StackStatus"), "REVIEW_IN_PROGRESS");
    assert_eq!(known.element("ParentId"), told.element("StackId"));
    let alone = root.cfn("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    assert!(alone.error().contains("must be performed on the root change set"));
    let named = [("StackName", "holder"), ("ChangeSetName", "one")];
    root.cfn("ExecuteChangeSet", &named).ok();
    server.work();
    assert_eq!(root.status("holder"), "CREATE_COMPLETE", "{}", root.events("holder"));
    assert_eq!(child(&root, "holder").element("StackId"), proposed);
    let inner = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok();
    assert_eq!(inner.element("ExecutionStatus"), "EXECUTE_COMPLETE");

    let told = propose(&root, "two", "UPDATE", "/b/");
    let id = child_change_set(&told);
    let inner = root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).ok();
    assert_eq!(inner.elements("LogicalResourceId"), ["Group"], "{}", inner.body);
    root.cfn("ExecuteChangeSet", &[("StackName", "holder"), ("ChangeSetName", "two")]).ok();
    server.work();
    assert_eq!(child(&root, "holder").element("StackStatus"), "UPDATE_COMPLETE");
    // Where nothing changes in the child, nothing is told of it.
    let told = propose(&root, "three", "UPDATE", "/b/");
    assert_eq!(told.element("Status"), "FAILED", "{}", told.body);
    assert!(told.element("StatusReason").contains("didn't contain changes"));
}

#[test]
fn the_change_sets_of_stacks_in_a_stack_go_with_their_holders() {
    let server = Server::start();
    let root = server.root();
    put(&root, "child.yml", CHILD);
    let told = propose(&root, "one", "CREATE", "/a/");
    let id = child_change_set(&told);
    root.cfn("DeleteChangeSet", &[("StackName", "holder"), ("ChangeSetName", "one")]).ok();
    assert_eq!(root.cfn("DescribeChangeSet", &[("ChangeSetName", &id)]).status, 404);
    let left = root.cfn("ListStacks", &[]).ok();
    assert_eq!(left.elements("StackStatus").len(), 2);
    assert!(left.elements("StackStatus").contains(&"DELETE_COMPLETE".to_owned()));
    // What a child cannot be is the whole change set's failure.
    put(&root, "child.yml", "Resources: {A: {Type: AWS::No::Type}}");
    let told = propose(&root, "two", "CREATE", "/a/");
    assert_eq!(told.element("Status"), "FAILED");
    assert!(told.element("StatusReason").contains("AWS::No::Type"), "{}", told.body);
    // A template that holds itself comes to an end.
    put(&root, "child.yml", &CHILD.replace("Role: {Type: AWS::S3::Bucket}", "Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://templates.s3.amazonaws.com/child.yml, Parameters: {Path: /x/}}}"));
    let told = propose(&root, "three", "CREATE", "/a/");
    assert_eq!(told.element("Status"), "FAILED", "{}", told.body);
}

#[test]
fn what_a_child_is_not_given_yet_does_not_fail_the_change_set() {
    let server = Server::start();
    let root = server.root();
    put(
        &root,
        "child.yml",
        "Parameters: {N: {Type: Number}}\nResources: {A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref N}}}",
    );
    let holder = "Resources:
  Five: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: '5'}}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://templates.s3.amazonaws.com/child.yml
      Parameters: {N: !GetAtt Five.Value}
";
    let parameters = [
        ("StackName", "holder"),
        ("ChangeSetName", "one"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", holder),
        ("IncludeNestedStacks", "true"),
    ];
    root.cfn("CreateChangeSet", &parameters).ok();
    let told = described(&root, "one");
    assert_eq!(told.element("Status"), "CREATE_COMPLETE", "{}", told.body);
    assert_eq!(told.elements("LogicalResourceId"), ["Child", "Five"]);
    root.cfn("ExecuteChangeSet", &[("StackName", "holder"), ("ChangeSetName", "one")]).ok();
    server.work();
    assert_eq!(root.status("holder"), "CREATE_COMPLETE", "{}", root.events("holder"));
    assert_eq!(child(&root, "holder").element("ParameterValue"), "5");
}
