//! AWS's sentence for a denial, for each type of policy that can be the reason.

use policy::{Kind, PolicyId};
use serde_json::{Value, json};

use crate::people::{
    ABROAD, HOME, Person, account, allow, deny, document, inline, managed, source,
};
use crate::request::Call;
use crate::world::{World, role_session};

const ALICE: &str = "arn:aws:iam::123456789012:user/team/alice";
const BOB: &str = "arn:aws:iam::123456789012:user/bob";

fn alice<'a>(identity: Value, boundary: Option<policy::Source>) -> Person<'a> {
    let policies = vec![managed("Work", &identity)];
    Person { policies, boundary, path: "/team/", ..Person::default() }
}

/// Every action but this one.
fn barred(action: &str) -> Value {
    json!([allow("*", "*"), deny(action, "*")])
}

/// What alice is told, with these permissions, when she asks for `form`; nothing is done.
async fn refused(identity: Value, boundary: Option<policy::Source>, form: &str) -> String {
    let world = World::new();
    let key = world.people.user(HOME, "alice", alice(identity, boundary));
    let (status, code, sentence) = world.call(&key, &Call::query("iam", form)).await.error();
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    assert_eq!(world.users(), Vec::<String>::new());
    sentence
}

#[tokio::test]
async fn query_denials_name_the_policy_that_decided() {
    let create = "Action=CreateUser&UserName=bob";
    let get = "Action=GetUser&UserName=bob";
    let cases = [
        (
            json!([allow("sts:*", "*")]),
            create,
            "CreateUser",
            BOB,
            " because no identity-based policy allows the iam:CreateUser action",
        ),
        (
            json!([allow("sts:*", "*")]),
            get,
            "GetUser",
            "user bob",
            " because no identity-based policy allows the iam:GetUser action",
        ),
        (
            json!([allow("sts:*", "*")]),
            "Action=ListUsers",
            "ListUsers",
            "arn:aws:iam::123456789012:user/",
            " because no identity-based policy allows the iam:ListUsers action",
        ),
        (
            barred("iam:CreateUser"),
            create,
            "CreateUser",
            BOB,
            " with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/Work",
        ),
        // The second row of an operation is asked too, and named.
        (
            json!([allow("iam:CreateUser", "*")]),
            "Action=CreateUser&UserName=bob&Tags.member.1.Key=k&Tags.member.1.Value=v",
            "TagUser",
            BOB,
            " because no identity-based policy allows the iam:TagUser action",
        ),
    ];
    for (identity, form, action, resource, context) in cases {
        let expected = format!(
            "User: {ALICE} is not authorized to perform: iam:{action} on resource: {resource}{context}"
        );
        assert_eq!(refused(identity, None, form).await, expected);
    }
}

