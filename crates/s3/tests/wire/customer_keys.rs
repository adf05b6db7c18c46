//! SSE-C: objects under a key that the customer keeps.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::common::{Answer, World};

const KEY: &[u8; 32] = b"1234567890abcdef1234567890abcdef";
const OTHER: &[u8; 32] = b"abcdef1234567890abcdef1234567890";
/// The MD5 of [`KEY`].
const KEY_MD5: &str = "JMwgiexXqwuPqIPjYFmIZQ==";
const MIB: usize = 1024 * 1024;

const ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
const CUSTOMER_KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

fn told(answer: &Answer) -> (String, String, String) {
    let headers = [ALGORITHM, CUSTOMER_KEY_MD5, "x-amz-server-side-encryption"];
    headers.map(|name| answer.header(name)).into()
}

fn under_key() -> (String, String, String) {
    ("AES256".into(), KEY_MD5.into(), String::new())
}

/// `400 InvalidRequest: sentence`
fn sentence(answer: &Answer) -> String {
    format!("{}: {}", answer.code(), answer.element("Message"))
}

const NOT_BROUGHT: &str = "400 InvalidRequest: The object was stored using a form of Server Side \
                           Encryption. The correct parameters must be provided to retrieve the \
                           object.";
const WRONG_KEY: &str = "403 AccessDenied: Requests specifying Server Side Encryption with \
                         Customer provided keys must provide the correct secret key.";
const OTHER_UPLOAD: &str = "400 InvalidRequest: The provided encryption parameters did not match \
                            the ones used originally.";
const PART_WITHOUT: &str = "400 InvalidRequest: The multipart upload initiate requested \
                            encryption. Subsequent part requests must include the appropriate \
                            encryption parameters.";

#[tokio::test]
async fn an_object_under_a_customers_key_opens_only_with_it() {
    let world = World::with_bucket().await;
    for size in [0, 9, 200_000] {
        let body = vec![b'x'; size];
        let call = || world.call("PUT", "/bkt/k").under("", KEY).body(body.clone());
        let first = call().send().await.ok();
        let second = call().send().await.ok();
        assert_eq!(told(&second), under_key());
        assert_ne!(first.header("etag"), second.header("etag"), "no digest of the body");
        let got = world.call("GET", "/bkt/k").under("", KEY).send().await.ok();
        assert_eq!((told(&got), got.body.len()), (under_key(), size));
        assert_eq!(got.header("etag"), second.header("etag"));
        let head = world.call("HEAD", "/bkt/k").under("", KEY).send().await.ok();
        assert_eq!(told(&head), under_key());
        assert_eq!(sentence(&world.call("GET", "/bkt/k").send().await), NOT_BROUGHT);
        let wrong = world.call("GET", "/bkt/k").under("", OTHER).send().await;
        assert_eq!(sentence(&wrong), WRONG_KEY);
        assert_eq!(world.call("HEAD", "/bkt/k").send().await.status, 400);
        assert_eq!(world.call("HEAD", "/bkt/k").under("", OTHER).send().await.status, 403);
        let attributes = world.call("GET", "/bkt/k?attributes");
        let attributes = attributes.header("x-amz-object-attributes", "ETag");
        assert_eq!(attributes.clone().send().await.code(), "400 InvalidRequest");
        attributes.under("", KEY).send().await.ok();
    }
    let part = world.call("GET", "/bkt/k").under("", KEY).header("range", "bytes=65530-65549");
    assert_eq!(part.send().await.ok().body, vec![b'x'; 20]);
}

#[tokio::test]
async fn a_key_is_not_for_an_object_without_one() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let answer = world.call("GET", "/bkt/k").under("", KEY).send().await;
    let expected = "400 InvalidRequest: The encryption parameters are not applicable to this \
                    object.";
    assert_eq!(sentence(&answer), expected);
}

