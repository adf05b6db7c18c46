//! aws-chunked bodies: the documentation's own, and all the ways to spoil one.

use bytes::Bytes;
use sigv4::{ChunkDecoder, ChunkError, PayloadHash, Seed, Style, Trailers};

use crate::client::{NOW, received, signed};
use crate::wire::Wire;

const CRC32C: &str = "x-amz-checksum-crc32c";

/// The seed of the documentation's example, as the server verified it.
fn seed(payload: PayloadHash) -> Seed {
    let mut fields = vec![
        ("host", "s3.amazonaws.com"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ];
    match payload {
        PayloadHash::StreamingSigned => fields.push(("content-length", "66824")),
        _ => fields.push(("x-amz-trailer", CRC32C)),
    }
    let mut wire = Wire::new("PUT", "/examplebucket/chunkObject.txt", "", &fields);
    signed(&mut wire, Style::S3, payload, None);
    received(&wire, Style::S3, NOW).unwrap().unwrap()
}

fn trailer() -> Trailers {
    vec![(CRC32C.to_owned(), "sOO8/Q==".to_owned())]
}

/// A body of chunks of these sizes, as its client frames and signs it.
fn body(payload: PayloadHash, sizes: &[usize]) -> Vec<u8> {
    let mut body = Vec::new();
    if payload == PayloadHash::StreamingUnsignedTrailer {
        for size in sizes {
            body.extend(format!("{size:x}\r\n").into_bytes());
            body.extend(vec![b'a'; *size]);
            body.extend(b"\r\n");
        }
        body.extend(format!("0\r\n{CRC32C}:sOO8/Q==\r\n\r\n").into_bytes());
        return body;
    }
    let mut seed = seed(payload);
    for size in sizes {
        body.extend(seed.encode_chunk(&vec![b'a'; *size]));
    }
    body.extend(seed.encode_chunk(b""));
    match payload {
        PayloadHash::StreamingSigned => body.extend(b"\r\n"),
        _ => body.extend(seed.encode_trailers(&trailer())),
    }
    body
}

fn decoder(payload: PayloadHash, length: u64, declared: Option<&str>) -> ChunkDecoder {
    let seed = (payload != PayloadHash::StreamingUnsignedTrailer).then(|| seed(payload));
    ChunkDecoder::new(payload, seed, length, declared).unwrap()
}

fn decode(
    mut decoder: ChunkDecoder,
    body: &[u8],
    piece: usize,
) -> Result<(Vec<u8>, Trailers), ChunkError> {
    let mut object = Vec::new();
    for part in body.chunks(piece) {
        for bytes in decoder.push(Bytes::copy_from_slice(part))? {
            object.extend_from_slice(&bytes);
        }
    }
    Ok((object, decoder.finish()?))
}

fn refused(payload: PayloadHash, body: &[u8], length: u64) -> &'static str {
    let declared = (payload != PayloadHash::StreamingSigned).then_some(CRC32C);
    decode(decoder(payload, length, declared), body, body.len()).unwrap_err().code()
}

fn replaced(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = body.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    [&body[..at], to.as_bytes(), &body[at + from.len()..]].concat()
}

const FORMS: [PayloadHash; 3] = [
    PayloadHash::StreamingSigned,
    PayloadHash::StreamingSignedTrailer,
    PayloadHash::StreamingUnsignedTrailer,
];

#[test]
fn the_documentation_s_chunks_have_the_documentation_s_signatures() {
    let body = body(PayloadHash::StreamingSigned, &[65536, 1024]);
    assert_eq!(body.len(), 66824);
    let text = String::from_utf8(body).unwrap();
    for signature in [
        "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
        "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
        "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
    ] {
        assert!(text.contains(signature), "{signature}");
    }
}

#[test]
fn the_documentation_s_trailer_has_the_documentation_s_signature() {
    let body = body(PayloadHash::StreamingSignedTrailer, &[65536, 1024]);
    let text = String::from_utf8(body).unwrap();
    for signature in [
        "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
        "400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
        "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
        "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    ] {
        assert!(text.contains(signature), "{signature}");
    }
}

#[test]
fn every_form_decodes_whatever_the_pieces_it_arrives_in() {
    for payload in FORMS {
        let body = body(payload, &[8192, 9000, 3]);
        let declared = (payload != PayloadHash::StreamingSigned).then_some(CRC32C);
        for piece in [1, 2, 7, 86, 8192, body.len()] {
            let decoder = decoder(payload, 17195, declared);
            let (object, trailers) = decode(decoder, &body, piece).unwrap();
            assert_eq!(object, vec![b'a'; 17195], "{payload:?} in pieces of {piece}");
            let expected = if declared.is_some() { trailer() } else { Vec::new() };
            assert_eq!(trailers, expected, "{payload:?} in pieces of {piece}");
        }
    }
}

#[test]
fn an_empty_object_decodes() {
    for payload in FORMS {
        let declared = (payload != PayloadHash::StreamingSigned).then_some(CRC32C);
        let (object, _) = decode(decoder(payload, 0, declared), &body(payload, &[]), 5).unwrap();
        assert!(object.is_empty(), "{payload:?}");
    }
}

#[test]
fn a_body_cut_anywhere_is_incomplete() {
    for payload in FORMS {
        let body = body(payload, &[300]);
        let declared = (payload != PayloadHash::StreamingSigned).then_some(CRC32C);
        for end in 0..body.len() {
            let cut = decode(decoder(payload, 300, declared), &body[..end], 1000);
            assert_eq!(cut.unwrap_err().code(), "IncompleteBody", "{payload:?} cut at {end}");
        }
    }
}

