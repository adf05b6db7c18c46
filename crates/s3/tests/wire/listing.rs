//! Listings at the wire; the algorithm has tests of its own beside it.

use expect_test::expect;

use crate::common::World;

async fn world() -> World {
    let world = World::with_bucket().await;
    for key in ["a.txt", "photos/1", "photos/2", "photos/sub/3", "z%20z"] {
        world.put(key, key).await;
    }
    world
}

#[tokio::test]
async fn keys_are_listed_and_folded() {
    let world = world().await;
    expect![[r#"
        200
        content-type: application/xml
        x-amz-bucket-region: us-east-1
        <?xml version="1.0" encoding="UTF-8"?>
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <IsTruncated>false</IsTruncated>
        <Name>bkt</Name>
        <Prefix/>
        <Delimiter>/</Delimiter>
        <MaxKeys>1000</MaxKeys>
        <KeyCount>3</KeyCount>
        <Contents>
        <Key>a.txt</Key>
        <LastModified>2026-01-02T03:04:05.000Z</LastModified>
        <ETag>&quot;a5e54d1fd7bb69a228ef0dcd2431367e&quot;</ETag>
        <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>
        <ChecksumType>FULL_OBJECT</ChecksumType>
        <Size>5</Size>
        <StorageClass>STANDARD</StorageClass></Contents>
        <Contents>
        <Key>z z</Key>
        <LastModified>2026-01-02T03:04:05.000Z</LastModified>
        <ETag>&quot;6b1d945f427b2b47c98441d9f9562c9a&quot;</ETag>
        <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>
        <ChecksumType>FULL_OBJECT</ChecksumType>
        <Size>5</Size>
        <StorageClass>STANDARD</StorageClass></Contents>
        <CommonPrefixes>
        <Prefix>photos/</Prefix></CommonPrefixes></ListBucketResult>"#]]
    .assert_eq(&world.call("GET", "/bkt?list-type=2&delimiter=%2F").send().await.show());
}

#[tokio::test]
async fn the_first_version_names_owners_and_where_the_next_page_begins() {
    let world = world().await;
    expect![[r#"
        200
        content-type: application/xml
        x-amz-bucket-region: us-east-1
        <?xml version="1.0" encoding="UTF-8"?>
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <IsTruncated>true</IsTruncated>
        <Marker/>
        <NextMarker>photos/1</NextMarker>
        <Name>bkt</Name>
        <Prefix>photos/</Prefix>
        <Delimiter>/</Delimiter>
        <MaxKeys>1</MaxKeys>
        <Contents>
        <Key>photos/1</Key>
        <LastModified>2026-01-02T03:04:05.000Z</LastModified>
        <ETag>&quot;82b56f19914b386f7544396c82983f7d&quot;</ETag>
        <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>
        <ChecksumType>FULL_OBJECT</ChecksumType>
        <Size>8</Size>
        <StorageClass>STANDARD</StorageClass>
        <Owner>
        <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Owner></Contents></ListBucketResult>"#]]
    .assert_eq(
        &world.call("GET", "/bkt?delimiter=%2F&prefix=photos%2F&max-keys=1").send().await.show(),
    );
}

#[tokio::test]
async fn names_are_escaped_and_owners_told_where_that_is_asked_for() {
    let world = world().await;
    let url = world.call("GET", "/bkt?list-type=2&encoding-type=url&prefix=z&fetch-owner=true");
    expect![[r#"
        200
        content-type: application/xml
        x-amz-bucket-region: us-east-1
        <?xml version="1.0" encoding="UTF-8"?>
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <IsTruncated>false</IsTruncated>
        <Name>bkt</Name>
        <Prefix>z</Prefix>
        <MaxKeys>1000</MaxKeys>
        <EncodingType>url</EncodingType>
        <KeyCount>1</KeyCount>
        <Contents>
        <Key>z+z</Key>
        <LastModified>2026-01-02T03:04:05.000Z</LastModified>
        <ETag>&quot;6b1d945f427b2b47c98441d9f9562c9a&quot;</ETag>
        <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>
        <ChecksumType>FULL_OBJECT</ChecksumType>
        <Size>5</Size>
        <StorageClass>STANDARD</StorageClass>
        <Owner>
        <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Owner></Contents></ListBucketResult>"#]]
    .assert_eq(&url.send().await.show());
}

#[tokio::test]
async fn pages_continue_where_the_last_one_ended() {
    let world = world().await;
    let (mut keys, mut token) = (Vec::new(), None::<String>);
    loop {
        let mut target = "/bkt?list-type=2&max-keys=2".to_owned();
        if let Some(token) = &token {
            let token = token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            target = format!("/bkt?continuation-token={token}&list-type=2&max-keys=2");
        }
        let page = world.call("GET", &target).send().await.ok();
        keys.extend(page.elements("Key"));
        if page.element("IsTruncated") == "false" {
            break;
        }
        token = Some(page.element("NextContinuationToken"));
    }
    assert_eq!(keys, ["a.txt", "photos/1", "photos/2", "photos/sub/3", "z z"]);
    let page = world.call("GET", "/bkt?marker=photos%2F1&max-keys=2").send().await.ok();
    assert_eq!(page.elements("Key"), ["photos/2", "photos/sub/3"]);
    let folded = world.call("GET", "/bkt?delimiter=%2F&max-keys=2").send().await.ok();
    assert_eq!(folded.element("NextMarker"), "photos/");
    let rest = world.call("GET", "/bkt?delimiter=%2F&marker=photos%2F").send().await.ok();
    assert_eq!(rest.elements("Key"), ["z z"]);
}

#[tokio::test]
async fn listings_are_refused_in_s3s_words() {
    let world = world().await;
    for (query, code) in [
        ("list-type=2&continuation-token=nonsense", "400 InvalidArgument"),
        ("continuation-token=&list-type=2", "400 InvalidArgument"),
        ("encoding-type=value", "400 InvalidArgument"),
        ("max-keys=-1", "400 InvalidArgument"),
        ("max-keys=x", "400 InvalidArgument"),
        ("max-keys=", "200"),
        ("max-keys=0", "200"),
        ("max-keys=5000", "200"),
    ] {
        let answer = world.call("GET", &format!("/bkt?{query}")).send().await;
        assert_eq!(answer.code(), code, "{query}: {}", answer.show());
    }
    assert_eq!(world.call("GET", "/nope").send().await.code(), "404 NoSuchBucket");
}
