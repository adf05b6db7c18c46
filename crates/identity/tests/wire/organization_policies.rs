//! Service and resource control policies: kept as AWS keeps them, and enforced at every level.

use expect_test::expect;
use serde_json::{Value, json};

use crate::common::{ACCOUNT, Client, OTHER_ACCOUNT, Server, statement};
use crate::organizations::{Organization as _, administrator, text};

/// An organization with the other account in a unit.
struct Tree<'a> {
    root: Client<'a>,
    member: Client<'a>,
    top: String,
    unit: String,
}

impl<'a> Tree<'a> {
    fn new(server: &'a Server) -> Self {
        let (root, member) = (server.root(), server.other_root());
        let top = root.new_organization();
        let unit = root.new_unit(&top, "unit");
        root.invite(&member, OTHER_ACCOUNT);
        let moved =
            json!({"AccountId": OTHER_ACCOUNT, "SourceParentId": top, "DestinationParentId": unit});
        root.org("MoveAccount", moved);
        Self { root, member, top, unit }
    }

    fn policy(&self, name: &str, content: &str) -> String {
        self.policy_of("SERVICE_CONTROL_POLICY", name, content)
    }

    fn policy_of(&self, kind: &str, name: &str, content: &str) -> String {
        let input = json!({"Name": name, "Description": "", "Type": kind, "Content": content});
        text(&self.root.org("CreatePolicy", input)["Policy"]["PolicySummary"]["Id"])
    }

    fn attach(&self, policy: &str, target: &str) {
        self.root.org("AttachPolicy", json!({"PolicyId": policy, "TargetId": target}));
    }

    fn detach(&self, policy: &str, target: &str) {
        self.root.org("DetachPolicy", json!({"PolicyId": policy, "TargetId": target}));
    }
}

/// The sentence without ids, which are other ones each time.
fn without_ids(sentence: &str, ids: &[&str]) -> String {
    ids.iter().fold(sentence.to_owned(), |text, id| text.replace(id, "ID"))
}

#[test]
fn a_denial_at_any_level_binds_root_and_users_of_members_and_not_the_management_account() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let deny = tree.policy("no-users", &statement("Deny", "iam:ListUsers", "*"));
    for target in [tree.top.as_str(), &tree.unit, OTHER_ACCOUNT] {
        tree.member.iam("ListUsers", &[]).ok();
        tree.attach(&deny, target);
        let organization = tree.root.org("DescribeOrganization", json!({}));
        let id = text(&organization["Organization"]["Id"]);
        let refused = without_ids(&tree.member.iam("ListUsers", &[]).error(), &[&id, &deny]);
        expect!["403 AccessDenied: User: arn:aws:iam::210987654321:root is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::210987654321:user/ with an explicit deny in a service control policy: arn:aws:organizations::123456789012:policy/ID/service_control_policy/ID"]
            .assert_eq(&refused);
        tree.member.iam("ListGroups", &[]).ok();
        tree.root.iam("ListUsers", &[]).ok();
        tree.detach(&deny, target);
    }
    tree.attach(&deny, ACCOUNT);
    tree.root.iam("ListUsers", &[]).ok();
}

#[test]
fn each_level_must_allow() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let some = tree.policy("only-groups", &statement("Allow", "iam:ListGroups", "*"));
    for target in [tree.top.as_str(), &tree.unit, OTHER_ACCOUNT] {
        tree.attach(&some, target);
        tree.member.iam("ListUsers", &[]).ok();
        tree.detach("p-FullAWSAccess", target);
        tree.member.iam("ListGroups", &[]).ok();
        expect!["403 AccessDenied: User: arn:aws:iam::210987654321:root is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::210987654321:user/ because no service control policy allows the iam:ListUsers action"]
            .assert_eq(&tree.member.iam("ListUsers", &[]).error());
        tree.root.iam("ListUsers", &[]).ok();
        tree.attach("p-FullAWSAccess", target);
        tree.detach(&some, target);
    }
    let last = json!({"PolicyId": "p-FullAWSAccess", "TargetId": tree.unit});
    expect!["ConstraintViolationException: You cannot remove the last policy attached to the specified target. You must have at least one attached at all times. (MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED)"]
        .assert_eq(&tree.root.org_refused("DetachPolicy", last));
}

