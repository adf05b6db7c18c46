//! AssumeRole: who may, for how long, with what.

use expect_test::expect;

use crate::common::{Answer, Client, Server, role_arn, statement, trusting};

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A role that trusts `principal` and may do everything.
fn role(server: &Server, name: &str, principal: &str) {
    let trust = trusting(principal);
    let role = [
        ("RoleName", name),
        ("AssumeRolePolicyDocument", trust.as_str()),
        ("MaxSessionDuration", "7200"),
    ];
    server.root().iam("CreateRole", &role).ok();
    server.root().iam("AttachRolePolicy", &[("RoleName", name), ("PolicyArn", ADMIN)]).ok();
}

fn assume(client: &Client<'_>, name: &str, more: &[(&str, &str)]) -> Answer {
    let arn = role_arn(name);
    let always = [("RoleArn", arn.as_str()), ("RoleSessionName", "sesh")];
    client.sts("AssumeRole", &[&always, more].concat())
}

#[test]
fn a_trust_policy_that_names_the_user_is_enough() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    let answer = assume(&user, "r", &[]).ok();
    assert!(!answer.has("PackedPolicySize"));
    assert_eq!(answer.element("Expiration"), "2026-01-02T04:04:05Z");
    assert!(answer.element("AccessKeyId").starts_with("ASIA"));
    let session = user.session(&answer);
    let shown = session.sts("GetCallerIdentity", &[]).result();
    let id = answer.element("AssumedRoleId");
    expect![[r#"
        <UserId>ID</UserId>
        <Account>123456789012</Account>
        <Arn>arn:aws:sts::123456789012:assumed-role/r/sesh</Arn>"#]]
    .assert_eq(&shown.replace(&id, "ID"));
    assert!(id.starts_with("AROA") && id.ends_with(":sesh"), "{id}");
    session.iam("ListUsers", &[]).ok();
    server.pass(3600);
    expect!["403 ExpiredToken: The security token included in the request is expired"]
        .assert_eq(&session.iam("ListUsers", &[]).error());
}

#[test]
fn a_trust_policy_that_names_the_account_needs_the_users_own_permission_too() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:root");
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/r"].assert_eq(&assume(&user, "r", &[]).error());
    let allow = statement("Allow", "sts:AssumeRole", &role_arn("r"));
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", allow.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    assume(&user, "r", &[]).ok();
}

#[test]
fn a_role_that_does_not_exist_is_refused_like_one_that_trusts_nobody() {
    let server = Server::start();
    let user = server.user("u");
    server.root().iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", ADMIN)]).ok();
    role(&server, "r", "arn:aws:iam::123456789012:root");
    let trust = trusting("arn:aws:iam::123456789012:role/r");
    let update = [("RoleName", "r"), ("PolicyDocument", trust.as_str())];
    server.root().iam("UpdateAssumeRolePolicy", &update).ok();
    let existing = assume(&user, "r", &[]).error();
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/r"].assert_eq(&existing);
    assert_eq!(assume(&user, "q", &[]).error(), existing.replace("role/r", "role/q"));
    let elsewhere = [("RoleArn", "arn:aws:iam::999999999999:role/r"), ("RoleSessionName", "sesh")];
    assert_eq!(user.sts("AssumeRole", &elsewhere).element("Code"), "AccessDenied");
}

#[test]
fn the_root_user_assumes_no_role() {
    let server = Server::start();
    role(&server, "r", "arn:aws:iam::123456789012:root");
    expect!["403 AccessDenied: Roles may not be assumed by root accounts."]
        .assert_eq(&assume(&server.root(), "r", &[]).error());
}

#[test]
fn a_role_of_another_account_needs_both_sides() {
    let server = Server::start();
    let user = server.user("u");
    let trust = trusting("arn:aws:iam::123456789012:user/u");
    let create = [("RoleName", "theirs"), ("AssumeRolePolicyDocument", trust.as_str())];
    let arn = server.other_root().iam("CreateRole", &create).ok().element("Arn");
    let ask = [("RoleArn", arn.as_str()), ("RoleSessionName", "sesh")];
    assert_eq!(user.sts("AssumeRole", &ask).element("Code"), "AccessDenied");
    let allow = statement("Allow", "sts:AssumeRole", "*");
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", allow.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    let session = user.session(&user.sts("AssumeRole", &ask).ok());
    let seen = session.sts("GetCallerIdentity", &[]).ok();
    assert_eq!(seen.element("Account"), "210987654321");
}

