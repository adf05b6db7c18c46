//! The keys that conditions see: from the connection, the caller, the clock and the request; never
//! from a header that claims to be one.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::people::{HOME, Person, inline};
use crate::request::{Call, Key};
use crate::world::{World, role_session};

/// A user who may do all there is under `condition`, and nothing else.
fn under(world: &World, condition: &Value) -> Key {
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": condition });
    let policies = vec![inline(&json!([statement]))];
    let tags = &[("team", "red")];
    world.people.user(HOME, "alice", Person { policies, tags, path: "/team/", ..Person::default() })
}

fn get(name: &str) -> Call {
    Call::query("iam", &format!("Action=GetUser&UserName={name}"))
}

#[tokio::test]
async fn conditions_see_the_caller_the_connection_and_the_moment() {
    let cases = [
        (json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }), true),
        (json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), false),
        (json!({ "Bool": { "aws:SecureTransport": "false" } }), true),
        (json!({ "StringEquals": { "aws:userid": "AIDAALICEQQQQQQQQQQQQ" } }), true),
        (json!({ "StringEquals": { "aws:username": "alice" } }), true),
        (
            json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::123456789012:user/team/alice" } }),
            true,
        ),
        (json!({ "StringEquals": { "aws:PrincipalAccount": HOME } }), true),
        (json!({ "StringEquals": { "aws:PrincipalType": "User" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalTag/team": "red" } }), true),
        (json!({ "DateEquals": { "aws:CurrentTime": "2026-01-02T03:04:05Z" } }), true),
        (json!({ "NumericEquals": { "aws:EpochTime": "1767323045" } }), true),
        (json!({ "StringEquals": { "aws:RequestedRegion": "us-east-1" } }), true),
        (json!({ "StringLike": { "aws:UserAgent": "aws-cli/*" } }), true),
        (json!({ "StringEquals": { "aws:referer": "https://example.org/" } }), true),
        (json!({ "Bool": { "aws:ViaAWSService": "false" } }), true),
        (json!({ "Null": { "aws:CalledVia": "true" } }), true),
        (json!({ "Null": { "aws:MultiFactorAuthPresent": "true" } }), true),
        (json!({ "Null": { "aws:TokenIssueTime": "true" } }), true),
        (json!({ "StringEquals": { "aws:ResourceAccount": HOME } }), true),
        (json!({ "StringEquals": { "aws:ResourceTag/team": "blue" } }), true),
        (json!({ "StringEquals": { "iam:ResourceTag/team": "blue" } }), true),
        (json!({ "StringEquals": { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } }), false),
        (json!({ "Null": { "aws:TagKeys": "true" } }), true),
    ];
    for (condition, allowed) in cases {
        let world = World::new();
        let key = under(&world, &condition);
        let call = get("tagged-blue")
            .header("user-agent", "aws-cli/2.0")
            .header("referer", "https://example.org/");
        let answer = world.call(&key, &call).await;
        assert_eq!(answer.is_ok(), allowed, "{condition}: {}", answer.body);
    }
}

#[tokio::test]
async fn headers_and_parameters_inject_no_keys() {
    let conditions = [
        json!({ "StringEquals": { "aws:userid": "admin" } }),
        json!({ "StringEquals": { "aws:username": "admin" } }),
        json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }),
        json!({ "Bool": { "aws:SecureTransport": "true" } }),
        json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }),
        json!({ "StringEquals": { "aws:PrincipalTag/team": "admin" } }),
        json!({ "StringEquals": { "aws:CalledViaFirst": "cloudformation.amazonaws.com" } }),
        json!({ "StringEquals": { "aws:ResourceTag/team": "admin" } }),
        json!({ "StringEquals": { "aws:PrincipalAccount": "210987654321" } }),
        json!({ "StringEquals": { "aws:SourceIdentity": "admin" } }),
    ];
    let headers = [
        ("userid", "admin"),
        ("aws:userid", "admin"),
        ("username", "admin"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1;proto=https"),
        ("x-real-ip", "10.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("sourceip", "10.0.0.1"),
        ("securetransport", "true"),
        ("multifactorauthpresent", "true"),
        ("x-amz-source-identity", "admin"),
        ("x-amz-tagging", "team=admin"),
        ("calledviafirst", "cloudformation.amazonaws.com"),
    ];
    for condition in conditions {
        let world = World::new();
        let key = under(&world, &condition);
        let mut call = Call::query(
            "iam",
            "Action=GetUser&UserName=bob&userid=admin\
            &aws%3Auserid=admin&aws%3Ausername=admin&SourceIp=10.0.0.1&PrincipalTag.team=admin",
        );
        for (name, value) in headers.iter().filter(|(name, _)| !name.contains(':')) {
            call = call.header(name, value);
        }
        assert_eq!(world.call(&key, &call).await.status, 403, "{condition}");
    }
}

#[tokio::test]
async fn the_connection_is_what_the_peer_is() {
    let cases = [
        ("192.0.2.7", None, json!({ "IpAddress": { "aws:SourceIp": "192.0.2.7" } }), true),
        ("2001:db8::7", None, json!({ "IpAddress": { "aws:SourceIp": "2001:db8::/32" } }), true),
        ("2001:db8::7", None, json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } }), false),
        // A socket for both families gives IPv4 clients so.
        (
            "::ffff:192.0.2.7",
            None,
            json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }),
            true,
        ),
        ("192.0.2.7", Some("1.3"), json!({ "Bool": { "aws:SecureTransport": "true" } }), true),
        ("192.0.2.7", Some("1.3"), json!({ "NumericEquals": { "s3:TlsVersion": "1.3" } }), true),
        ("192.0.2.7", None, json!({ "Null": { "s3:TlsVersion": "true" } }), true),
    ];
    for (ip, tls, condition, allowed) in cases {
        let mut world = World::new();
        world.peer = gateway::Peer { ip: ip.parse::<IpAddr>().expect("an address"), tls };
        let key = under(&world, &condition);
        assert_eq!(world.call(&key, &get("bob")).await.is_ok(), allowed, "{ip} {condition}");
    }
}