#[tokio::test]
async fn a_boundary_that_decided_is_named() {
    let cases = [
        (
            json!([allow("s3:*", "*")]),
            "because no permissions boundary allows the iam:CreateUser action",
        ),
        (
            barred("iam:*"),
            "with an explicit deny in a permissions boundary: arn:aws:iam::123456789012:policy/Limit",
        ),
    ];
    for (boundary, context) in cases {
        let boundary = Some(managed("Limit", &boundary));
        let all = json!([allow("*", "*")]);
        let told = refused(all, boundary, "Action=CreateUser&UserName=bob").await;
        let expected = format!(
            "User: {ALICE} is not authorized to perform: iam:CreateUser on resource: {BOB} {context}"
        );
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn nobody_is_told_what_a_server_without_the_operation_would_have_said() {
    let world = World::new();
    let key = world.people.user(HOME, "alice", alice(json!([allow("sts:*", "*")]), None));
    let answer = world.call(&key, &Call::query("iam", "Action=GetAccountSummary")).await;
    assert_eq!(answer.status, 501);
}

#[tokio::test]
async fn an_inline_policy_has_no_arn_to_name() {
    let world = World::new();
    let policies = vec![inline(&json!([deny("*", "*")]))];
    let key = world.people.user(HOME, "alice", Person::with(policies));
    let answer = world.call(&key, &Call::query("iam", "Action=GetUser&UserName=bob")).await;
    assert!(
        answer.element("Message").ends_with("with an explicit deny in an identity-based policy")
    );
}

#[tokio::test]
async fn assume_role_says_no_reason() {
    let world = World::new();
    let role = "arn:aws:iam::123456789012:role/r";
    for identity in [json!([allow("s3:*", "*")]), json!([deny("sts:AssumeRole", "*")])] {
        let key = world.people.user(HOME, "alice", alice(identity, None));
        let form = format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=session");
        let (status, code, message) = world.call(&key, &Call::query("sts", &form)).await.error();
        assert_eq!((status, code.as_str()), (403, "AccessDenied"));
        let expected = "is not authorized to perform: sts:AssumeRole on resource:";
        assert_eq!(message, format!("User: {ALICE} {expected} {role}"));
    }
}

#[tokio::test]
async fn who_is_denied_everything_still_learns_who_it_is() {
    let world = World::new();
    let key = world.people.user(HOME, "alice", alice(json!([deny("*", "*")]), None));
    let answer = world.call(&key, &Call::query("sts", "Action=GetCallerIdentity")).await;
    assert_eq!((answer.status, answer.element("Arn").as_str()), (200, ALICE));
}

#[tokio::test]
async fn s3_denials_quote_the_arn() {
    let cases = [
        (
            json!([allow("iam:*", "*")]),
            "/b/k/1",
            "s3:GetObject on resource: \"arn:aws:s3:::b/k/1\" because no identity-based policy allows the s3:GetObject action",
        ),
        (
            json!([deny("s3:*", "*")]),
            "/b/k/1",
            "s3:GetObject on resource: \"arn:aws:s3:::b/k/1\" with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/Work",
        ),
        (
            json!([allow("iam:*", "*")]),
            "/",
            "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action",
        ),
        // The object is missing and the caller may not know.
        (
            json!([allow("s3:GetObject", "*")]),
            "/b/gone",
            "s3:ListBucket on resource: \"arn:aws:s3:::b\" because no identity-based policy allows the s3:ListBucket action",
        ),
        // The bucket's policy denies.
        (
            json!([allow("s3:*", "*")]),
            "/shut/k",
            "s3:GetObject on resource: \"arn:aws:s3:::shut/k\" with an explicit deny in a resource-based policy",
        ),
    ];
    let shut = json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::shut/*" }]);
    for (identity, path, sentence) in cases {
        let world = World::new();
        world.put_bucket("b", HOME, None).await;
        world.put_bucket("shut", HOME, Some(document(&shut))).await;
        let key = world.people.user(HOME, "alice", alice(identity, None));
        let answer = world.call(&key, &Call::s3("GET", path)).await;
        let expected = format!("User: {ALICE} is not authorized to perform: {sentence}");
        assert_eq!(answer.error(), (403, "AccessDenied".to_owned(), expected));
    }
}

#[tokio::test]
async fn strangers_are_told_nothing() {
    let world = World::new();
    let shut = json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::shut/*" }]);
    world.put_bucket("b", HOME, None).await;
    world.put_bucket("shut", HOME, Some(document(&shut))).await;
    let plain = (403, "AccessDenied".to_owned(), "Access Denied".to_owned());
    for path in ["/b/k", "/shut/k"] {
        let call = Call::s3("GET", path);
        assert_eq!(world.call(&world.stranger, &call).await.error(), plain, "{path}");
        assert_eq!(world.send(call.unsigned()).await.error(), plain, "{path}");
    }
    assert_eq!(world.send(Call::s3("GET", "/").unsigned()).await.error(), plain);
}

#[tokio::test]
async fn across_accounts_both_sides_must_allow() {
    let open = |who: &str| {
        json!([{ "Effect": "Allow", "Principal": { "AWS": who },
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }])
    };
    let everyone = json!([{ "Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }]);
    let reads = || vec![inline(&json!([allow("s3:GetObject", "*")]))];
    for (bucket, policies, status) in [
        (None, reads(), 403),
        (Some(open(ABROAD)), reads(), 200),
        (Some(open(ABROAD)), vec![], 403),
        (Some(open(HOME)), reads(), 403),
        (Some(everyone.clone()), reads(), 200),
        (Some(everyone.clone()), vec![], 403),
    ] {
        let world = World::new();
        world.put_bucket("b", HOME, bucket.as_ref().map(document)).await;
        world.put_object("b", "k", "x").await;
        let key = world.people.user(ABROAD, "eve", Person::with(policies));
        assert_eq!(world.call(&key, &Call::s3("GET", "/b/k")).await.status, status, "{bucket:?}");
    }
    let world = World::new();
    world.put_bucket("b", HOME, Some(document(&everyone))).await;
    world.put_object("b", "k", "x").await;
    assert_eq!(world.send(Call::s3("GET", "/b/k").unsigned()).await.status, 200);
}

/// Resource control policies are the resource's account's, whoever comes.
#[tokio::test]
async fn resource_control_policies_bind_strangers_too() {
    let everyone = json!([{ "Effect": "Allow", "Principal": "*",
        "Action": "s3:*", "Resource": "arn:aws:s3:::b/*" }]);
    let world = World::new();
    world.put_bucket("b", HOME, Some(document(&everyone))).await;
    world.put_object("b", "k", "x").await;
    let eve = Person::with(vec![inline(&json!([allow("s3:*", "*")]))]);
    let eve = world.people.user(ABROAD, "eve", eve);
    let read = Call::s3("GET", "/b/k");
    assert_eq!(world.call(&eve, &read).await.status, 200);
    let full = json!([{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }]);
    let denied =
        json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }]);
    let control =
        |statements| source(statements, Kind::ResourceControl, PolicyId::inline("p", "o"));
    world.people.set_account(gateway::Account {
        id: account(HOME),
        realm: [1; 16],
        canonical_user_id: String::new(),
        name: "test".to_owned(),
        organization: None,
        service_control: Vec::new(),
        resource_control: vec![vec![control(&full), control(&denied)]],
    });
    assert_eq!(world.call(&eve, &read).await.status, 403);
    assert_eq!(world.send(read.unsigned()).await.status, 403);
    assert_eq!(world.call(&world.root, &read).await.status, 403);
    // Not of IAM, which knows no such policies.
    let get = Call::query("iam", "Action=GetUser&UserName=bob");
    assert_eq!(world.call(&world.root, &get).await.status, 200);
}

/// The sentence says which kind of control policy decided, and with a Deny its ARN.
#[tokio::test]
async fn control_policies_are_named_in_the_sentence() {
    let full = json!([{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }]);
    let barred = json!([{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }]);
    let resource_arn = "arn:aws:organizations::111111111111:policy/o-a/resource_control_policy/p-1";
    let cases = [
        (
            json!([allow("ec2:*", "*")]),
            full.clone(),
            " because no service control policy allows the s3:GetObject action".to_owned(),
        ),
        (
            json!([allow("*", "*")]),
            barred,
            format!(" with an explicit deny in a resource control policy: {resource_arn}"),
        ),
    ];
    for (service, resource, sentence) in cases {
        let world = World::new();
        world.put_bucket("b", HOME, None).await;
        world.put_object("b", "k", "x").await;
        let all = Person::with(vec![inline(&json!([allow("*", "*")]))]);
        let key = world.people.user(HOME, "alice", all);
        let id = PolicyId::managed(resource_arn, "o-a");
        world.people.set_account(gateway::Account {
            id: account(HOME),
            realm: [1; 16],
            canonical_user_id: String::new(),
            name: "test".to_owned(),
            organization: None,
            service_control: vec![vec![source(
                &service,
                Kind::ServiceControl,
                PolicyId::managed("arn:aws:organizations::111111111111:policy/o-a/p", "o-a"),
            )]],
            resource_control: vec![vec![source(&resource, Kind::ResourceControl, id)]],
        });
        let answer = world.call(&key, &Call::s3("GET", "/b/k")).await;
        let (status, _, message) = answer.error();
        assert!(status == 403 && message.ends_with(&sentence), "{message}");
    }
}

#[tokio::test]
async fn a_session_is_named_by_its_own_arn() {
    let world = World::new();
    let id = world.people.role(HOME, "Deploy", Person { path: "/x/", ..Person::default() });
    let key = world.session(role_session(&id, "Deploy")).await;
    let answer = world.call(&key, &Call::query("iam", "Action=GetUser&UserName=bob")).await;
    assert!(answer.element("Message").starts_with("User: arn:aws:sts::123456789012:assumed-role/Deploy/run-1 is not authorized to perform: iam:GetUser on resource: user bob"));
}
