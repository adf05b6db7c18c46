//! aws-chunked bodies: decoded alike however they arrive, never more than declared, and with signed
//! chunks nothing counts that was not signed.
//!
//! Input: a byte for form and pieces, a byte for the declared length, then the body.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::{Corpus, fuzz_target};
use sigv4::{
    ChunkDecoder, ChunkError, Credentials, Headers, PayloadHash, Request, SecretKey, Seed,
    SigningScope, Style, Trailers, sign,
};

const TRAILER: &str = "x-amz-checksum-crc32, x-amz-a";
/// 2015-08-30T12:36:00Z
const NOW: i64 = 1_440_938_160;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((&[flags, length], body)) = bytes.split_first_chunk::<2>() else {
        return Corpus::Reject;
    };
    let length = u64::from(length) << (flags >> 5);
    for payload in [
        PayloadHash::StreamingUnsignedTrailer,
        PayloadHash::StreamingSigned,
        PayloadHash::StreamingSignedTrailer,
    ] {
        let piece = usize::from(flags & 31) + 1;
        let (pieces, whole) = (
            decode(payload, body, length, piece),
            decode(payload, body, length, body.len().max(1)),
        );
        assert_eq!(pieces, whole, "pieces matter");
        match whole {
            Ok((object, _)) => {
                assert_eq!(object.len() as u64, length);
                let signed = payload != PayloadHash::StreamingUnsignedTrailer;
                assert!(!signed, "a signature out of nothing");
            }
            Err(error) => {
                assert!((400..=403).contains(&error.status()), "{error:?}");
                let _ = (error.code(), error.message(), error.fields());
            }
        }
    }
    // What a client frames and signs is read as it was.
    for payload in [PayloadHash::StreamingSigned, PayloadHash::StreamingSignedTrailer] {
        let mut seed = seed(payload);
        let mut framed = seed.encode_chunk(body);
        if !body.is_empty() {
            framed.extend(seed.encode_chunk(b""));
        }
        let sent: Trailers = match payload {
            PayloadHash::StreamingSigned => Vec::new(),
            _ => {
                vec![("x-amz-checksum-crc32".into(), "AAAA".into()), ("x-amz-a".into(), "b".into())]
            }
        };
        if payload == PayloadHash::StreamingSigned {
            framed.extend(b"\r\n");
        } else {
            framed.extend(seed.encode_trailers(&sent));
        }
        let read = decode(payload, &framed, body.len() as u64, 1 + usize::from(flags));
        assert_eq!(read, Ok((body.to_vec(), sent)));
        if !framed.is_empty() {
            let at = (usize::from(flags) * 251) % framed.len();
            framed[at] ^= 1;
            // Case of a size's digits and of a trailer's name are nobody's; all else is signed.
            let (object, _) = decode(payload, &framed, body.len() as u64, 9999).unwrap_or_default();
            assert!(object.is_empty() || object == body, "altered bytes were taken");
        }
    }
    Corpus::Keep
});

fn seed(payload: PayloadHash) -> Seed {
    let secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let credentials =
        Credentials { access_key_id: "AKIDEXAMPLE", secret: &secret, session_token: None };
    let headers = Headers::new([("host", b"localhost".as_slice())]);
    let request = Request { method: "PUT", path: "/b/k", query: "", headers: &headers };
    let scope = SigningScope { style: Style::S3, service: "s3", region: "us-east-1" };
    sign(&request, &credentials, &scope, payload, NOW).seed
}

fn decode(
    payload: PayloadHash,
    body: &[u8],
    length: u64,
    piece: usize,
) -> Result<(Vec<u8>, Trailers), ChunkError> {
    let declared = (payload != PayloadHash::StreamingSigned).then_some(TRAILER);
    let mut decoder = ChunkDecoder::new(payload, Some(seed(payload)), length, declared)?;
    let mut object = Vec::new();
    for part in body.chunks(piece) {
        for bytes in decoder.push(Bytes::copy_from_slice(part))? {
            object.extend_from_slice(&bytes);
            assert!(object.len() as u64 <= length, "more than declared");
        }
    }
    decoder.finish().map(|trailers| (object, trailers))
}
