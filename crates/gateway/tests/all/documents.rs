//! Documents: bodies that are read whole before anything is done with them.

use std::time::Duration;

use sigv4::PayloadHash;

use crate::people::HOME;
use crate::request::{Call, Sending, Then};
use crate::services::BUCKETS;
use crate::world::World;

async fn world() -> World {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world
}

fn policy(world: &World) -> Option<String> {
    let found = world.store.read(|tx| BUCKETS.get(tx, "b")).expect("a read").expect("a row");
    found.expect("the bucket").policy
}

fn put(body: &str) -> Call {
    Call::s3("PUT", "/b?policy").body(body)
}

#[tokio::test]
async fn a_document_must_have_the_hash_that_was_signed() {
    let world = world().await;
    let presigned = put("{}").presigned(&world.root, world.wall(), 60);
    for raw in [put("{}").signed(&world.root, world.wall()), presigned] {
        let (status, code, _) = world.send(raw.sending("[]")).await.error();
        assert_eq!((status, code.as_str()), (400, "XAmzContentSHA256Mismatch"));
        assert_eq!(policy(&world), None);
    }
    let unsigned = put("{}").payload(PayloadHash::Unsigned);
    assert_eq!(world.call(&world.root, &unsigned).await.status, 204);
    assert_eq!(policy(&world).as_deref(), Some("{}"));
}

/// A document may come in chunks like an object: it is what they decode to, or nothing.
#[tokio::test]
async fn a_document_in_chunks_is_decoded_and_verified() {
    let chunked = |payload, declared: &str| {
        Call::s3("PUT", "/b?policy")
            .payload(payload)
            .header("x-amz-decoded-content-length", declared)
    };
    let world = world().await;
    let call = chunked(PayloadHash::StreamingSigned, "2");
    let raw = call.signed(&world.root, world.wall());
    let mut seed = raw.seed.clone().expect("a seed");
    let good = [seed.encode_chunk(b"{}"), seed.encode_chunk(b""), b"\r\n".to_vec()].concat();
    let altered: Vec<u8> =
        good.iter().map(|byte| if *byte == b'{' { b'[' } else { *byte }).collect();
    let (status, code, _) = world.send(raw.sending(altered)).await.error();
    assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"));
    assert_eq!(policy(&world), None);
    // What is not in chunks at all is no document either.
    let raw = call.signed(&world.root, world.wall()).sending("{}");
    let (status, code, _) = world.send(raw).await.error();
    assert_eq!((status, code.as_str()), (400, "IncompleteBody"));
    assert_eq!(policy(&world), None);
    let raw = call.signed(&world.root, world.wall()).sending(good);
    assert_eq!(world.send(raw).await.status, 204);
    assert_eq!(policy(&world).as_deref(), Some("{}"));
}

#[tokio::test]
async fn a_document_larger_than_allowed_is_not_read() {
    let world = world().await;
    let big = " ".repeat(2049);
    let declared = put("{}").signed(&world.root, world.wall()).set("content-length", "2049");
    let mut silent = declared;
    silent.body = Sending::default().then(Then::Silence);
    let answer = world.send(silent).await;
    let told = (400, "MaxMessageLengthExceeded".into(), "Your request was too big.".into());
    assert_eq!((answer.error(), answer.element("MaxMessageLengthBytes")), (told, "2048".into()));
    let mut undeclared = put(&big).signed(&world.root, world.wall()).without("content-length");
    undeclared.body = Sending::pieces(big.as_bytes().chunks(100).map(<[u8]>::to_vec));
    undeclared.body.then = Then::Silence;
    assert_eq!(world.send(undeclared).await.error().1, "MaxMessageLengthExceeded");
    let form = format!("Action=CreateUser&UserName={}", "u".repeat(1024 * 1024));
    assert_eq!(world.call(&world.root, &Call::query("iam", &form)).await.status, 413);
    assert_eq!(policy(&world), None);
}

#[tokio::test(start_paused = true)]
async fn a_document_that_stands_still_is_given_up() {
    let world = world().await;
    let mut raw = put("{}").signed(&world.root, world.wall());
    raw.body = Sending::pieces([b"{".to_vec()]).then(Then::Silence);
    let (status, code, _) = world.send(raw).await.error();
    assert_eq!((status, code.as_str()), (400, "RequestTimeout"));
    let mut raw = put("{}").signed(&world.root, world.wall());
    raw.body = Sending::pieces([b"{".to_vec()]).then(Then::Break);
    let (status, code, _) = world.send(raw).await.error();
    assert_eq!((status, code.as_str()), (400, "IncompleteBody"));
    assert_eq!(policy(&world), None);
}

/// One byte now and then is never idle, and never done.
#[tokio::test(start_paused = true)]
async fn a_document_that_drips_is_given_up_in_the_end() {
    let world = world().await;
    let begun = tokio::time::Instant::now();
    let mut raw = put("{}").signed(&world.root, world.wall());
    raw.body = Sending::pieces(std::iter::repeat_n(b" ".to_vec(), 1000));
    raw.body.pause = Some(Duration::from_secs(6));
    let (status, code, _) = world.send(raw).await.error();
    assert_eq!((status, code.as_str()), (400, "RequestTimeout"));
    assert_eq!(begun.elapsed().as_secs(), 20);
    // What an object's sender may do: he is known.
    let mut raw = Call::s3("PUT", "/b/k").body("12345").signed(&world.root, world.wall());
    raw.body = Sending::pieces(b"12345".iter().map(|byte| vec![*byte]));
    raw.body.pause = Some(Duration::from_secs(50));
    assert_eq!(world.send(raw).await.status, 200);
}

/// A slow line is no drip; however steadily it flows, it ends.
#[tokio::test(start_paused = true)]
async fn a_document_over_a_slow_line_is_waited_for_and_not_for_ever() {
    let world = world().await;
    for (pieces, code, seconds) in [(10, "ValidationError", 110), (20, "RequestTimeout", 120)] {
        let begun = tokio::time::Instant::now();
        let form = format!("Action=CreateUser&UserName={}", "u".repeat(pieces * 40_960 - 27));
        let call = Call::query("iam", &form);
        let mut raw = call.signed(&world.root, world.wall());
        raw.body = Sending::pieces(form.as_bytes().chunks(40_960).map(<[u8]>::to_vec));
        raw.body.pause = Some(Duration::from_secs(10));
        assert_eq!(world.send(raw).await.error().1, code);
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_drips_before_its_file_is_given_up() {
    let world = world().await;
    let begun = tokio::time::Instant::now();
    let call = Call::s3("POST", "/b").header("content-type", "multipart/form-data; boundary=b");
    let mut raw = call.unsigned();
    raw.body = Sending::pieces(std::iter::repeat_n(b"x".to_vec(), 1000));
    raw.body.pause = Some(Duration::from_secs(50));
    assert_eq!(world.send(raw).await.error().1, "RequestTimeout");
    assert_eq!(begun.elapsed().as_secs(), 120);
}
