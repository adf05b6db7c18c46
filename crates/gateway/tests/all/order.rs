//! The order of the pipeline and the form of its answers: who is told what, and in which envelope.

use expect_test::expect;

use crate::people::{HOME, Person, allow, inline};
use crate::request::{Call, Key};
use crate::world::World;

const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";

fn forged(key: &Key) -> Key {
    Key { secret: format!("{}x", key.secret), ..key.clone() }
}

fn nobody() -> Key {
    Key { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), secret: "x".to_owned(), token: None }
}

#[tokio::test]
async fn a_query_request_is_refused_at_the_first_thing_that_is_wrong() {
    let world = World::new();
    let mute = world.people.user(HOME, "mute", Person::default());
    let who = Call::query("sts", WHO);
    let create = |form: &str| Call::query("iam", &format!("Action=CreateUser&{form}"));
    let now = world.wall();
    let cases = [
        ("unsigned", who.unsigned(), "403 MissingAuthenticationToken"),
        ("unknown key", who.signed(&nobody(), now), "403 InvalidClientTokenId"),
        ("wrong secret", who.signed(&forged(&world.root), now), "403 SignatureDoesNotMatch"),
        ("signed long ago", who.signed(&world.root, now - 901), "403 SignatureDoesNotMatch"),
        ("signed in the future", who.signed(&world.root, now + 901), "403 SignatureDoesNotMatch"),
        ("at the edge of the skew", who.signed(&world.root, now - 900), "200 "),
        (
            "body altered",
            who.signed(&world.root, now).sending("Action=GetCallerIdentity"),
            "403 SignatureDoesNotMatch",
        ),
        (
            "unknown action, unsigned",
            Call::query("sts", "Action=Frobnicate").unsigned(),
            "400 InvalidAction",
        ),
        (
            "action in another case",
            Call::query("sts", "Action=getcalleridentity").unsigned(),
            "400 InvalidAction",
        ),
        ("no action", Call::query("sts", "Version=2011-06-15").unsigned(), "400 MissingAction"),
        (
            "invalid and wrongly signed",
            create("").signed(&forged(&world.root), now),
            "403 SignatureDoesNotMatch",
        ),
        ("invalid and not allowed", create("").signed(&mute, now), "400 ValidationError"),
        ("not allowed", create("UserName=bob").signed(&mute, now), "403 AccessDenied"),
        (
            "not served and not signed",
            Call::query("iam", "Action=GetAccountSummary").unsigned(),
            "403 MissingAuthenticationToken",
        ),
        (
            "not served",
            Call::query("iam", "Action=GetAccountSummary").signed(&world.root, now),
            "501 NotImplemented",
        ),
        (
            "a fault of ours",
            create("UserName=internal-fault").signed(&world.root, now),
            "500 InternalFailure",
        ),
        (
            "not UTF-8",
            Call::query("iam", "Action=%FF").signed(&world.root, now),
            "400 ValidationError",
        ),
    ];
    for (name, raw, expected) in cases {
        let answer = world.send(raw).await;
        let told = format!("{} {}", answer.status, answer.element("Code"));
        assert_eq!(told, expected, "{name}: {}", answer.body);
        assert!(!answer.body.contains("the cause that stays"), "{name}");
    }
    assert_eq!(world.users(), Vec::<String>::new());
}

