//! Temporary credentials: what a token carries, what spoils it, what it can never do.

use std::collections::BTreeMap;

use gateway::{Account, Caller, Identity, Session};
use serde_json::json;

use crate::people::{HOME, Person, account, allow, deny, document, inline, managed};
use crate::request::{Call, Key};
use crate::world::{START, World, role_session};

const WHO: &str = "Action=GetCallerIdentity";

fn iam(form: &str) -> Call {
    Call::query("iam", form)
}

/// A world with a role that may do everything, and its session as it would be sealed.
fn deployer() -> (World, Caller) {
    let world = World::new();
    let policies = vec![inline(&json!([allow("*", "*")]))];
    let person = Person { path: "/service/", ..Person::with(policies) };
    let id = world.people.role(HOME, "Deploy", person);
    (world, role_session(&id, "Deploy"))
}

fn user_session(world: &World, mfa: Option<i64>) -> Caller {
    let policies = vec![inline(&json!([allow("*", "*")]))];
    world.people.user(HOME, "alice", Person { path: "/team/", ..Person::with(policies) });
    Caller {
        identity: Identity::User("AIDAALICEQQQQQQQQQQQQ".to_owned()),
        session: Some(Session { issued: START, expires: START + 3600, mfa, ..Session::default() }),
        ..Caller::root(account(HOME))
    }
}

fn federated(world: &World, policies: Option<Vec<String>>) -> Caller {
    let mut caller = user_session(world, None);
    caller.identity = Identity::Federated {
        user_id: Some("AIDAALICEQQQQQQQQQQQQ".to_owned()),
        name: "Bob".to_owned(),
    };
    caller.session.as_mut().expect("a session").policies = policies;
    caller
}

#[tokio::test]
async fn each_kind_of_session_is_called_as_aws_calls_it() {
    let (world, role) = deployer();
    let root = Caller { identity: Identity::Root, ..user_session(&world, None) };
    let user = user_session(&world, None);
    let cases = [
        (root, HOME.to_owned(), "arn:aws:iam::123456789012:root"),
        (user.clone(), user.user_id(), "arn:aws:iam::123456789012:user/team/alice"),
        (role.clone(), role.user_id(), "arn:aws:sts::123456789012:assumed-role/Deploy/run-1"),
        (
            federated(&world, None),
            format!("{HOME}:Bob"),
            "arn:aws:sts::123456789012:federated-user/Bob",
        ),
    ];
    for (caller, id, arn) in cases {
        let key = world.session(caller).await;
        assert!(key.id.starts_with("ASIA") && key.id.len() == 20, "{}", key.id);
        assert_eq!(key.secret.len(), 40);
        let answer = world.call(&key, &Call::query("sts", WHO)).await;
        assert_eq!((answer.element("UserId"), answer.element("Arn").as_str()), (id, arn));
        assert_eq!(answer.element("Account"), HOME);
    }
}

#[tokio::test]
async fn a_token_altered_anywhere_opens_nothing() {
    let (world, role) = deployer();
    let key = world.session(role).await;
    let token = key.token.clone().expect("a token");
    let mut spoiled: Vec<String> = (0..token.len())
        .map(|place| {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).expect("ASCII")
        })
        .collect();
    let (head, tail) = (token.split_at(token.len() - 4).0, token.split_at(4).1);
    spoiled.extend([head.to_owned(), tail.to_owned(), String::new()]);
    spoiled.extend([format!("{token}AAAA"), "IQoJb3JpZ2luX2Vj".to_owned(), "!".to_owned()]);
    for token in spoiled {
        let key = Key { token: Some(token.clone()), ..key.clone() };
        let (status, code, _) = world.call(&key, &Call::query("sts", WHO)).await.error();
        assert_eq!((status, code.as_str()), (403, "InvalidClientTokenId"), "{token}");
    }
    let short = token.split_at(40).0.to_owned();
    let key = Key { token: Some(short.clone()), ..key };
    let answer = world.call(&key, &Call::s3("GET", "/")).await;
    let (status, code, message) = answer.error();
    assert_eq!((status, code.as_str()), (400, "InvalidToken"));
    assert_eq!(message, "The provided token is malformed or otherwise invalid.");
    assert_eq!(answer.element("Token-0"), short);
}

