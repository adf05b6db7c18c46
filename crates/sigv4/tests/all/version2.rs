//! Signature Version 2: the examples of AWS's page "Signing and authenticating REST requests", in
//! its present form and in that of earlier years (bucket `johnsmith`).

use sigv4::{AuthError, Presented, SecretKey, Style, inspect, verify_version_2};

use crate::client::{KEY_ID, SECRET};
use crate::wire::Wire;

/// A request of the page: method, path, query, fields, the bucket of its host, signature.
struct Example {
    wire: Wire,
    bucket: Option<&'static str>,
    signature: &'static str,
}

fn example(
    request: (&str, &str, &str),
    fields: &[(&str, &str)],
    bucket: Option<&'static str>,
    signature: &'static str,
) -> Example {
    let (method, path, query) = request;
    Example { wire: Wire::new(method, path, query, fields), bucket, signature }
}

fn examples() -> Vec<Example> {
    let bucket = Some("awsexamplebucket1");
    vec![
        example(
            ("GET", "/photos/puppy.jpg", ""),
            &[("date", "Tue, 27 Mar 2007 19:36:42 +0000")],
            bucket,
            "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
        ),
        example(
            ("PUT", "/photos/puppy.jpg", ""),
            &[("date", "Tue, 27 Mar 2007 21:15:45 +0000"), ("content-type", "image/jpeg")],
            bucket,
            "iqRzw+ileNPu1fhspnRs8nOjjIA=",
        ),
        example(
            ("GET", "/", "prefix=photos&max-keys=50&marker=puppy"),
            &[("date", "Tue, 27 Mar 2007 19:42:41 +0000")],
            bucket,
            "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
        ),
        example(
            ("GET", "/", "acl"),
            &[("date", "Tue, 27 Mar 2007 19:44:46 +0000")],
            bucket,
            "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
        ),
        example(
            ("GET", "/johnsmith/photos/puppy.jpg", ""),
            &[("date", "Tue, 27 Mar 2007 19:36:42 +0000")],
            None,
            "bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
        ),
        example(
            ("PUT", "/db-backup.dat.gz", ""),
            &[
                ("date", "Tue, 27 Mar 2007 21:06:08 +0000"),
                ("x-amz-acl", "public-read"),
                ("content-type", "application/x-download"),
                ("content-md5", "4gJE4saaMU4BqNR0kLY+lw=="),
                ("x-amz-meta-reviewedby", "joe@johnsmith.net"),
                ("x-amz-meta-reviewedby", "jane@johnsmith.net"),
                ("x-amz-meta-filechecksum", "0x02661779"),
                ("x-amz-meta-checksumalgorithm", "crc32"),
                ("content-disposition", "attachment; filename=database.dat"),
            ],
            Some("static.johnsmith.net"),
            "ilyl83RwaSoYIEdixDQcA4OnAnc=",
        ),
        example(
            ("GET", "/", ""),
            &[("date", "Wed, 28 Mar 2007 01:29:59 +0000")],
            None,
            "qGdzdERIC03wnaRNKh6OqZehG9s=",
        ),
        example(
            ("GET", "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re", ""),
            &[("date", "Wed, 28 Mar 2007 01:49:49 +0000")],
            None,
            "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
        ),
    ]
}

fn verified(wire: &Wire, bucket: Option<&str>, now: i64) -> Result<(), AuthError> {
    let headers = wire.headers();
    let request = wire.request(&headers);
    let Presented::Version2(presented) = inspect(&request, Style::S3)? else {
        panic!("not of Version 2")
    };
    assert_eq!(presented.access_key_id(), KEY_ID);
    verify_version_2(&presented, &request, bucket, &SecretKey::new(SECRET), now)
}

/// Between the first and the last of the page's requests: within a day, so each has its own.
fn moment(wire: &Wire) -> i64 {
    let headers = wire.headers();
    let Ok(Presented::Version2(presented)) = inspect(&wire.request(&headers), Style::S3) else {
        panic!("not of Version 2")
    };
    presented.signed_at().expect("a date")
}

#[test]
fn the_examples_of_the_page_are_verified() {
    for Example { mut wire, bucket, signature } in examples() {
        let value = format!("AWS {KEY_ID}:{signature}").into_bytes();
        wire.fields.push(("authorization".to_owned(), value));
        let now = moment(&wire);
        assert_eq!(verified(&wire, bucket, now), Ok(()), "{} {}", wire.method, wire.path);
        assert!(matches!(verified(&wire, bucket, now + 901), Err(AuthError::Skewed { .. })));
        wire.method = "POST".to_owned();
        let other = verified(&wire, bucket, now);
        assert!(matches!(other, Err(AuthError::SignatureDoesNotMatch(_))), "{other:?}");
    }
}

/// Not of the page: what boto3 signs, and then sends without the slash.
#[test]
fn a_bucket_named_in_the_path_may_be_signed_for_with_a_slash_at_its_end() {
    let authorization = format!("AWS {KEY_ID}:htDYFYduRNen8P9ZfE/s9SuKy0U=");
    let fields =
        [("date", "Tue, 27 Mar 2007 19:42:41 +0000"), ("authorization", authorization.as_str())];
    for (path, is_verified) in [
        ("/johnsmith", true),
        ("/johnsmith/", true),
        ("/johnsmit", false),
        ("/johnsmith/k", false),
        ("/johnsmith//", false),
    ] {
        let wire = Wire::new("GET", path, "", &fields);
        assert_eq!(verified(&wire, None, moment(&wire)).is_ok(), is_verified, "{path}");
    }
    let key = Wire::new("GET", "/johnsmith", "", &fields);
    assert!(verified(&key, Some("johnsmith"), moment(&key)).is_err());
}

#[test]
fn a_presigned_example_lives_until_it_expires() {
    let query = format!(
        "AWSAccessKeyId={KEY_ID}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620"
    );
    let mut wire = Wire::new("GET", "/photos/puppy.jpg", &query, &[]);
    let bucket = Some("johnsmith");
    assert_eq!(verified(&wire, bucket, 1_175_139_620), Ok(()));
    let late = verified(&wire, bucket, 1_175_139_621);
    assert_eq!(late, Err(AuthError::ExpiredVersion2 { at: 1_175_139_620, now: 1_175_139_621 }));
    assert!(verified(&wire, Some("other"), 1).is_err());
    for added in ["acl", "tagging", "uploads", "versionId=1", "response-expires=1", "legal-hold"] {
        wire.query = format!("{query}&{added}");
        let other = verified(&wire, bucket, 1);
        assert!(matches!(other, Err(AuthError::SignatureDoesNotMatch(_))), "{added}");
    }
    for added in ["x-amz-acl=public-read", "content-type=a", "x-amz-security-token=t"] {
        wire.query = format!("{query}&{added}");
        let other = verified(&wire, bucket, 1);
        assert!(matches!(other, Err(AuthError::SignatureDoesNotMatch(_))), "{added}");
    }
    wire.query = format!("{query}&prefix=a");
    assert_eq!(verified(&wire, bucket, 1), Ok(()));
}