/// An unsigned form says by itself whose it is; what is nobody's is S3's to refuse.
#[tokio::test]
async fn an_unsigned_form_is_of_the_service_that_it_names() {
    let world = World::new();
    let cases = [
        (WHO, 403, "MissingAuthenticationToken"),
        ("Action=ListUsers&Version=2010-05-08", 403, "MissingAuthenticationToken"),
        ("Action=CreateStack&Version=2010-05-15&StackName=s", 403, "MissingAuthenticationToken"),
        ("Action=ListUsers&Version=2011-06-15", 405, "MethodNotAllowed"),
        ("Action=GetCallerIdentity", 405, "MethodNotAllowed"),
        ("Version=2011-06-15", 405, "MethodNotAllowed"),
        ("%FF", 405, "MethodNotAllowed"),
    ];
    for (form, status, code) in cases {
        let raw = Call::query("sts", form).header("host", "localhost:4566").unsigned();
        let answer = world.send(raw).await;
        assert_eq!((answer.status, answer.element("Code").as_str()), (status, code), "{form}");
        let id = answer.element("RequestId");
        assert_eq!(id.len(), if status == 405 { 16 } else { 36 }, "{form}");
    }
    let big = format!("{WHO}&X={}", "x".repeat(1024 * 1024));
    let raw = Call::query("sts", &big).header("host", "localhost:4566").unsigned();
    assert_eq!(world.send(raw).await.error().1, "MaxMessageLengthExceeded");
}

#[tokio::test]
async fn an_s3_request_is_refused_at_the_first_thing_that_is_wrong() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    let list = Call::s3("GET", "/");
    let policy = Call::s3("PUT", "/b?policy").body("{}");
    let now = world.wall();
    let cases = [
        ("anonymous", list.unsigned(), "403 AccessDenied Access Denied"),
        (
            "unknown key",
            list.signed(&nobody(), now),
            "403 InvalidAccessKeyId The AWS Access Key Id you provided does not exist in our records.",
        ),
        (
            "wrong secret",
            list.signed(&forged(&world.root), now),
            "403 SignatureDoesNotMatch The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        ),
        (
            "signed long ago",
            list.signed(&world.root, now - 901),
            "403 RequestTimeTooSkewed The difference between the request time and the current time is too large.",
        ),
        (
            "x-amz header added",
            list.signed(&world.root, now).set("x-amz-acl", "public-read"),
            "403 AccessDenied There were headers present in the request which were not signed",
        ),
        (
            "document altered",
            policy.signed(&world.root, now).sending("[]"),
            "400 XAmzContentSHA256Mismatch The provided 'x-amz-content-sha256' header does not match what was computed.",
        ),
        (
            "payload hash taken away",
            policy.signed(&world.root, now).without("x-amz-content-sha256"),
            "400 InvalidRequest Missing required header for this request: x-amz-content-sha256",
        ),
        (
            "no such method",
            Call::s3("PATCH", "/b").signed(&world.root, now),
            "405 MethodNotAllowed The specified method is not allowed against this resource.",
        ),
        (
            "no document",
            Call::s3("PUT", "/b?policy").signed(&world.root, now),
            "400 MalformedPolicy Policies must be valid JSON and the first byte must be '{'",
        ),
        (
            "document too large",
            policy.signed(&world.root, now).sending(" ".repeat(2049)),
            "400 MaxMessageLengthExceeded Your request was too big.",
        ),
        (
            "not served",
            Call::s3("GET", "/b?acl").signed(&world.root, now),
            "501 NotImplemented GetBucketAcl is not implemented by this server.",
        ),
        (
            "of another bucket",
            Call::s3("GET", "/nope/k").signed(&world.root, now),
            "404 NoSuchBucket It is not there.",
        ),
    ];
    for (name, raw, expected) in cases {
        let (status, code, message) = world.send(raw).await.error();
        assert_eq!(format!("{status} {code} {message}"), expected, "{name}");
    }
}

#[tokio::test]
async fn what_nobody_mapped_is_denied_to_root() {
    let world = World::new();
    for (form, action) in [
        // Served, but without a row.
        ("Action=DeleteUser&UserName=bob", "iam:DeleteUser"),
        // With rows of which none holds.
        ("Action=TagUser&UserName=bob&Tags=", "iam:TagUser"),
        // With a row whose kind of resource nobody resolves.
        ("Action=UntagUser&UserName=bob&TagKeys.member.1=k", "iam:UntagUser"),
    ] {
        let (status, code, message) =
            world.call(&world.root, &Call::query("iam", form)).await.error();
        assert_eq!((status, code.as_str()), (403, "AccessDenied"));
        let who = format!("arn:aws:iam::{HOME}:root");
        assert_eq!(message, format!("User: {who} is not authorized to perform: {action}"));
    }
}