#[test]
fn durations_have_their_bounds() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    role(&server, "next", &role_arn("r"));
    let lasting =
        |client: &Client<'_>, name, seconds| assume(client, name, &[("DurationSeconds", seconds)]);
    assert_eq!(lasting(&user, "r", "7200").ok().element("Expiration"), "2026-01-02T05:04:05Z");
    expect!["400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."].assert_eq(&lasting(&user, "r", "7201").error());
    expect!["400 ValidationError: 1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"].assert_eq(&lasting(&user, "r", "43201").error());
    expect!["400 ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"].assert_eq(&lasting(&user, "r", "899").error());
    let session = user.session(&assume(&user, "r", &[]).ok());
    expect!["400 ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."].assert_eq(&lasting(&session, "next", "3601").error());
    lasting(&session, "next", "3600").ok();
}

#[test]
fn what_is_wrong_with_the_request_is_said_in_the_words_of_sts() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    let bad = [("RoleArn", "nothing-valid-in-here"), ("RoleSessionName", "sesh")];
    expect!["400 ValidationError: nothing-valid-in-here is invalid"]
        .assert_eq(&user.sts("AssumeRole", &bad).error());
    let arn = role_arn("r");
    let bad = [("RoleArn", arn.as_str()), ("RoleSessionName", "Session1:2")];
    expect![[r#"400 ValidationError: 1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*"#]].assert_eq(&user.sts("AssumeRole", &bad).error());
    let mfa = [("SerialNumber", "arn:aws:iam::123456789012:mfa/u"), ("TokenCode", "123456")];
    expect!["403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."].assert_eq(&assume(&user, "r", &mfa).error());
    expect!["400 MalformedPolicyDocument: This policy contains invalid Json"]
        .assert_eq(&assume(&user, "r", &[("Policy", "{")]).error());
    let missing = [("PolicyArns.member.1.arn", "arn:aws:iam::123456789012:policy/missing")];
    expect!["400 ValidationError: Policy arn:aws:iam::123456789012:policy/missing does not exist or is not attachable."].assert_eq(&assume(&user, "r", &missing).error());
}

#[test]
fn an_external_id_is_a_condition_of_the_trust_policy() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    let condition = r#""Condition":{"StringEquals":{"sts:ExternalId":"42"},"StringLike":{"sts:RoleSessionName":"se*"}},"Action""#;
    let trust = trusting("arn:aws:iam::123456789012:user/u").replace(r#""Action""#, condition);
    let update = [("RoleName", "r"), ("PolicyDocument", trust.as_str())];
    server.root().iam("UpdateAssumeRolePolicy", &update).ok();
    assert_eq!(assume(&user, "r", &[]).element("Code"), "AccessDenied");
    assert_eq!(assume(&user, "r", &[("ExternalId", "43")]).element("Code"), "AccessDenied");
    assume(&user, "r", &[("ExternalId", "42")]).ok();
}

#[test]
fn session_policies_only_take_away() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    let users = statement("Allow", "iam:ListUsers", "*");
    let answer = assume(&user, "r", &[("Policy", &users)]).ok();
    let size: u32 = answer.element("PackedPolicySize").parse().expect("a number");
    assert!((1..=100).contains(&size), "{size}");
    let session = user.session(&answer);
    session.iam("ListUsers", &[]).ok();
    expect!["403 AccessDenied: User: arn:aws:sts::123456789012:assumed-role/r/sesh is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::123456789012:role/ because no session policy allows the iam:ListRoles action"].assert_eq(&session.iam("ListRoles", &[]).error());
    let read_only = [("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess")];
    let session = user.session(&assume(&user, "r", &read_only).ok());
    session.iam("ListRoles", &[]).ok();
    assert_eq!(session.iam("CreateUser", &[("UserName", "x")]).element("Code"), "AccessDenied");
}

#[test]
fn what_does_not_fit_into_a_token_is_refused() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    // Text that does not compress.
    let mut state = 1u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
    };
    let name: String = (0..9000).map(|_| letter()).collect();
    let policy = statement("Allow", "s3:*", &format!("arn:aws:s3:::{name}"));
    let refused = assume(&user, "r", &[("Policy", &policy)]);
    assert_eq!(refused.element("Code"), "PackedPolicyTooLarge");
    let message = refused.element("Message");
    assert!(message.starts_with("Packed policy consumes 1"), "{message}");
}