#[tokio::test]
async fn tags_of_the_request_are_keys_of_each_of_its_rows() {
    let tagged = "Action=CreateUser&UserName=bob&Tags.member.1.Key=team&Tags.member.1.Value=red\
        &Tags.member.2.Key=cost&Tags.member.2.Value=7";
    let bounded = "Action=CreateUser&UserName=bob\
        &PermissionsBoundary=arn:aws:iam::123456789012:policy/Limit";
    let cases = [
        (tagged, json!({ "StringEquals": { "aws:RequestTag/team": "red" } }), true),
        (tagged, json!({ "StringEquals": { "aws:RequestTag/team": "blue" } }), false),
        (tagged, json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team", "cost"] } }), true),
        (tagged, json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } }), false),
        (tagged, json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["cost"] } }), true),
        (tagged, json!({ "Null": { "aws:RequestTag/none": "true" } }), true),
        (
            bounded,
            json!({ "StringEquals": { "iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/Limit" } }),
            true,
        ),
        (bounded, json!({ "Null": { "aws:TagKeys": "true" } }), true),
        (
            "Action=CreateUser&UserName=bob",
            json!({ "Null": { "iam:PermissionsBoundary": "true" } }),
            true,
        ),
        (
            "Action=CreateUser&UserName=bob",
            json!({ "Null": { "aws:RequestTag/team": "true" } }),
            true,
        ),
    ];
    for (form, condition, allowed) in cases {
        let world = World::new();
        let key = under(&world, &condition);
        let answer = world.call(&key, &Call::query("iam", form)).await;
        assert_eq!(answer.is_ok(), allowed, "{condition}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_role_is_its_arn_with_its_path() {
    let cases = [
        (
            json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/service/Deploy" } }),
            true,
        ),
        (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:sts::*" } }), false),
        (json!({ "StringEquals": { "aws:userid": "AROADEPLOYQQQQQQQQQQQ:run-1" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalType": "AssumedRole" } }), true),
        (json!({ "Null": { "aws:username": "true" } }), true),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "false" } }), true),
        (json!({ "Null": { "aws:MultiFactorAuthAge": "true" } }), true),
        (json!({ "Null": { "aws:SourceIdentity": "true" } }), true),
    ];
    for (condition, allowed) in cases {
        let world = World::new();
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": condition });
        let policies = vec![inline(&json!([statement]))];
        let person = Person { path: "/service/", ..Person::with(policies) };
        let id = world.people.role(HOME, "Deploy", person);
        let key = world.session(role_session(&id, "Deploy")).await;
        let answer = world.call(&key, &get("bob")).await;
        assert_eq!(answer.is_ok(), allowed, "{condition}: {}", answer.body);
    }
}

#[tokio::test]
async fn current_time_is_aws_time() {
    let world = World::new();
    let key =
        under(&world, &json!({ "DateLessThan": { "aws:CurrentTime": "2026-01-03T00:00:00Z" } }));
    assert_eq!(world.call(&key, &get("bob")).await.status, 200);
    world.advance(86_400).await;
    assert_eq!(world.call(&key, &get("bob")).await.status, 403);
    world.advance(-86_400).await;
    world.freeze().await;
    world.pass(10 * 86_400);
    assert_eq!(world.call(&key, &get("bob")).await.status, 200);
}

#[tokio::test]
async fn s3_conditions_see_how_a_request_was_signed() {
    let cases = [
        (json!({ "StringEquals": { "s3:authType": "REST-HEADER" } }), true, false),
        (json!({ "StringEquals": { "s3:authType": "REST-QUERY-STRING" } }), false, true),
        (json!({ "StringEquals": { "s3:signatureversion": "AWS4-HMAC-SHA256" } }), true, true),
        (json!({ "NumericLessThanEquals": { "s3:signatureAge": "60000" } }), true, true),
        (json!({ "NumericLessThan": { "s3:signatureAge": "60000" } }), false, false),
    ];
    for (condition, by_header, by_query) in cases {
        let world = World::new();
        let key = under(&world, &condition);
        let (call, signed) = (Call::s3("GET", "/"), world.wall());
        world.pass(60);
        let answers = [
            world.send(call.signed(&key, signed)).await,
            world.send(call.presigned(&key, signed, 600)).await,
        ];
        assert_eq!(answers.map(|answer| answer.is_ok()), [by_header, by_query], "{condition}");
    }
}

/// What a caller's tag says is text: it is no pattern, whoever chose it.
#[tokio::test]
async fn values_of_variables_are_no_patterns() {
    let resource = format!("arn:aws:iam::{HOME}:user/${{aws:PrincipalTag/name}}");
    let statement = json!({ "Effect": "Allow", "Action": "iam:GetUser", "Resource": resource });
    for (tag, status) in [("bob", 200), ("*", 403), ("b?b", 403), ("${*}", 403), ("", 403)] {
        let world = World::new();
        let id = world.people.role(HOME, "Deploy", Person::with(vec![inline(&json!([statement]))]));
        let mut role = role_session(&id, "Deploy");
        let tags = &mut role.session.as_mut().expect("a session").tags;
        tags.insert("name".to_owned(), tag.to_owned());
        let key = world.session(role).await;
        assert_eq!(world.call(&key, &get("bob")).await.status, status, "{tag}");
    }
}
