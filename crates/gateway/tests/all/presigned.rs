//! Presigned URLs: signed by the wall clock of who signs, spent by AWS time.

use crate::people::{HOME, Person, allow, inline};
use crate::request::{Call, Key};
use crate::world::{Answer, World, role_session};

async fn world() -> World {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world.put_object("b", "k", "hello").await;
    world
}

async fn fetch(world: &World, key: &Key, signed: i64, expires: u32) -> Answer {
    world.send(Call::s3("GET", "/b/k").presigned(key, signed, expires)).await
}

#[tokio::test]
async fn a_url_is_good_until_it_expires() {
    let world = world().await;
    let signed = world.wall();
    for (passed, status) in [(0, 200), (60, 200), (61, 403)] {
        world.clock.set(api::Timestamp::from_seconds(signed + passed));
        let answer = fetch(&world, &world.root, signed, 60).await;
        assert_eq!(answer.status, status, "{passed}: {}", answer.body);
    }
    let answer = fetch(&world, &world.root, signed, 60).await;
    assert_eq!(answer.error(), (403, "AccessDenied".to_owned(), "Request has expired".to_owned()));
    assert_eq!(answer.element("X-Amz-Expires"), "60");
    assert_eq!(answer.element("Expires"), "2026-01-02T03:05:05Z");
    assert_eq!(answer.element("ServerTime"), "2026-01-02T03:05:06Z");
}

#[tokio::test]
async fn moving_aws_time_expires_a_url_and_freezing_keeps_it() {
    let world = world().await;
    let signed = world.wall();
    world.pass(10);
    assert_eq!(fetch(&world, &world.root, signed, 3600).await.status, 200);
    world.advance(3600).await;
    let answer = fetch(&world, &world.root, signed, 3600).await;
    assert_eq!(answer.element("Message"), "Request has expired");
    // One that was signed after the move is as young as it looks.
    world.pass(1);
    let later = world.wall();
    assert_eq!(fetch(&world, &world.root, later, 3600).await.status, 200);
    world.freeze().await;
    world.pass(7 * 86_400);
    assert_eq!(fetch(&world, &world.root, later, 3600).await.status, 200);
    assert_eq!(fetch(&world, &world.root, signed, 3600).await.status, 403);
    // A restart forgets none of it.
    let world = world.restarted();
    assert_eq!(fetch(&world, &world.root, later, 3600).await.status, 200);
    assert_eq!(fetch(&world, &world.root, signed, 3600).await.status, 403);
}

#[tokio::test]
async fn the_header_form_holds_to_the_wall_clock() {
    let world = world().await;
    world.advance(30 * 86_400).await;
    assert_eq!(world.call(&world.root, &Call::s3("GET", "/b/k")).await.status, 200);
    let stale = Call::s3("GET", "/b/k").signed(&world.root, world.wall() - 901);
    assert_eq!(world.send(stale).await.element("Code"), "RequestTimeTooSkewed");
}

#[tokio::test]
async fn a_url_ends_with_its_session_and_its_permission() {
    let world = world().await;
    let policies = vec![inline(&serde_json::json!([allow("s3:*", "*")]))];
    let id = world.people.role(HOME, "Deploy", Person::with(policies));
    let key = world.session(role_session(&id, "Deploy")).await;
    let signed = world.wall();
    assert_eq!(fetch(&world, &key, signed, 86_400).await.status, 200);
    world.people.role(HOME, "Deploy", Person::default());
    assert_eq!(fetch(&world, &key, signed, 86_400).await.element("Code"), "AccessDenied");
    world.advance(3600).await;
    let answer = fetch(&world, &key, signed, 86_400).await;
    assert_eq!((answer.status, answer.element("Code").as_str()), (400, "ExpiredToken"));
}

#[tokio::test]
async fn a_url_is_for_what_was_signed_and_nothing_else() {
    let world = world().await;
    world.put_object("b", "other", "secret").await;
    let url = || Call::s3("GET", "/b/k").presigned(&world.root, world.wall(), 600);
    let altered = |alter: &dyn Fn(&mut crate::request::Raw)| {
        let mut raw = url();
        alter(&mut raw);
        raw
    };
    let cases = [
        ("path", altered(&|raw| raw.path = "/b/other".to_owned()), "SignatureDoesNotMatch"),
        ("method", altered(&|raw| raw.method = "HEAD"), ""),
        (
            "parameter",
            altered(&|raw| raw.query.push_str("&response-content-type=text/html")),
            "SignatureDoesNotMatch",
        ),
        (
            "longer",
            altered(&|raw| raw.query = raw.query.replace("Expires=600", "Expires=900")),
            "SignatureDoesNotMatch",
        ),
        (
            "too long",
            Call::s3("GET", "/b/k").presigned(&world.root, world.wall(), 604_801),
            "AuthorizationQueryParametersError",
        ),
        (
            "twice signed",
            altered(&|raw| raw.query.push_str("&X-Amz-Signature=00")),
            "AuthorizationQueryParametersError",
        ),
        (
            "both places",
            altered(&|raw| {
                let other = Call::s3("GET", "/b/k").signed(&world.root, world.wall());
                let value = other.value("authorization").to_owned();
                raw.headers.push(("authorization".to_owned(), value));
            }),
            "InvalidArgument",
        ),
        (
            "from the future",
            Call::s3("GET", "/b/k").presigned(&world.root, world.wall() + 901, 600),
            "AccessDenied",
        ),
        (
            "header added",
            altered(&|raw| raw.headers.push(("x-amz-acl".into(), "private".into()))),
            "AccessDenied",
        ),
    ];
    for (name, raw, code) in cases {
        let answer = world.send(raw).await;
        assert!(answer.status >= 400, "{name}");
        assert_eq!(answer.element("Code"), code, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn query_services_take_a_signed_query() {
    let world = world().await;
    let mut call = Call::query("sts", "");
    call.method = "GET";
    call.query = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
    let answer = world.send(call.presigned(&world.root, world.wall(), 60)).await;
    assert_eq!((answer.status, answer.element("Account").as_str()), (200, HOME));
    let other = call.presigned(&world.root, world.wall(), 60);
    let other = crate::request::Raw {
        query: other.query.replace("GetCallerIdentity", "GetSessionToken"),
        ..other
    };
    assert_eq!(world.send(other).await.element("Code"), "SignatureDoesNotMatch");
    // A body that was not signed does not slip in beside the query.
    let smuggled = call.presigned(&world.root, world.wall(), 60);
    let answer = world.send(smuggled.sending("Action=GetSessionToken")).await;
    assert_eq!(answer.element("Code"), "SignatureDoesNotMatch");
}
