//! Calls inside the house: authorized as the caller, undone alone, recorded with the service they
//! came through.

use gateway::{Caller, Identity, Session};
use serde_json::json;

use crate::people::{HOME, Person, account, allow, deny, document, inline};
use crate::request::{Call, Key};
use crate::services::{Kept, SESSIONS, USERS};
use crate::world::{START, World, role_session};

fn create(name: &str) -> Call {
    Call::query("cloudformation", &format!("Action=CreateStack&StackName={name}"))
}

fn alice(world: &World, statements: &serde_json::Value) -> Key {
    world.people.user(HOME, "alice", Person::with(vec![inline(statements)]))
}

#[tokio::test]
async fn an_inner_failure_leaves_nothing_and_the_outer_goes_on() {
    let world = World::new();
    world.write(|tx| USERS.put(tx, "bad-exists", &String::new())).await;
    let answer = world.call(&world.root, &create("good-bad-fine")).await;
    assert_eq!(answer.element("StackId"), "EntityAlreadyExists: It exists.");
    assert_eq!(world.users(), ["bad-exists", "fine", "good"]);
    assert_eq!(world.stacks().len(), 1);
}

#[tokio::test]
async fn an_outer_failure_takes_its_inner_calls_with_it() {
    let world = World::new();
    world.write(|tx| USERS.put(tx, "strict-exists", &String::new())).await;
    let answer = world.call(&world.root, &create("good-strict")).await;
    assert_eq!((answer.status, answer.element("Code").as_str()), (409, "EntityAlreadyExists"));
    assert_eq!(world.users(), ["strict-exists"]);
    assert_eq!(world.stacks(), Vec::new());
    // Told as it was: the one call was refused, the other never happened.
    let told: Vec<_> = world
        .lines
        .take()
        .into_iter()
        .map(|line| format!("{} {}", line["eventName"], line["errorCode"]))
        .collect();
    assert_eq!(
        told,
        ["\"CreateUser\" \"EntityAlreadyExists\"", "\"CreateStack\" \"EntityAlreadyExists\""]
    );
}

#[tokio::test]
async fn an_inner_denial_is_the_callers_own() {
    let world = World::new();
    let key = alice(&world, &json!([allow("cloudformation:*", "*")]));
    let answer = world.call(&key, &create("good")).await;
    assert_eq!(
        answer.element("StackId"),
        "AccessDenied: User: arn:aws:iam::123456789012:user/alice \
        is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::123456789012:user/good \
        because no identity-based policy allows the iam:CreateUser action"
    );
    let answer = world.call(&key, &create("strict")).await;
    assert_eq!((answer.status, answer.element("Code").as_str()), (403, "AccessDenied"));
    assert_eq!(world.users(), Vec::<String>::new());
}

#[tokio::test]
async fn an_inner_input_is_held_to_the_model() {
    let world = World::new();
    let long = "u".repeat(65);
    let answer = world.call(&world.root, &create(&long)).await;
    let told = answer.element("StackId");
    assert!(told.starts_with("ValidationError: 1 validation error detected"), "{told}");
    assert_eq!(world.users(), Vec::<String>::new());
}

