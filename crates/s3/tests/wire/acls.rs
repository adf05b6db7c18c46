//! Access control lists: whom they let in, where they count.

use gateway::Limits;

use crate::common::{Call, World};
use crate::people::{ABROAD, HOME, canonical, root};

/// A bucket where lists count and nothing is blocked.
async fn with_lists() -> World {
    let world = World::new();
    let made = world.call("PUT", "/bkt").header("x-amz-object-ownership", "ObjectWriter");
    made.send().await.ok();
    world.call("DELETE", "/bkt?publicAccessBlock").send().await.ok();
    world
}

async fn code(call: Call<'_>) -> String {
    call.send().await.code()
}

#[tokio::test]
async fn a_public_list_lets_everyone_do_what_it_says_and_no_more() {
    let world = with_lists().await;
    world.put("private", "v").await;
    let put = world.call("PUT", "/bkt/public").header("x-amz-acl", "public-read");
    put.body("v").send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt/public").anonymous()).await, "200");
    assert_eq!(code(world.call("GET", "/bkt/private").anonymous()).await, "403 AccessDenied");
    assert_eq!(code(world.call("GET", "/bkt").anonymous()).await, "403 AccessDenied");
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read-write").send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt").anonymous()).await, "200");
    assert_eq!(code(world.call("PUT", "/bkt/new").body("v").anonymous()).await, "200");
    assert_eq!(code(world.call("GET", "/bkt?acl").anonymous()).await, "403 AccessDenied");
}

#[tokio::test]
async fn public_access_block_stops_public_lists() {
    let world = with_lists().await;
    let put = world.call("PUT", "/bkt/public").header("x-amz-acl", "public-read");
    put.body("v").send().await.ok();
    let block = |what: &str| {
        format!(
            "<PublicAccessBlockConfiguration><{what}>true</{what}></PublicAccessBlockConfiguration>"
        )
    };
    let set = |what: &str| world.call("PUT", "/bkt?publicAccessBlock").body(block(what));
    set("IgnorePublicAcls").send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt/public").anonymous()).await, "403 AccessDenied");
    set("BlockPublicAcls").send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt/public").anonymous()).await, "200");
    let put = world.call("PUT", "/bkt/other").header("x-amz-acl", "public-read").body("v");
    let denied = put.send().await;
    assert_eq!(denied.code(), "403 AccessDenied");
    assert!(denied.element("Message").contains("BlockPublicAcls"), "{}", denied.show());
}

#[tokio::test]
async fn an_object_of_another_account_is_that_accounts() {
    let world = with_lists().await;
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read-write").send().await.ok();
    let abroad = root(ABROAD);
    let put =
        |acl: &str| world.call("PUT", "/bkt/theirs").header("x-amz-acl", acl).body("v").by(&abroad);
    put("private").send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt/theirs")).await, "403 AccessDenied");
    assert_eq!(code(world.call("GET", "/bkt/theirs").by(&abroad)).await, "200");
    put("bucket-owner-full-control").send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt/theirs")).await, "200");
    let acl = world.call("GET", "/bkt/theirs?acl").send().await;
    assert_eq!(acl.elements("Permission"), ["FULL_CONTROL", "FULL_CONTROL"]);
    // The bucket's owner may delete whatever is in it.
    assert_eq!(world.call("DELETE", "/bkt/theirs").send().await.status, 204);
}

#[tokio::test]
async fn a_list_counts_only_where_ownership_lets_it() {
    let world = with_lists().await;
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read").send().await.ok();
    let controls = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced\
                    </ObjectOwnership></Rule></OwnershipControls>";
    let enforce = || world.call("PUT", "/bkt?ownershipControls").body(controls);
    assert_eq!(code(enforce()).await, "400 InvalidBucketAclWithObjectOwnership");
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "private").send().await.ok();
    let put = world.call("PUT", "/bkt/k").header("x-amz-acl", "public-read").body("v");
    put.send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt/k").anonymous()).await, "200");
    enforce().send().await.ok();
    assert_eq!(code(world.call("GET", "/bkt/k").anonymous()).await, "403 AccessDenied");
    let put = world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read");
    assert_eq!(code(put).await, "400 AccessControlListNotSupported");
    assert_eq!(world.call("DELETE", "/bkt?ownershipControls").send().await.status, 204);
    let get = world.call("GET", "/bkt?ownershipControls");
    assert_eq!(code(get).await, "404 OwnershipControlsNotFoundError");
    assert_eq!(code(world.call("GET", "/bkt/k").anonymous()).await, "200");
}

#[tokio::test]
async fn what_is_no_list_is_refused_in_s3s_words() {
    let world = with_lists().await;
    let cases = [
        ("x-amz-acl", "fake", "400 InvalidArgument"),
        (
            "x-amz-grant-read",
            "uri=\"http://acs.amazonaws.com/groups/global/Nobody\"",
            "400 InvalidArgument",
        ),
        ("x-amz-grant-read", "id=\"nobody\"", "400 InvalidArgument"),
        ("x-amz-grant-read", "nonsense", "400 InvalidArgument"),
        ("x-amz-grant-read", "emailAddress=\"a@b\"", "405 MethodNotAllowed"),
        ("x-amz-meta-x", "y", "400 MissingSecurityHeader"),
    ];
    for (name, value, expected) in cases {
        let put = world.call("PUT", "/bkt?acl").header(name, value);
        assert_eq!(code(put).await, expected, "{name}: {value}");
    }
    let both = world.call("PUT", "/bkt?acl").header("x-amz-acl", "private");
    let both = both.header("x-amz-grant-read", "id=\"x\"");
    assert_eq!(code(both).await, "400 InvalidRequest");
    let body = "<AccessControlPolicy><AccessControlList/></AccessControlPolicy>";
    assert_eq!(code(world.call("PUT", "/bkt?acl").body(body)).await, "400 MalformedACLError");
}

