//! What an account tells of itself: authorization details, the credential report, the access
//! advisor.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;

use crate::common::{Answer, Client, Server, policy_arn, role_arn, statement, trusting};

const USER: (&str, &str) = ("UserName", "u");
const USER_ARN: &str = "arn:aws:iam::123456789012:user/u";

/// A user in a group and a role, with policies of each kind.
fn furnished(server: &Server) -> Client<'_> {
    let (user, root) = (server.user("u"), server.root());
    let list = statement("Allow", "s3:ListAllMyBuckets", "*");
    let all = statement("Allow", "iam:*", "*");
    root.iam("CreateGroup", &[("GroupName", "g")]).ok();
    root.iam("AddUserToGroup", &[USER, ("GroupName", "g")]).ok();
    let inline = |of: (&'static str, &'static str), document: &str| {
        root_policy(server, of, document);
    };
    inline(("UserName", "u"), &all);
    inline(("GroupName", "g"), &list);
    root.iam("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &list)]).ok();
    root.iam("AttachUserPolicy", &[USER, ("PolicyArn", &policy_arn("p"))]).ok();
    let trust = trusting(USER_ARN);
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    root.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", aws)]).ok();
    user
}

fn root_policy(server: &Server, of: (&str, &str), document: &str) {
    let operation = if of.0 == "UserName" { "PutUserPolicy" } else { "PutGroupPolicy" };
    let parameters = [of, ("PolicyName", "inline"), ("PolicyDocument", document)];
    server.root().iam(operation, &parameters).ok();
}

fn names(answer: &Answer) -> Vec<String> {
    let mut names = answer.elements("Arn");
    names.sort();
    names
}

