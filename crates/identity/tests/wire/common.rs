//! A server of IAM, STS and Organizations, and the documents of its tests.

use std::ops::Deref;

use gateway::{Config, Limits, Parts};
pub use harness::{ACCOUNT, Answer, Client, NOW, OTHER_ACCOUNT};
use store::Store;

pub struct Server(harness::Server);

impl Server {
    pub fn start() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        let services = vec![
            identity::iam().expect("rows of iam"),
            identity::sts().expect("rows of sts"),
            identity::organizations().expect("rows of organizations"),
            crate::inner_calls::service(),
        ];
        Self(harness::Server::on(Store::memory(), |parts| {
            let config = Config { limits, ..parts.config };
            Parts { config, services, ..parts }
        }))
    }

    /// A user without permissions, with keys.
    pub fn user(&self, name: &str) -> Client<'_> {
        self.newcomer(name)
    }
}

impl Deref for Server {
    type Target = harness::Server;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

pub fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

/// A policy of one statement.
pub fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}}}"#
    )
}

/// A trust policy for one principal of AWS.
pub fn trusting(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}}]}}"#
    )
}