#[tokio::test]
async fn an_inner_call_comes_through_the_service_and_from_no_address() {
    let when = |condition: serde_json::Value| {
        json!([allow("cloudformation:*", "*"), { "Effect": "Allow", "Action": "iam:*",
            "Resource": "*", "Condition": condition }])
    };
    let service = "cloudformation.amazonaws.com";
    let cases = [
        (json!({ "StringEquals": { "aws:CalledViaFirst": service } }), true),
        (json!({ "StringEquals": { "aws:CalledViaLast": service } }), true),
        (json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": [service] } }), true),
        (json!({ "Bool": { "aws:ViaAWSService": "true" } }), true),
        (json!({ "Bool": { "aws:ViaAWSService": "false" } }), false),
        (json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }), false),
        (json!({ "Null": { "aws:SourceIp": "true" } }), true),
        (json!({ "StringEquals": { "aws:username": "alice" } }), true),
        (json!({ "Null": { "aws:UserAgent": "true" } }), true),
        (json!({ "DateEquals": { "aws:CurrentTime": "2026-01-02T03:04:05Z" } }), true),
    ];
    for (condition, allowed) in cases {
        let world = World::new();
        let key = alice(&world, &when(condition.clone()));
        let call = create("good").header("user-agent", "aws-cli/2.0");
        assert_eq!(world.call(&key, &call).await.status, 200);
        assert_eq!(!world.users().is_empty(), allowed, "{condition}");
        // What is allowed through the service is not thereby allowed without it.
        if condition.get("ForAnyValue:StringEquals").is_some() {
            let direct = Call::query("iam", "Action=CreateUser&UserName=bob");
            assert_eq!(world.call(&key, &direct).await.status, 403);
        }
    }
}

#[tokio::test]
async fn an_inner_call_is_recorded_with_its_caller_and_its_service() {
    let world = World::new();
    let statements =
        json!([allow("*", "*"), deny("iam:CreateUser", "arn:aws:iam::123456789012:user/bad")]);
    let key = alice(&world, &statements);
    world.call(&key, &create("good-bad")).await;
    let lines = world.lines.take();
    let names: Vec<_> = lines.iter().map(|line| line["eventName"].clone()).collect();
    assert_eq!(names, ["CreateUser", "CreateUser", "CreateStack"]);
    for line in &lines[..2] {
        assert_eq!(line["userIdentity"]["invokedBy"], "cloudformation.amazonaws.com");
        assert_eq!(line["userIdentity"]["userName"], "alice");
        assert_eq!(line["sourceIPAddress"], "cloudformation.amazonaws.com");
    }
    assert_eq!(lines[0].get("errorCode"), None);
    assert_eq!(lines[1]["errorCode"], "AccessDenied");
    assert_eq!(lines[2]["sourceIPAddress"], "192.0.2.7");
}

/// A kept caller has the rights it has at that moment, and no more than its session had.
#[tokio::test]
async fn a_kept_caller_is_held_to_its_session() {
    let all = || Person::with(vec![inline(&json!([allow("*", "*")]))]);
    let keep = |alter: fn(&mut Session)| {
        let mut caller = role_session("AROADEPLOYQQQQQQQQQQQ", "Deploy");
        alter(caller.session.as_mut().expect("a session"));
        caller
    };
    let user = |mfa| Caller {
        identity: Identity::User("AIDAALICEQQQQQQQQQQQQ".to_owned()),
        session: Some(Session { expires: START + 3600, mfa, ..Session::default() }),
        ..Caller::root(account(HOME))
    };
    let gone = || role_session("AROAGONEQQQQQQQQQQQQQ", "Gone");
    let closed = || Caller::root(account("999999999999"));
    let cases = [
        (keep(|_| ()), ""),
        (keep(|session| session.expires = START), "ExpiredToken"),
        (
            keep(|session| {
                session.policies = Some(vec![document(&json!([allow("iam:GetUser", "*")]))]);
            }),
            "AccessDenied",
        ),
        (gone(), "InvalidClientTokenId"),
        (closed(), "InvalidClientTokenId"),
        (user(None), "InvalidClientTokenId"),
        (user(Some(START)), ""),
        (Caller::anonymous(account(HOME)), "AccessDenied"),
    ];
    for (caller, code) in cases {
        let world = World::new();
        world.people.role(HOME, "Deploy", all());
        world.people.user(HOME, "alice", all());
        let kept = Kept(caller.clone());
        world.write(|tx| SESSIONS.put(tx, "kept", &kept)).await;
        let answer = world.call(&world.root, &create("kept")).await;
        let told = answer.element("StackId");
        assert_eq!(told.split(':').next(), Some(code), "{caller:?}: {told}");
        assert_eq!(world.users().is_empty(), !code.is_empty(), "{caller:?}");
    }
}
