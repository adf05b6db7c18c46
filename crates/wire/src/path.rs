//! Where in an input something stands, kept as steps and spelled only when it has to be told.

use api::{Kind, Shape};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The member's place in its structure.
    Member(usize),
    /// From zero.
    Item(usize),
    Entry(String),
}

/// `tags.1.member.key`: names begin in lower case, items count from one.
pub fn spell(root: &'static Shape, steps: &[Step]) -> String {
    let mut text = String::new();
    let mut shape = root;
    for step in steps {
        match (step, &shape.kind) {
            (Step::Member(index), Kind::Structure(members)) => {
                let Some(member) = members.get(*index) else { return text };
                push(&mut text, &lower(member.name));
                shape = member.shape;
            }
            (Step::Item(index), Kind::List { element, .. }) => {
                push(&mut text, &(index + 1).to_string());
                push(&mut text, "member");
                shape = element.shape;
            }
            (Step::Entry(key), Kind::Map { value, .. }) => {
                push(&mut text, key);
                push(&mut text, "member");
                shape = value.shape;
            }
            _ => return text,
        }
    }
    text
}

/// AWS's member names as Java's: the first letter in lower case.
pub fn lower(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

fn push(text: &mut String, part: &str) {
    if !text.is_empty() {
        text.push('.');
    }
    text.push_str(part);
}