#[tokio::test]
async fn a_token_is_of_one_key_one_server_and_one_realm() {
    let (world, role) = deployer();
    let (one, two) = (world.session(role.clone()).await, world.session(role).await);
    assert_ne!((&one.id, &one.secret), (&two.id, &two.secret));
    let who = Call::query("sts", WHO);
    assert_eq!(world.call(&one, &who).await.status, 200);
    let strangers = [
        Key { token: two.token.clone(), ..one.clone() },
        Key { id: two.id.clone(), ..one.clone() },
        Key { token: None, ..one.clone() },
        Key { token: one.token.clone(), ..world.root.clone() },
    ];
    for key in strangers {
        let (status, code, _) = world.call(&key, &who).await.error();
        assert_eq!((status, code.as_str()), (403, "InvalidClientTokenId"), "{}", key.id);
    }
    let mixed = Key { secret: two.secret.clone(), ..one.clone() };
    assert_eq!(world.call(&mixed, &who).await.element("Code"), "SignatureDoesNotMatch");
    // Reset: the account has another realm.
    world.people.open_account(HOME, 9);
    assert_eq!(world.call(&one, &who).await.element("Code"), "InvalidClientTokenId");
    world.people.open_account(HOME, 1);
    assert_eq!(world.call(&one, &who).await.status, 200);
    let other = world.with_another_keyring();
    assert_eq!(other.call(&one, &who).await.element("Code"), "InvalidClientTokenId");
}

#[tokio::test]
async fn a_session_ends_by_aws_time() {
    let (world, role) = deployer();
    let key = world.session(role).await;
    let (who, list) = (Call::query("sts", WHO), Call::s3("GET", "/"));
    world.advance(3599).await;
    assert_eq!(world.call(&key, &who).await.status, 200);
    world.advance(1).await;
    let (status, code, message) = world.call(&key, &who).await.error();
    assert_eq!((status, code.as_str()), (403, "ExpiredToken"));
    assert_eq!(message, "The security token included in the request is expired");
    let answer = world.call(&key, &list).await;
    assert_eq!(
        answer.error(),
        (400, "ExpiredToken".to_owned(), "The provided token has expired.".to_owned())
    );
    assert_eq!(answer.element("Token-0"), key.token.clone().expect("a token"));
    // Who cannot sign learns nothing of it.
    let forged = Key { secret: "x".to_owned(), ..key.clone() };
    assert_eq!(world.call(&forged, &who).await.element("Code"), "SignatureDoesNotMatch");
    // Standing AWS time ends nothing, however long the wall clock runs.
    world.advance(-10).await;
    world.freeze().await;
    world.pass(86_400);
    assert_eq!(world.call(&key, &who).await.status, 200);
}

#[tokio::test]
async fn a_deleted_or_re_created_role_ends_its_sessions() {
    let (world, role) = deployer();
    let id = match &role.identity {
        Identity::Role { id, .. } => id.clone(),
        _ => String::new(),
    };
    let key = world.session(role).await;
    world.people.delete_principal(&id);
    // The same name, another unique id.
    world.people.role(HOME, "Deploy2", Person { path: "/service/", ..Person::default() });
    let (status, code, _) = world.call(&key, &Call::query("sts", WHO)).await.error();
    assert_eq!((status, code.as_str()), (403, "InvalidClientTokenId"));
    let (status, code, _) = world.call(&key, &Call::s3("GET", "/")).await.error();
    assert_eq!((status, code.as_str()), (403, "InvalidAccessKeyId"));
}

