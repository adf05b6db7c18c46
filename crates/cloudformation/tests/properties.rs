//! What holds for every input: reading never panics, and a tree survives being written as YAML with
//! short tags or as JSON.

use cloudformation::template::intrinsics::Lookup;
use cloudformation::template::transform::{self, MAX_PROCESSED, Room, Workshop};
use cloudformation::template::{
    Conditions, Environment, Map, PseudoParameters, Scope, Template, Value, parse, rules,
};
use proptest::prelude::*;

const YAML_LIKE: &str = "[-?:,\\[\\]{}#&*!|>'\"%@` \t\nA-Za-z0-9~.]{0,200}";
const JSON_LIKE: &str = "\\{[-\\[\\]{}:,\"\\\\ \nu0-9a-f.+truefalsn]{0,120}";

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|number| Value::Number(number.to_string())),
        "[ -~\u{e9}\u{1f980}]{0,12}".prop_map(Value::String),
    ]
}

fn call(name: &str, argument: Value) -> Value {
    Value::Map(Map::from([(name.to_owned(), argument)]))
}

fn tree() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[A-Za-z ]{1,6}", inner.clone()), 0..4)
                .prop_map(|members| Value::Map(members.into_iter().collect())),
            "[A-Za-z]{1,6}".prop_map(|name| call("Ref", Value::String(name))),
            ("[A-Za-z]{1,6}", "[A-Za-z.]{1,6}").prop_map(|(resource, name)| {
                call("Fn::GetAtt", Value::List(vec![Value::String(resource), Value::String(name)]))
            }),
            (prop::sample::select(vec!["Fn::Join", "Fn::If", "Fn::Select", "Fn::Sub"]), inner)
                .prop_map(|(name, item)| call(name, Value::List(vec![item]))),
        ]
    })
}

/// YAML in flow style, functions as short tags.
fn yaml(value: &Value) -> String {
    if let Some((name, argument)) = value.function() {
        let tag = name.strip_prefix("Fn::").unwrap_or(name);
        return format!("!{tag} {}", yaml(argument));
    }
    match value {
        Value::List(list) => {
            format!("[{}]", list.iter().map(yaml).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let members = map.iter().map(|(key, value)| format!("\"{key}\": {}", yaml(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_json_text(),
    }
}

/// A world of which nothing is known but one list.
struct Nowhere(PseudoParameters);

impl Environment for Nowhere {
    fn pseudo(&self) -> &PseudoParameters {
        &self.0
    }
    fn parameter(&self, name: &str) -> Option<Value> {
        (name == "L").then(|| Value::List(vec![Value::string("a"), Value::string("b")]))
    }
    fn reference(&self, _: &str) -> Lookup {
        Lookup::NotYet
    }
    fn attribute(&self, _: &str, _: &str) -> Lookup {
        Lookup::NotYet
    }
    fn import(&self, _: &str) -> Option<String> {
        None
    }
    fn availability_zones(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Trees with the calls that transforms look at.
fn extended() -> impl Strategy<Value = Value> {
    let names = vec![
        "Fn::FindInMap",
        "Fn::ForEach::X",
        "Fn::Join",
        "Fn::Length",
        "Fn::Select",
        "Fn::Split",
        "Fn::ToJsonString",
        "Fn::Transform",
    ];
    tree().prop_recursive(4, 60, 4, move |inner| {
        let loops = ("[A-Z]", inner.clone(), "[A-Z${}&]{0,6}", inner.clone());
        prop_oneof![
            (prop::sample::select(names.clone()), prop::collection::vec(inner.clone(), 0..4))
                .prop_map(|(name, items)| call(name, Value::List(items))),
            (prop::sample::select(names.clone()), inner).prop_map(|(name, item)| call(name, item)),
            loops.prop_map(|(identifier, items, key, fragment)| {
                let items = Value::List(vec![items, call("Ref", Value::string("L"))]);
                let parts = vec![Value::string(identifier), items, call(&key, fragment)];
                call("Fn::ForEach::L", Value::List(parts))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn processing_any_tree_never_panics(properties in extended(), outputs in extended()) {
        let member = Value::Map(Map::from([
            ("Type".to_owned(), Value::string("AWS::S3::Bucket")),
            ("Properties".to_owned(), properties.clone()),
            ("DeletionPolicy".to_owned(), outputs.clone()),
        ]));
        let root = Value::Map(Map::from([
            ("Transform".to_owned(), Value::string("AWS::LanguageExtensions")),
            ("Resources".to_owned(), call("R", member)),
            ("Conditions".to_owned(), properties),
            ("Outputs".to_owned(), outputs),
        ]));
        let Ok(outline) = Template::outline(&root) else { return Ok(()) };
        let (nowhere, conditions) = (Nowhere(PseudoParameters::default()), Conditions::default());
        let scope = Scope { template: &outline, conditions: &conditions, environment: &nowhere };
        let mut include = |_: &str| Ok("{\"K\": {\"Ref\": \"L\"}}".to_owned());
        let room = Room::new(MAX_PROCESSED);
        let mut workshop = Workshop { scope, account: "1", include: &mut include, room };
        let processed = transform::process(root, &mut workshop);
        drop(processed.and_then(|value| Template::from_processed(value, true)));
    }

    #[test]
    fn holding_any_rule_never_panics(rule in extended(), condition in extended()) {
        let assertions = Value::List(vec![call("Assert", rule)]);
        let rule = Value::Map(Map::from([
            ("RuleCondition".to_owned(), condition),
            ("Assertions".to_owned(), assertions),
        ]));
        let resource = call("Type", Value::string("AWS::S3::Bucket"));
        let root = Value::Map(Map::from([
            ("Resources".to_owned(), call("R", resource)),
            ("Rules".to_owned(), call("R", rule)),
        ]));
        if let Ok(template) = Template::from_value(root) {
            let (nowhere, conditions) = (Nowhere(PseudoParameters::default()), Conditions::default());
            let scope = Scope { template: &template, conditions: &conditions, environment: &nowhere };
            drop(rules::hold(&scope));
        }
    }

    #[test]
    fn reading_any_text_never_panics(text in any::<String>()) {
        drop(Template::parse(&text));
    }

    #[test]
    fn reading_yaml_like_text_never_panics(text in YAML_LIKE) {
        drop(Template::parse(&text));
    }

    #[test]
    fn reading_json_like_text_never_panics(text in JSON_LIKE) {
        drop(Template::parse(&text));
    }

    #[test]
    fn checking_any_tree_never_panics(resource in tree(), output in tree(), condition in tree()) {
        let properties = call("P", resource);
        let member = Value::Map(Map::from([
            ("Type".to_owned(), Value::string("AWS::S3::Bucket")),
            ("Properties".to_owned(), properties),
        ]));
        let root = [
            ("Resources".to_owned(), call("R", member)),
            ("Outputs".to_owned(), call("O", call("Value", output))),
            ("Conditions".to_owned(), call("C", condition)),
        ];
        drop(Template::from_value(Value::Map(Map::from(root))));
    }

    #[test]
    fn a_tree_written_as_json_reads_as_itself(value in tree()) {
        let written = Value::Map(Map::from([("K".to_owned(), value)]));
        prop_assert_eq!(parse::parse(&written.to_json_text()).unwrap(), written);
    }

    #[test]
    fn short_tags_read_as_the_long_form(value in tree()) {
        let written = format!("---\nK: {}\n", yaml(&value));
        let expected = Value::Map(Map::from([("K".to_owned(), value)]));
        prop_assert_eq!(parse::parse(&written).unwrap(), expected);
    }
}