#[test]
fn what_is_changed_moved_or_disabled_counts_at_once() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let policy = tree.policy("p", &statement("Deny", "iam:ListUsers", "*"));
    tree.attach(&policy, &tree.unit);
    assert_eq!(tree.member.iam("ListUsers", &[]).status, 403);
    let content = statement("Deny", "iam:ListGroups", "*");
    tree.root.org("UpdatePolicy", json!({"PolicyId": policy, "Content": content}));
    tree.member.iam("ListUsers", &[]).ok();
    assert_eq!(tree.member.iam("ListGroups", &[]).status, 403);
    let out = json!({"AccountId": OTHER_ACCOUNT, "SourceParentId": tree.unit, "DestinationParentId": tree.top});
    tree.root.org("MoveAccount", out);
    tree.member.iam("ListGroups", &[]).ok();
    tree.attach(&policy, OTHER_ACCOUNT);
    assert_eq!(tree.member.iam("ListGroups", &[]).status, 403);
    let kind = json!({"RootId": tree.top, "PolicyType": "SERVICE_CONTROL_POLICY"});
    tree.root.org("DisablePolicyType", kind.clone());
    tree.member.iam("ListGroups", &[]).ok();
    tree.root.org("EnablePolicyType", kind);
    tree.member.iam("ListGroups", &[]).ok();
    tree.attach(&policy, OTHER_ACCOUNT);
    assert_eq!(tree.member.iam("ListGroups", &[]).status, 403);
    tree.root.org("RemoveAccountFromOrganization", json!({"AccountId": OTHER_ACCOUNT}));
    tree.member.iam("ListGroups", &[]).ok();
}

#[test]
fn resource_control_policies_protect_the_resources_of_members() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let kind = json!({"RootId": tree.top, "PolicyType": "RESOURCE_CONTROL_POLICY"});
    tree.root.org("EnablePolicyType", kind);
    let member = tree.root.new_member("m");
    let admin = administrator(&server);
    let role = format!("arn:aws:iam::{member}:role/OrganizationAccountAccessRole");
    let entered = [("RoleArn", role.as_str()), ("RoleSessionName", "session")];
    admin.sts("AssumeRole", &entered).ok();
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}"#;
    let policy = tree.policy_of("RESOURCE_CONTROL_POLICY", "nobody", deny);
    tree.attach(&policy, &member);
    let refused = admin.sts("AssumeRole", &entered);
    assert_eq!(refused.element("Code"), "AccessDenied");
    tree.detach(&policy, &member);
    admin.sts("AssumeRole", &entered).ok();
    // The management account's own resources are under none.
    tree.attach(&policy, &tree.top);
    let trust = crate::common::trusting(&format!("arn:aws:iam::{ACCOUNT}:user/admin"));
    let own = [("RoleName", "own"), ("AssumeRolePolicyDocument", trust.as_str())];
    server.root().iam("CreateRole", &own).ok();
    admin.assume("own", "session");
    let full = json!({"PolicyId": "p-RCPFullAWSAccess", "TargetId": member});
    expect!["InvalidInputException: You can't detach the RCPFullAWSAccess policy. (NON_DETACHABLE_POLICY)"]
        .assert_eq(&tree.root.org_refused("DetachPolicy", full));
}

