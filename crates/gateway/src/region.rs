//! The regions of partition `aws`: all of them are served, and no other name is one.
//!
//! Names from botocore 1.44's `endpoints.json`. AWS: "AWS Regions" (General Reference).

/// By name.
const REGIONS: [&str; 34] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Whether `name` is a region's: `us-east-1`, not `US`.
#[must_use]
pub fn is_region(name: &str) -> bool {
    REGIONS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{REGIONS, is_region};

    #[test]
    fn regions_are_known_by_name() {
        assert!(REGIONS.is_sorted());
        assert!(REGIONS.iter().all(|name| is_region(name)));
        for name in ["US", "", "mars", "us-east-9", "US-EAST-1", "us-gov-east-1", "cn-north-1"] {
            assert!(!is_region(name), "{name}");
        }
    }
}
