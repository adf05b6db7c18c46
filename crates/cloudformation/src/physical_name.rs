//! The names that CloudFormation gives to resources which their template leaves unnamed:
//! `<stack>-<logical id>-<random>`, shortened fairly to what the type allows. Types whose
//! identifier their service makes (policy ARNs, access keys) are named by that service.
//!
//! Source: the algorithm is that of the open-source CloudFormation CLI's IdentifierUtils; the form
//! of AWS::IAM::Policy is the older one that its documentation shows.

const RANDOM_LENGTH: usize = 12;
const MIXED: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

/// How the names of one type are made.
#[derive(Clone, Copy)]
struct Rule {
    max_length: usize,
    alphabet: &'static str,
    /// The most that the logical id may take.
    logical_id: usize,
}

/// A name for a resource of this type. Equal `entropy` makes equal names: derive it from what
/// identifies the operation, and a repeated step finds what it made before. Nothing is returned for
/// types that are not named this way.
pub fn physical_name(
    resource_type: &str,
    stack_name: &str,
    logical_id: &str,
    entropy: u128,
) -> Option<String> {
    let rule = rule(resource_type)?;
    // Parameters bear this in the place of their stack's name.
    let stack_name = if resource_type == "AWS::SSM::Parameter" { "CFN" } else { stack_name };
    let logical_id: String = logical_id.chars().take(rule.logical_id).collect();
    let stack_name = stack_name.trim_start_matches('-').replace("--", "-");
    let prefix = prefix(&stack_name, &logical_id, rule.max_length);
    let name = format!("{prefix}-{}", random(rule.alphabet, entropy));
    Some(if rule.alphabet == LOWER { name.to_ascii_lowercase() } else { name })
}

fn rule(resource_type: &str) -> Option<Rule> {
    let rule = |max_length, alphabet, logical_id| Some(Rule { max_length, alphabet, logical_id });
    match resource_type {
        "AWS::IAM::Role" | "AWS::IAM::User" => rule(64, MIXED, usize::MAX),
        "AWS::IAM::Group" | "AWS::IAM::InstanceProfile" | "AWS::IAM::ManagedPolicy" => {
            rule(128, MIXED, usize::MAX)
        }
        "AWS::CloudFormation::Stack" => rule(128, UPPER, usize::MAX),
        // Recorded ids do not hold a stack's name of 28 letters; how much of it is unverified.
        "AWS::IAM::Policy" | "AWS::IAM::UserToGroupAddition" => rule(25, UPPER, 4),
        "AWS::SNS::Topic" => rule(256, MIXED, usize::MAX),
        "AWS::SSM::Parameter" => rule(256, MIXED, usize::MAX),
        "AWS::S3::Bucket" => rule(63, LOWER, usize::MAX),
        _ => None,
    }
}

/// Stack name and logical id share what room there is: each pass offers both half of the rest, and
/// what the shorter one leaves goes to the longer.
fn prefix(stack_name: &str, logical_id: &str, max_length: usize) -> String {
    let separators = if max_length > 17 { 2 } else { 1 };
    let parts = [stack_name, logical_id].map(|part| part.chars().collect::<Vec<char>>());
    let mut taken = [0_usize; 2];
    let mut free = max_length.saturating_sub(RANDOM_LENGTH).saturating_sub(separators);
    loop {
        let share = (free / 2).max(1);
        let before = free;
        for (part, taken) in parts.iter().zip(&mut taken) {
            let more = part.len().saturating_sub(*taken).min(share).min(free);
            *taken = taken.saturating_add(more);
            free = free.saturating_sub(more);
        }
        if free == 0 || free == before {
            break;
        }
    }
    let [stack, logical] = parts;
    let [stack_length, logical_length] = taken;
    let mut prefix: String = stack.into_iter().take(stack_length).collect();
    prefix.push('-');
    prefix.extend(logical.into_iter().take(logical_length));
    prefix
}

/// The digits of the entropy in the base of the alphabet; 12 of them take at most 72 of its bits.
fn random(alphabet: &str, entropy: u128) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let base = alphabet.len().max(1) as u128;
    let mut rest = entropy;
    (0..RANDOM_LENGTH)
        .filter_map(|_| {
            let digit = usize::try_from(rest % base).ok()?;
            rest /= base;
            alphabet.get(digit)
        })
        .collect()
}