#[test]
fn conditions_know_the_organization_of_callers_and_resources() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let organization = tree.root.org("DescribeOrganization", json!({}));
    let id = text(&organization["Organization"]["Id"]);
    let path = format!("{id}/{}/{}/", tree.top, tree.unit);
    for (name, key, value, is_right) in [
        ("id", "StringEquals\":{\"aws:PrincipalOrgID", id.as_str(), true),
        ("other-id", "StringEquals\":{\"aws:PrincipalOrgID", "o-other", false),
        ("path", "ForAnyValue:StringLike\":{\"aws:PrincipalOrgPaths", &path, true),
        ("own-id", "StringEquals\":{\"aws:ResourceOrgID", id.as_str(), true),
        ("own-path", "ForAnyValue:StringEquals\":{\"aws:ResourceOrgPaths", &path, true),
        ("own-other", "StringEquals\":{\"aws:ResourceOrgID", "o-other", false),
    ] {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{{"{key}":"{value}"}}}}}}]}}"#
        );
        let new = [("UserName", name)];
        tree.member.iam("CreateUser", &new).ok();
        let put = [("UserName", name), ("PolicyName", "p"), ("PolicyDocument", policy.as_str())];
        tree.member.iam("PutUserPolicy", &put).ok();
        let key = tree.member.iam("CreateAccessKey", &new).ok();
        let (access, secret) = (key.element("AccessKeyId"), key.element("SecretAccessKey"));
        let user = server.client(&access, &secret, None);
        let expected = if is_right { 200 } else { 403 };
        assert_eq!(user.iam("ListUsers", &[]).status, expected, "{name}");
    }
}

#[test]
fn policies_that_do_not_fit_are_refused() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let refused = |kind: &str, name: &str, content: &str| {
        let input = json!({"Name": name, "Description": "", "Type": kind, "Content": content});
        tree.root.org_refused("CreatePolicy", input)
    };
    let scp = "SERVICE_CONTROL_POLICY";
    let unfit = "MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type.";
    let with_principal = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
    for (kind, content) in [
        (scp, "{}"),
        (scp, "no JSON"),
        (scp, with_principal),
        ("RESOURCE_CONTROL_POLICY", &statement("Deny", "s3:*", "*")),
        ("RESOURCE_CONTROL_POLICY", &with_principal.replace("Deny", "Allow")),
        ("RESOURCE_CONTROL_POLICY", &with_principal.replace("Deny", "Allow").replace("s3:*", "*")),
    ] {
        assert_eq!(refused(kind, "bad", content), unfit, "{content}");
    }
    let long = statement("Deny", "s3:*", &format!("arn:aws:s3:::{}", "x".repeat(5120)));
    expect!["ConstraintViolationException: You have exceeded the maximum policy size. (POLICY_CONTENT_LIMIT_EXCEEDED)"]
        .assert_eq(&refused(scp, "long", &long));
    let good = statement("Deny", "s3:*", "*");
    let policy = tree.policy("twin", &good);
    expect!["DuplicatePolicyException: A policy with the specified name and type already exists."]
        .assert_eq(&refused(scp, "twin", &good));
    expect!["NotImplemented: The policy type TAG_POLICY is not implemented by this server."]
        .assert_eq(&{
            let input =
                json!({"Name": "t", "Description": "", "Type": "TAG_POLICY", "Content": "{}"});
            let (status, answer) = tree.root.organizations("CreatePolicy", &input);
            assert_eq!(status, 501);
            format!(
                "{}: {}",
                text(&answer["__type"]),
                text(answer.get("Message").unwrap_or(&answer["message"]))
            )
        });
    expect!["InvalidInputException: You can't modify an AWS managed policy. (IMMUTABLE_POLICY)"]
        .assert_eq(&tree.root.org_refused("DeletePolicy", json!({"PolicyId": "p-FullAWSAccess"})));
    tree.attach(&policy, &tree.unit);
    expect!["PolicyInUseException: The specified policy is attached to one or more entities. Detach it from all entities first."]
        .assert_eq(&tree.root.org_refused("DeletePolicy", json!({"PolicyId": policy})));
    let again = json!({"PolicyId": policy, "TargetId": tree.unit});
    expect!["DuplicatePolicyAttachmentException: The specified policy is already attached to the specified target."]
        .assert_eq(&tree.root.org_refused("AttachPolicy", again.clone()));
    for number in 0..3 {
        let policy = tree.policy(&format!("more-{number}"), &good);
        tree.attach(&policy, &tree.unit);
    }
    let sixth = tree.policy("sixth", &good);
    expect!["ConstraintViolationException: You have attached the maximum number of policies to the specified target. (MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED)"]
        .assert_eq(&tree.root.org_refused("AttachPolicy", json!({"PolicyId": sixth, "TargetId": tree.unit})));
    tree.detach(&policy, &tree.unit);
    expect![
        "PolicyNotAttachedException: The specified policy is not attached to the specified target."
    ]
    .assert_eq(&tree.root.org_refused("DetachPolicy", again));
    tree.root.org("DeletePolicy", json!({"PolicyId": policy}));
    expect!["PolicyNotFoundException: You specified a policy that doesn't exist."]
        .assert_eq(&tree.root.org_refused("DescribePolicy", json!({"PolicyId": policy})));
}

