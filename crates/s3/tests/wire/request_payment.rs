//! Buckets whose requesters pay: what that demands of a request.

use crate::common::{Call, World};
use crate::people::{ABROAD, root};

const PAYER: &str = "x-amz-request-payer";
const CHARGED: &str = "x-amz-request-charged";

async fn put_payer(world: &World, payer: &str) -> String {
    let body = format!(
        "<RequestPaymentConfiguration><Payer>{payer}</Payer></RequestPaymentConfiguration>"
    );
    world.call("PUT", "/bkt?requestPayment").body(body).send().await.code()
}

/// A bucket that another account may use, and everybody may read.
async fn shared() -> World {
    let world = World::with_bucket().await;
    world.call("DELETE", "/bkt?publicAccessBlock").send().await.ok();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{ABROAD}"}},
        "Action":"s3:*","Resource":["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"]}},
        {{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}}]}}"#
    );
    world.call("PUT", "/bkt?policy").body(policy).send().await.ok();
    world.put("k", "body").await;
    world
}

#[tokio::test]
async fn the_payer_is_kept_and_checked() {
    let world = World::with_bucket().await;
    let shown = world.call("GET", "/bkt?requestPayment").send().await.ok();
    assert_eq!(shown.element("Payer"), "BucketOwner");
    for (payer, code) in
        [("Random", "400 MalformedXML"), ("BucketOwner", "200"), ("Requester", "200")]
    {
        assert_eq!(put_payer(&world, payer).await, code, "{payer}");
    }
    let shown = world.call("GET", "/bkt?requestPayment").send().await.ok();
    assert_eq!(shown.element("Payer"), "Requester");
}

#[tokio::test]
async fn a_requester_of_another_account_says_that_it_pays() {
    let world = shared().await;
    let abroad = root(ABROAD);
    let mine = world.call("PUT", "/mine").by(&abroad).send().await;
    assert_eq!(mine.status, 200, "{}", mine.show());
    assert_eq!(put_payer(&world, "Requester").await, "200");
    let upload = world.call("POST", "/bkt/parts?uploads").send().await.ok().element("UploadId");
    let part = format!("/bkt/parts?partNumber=1&uploadId={upload}");
    let calls: [(Call<'_>, &str); 9] = [
        (world.call("GET", "/bkt/k"), "200"),
        (world.call("HEAD", "/bkt/k"), "200"),
        (world.call("GET", "/bkt"), "200"),
        (world.call("PUT", "/bkt/new").body("x"), "200"),
        (world.call("PUT", &part).body("x"), "200"),
        (world.call("PUT", &part).header("x-amz-copy-source", "bkt/k"), "200"),
        (world.call("PUT", "/mine/copy").header("x-amz-copy-source", "bkt/k"), "200"),
        (
            world
                .call("POST", "/bkt?delete")
                .document("<Delete><Object><Key>new</Key></Object></Delete>"),
            "200",
        ),
        (world.call("DELETE", "/bkt/k"), "204"),
    ];
    for (call, code) in calls {
        let silent = call.clone().by(&abroad).send().await;
        assert_eq!(silent.status, 403, "{}", silent.show());
        let wrong = call.clone().by(&abroad).header(PAYER, "owner").send().await;
        assert_eq!(wrong.status, 403, "{}", wrong.show());
        let paying = call.by(&abroad).header(PAYER, "requester").send().await;
        assert_eq!(paying.code(), code, "{}", paying.show());
        assert_eq!(paying.headers.get_all(CHARGED).iter().count(), 1, "{}", paying.show());
    }
}

#[tokio::test]
async fn the_owner_pays_in_silence_and_nobody_is_anonymous() {
    let world = shared().await;
    async fn anonymous(call: Call<'_>) -> String {
        call.anonymous().send().await.code()
    }
    assert_eq!(anonymous(world.call("GET", "/bkt/k")).await, "200");
    put_payer(&world, "Requester").await;
    let paying = world.call("GET", "/bkt/k").header(PAYER, "requester");
    assert_eq!(anonymous(world.call("GET", "/bkt/k")).await, "403 AccessDenied");
    assert_eq!(anonymous(paying.clone()).await, "403 AccessDenied");
    let own = world.call("GET", "/bkt/k").send().await.ok();
    assert_eq!(own.header(CHARGED), "");
    assert_eq!(paying.send().await.ok().header(CHARGED), "");
}
