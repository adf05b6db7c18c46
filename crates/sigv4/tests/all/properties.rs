//! What holds for every request: what was signed verifies, what was changed does not, and nothing
//! a client sends makes us panic.

use bytes::Bytes;
use proptest::prelude::*;
use sigv4::{AuthError, ChunkDecoder, PayloadHash, Style, inspect, sha256};

use crate::client::{NOW, presigned, received, signed};
use crate::wire::Wire;

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::Query), Just(Style::S3)]
}

prop_compose! {
    fn request()(
        method in "GET|PUT|POST|DELETE|HEAD",
        path in "(/[ -~é]{0,8}){0,4}",
        query in "([a-zA-Z%+._~é-]{1,6}(=[!-%'-~]{0,6})?&){0,4}",
        value in "[ -~]{0,20}",
        body in proptest::collection::vec(any::<u8>(), 0..50),
    ) -> Wire {
        let path = path.replace(['?', '#'], "");
        let fields = [("host", "localhost"), ("x-amz-meta-a", &value)];
        let mut wire = Wire::new(&method, &path, &query, &fields);
        wire.body = body;
        wire
    }
}

fn mismatch<T>(result: &Result<T, AuthError>) -> bool {
    matches!(result, Err(AuthError::SignatureDoesNotMatch(_)))
}

proptest! {
    #[test]
    fn what_is_signed_verifies(mut wire in request(), style in style(), token in "[a-z]{0,3}") {
        let payload = PayloadHash::Signed(sha256(&wire.body));
        let token = Some(token.as_str()).filter(|token| !token.is_empty());
        signed(&mut wire, style, payload, token);
        prop_assert!(received(&wire, style, NOW).unwrap().is_some());
    }

    #[test]
    fn what_is_presigned_verifies(mut wire in request(), style in style()) {
        let payload = match style {
            Style::Query => PayloadHash::Signed(sha256(&wire.body)),
            Style::S3 => PayloadHash::Unsigned,
        };
        presigned(&mut wire, style, payload, 60);
        prop_assert!(received(&wire, style, NOW + 60).unwrap().is_some());
    }

    #[test]
    fn what_is_changed_does_not_verify(
        wire in request(),
        style in style(),
        form in any::<bool>(),
        part in 0usize..6,
    ) {
        let mut wire = wire;
        let payload = match (style, form) {
            (Style::S3, false) => PayloadHash::Unsigned,
            _ => PayloadHash::Signed(sha256(&wire.body)),
        };
        if form {
            signed(&mut wire, style, payload, None);
        } else {
            presigned(&mut wire, style, payload, 60);
        }
        match part {
            0 => wire.method.push('X'),
            1 => wire.path.push_str("/x"),
            2 => wire.query.push_str("&x=y"),
            3 => wire.fields[0].1.push(b'x'),
            4 => wire.fields[1].1.push(b'x'),
            _ if style == Style::Query => wire.body.push(0),
            _ => wire.fields.push(("x-amz-meta-a".into(), b"x".to_vec())),
        }
        prop_assert!(mismatch(&received(&wire, style, NOW)));
    }

    #[test]
    fn any_changed_byte_of_scope_or_signature_is_refused(
        mut wire in request(),
        style in style(),
        at in any::<proptest::sample::Index>(),
        bit in 0u8..7,
    ) {
        let payload = PayloadHash::Signed(sha256(&wire.body));
        signed(&mut wire, style, payload, None);
        let (_, value) = wire.fields.last_mut().unwrap();
        let scope = value.iter().position(|byte| *byte == b'/').unwrap();
        let scope_end = value.iter().position(|byte| *byte == b',').unwrap();
        let covered = (scope..scope_end).chain(value.len() - 64..value.len());
        let covered: Vec<usize> = covered.collect();
        value[covered[at.index(covered.len())]] ^= 1 << bit;
        prop_assert!(received(&wire, style, NOW).is_err());
    }

    #[test]
    fn random_authorizations_never_panic(
        authorization in prop_oneof![
            "[ -~]{0,60}",
            "AWS4-HMAC-SHA256 (Credential=[a-z0-9/]{0,30},? ?|SignedHeaders=[a-zA-Z;]{0,9},? ?|Signature=[0-9a-f]{0,64},? ?){0,4}",
        ],
        query in "(X-Amz-(Signature|Date|Expires|Credential|Algorithm)=[!-~]{0,12}&?|[!-~]{0,9}){0,8}",
        date in "[ -~]{0,20}",
        style in style(),
    ) {
        let fields = [("authorization", &*authorization), ("x-amz-date", &*date)];
        for fields in [&fields[..], &fields[1..]] {
            let wire = Wire::new("GET", "/", &query, fields);
            let headers = wire.headers();
            if let Err(error) = inspect(&wire.request(&headers), style) {
                prop_assert!((400..=403).contains(&error.status(style)));
                prop_assert!(!error.message(style).is_empty());
            }
        }
    }

    #[test]
    fn random_chunks_never_panic_and_decode_alike_however_split(
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "([0-9a-f]{1,2}\r\n[a-z]{0,9}(\r\n)?|0\r\n|\r\n|x-amz-a:[a-z]{0,3}\r\n){0,9}"
                .prop_map(String::into_bytes),
        ],
        length in 0u64..20,
        cut in 1usize..9,
    ) {
        let decode = |piece: usize| {
            let payload = PayloadHash::StreamingUnsignedTrailer;
            let mut decoder = ChunkDecoder::new(payload, None, length, Some("x-amz-a"))?;
            let mut object = Vec::new();
            for part in body.chunks(piece.max(1)) {
                for bytes in decoder.push(Bytes::copy_from_slice(part))? {
                    object.extend_from_slice(&bytes);
                }
            }
            decoder.finish().map(|trailers| (object, trailers))
        };
        prop_assert_eq!(decode(cut), decode(body.len()));
    }
}
