//! How many of everything an account has, and may have.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>

use api::iam::{
    GetAccountSummaryRequest, GetAccountSummaryResponse, GlobalEndpointTokenVersion,
    SetSecurityTokenServicePreferencesRequest, SetSecurityTokenServicePreferencesResponse,
};
use gateway::{Cx, Error};

use crate::entity::Kind;
use crate::tables::{COUNTS, POLICIES, VERSIONS};
use crate::{
    account, count, instance_profile, mfa_device, oidc_provider, saml_provider, server_certificate,
};

/// What this server does not have yet is counted as none.
const NONE: [&str; 3] =
    ["AccountMFAEnabled", "AccountPasswordPresent", "AccountSigningCertificatesPresent"];

/// AWS: "IAM and AWS STS quotas" (IAM User Guide).
const QUOTAS: [(&str, usize); 18] = [
    ("AccessKeysPerUserQuota", 2),
    ("AssumeRolePolicySizeQuota", 2048),
    ("AttachedPoliciesPerGroupQuota", 10),
    ("AttachedPoliciesPerRoleQuota", 10),
    ("AttachedPoliciesPerUserQuota", 10),
    ("GroupPolicySizeQuota", 5120),
    ("GroupsPerUserQuota", 10),
    ("GroupsQuota", 300),
    ("InstanceProfilesQuota", 1000),
    ("PoliciesQuota", 1500),
    ("PolicySizeQuota", 6144),
    ("RolePolicySizeQuota", 10240),
    ("RolesQuota", 1000),
    ("ServerCertificatesQuota", 20),
    ("SigningCertificatesPerUserQuota", 2),
    ("UserPolicySizeQuota", 2048),
    ("UsersQuota", 5000),
    ("VersionsPerPolicyQuota", 5),
];

/// Never changed by a server's factor.
const FIXED: [(&str, usize); 1] = [("PolicyVersionsInUseQuota", 10_000)];

/// Of session tokens of the global endpoint: 1 or 2. Kept among the counts; the tokens of this
/// server are good everywhere, whichever is chosen.
const TOKEN_VERSION: &str = "GlobalEndpointTokenVersion";
const TOKEN_VERSION_DEFAULT: usize = 2;

pub fn get_account_summary(
    cx: &mut Cx<'_>,
    _input: GetAccountSummaryRequest,
) -> Result<GetAccountSummaryResponse, Error> {
    let account = cx.account();
    let number = account.number();
    let root_keys = account::root_keys(cx.tx, account)?.len();
    let policies = POLICIES.scan(cx.tx, POLICIES.prefix((number,)), usize::MAX)?.len();
    let versions = VERSIONS.scan(cx.tx, VERSIONS.prefix((number,)), usize::MAX)?.len();
    let (devices, devices_in_use) = mfa_device::counts(cx.tx, account)?;
    let providers = size(oidc_provider::count(cx.tx, account)?)
        .saturating_add(size(saml_provider::count(cx.tx, account)?));
    let of = |kind: Kind| count::of(cx.tx, account, kind.word());
    let mut counts: Vec<(&str, usize)> = vec![
        ("AccountAccessKeysPresent", usize::from(root_keys > 0)),
        ("Groups", size(of(Kind::Group)?)),
        ("InstanceProfiles", size(instance_profile::count(cx.tx, account)?)),
        ("MFADevices", size(devices)),
        ("MFADevicesInUse", devices_in_use),
        ("Policies", policies),
        ("PolicyVersionsInUse", versions),
        ("Providers", providers),
        ("Roles", size(of(Kind::Role)?)),
        ("ServerCertificates", size(server_certificate::count(cx.tx, account)?)),
        ("Users", size(of(Kind::User)?)),
    ];
    let version = match count::of(cx.tx, account, TOKEN_VERSION)? {
        0 => TOKEN_VERSION_DEFAULT,
        version => size(version),
    };
    counts.push((TOKEN_VERSION, version));
    counts.extend(NONE.map(|name| (name, 0)));
    counts.extend(FIXED);
    counts.extend(QUOTAS.map(|(name, most)| (name, raised(cx, name, most))));
    let summary = counts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), i32::try_from(count).unwrap_or(i32::MAX)));
    Ok(GetAccountSummaryResponse { summary_map: Some(summary.collect()) })
}

pub fn set_security_token_service_preferences(
    cx: &mut Cx<'_>,
    input: SetSecurityTokenServicePreferencesRequest,
) -> Result<SetSecurityTokenServicePreferencesResponse, Error> {
    let version: u64 = match input.global_endpoint_token_version {
        GlobalEndpointTokenVersion::V1Token => 1,
        _ => 2,
    };
    let account = cx.account().number();
    COUNTS.put(cx.tx, (account, TOKEN_VERSION), &version)?;
    Ok(SetSecurityTokenServicePreferencesResponse::default())
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn raised(cx: &Cx<'_>, name: &str, most: usize) -> usize {
    if name == "VersionsPerPolicyQuota" { most } else { count::raised(cx, most) }
}