#[test]
fn policies_and_their_targets_are_listed() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let policies = tree.root.org("ListPolicies", json!({"Filter": "SERVICE_CONTROL_POLICY"}));
    assert_eq!(
        policies["Policies"],
        json!([{
            "Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "AwsManaged": true,
            "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
            "Description": "Allows access to every operation", "Type": "SERVICE_CONTROL_POLICY"
        }])
    );
    let targets = tree.root.org("ListTargetsForPolicy", json!({"PolicyId": "p-FullAWSAccess"}));
    let kinds = |value: &Value| {
        let targets = value["Targets"].as_array().cloned().unwrap_or_default();
        let mut kinds: Vec<String> = targets.iter().map(|target| text(&target["Type"])).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(&targets), ["ACCOUNT", "ACCOUNT", "ORGANIZATIONAL_UNIT", "ROOT"]);
    let input = json!({"TargetId": tree.unit, "Filter": "SERVICE_CONTROL_POLICY"});
    let attached = tree.root.org("ListPoliciesForTarget", input);
    assert_eq!(attached["Policies"], policies["Policies"]);
    let none = tree.root.org("ListPolicies", json!({"Filter": "TAG_POLICY"}));
    assert_eq!(none["Policies"], json!([]));
    let effective = json!({"PolicyType": "TAG_POLICY"});
    let refused = tree.root.org_refused("DescribeEffectivePolicy", effective);
    assert!(refused.starts_with("EffectivePolicyNotFoundException"), "{refused}");
    let effective = json!({"PolicyType": "SERVICE_CONTROL_POLICY"});
    let refused = tree.root.org_refused("DescribeEffectivePolicy", effective);
    assert!(refused.starts_with("ValidationException"), "{refused}");
}

#[test]
fn an_organization_that_only_shares_bills_has_no_policies() {
    let server = Server::start();
    let root = server.root();
    root.org("CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"}));
    let top = text(&root.org("ListRoots", json!({}))["Roots"][0]["Id"]);
    let kind = json!({"RootId": top, "PolicyType": "SERVICE_CONTROL_POLICY"});
    let refused = root.org_refused("EnablePolicyType", kind);
    assert!(refused.starts_with("PolicyTypeNotAvailableForOrganizationException"), "{refused}");
}

#[test]
fn the_simulator_knows_the_control_policies_of_the_account() {
    let server = Server::start();
    let tree = Tree::new(&server);
    let deny = tree.policy("no-users", &statement("Deny", "iam:ListUsers", "*"));
    tree.attach(&deny, &tree.unit);
    tree.member.iam("CreateUser", &[("UserName", "u")]).ok();
    let all = statement("Allow", "*", "*");
    let put = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", all.as_str())];
    tree.member.iam("PutUserPolicy", &put).ok();
    let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:user/u");
    let ask = [
        ("PolicySourceArn", arn.as_str()),
        ("ActionNames.member.1", "iam:ListUsers"),
        ("ActionNames.member.2", "iam:ListGroups"),
    ];
    let answer = tree.member.iam("SimulatePrincipalPolicy", &ask).ok();
    assert_eq!(answer.elements("EvalDecision"), ["explicitDeny", "allowed"]);
}