#[test]
fn any_changed_byte_of_a_signed_body_is_refused() {
    for payload in [PayloadHash::StreamingSigned, PayloadHash::StreamingSignedTrailer] {
        let body = body(payload, &[40]);
        let declared = (payload != PayloadHash::StreamingSigned).then_some(CRC32C);
        for at in 0..body.len() {
            let mut changed = body.clone();
            changed[at] ^= 1;
            let (case, changed) = (format!("{payload:?} at {at}"), changed);
            let result = decode(decoder(payload, 40, declared), &changed, changed.len());
            assert!(result.is_err(), "{case}");
        }
    }
}

#[test]
fn chunks_of_another_secret_answer_signature_does_not_match() {
    let signed = PayloadHash::StreamingSigned;
    let changed = replaced(&body(signed, &[100]), "aaaa", "baaa");
    let decoder = decoder(signed, 100, None);
    let error = decode(decoder, &changed, changed.len()).unwrap_err();
    assert_eq!((error.code(), error.status()), ("SignatureDoesNotMatch", 403));
    let names: Vec<_> = error.fields().into_iter().map(|(name, _)| name).collect();
    let expected = ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"];
    assert_eq!(names, expected);
}

#[test]
fn the_length_must_be_the_one_that_the_header_says() {
    for payload in FORMS {
        let body = body(payload, &[8192, 100]);
        assert_eq!(refused(payload, &body, 8291), "IncompleteBody", "{payload:?}: too long");
        assert_eq!(refused(payload, &body, 8293), "IncompleteBody", "{payload:?}: too short");
    }
}

#[test]
fn only_the_last_chunk_may_be_small() {
    for payload in FORMS {
        let body = body(payload, &[8191, 100]);
        assert_eq!(refused(payload, &body, 8291), "InvalidChunkSizeError", "{payload:?}");
    }
}

#[test]
fn malformed_framing_answers_incomplete_body() {
    let unsigned = PayloadHash::StreamingUnsignedTrailer;
    let good = body(unsigned, &[5]);
    for (from, to) in [
        ("5\r\n", "3\r\n"),
        ("5\r\n", "6\r\n"),
        ("5\r\n", "5\n"),
        ("5\r\n", "-5\r\n"),
        ("5\r\n", "+5\r\n"),
        ("5\r\n", "0x5\r\n"),
        ("5\r\n", "\r\n"),
        ("5\r\n", "ffffffffffffffff0\r\n"),
        ("5\r\n", "ffffffffffffffff\r\n"),
        ("aaaaa\r\n", "aaaaa"),
        ("==\r\n\r\n", "==\r\n\r\nmore"),
    ] {
        let bad = replaced(&good, from, to);
        assert_eq!(refused(unsigned, &bad, 5), "IncompleteBody", "{from:?} to {to:?}");
    }
    let endless = vec![b'0'; 100_000];
    assert_eq!(refused(unsigned, &endless, 5), "IncompleteBody");
    let no_signature = b"5\r\naaaaa\r\n0\r\n\r\n";
    assert_eq!(refused(PayloadHash::StreamingSigned, no_signature, 5), "IncompleteBody");
}

#[test]
fn trailers_must_be_those_declared() {
    let unsigned = PayloadHash::StreamingUnsignedTrailer;
    let good = body(unsigned, &[5]);
    let line = "x-amz-checksum-crc32c:sOO8/Q==\r\n";
    for to in [
        "",
        "x-amz-checksum-crc32:sOO8/Q==\r\n",
        ":sOO8/Q==\r\n",
        "x-amz-checksum-crc32csOO8/Q==\r\n",
        "x-amz-checksum-crc32c:a\r\nx-amz-checksum-crc32c:a\r\n",
        "x-amz-checksum-crc32c:a\r\nx-amz-trailer-signature:a\r\n",
    ] {
        let bad = replaced(&good, line, to);
        assert_eq!(refused(unsigned, &bad, 5), "MalformedTrailerError", "{to:?}");
    }
    let undeclared = decode(decoder(unsigned, 5, None), &good, good.len());
    assert_eq!(undeclared.unwrap_err().code(), "MalformedTrailerError");
    let signed = PayloadHash::StreamingSignedTrailer;
    let unsigned_trailer = {
        let text = String::from_utf8(body(signed, &[5])).unwrap();
        let (unsigned, _) = text.split_once("x-amz-trailer-signature").unwrap();
        format!("{unsigned}\r\n\r\n")
    };
    // An empty line does not end trailers whose signature is due.
    assert_eq!(refused(signed, unsigned_trailer.as_bytes(), 5), "IncompleteBody");
}

#[test]
fn the_documentation_s_line_feed_after_a_trailer_is_accepted() {
    let signed = PayloadHash::StreamingSignedTrailer;
    let body = replaced(&body(signed, &[5]), "sOO8/Q==\r\n", "sOO8/Q==\n\r\n");
    assert!(decode(decoder(signed, 5, Some(CRC32C)), &body, 3).is_ok());
}

#[test]
fn signed_chunks_need_a_signed_request() {
    for payload in [PayloadHash::StreamingSigned, PayloadHash::StreamingSignedTrailer] {
        let error = ChunkDecoder::new(payload, None, 5, None).unwrap_err();
        assert_eq!((error.code(), error.status()), ("AccessDenied", 403));
    }
    for payload in [PayloadHash::Body, PayloadHash::Unsigned] {
        assert!(ChunkDecoder::new(payload, None, 5, None).is_err());
    }
}
