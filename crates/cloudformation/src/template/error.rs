//! Every sentence with which CloudFormation refuses a template or its parameters, in one table.
//! Each is a `ValidationError` but one. Sentences marked (recorded) were seen in answers of AWS,
//! the others are quoted from transcripts, or known and not verified where marked (unverified).

use std::fmt;

/// Why a template, its parameters or a function in it was refused. Display is AWS's sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // The text. (recorded)
    #[error("Template format error: JSON not well-formed. (line {line}, column {column})")]
    JsonNotWellFormed { line: usize, column: usize },
    #[error("Template format error: YAML not well-formed. (line {line}, column {column})")]
    YamlNotWellFormed { line: usize, column: usize },
    #[error("Template error: YAML aliases are not allowed in CloudFormation templates")]
    YamlAlias,
    #[error("Template format error: unsupported structure.")]
    UnsupportedStructure,
    #[error("[{path}] 'null' values are not allowed in templates")]
    Null { path: String },

    // Sections and their members.
    #[error("Invalid template property or properties {0}")]
    UnknownSections(Names),
    /// (unverified)
    #[error("Template format error: unsupported value for AWSTemplateFormatVersion.")]
    Version,
    /// (unverified)
    #[error("Template format error: Every Description member must be a string.")]
    Description,
    #[error("Template format error: '{member}' length is greater than {limit}.")]
    TooLong { member: &'static str, limit: usize },
    #[error(
        "Template format error: Number of {section}, {count}, is greater than maximum allowed, \
         {limit}"
    )]
    TooMany { section: &'static str, count: usize, limit: usize },
    #[error("Template format error: {kind} name {name} is non alphanumeric.")]
    Name { kind: &'static str, name: String },
    #[error("Template format error: At least one Resources member must be defined.")]
    NoResources,
    #[error("Template format error: Any {section} member must be an object.")]
    MemberNotObject { section: &'static str },
    #[error(
        "Template format error: [/Resources/{0}] Every Resources object must contain a Type member."
    )]
    NoType(String),
    #[error("Template format error: [/Resources/{0}] Every Type member must be a string.")]
    TypeNotString(String),
    #[error("Invalid template {kind} property '{name}'")]
    UnknownMember { kind: &'static str, name: String },
    #[error("Template format error: Unrecognized resource types: {0}")]
    UnknownTypes(Names),
    #[error("Template format error: Every {0} member must be a string.")]
    MemberNotString(&'static str),
    /// (unverified)
    #[error("Template format error: Every DependsOn value must be a string.")]
    DependsOn,
    /// (unverified)
    #[error("Template format error: Unrecognized {member} {value} for resource {resource}")]
    Policy { member: &'static str, value: String, resource: String },
    #[error("Template format error: Every Outputs member must contain a Value object")]
    NoOutputValue,
    #[error("Template format error: Every Outputs member's Export must contain a Name.")]
    NoExportName,
    #[error("Template format error: Every Mappings member {0} must be a map")]
    MappingNotMap(String),
    #[error("Template format error: Every Mappings attribute must be a String or a List.")]
    MappingAttribute,
    #[error(
        "Template format error: Mappings attribute name '{0}' must contain only alphanumeric \
         characters."
    )]
    MappingName(String),
    #[error("Key Name of transform definition must be a string.")]
    TransformName,

    // What refers to what.
    #[error(
        "Template format error: Unresolved resource dependencies {names} in the {block} block \
         of the template"
    )]
    Unresolved { names: Names, block: Block },
    /// An output refers to a resource whose condition is false. (recorded: no prefix there)
    #[error("Unresolved resource dependencies {0} in the Outputs block of the template")]
    UnresolvedOutput(Names),
    #[error(
        "Template format error: Unresolved dependencies {0}. Cannot reference resources in the \
         Conditions block of the template"
    )]
    ResourceInCondition(Names),
    #[error(
        "Template format error: Unresolved condition dependency {name} in the {block} block of \
         the template"
    )]
    UnresolvedCondition { name: String, block: Block },
    #[error("Template error: unresolved condition dependency {0} in Fn::If")]
    UnresolvedIf(String),
    /// (unverified)
    #[error("Template format error: Circular dependency between conditions: {0}")]
    ConditionCycle(Names),
    #[error("Circular dependency between resources: {0}")]
    ResourceCycle(Names),
    #[error("Template error: instance of Fn::GetAtt references undefined resource {0}")]
    UndefinedResource(String),
    #[error("Template error: instance of Fn::Sub references invalid resource attribute {0}")]
    SubAttribute(String),
    /// (unverified)
    #[error("Output '{output}' not found in stack '{stack}'")]
    NoOutput { output: String, stack: String },
    #[error(
        "[Error] {path}: Resource type {resource_type} does not support attribute {{{attribute}}}"
    )]
    Attribute { path: String, resource_type: String, attribute: String },

    // The shapes of functions.
    #[error("Template error: every Ref object must have a single String value.")]
    Ref,
    #[error(
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource \
         name and the resource attribute"
    )]
    GetAtt,
    #[error(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. \
         Specify a string as first argument, and an optional second argument to specify a mapping \
         of values to replace in the string"
    )]
    Sub,
    #[error(
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric \
         characters, underscores, periods, and colons"
    )]
    SubVariable,
    #[error("Template error: variable {0} in Fn::Sub expression does not resolve to a string")]
    SubNotString(String),
    #[error(
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and \
         (2) a list of strings to be joined or a function that returns a list of strings (such as \
         Fn::GetAZs) to be joined."
    )]
    Join,
    #[error(
        "Template error: Fn::Select requires a list argument with two elements: an integer \
         index and a list"
    )]
    Select,
    #[error("Template error: Fn::Select cannot select nonexistent value at index {0}")]
    SelectIndex(usize),
    #[error(
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter \
         and (2) a string to be split or a function that returns a string to be split."
    )]
    Split,
    #[error(
        "Template error: every Fn::FindInMap object requires three parameters, the map name, \
         map key and the attribute for return value"
    )]
    FindInMap,
    #[error(
        "Template error: Mapping named '{0}' is not present in the 'Mappings' section of template."
    )]
    UnknownMapping(String),
    #[error("Template error: Unable to get mapping for {map}::{key}::{attribute}")]
    Mapping { map: String, key: String, attribute: String },
    #[error("Template error: every {0} object must have a String-typed value.")]
    StringValue(&'static str),
    /// (unverified)
    #[error("Template error: every Fn::Length object requires a list.")]
    Length,
    #[error(
        "Template error: every Fn::Cidr object requires an IP block, a count between 1 and 256 \
         and the number of host bits."
    )]
    Cidr,
    #[error(
        "Template error: the attribute in Fn::ImportValue must not depend on any resources, \
         imported values, or Fn::GetAZs"
    )]
    ImportValue,
    #[error("No export named {0} found.")]
    NoExport(String),
    #[error("Template error: every Fn::Equals object requires a list of 2 string parameters.")]
    Equals,
    #[error("Template error: Fn::If requires a list argument with three elements")]
    If,
    #[error(
        "Template error: Fn::If requires a list argument with the first element being a condition"
    )]
    IfCondition,
    #[error(
        "Template error: every {0} object requires a list of at least 2 and at most 10 boolean \
         parameters."
    )]
    AndOr(&'static str),
    #[error("Template error: every Fn::Not object requires one boolean parameter.")]
    Not,
    /// (unverified)
    #[error(
        "Template format error: Conditions can only be boolean operations on parameters and \
         other conditions"
    )]
    NotBoolean,
    #[error("Template error: Encountered unsupported function: {0}")]
    UnsupportedFunction(String),

    // Transforms. (recorded)
    #[error("Transform {name} failed with: {message}")]
    Transform { name: String, message: String },
    #[error("No transform named {0} found.")]
    NoTransform(String),

    // Rules. (unverified, all of them)
    #[error("Template error: rule {name} failed: {description}")]
    Rule { name: String, description: String },
    #[error(
        "Template format error: Every Rules member {0} must contain Assertions with an Assert."
    )]
    NoAssertion(String),
    #[error("Template format error: Rules can only be boolean operations on parameters")]
    NotRule,
    #[error("Template error: every {0} object in a rule requires the parameters of its kind.")]
    RuleOperands(String),
    #[error(
        "Template format error: Unresolved dependencies [{0}]. Rules can only reference parameters"
    )]
    RuleReference(String),

    // Parameters.
    #[error("Template format error: Every Parameters object must contain a Type member.")]
    NoParameterType,
    /// (unverified)
    #[error("Template format error: Unrecognized parameter type: {0}")]
    ParameterType(String),
    /// (unverified)
    #[error("Template format error: {member} of parameter {name} is not valid.")]
    ParameterMember { member: &'static str, name: String },
    #[error("Parameters: {0} do not exist in the template")]
    UnknownParameters(Names),
    #[error("Parameters: {0} must have values")]
    MissingParameters(Names),
    #[error(
        "Invalid input for parameter key {0}. Cannot specify usePreviousValue as true and non \
         empty value for a parameter"
    )]
    ValueAndPrevious(String),
    #[error("Parameter '{0}' must be one of AllowedValues")]
    AllowedValues(String),
    #[error("Parameter '{0}' must be a number.")]
    NotNumber(String),
    #[error("Parameter '{name}' must be a number not less than {bound}")]
    TooSmall { name: String, bound: String },
    #[error("Parameter '{name}' must be a number not greater than {bound}")]
    TooBig { name: String, bound: String },
    #[error("Parameter '{name}' must match pattern {pattern}")]
    Pattern { name: String, pattern: String },
    #[error("Parameter '{name}' must contain at least {bound} characters")]
    TooFewCharacters { name: String, bound: usize },
    #[error("Parameter '{name}' must contain at most {bound} characters")]
    TooManyCharacters { name: String, bound: usize },
    #[error("Parameter {name} failed to satisfy constraint: {description}")]
    Constraint { name: String, description: String },

    // Resources as a whole.
    /// (the sentence for UpdateReplacePolicy is unverified)
    #[error("Template error: resource type {resource_type} does not support {policy} Snapshot")]
    Snapshot { resource_type: String, policy: &'static str },
    #[error("Properties validation failed for resource {resource} with message: {message}")]
    Properties { resource: String, message: String },
    /// Functions multiply a template beyond measure. (unverified here: AWS's word for large
    /// templates)
    #[error("Template may not exceed {0} bytes in size.")]
    TooLarge(usize),
    #[error("Requires capabilities : {0}")]
    InsufficientCapabilities(Names),
}

impl Error {
    /// The error code of the answer; its status is 400.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InsufficientCapabilities(_) => "InsufficientCapabilitiesException",
            _ => "ValidationError",
        }
    }
}

/// Names in AWS's brackets: `[A, B]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0.join(", "))
    }
}

impl<T: Into<String>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// The section in which a function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    Conditions,
    Resources,
    Outputs,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conditions => "Conditions",
            Self::Resources => "Resources",
            Self::Outputs => "Outputs",
        })
    }
}
