//! Uploads: every place of credentials by every form of payload, good and spoiled. What is spoiled
//! commits nothing.

use sigv4::{PayloadHash, Seed};

use crate::people::{HOME, document};
use crate::request::{Call, Raw, Sending, Then};
use crate::world::World;

/// The last chunk may be small, the others not.
const CHUNK: usize = 8192;
const CHECKSUM: (&str, &str) = ("x-amz-checksum-crc32", "AAAAAA==");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Query,
    Nowhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    SignedHash,
    Unsigned,
    SignedChunks,
    SignedTrailer,
    UnsignedTrailer,
}

const FORMS: [Form; 5] = [
    Form::SignedHash,
    Form::Unsigned,
    Form::SignedChunks,
    Form::SignedTrailer,
    Form::UnsignedTrailer,
];

impl Form {
    fn is_chunked(self) -> bool {
        !matches!(self, Self::SignedHash | Self::Unsigned)
    }

    fn has_trailer(self) -> bool {
        matches!(self, Self::SignedTrailer | Self::UnsignedTrailer)
    }

    /// Whether the bytes are signed.
    fn is_signed(self) -> bool {
        !matches!(self, Self::Unsigned | Self::UnsignedTrailer)
    }

    fn payload(self, object: &[u8]) -> PayloadHash {
        match self {
            Self::SignedHash => PayloadHash::Signed(sigv4::sha256(object)),
            Self::Unsigned => PayloadHash::Unsigned,
            Self::SignedChunks => PayloadHash::StreamingSigned,
            Self::SignedTrailer => PayloadHash::StreamingSignedTrailer,
            Self::UnsignedTrailer => PayloadHash::StreamingUnsignedTrailer,
        }
    }
}

fn object() -> Vec<u8> {
    (0..20_000u32).map(|number| number.to_le_bytes()[0]).collect()
}

/// A PutObject whose body is not in it yet.
fn put(form: Form, declared: usize) -> Call {
    let call = Call::s3("PUT", "/b/k").payload(form.payload(&object()));
    if !form.is_chunked() {
        return call.header("content-length", &declared.to_string());
    }
    let call = call
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", &declared.to_string());
    if form.has_trailer() { call.header("x-amz-trailer", CHECKSUM.0) } else { call }
}

fn sign(world: &World, call: &Call, place: Place) -> Raw {
    match place {
        Place::Header => call.signed(&world.root, world.wall()),
        Place::Query => call.presigned(&world.root, world.wall(), 600),
        Place::Nowhere => call.unsigned(),
    }
}

/// The body as the wire carries it.
fn encoded(form: Form, seed: Option<&Seed>, object: &[u8], trailer: bool) -> Vec<u8> {
    let trailers = [(CHECKSUM.0.to_owned(), CHECKSUM.1.to_owned())];
    let mut out = Vec::new();
    let signed = matches!(form, Form::SignedChunks | Form::SignedTrailer);
    if !form.is_chunked() {
        return object.to_vec();
    }
    let mut seed = seed.filter(|_| signed).cloned();
    for chunk in object.chunks(CHUNK).chain([&[][..]]) {
        match &mut seed {
            Some(seed) => out.extend(seed.encode_chunk(chunk)),
            None => {
                out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                out.extend_from_slice(chunk);
                if !chunk.is_empty() {
                    out.extend_from_slice(b"\r\n");
                }
            }
        }
    }
    match (&mut seed, form.has_trailer() && trailer) {
        (Some(seed), true) => out.extend(seed.encode_trailers(&trailers)),
        (None, true) => out.extend(format!("{}:{}\r\n\r\n", CHECKSUM.0, CHECKSUM.1).into_bytes()),
        (_, false) => out.extend_from_slice(b"\r\n"),
    }
    out
}

/// The seed of a presigned request: its signature stands in the query.
fn seed(world: &World, call: &Call, raw: &Raw) -> Option<Seed> {
    if raw.seed.is_some() {
        return raw.seed.clone();
    }
    let fields: Vec<_> = raw.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
    let headers = sigv4::Headers::new(fields);
    let request = sigv4::Request {
        method: call.method,
        path: &call.path,
        query: &raw.query,
        headers: &headers,
    };
    let presented = sigv4::inspect(&request, sigv4::Style::S3).ok()?;
    let sigv4::Presented::Signed(authorization) = presented else { return None };
    let secret = sigv4::SecretKey::new(world.root.secret.as_str());
    let expected = sigv4::Expected {
        style: sigv4::Style::S3,
        service: "s3",
        region: None,
        body_sha256: &sigv4::EMPTY_SHA256,
        now: world.wall(),
    };
    let keys = sigv4::SigningKeys::default();
    let verified = sigv4::verify(&authorization, &request, &secret, &keys, &expected).ok()?;
    Some(verified.seed())
}

async fn world() -> World {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world
}