#[tokio::test]
async fn each_version_has_its_key() {
    let world = World::with_bucket().await;
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.call("PUT", "/bkt?versioning").body(enabled).send().await.ok();
    let put = |key, body| world.call("PUT", "/bkt/k").under("", key).body(body);
    let first = put(KEY, "version1").send().await.ok().header("x-amz-version-id");
    put(OTHER, "version2").send().await.ok();
    let old = format!("/bkt/k?versionId={first}");
    assert_eq!(world.call("GET", &old).under("", KEY).send().await.ok().text(), "version1");
    assert_eq!(world.call("GET", "/bkt/k").under("", OTHER).send().await.ok().text(), "version2");
    let wrong = world.call("GET", "/bkt/k").under("", KEY).send().await;
    assert_eq!(sentence(&wrong), WRONG_KEY);
}

#[tokio::test]
async fn what_is_no_key_is_refused_in_awss_words() {
    let world = World::with_bucket().await;
    let (key, md5) = (BASE64.encode(KEY), KEY_MD5);
    let short = BASE64.encode(&KEY[..10]);
    // The MD5 of those ten bytes.
    let short_md5 = "6Afx/PgtEy+bsBjKZzihnw==";
    let bad_md5 = md5.replacen('J', "a", 1);
    let named = |value: &str| {
        let message = "The Encryption request you specified is not valid. Supported value: AES256.";
        format!("InvalidEncryptionAlgorithmError: {message} {value}")
    };
    let argument = |text: &str| format!("InvalidArgument: {text} ");
    let no_key = "The secret key was invalid for the specified algorithm.";
    let cases: [(&[(&str, &str)], String); 8] = [
        (
            &[
                ("x-amz-server-side-encryption", "AES256"),
                (ALGORITHM, "KMS"),
                (CUSTOMER_KEY, &key),
                (CUSTOMER_KEY_MD5, md5),
            ],
            "InvalidArgument: Server Side Encryption with Customer provided key is incompatible \
             with the encryption method specified AES256"
                .to_owned(),
        ),
        (&[(ALGORITHM, "KMS"), (CUSTOMER_KEY, &key), (CUSTOMER_KEY_MD5, md5)], named("KMS")),
        (
            &[(CUSTOMER_KEY, &key), (CUSTOMER_KEY_MD5, md5)],
            argument(
                "Requests specifying Server Side Encryption with Customer provided keys must \
                 provide a valid encryption algorithm.",
            ),
        ),
        (
            &[(ALGORITHM, "AES256"), (CUSTOMER_KEY_MD5, md5)],
            argument(
                "Requests specifying Server Side Encryption with Customer provided keys must \
                 provide an appropriate secret key.",
            ),
        ),
        (&[(ALGORITHM, "AES256"), (CUSTOMER_KEY, &key)], argument(no_key)),
        (
            &[(ALGORITHM, "AES256"), (CUSTOMER_KEY, &short), (CUSTOMER_KEY_MD5, short_md5)],
            argument(no_key),
        ),
        (&[(ALGORITHM, "AES256"), (CUSTOMER_KEY, "?"), (CUSTOMER_KEY_MD5, md5)], argument(no_key)),
        (
            &[(ALGORITHM, "AES256"), (CUSTOMER_KEY, &key), (CUSTOMER_KEY_MD5, &bad_md5)],
            argument(
                "The calculated MD5 hash of the key did not match the hash that was provided.",
            ),
        ),
    ];
    for (headers, expected) in cases {
        let call = world.call("PUT", "/bkt/k").body("v").over_tls();
        let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        let answer = call.send().await;
        let (code, message) = (answer.element("Code"), answer.element("Message"));
        let shown = format!("{code}: {message} {}", answer.element("ArgumentValue"));
        assert_eq!((answer.status, shown), (400, expected));
        assert_eq!(answer.element("ArgumentName"), "x-amz-server-side-encryption");
    }
    // Without its digest, even the right key is none.
    world.call("PUT", "/bkt/k").under("", KEY).body("v").send().await.ok();
    let get = world.call("GET", "/bkt/k").over_tls();
    let answer = get.header(ALGORITHM, "AES256").header(CUSTOMER_KEY, &key).send().await;
    assert_eq!(sentence(&answer), WRONG_KEY);
}