#[tokio::test]
async fn session_policies_narrow_and_never_widen() {
    let only_get = || Some(vec![document(&json!([allow("iam:GetUser", "*")]))]);
    let all = || Some(vec![document(&json!([allow("*", "*")]))]);
    let barred = || Some(vec![document(&json!([allow("*", "*"), deny("iam:CreateUser", "*")]))]);
    let broken = || Some(vec!["{".to_owned()]);
    let arn = |name: &str| format!("arn:aws:iam::{HOME}:policy/{name}");
    let wide = || vec![inline(&json!([allow("iam:*", "*")]))];
    let narrow = || vec![inline(&json!([allow("iam:GetUser", "*")]))];
    let no_session = " because no session policy allows the iam:CreateUser action";
    let no_identity = " because no identity-based policy allows the iam:CreateUser action";
    let cases = [
        // The role's policies, inline session policies, session policies by ARN: GetUser,
        // CreateUser's denial.
        (wide(), None, vec![], true, ""),
        (wide(), only_get(), vec![], true, no_session),
        (wide(), all(), vec![], true, ""),
        (wide(), barred(), vec![], true, " with an explicit deny in a session policy"),
        (wide(), broken(), vec![], false, no_session),
        (wide(), Some(vec![]), vec![], false, no_session),
        (wide(), None, vec![arn("Get")], true, no_session),
        (wide(), only_get(), vec![arn("Create")], true, ""),
        (
            wide(),
            all(),
            vec![arn("NoCreate")],
            true,
            " with an explicit deny in a session policy: arn:aws:iam::123456789012:policy/NoCreate",
        ),
        (wide(), None, vec![arn("Gone")], false, no_session),
        (narrow(), all(), vec![], true, no_identity),
        (narrow(), None, vec![arn("Create")], false, no_identity),
        (vec![], all(), vec![arn("Create")], false, no_identity),
    ];
    for (number, (policies, inline, arns, gets, denial)) in cases.into_iter().enumerate() {
        let world = World::new();
        world.people.put_managed(managed("Get", &json!([allow("iam:GetUser", "*")])));
        world.people.put_managed(managed("Create", &json!([allow("iam:CreateUser", "*")])));
        world.people.put_managed(managed("NoCreate", &json!([deny("iam:CreateUser", "*")])));
        let id = world.people.role(HOME, "Deploy", Person::with(policies));
        let mut role = role_session(&id, "Deploy");
        let session = role.session.as_mut().expect("a session");
        session.policies = inline;
        session.policy_arns = arns;
        let key = world.session(role).await;
        let got = world.call(&key, &iam("Action=GetUser&UserName=bob")).await;
        assert_eq!(got.is_ok(), gets, "{number}: {}", got.body);
        let made = world.call(&key, &iam("Action=CreateUser&UserName=bob")).await;
        assert_eq!(made.is_ok(), denial.is_empty(), "{number}: {}", made.body);
        let message = made.element("Message");
        assert!(message.ends_with(denial), "{number}: {message}");
    }
}

#[tokio::test]
async fn a_federated_session_has_what_its_policies_and_its_users_share() {
    let world = World::new();
    let get = vec![document(&json!([allow("s3:ListAllMyBuckets", "*")]))];
    for (policies, status) in [(None, 403), (Some(vec![]), 403), (Some(get), 200)] {
        let key = world.session(federated(&world, policies)).await;
        assert_eq!(world.call(&key, &Call::s3("GET", "/")).await.status, status);
    }
}

/// AWS: "Compare AWS STS credentials".
#[tokio::test]
async fn temporary_credentials_may_not_call_what_aws_forbids_them() {
    let (world, role) = deployer();
    let all = Some(vec![document(&json!([allow("*", "*")]))]);
    let invalid = "InvalidClientTokenId The security token included in the request is invalid.";
    let token = "AccessDenied Cannot call GetSessionToken with session credentials";
    let federation = "AccessDenied Cannot call GetFederationToken with session credentials";
    let calls = [
        ("iam", "Action=GetUser&UserName=bob"),
        ("sts", WHO),
        (
            "sts",
            "Action=AssumeRole&RoleArn=arn:aws:iam::123456789012:role/any&RoleSessionName=session",
        ),
        ("sts", "Action=GetAccessKeyInfo&AccessKeyId=AKIAIOSFODNN7EXAMPLE"),
        ("sts", "Action=GetSessionToken"),
        ("sts", "Action=GetFederationToken&Name=Bob"),
    ];
    let mut root = user_session(&world, None);
    root.identity = Identity::Root;
    let cases = [
        ("user", user_session(&world, None), [invalid, "", "", invalid, token, federation]),
        (
            "user with MFA",
            user_session(&world, Some(START)),
            ["", "", "", invalid, token, federation],
        ),
        ("root", root, [invalid, "", "", invalid, token, federation]),
        ("federated", federated(&world, all), [invalid, "", invalid, invalid, token, federation]),
        ("role", role, ["", "", "", "", token, federation]),
    ];
    for (name, caller, expected) in cases {
        let key = world.session(caller).await;
        for ((service, form), expected) in calls.iter().zip(expected) {
            let answer = world.call(&key, &Call::query(service, form)).await;
            let told = format!("{} {}", answer.element("Code"), answer.element("Message"));
            assert_eq!(told.trim(), expected, "{name}: {form}");
            assert_eq!(
                answer.status,
                if expected.is_empty() { 200 } else { 403 },
                "{name}: {form}"
            );
        }
        let listed = world.call(&key, &Call::s3("GET", "/")).await.status;
        assert_eq!(listed, 200, "{name}");
    }
    for form in ["Action=GetSessionToken", "Action=GetFederationToken&Name=Bob"] {
        let answer = world.call(&world.root, &Call::query("sts", form)).await;
        assert_eq!(answer.status, 200, "long-term keys may: {}", answer.body);
    }
}