#[tokio::test]
async fn whole_uploads_are_committed_from_every_place_in_every_form() {
    for place in [Place::Header, Place::Query] {
        for form in FORMS {
            let world = world().await;
            let call = put(form, object().len());
            let mut raw = sign(&world, &call, place);
            let body = encoded(form, seed(&world, &call, &raw).as_ref(), &object(), true);
            // In pieces that fall across every border.
            raw.body = Sending::pieces(body.chunks(777).map(<[u8]>::to_vec));
            let answer = world.send(raw).await;
            assert_eq!(answer.status, 200, "{place:?} {form:?}: {}", answer.body);
            assert_eq!(world.object("b", "k"), Some(object()), "{place:?} {form:?}");
            let expected = if form.has_trailer() { CHECKSUM.1 } else { "" };
            assert_eq!(answer.header("x-amz-checksum-crc32"), expected, "{place:?} {form:?}");
        }
    }
}

/// How a body is spoiled.
type Spoil = fn(Form, Option<&Seed>) -> Sending;
/// The code that S3 answers; None where nobody can know.
type Answered = fn(Form) -> Option<&'static str>;

#[tokio::test]
async fn spoiled_uploads_commit_nothing() {
    let altered: Spoil = |form, seed| {
        let mut body = encoded(form, seed, &object(), true);
        let middle = body.len() / 2;
        body[middle] ^= 1;
        Sending::whole(body)
    };
    let altered_end: Spoil = |form, seed| {
        let mut body = encoded(form, seed, &object(), true);
        let (place, _) =
            body.iter().enumerate().rfind(|(_, byte)| **byte == 31).expect("the last bytes");
        body[place] ^= 1;
        Sending::whole(body)
    };
    let truncated: Spoil = |form, seed| {
        let mut body = encoded(form, seed, &object(), true);
        body.truncate(body.len() - 3);
        Sending::whole(body)
    };
    let broken: Spoil =
        |form, seed| Sending::whole(encoded(form, seed, &object(), true)).then(Then::Break);
    let longer: Spoil = |form, seed| {
        let mut body = encoded(form, seed, &object(), true);
        body.extend_from_slice(b"more");
        Sending::whole(body)
    };
    let none: Spoil = |_, _| Sending::default();
    let cases: [(&str, Spoil, Answered); 6] = [
        ("altered", altered, |form| match form {
            Form::SignedHash => Some("XAmzContentSHA256Mismatch"),
            form if form.is_signed() => Some("SignatureDoesNotMatch"),
            // Nobody signed these bytes: the service compares checksums.
            _ => None,
        }),
        ("altered at its end", altered_end, |form| match form {
            Form::SignedHash => Some("XAmzContentSHA256Mismatch"),
            form if form.is_signed() => Some("SignatureDoesNotMatch"),
            _ => None,
        }),
        ("truncated", truncated, |_| Some("IncompleteBody")),
        ("broken off", broken, |_| Some("IncompleteBody")),
        ("longer", longer, |_| Some("IncompleteBody")),
        ("empty", none, |_| Some("IncompleteBody")),
    ];
    for (name, spoil, expected) in cases {
        for place in [Place::Header, Place::Query] {
            for form in FORMS {
                let world = world().await;
                let call = put(form, object().len());
                let mut raw = sign(&world, &call, place);
                raw.body = spoil(form, seed(&world, &call, &raw).as_ref());
                let answer = world.send(raw).await;
                let told = format!("{name} {place:?} {form:?}: {}", answer.body);
                let Some(expected) = expected(form) else { continue };
                assert_eq!(answer.element("Code"), expected, "{told}");
                assert_eq!(world.object("b", "k"), None, "{told}");
            }
        }
    }
}

#[tokio::test]
async fn a_wrongly_declared_length_commits_nothing() {
    for form in FORMS {
        for declared in [object().len() - 1, object().len() + 1, 0] {
            let world = world().await;
            let call = put(form, declared);
            let mut raw = sign(&world, &call, Place::Header);
            let body = encoded(form, raw.seed.as_ref(), &object(), true);
            raw.body = Sending::whole(body);
            let answer = world.send(raw).await;
            let told = format!("{form:?} {declared}: {}", answer.body);
            assert_eq!(
                (answer.status, answer.element("Code").as_str()),
                (400, "IncompleteBody"),
                "{told}"
            );
            assert_eq!(world.object("b", "k"), None, "{told}");
        }
    }
}

