//! Addresses that are written in another way than they were signed, and what is added to them.

use crate::raw::{Call, Raw};
use crate::site::{BUCKET, Site};

/// Two objects, of which the caller may read one.
async fn open_and_secret() -> Site {
    let site = Site::new().await;
    for key in ["open/a", "secret/a", "open", "secret"] {
        let put = Call::s3("PUT", &format!("/{BUCKET}/{key}")).body(format!("body of {key}"));
        assert_eq!(site.told(put.signed(&site.root, site.now())).await, "200");
    }
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": "s3:*", "Resource": [format!("arn:aws:s3:::{BUCKET}/open/*"),
        format!("arn:aws:s3:::{BUCKET}/open")]}]});
    site.world.permit(None, &policy).await;
    site
}

const SECRETS: [&str; 2] = ["body of secret", "body of secret/a"];

#[tokio::test]
async fn a_path_means_what_it_says_however_it_is_written() {
    let site = open_and_secret().await;
    let good = Call::s3("GET", &format!("/{BUCKET}/open/a"));
    assert!(site.send(good.signed(&site.caller, site.now())).await.says("body of open/a"));
    let bucket = BUCKET;
    for path in [
        format!("/{bucket}/open/../secret/a"),
        format!("/{bucket}/open/..%2Fsecret%2Fa"),
        format!("/{bucket}/open/%2e%2e/secret/a"),
        format!("/{bucket}/./secret/a"),
        format!("/{bucket}//secret/a"),
        format!("//{bucket}/secret/a"),
        format!("/./{bucket}/secret/a"),
        format!("/open/../{bucket}/secret/a"),
        format!("/{bucket}%2Fsecret%2Fa"),
        format!("/{bucket}%2Fopen/../secret/a"),
        format!("/{bucket}/open%00/../../secret/a"),
        format!("/{bucket}/%73ecret/a"),
        format!("/{bucket}/secret%2Fa"),
        format!("/{bucket}/secret/a%3F"),
        format!("/{bucket}/open/a%3F/../../secret/a"),
        format!("/{bucket}/open\\..\\secret\\a"),
        format!("/{bucket}/secret/a;open"),
        format!("/{}/open/a", bucket.to_uppercase()),
    ] {
        for method in ["GET", "HEAD"] {
            let call = Call { path: path.clone(), ..Call::s3(method, "/") };
            let signed = site.send(call.signed(&site.caller, site.now())).await;
            assert_ne!(signed.status, 200, "{method} {path}: {signed}");
            let presigned = site.send(call.presigned(&site.caller, site.now(), 60)).await;
            assert_ne!(presigned.status, 200, "{method} {path}: {presigned}");
        }
        // Signed as the one, sent as the other.
        let raw = Raw { path: path.clone(), ..good.signed(&site.caller, site.now()) };
        let answer = site.send(raw).await;
        assert!(!SECRETS.iter().any(|secret| answer.says(secret)), "{path}: {answer}");
        assert_ne!(answer.status, 200, "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_bucket_has_no_slash_in_its_name() {
    let site = open_and_secret().await;
    for (method, path) in [
        ("PUT", format!("/{BUCKET}%2Fopen")),
        ("DELETE", format!("/{BUCKET}%2Fopen")),
        ("GET", format!("/{BUCKET}%2Fopen")),
        ("PUT", format!("/{BUCKET}%2Fopen%2Fk/key")),
    ] {
        let call = Call { path: path.clone(), ..Call::s3(method, "/") };
        let told = site.told(call.signed(&site.caller, site.now())).await;
        assert!(told.starts_with("40"), "{method} {path}: {told}");
    }
}

#[tokio::test]
async fn a_host_is_signed_and_no_other_header_stands_for_it() {
    let site = open_and_secret().await;
    let host = |name: &str| format!("{name}.s3.amazonaws.com");
    let call = Call::s3("GET", "/open/a").header("host", &host(BUCKET));
    assert_eq!(site.told(call.signed(&site.caller, site.now())).await, "200");
    for other in ["other-box", "secret", ""] {
        let moved = call.signed(&site.caller, site.now()).set("host", &host(other));
        let told = site.told(moved).await;
        assert!(told.starts_with("403 ") || told.starts_with("400 "), "{other}: {told}");
    }
    let elsewhere = Call::s3("GET", "/secret/a").header("host", &host("other-box"));
    for name in
        ["x-forwarded-host", "x-host", "forwarded", "x-original-url", "x-rewrite-url", "x-amz-host"]
    {
        let target = if name == "forwarded" {
            format!("host={}", host(BUCKET))
        } else if name.ends_with("-url") {
            format!("/{BUCKET}/open/a")
        } else {
            host(BUCKET)
        };
        let answer =
            site.send(elsewhere.clone().header(name, &target).signed(&site.caller, site.now()));
        let answer = answer.await;
        assert_ne!(answer.status, 200, "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_presigned_url_is_for_what_was_signed_and_takes_no_more() {
    let site = open_and_secret().await;
    let now = site.now();
    let get = Call::s3("GET", &format!("/{BUCKET}/open/a"));
    for added in [
        "versionId=null",
        "acl",
        "acl=",
        "tagging",
        "uploads",
        "partNumber=1",
        "response-content-type=text%2Fhtml",
        "X-Amz-Expires=604800",
        "x-amz-acl=public-read",
        "x-id=GetObject",
    ] {
        let mut raw = get.presigned(&site.caller, now, 60);
        raw.query = format!("{}&{added}", raw.query);
        let told = site.told(raw).await;
        assert!(told.starts_with("40"), "GET {added}: {told}");
    }
    for method in ["HEAD", "PUT", "DELETE", "POST"] {
        let raw = Raw { method, ..get.presigned(&site.caller, now, 60) };
        let told = site.told(raw).await;
        assert!(told.starts_with("40"), "{method}: {told}");
    }
    let put = Call::s3("PUT", &format!("/{BUCKET}/open/new"));
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-copy-source", "private-box/secret/a"),
        ("x-amz-tagging", "team=red"),
        ("x-amz-meta-a", "b"),
        ("x-amz-website-redirect-location", "/secret"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-security-token", "token"),
        ("x-amz-grant-read", "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\""),
    ] {
        let raw = put.presigned(&site.caller, now, 60).set(name, value);
        let told = site.told(raw).await;
        assert!(told.starts_with("403 ") || told.starts_with("400 "), "PUT {name}: {told}");
    }
    let read = get.presigned(&site.caller, now, 60);
    assert_eq!(site.told(read).await, "200");
    let new = Call::s3("GET", &format!("/{BUCKET}/open/new")).signed(&site.root, now);
    assert_eq!(site.told(new).await, "404 NoSuchKey");
}

/// A form in the body, another in the query: whichever is done was judged, and was signed.
#[tokio::test]
async fn an_action_of_the_query_and_one_of_the_body_are_no_disguise_of_each_other() {
    let site = Site::new().await;
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": "iam:GetUser", "Resource": "*"}]});
    site.world.permit(None, &policy).await;
    let (get, list) = ("Action=GetUser&Version=2010-05-08", "Action=ListUsers&Version=2010-05-08");
    let listed = "ListUsersResult";
    for (query, body) in [(get, list), (list, get), (list, ""), ("", list)] {
        let call = Call { query: query.to_owned(), ..Call::query("iam", body) };
        let answer = site.send(call.signed(&site.caller, site.now())).await;
        assert!(!answer.says(listed), "{query} {body}: {answer}");
        let answer = site.send(call.presigned(&site.caller, site.now(), 60)).await;
        assert!(!answer.says(listed), "{query} {body}: {answer}");
    }
    // Signed by root for the one, sent with the other.
    let query = Call { query: get.to_owned(), method: "POST", ..Call::query("iam", "") };
    let told = site.told(query.presigned(&site.root, site.now(), 60).sending(list)).await;
    assert!(told.starts_with("403 "), "{told}");
    let told = site.told(query.signed(&site.root, site.now()).sending(list)).await;
    assert!(told.starts_with("403 "), "{told}");
}
