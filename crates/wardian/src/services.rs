//! What the server serves: one line a service.

use gateway::Service;

use crate::admin;

/// Every service.
pub struct Services {
    /// The one of the requests that no other claims by name.
    pub s3: Service,
    pub others: Vec<Service>,
}

/// # Errors
/// Where the rows of a service do not parse: a fault of this build.
pub fn services() -> Result<Services, serde_json::Error> {
    Ok(Services {
        s3: s3::service()?,
        others: vec![
            admin::service()?,
            cloudformation::service()?,
            identity::iam()?,
            identity::organizations()?,
            identity::sts()?,
            s3::control()?,
            sns::service()?,
            ssm::service()?,
        ],
    })
}