#[tokio::test]
async fn tags_source_identity_and_mfa_of_a_session_are_condition_keys() {
    let cases = [
        (json!({ "StringEquals": { "aws:PrincipalTag/team": "session" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalTag/team": "role" } }), false),
        (json!({ "StringEquals": { "aws:PrincipalTag/cost": "7" } }), true),
        (json!({ "StringEquals": { "aws:SourceIdentity": "ada" } }), true),
        (json!({ "StringEquals": { "aws:TokenIssueTime": "2026-01-02T03:04:05Z" } }), true),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), true),
        (json!({ "NumericEquals": { "aws:MultiFactorAuthAge": "90" } }), true),
        (json!({ "NumericEquals": { "aws:MultiFactorAuthAge": "91" } }), false),
        (json!({ "Null": { "aws:username": "true" } }), true),
    ];
    for (condition, allowed) in cases {
        let world = World::new();
        let statement = json!({ "Effect": "Allow", "Action": "iam:GetUser", "Resource": "*",
            "Condition": condition });
        let policies = vec![inline(&json!([statement, allow("sts:*", "*")]))];
        let person = Person { tags: &[("team", "role"), ("cost", "7")], ..Person::with(policies) };
        let id = world.people.role(HOME, "Deploy", person);
        let mut role = role_session(&id, "Deploy");
        let session = role.session.as_mut().expect("a session");
        session.tags = BTreeMap::from([("team".to_owned(), "session".to_owned())]);
        session.source_identity = Some("ada".to_owned());
        session.mfa = Some(START - 90);
        let key = world.session(role).await;
        let answer = world.call(&key, &iam("Action=GetUser&UserName=bob")).await;
        assert_eq!(answer.is_ok(), allowed, "{condition}: {}", answer.body);
    }
}

/// Keys of the organization and of resource control are read with the session's account.
#[tokio::test]
async fn control_policies_bind_sessions_and_root() {
    let (world, role) = deployer();
    let key = world.session(role).await;
    let source = |kind, statements| {
        let id = policy::PolicyId::managed(
            "arn:aws:organizations::111111111111:policy/o-a/service_control_policy/p-1",
            "o-a",
        );
        crate::people::source(statements, kind, id)
    };
    world.people.set_account(Account {
        id: account(HOME),
        realm: [1; 16],
        canonical_user_id: String::new(),
        name: "test".to_owned(),
        organization: None,
        service_control: vec![vec![source(
            policy::Kind::ServiceControl,
            &json!([allow("*", "*"), deny("iam:CreateUser", "*")]),
        )]],
        resource_control: Vec::new(),
    });
    for key in [&key, &world.root] {
        let answer = world.call(key, &iam("Action=CreateUser&UserName=bob")).await;
        let message = answer.element("Message");
        assert!(message.ends_with(" with an explicit deny in a service control policy: arn:aws:organizations::111111111111:policy/o-a/service_control_policy/p-1"), "{message}");
        assert_eq!(world.call(key, &iam("Action=GetUser&UserName=bob")).await.status, 200);
    }
}

/// Tokens of any size are sealed and opened; the share of the room they take is told.
#[tokio::test]
async fn large_sessions_are_sealed_and_bind_like_small_ones() {
    for size in [0, 500, 1000, 2000, 20_000] {
        let (world, mut role) = deployer();
        let statement = json!({ "Sid": "a".repeat(size), "Effect": "Allow",
            "Action": "iam:GetUser", "Resource": "*" });
        let session = role.session.as_mut().expect("a session");
        session.policies = Some(vec![document(&json!([statement]))]);
        let key = world.session(role).await;
        assert_eq!(world.call(&key, &iam("Action=GetUser&UserName=bob")).await.status, 200);
        let made = world.call(&key, &iam("Action=CreateUser&UserName=bob")).await;
        assert!(made.element("Message").contains("no session policy"), "{size}: {}", made.body);
        let mut token = key.token.clone().expect("a token").into_bytes();
        let middle = token.len() / 2;
        token[middle] = if token[middle] == b'A' { b'B' } else { b'A' };
        let altered = Key { token: String::from_utf8(token).ok(), ..key };
        let answer = world.call(&altered, &Call::query("sts", WHO)).await;
        assert_eq!(answer.element("Code"), "InvalidClientTokenId", "{size}");
    }
}
