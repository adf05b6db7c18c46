//! The actions whose last use the access advisor tells: those on resources that are managed, not on
//! the data in them.
//!
//! They are the first action that each operation asks for, as `data/authz` has it. Deliberately
//! absent: actions of services that are not served here.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-action-last-accessed.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use gateway::rows::Rows;

const ROWS: [&str; 4] = [
    include_str!("../../../data/authz/cloudformation.json"),
    include_str!("../../../data/authz/iam.json"),
    include_str!("../../../data/authz/s3.json"),
    include_str!("../../../data/authz/sts.json"),
];

/// What the rows call objects in buckets and what becomes one.
const DATA: [&str; 3] = ["object", "stored-object", "upload"];

/// The name of the action that an operation asks for; None where it is not tracked.
#[must_use]
pub fn of_operation(service: &str, operation: &str) -> Option<&'static str> {
    let tracked = tracked().get(service)?.get(operation)?;
    Some(tracked.as_str())
}

/// The tracked actions of a service, sorted.
#[must_use]
pub fn of_service(service: &str) -> BTreeSet<&'static str> {
    let operations = tracked().get(service);
    operations.into_iter().flat_map(BTreeMap::values).map(String::as_str).collect()
}

/// By service and operation.
fn tracked() -> &'static BTreeMap<String, BTreeMap<String, String>> {
    static TRACKED: OnceLock<BTreeMap<String, BTreeMap<String, String>>> = OnceLock::new();
    TRACKED.get_or_init(|| {
        let mut tracked = BTreeMap::<String, BTreeMap<String, String>>::new();
        for text in ROWS {
            let Ok(rows) = serde_json::from_str::<Rows>(text) else { continue };
            for (operation, rows) in rows.operations {
                let managing = rows.first().filter(|row| !DATA.contains(&row.resource.as_str()));
                let action = managing.and_then(|row| row.action.split_once(':'));
                if let Some((service, action)) = action {
                    let of_service = tracked.entry(service.to_owned()).or_default();
                    of_service.insert(operation, action.to_owned());
                }
            }
        }
        tracked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_tracked_by_the_action_that_they_ask_for() {
        for (service, operation, action) in [
            ("iam", "GetUser", Some("GetUser")),
            ("s3", "ListBuckets", Some("ListAllMyBuckets")),
            ("s3", "GetObject", None),
            ("s3", "PutObject", None),
            ("ec2", "RunInstances", None),
        ] {
            assert_eq!(of_operation(service, operation), action, "{service} {operation}");
        }
        assert!(of_service("iam").contains("CreateRole"));
        assert!(of_service("ec2").is_empty());
    }
}
