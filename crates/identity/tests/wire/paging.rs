//! Pages and their markers.

use expect_test::expect;

use crate::common::Server;

#[test]
fn pages_follow_one_another_until_all_is_listed() {
    let server = Server::start();
    let root = server.root();
    for at in 0..7 {
        let path = if at % 2 == 0 { "/even/" } else { "/odd/" };
        root.iam("CreateUser", &[("UserName", &format!("user-{at}")), ("Path", path)]).ok();
    }
    for (prefix, expected) in [("/", 7), ("/even/", 4), ("/odd/", 3), ("/none/", 0)] {
        let mut names = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let mut ask = vec![("PathPrefix", prefix), ("MaxItems", "2")];
            if let Some(marker) = &marker {
                ask.push(("Marker", marker));
            }
            let page = root.iam("ListUsers", &ask).ok();
            names.extend(page.elements("UserName"));
            if page.element("IsTruncated") == "false" {
                assert!(!page.has("Marker"));
                break;
            }
            assert_eq!(page.elements("UserName").len(), 2);
            marker = Some(page.element("Marker"));
        }
        assert_eq!(names.len(), expected, "{prefix}");
        assert!(names.is_sorted(), "{prefix}");
    }
}

#[test]
fn a_page_that_ends_with_the_last_item_is_not_truncated() {
    let server = Server::start();
    let root = server.root();
    for name in ["a", "b"] {
        root.iam("CreateGroup", &[("GroupName", name)]).ok();
    }
    let page = root.iam("ListGroups", &[("MaxItems", "2")]).ok();
    assert_eq!(page.element("IsTruncated"), "false");
}

#[test]
fn a_marker_of_another_listing_or_made_up_is_refused() {
    let server = Server::start();
    let root = server.root();
    for name in ["a", "b"] {
        root.iam("CreateGroup", &[("GroupName", name)]).ok();
    }
    let marker = root.iam("ListGroups", &[("MaxItems", "1")]).ok().element("Marker");
    assert_eq!(root.iam("ListGroups", &[("Marker", &marker)]).ok().elements("GroupName"), ["b"]);
    expect!["400 ValidationError: Invalid Marker."]
        .assert_eq(&root.iam("ListUsers", &[("Marker", &marker)]).error());
    expect!["400 ValidationError: Invalid Marker."]
        .assert_eq(&root.iam("ListGroups", &[("Marker", "bm9uc2Vuc2U=")]).error());
    let other = server.other_root().iam("ListGroups", &[("Marker", &marker)]);
    assert_eq!(other.element("Code"), "ValidationError");
}
