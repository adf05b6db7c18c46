//! What is recorded and logged: CloudTrail's shape, every attempt, no secret.

use expect_test::expect;

use crate::people::{HOME, Person};
use crate::request::{Call, Key};
use crate::world::{self, World, role_session};

async fn only_event(world: &World, key: &Key, call: &Call) -> serde_json::Value {
    world.lines.take();
    world.call(key, call).await;
    let mut lines = world.lines.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[tokio::test]
async fn an_event_has_cloudtrails_shape() {
    let world = World::new();
    let call = Call::query(
        "iam",
        "Action=CreateUser&UserName=bob&Tags.member.1.Key=k\
        &Tags.member.1.Value=v",
    )
    .header("user-agent", "aws-cli/2.0");
    let event = only_event(&world, &world.root, &call).await;
    expect![[r#"
        {
          "awsRegion": "us-east-1",
          "eventCategory": "Management",
          "eventID": "0bc942ee-9086-4171-b9b5-01d1d854bb71",
          "eventName": "CreateUser",
          "eventSource": "iam.amazonaws.com",
          "eventTime": "2026-01-02T03:04:05Z",
          "eventType": "AwsApiCall",
          "eventVersion": "1.11",
          "managementEvent": true,
          "readOnly": false,
          "recipientAccountId": "123456789012",
          "requestID": "c15c0289-ec2d-4a91-a7ec-8e65a18debbe",
          "requestParameters": {
            "tags": [
              {
                "key": "k",
                "value": "v"
              }
            ],
            "userName": "bob"
          },
          "responseElements": {
            "user": {
              "arn": "arn:aws:iam::123456789012:user/bob",
              "createDate": "2026-01-02T03:04:05Z",
              "path": "/",
              "userId": "AIDARZPUZDIKLZKTF67OC",
              "userName": "bob"
            }
          },
          "sourceIPAddress": "192.0.2.7",
          "userAgent": "aws-cli/2.0",
          "userIdentity": {
            "accessKeyId": "AKIA0000000000000000",
            "accountId": "123456789012",
            "arn": "arn:aws:iam::123456789012:root",
            "principalId": "123456789012",
            "type": "Root"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&event).expect("JSON"));
}

#[tokio::test]
async fn a_refused_session_is_recorded_with_its_role_and_the_reason() {
    let world = World::new();
    let id = world.people.role(HOME, "Deploy", Person { path: "/x/", ..Person::default() });
    let key = world.session(role_session(&id, "Deploy")).await;
    world.put_bucket("b", HOME, None).await;
    let event = only_event(&world, &key, &Call::s3("GET", "/b/k")).await;
    expect![[r#"
        {
          "awsRegion": "us-east-1",
          "errorCode": "AccessDenied",
          "errorMessage": "User: arn:aws:sts::123456789012:assumed-role/Deploy/run-1 is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/k\" because no identity-based policy allows the s3:GetObject action",
          "eventCategory": "Data",
          "eventID": "75852712-0fbb-4785-a83d-7e35de181749",
          "eventName": "GetObject",
          "eventSource": "s3.amazonaws.com",
          "eventTime": "2026-01-02T03:04:05Z",
          "eventType": "AwsApiCall",
          "eventVersion": "1.11",
          "managementEvent": false,
          "readOnly": true,
          "recipientAccountId": "123456789012",
          "requestID": "UCVADLFPVYS9AUJI",
          "requestParameters": {
            "bucket": "b",
            "key": "k"
          },
          "responseElements": null,
          "sourceIPAddress": "192.0.2.7",
          "userAgent": "",
          "userIdentity": {
            "accessKeyId": "ASIARZPUZDIKLZKTF67O",
            "accountId": "123456789012",
            "arn": "arn:aws:sts::123456789012:assumed-role/Deploy/run-1",
            "principalId": "AROADEPLOYQQQQQQQQQQQ:run-1",
            "sessionContext": {
              "attributes": {
                "creationDate": "2026-01-02T03:04:05Z",
                "mfaAuthenticated": "false"
              },
              "sessionIssuer": {
                "accountId": "123456789012",
                "arn": "arn:aws:iam::123456789012:role/x/Deploy",
                "principalId": "AROADEPLOYQQQQQQQQQQQ",
                "type": "Role",
                "userName": "Deploy"
              }
            },
            "type": "AssumedRole"
          }
        }"#]].assert_eq(&serde_json::to_string_pretty(&event).expect("JSON"));
}

#[tokio::test]
async fn anonymous_callers_are_recorded_as_cloudtrail_has_them() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world.send(Call::s3("GET", "/b/k").unsigned()).await;
    let event = world.lines.take().remove(0);
    let identity =
        serde_json::json!({ "type": "AWSAccount", "principalId": "", "accountId": "anonymous" });
    assert_eq!(event["userIdentity"], identity);
}

#[tokio::test]
async fn refused_attempts_are_recorded_with_their_error() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    let mute = world.people.user(HOME, "mute", Person::default());
    let forged = Key { secret: "x".to_owned(), ..world.root.clone() };
    let create = Call::query("iam", "Action=CreateUser&UserName=bob");
    let cases = [
        (&mute, create.clone(), "AccessDenied", "mute"),
        (&forged, create, "SignatureDoesNotMatch", ""),
        (&world.root, Call::query("iam", "Action=CreateUser"), "ValidationError", ""),
        (&world.root, Call::query("iam", "Action=GetAccountSummary"), "NotImplemented", ""),
        (&mute, Call::s3("PUT", "/b/k").body("x"), "AccessDenied", "mute"),
        (&mute, Call::s3("GET", "/b/k"), "AccessDenied", "mute"),
        (&world.root, Call::s3("GET", "/nope/k"), "NoSuchBucket", ""),
        (&world.root, Call::s3("PUT", "/b?policy"), "MalformedPolicy", ""),
    ];
    for (key, call, code, name) in cases {
        let event = only_event(&world, key, &call).await;
        assert_eq!(event["errorCode"], code, "{event}");
        assert!(!event["errorMessage"].as_str().expect("a message").is_empty());
        let who = event["userIdentity"]["userName"].as_str().unwrap_or_default();
        assert_eq!(who, name, "{event}");
    }
}

#[tokio::test]
async fn an_upload_is_recorded_once_whatever_becomes_of_it() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    let call = Call::s3("PUT", "/b/k").body("12345");
    for (body, code) in [
        ("12345", None),
        ("12346", Some("XAmzContentSHA256Mismatch")),
        ("1234", Some("IncompleteBody")),
    ] {
        world.lines.take();
        world.send(call.signed(&world.root, world.wall()).sending(body)).await;
        let lines = world.lines.take();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["eventName"], "PutObject");
        assert_eq!(lines[0].get("errorCode").and_then(|code| code.as_str()), code);
    }
}

#[tokio::test]
async fn no_secret_is_logged_or_recorded() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    let id = world.people.role(HOME, "Deploy", Person::default());
    let session = world.session(role_session(&id, "Deploy")).await;
    let (old, new) = ("OldPassword-7-xyz", "NewPassword-8-xyz");
    let long = format!("TooLong-9-xyz{}", "p".repeat(128));
    let customer = "Y3VzdG9tZXIta2V5LW9mLTMyLWJ5dGVzLWxvbmctMTI=";
    let change = |new: &str| {
        Call::query("iam", &format!("Action=ChangePassword&OldPassword={old}&NewPassword={new}"))
    };
    let sse = |method| {
        Call::s3(method, "/b/k")
            .header("x-amz-server-side-encryption-customer-algorithm", "AES256")
            .header("x-amz-server-side-encryption-customer-key", customer)
    };
    let mut told = Vec::new();
    for key in [&world.root, &session] {
        let forged = Key { secret: "x".to_owned(), ..key.clone() };
        for call in [change(new), change(&long), change(""), sse("GET"), sse("PUT").body("x")] {
            told.push(world.call(key, &call).await.body);
            world.call(&forged, &call).await;
            told.push(world.send(call.presigned(key, world.wall(), 60)).await.body);
            world.send(call.presigned(key, world.wall() - 7200, 60)).await;
        }
        told.push(
            world
                .call(key, &Call::query("iam", "Action=CreateUser&UserName=internal-fault"))
                .await
                .body,
        );
    }
    world.gateway.tick().await.expect("a tick");
    let log = world::logged();
    let events = world.lines.take().iter().map(ToString::to_string).collect::<String>();
    assert!(log.contains("the cause that stays in the log"), "the log was captured");
    assert!(events.contains("HIDDEN_DUE_TO_SECURITY_REASONS"), "{events}");
    let token = session.token.clone().expect("a token");
    for secret in
        [world.root.secret.as_str(), &session.secret, &token, old, new, "TooLong-9", customer]
    {
        assert!(!log.contains(secret), "the log holds {secret}");
        assert!(!events.contains(secret), "the records hold {secret}");
        assert!(!told.iter().any(|body| body.contains(secret)), "an answer holds {secret}");
    }
}
