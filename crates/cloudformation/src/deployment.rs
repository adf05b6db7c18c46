//! How an operation is to be gone about: DeploymentConfig. Every resource here is ready as soon as its
//! configuration is applied, so that EXPRESS has nothing less to wait for than STANDARD; but what
//! fails rests where it is, unless a rollback is asked for.
//!
//! AWS: API reference, DeploymentConfig; User Guide, "Deploy stacks faster with express mode".

use api::cloudformation::{DeploymentConfig, DeploymentConfigMode};
use minicbor::{Decode, Encode};

/// A DeploymentConfig, kept.
#[derive(Clone, Encode, Decode)]
pub struct Deployment {
    #[n(0)]
    mode: Option<String>,
    #[n(1)]
    disable_rollback: Option<bool>,
}

impl Deployment {
    pub fn given(config: DeploymentConfig) -> Self {
        Self {
            mode: config.mode.map(|mode| mode.as_str().to_owned()),
            disable_rollback: config.disable_rollback,
        }
    }

    /// As it is described.
    pub fn shown(&self) -> DeploymentConfig {
        DeploymentConfig {
            mode: self.mode.as_deref().map(DeploymentConfigMode::from),
            disable_rollback: self.disable_rollback,
        }
    }

    fn rests(&self) -> bool {
        let express = self.mode.as_deref() == Some(DeploymentConfigMode::Express.as_str());
        self.disable_rollback.unwrap_or(express)
    }
}

/// Whether what fails is to rest where it is. The parameter of the operation's own comes first.
/// (unverified)
pub fn rests(disable_rollback: Option<bool>, deployment: Option<&Deployment>) -> bool {
    disable_rollback.unwrap_or_else(|| deployment.is_some_and(Deployment::rests))
}
