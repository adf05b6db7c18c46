//! The cases of `cases/`, each file through one harness: text in, tree, sentence or value out.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken case fails its test")]

use std::collections::{BTreeMap, BTreeSet};

use cloudformation::physical_name::physical_name;
use cloudformation::schema::Schemas;
use cloudformation::template::intrinsics::Lookup;
use cloudformation::template::transform::Workshop;
use cloudformation::template::{
    Bound, Capabilities, Conditions, Environment, Error, Given, Graph, Map, PseudoParameters,
    Scope, Summary, Template, Value, parameters, parse, rules, transform,
};
use serde_json::{Value as Json, json};

fn cases(name: &str) -> Vec<Json> {
    let path = format!("{}/tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let mut cases = file["cases"].as_array().unwrap().clone();
    assert!(!cases.is_empty(), "{path} holds no cases");
    // serde_json sorts members; a template's order matters, so it is taken from the text.
    let ordered = parse::parse(&text).unwrap();
    let ordered = ordered.as_map().unwrap()["cases"].as_list().unwrap();
    for (case, ordered) in cases.iter_mut().zip(ordered) {
        if let Some(template @ Value::Map(_)) = ordered.as_map().unwrap().get("template") {
            case["template"] = json!(template.to_json_text());
        }
    }
    cases
}

/// Runs each case and reports all that differ.
fn each(file: &str, run: impl Fn(&Json) -> (Json, Json)) {
    let mut failures = Vec::new();
    for case in cases(file) {
        let (expected, got) = run(&case);
        if expected != got {
            failures.push(format!("{}\n  expected {expected}\n  got      {got}", case["name"]));
        }
    }
    assert!(
        failures.is_empty(),
        "{} cases of {file} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// A template given as text, as lines or as a JSON object.
fn body(case: &Json) -> String {
    match &case["template"] {
        Json::Array(lines) => {
            lines.iter().map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
        }
        text => text.as_str().unwrap().to_owned(),
    }
}

fn given(case: &Json) -> Vec<Given> {
    let Some(map) = case["parameters"].as_object() else {
        return Vec::new();
    };
    map.iter()
        .map(|(name, value)| Given {
            name: name.clone(),
            value: value
                .as_str()
                .map(str::to_owned)
                .or_else(|| value["value"].as_str().map(str::to_owned)),
            use_previous: value["use_previous"] == true,
        })
        .collect()
}

fn previous(case: &Json) -> BTreeMap<String, String> {
    let previous = case["previous"].as_object().into_iter().flatten();
    previous.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// A world in which the resources of `made` exist: Ref answers `<id>-ref`, GetAtt `<id>.<name>`.
struct World {
    pseudo: PseudoParameters,
    bound: Bound,
    made: BTreeSet<String>,
    types: BTreeMap<String, String>,
}

impl Environment for World {
    fn pseudo(&self) -> &PseudoParameters {
        &self.pseudo
    }
    fn parameter(&self, name: &str) -> Option<Value> {
        self.bound.get(name)
    }
    fn reference(&self, logical_id: &str) -> Lookup {
        match self.made.contains(logical_id) {
            true => Lookup::Known(Value::string(format!("{logical_id}-ref"))),
            false if self.types.contains_key(logical_id) => Lookup::NotYet,
            false => Lookup::Absent,
        }
    }
    fn attribute(&self, logical_id: &str, name: &str) -> Lookup {
        let schema = self.types.get(logical_id).and_then(|name| Schemas::bundled().get(name));
        match schema.is_some_and(|schema| schema.has_attribute(name)) {
            true if self.made.contains(logical_id) => {
                Lookup::Known(Value::string(format!("{logical_id}.{name}")))
            }
            true => Lookup::NotYet,
            false => Lookup::Absent,
        }
    }
    fn import(&self, export: &str) -> Option<String> {
        (export == "shared-name").then(|| "imported".to_owned())
    }
    fn availability_zones(&self, region: &str) -> Vec<String> {
        let region = if region.is_empty() { &self.pseudo.region } else { region };
        ["a", "b"].iter().map(|zone| format!("{region}{zone}")).collect()
    }
}

fn world(template: &Template, case: &Json) -> Result<World, Error> {
    let pending: BTreeSet<&str> =
        case["pending"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let names = template.resources.keys().filter(|name| !pending.contains(name.as_str()));
    Ok(World {
        pseudo: PseudoParameters {
            account_id: "123456789012".into(),
            notification_arns: vec!["arn:aws:sns:us-east-1:123456789012:topic".into()],
            partition: "aws".into(),
            region: "us-east-1".into(),
            stack_id: "arn:aws:cloudformation:us-east-1:123456789012:stack/demo/1".into(),
            stack_name: "demo".into(),
            url_suffix: "amazonaws.com".into(),
        },
        bound: parameters::bind(template, &given(case), &previous(case))?,
        made: names.cloned().collect(),
        types: template
            .resources
            .iter()
            .map(|(name, resource)| (name.clone(), resource.resource_type.clone()))
            .collect(),
    })
}

/// The outcome of everything that a create does before its first call: `{"error": …}` or the
/// resolved properties and outputs.
fn resolve(case: &Json) -> Result<Json, Error> {
    let template = Template::parse(&body(case))?;
    let world = world(&template, case)?;
    let conditions = Conditions::evaluate(&template, &world)?;
    let graph = Graph::of(&template, &conditions)?;
    let scope = Scope { template: &template, conditions: &conditions, environment: &world };
    let mut resources = serde_json::Map::new();
    for name in graph.order() {
        let properties = Value::Map(scope.properties(name)?).to_json();
        resources.insert(name.to_owned(), properties);
    }
    let mut outputs = serde_json::Map::new();
    for (name, output) in &template.outputs {
        if conditions.admits(output.condition.as_deref()) {
            let (value, export) = scope.output(name)?.unwrap();
            outputs.insert(name.clone(), json!({"value": value, "export": export}));
        }
    }
    Ok(json!({"resources": resources, "outputs": outputs}))
}

fn outcome<T>(result: Result<T, Error>, show: impl Fn(T) -> Json) -> Json {
    match result {
        Ok(value) => show(value),
        Err(error) => json!(error.to_string()),
    }
}

#[test]
fn templates_are_refused_in_the_words_of_aws() {
    each("refused", |case| {
        let result = Template::parse(&body(case))
            .and_then(|template| Schemas::bundled().recognise(&template));
        (case["error"].clone(), outcome(result, |()| json!("accepted")))
    });
}

#[test]
fn templates_are_accepted_as_aws_accepts_them() {
    each("accepted", |case| {
        let result = Template::parse(&body(case));
        (json!("accepted"), outcome(result, |_| json!("accepted")))
    });
}

#[test]
fn functions_resolve_to_what_they_answer_on_aws() {
    each("resolved", |case| {
        let got = outcome(resolve(case), |value| value);
        let Some(expected) = case.get("error") else {
            let wanted = ["resources", "outputs"].map(|part| (part, case.get(part)));
            let expected: serde_json::Map<_, _> = wanted
                .into_iter()
                .filter_map(|(part, value)| Some((part.to_owned(), value?.clone())))
                .collect();
            let got: serde_json::Map<_, _> = match got {
                Json::Object(map) => {
                    map.into_iter().filter(|(part, _)| expected.contains_key(part)).collect()
                }
                error => return (expected.into(), error),
            };
            return (expected.into(), got.into());
        };
        (expected.clone(), got)
    });
}

#[test]
fn yaml_with_short_tags_is_json_in_the_long_form() {
    each("yaml", |case| {
        let expected = case.get("error").unwrap_or(&case["json"]).clone();
        (expected, outcome(parse::parse(&body(case)), |value| value.to_json()))
    });
}

#[test]
fn parameters_are_bound_or_refused_by_their_declaration() {
    each("parameters", |case| {
        let template = json!({
            "Parameters": case["declared"],
            "Resources": {"B": {"Type": "AWS::S3::Bucket"}},
        });
        let result = Template::parse(&template.to_string()).and_then(|template| {
            parameters::bind(&template, &given(case), &previous(case)).map(|bound| {
                let names = template.parameters.keys();
                let values = names.map(|name| (name.clone(), bound.get(name).unwrap().to_json()));
                values.collect::<serde_json::Map<_, _>>()
            })
        });
        let expected = case.get("error").unwrap_or(&case["bound"]).clone();
        (expected, outcome(result, Json::Object))
    });
}

#[test]
fn resources_are_ordered_by_what_they_mention() {
    each("ordered", |case| {
        let levels = || {
            let template = Template::parse(&body(case))?;
            let world = world(&template, case)?;
            let conditions = Conditions::evaluate(&template, &world)?;
            Graph::of(&template, &conditions)
        };
        let expected = case.get("error").unwrap_or(&case["levels"]).clone();
        (expected, outcome(levels(), |graph| json!(graph.levels())))
    });
}

#[test]
fn transforms_make_of_a_template_what_they_make_on_aws() {
    let path = format!("{}/tests/cases/processed.json", env!("CARGO_MANIFEST_DIR"));
    let file: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut include = |location: &str| match file["included"][location].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err("S3 bucket [doesnotexist] does not exist.".to_owned()),
    };
    let include = std::cell::RefCell::new(&mut include);
    each("processed", |case| {
        let processed = || {
            let value = parse::parse(&body(case))?;
            let outline = Template::outline(&value)?;
            let world = world(&outline, case)?;
            let conditions = Conditions::default();
            let scope = Scope { template: &outline, conditions: &conditions, environment: &world };
            let mut include = include.borrow_mut();
            let mut workshop = Workshop {
                scope,
                account: "123456789012",
                include: &mut **include,
                room: transform::Room::new(transform::MAX_PROCESSED),
            };
            transform::process(value, &mut workshop)
        };
        let expected = case.get("error").unwrap_or(&case["processed"]).clone();
        (expected, outcome(processed(), |value| value.to_json()))
    });
}

#[test]
fn rules_hold_before_anything_is_made() {
    each("rules", |case| {
        let held = || {
            let template = Template::parse(&body(case))?;
            let world = world(&template, case)?;
            let conditions = Conditions::evaluate(&template, &world)?;
            let scope = Scope { template: &template, conditions: &conditions, environment: &world };
            rules::hold(&scope)
        };
        (case["error"].clone(), outcome(held(), |()| Json::Null))
    });
}

#[test]
fn capabilities_are_required_for_identities_names_and_macros() {
    each("capabilities", |case| {
        let template = Template::parse(&body(case)).unwrap();
        let capabilities = Capabilities::of(&template);
        let acknowledged: Vec<String> = serde_json::from_value(case["given"].clone()).unwrap();
        let checked = outcome(capabilities.check(&acknowledged), |()| Json::Null);
        (
            json!([case["required"], case["reason"], case["error"]]),
            json!([capabilities.required, capabilities.reason, checked]),
        )
    });
}

#[test]
fn properties_are_checked_and_coerced_by_the_schema_of_their_type() {
    each("properties", |case| {
        let schema = Schemas::bundled().get(case["type"].as_str().unwrap()).unwrap();
        let Value::Map(properties) = Value::from(&case["properties"]) else { panic!() };
        let result = schema.validate("R", &properties);
        let prefix = "Properties validation failed for resource R with message: ";
        let expected = match case.get("violations") {
            Some(violations) => json!(format!("{prefix}{}", violations.as_str().unwrap())),
            None => case["coerced"].clone(),
        };
        (expected, outcome(result, |map: Map| Value::Map(map).to_json()))
    });
}

#[test]
fn physical_names_follow_the_rule_of_their_type() {
    each("names", |case| {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        let entropy: u128 = text("entropy").parse().unwrap();
        let name = physical_name(&text("type"), &text("stack"), &text("logical_id"), entropy);
        (case["physical_name"].clone(), json!(name))
    });
}

#[test]
fn a_name_depends_on_nothing_but_what_is_passed_in() {
    let name = |entropy| physical_name("AWS::IAM::Role", "stack", "Role", entropy).unwrap();
    assert_eq!(name(7), name(7));
    assert_ne!(name(7), name(8));
}

#[test]
fn every_bundled_type_has_an_identifier_and_compiles_its_patterns() {
    let schemas = Schemas::bundled();
    assert!(schemas.types().count() >= 16);
    for name in schemas.types() {
        assert!(!schemas.get(name).unwrap().primary_identifier.is_empty(), "{name}");
    }
    let role = schemas.get("AWS::IAM::Role").unwrap();
    assert!(role.replaces("RoleName") && role.replaces("Path") && !role.replaces("Description"));
    assert!(role.has_attribute("Arn") && role.has_attribute("RoleId"));
    assert!(!role.has_attribute("RoleName"));
    assert_eq!(role.tag_property.as_deref(), Some("Tags"));
}

#[test]
fn a_stack_is_built_and_torn_down_step_by_step() {
    let template = Template::parse(
        r#"{"Resources": {
            "A": {"Type": "AWS::S3::Bucket"},
            "B": {"Type": "AWS::S3::Bucket", "DependsOn": "A"},
            "C": {"Type": "AWS::S3::Bucket", "DependsOn": ["A", "B"]}}}"#,
    )
    .unwrap();
    let graph = Graph::of(&template, &Conditions::default()).unwrap();
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(graph.ready(&set(&[])), ["A"]);
    assert_eq!(graph.ready(&set(&["A"])), ["B"]);
    assert_eq!(graph.ready_to_delete(&set(&[])), ["C"]);
    assert_eq!(graph.ready_to_delete(&set(&["C"])), ["B"]);
    assert_eq!(graph.order().rev().collect::<Vec<_>>(), ["C", "B", "A"]);
    assert_eq!(graph.dependents("A").collect::<Vec<_>>(), ["B", "C"]);
    assert_eq!(graph.dependencies("C").collect::<Vec<_>>(), ["A", "B"]);
}

#[test]
fn a_summary_names_what_a_template_declares() {
    let template = Template::parse(
        "Description: d\nMetadata: {K: v}\nTransform: AWS::Include\n\
         Parameters: {P: {Type: String, NoEcho: true}}\n\
         Resources:\n  U: {Type: AWS::IAM::User}\n  B: {Type: AWS::S3::Bucket}\n  \
         V: {Type: AWS::IAM::User}\n",
    )
    .unwrap();
    let summary = Summary::of(&template, Schemas::bundled());
    assert_eq!(summary.description, Some("d"));
    assert_eq!(summary.metadata.as_deref(), Some(r#"{"K":"v"}"#));
    assert_eq!(summary.resource_types, ["AWS::IAM::User", "AWS::S3::Bucket"]);
    assert_eq!(summary.capabilities.required, ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]);
    assert_eq!(summary.declared_transforms, ["AWS::Include"]);
    assert!(summary.parameters["P"].no_echo);
    let [users, _] = summary.resource_identifiers.as_slice() else { panic!() };
    assert_eq!(
        (users.logical_ids.as_slice(), users.properties.as_slice()),
        (&["U", "V"][..], &["UserName"][..])
    );
}

#[test]
fn a_secret_parameter_is_shown_nowhere() {
    let template = Template::parse(
        r#"{"Parameters": {"P": {"Type": "String", "NoEcho": "true"}, "Q": {"Type": "String"}},
            "Resources": {"B": {"Type": "AWS::S3::Bucket"}}}"#,
    )
    .unwrap();
    let given = ["P", "Q"].map(|name| Given {
        name: name.to_owned(),
        value: Some("hunter2".to_owned()),
        use_previous: false,
    });
    let bound = parameters::bind(&template, &given, &BTreeMap::new()).unwrap();
    assert_eq!(bound.shown().collect::<Vec<_>>(), [("P", "****"), ("Q", "hunter2")]);
    assert!(!format!("{bound:?}{given:?}").contains("hunter2"));
}
