//! Block Public Access of an account, and what it does to the buckets of it.

use crate::common::{Call, World};
use crate::people::{ABROAD, HOME, root};

const PATH: &str = "/v20180820/configuration/publicAccessBlock";

fn control<'w>(world: &'w World, method: &'static str) -> Call<'w> {
    world.call(method, PATH).header("x-amz-account-id", HOME)
}

async fn set(world: &World, settings: &[&str]) {
    let on: String = settings.iter().map(|name| format!("<{name}>true</{name}>")).collect();
    let document = format!(
        "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">{on}\
         </PublicAccessBlockConfiguration>"
    );
    control(world, "PUT").body(document).send().await.ok();
}

/// A bucket where lists count and nothing is blocked, with a public object.
async fn open() -> World {
    let world = World::new();
    let made = world.call("PUT", "/bkt").header("x-amz-object-ownership", "ObjectWriter");
    made.send().await.ok();
    world.call("DELETE", "/bkt?publicAccessBlock").send().await.ok();
    let put = world.call("PUT", "/bkt/public").header("x-amz-acl", "public-read");
    put.body("v").send().await.ok();
    world
}

#[tokio::test]
async fn settings_are_put_read_and_deleted() {
    let world = World::new();
    let none = control(&world, "GET").send().await;
    assert_eq!(none.code(), "404 NoSuchPublicAccessBlockConfiguration");
    assert_eq!(none.element("AccountId"), HOME);
    assert!(none.text().contains("<ErrorResponse><Error><Code>"), "{}", none.text());
    let empty = control(&world, "PUT").body("<PublicAccessBlockConfiguration/>").send().await;
    assert_eq!(empty.code(), "400 InvalidRequest");
    assert_eq!(empty.element("Message"), "Must specify at least one configuration.");
    set(&world, &["BlockPublicAcls"]).await;
    let kept = control(&world, "GET").send().await.ok();
    assert_eq!(kept.element("BlockPublicAcls"), "true");
    assert_eq!(kept.element("RestrictPublicBuckets"), "false");
    assert_eq!(control(&world, "DELETE").send().await.status, 204);
    assert_eq!(control(&world, "DELETE").send().await.status, 204);
    let none = control(&world, "GET").send().await;
    assert_eq!(none.code(), "404 NoSuchPublicAccessBlockConfiguration");
}

#[tokio::test]
async fn hosts_tell_the_api_apart_too_and_buckets_of_its_name_stay_buckets() {
    let world = World::new();
    let host = format!("{HOME}.s3-control.us-east-1.amazonaws.com");
    let call = control(&world, "GET").replace_header("host", &host);
    let none = call.send().await;
    assert_eq!(none.code(), "404 NoSuchPublicAccessBlockConfiguration");
    world.call("PUT", "/v20180820").send().await.ok();
    world.call("PUT", "/v20180820/k").body("v").send().await.ok();
    assert_eq!(world.call("GET", "/v20180820/k").send().await.ok().text(), "v");
}

#[tokio::test]
async fn nobody_reads_or_sets_another_accounts() {
    let world = World::new();
    for method in ["GET", "PUT", "DELETE"] {
        let body = "<PublicAccessBlockConfiguration><BlockPublicAcls>false</BlockPublicAcls>\
                    </PublicAccessBlockConfiguration>";
        let stranger = control(&world, method).body(body).by(&root(ABROAD)).send().await;
        assert_eq!(stranger.code(), "403 AccessDenied", "{method}");
        let nobody = control(&world, method).body(body).anonymous().send().await;
        assert_eq!(nobody.code(), "403 AccessDenied", "{method}");
    }
}

#[tokio::test]
async fn the_stricter_of_bucket_and_account_holds() {
    let world = open().await;
    let get = || world.call("GET", "/bkt/public").anonymous();
    assert_eq!(get().send().await.code(), "200");
    set(&world, &["IgnorePublicAcls"]).await;
    assert_eq!(get().send().await.code(), "403 AccessDenied");
    set(&world, &["BlockPublicAcls", "BlockPublicPolicy"]).await;
    assert_eq!(get().send().await.code(), "200");
    let put = world.call("PUT", "/bkt/other").header("x-amz-acl", "public-read").body("v");
    assert_eq!(put.send().await.code(), "403 AccessDenied");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}]}"#;
    let put = || world.call("PUT", "/bkt?policy").body(policy);
    assert_eq!(put().send().await.code(), "403 AccessDenied");
    control(&world, "DELETE").send().await;
    put().send().await.ok();
    world.call("DELETE", "/bkt/public?acl").send().await;
    world.put("plain", "v").await;
    let plain = || world.call("GET", "/bkt/plain").anonymous();
    assert_eq!(plain().send().await.code(), "200");
    set(&world, &["RestrictPublicBuckets"]).await;
    assert_eq!(plain().send().await.code(), "403 AccessDenied");
}
