//! Cross-origin rules of buckets: kept, judged, and told to browsers.

use crate::common::{Answer, World};

const RULES: &str = "<CORSConfiguration><CORSRule><ID>app</ID><AllowedOrigin>https://*.example.com</AllowedOrigin>\
     <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>\
     <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>\
     <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule></CORSConfiguration>";

async fn preflight(world: &World, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut call = world.call("OPTIONS", target).anonymous();
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send().await
}

fn rule(element: &str) -> String {
    let rest = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
    format!("<CORSConfiguration><CORSRule>{rest}{element}</CORSRule></CORSConfiguration>")
}

#[tokio::test]
async fn rules_are_put_read_and_deleted() {
    let world = World::with_bucket().await;
    let none = world.call("GET", "/bkt?cors").send().await;
    assert_eq!(none.code(), "404 NoSuchCORSConfiguration");
    world.call("PUT", "/bkt?cors").document(RULES).send().await.ok();
    let kept = world.call("GET", "/bkt?cors").send().await.ok();
    assert_eq!(kept.elements("AllowedOrigin"), ["https://*.example.com", "*"]);
    assert_eq!(kept.elements("AllowedMethod"), ["GET", "PUT", "HEAD"]);
    assert_eq!(kept.element("ID"), "app");
    assert_eq!(world.call("DELETE", "/bkt?cors").send().await.status, 204);
    assert_eq!(world.call("DELETE", "/bkt?cors").send().await.status, 204);
    let none = world.call("GET", "/bkt?cors").send().await;
    assert_eq!(none.code(), "404 NoSuchCORSConfiguration");
}

#[tokio::test]
async fn wrong_rules_are_refused_in_s3s_words() {
    let world = World::with_bucket().await;
    let long = "x".repeat(256);
    let many =
        "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";
    let cases = [
        (rule("<AllowedMethod>MYMETHOD</AllowedMethod>"), "Unsupported method is MYMETHOD"),
        (rule("<AllowedOrigin>http://*.*</AllowedOrigin>"), "can not have more than one wildcard."),
        (rule("<AllowedHeader>*-*</AllowedHeader>"), "can not have more than one wildcard."),
        (rule("<ExposeHeader>x-*</ExposeHeader>"), "We currently do not support wildcard"),
        (rule(&format!("<ID>{long}</ID>")), "The length of ID"),
        (format!("<CORSConfiguration>{}</CORSConfiguration>", many.repeat(101)), "100 rules."),
    ];
    for (document, sentence) in cases {
        let answer = world.call("PUT", "/bkt?cors").document(&document).send().await;
        assert_eq!(answer.code(), "400 InvalidRequest", "{document}");
        assert!(answer.element("Message").contains(sentence), "{}", answer.text());
    }
    let empty = world.call("PUT", "/bkt?cors").document("<CORSConfiguration/>").send().await;
    assert_eq!(empty.code(), "400 MalformedXML");
}

#[tokio::test]
async fn preflights_need_no_credentials_and_hear_what_the_rules_say() {
    let world = World::with_bucket().await;
    let origin = ("origin", "https://a.example.com");
    let put = ("access-control-request-method", "PUT");
    let headers = ("access-control-request-headers", "X-Amz-Acl,x-amz-date");
    let none = preflight(&world, "/bkt/k", &[]).await;
    assert_eq!(none.code(), "400 BadRequest");
    let off = preflight(&world, "/bkt/k", &[origin, put]).await;
    assert_eq!(off.code(), "403 AccessForbidden");
    assert_eq!(off.element("Message"), "CORSResponse: CORS is not enabled for this bucket.");
    let gone = preflight(&world, "/none/k", &[origin, put]).await;
    assert_eq!(gone.element("Message"), "CORSResponse: Bucket not found");
    world.call("PUT", "/bkt?cors").document(RULES).send().await.ok();
    let told = preflight(&world, "/bkt/k", &[origin, put, headers]).await.ok();
    assert_eq!(told.header("access-control-allow-origin"), "https://a.example.com");
    assert_eq!(told.header("access-control-allow-methods"), "GET, PUT");
    assert_eq!(told.header("access-control-allow-headers"), "x-amz-acl, x-amz-date");
    assert_eq!(told.header("access-control-expose-headers"), "ETag");
    assert_eq!(told.header("access-control-max-age"), "3000");
    assert_eq!(told.header("access-control-allow-credentials"), "true");
    assert_eq!(
        told.header("vary"),
        "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
    );
    let head = ("access-control-request-method", "HEAD");
    let anybody = preflight(&world, "/bkt", &[("origin", "null"), head]).await.ok();
    assert_eq!(anybody.header("access-control-allow-origin"), "*");
    assert_eq!(anybody.header("access-control-allow-credentials"), "");
    let wrong = preflight(&world, "/bkt/k", &[("origin", "https://b.org"), put]).await;
    assert_eq!(wrong.element("ResourceType"), "OBJECT");
    assert_eq!(wrong.element("Method"), "PUT");
    for (asked, sentence) in [(None, "null"), (Some("FOO"), "FOO"), (Some("put"), "put")] {
        let method = asked.map(|asked| ("access-control-request-method", asked));
        let headers: Vec<_> = [Some(origin), method].into_iter().flatten().collect();
        let wrong = preflight(&world, "/bkt/k", &headers).await;
        assert_eq!(wrong.code(), "400 BadRequest");
        let sentence = format!("Invalid Access-Control-Request-Method: {sentence}");
        assert_eq!(wrong.element("Message"), sentence);
    }
    let content = ("access-control-request-headers", "content-type");
    let wrong = preflight(&world, "/bkt/k", &[origin, put, content]).await;
    assert_eq!(wrong.code(), "403 AccessForbidden");
}

#[tokio::test]
async fn answers_and_refusals_alike_are_shared_with_the_pages_that_rules_name() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    world.call("PUT", "/bkt?cors").document(RULES).send().await.ok();
    let get = |origin| world.call("GET", "/bkt/k").header("origin", origin);
    let shared = get("https://a.example.com").send().await.ok();
    assert_eq!(shared.header("access-control-allow-origin"), "https://a.example.com");
    let refused = get("https://a.example.com").anonymous().send().await;
    assert_eq!(refused.code(), "403 AccessDenied");
    assert_eq!(refused.header("access-control-allow-origin"), "https://a.example.com");
    let other = get("https://b.org").send().await.ok();
    assert_eq!(other.header("access-control-allow-origin"), "");
    assert_eq!(other.header("vary"), "");
}

#[tokio::test]
async fn a_preflight_says_nothing_of_objects_and_does_nothing() {
    let world = World::with_bucket().await;
    world.call("PUT", "/bkt?cors").document(RULES).send().await.ok();
    let origin = ("origin", "https://a.example.com");
    let put = ("access-control-request-method", "PUT");
    let missing = preflight(&world, "/bkt/none", &[origin, put]).await.ok();
    world.put("there", "v").await;
    let there = preflight(&world, "/bkt/there", &[origin, put]).await.ok();
    assert_eq!(missing.show(), there.show());
    assert_eq!(world.call("GET", "/bkt/none").send().await.code(), "404 NoSuchKey");
}
