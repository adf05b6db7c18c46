//! Templates: JSON and YAML, conditions, intrinsic functions, rules, transforms and the graph, up to
//! each resource's properties. What was parsed and is written as JSON parses the same.
//!
//! Input: the template; behind a byte 0x1e, lines `name=value` of parameters.

#![no_main]

use std::collections::BTreeMap;

use cloudformation::schema::Schemas;
use cloudformation::template::intrinsics::Lookup;
use cloudformation::template::transform::{self, MAX_PROCESSED, Room, Workshop};
use cloudformation::template::{
    Bound, Capabilities, Conditions, Environment, Error, Given, Graph, PseudoParameters, Scope,
    Summary, Template, Value, mentions, parameters, parse, rules,
};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let (body, given) = text.split_once('\u{1e}').unwrap_or((text, ""));
    let Ok(tree) = parse::parse(body) else { return Corpus::Keep };
    if matches!(tree, Value::Map(_)) {
        let written = tree.to_json_text();
        // Numbers that JSON would change are written as text.
        let again = parse::parse(&written).unwrap();
        assert_eq!(again.to_json_text(), written);
    }
    let given: Vec<Given> = given
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| Given {
            name: name.to_owned(),
            value: (value != "previous").then(|| value.to_owned()),
            use_previous: value == "previous",
        })
        .collect();
    if let Ok(template) = Template::from_value(tree.clone()) {
        if let Err(error) = through(&template, &given) {
            let _ = error.to_string();
        }
    }
    if let Err(error) = processed(tree, &given) {
        let _ = error.to_string();
    }
    Corpus::Keep
});

/// What a create does before its first call.
fn through(template: &Template, given: &[Given]) -> Result<(), Error> {
    let schemas = Schemas::bundled();
    let _ = schemas.recognise(template);
    let _ = (Summary::of(template, schemas), Capabilities::of(template).check(&[]));
    let bound = parameters::bind(template, given, &BTreeMap::new())?;
    let world = World { pseudo: pseudo(), bound, template };
    let conditions = Conditions::evaluate(template, &world)?;
    let graph = Graph::of(template, &conditions)?;
    let scope = Scope { template, conditions: &conditions, environment: &world };
    let _ = rules::hold(&scope);
    let mut done = 0;
    for name in graph.order() {
        done += 1;
        let _ = scope.known_properties(name);
        if let Ok(properties) = scope.properties(name) {
            let value = Value::Map(properties);
            let _ = (value.to_json(), mentions(&value, &conditions));
        }
    }
    assert_eq!(done, graph.resources().count(), "the order leaves something out");
    for name in template.outputs.keys() {
        let _ = scope.output(name);
    }
    let _ = template.policies(&scope);
    Ok(())
}

fn processed(tree: Value, given: &[Given]) -> Result<(), Error> {
    if transform::declared(&tree)?.is_empty() {
        return Ok(());
    }
    let outline = Template::outline(&tree)?;
    let bound = parameters::bind(&outline, given, &BTreeMap::new())?;
    let world = World { pseudo: pseudo(), bound, template: &outline };
    let conditions = Conditions::default();
    let scope = Scope { template: &outline, conditions: &conditions, environment: &world };
    let mut include = |_: &str| Ok("{\"K\": {\"Ref\": \"L\"}}".to_owned());
    let room = Room::new(MAX_PROCESSED);
    let mut workshop = Workshop { scope, account: "123456789012", include: &mut include, room };
    let value = transform::process(tree, &mut workshop)?;
    through(&Template::from_processed(value, true)?, given)
}

/// A world in which every resource of the template exists.
struct World<'t> {
    pseudo: PseudoParameters,
    bound: Bound,
    template: &'t Template,
}

fn pseudo() -> PseudoParameters {
    PseudoParameters {
        account_id: "123456789012".into(),
        notification_arns: vec!["arn:aws:sns:us-east-1:123456789012:topic".into()],
        partition: "aws".into(),
        region: "us-east-1".into(),
        stack_id: "arn:aws:cloudformation:us-east-1:123456789012:stack/demo/1".into(),
        stack_name: "demo".into(),
        url_suffix: "amazonaws.com".into(),
    }
}

impl Environment for World<'_> {
    fn pseudo(&self) -> &PseudoParameters {
        &self.pseudo
    }
    fn parameter(&self, name: &str) -> Option<Value> {
        self.bound.get(name)
    }
    fn reference(&self, logical_id: &str) -> Lookup {
        match self.template.resources.contains_key(logical_id) {
            true => Lookup::Known(Value::string(format!("{logical_id}-ref"))),
            false => Lookup::Absent,
        }
    }
    fn attribute(&self, logical_id: &str, name: &str) -> Lookup {
        match self.template.resources.contains_key(logical_id) {
            true => Lookup::Known(Value::string(format!("{logical_id}.{name}"))),
            false => Lookup::Absent,
        }
    }
    fn import(&self, export: &str) -> Option<String> {
        (export == "shared-name").then(|| "imported".to_owned())
    }
    fn availability_zones(&self, region: &str) -> Vec<String> {
        ["a", "b"].iter().map(|zone| format!("{region}{zone}")).collect()
    }
}
