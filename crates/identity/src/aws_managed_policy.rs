//! AWS's own managed policies: `arn:aws:iam::aws:policy/…`, the same in every account.
//!
//! They stand in `data/managed-policies`, a file each, and are read when one is first asked for.
//! Nobody changes them. AWS:
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html>

use std::sync::OnceLock;

use api::Timestamp;
use gateway::Error;
use policy::{Kind, Policy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document;

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(include_str!(concat!("../../../data/managed-policies/", $name, ".json")),)*]
    };
}

/// Sorted by name.
const FILES: &[&str] = files! {
    "APIGatewayServiceRolePolicy",
    "AWSAppMeshServiceRolePolicy",
    "AWSApplicationAutoscalingCassandraTablePolicy",
    "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy",
    "AWSAutoScalingPlansEC2AutoScalingPolicy",
    "AWSBackupServiceLinkedRolePolicyForBackup",
    "AWSCloudFormationReadOnlyAccess",
    "AWSCloudFrontVPCOriginServiceRolePolicy",
    "AWSCodeStarNotificationsServiceRolePolicy",
    "AWSConfigServiceRolePolicy",
    "AWSDMSFleetAdvisorServiceRolePolicy",
    "AWSDMSServerlessServiceRolePolicy",
    "AWSDenyAll",
    "AWSECRPullThroughCache_ServiceRolePolicy",
    "AWSElasticBeanstalkServiceRolePolicy",
    "AWSElasticLoadBalancingServiceRolePolicy",
    "AWSGitSyncServiceRolePolicy",
    "AWSIncidentManagerServiceRolePolicy",
    "AWSIoTManagedIntegrationsRolePolicy",
    "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
    "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
    "AWSKeyManagementServicePowerUser",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaExecute",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSM2ServicePolicy",
    "AWSOrganizationsReadOnlyAccess",
    "AWSResourceAccessManagerServiceRolePolicy",
    "AWSResourceExplorerServiceRolePolicy",
    "AWSRolesAnywhereServicePolicy",
    "AWSS3OnOutpostsServiceRolePolicy",
    "AWSSSMOpsInsightsServiceRolePolicy",
    "AWSSSOServiceRolePolicy",
    "AWSServiceRoleForAmazonEKSNodegroup",
    "AWSServiceRoleForImageBuilder",
    "AWSShieldServiceRolePolicy",
    "AWSStepFunctionsFullAccess",
    "AWSSupportAccess",
    "AWSSystemsManagerAccountDiscoveryServicePolicy",
    "AWSSystemsManagerOpsDataSyncServiceRolePolicy",
    "AWSUserNotificationsServiceLinkedRolePolicy",
    "AWSXRayDaemonWriteAccess",
    "AdministratorAccess",
    "AmazonAPIGatewayAdministrator",
    "AmazonAPIGatewayInvokeFullAccess",
    "AmazonAPIGatewayPushToCloudWatchLogs",
    "AmazonCognitoIdpEmailServiceRolePolicy",
    "AmazonConnectServiceLinkedRolePolicy",
    "AmazonDocDB-ElasticServiceRolePolicy",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonECSServiceRolePolicy",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSConnectorServiceRolePolicy",
    "AmazonEKSForFargateServiceRolePolicy",
    "AmazonEKSServiceRolePolicy",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEMRContainersServiceRolePolicy",
    "AmazonEMRServerlessServiceRolePolicy",
    "AmazonElasticFileSystemServiceRolePolicy",
    "AmazonFISServiceRolePolicy",
    "AmazonGrafanaServiceLinkedRolePolicy",
    "AmazonKinesisFullAccess",
    "AmazonLexBotPolicy",
    "AmazonLexV2BotPolicy",
    "AmazonMQServiceRolePolicy",
    "AmazonOpenSearchServerlessServiceRolePolicy",
    "AmazonOpenSearchServiceRolePolicy",
    "AmazonRDSFullAccess",
    "AmazonRDSServiceRolePolicy",
    "AmazonRedshiftServiceLinkedRolePolicy",
    "AmazonRoute53FullAccess",
    "AmazonRoute53ReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSESServiceRolePolicy",
    "AmazonSNSFullAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSSMFullAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMReadOnlyAccess",
    "AmazonSSMServiceRolePolicy",
    "AmazonVPCFullAccess",
    "AmazonVPCReadOnlyAccess",
    "AutoScalingServiceRolePolicy",
    "BatchServiceRolePolicy",
    "Billing",
    "CertificateManagerServiceRolePolicy",
    "CloudTrailServiceRolePolicy",
    "CloudWatchAgentServerPolicy",
    "CloudWatchFullAccess",
    "CloudWatchLogsFullAccess",
    "CloudWatchLogsReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "DatabaseAdministrator",
    "ECRReplicationServiceRolePolicy",
    "ECRTemplateServiceRolePolicy",
    "EMRDescribeClusterPolicyForEMRWAL",
    "Ec2InstanceConnectEndpoint",
    "ElastiCacheServiceRolePolicy",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "IAMSelfManageServiceSpecificCredentials",
    "IAMUserChangePassword",
    "IAMUserSSHKeys",
    "KafkaConnectServiceRolePolicy",
    "KafkaServiceRolePolicy",
    "KeyspacesReplicationServiceRolePolicy",
    "LakeFormationDataAccessServiceRolePolicy",
    "LightsailExportAccess",
    "MemoryDBServiceRolePolicy",
    "NetworkAdministrator",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SSMQuickSetupRolePolicy",
    "SecretsManagerReadWrite",
    "SecurityAudit",
    "SupportUser",
    "SystemAdministrator",
    "ViewOnlyAccess",
    "WAFLoggingServiceRolePolicy",
    "WAFV2LoggingServiceRolePolicy",
};

