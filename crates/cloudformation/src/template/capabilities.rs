//! What a caller must acknowledge before a template may run: that it makes identities, that it
//! names them, that it expands macros.
//!
//! Source: API reference of CreateStack, "Capabilities".

use std::collections::BTreeSet;

use super::{Error, Resource, Template};

const IAM: &str = "CAPABILITY_IAM";
const NAMED_IAM: &str = "CAPABILITY_NAMED_IAM";
const AUTO_EXPAND: &str = "CAPABILITY_AUTO_EXPAND";

/// The types that the API reference lists, each with the property that names the resource.
const TYPES: [(&str, Option<&str>); 8] = [
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

/// What one template requires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `CAPABILITY_IAM` or `CAPABILITY_NAMED_IAM`, then `CAPABILITY_AUTO_EXPAND`.
    pub required: Vec<&'static str>,
    /// CapabilitiesReason, when resources require some.
    pub reason: Option<String>,
}

impl Capabilities {
    /// Reads them off the template, whatever its conditions say.
    pub fn of(template: &Template) -> Self {
        let mut seen = BTreeSet::new();
        let types: Vec<&str> = template
            .resources
            .values()
            .map(|resource| resource.resource_type.as_str())
            .filter(|name| naming(name).is_some() && seen.insert(*name))
            .collect();
        let mut required = Vec::new();
        if template.resources.values().any(is_named) {
            required.push(NAMED_IAM);
        } else if !types.is_empty() {
            required.push(IAM);
        }
        if !template.transforms.is_empty() {
            required.push(AUTO_EXPAND);
        }
        let reason = (!types.is_empty()).then(|| {
            format!("The following resource(s) require capabilities: [{}]", types.join(", "))
        });
        Self { required, reason }
    }

    /// The same where nothing is expanded before it can be looked at: in a change set.
    #[must_use]
    pub fn without_expansion(mut self) -> Self {
        self.required.retain(|name| *name != AUTO_EXPAND);
        self
    }

    /// Checks what the caller acknowledged.
    ///
    /// # Errors
    /// `InsufficientCapabilitiesException` with what is missing.
    pub fn check(&self, acknowledged: &[String]) -> Result<(), Error> {
        let given = |name: &str| acknowledged.iter().any(|given| given == name);
        let missing: Vec<&str> = self
            .required
            .iter()
            .copied()
            .filter(|name| !given(name) && (*name != IAM || !given(NAMED_IAM)))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::InsufficientCapabilities(missing.into_iter().collect()))
    }
}

/// The row of the type, and in it the naming property.
fn naming(resource_type: &str) -> Option<Option<&'static str>> {
    TYPES.iter().find(|(name, _)| *name == resource_type).map(|(_, property)| *property)
}

fn is_named(resource: &Resource) -> bool {
    naming(&resource.resource_type)
        .flatten()
        .is_some_and(|property| resource.properties.contains_key(property))
}