#[tokio::test]
async fn sentences_of_validation_come_through_whole() {
    let world = World::new();
    let long = "u".repeat(65);
    let cases = [
        ("iam", "Action=CreateUser".to_owned(),
            "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not be null".to_owned()),
        ("iam", format!("Action=CreateUser&UserName={long}"),
            format!("1 validation error detected: Value '{long}' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64")),
        ("sts", "Action=AssumeRole&RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=Session1:2".to_owned(),
            "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*".to_owned()),
    ];
    for (service, form, expected) in cases {
        let (status, code, message) =
            world.call(&world.root, &Call::query(service, &form)).await.error();
        assert_eq!((status, code.as_str()), (400, "ValidationError"), "{form}");
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn query_answers_in_its_envelopes() {
    let world = World::new();
    let answer = world.call(&world.root, &Call::query("sts", WHO)).await;
    assert_eq!(answer.header("content-type"), "text/xml");
    assert_eq!(answer.header("x-amzn-requestid"), answer.element("RequestId"));
    expect![[r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><UserId>123456789012</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>c15c0289-ec2d-4a91-a7ec-8e65a18debbe</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#]].assert_eq(&answer.body);
    let answer =
        world.call(&world.root, &Call::query("sts", "Action=Frob&Version=2011-06-15")).await;
    assert_eq!(answer.header("content-type"), "text/xml");
    assert_eq!(answer.header("x-amzn-requestid"), answer.element("RequestId"));
    expect![[r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation Frob for version 2011-06-15</Message></Error><RequestId>b9b501d1-d854-4b71-8002-1590ff0b4dc3</RequestId></ErrorResponse>"#]].assert_eq(&answer.body);
    let fault = Call::query("iam", "Action=CreateUser&UserName=internal-fault");
    expect![[r#"<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>We encountered an internal error. Please try again.</Message></Error><RequestId>a53c36d7-6cec-49e0-b585-27120fbbe785</RequestId></ErrorResponse>"#]].assert_eq(&world.call(&world.root, &fault).await.body);
}

#[tokio::test]
async fn s3_answers_in_its_envelopes() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world.put_object("b", "k", "<a/>").await;
    let listed = world.call(&world.root, &Call::s3("GET", "/")).await;
    let gone = world.call(&world.root, &Call::s3("GET", "/b/%3Cgone%3E%26")).await;
    let put = world.call(&world.root, &Call::s3("PUT", "/b?policy").body("{}")).await;
    for answer in [&listed, &gone, &put] {
        let id = answer.header("x-amz-request-id");
        assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
        assert!(!answer.header("x-amz-id-2").is_empty());
        assert_eq!(answer.header("server"), "AmazonS3");
        assert_eq!(answer.header("x-amzn-requestid"), "");
    }
    assert_eq!(listed.header("content-type"), "application/xml");
    assert_eq!(gone.header("content-type"), "application/xml");
    assert_eq!(gone.header("x-amz-request-id"), gone.element("RequestId"));
    assert_eq!(gone.header("x-amz-id-2"), gone.element("HostId"));
    assert_eq!((put.status, put.body.as_str(), put.header("content-type")), (204, "", ""));
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>"#]].assert_eq(&listed.body);
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <Error><Code>NoSuchKey</Code><Message>It is not there.</Message><Key>&lt;gone&gt;&amp;</Key><RequestId>FBB3AMHFUCVADLFP</RequestId><HostId>HXA3b+ZO64MhWQjuU+QtVxNtuKczNm6lMOz5LDeimNfCses5UQnerr/GIhGVyFKmcpt1mm15PgU=</HostId></Error>"#]].assert_eq(&gone.body);
}

#[tokio::test]
async fn an_internal_fault_of_s3_is_called_as_s3_calls_it() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    let fault = Call::s3("HEAD", "/b/internal-fault");
    let answer = world.call(&world.root, &fault).await;
    assert_eq!(answer.status, 500);
    let fault = Call::s3("GET", "/b/internal-fault");
    let (status, code, message) = world.call(&world.root, &fault).await.error();
    assert_eq!((status, code.as_str()), (500, "InternalError"));
    assert_eq!(message, "We encountered an internal error. Please try again.");
}

#[tokio::test]
async fn an_object_keeps_its_own_content_type() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world.put_object("b", "k", "<a/>").await;
    let answer = world.call(&world.root, &Call::s3("GET", "/b/k")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "<a/>"));
    assert_eq!(answer.header("content-type"), "text/xml");
}

#[tokio::test]
async fn head_answers_without_a_body() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world.put_object("b", "k", "12345").await;
    let mute = world.people.user(HOME, "mute", Person::default());
    let cases = [
        (&world.root, "/b/k", 200, "5"),
        (&world.root, "/b/gone", 404, ""),
        (&world.root, "/gone/k", 404, ""),
        (&mute, "/b/k", 403, ""),
    ];
    for (key, path, status, length) in cases {
        let answer = world.call(key, &Call::s3("HEAD", path)).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{path}");
        assert_eq!(answer.header("content-length"), length, "{path}");
        assert_eq!(answer.header("x-amz-request-id").len(), 16, "{path}");
    }
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own() {
    let world = World::new();
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let answer = world.call(&world.root, &Call::query("sts", WHO)).await;
        ids.insert(answer.element("RequestId"));
    }
    assert_eq!(ids.len(), 50);
}

#[tokio::test]
async fn an_inactive_key_is_as_unknown_as_none() {
    let world = World::new();
    let policies = vec![inline(&serde_json::json!([allow("*", "*")]))];
    let key = world.people.user(HOME, "alice", Person::with(policies));
    assert_eq!(world.call(&key, &Call::query("sts", WHO)).await.status, 200);
    world.people.deactivate(&key);
    let (status, code, message) = world.call(&key, &Call::query("sts", WHO)).await.error();
    assert_eq!((status, code.as_str()), (403, "InvalidClientTokenId"));
    assert_eq!(message, "The security token included in the request is invalid.");
    let (status, code, _) = world.call(&key, &Call::s3("GET", "/")).await.error();
    assert_eq!((status, code.as_str()), (403, "InvalidAccessKeyId"));
}

#[tokio::test]
async fn keys_of_who_is_gone_open_nothing() {
    let world = World::new();
    let key = world.people.user(HOME, "alice", Person::default());
    world.people.delete_principal("AIDAALICEQQQQQQQQQQQQ");
    world.people.close_account(crate::people::ABROAD);
    for key in [&key, &world.stranger] {
        let (status, code, _) = world.call(key, &Call::query("sts", WHO)).await.error();
        assert_eq!((status, code.as_str()), (403, "InvalidClientTokenId"));
        let (status, code, _) = world.call(key, &Call::s3("GET", "/")).await.error();
        assert_eq!((status, code.as_str()), (403, "InvalidAccessKeyId"));
    }
}

/// Each letter of the header counts, and none of them brings the server down.
#[tokio::test]
async fn an_authorization_altered_anywhere_proves_nothing() {
    let world = World::new();
    for call in [Call::query("sts", WHO), Call::s3("GET", "/")] {
        let good = call.signed(&world.root, world.wall()).value("authorization").to_owned();
        for place in 0..good.len() {
            for letter in *b"x, =/\x80" {
                let mut altered = good.clone().into_bytes();
                let before = std::mem::replace(&mut altered[place], letter);
                // One separator is as good as the other.
                if before == letter || [before, letter].iter().all(|it| b", ".contains(it)) {
                    continue;
                }
                let raw = call.signed(&world.root, world.wall()).without("authorization");
                let mut request = raw.into_http();
                let value = http::HeaderValue::from_bytes(&altered).expect("a value");
                request.headers_mut().insert("authorization", value);
                let status = world.gateway.serve(request, world.peer).await.status().as_u16();
                let told = String::from_utf8_lossy(&altered).into_owned();
                assert!((400..500).contains(&status), "{status}: {told}");
            }
        }
    }
}
