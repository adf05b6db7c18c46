//! The form of resources: what all parsers but S3's say of an ARN.

use super::Complaint;
use crate::grammar::RawStatement;

const RESOURCE_VENDOR: &str = "Resource vendor must be fully qualified and cannot contain regexes.";
const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];
const PARTITIONS: [&str; 9] = [
    "*",
    "aws",
    "aws-cn",
    "aws-eusc",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-us-gov",
];

pub(super) fn format(statement: &RawStatement) -> Complaint {
    let resources = statement.resource.iter().flat_map(|element| &element.values);
    resources.filter(|resource| *resource != "*").try_for_each(|resource| complaint(resource))
}

pub(super) fn complaint(resource: &str) -> Complaint {
    let Some((_, rest)) = resource.split_once(':') else {
        return Err(format!("Resource {resource} must be in ARN format or \"*\"."));
    };
    let mut parts = rest.splitn(2, ':');
    let partition = parts.next().unwrap_or_default();
    if !PARTITIONS.contains(&partition) {
        return Err(partition_complaint(partition, parts.next()));
    }
    let Some(rest) = parts.next() else { return Err(RESOURCE_VENDOR.to_owned()) };
    let mut parts = rest.splitn(4, ':');
    let vendor = parts.next().unwrap_or_default();
    let region = parts.next().unwrap_or_default();
    let name = parts.nth(1).unwrap_or_default();
    if vendor.contains(['*', '?', '$']) {
        return Err(RESOURCE_VENDOR.to_owned());
    }
    match vendor {
        "iam" if !region.is_empty() && region != "*" => {
            Err(format!("IAM resource {resource} cannot contain region information."))
        }
        "iam" if rest.matches(':').count() >= 3 && !iam_path(name) => {
            let paths = IAM_PATHS.join(", ");
            Err(format!("IAM resource path must either be \"*\" or start with {paths}."))
        }
        "s3" if !region.is_empty() && region != "*" && !regional_in_s3(name) => {
            Err(format!("Resource {resource} can not contain region information."))
        }
        _ => Ok(()),
    }
}

/// AWS's own policies name role templates, which came later than its sentence.
fn iam_path(name: &str) -> bool {
    name == "*"
        || name == "root"
        || name.starts_with("role-template/")
        || IAM_PATHS.iter().any(|path| name.starts_with(path))
}

fn regional_in_s3(name: &str) -> bool {
    ["accesspoint/", "job/", "storage-lens/", "storage-lens-group/", "access-grants/"]
        .iter()
        .any(|kind| name.starts_with(kind))
}

/// AWS shows what it read as an ARN, with `*` for what it did not find.
fn partition_complaint(partition: &str, rest: Option<&str>) -> String {
    let mut parts: Vec<&str> = rest.into_iter().flat_map(|rest| rest.splitn(4, ':')).collect();
    parts.resize(4, "*");
    let shown = parts.join(":");
    format!("Partition \"{partition}\" is not valid for resource \"arn:{partition}:{shown}\".")
}
