//! The access report of an organization.

use expect_test::expect;
use serde_json::{Value, json};

use crate::common::{ACCOUNT, Answer, Client, OTHER_ACCOUNT, Server};
use crate::organizations::{Organization as _, text};

/// The job's answer.
fn report(client: &Client<'_>, path: &str, policy: Option<&str>, more: &[(&str, &str)]) -> Answer {
    let mut parameters = vec![("EntityPath", path)];
    parameters.extend(policy.map(|policy| ("OrganizationsPolicyId", policy)));
    let job = client.iam("GenerateOrganizationsAccessReport", &parameters).ok().element("JobId");
    let mut parameters = vec![("JobId", job.as_str())];
    parameters.extend(more);
    client.iam("GetOrganizationsAccessReport", &parameters).ok()
}

fn failure(answer: &Answer) -> String {
    format!("{} {}", answer.element("JobStatus"), answer.element("Code"))
}

#[test]
fn the_report_lists_what_control_policies_leave_and_who_used_it_last() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    let top = root.new_organization();
    let unit = root.new_unit(&top, "unit");
    root.invite(&other, OTHER_ACCOUNT);
    let place =
        json!({"AccountId": OTHER_ACCOUNT, "SourceParentId": top, "DestinationParentId": unit});
    root.org("MoveAccount", place);
    let policy = |name: &str, statement: Value| {
        let content = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let kind = "SERVICE_CONTROL_POLICY";
        let made = json!({"Name": name, "Description": "", "Type": kind, "Content": content});
        text(&root.org("CreatePolicy", made)["Policy"]["PolicySummary"]["Id"])
    };
    let some = json!({"Effect": "Allow", "Action": ["iam:*", "s3:*", "sts:Get*"], "Resource": "*"});
    let some = policy("some", some);
    let no_s3 = policy("no-s3", json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    root.org("AttachPolicy", json!({"PolicyId": some, "TargetId": unit}));
    root.org("DetachPolicy", json!({"PolicyId": "p-FullAWSAccess", "TargetId": unit}));
    root.org("AttachPolicy", json!({"PolicyId": no_s3, "TargetId": OTHER_ACCOUNT}));
    // The member's user asks IAM, the management account's STS.
    other.iam("CreateUser", &[("UserName", "member")]).ok();
    let key = other.iam("CreateAccessKey", &[("UserName", "member")]).ok();
    let (id, secret) = (key.element("AccessKeyId"), key.element("SecretAccessKey"));
    let _ = server.client(&id, &secret, None).iam("ListUsers", &[]);
    let _ = server.user("manager").iam("ListUsers", &[]);
    server.flush();
    let organization = text(&root.org("DescribeOrganization", json!({}))["Organization"]["Id"]);
    let root_path = format!("{organization}/{top}");
    let unit_path = format!("{root_path}/{unit}");
    let member_path = format!("{unit_path}/{OTHER_ACCOUNT}");
    let member = report(&root, &member_path, None, &[]);
    assert_eq!(member.elements("ServiceNamespace"), ["iam", "sts"]);
    assert_eq!(member.element("NumberOfServicesAccessible"), "2");
    assert_eq!(member.element("NumberOfServicesNotAccessed"), "1");
    assert_eq!(member.elements("EntityPath"), [member_path.as_str()]);
    assert_eq!(member.elements("TotalAuthenticatedEntities"), ["1"]);
    assert_eq!(member.element("LastAuthenticatedTime"), "2026-01-02T03:04:05Z");
    assert_eq!(member.element("Region"), "us-east-1");
    assert_eq!(
        report(&root, &unit_path, None, &[]).elements("ServiceNamespace"),
        ["iam", "s3", "sts"]
    );
    let newest = [("SortKey", "SERVICE_NAMESPACE_DESCENDING"), ("MaxItems", "2")];
    let page = report(&root, &unit_path, None, &newest);
    assert_eq!(page.elements("ServiceNamespace"), ["sts", "s3"]);
    assert!(page.has("Marker"));
    let newest = [("SortKey", "LAST_AUTHENTICATED_TIME_DESCENDING")];
    assert_eq!(report(&root, &unit_path, None, &newest).elements("ServiceNamespace")[0], "iam");
    // Of the management account everything, whatever the policy.
    let own =
        report(&root, &format!("{root_path}/{ACCOUNT}"), Some(&some), &[("MaxItems", "1000")]);
    assert!(own.elements("ServiceNamespace").len() > 400);
    assert_eq!(own.elements("EntityPath"), [format!("{root_path}/{ACCOUNT}")]);
    // A policy: who is under it is told of.
    let under = report(&root, &root_path, Some(&some), &[]);
    assert_eq!(under.elements("ServiceNamespace"), ["iam", "s3", "sts"]);
    assert_eq!(under.elements("EntityPath"), [member_path.as_str()]);
}

#[test]
fn what_cannot_be_reported_is_a_job_that_failed() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    let alone = report(&root, "o-0000000000/r-0000", None, &[]);
    expect!["FAILED OrganizationNotFound"].assert_eq(&failure(&alone));
    let top = root.new_organization();
    root.invite(&other, OTHER_ACCOUNT);
    let organization = text(&root.org("DescribeOrganization", json!({}))["Organization"]["Id"]);
    let path = format!("{organization}/{top}");
    expect!["FAILED AccessDenied"].assert_eq(&failure(&report(&other, &path, None, &[])));
    let gone = format!("{path}/ou-0000-00000000");
    expect!["FAILED EntityNotFound"].assert_eq(&failure(&report(&root, &gone, None, &[])));
    let policy = Some("p-00000000");
    expect!["FAILED PolicyNotFound"].assert_eq(&failure(&report(&root, &path, policy, &[])));
    let kind = json!({"RootId": top, "PolicyType": "SERVICE_CONTROL_POLICY"});
    root.org("DisablePolicyType", kind);
    expect!["FAILED PolicyTypeNotEnabled"].assert_eq(&failure(&report(&root, &path, None, &[])));
    let job = ("JobId", "00000000-0000-0000-0000-000000000000");
    expect!["404 NoSuchEntity: Job 00000000-0000-0000-0000-000000000000 is not found."]
        .assert_eq(&root.iam("GetOrganizationsAccessReport", &[job]).error());
}
