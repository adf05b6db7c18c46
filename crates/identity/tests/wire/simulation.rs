//! The policy simulator.

use expect_test::expect;

use crate::common::{Server, statement};

const USER: (&str, &str) = ("PolicySourceArn", "arn:aws:iam::123456789012:user/u");

/// The form recorded from AWS by localstack's snapshot tests (test_simulate_principle_policy,
/// Apache-2.0).
#[test]
fn a_result_tells_the_statement_that_allows_and_where_it_stands() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[("UserName", "u")]).ok();
    let document = r#"{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}"#;
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", document)];
    root.iam("PutUserPolicy", &policy).ok();
    let asked = [
        USER,
        ("ActionNames.member.1", "s3:PutObject"),
        ("ActionNames.member.2", "s3:GetObjectVersion"),
        ("ResourceArns.member.1", "arn:aws:s3:::bucket"),
    ];
    expect![[r#"
        <EvaluationResults>
        <member>
        <EvalActionName>s3:PutObject</EvalActionName>
        <EvalResourceName>arn:aws:s3:::bucket</EvalResourceName>
        <EvalDecision>allowed</EvalDecision>
        <MatchedStatements>
        <member>
        <SourcePolicyId>user_u_p</SourcePolicyId>
        <SourcePolicyType>IAM Policy</SourcePolicyType>
        <StartPosition>
        <Line>1</Line>
        <Column>41</Column></StartPosition>
        <EndPosition>
        <Line>1</Line>
        <Column>113</Column></EndPosition></member></MatchedStatements>
        <MissingContextValues/>
        <OrganizationsDecisionDetail>
        <AllowedByOrganizations>true</AllowedByOrganizations></OrganizationsDecisionDetail>
        <EvalDecisionDetails/>
        <ResourceSpecificResults>
        <member>
        <EvalResourceName>arn:aws:s3:::bucket</EvalResourceName>
        <EvalResourceDecision>allowed</EvalResourceDecision>
        <MatchedStatements>
        <member>
        <SourcePolicyId>user_u_p</SourcePolicyId>
        <SourcePolicyType>IAM Policy</SourcePolicyType>
        <StartPosition>
        <Line>1</Line>
        <Column>41</Column></StartPosition>
        <EndPosition>
        <Line>1</Line>
        <Column>113</Column></EndPosition></member></MatchedStatements>
        <MissingContextValues/></member></ResourceSpecificResults></member>
        <member>
        <EvalActionName>s3:GetObjectVersion</EvalActionName>
        <EvalResourceName>arn:aws:s3:::bucket</EvalResourceName>
        <EvalDecision>implicitDeny</EvalDecision>
        <MatchedStatements/>
        <MissingContextValues/>
        <OrganizationsDecisionDetail>
        <AllowedByOrganizations>true</AllowedByOrganizations></OrganizationsDecisionDetail>
        <EvalDecisionDetails/>
        <ResourceSpecificResults>
        <member>
        <EvalResourceName>arn:aws:s3:::bucket</EvalResourceName>
        <EvalResourceDecision>implicitDeny</EvalResourceDecision>
        <MatchedStatements/>
        <MissingContextValues/></member></ResourceSpecificResults></member></EvaluationResults>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("SimulatePrincipalPolicy", &asked).result());
}

#[test]
fn the_simulator_decides_as_the_server_does() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:List*","Resource":"*"},
        {"Effect":"Deny","Action":"iam:ListRoles","Resource":"*"}]}"#;
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", document)];
    root.iam("PutUserPolicy", &policy).ok();
    for (operation, decision, status) in [
        ("ListUsers", "allowed", 200),
        ("ListRoles", "explicitDeny", 403),
        ("GetAccountSummary", "implicitDeny", 403),
    ] {
        let action = format!("iam:{operation}");
        let asked = [USER, ("ActionNames.member.1", action.as_str())];
        let simulated = root.iam("SimulatePrincipalPolicy", &asked).ok();
        assert_eq!(simulated.element("EvalDecision"), decision, "{operation}");
        assert_eq!(user.iam(operation, &[]).status, status, "{operation}");
    }
}

#[test]
fn conditions_hold_by_what_is_given_and_what_is_not_is_told() {
    let server = Server::start();
    let root = server.root();
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*",
        "Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"StringEquals":{"s3:prefix":"x"}}}}"#;
    let keys = root
        .iam("GetContextKeysForCustomPolicy", &[("PolicyInputList.member.1", document)])
        .ok()
        .elements("member");
    assert_eq!(keys, ["aws:username", "s3:prefix"]);
    let asked = [
        ("PolicyInputList.member.1", document),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ResourceArns.member.1", "arn:aws:s3:::b/Bob/k"),
        ("CallerArn", "arn:aws:iam::123456789012:user/Bob"),
    ];
    let bare = root.iam("SimulateCustomPolicy", &asked).ok();
    assert_eq!(bare.element("EvalDecision"), "implicitDeny");
    assert!(bare.body.contains("<MissingContextValues><member>s3:prefix</member>"));
    let entry = [
        ("ContextEntries.member.1.ContextKeyName", "s3:prefix"),
        ("ContextEntries.member.1.ContextKeyType", "string"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "x"),
    ];
    let given = root.iam("SimulateCustomPolicy", &[&asked[..], &entry].concat()).ok();
    assert_eq!(given.element("EvalDecision"), "allowed");
}

#[test]
fn boundaries_and_organizations_cap_what_is_allowed() {
    let server = Server::start();
    let root = server.root();
    let (all, reads) = (statement("Allow", "*", "*"), statement("Allow", "s3:Get*", "*"));
    let simulate = |more: &[(&str, &str)]| {
        let asked =
            [("PolicyInputList.member.1", all.as_str()), ("ActionNames.member.1", "s3:PutObject")];
        root.iam("SimulateCustomPolicy", &[&asked[..], more].concat()).ok()
    };
    assert_eq!(simulate(&[]).element("EvalDecision"), "allowed");
    let bounded = simulate(&[("PermissionsBoundaryPolicyInputList.member.1", &reads)]);
    assert_eq!(bounded.element("EvalDecision"), "implicitDeny");
    assert_eq!(bounded.element("AllowedByPermissionsBoundary"), "false");
    let level =
        "OrderedOrganizationPolicyInputList.member.1.ServiceControlPolicyInputList.member.1";
    let controlled = simulate(&[(level, &reads)]);
    assert_eq!(controlled.element("EvalDecision"), "implicitDeny");
    assert_eq!(controlled.element("AllowedByOrganizations"), "false");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let server = Server::start();
    let root = server.root();
    let asked = [USER, ("ActionNames.member.1", "s3:GetObject")];
    expect!["404 NoSuchEntity: The user with name u cannot be found."]
        .assert_eq(&root.iam("SimulatePrincipalPolicy", &asked).error());
    let bucket = [("PolicySourceArn", "arn:aws:s3:::a-bucket-name"), asked[1]];
    assert_eq!(root.iam("SimulatePrincipalPolicy", &bucket).element("Code"), "InvalidInput");
    let broken = [("PolicyInputList.member.1", "{}"), asked[1]];
    assert_eq!(root.iam("SimulateCustomPolicy", &broken).element("Code"), "InvalidInput");
}
