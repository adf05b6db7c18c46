//! What holds for every input: reading never panics, and a tree survives being written as YAML with
//! short tags or as JSON.

use cloudformation::template::{Map, Template, Value, parse};
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

proptest! {
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
