//! Where a request goes: by scope, host and path, through the whole pipe.

use crate::people::HOME;
use crate::request::Call;
use crate::world::World;

#[tokio::test]
async fn an_object_is_one_by_whatever_host_it_is_asked_for() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world.put_bucket("my.bucket", HOME, None).await;
    world.put_object("b", "k", "in b").await;
    world.put_object("my.bucket", "k", "in my.bucket").await;
    let cases = [
        ("127.0.0.1:4566", "/b/k", "in b"),
        ("[::1]:4566", "/b/k", "in b"),
        ("localhost:4566", "/b/k", "in b"),
        ("localhost:4566", "/%62/%6b", "in b"),
        ("b.localhost:4566", "/k", "in b"),
        ("B.LOCALHOST", "/k", "in b"),
        ("b.s3.home", "/k", "in b"),
        ("my.bucket.s3.home", "/k", "in my.bucket"),
        ("b.s3.amazonaws.com", "/k", "in b"),
        ("B.S3.Eu-West-1.AmazonAWS.com", "/k", "in b"),
        ("b.s3-eu-west-1.amazonaws.com", "/k", "in b"),
        ("s3.dualstack.eu-west-1.amazonaws.com", "/my.bucket/k", "in my.bucket"),
    ];
    for (host, path, expected) in cases {
        let answer = world.call(&world.root, &Call::s3("GET", path).header("host", host)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected), "{host}{path}");
    }
}

#[tokio::test]
async fn keys_are_never_paths() {
    let keys = [
        ("/b/..", ".."),
        ("/b/../b/k", "../b/k"),
        ("/b/./k", "./k"),
        ("/b//k", "/k"),
        ("/b/k/", "k/"),
        ("/b/a%2Fb", "a/b"),
        ("/b/%2e%2e%2fk", "../k"),
        ("/b/%C3%BC%20%2B", "ü +"),
        ("/b/a+b", "a+b"),
        ("/b/%25", "%"),
    ];
    for (path, key) in keys {
        let world = World::new();
        world.put_bucket("b", HOME, None).await;
        let put = world.call(&world.root, &Call::s3("PUT", path).body("x")).await;
        assert_eq!(put.status, 200, "{path}: {}", put.body);
        assert_eq!(world.object("b", key).as_deref(), Some(b"x".as_slice()), "{path}");
        let got = world.call(&world.root, &Call::s3("GET", path)).await;
        assert_eq!((got.status, got.body.as_str()), (200, "x"), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_uri_is_told_so_to_anybody() {
    let world = World::new();
    for path in ["/b/%FF", "/%C3%28/k", "/%FF"] {
        for raw in [
            Call::s3("GET", path).unsigned(),
            Call::s3("GET", path).signed(&world.root, world.wall()),
        ] {
            let (status, code, message) = world.send(raw).await.error();
            assert_eq!((status, code.as_str()), (400, "InvalidURI"), "{path}");
            assert_eq!(message, "Couldn't parse the specified URI.");
        }
    }
}

/// Whatever stands in a request line, the answer is AWS's and never a fault of ours.
#[tokio::test]
async fn odd_targets_are_answered_and_break_nothing() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    let hosts = ["", ":", "..", ".localhost", "[", "a.b.c.amazonaws.com", ".s3.amazonaws.com", "é"];
    let targets = [
        "/",
        "//",
        "///k",
        "/b?",
        "/b?%",
        "/b?=&&=",
        "/?Action=x",
        "/b/k?versionId",
        "/b?policy=%FF",
    ];
    for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"] {
        for host in hosts {
            for target in targets {
                let call = Call::s3(method, target).header("host", host);
                let answer = world.call(&world.root, &call).await;
                let told = format!("{method} {host} {target}: {} {}", answer.status, answer.body);
                assert!(answer.status != 500 && answer.status != 503, "{told}");
                assert!(world.send(call.unsigned()).await.status >= 400, "{told}");
            }
        }
    }
}

#[tokio::test]
async fn the_scope_must_be_of_the_service_that_answers() {
    let world = World::new();
    // Signed for STS, sent to where IAM is: the scope decides, and STS has no such operation.
    let mut call =
        Call::query("sts", "Action=GetUser&UserName=bob").header("host", "iam.amazonaws.com");
    let (status, code, _) = world.call(&world.root, &call).await.error();
    assert_eq!((status, code.as_str()), (400, "InvalidAction"));
    // A service that nobody serves is S3's to refuse.
    call.service = "ec2";
    let answer = world.call(&world.root, &call).await;
    assert_eq!(answer.status, 405, "{}", answer.body);
    assert_eq!(answer.header("x-amz-request-id").len(), 16);
    let mut call = Call::s3("GET", "/");
    let raw = call.signed(&world.root, world.wall());
    let scope = raw.value("authorization").replace("/s3/", "/ec2/");
    let (status, code, _) = world.send(raw.set("authorization", &scope)).await.error();
    assert_eq!((status, code.as_str()), (400, "AuthorizationHeaderMalformed"));
    // Another region is another scope, and fine.
    call.region = "eu-west-1";
    assert_eq!(world.call(&world.root, &call).await.status, 200);
    // A word that is no region is not: the answer names the one to sign for, as s3cmd asks by it.
    call.region = "US";
    let answer = world.call(&world.root, &call).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("<Region>us-east-1</Region>"), "{}", answer.body);
}