#[tokio::test]
async fn a_key_over_plain_http_is_refused() {
    let world = World::with_bucket().await;
    let mut answers = Vec::new();
    for method in ["PUT", "GET"] {
        let call = world.call(method, "/bkt/k").header(ALGORITHM, "AES256");
        let call = call.header(CUSTOMER_KEY, &BASE64.encode(KEY)).header(CUSTOMER_KEY_MD5, KEY_MD5);
        let call = if method == "PUT" { call.body("v") } else { call };
        answers.push(sentence(&call.send().await));
        world.put("k", "v").await;
    }
    let expected = "400 InvalidRequest: Requests specifying Server Side Encryption with Customer \
                    provided keys must be made over a secure connection.";
    assert_eq!(answers, [expected, expected]);
}

#[tokio::test]
async fn copies_take_keys_off_and_put_them_on() {
    let world = World::with_bucket().await;
    for size in [9, 200_000] {
        let body = vec![b'x'; size];
        let put = world.call("PUT", "/bkt/src").under("", KEY).body(body.clone());
        let crc = put.send().await.ok().header("x-amz-checksum-crc64nvme");
        let copy = |to: &str| {
            world.call("PUT", &format!("/bkt/{to}")).header("x-amz-copy-source", "bkt/src")
        };
        assert_eq!(sentence(&copy("to").send().await), NOT_BROUGHT);
        assert_eq!(sentence(&copy("to").under("", KEY).send().await), NOT_BROUGHT);
        assert_eq!(sentence(&copy("to").under("copy-source-", OTHER).send().await), WRONG_KEY);
        let plain = copy("plain").under("copy-source-", KEY).send().await.ok();
        assert_eq!(plain.header("x-amz-server-side-encryption"), "AES256");
        assert_eq!(plain.element("ChecksumCRC64NVME"), crc);
        let got = world.call("GET", "/bkt/plain").send().await.ok();
        assert_eq!(got.body, body);
        let direct = world.call("PUT", "/bkt/same").body(body.clone()).send().await.ok();
        assert_eq!(got.header("etag"), direct.header("etag"), "a digest again");
        let again = copy("again").under("copy-source-", KEY).under("", OTHER).send().await.ok();
        assert_eq!(again.header(ALGORITHM), "AES256");
        let got = world.call("GET", "/bkt/again").under("", OTHER).send().await.ok();
        assert_eq!(got.body, body);
        assert_eq!(sentence(&world.call("GET", "/bkt/again").send().await), NOT_BROUGHT);
        let on = world.call("PUT", "/bkt/on").header("x-amz-copy-source", "bkt/plain");
        on.under("", KEY).send().await.ok();
        assert_eq!(world.call("GET", "/bkt/on").under("", KEY).send().await.ok().body, body);
        // The same object under another key: a change.
        let own = copy("src").under("copy-source-", KEY).under("", KEY).send().await;
        own.ok();
        assert_eq!(world.call("GET", "/bkt/src").under("", KEY).send().await.ok().body, body);
    }
    assert_eq!(world.sweep().0, 5, "each has a body of its own, and no other is left");
}

async fn complete(world: &World, id: &str, tags: &[String], key: Option<&[u8; 32]>) -> Answer {
    let parts: String = tags
        .iter()
        .enumerate()
        .map(|(at, tag)| {
            format!("<Part><PartNumber>{}</PartNumber><ETag>{tag}</ETag></Part>", at + 1)
        })
        .collect();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let call = world.call("POST", &format!("/bkt/k?uploadId={id}")).body(body);
    let call = match key {
        Some(key) => call.under("", key),
        None => call,
    };
    call.send().await
}