#[tokio::test]
async fn a_list_names_an_account_by_its_email_where_buckets_are_as_before_2023() {
    let limits = Limits { lists_in_new_buckets: true, ..Limits::default() };
    let world = World::limited(limits);
    world.call("PUT", "/bkt").send().await.ok();
    let grant = |address: &str| {
        let put = world.call("PUT", "/bkt?acl");
        put.header("x-amz-grant-read", &format!("emailAddress=\"{address}\""))
    };
    assert_eq!(code(grant("nobody@b")).await, "400 UnresolvableGrantByEmailAddress");
    assert_eq!(code(grant("everybody")).await, "400 AmbiguousGrantByEmailAddress");
    let list = || world.call("GET", "/bkt").by(&root(ABROAD));
    assert_eq!(code(list()).await, "403 AccessDenied");
    assert_eq!(code(grant(&format!("{ABROAD}@b"))).await, "200");
    assert_eq!(code(list()).await, "200");
    let shown = world.call("GET", "/bkt?acl").send().await.ok().text();
    assert!(shown.contains(&canonical(ABROAD)) && !shown.contains("@b"), "{shown}");

    let document = |grantee: &str| {
        let owner = canonical(HOME);
        let body = format!(
            r#"<AccessControlPolicy><Owner><ID>{owner}</ID></Owner><AccessControlList><Grant>
            <Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
            xsi:type="AmazonCustomerByEmail">{grantee}</Grantee><Permission>WRITE</Permission></Grant>
            </AccessControlList></AccessControlPolicy>"#
        );
        world.call("PUT", "/bkt?acl").body(body)
    };
    assert_eq!(code(document("<ID>x</ID>")).await, "400 MalformedACLError");
    let named = document(&format!("<EmailAddress>{ABROAD}@b</EmailAddress>"));
    assert_eq!(code(named).await, "200");
    assert_eq!(code(list()).await, "403 AccessDenied");
}

#[tokio::test]
async fn listings_name_the_owner_of_each_object() {
    let world = with_lists().await;
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read-write").send().await.ok();
    world.put("ours", "v").await;
    world.call("PUT", "/bkt/theirs").body("v").by(&root(ABROAD)).send().await.ok();
    for target in ["/bkt", "/bkt?list-type=2&fetch-owner=true", "/bkt?versions"] {
        let listed = world.call("GET", target).send().await.ok();
        assert_eq!(listed.elements("ID"), [canonical(HOME), canonical(ABROAD)], "{target}");
        assert!(!listed.text().contains("DisplayName"));
    }
}

#[tokio::test]
async fn whom_a_list_lets_write_may_see_and_abort_their_own_uploads() {
    let world = with_lists().await;
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read-write").send().await.ok();
    let abroad = root(ABROAD);
    let create = |key: &str| world.call("POST", &format!("/bkt/{key}?uploads"));
    let ours = create("ours").send().await.ok().element("UploadId");
    let theirs = create("theirs").by(&abroad).send().await.ok().element("UploadId");
    let nobodys = create("nobodys").anonymous().send().await.ok().element("UploadId");
    let listed = world.call("GET", "/bkt?uploads").send().await.ok();
    let text = listed.text();
    let owners = text.split("<Owner>").skip(1).map(|owner| {
        owner.split("<ID>").nth(1).expect("an id").split('<').next().expect("an id").to_owned()
    });
    let (home, away) = (canonical(HOME), canonical(ABROAD));
    assert_eq!(owners.collect::<Vec<_>>(), [home.clone(), home, away]);
    let at = |key: &str, id: &str| format!("/bkt/{key}?uploadId={id}");
    let cases = [
        (at("ours", &ours), "403 AccessDenied", "403 AccessDenied"),
        (at("nobodys", &nobodys), "403 AccessDenied", "403 AccessDenied"),
        (at("theirs", &theirs), "200", "204"),
    ];
    for (target, list, abort) in cases {
        let call = |method| world.call(method, &target);
        assert_eq!(code(call("GET").anonymous()).await, "403 AccessDenied");
        assert_eq!(code(call("DELETE").anonymous()).await, "403 AccessDenied");
        assert_eq!(code(call("GET").by(&abroad)).await, list, "{target}");
        assert_eq!(code(call("DELETE").by(&abroad)).await, abort, "{target}");
    }
}

#[tokio::test]
async fn what_an_anonymous_client_wrote_under_a_public_list_another_may_delete() {
    let world = with_lists().await;
    world.put("ours", "v").await;
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read-write").send().await.ok();
    let theirs = ["one", "two"];
    for key in theirs {
        world.call("PUT", &format!("/bkt/{key}")).body("v").anonymous().send().await.ok();
    }
    let delete = |key: &str| world.call("DELETE", &format!("/bkt/{key}")).anonymous();
    assert_eq!(code(delete("ours")).await, "403 AccessDenied");
    assert_eq!(code(delete("one")).await, "204");
    let both = "<Delete><Object><Key>two</Key></Object><Object><Key>ours</Key></Object></Delete>";
    let answer = world.call("POST", "/bkt?delete").document(both).anonymous().send().await.ok();
    assert_eq!(answer.elements("Key"), ["two", "ours"]);
    assert_eq!(answer.elements("Code"), ["AccessDenied"]);
    // Where lists no longer let everyone write, nobody deletes.
    world.call("PUT", "/bkt/one").body("v").anonymous().send().await.ok();
    world.call("PUT", "/bkt?acl").header("x-amz-acl", "public-read").send().await.ok();
    assert_eq!(code(delete("one")).await, "403 AccessDenied");
}