#[test]
fn authorization_details_show_everything_or_what_is_asked_for() {
    let server = Server::start();
    furnished(&server);
    let root = server.root();
    let details =
        |parameters: &[(&str, &str)]| root.iam("GetAccountAuthorizationDetails", parameters).ok();
    expect![[r#"
        <UserDetailList>
        <member>
        <Path>/</Path>
        <UserName>u</UserName>
        <UserId>AIDARZPUZDIKLZKTF67OC</UserId>
        <Arn>arn:aws:iam::123456789012:user/u</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <UserPolicyList>
        <member>
        <PolicyName>inline</PolicyName>
        <PolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%2
        2%2C%22Action%22%3A%22iam%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D</PolicyDocument></member></Use
        rPolicyList>
        <GroupList>
        <member>g</member></GroupList>
        <AttachedManagedPolicies>
        <member>
        <PolicyName>p</PolicyName>
        <PolicyArn>arn:aws:iam::123456789012:policy/p</PolicyArn></member></AttachedManagedPolicies>
        <Tags/></member></UserDetailList>
        <GroupDetailList/>
        <RoleDetailList/>
        <Policies/>
        <IsTruncated>false</IsTruncated>"#]].assert_eq(&details(&[("Filter.member.1", "User")]).result());
    expect![[r#"
        arn:aws:iam::123456789012:group/g
        arn:aws:iam::123456789012:policy/p
        arn:aws:iam::123456789012:role/r
        arn:aws:iam::123456789012:user/u
        arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"#]]
    .assert_eq(&names(&details(&[])).join("\n"));
    let local = details(&[("Filter.member.1", "LocalManagedPolicy")]);
    assert_eq!(names(&local), [policy_arn("p")]);
    assert_eq!(local.element("AttachmentCount"), "1");
    let aws = details(&[("Filter.member.1", "AWSManagedPolicy")]);
    assert_eq!(names(&aws), ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]);
    assert!(aws.element("Document").contains("s3-object-lambda"));
}

#[test]
fn authorization_details_come_in_pages_that_together_are_the_whole() {
    let server = Server::start();
    furnished(&server);
    let root = server.root();
    let whole = names(&root.iam("GetAccountAuthorizationDetails", &[]).ok());
    let (mut found, mut marker) = (Vec::new(), None::<String>);
    loop {
        let mut parameters = vec![("MaxItems", "2")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = root.iam("GetAccountAuthorizationDetails", &parameters).ok();
        assert!(names(&page).len() <= 2);
        found.extend(names(&page));
        if page.element("IsTruncated") == "false" {
            break;
        }
        marker = Some(page.element("Marker"));
    }
    found.sort();
    assert_eq!(found, whole);
}

#[test]
fn a_credential_report_tells_of_passwords_keys_devices_and_certificates() {
    let server = Server::start();
    let (_, root) = (server.user("u"), server.root());
    root.iam("CreateUser", &[("UserName", "a,b")]).ok();
    root.iam("CreateLoginProfile", &[USER, ("Password", "Secret-123")]).ok();
    root.iam("UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "90")]).ok();
    expect!["410 ReportNotPresent: No report exists."]
        .assert_eq(&root.iam("GetCredentialReport", &[]).error());
    server.flush();
    expect![[r#"
        <State>STARTED</State>
        <Description>No report exists. Starting a new report generation task</Description>"#]]
    .assert_eq(&root.iam("GenerateCredentialReport", &[]).result());
    assert_eq!(root.iam("GenerateCredentialReport", &[]).ok().element("State"), "COMPLETE");
    let report = root.iam("GetCredentialReport", &[]).ok();
    assert_eq!(report.element("ReportFormat"), "text/csv");
    let text = STANDARD.decode(report.element("Content")).expect("base64");
    let text = std::str::from_utf8(&text).expect("text");
    // Four cells a line, to be read.
    let lines = text.lines().map(|line| {
        let cells: Vec<_> = line.split(',').collect();
        cells.chunks(4).map(|cells| cells.join(",")).collect::<Vec<_>>().join(",\n  ")
    });
    expect![[r#"
        user,arn,user_creation_time,password_enabled,
          password_last_used,password_last_changed,password_next_rotation,mfa_active,
          access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,
          access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,
          access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,
          cert_2_active,cert_2_last_rotated
        <root_account>,arn:aws:iam::123456789012:root,2026-01-02T03:04:05+00:00,not_supported,
          no_information,not_supported,not_supported,false,
          true,2026-01-02T03:04:05+00:00,2026-01-02T03:04:05+00:00,us-east-1,
          iam,false,N/A,N/A,
          N/A,N/A,false,N/A,
          false,N/A
        "a,b","arn:aws:iam::123456789012:user/a,b",
          2026-01-02T03:04:05+00:00,false,N/A,N/A,
          N/A,false,false,N/A,
          N/A,N/A,N/A,false,
          N/A,N/A,N/A,N/A,
          false,N/A,false,N/A
        u,arn:aws:iam::123456789012:user/u,2026-01-02T03:04:05+00:00,true,
          no_information,2026-01-02T03:04:05+00:00,2026-04-02T03:04:05+00:00,false,
          true,2026-01-02T03:04:05+00:00,N/A,N/A,
          N/A,false,N/A,N/A,
          N/A,N/A,false,N/A,
          false,N/A"#]].assert_eq(&lines.collect::<Vec<_>>().join("\n"));
    server.pass(4 * 3600);
    expect!["410 ReportExpired: The most recent credential report has expired."]
        .assert_eq(&root.iam("GetCredentialReport", &[]).error());
}

#[test]
fn the_access_advisor_tells_which_granted_services_were_used_and_by_whom() {
    let server = Server::start();
    let user = furnished(&server);
    let root = server.root();
    user.iam("ListUsers", &[]).ok();
    server.flush();
    let generate = |arn: &str| root.iam("GenerateServiceLastAccessedDetails", &[("Arn", arn)]);
    let job = generate(USER_ARN).ok().element("JobId");
    let job = ("JobId", job.as_str());
    expect![[r#"
        <JobStatus>COMPLETED</JobStatus>
        <JobType>SERVICE_LEVEL</JobType>
        <JobCreationDate>2026-01-02T03:04:05Z</JobCreationDate>
        <ServicesLastAccessed>
        <member>
        <ServiceName>AWS Identity and Access Management</ServiceName>
        <LastAuthenticated>2026-01-02T03:04:05Z</LastAuthenticated>
        <ServiceNamespace>iam</ServiceNamespace>
        <LastAuthenticatedEntity>arn:aws:iam::123456789012:user/u</LastAuthenticatedEntity>
        <LastAuthenticatedRegion>us-east-1</LastAuthenticatedRegion>
        <TotalAuthenticatedEntities>1</TotalAuthenticatedEntities></member>
        <member>
        <ServiceName>Amazon S3</ServiceName>
        <ServiceNamespace>s3</ServiceNamespace>
        <TotalAuthenticatedEntities>0</TotalAuthenticatedEntities></member></ServicesLastAccessed>
        <JobCompletionDate>2026-01-02T03:04:05Z</JobCompletionDate>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("GetServiceLastAccessedDetails", &[job]).result());
    let entities = |job: (&str, &str), service: &str| {
        let parameters = [job, ("ServiceNamespace", service)];
        root.iam("GetServiceLastAccessedDetailsWithEntities", &parameters).ok()
    };
    assert_eq!(entities(job, "iam").element("Name"), "u");
    assert!(entities(job, "iam").has("LastAuthenticated"));
    assert!(!entities(job, "s3").has("LastAuthenticated"));
    let of_policy = generate(&policy_arn("p")).ok().element("JobId");
    assert_eq!(entities(("JobId", &of_policy), "s3").element("Arn"), USER_ARN);
    let of_role = generate(&role_arn("r")).ok().element("JobId");
    assert!(entities(("JobId", &of_role), "s3").has("EntityInfo"));
    assert_eq!(generate(&role_arn("none")).element("Code"), "NoSuchEntity");
    server.pass(3 * 86_400);
    assert_eq!(root.iam("GetServiceLastAccessedDetails", &[job]).element("Code"), "NoSuchEntity");
}

#[test]
fn the_access_advisor_tells_of_single_actions_where_it_is_asked_to() {
    let server = Server::start();
    let user = furnished(&server);
    let root = server.root();
    user.iam("ListUsers", &[]).ok();
    server.flush();
    let parameters = [("Arn", USER_ARN), ("Granularity", "ACTION_LEVEL")];
    let job = root.iam("GenerateServiceLastAccessedDetails", &parameters).ok().element("JobId");
    let shown = root.iam("GetServiceLastAccessedDetails", &[("JobId", &job)]).ok();
    assert_eq!(shown.element("JobType"), "ACTION_LEVEL");
    let actions = shown.elements("member");
    let find = |name: &str| {
        let name = format!("<ActionName>{name}</ActionName>");
        actions.iter().find(|action| action.contains(&name)).expect("an action")
    };
    assert!(find("ListUsers").contains("<LastAccessedTime>2026-01-02T03:04:05Z"));
    assert!(!find("DeleteUser").contains("LastAccessedTime"));
}

#[test]
fn policies_that_grant_a_service_are_listed_with_those_of_groups() {
    let server = Server::start();
    furnished(&server);
    let parameters = [
        ("Arn", USER_ARN),
        ("ServiceNamespaces.member.1", "s3"),
        ("ServiceNamespaces.member.2", "sts"),
    ];
    expect![[r#"
        <PoliciesGrantingServiceAccess>
        <member>
        <ServiceNamespace>s3</ServiceNamespace>
        <Policies>
        <member>
        <PolicyName>p</PolicyName>
        <PolicyType>MANAGED</PolicyType>
        <PolicyArn>arn:aws:iam::123456789012:policy/p</PolicyArn></member>
        <member>
        <PolicyName>inline</PolicyName>
        <PolicyType>INLINE</PolicyType>
        <EntityType>GROUP</EntityType>
        <EntityName>g</EntityName></member></Policies></member>
        <member>
        <ServiceNamespace>sts</ServiceNamespace>
        <Policies/></member></PoliciesGrantingServiceAccess>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&server.root().iam("ListPoliciesGrantingServiceAccess", &parameters).result());
}

#[test]
fn the_token_version_of_the_global_endpoint_is_kept() {
    let server = Server::start();
    let root = server.root();
    let version = |expected: &str| {
        let entry = format!("<key>GlobalEndpointTokenVersion</key><value>{expected}</value>");
        assert!(root.iam("GetAccountSummary", &[]).ok().body.contains(&entry), "{expected}");
    };
    version("2");
    let parameters = [("GlobalEndpointTokenVersion", "v1Token")];
    root.iam("SetSecurityTokenServicePreferences", &parameters).ok();
    version("1");
}
