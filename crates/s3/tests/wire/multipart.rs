//! Uploads in parts.

use expect_test::expect;

use crate::common::{Answer, World};

const MIB: usize = 1024 * 1024;

async fn create(world: &World, headers: &[(&str, &str)]) -> String {
    let mut call = world.call("POST", "/bkt/k?uploads");
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send().await.ok().element("UploadId")
}

async fn upload(world: &World, id: &str, number: u32, body: &[u8]) -> Answer {
    let target = format!("/bkt/k?partNumber={number}&uploadId={id}");
    world.call("PUT", &target).body(body).send().await
}

/// A CompleteMultipartUpload of these parts: number, tag and further elements.
async fn complete(world: &World, id: &str, parts: &[(u32, &str, &str)]) -> Answer {
    let parts: String = parts
        .iter()
        .map(|(number, tag, more)| {
            let tag = tag.trim_matches('"');
            format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{tag}&quot;</ETag>{more}</Part>"
            )
        })
        .collect();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    world.call("POST", &format!("/bkt/k?uploadId={id}")).body(body).send().await
}

#[tokio::test]
async fn parts_become_an_object() {
    let world = World::with_bucket().await;
    let created = world
        .call("POST", "/bkt/k?uploads")
        .header("content-type", "text/plain")
        .header("x-amz-meta-a", "b")
        .send()
        .await
        .ok();
    let id = created.element("UploadId");
    assert_eq!(id.len(), 128);
    let (first, second) = (vec![b'1'; 5 * MIB], vec![b'2'; 1000]);
    let one = upload(&world, &id, 1, &first).await.ok().header("etag");
    // Uploaded twice: the second one counts. Uploaded and not listed: gone.
    upload(&world, &id, 2, b"wrong").await.ok();
    let two = upload(&world, &id, 2, &second).await.ok();
    upload(&world, &id, 3, b"left out").await.ok();
    expect![[r#"
        200
        etag: "4501f99f2b79d0345f26f1394aca58a3"
        x-amz-checksum-crc64nvme: bZBOlD1EAQU=
        x-amz-server-side-encryption: AES256
    "#]]
    .assert_eq(&two.show());
    assert_eq!(world.call("GET", "/bkt/k").send().await.code(), "404 NoSuchKey");
    let parts = [(1, one.as_str(), ""), (2, &two.header("etag"), "")];
    let done = complete(&world, &id, &parts).await;
    expect![[r#"
        200
        content-type: application/xml
        x-amz-server-side-encryption: AES256
        <?xml version="1.0" encoding="UTF-8"?>
        <CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Location>https://bkt.s3.us-east-1.amazonaws.com/k</Location>
        <Bucket>bkt</Bucket>
        <Key>k</Key>
        <ETag>&quot;ae09e363e85ceb245c3cf242c88ff7d5-2&quot;</ETag>
        <ChecksumCRC64NVME>1O5yhfYmgWU=</ChecksumCRC64NVME>
        <ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>"#]]
    .assert_eq(&done.show());
    // Asked again, the answer is the same.
    assert_eq!(complete(&world, &id, &parts).await.body, done.body);
    let whole = world.call("GET", "/bkt/k").send().await.ok();
    assert!(whole.body == [first, second].concat());
    assert_eq!(
        (whole.header("content-type").as_str(), whole.header("x-amz-meta-a").as_str()),
        ("text/plain", "b")
    );
    let over = format!("bytes={}-{}", 5 * MIB - 2, 5 * MIB + 1);
    let across = world.call("GET", "/bkt/k").header("range", &over).send().await;
    assert_eq!((across.status, across.text().as_str()), (206, "1122"));
    let part = world.call("GET", "/bkt/k?partNumber=2").send().await;
    assert_eq!((part.status, part.body.len()), (206, 1000));
    assert_eq!(part.header("x-amz-mp-parts-count"), "2");
    assert_eq!(world.sweep().0, 2);
    world.call("DELETE", "/bkt/k").send().await.ok();
    assert_eq!(world.sweep().0, 0);
}

#[tokio::test]
async fn parts_and_uploads_are_listed() {
    let world = World::with_bucket().await;
    let id = create(&world, &[]).await;
    upload(&world, &id, 1, &vec![b'1'; 5 * MIB]).await.ok();
    upload(&world, &id, 2, &[b'2'; 1000]).await.ok();
    upload(&world, &id, 3, b"on the next page").await.ok();
    let list = world.call("GET", &format!("/bkt/k?uploadId={id}&max-parts=2")).send().await;
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Bucket>bkt</Bucket>
        <Key>k</Key>
        <UploadId>ID</UploadId>
        <PartNumberMarker>0</PartNumberMarker>
        <NextPartNumberMarker>2</NextPartNumberMarker>
        <MaxParts>2</MaxParts>
        <IsTruncated>true</IsTruncated>
        <Part>
        <PartNumber>1</PartNumber>
        <LastModified>2026-01-02T03:04:05.000Z</LastModified>
        <ETag>&quot;2b5c91ad399409ec9b409b66f5bb00fb&quot;</ETag>
        <Size>5242880</Size></Part>
        <Part>
        <PartNumber>2</PartNumber>
        <LastModified>2026-01-02T03:04:05.000Z</LastModified>
        <ETag>&quot;4501f99f2b79d0345f26f1394aca58a3&quot;</ETag>
        <Size>1000</Size></Part>
        <Initiator>
        <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Initiator>
        <Owner>
        <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Owner>
        <StorageClass>STANDARD</StorageClass></ListPartsResult>"#]]
    .assert_eq(&list.show().replace(&id, "ID"));
    let uploads = world.call("GET", "/bkt?uploads").send().await;
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Bucket>bkt</Bucket>
        <KeyMarker/>
        <UploadIdMarker/>
        <NextKeyMarker>k</NextKeyMarker>
        <NextUploadIdMarker>ID</NextUploadIdMarker>
        <MaxUploads>1000</MaxUploads>
        <IsTruncated>false</IsTruncated>
        <Upload>
        <UploadId>ID</UploadId>
        <Key>k</Key>
        <Initiated>2026-01-02T03:04:05.000Z</Initiated>
        <StorageClass>STANDARD</StorageClass>
        <Owner>
        <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Owner>
        <Initiator>
        <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Initiator></Upload></ListMultipartUploadsResult>"#]].assert_eq(&uploads.show().replace(&id, "ID"));
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let world = World::with_bucket().await;
    let id = create(&world, &[]).await;
    upload(&world, &id, 1, b"part").await.ok();
    let target = format!("/bkt/k?uploadId={id}");
    assert_eq!(world.call("DELETE", &target).send().await.status, 204);
    expect![[r#"
        404
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>NoSuchUpload</Code>
        <Message>The specified upload does not exist. The upload ID may be invalid, or
          the upload may have been aborted or completed.</Message>
        <UploadId>ID</UploadId></Error>"#]]
    .assert_eq(&world.call("DELETE", &target).send().await.show().replace(&id, "ID"));
    assert_eq!(upload(&world, &id, 1, b"part").await.code(), "404 NoSuchUpload");
    assert_eq!(world.sweep().0, 0);
}

#[tokio::test]
async fn parts_of_a_deleted_bucket_are_swept() {
    let world = World::with_bucket().await;
    let id = create(&world, &[]).await;
    upload(&world, &id, 1, b"part").await.ok();
    world.call("DELETE", "/bkt").send().await.ok();
    let (kept, _) = world.sweep();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused() {
    let world = World::with_bucket().await;
    let id = create(&world, &[]).await;
    let one = upload(&world, &id, 1, b"1234").await.ok().header("etag");
    let two = upload(&world, &id, 2, b"5678").await.ok().header("etag");
    let show = |answer: Answer| answer.show().replace(&id, "ID");
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidRequest</Code>
        <Message>You must specify at least one part</Message></Error>"#]]
    .assert_eq(&show(complete(&world, &id, &[]).await));
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>EntityTooSmall</Code>
        <Message>Your proposed upload is smaller than the minimum allowed size</Message>
        <ProposedSize>4</ProposedSize>
        <MinSizeAllowed>5242880</MinSizeAllowed>
        <PartNumber>1</PartNumber>
        <ETag>81dc9bdb52d04dc20036dbd8313ed055</ETag></Error>"#]]
    .assert_eq(&show(complete(&world, &id, &[(1, &one, ""), (2, &two, "")]).await));
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidPartOrder</Code>
        <Message>The list of parts was not in ascending order. Parts must be ordered by
          part number.</Message>
        <UploadId>ID</UploadId></Error>"#]]
    .assert_eq(&show(complete(&world, &id, &[(2, &two, ""), (1, &one, "")]).await));
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidPart</Code>
        <Message>One or more of the specified parts could not be found.  The part may
          not have been uploaded, or the specified entity tag may not match the part's
          entity tag.</Message>
        <UploadId>ID</UploadId>
        <PartNumber>1</PartNumber>
        <ETag>674f3c2c1a8a6f90461e8a66fb5550ba</ETag></Error>"#]]
    .assert_eq(&show(complete(&world, &id, &[(1, &two, "")]).await));
    assert_eq!(complete(&world, &id, &[(7, &two, "")]).await.code(), "400 InvalidPart");
    assert_eq!(complete(&world, "fake", &[(1, &one, "")]).await.code(), "404 NoSuchUpload");
    let zero = world.call("PUT", &format!("/bkt/k?partNumber=0&uploadId={id}")).body("x");
    assert_eq!(zero.send().await.code(), "400 InvalidArgument");
    // Nothing of it spoiled the upload.
    assert_eq!(complete(&world, &id, &[(2, &two, "")]).await.code(), "200");
}

#[tokio::test]
async fn checksums_of_uploads_are_composite_or_of_the_whole() {
    let world = World::with_bucket().await;
    let id = create(&world, &[("x-amz-checksum-algorithm", "SHA256")]).await;
    let one = upload(&world, &id, 1, b"abc").await.ok();
    let sum = one.header("x-amz-checksum-sha256");
    let tag = one.header("etag");
    let missing = complete(&world, &id, &[(1, &tag, "")]).await;
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidRequest</Code>
        <Message>The upload was created using a sha256 checksum. The complete request
          must include the checksum for each part. It was missing for part 1 in the
          request.</Message></Error>"#]]
    .assert_eq(&missing.show());
    let element = format!("<ChecksumSHA256>{sum}</ChecksumSHA256>");
    let done = complete(&world, &id, &[(1, &tag, &element)]).await.ok();
    assert_eq!(
        (done.element("ChecksumType").as_str(), done.element("ChecksumSHA256").ends_with("-1")),
        ("COMPOSITE", true)
    );
    let whole = [("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "FULL_OBJECT")];
    let id = create(&world, &whole).await;
    let tag = upload(&world, &id, 1, b"123456789").await.ok().header("etag");
    let done = complete(&world, &id, &[(1, &tag, "")]).await.ok();
    assert_eq!(
        (done.element("ChecksumType").as_str(), done.element("ChecksumCRC32").as_str()),
        ("FULL_OBJECT", "y/Q5Jg==")
    );
}

#[tokio::test]
async fn checksum_algorithms_and_types_must_go_together() {
    let world = World::with_bucket().await;
    for (algorithm, kind) in [
        ("SHA1", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
        ("XXHASH64", "COMPOSITE"),
        ("", "COMPOSITE"),
    ] {
        let mut call = world.call("POST", "/bkt/k?uploads").header("x-amz-checksum-type", kind);
        if !algorithm.is_empty() {
            call = call.header("x-amz-checksum-algorithm", algorithm);
        }
        assert_eq!(call.send().await.code(), "400 InvalidRequest", "{algorithm} {kind}");
    }
    let id = create(&world, &[("x-amz-checksum-algorithm", "SHA256")]).await;
    let target = format!("/bkt/k?partNumber=1&uploadId={id}");
    let other =
        world.call("PUT", &target).header("x-amz-checksum-crc32", "y/Q5Jg==").body("123456789");
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidRequest</Code>
        <Message>Checksum Type mismatch occurred, expected checksum Type: sha256,
          actual checksum Type: crc32</Message></Error>"#]]
    .assert_eq(&other.send().await.show());
}

#[tokio::test]
async fn uploads_are_listed_in_pages_and_folded() {
    let world = World::with_bucket().await;
    let mut ids = Vec::new();
    for key in ["a", "a", "dir/x", "dir/y", "z"] {
        world.pass(1);
        let created = world.call("POST", &format!("/bkt/{key}?uploads")).send().await.ok();
        ids.push(created.element("UploadId"));
    }
    let first = world.call("GET", "/bkt?max-uploads=1&uploads").send().await.ok();
    assert_eq!(first.elements("UploadId"), [ids[0].clone()]);
    assert_eq!(first.element("NextKeyMarker"), "a");
    let target = format!("/bkt?key-marker=a&upload-id-marker={}&uploads", ids[0]);
    let rest = world.call("GET", &target).send().await.ok();
    assert_eq!(rest.elements("UploadId"), ids[1..]);
    let folded = world.call("GET", "/bkt?delimiter=%2F&uploads").send().await.ok();
    assert_eq!(folded.elements("Key"), ["a", "a", "z"]);
    assert!(folded.text().contains("<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>"));
    let wrong = world.call("GET", "/bkt?key-marker=z&upload-id-marker=nope&uploads").send().await;
    assert_eq!(wrong.code(), "400 InvalidArgument");
}

#[tokio::test]
async fn completion_has_conditions() {
    let world = World::with_bucket().await;
    world.put("k", "old").await;
    let id = create(&world, &[]).await;
    let tag = upload(&world, &id, 1, b"new").await.ok().header("etag");
    let tag = tag.trim_matches('"');
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
    );
    let target = format!("/bkt/k?uploadId={id}");
    let call = || world.call("POST", &target).header("if-none-match", "*").body(body.as_str());
    assert_eq!(call().send().await.code(), "412 PreconditionFailed");
    world.call("DELETE", "/bkt/k").send().await.ok();
    expect![[r#"
        409
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>ConditionalRequestConflict</Code>
        <Message>The conditional request cannot succeed due to a conflicting operation
          against this resource.</Message>
        <Condition>If-None-Match</Condition>
        <Key>k</Key></Error>"#]]
    .assert_eq(&call().send().await.show());
}