/// A policy of AWS's.
#[derive(Debug)]
pub struct AwsPolicy {
    pub id: String,
    pub name: String,
    pub path: String,
    pub arn: String,
    /// None where it is not known here.
    pub description: Option<String>,
    /// `v1`: only the version that is in force is known here.
    pub version: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub document: String,
    compiled: OnceLock<Policy>,
}

impl AwsPolicy {
    /// The compiled document.
    ///
    /// # Errors
    /// An internal failure, where the data does not parse: a test reads each.
    pub fn policy(&self) -> Result<Policy, Error> {
        if let Some(policy) = self.compiled.get() {
            return Ok(policy.clone());
        }
        let policy = document::kept(&self.document, Kind::Identity)?;
        Ok(self.compiled.get_or_init(|| policy).clone())
    }
}

/// All of them, sorted by name.
pub fn all() -> &'static [AwsPolicy] {
    static ALL: OnceLock<Vec<AwsPolicy>> = OnceLock::new();
    ALL.get_or_init(|| FILES.iter().filter_map(|text| read(text)).collect())
}

/// The policy of that ARN.
pub fn find(arn: &str) -> Option<&'static AwsPolicy> {
    all().iter().find(|policy| policy.arn == arn)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct File {
    #[serde(rename = "_source")]
    _source: String,
    policy_name: String,
    policy_id: String,
    path: String,
    description: Option<String>,
    default_version_id: String,
    create_date: String,
    update_date: String,
    document: Document,
}

/// In the order in which AWS prints it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    statement: Vec<Statement>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    effect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_action: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

fn read(text: &str) -> Option<AwsPolicy> {
    let file: File = serde_json::from_str(text).ok()?;
    Some(AwsPolicy {
        id: file.policy_id,
        arn: format!("arn:aws:iam::aws:policy{}{}", file.path, file.policy_name),
        name: file.policy_name,
        path: file.path,
        description: file.description,
        version: file.default_version_id,
        created: Timestamp::parse(&file.create_date)?,
        updated: Timestamp::parse(&file.update_date)?,
        document: serde_json::to_string_pretty(&file.document).ok()?,
        compiled: OnceLock::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_policy_that_compiles() {
        assert_eq!(all().len(), FILES.len());
        for policy in all() {
            policy.policy().unwrap_or_else(|error| panic!("{}: {error:?}", policy.name));
        }
    }

    #[test]
    fn policies_are_found_by_their_arn() {
        let arn = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
        assert_eq!(find(arn).map(|policy| policy.id.as_str()), Some("ANPAID22R6XPJATWOFDK6"));
        assert!(find("arn:aws:iam::aws:policy/ViewOnlyAccess").is_none());
    }
}