#[tokio::test]
async fn a_missing_or_altered_trailer_commits_nothing() {
    for form in [Form::SignedTrailer, Form::UnsignedTrailer] {
        let world = world().await;
        let call = put(form, object().len());
        let raw = sign(&world, &call, Place::Header);
        let missing = encoded(form, raw.seed.as_ref(), &object(), false);
        let answer = world.send(raw.sending(missing)).await;
        let code = answer.element("Code");
        // Signed trailers that stop before their signature end too early.
        let expected = ["MalformedTrailerError", "IncompleteBody"];
        assert!(expected.contains(&code.as_str()), "{form:?}: {}", answer.body);
        assert_eq!((answer.status, world.object("b", "k")), (400, None));
    }
    let world = world().await;
    let call = put(Form::SignedTrailer, object().len());
    let raw = sign(&world, &call, Place::Header);
    let body = encoded(Form::SignedTrailer, raw.seed.as_ref(), &object(), true);
    let text = String::from_utf8_lossy(&body).contains(CHECKSUM.1);
    assert!(text);
    let place = body.windows(8).rposition(|window| window == CHECKSUM.1.as_bytes());
    let mut altered = body;
    altered[place.expect("the trailer")] = b'B';
    let answer = world.send(raw.sending(altered)).await;
    assert_eq!(answer.element("Code"), "SignatureDoesNotMatch", "{}", answer.body);
    assert_eq!(world.object("b", "k"), None);
}

#[tokio::test]
async fn streams_need_the_length_they_decode_to() {
    for form in FORMS.into_iter().filter(|form| form.is_chunked()) {
        for bad in [None, Some("x"), Some("-1")] {
            let world = world().await;
            let mut call = put(form, object().len());
            call.headers.retain(|(name, _)| name != "x-amz-decoded-content-length");
            if let Some(bad) = bad {
                call = call.header("x-amz-decoded-content-length", bad);
            }
            let mut raw = sign(&world, &call, Place::Header);
            raw.body = Sending::whole(encoded(form, raw.seed.as_ref(), &object(), true));
            let (status, code, _) = world.send(raw).await.error();
            assert_eq!((status, code.as_str()), (411, "MissingContentLength"), "{form:?} {bad:?}");
            assert_eq!(world.object("b", "k"), None);
        }
    }
}

#[tokio::test]
async fn chunks_of_another_request_are_worth_nothing() {
    let world = world().await;
    let call = put(Form::SignedChunks, object().len());
    let other = Call { path: "/b/other".to_owned(), ..call.clone() };
    let other = sign(&world, &other, Place::Header);
    let body = encoded(Form::SignedChunks, other.seed.as_ref(), &object(), true);
    let raw = sign(&world, &call, Place::Header).sending(body);
    let (status, code, _) = world.send(raw).await.error();
    assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"));
    assert_eq!(world.object("b", "k"), None);
}

#[tokio::test]
async fn an_anonymous_upload_cannot_claim_signed_chunks() {
    let statement = serde_json::json!([{ "Effect": "Allow", "Principal": "*",
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*" }]);
    let world = World::new();
    world.put_bucket("b", HOME, Some(document(&statement))).await;
    for (form, status, code) in [
        (Form::Unsigned, 200, ""),
        (Form::UnsignedTrailer, 200, ""),
        (Form::SignedChunks, 403, "AccessDenied"),
        (Form::SignedTrailer, 403, "AccessDenied"),
    ] {
        let call = put(form, object().len());
        let signed = call.signed(&world.root, world.wall());
        let body = encoded(form, signed.seed.as_ref(), &object(), true);
        let hash = signed.value("x-amz-content-sha256").to_owned();
        let raw = sign(&world, &call, Place::Nowhere).set("x-amz-content-sha256", &hash);
        let answer = world.send(raw.sending(body)).await;
        assert_eq!((answer.status, answer.element("Code").as_str()), (status, code), "{form:?}");
    }
    let wrong = put(Form::Unsigned, 3).unsigned();
    let wrong = wrong.set("x-amz-content-sha256", &hex::encode(sigv4::EMPTY_SHA256));
    let (status, code, _) = world.send(wrong.sending("abc")).await.error();
    assert_eq!((status, code.as_str()), (400, "XAmzContentSHA256Mismatch"));
}

#[tokio::test]
async fn a_refused_upload_is_refused_before_its_body_is_read() {
    let world = world().await;
    let mute = world.people.user(HOME, "mute", crate::people::Person::default());
    let call = put(Form::Unsigned, object().len());
    let mut raw = call.signed(&mute, world.wall());
    // Whoever waited for this body would wait for ever.
    raw.body = Sending::default().then(Then::Silence);
    let (status, code, _) = world.send(raw).await.error();
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    assert_eq!(world.stacks(), Vec::new(), "begin did not run");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stands_still_is_given_up() {
    for form in FORMS {
        let world = world().await;
        let call = put(form, object().len());
        let mut raw = sign(&world, &call, Place::Header);
        let mut body = encoded(form, raw.seed.as_ref(), &object(), true);
        body.truncate(9000);
        raw.body = Sending::whole(body).then(Then::Silence);
        let before = tokio::time::Instant::now();
        let (status, code, _) = world.send(raw).await.error();
        assert_eq!((status, code.as_str()), (400, "RequestTimeout"), "{form:?}");
        assert_eq!(before.elapsed().as_secs(), 60, "{form:?}");
        assert_eq!(world.object("b", "k"), None);
    }
}