#[test]
fn session_tags_win_over_the_roles_own_and_pass_on_where_they_are_transitive() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    role(&server, "next", &role_arn("r"));
    for name in ["r", "next"] {
        let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*",
            "Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"a"}}}}"#;
        let policy = [("RoleName", name), ("PolicyName", "p"), ("PolicyDocument", document)];
        root.iam("PutRolePolicy", &policy).ok();
    }
    root.iam(
        "TagRole",
        &[("RoleName", "r"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "b")],
    )
    .ok();
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let transitive = [&tag[..], &[("TransitiveTagKeys.member.1", "TEAM")]].concat();
    let may = |client: &Client<'_>| client.iam("ListUsers", &[]).status == 200;

    let untagged = user.session(&assume(&user, "r", &[]).ok());
    assert!(!may(&untagged));
    let tagged = user.session(&assume(&user, "r", &tag).ok());
    assert!(may(&tagged));
    assert!(!may(&tagged.session(&assume(&tagged, "next", &[]).ok())));
    let handing_on = user.session(&assume(&user, "r", &transitive).ok());
    assert!(may(&handing_on.session(&assume(&handing_on, "next", &[]).ok())));
    expect!["400 InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."].assert_eq(&assume(&handing_on, "next", &tag).error());

    // What is handed on must be allowed again.
    let trust = trusting(&role_arn("r")).replace(r#","sts:TagSession""#, "");
    let update = [("RoleName", "next"), ("PolicyDocument", trust.as_str())];
    root.iam("UpdateAssumeRolePolicy", &update).ok();
    expect!["403 AccessDenied: User: arn:aws:sts::123456789012:assumed-role/r/sesh is not authorized to perform: sts:TagSession on resource: arn:aws:iam::123456789012:role/next"].assert_eq(&assume(&handing_on, "next", &[]).error());
    assume(&tagged, "next", &[]).ok();
}

#[test]
fn tags_that_do_not_fit_together_are_refused() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    let alien = [
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("TransitiveTagKeys.member.1", "b"),
    ];
    expect!["400 InvalidParameterValue: The specified transitive tag key must be included in the requested tags."].assert_eq(&assume(&user, "r", &alien).error());
    let twice = [
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "A"),
        ("Tags.member.2.Value", "2"),
    ];
    expect!["400 InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive."].assert_eq(&assume(&user, "r", &twice).error());
    let trust = trusting("arn:aws:iam::123456789012:user/u").replace(r#","sts:TagSession""#, "");
    let update = [("RoleName", "r"), ("PolicyDocument", trust.as_str())];
    server.root().iam("UpdateAssumeRolePolicy", &update).ok();
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: sts:TagSession on resource: arn:aws:iam::123456789012:role/r"].assert_eq(&assume(&user, "r", &twice[..2]).error());
}

#[test]
fn a_source_identity_stays_through_the_chain() {
    let server = Server::start();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    role(&server, "next", &role_arn("r"));
    let answer = assume(&user, "r", &[("SourceIdentity", "ada")]).ok();
    assert_eq!(answer.element("SourceIdentity"), "ada");
    let session = user.session(&answer);
    assert_eq!(assume(&session, "next", &[]).ok().element("SourceIdentity"), "ada");
    assume(&session, "next", &[("SourceIdentity", "ada")]).ok();
    expect!["403 AccessDenied: User: arn:aws:sts::123456789012:assumed-role/r/sesh is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::123456789012:role/next"].assert_eq(&assume(&session, "next", &[("SourceIdentity", "bob")]).error());
    let trust = trusting(&role_arn("r")).replace(r#","sts:SetSourceIdentity""#, "");
    let update = [("RoleName", "next"), ("PolicyDocument", trust.as_str())];
    server.root().iam("UpdateAssumeRolePolicy", &update).ok();
    assert_eq!(assume(&session, "next", &[]).element("Code"), "AccessDenied");
}

#[test]
fn a_deleted_role_ends_its_sessions() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    let session = user.session(&assume(&user, "r", &[]).ok());
    root.iam("DetachRolePolicy", &[("RoleName", "r"), ("PolicyArn", ADMIN)]).ok();
    assert_eq!(session.iam("ListUsers", &[]).element("Code"), "AccessDenied");
    root.iam("DeleteRole", &[("RoleName", "r")]).ok();
    role(&server, "r", "arn:aws:iam::123456789012:user/u");
    assert_eq!(session.sts("GetCallerIdentity", &[]).element("Code"), "InvalidClientTokenId");
}