#[tokio::test]
async fn all_parts_of_an_upload_come_under_its_key() {
    let world = World::with_bucket().await;
    let created = world.call("POST", "/bkt/k?uploads").under("", KEY).send().await.ok();
    assert_eq!(told(&created), under_key());
    let id = created.element("UploadId");
    let target = |number: u32| format!("/bkt/k?partNumber={number}&uploadId={id}");
    let body = vec![b'1'; 5 * MIB];
    let part = |number: u32| world.call("PUT", &target(number)).body(body.clone());
    assert_eq!(sentence(&part(1).send().await), PART_WITHOUT);
    assert_eq!(sentence(&part(1).under("", OTHER).send().await), OTHER_UPLOAD);
    let one = part(1).under("", KEY).send().await.ok();
    assert_eq!(told(&one), under_key());
    world.call("PUT", "/bkt/src").body("2").send().await.ok();
    let copy = || world.call("PUT", &target(2)).header("x-amz-copy-source", "bkt/src");
    assert_eq!(sentence(&copy().send().await), PART_WITHOUT);
    let two = copy().under("", KEY).send().await.ok();
    assert_eq!(told(&two), under_key());
    let tags = [one.header("etag"), two.element("ETag")];
    world.call("GET", &format!("/bkt/k?uploadId={id}")).send().await.ok();
    assert_eq!(sentence(&complete(&world, &id, &tags, Some(OTHER)).await), OTHER_UPLOAD);
    let done = complete(&world, &id, &tags, None).await.ok();
    assert!(done.element("ETag").ends_with("-2\""), "{}", done.show());
    assert_eq!(
        (done.header("x-amz-server-side-encryption"), done.element("ChecksumType")),
        (String::new(), String::new())
    );
    assert_eq!(sentence(&world.call("GET", "/bkt/k").send().await), NOT_BROUGHT);
    let got = world.call("GET", "/bkt/k").under("", KEY).send().await.ok();
    assert_eq!(got.body, [body, b"2".to_vec()].concat());
    let last = world.call("GET", "/bkt/k?partNumber=2").under("", KEY).send().await.ok();
    assert_eq!(last.text(), "2");
    let plain = world.call("PUT", "/bkt/plain").header("x-amz-copy-source", "bkt/k");
    plain.under("copy-source-", KEY).send().await.ok();
    assert_eq!(world.call("GET", "/bkt/plain").send().await.ok().body.len(), 5 * MIB + 1);
}

#[tokio::test]
async fn an_upload_without_a_key_takes_no_parts_under_one() {
    let world = World::with_bucket().await;
    let id = world.call("POST", "/bkt/k?uploads").send().await.ok().element("UploadId");
    let part = world.call("PUT", &format!("/bkt/k?partNumber=1&uploadId={id}")).body("x");
    assert_eq!(sentence(&part.under("", KEY).send().await), PART_WITHOUT);
}

#[tokio::test]
async fn a_checksum_of_the_upload_asks_for_the_key_at_its_end() {
    let world = World::with_bucket().await;
    let created = world.call("POST", "/bkt/k?uploads").under("", KEY);
    let created = created.header("x-amz-checksum-algorithm", "CRC64NVME").send().await.ok();
    let id = created.element("UploadId");
    let part = world.call("PUT", &format!("/bkt/k?partNumber=1&uploadId={id}")).body("x");
    let tags = [part.under("", KEY).send().await.ok().header("etag")];
    assert_eq!(sentence(&complete(&world, &id, &tags, None).await), PART_WITHOUT);
    let done = complete(&world, &id, &tags, Some(KEY)).await.ok();
    assert_eq!(done.element("ChecksumType"), "FULL_OBJECT");
}

#[tokio::test]
async fn a_bucket_can_block_customers_keys() {
    let world = World::with_bucket().await;
    let configure = |types: &str| {
        let rule = format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
             <BlockedEncryptionTypes>{types}</BlockedEncryptionTypes></Rule>\
             </ServerSideEncryptionConfiguration>"
        );
        world.call("PUT", "/bkt?encryption").document(&rule)
    };
    let put = || world.call("PUT", "/bkt/k").under("", KEY).body("v");
    put().send().await.ok();
    configure("<EncryptionType>SSE-C</EncryptionType>").send().await.ok();
    let shown = world.call("GET", "/bkt?encryption").send().await.ok();
    assert_eq!(shown.element("EncryptionType"), "SSE-C");
    assert_eq!(put().send().await.code(), "403 AccessDenied");
    let created = world.call("POST", "/bkt/k?uploads").under("", KEY).send().await;
    assert_eq!(created.code(), "403 AccessDenied");
    world.call("GET", "/bkt/k").under("", KEY).send().await.ok();
    configure("<EncryptionType>NONE</EncryptionType>").send().await.ok();
    put().send().await.ok();
    let both = "<EncryptionType>NONE</EncryptionType><EncryptionType>SSE-C</EncryptionType>";
    assert_eq!(configure(both).send().await.code(), "400 MalformedXML");
}
