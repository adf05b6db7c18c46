//! A kept request in words, for a terminal. What a server does not tell is left out.

use std::fmt::Write as _;

use serde_json::Value;

/// What stands in the way of a statement for everybody.
const PUBLIC: &str = "    (a bucket takes that while BlockPublicPolicy is off for it and for its account, and heeds it\n    \
     while RestrictPublicBuckets is)\n";

/// The whole of a request.
pub fn request(document: &Value) -> String {
    let mut text = String::new();
    let caller = document.get("caller").unwrap_or(&Value::Null);
    let verdict = if flag(document, "denied") { "Denied" } else { "Allowed" };
    let (service, operation) = (word(document, "service"), word(document, "operation"));
    let _ = writeln!(text, "{verdict}: {service} {operation}");
    let _ = writeln!(text, "  by       {} ({})", word(caller, "arn"), word(caller, "type"));
    let (id, time) = (word(document, "requestId"), word(document, "time"));
    let _ = writeln!(text, "  request  {id} at {time}");
    if let Some(error) = document.get("error") {
        let _ = writeln!(text, "  answer   {}: {}", word(error, "code"), word(error, "message"));
    }
    text.push_str(&decisions(document));
    if let Some(more) = document.get("furtherDecisions") {
        let _ = writeln!(text, "\n{more} further decisions of the request are not kept.");
    }
    text
}

/// What was decided, one decision after the other.
pub fn decisions(document: &Value) -> String {
    let mut text = String::new();
    let all = list(document, "decisions");
    if all.is_empty() {
        text.push_str("\nNo policy was asked: ");
        text.push_str(match (flag(document, "denied"), document.get("error")) {
            (true, _) => "a rule that no policy can change refused it.\n",
            (false, Some(_)) => "it was refused before.\n",
            (false, None) => "whoever holds valid credentials may do this.\n",
        });
    }
    if flag(document, "unknownAction") {
        text.push_str(
            "\nNo operation of this server asks for this action; policies alone were read.\n",
        );
    }
    for one in all {
        decision(&mut text, one);
    }
    text
}

fn decision(text: &mut String, one: &Value) {
    let verdict = if flag(one, "allowed") { "allowed" } else { "denied" };
    let (action, resource) = (word(one, "action"), word(one, "resource"));
    let _ = writeln!(text, "\n{action} on {resource}: {verdict}");
    let _ = writeln!(text, "  {}", word(one, "because"));
    if flag(one, "onlyAsked") {
        text.push_str("  The answer changed what was shown, not whether the request succeeded.\n");
    }
    for note in list(one, "notes") {
        let _ = writeln!(text, "  {}", note.as_str().unwrap_or_default());
    }
    let policies = list(one, "policies");
    if policies.is_empty() {
        text.push_str("  No policy applies.\n");
    } else {
        text.push_str("\n  Policies, in the order they count:\n");
    }
    for policy in policies {
        self::policy(text, policy);
    }
    for missing in list(one, "missing") {
        let _ = writeln!(text, "\n  Missing: {}", missing.as_str().unwrap_or_default());
    }
    if !flag(one, "allowed") {
        remedy(text, one.get("remedy").unwrap_or(&Value::Null));
    }
}

fn policy(text: &mut String, policy: &Value) {
    let kind = word(policy, "type");
    if flag(policy, "hidden") {
        let _ = match (word(policy, "side"), word(policy, "arn")) {
            ("organization", "") => writeln!(text, "  - {kind}: the organization's, not shown"),
            ("organization", arn) => writeln!(text, "  - {kind} {arn}: denies, not shown"),
            _ => writeln!(text, "  - {kind}: another account's, not shown"),
        };
        return;
    }
    let says = match word(policy, "says") {
        "Deny" => "denies",
        "Allow" => "allows",
        _ => "says nothing of this",
    };
    let level = policy.get("level").map(|level| format!(", level {level}")).unwrap_or_default();
    let name = match (word(policy, "arn"), word(policy, "name")) {
        ("", name) if kind.ends_with(name) => String::new(),
        ("", name) => format!(" {name}"),
        (arn, _) => format!(" {arn}"),
    };
    let owner = match word(policy, "owner") {
        "" => String::new(),
        owner => format!(" of {owner}"),
    };
    let _ = writeln!(text, "  - {kind}{name}{owner}{level}: {says}");
    for statement in list(policy, "statements") {
        self::statement(text, statement);
    }
}

fn statement(text: &mut String, statement: &Value) {
    let mark = match (flag(statement, "decided"), flag(statement, "matched")) {
        (true, _) => ">",
        (false, true) => "+",
        (false, false) => " ",
    };
    let number = statement.get("number").cloned().unwrap_or_default();
    let line = statement.get("line").cloned().unwrap_or_default();
    let sid = match word(statement, "sid") {
        "" => String::new(),
        sid => format!(" {sid}"),
    };
    let (effect, reason) = (word(statement, "effect"), word(statement, "reason"));
    let _ = writeln!(text, "    {mark} {effect}, statement {number}{sid}, line {line}: {reason}");
    for one in list(statement, "conditions") {
        let (operator, key) = (word(one, "operator"), word(one, "key"));
        let policy = values(one.get("policyValues"));
        let request = match one.get("requestValues") {
            None | Some(Value::Null) => "does not carry it".to_owned(),
            value => format!("has {}", values(value)),
        };
        let holds = if flag(one, "matched") { "holds" } else { "does not hold" };
        let _ = writeln!(text, "        {operator} {key} {policy}; the request {request}: {holds}");
    }
}

fn remedy(text: &mut String, remedy: &Value) {
    let changes = list(remedy, "changes");
    if changes.is_empty() {
        text.push_str("\n  No change of a policy would allow it.\n");
        return;
    }
    text.push_str("\n  The smallest change that would allow it (evaluated: allowed):\n");
    for change in changes {
        let kind = word(change, "type");
        let level = change.get("level").map(|level| format!(" at level {level}"));
        let level = level.unwrap_or_default();
        let article = match (word(change, "policy"), kind) {
            ("", kind) if kind.starts_with(['a', 'i']) => "an",
            ("", kind) if kind.starts_with(['p', 's']) => "a",
            _ => "the",
        };
        let of = match (word(change, "policy"), word(change, "owner")) {
            ("", "") => String::new(),
            ("", owner) => format!(" of {owner}"),
            (policy, "") => format!(" {policy}"),
            (policy, owner) if kind.ends_with(policy) => format!(" of {owner}"),
            (policy, owner) => format!(" {policy} of {owner}"),
        };
        let replaced = flag(change, "replace");
        let _ = match word(change, "change") {
            "add-statement" => {
                let statement = change.get("statement").unwrap_or(&Value::Null);
                let public = statement.get("Principal").is_some_and(|who| who == "*");
                let statement = format!("{statement:#}").replace('\n', "\n      ");
                let verb = if replaced { "replace" } else { "add to" };
                let by =
                    if replaced { ", which AWS keeps, by one of yours that also has" } else { "" };
                let _ = writeln!(
                    text,
                    "  - {verb} {article} {kind}{of}{level}{by}:\n      {statement}"
                );
                if public && word(change, "side") == "resource" {
                    text.push_str(PUBLIC);
                }
                Ok(())
            }
            "remove-statement" => {
                let which = match (word(change, "sid"), change.get("number")) {
                    ("", Some(number)) => format!("statement {number}"),
                    ("", None) => "the statement that denies".to_owned(),
                    (sid, _) => format!("statement {sid}"),
                };
                if replaced {
                    writeln!(
                        text,
                        "  - do without the {kind}{of}, which AWS keeps: its {which} denies"
                    )
                } else {
                    writeln!(text, "  - take out or narrow {which} of the {kind}{of}")
                }
            }
            "ask-owner" => {
                writeln!(text, "  - the account {} must allow it, too", word(change, "owner"))
            }
            _ => writeln!(text, "  - turn RestrictPublicBuckets off for the bucket"),
        };
    }
}

fn values(value: Option<&Value>) -> String {
    match value {
        Some(Value::Array(values)) => {
            let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            format!("[{}]", values.join(", "))
        }
        Some(Value::String(text)) => format!("[{text}]"),
        _ => String::new(),
    }
}

/// A text member; empty where there is none.
pub fn word<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A truth value; false where there is none.
pub fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// A list; empty where there is none.
pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_denial_is_told_with_both_values_and_what_would_allow_it() {
        let document = json!({
            "requestId": "R1", "time": "2026-01-01T00:00:00Z", "service": "s3",
            "operation": "GetObject", "denied": true,
            "caller": {"arn": "arn:aws:iam::1:user/bob", "type": "User"},
            "error": {"code": "AccessDenied", "message": "no"},
            "decisions": [{
                "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "allowed": false,
                "because": "because no identity-based policy allows the s3:GetObject action",
                "notes": [], "missing": ["a key"],
                "policies": [
                    {"type": "resource-based policy", "hidden": true},
                    {"type": "identity-based policy", "name": "P", "owner": "arn:aws:iam::1:user/bob",
                        "statements": [{"number": 1, "line": 3, "effect": "Allow",
                            "reason": "StringEquals aws:username [al] does not hold",
                            "conditions": [{"operator": "StringEquals", "key": "aws:username",
                                "policyValues": ["al"], "requestValues": ["bob"]}]}]},
                ],
                "remedy": {"changes": [{"change": "add-statement", "type": "identity-based policy",
                    "owner": "arn:aws:iam::1:user/bob", "statement": {"Effect": "Allow"}}]},
            }],
        });
        let expected = "\
Denied: s3 GetObject
  by       arn:aws:iam::1:user/bob (User)
  request  R1 at 2026-01-01T00:00:00Z
  answer   AccessDenied: no

s3:GetObject on arn:aws:s3:::b/k: denied
  because no identity-based policy allows the s3:GetObject action

  Policies, in the order they count:
  - resource-based policy: another account's, not shown
  - identity-based policy P of arn:aws:iam::1:user/bob: says nothing of this
      Allow, statement 1, line 3: StringEquals aws:username [al] does not hold
        StringEquals aws:username [al]; the request has [bob]: does not hold

  Missing: a key

  The smallest change that would allow it (evaluated: allowed):
  - add to an identity-based policy of arn:aws:iam::1:user/bob:
      {
        \"Effect\": \"Allow\"
      }
";
        assert_eq!(request(&document), expected);
    }

    #[test]
    fn a_change_of_what_aws_keeps_or_of_a_closed_bucket_says_how_it_is_done() {
        let change = |kind: &str, more: &Value| {
            let mut change = json!({"type": kind, "owner": "arn:aws:iam::1:user/bob",
                "policy": "arn:aws:iam::aws:policy/Own"});
            change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let mut text = String::new();
            remedy(&mut text, &json!({ "changes": [change] }));
            text
        };
        let add = json!({"change": "add-statement", "replace": true, "statement": {}});
        let said = change("permissions boundary", &add);
        assert!(said.contains("replace the permissions boundary arn:aws:iam::aws:policy/Own of"));
        assert!(said.contains(", which AWS keeps, by one of yours that also has:"), "{said}");
        let remove = json!({"change": "remove-statement", "replace": true, "sid": "No"});
        let said = change("identity-based policy", &remove);
        assert!(said.contains("do without the identity-based policy arn:aws:iam::aws:policy/Own"));
        assert!(said.contains("which AWS keeps: its statement No denies"), "{said}");
        let public = json!({"change": "add-statement", "side": "resource",
            "statement": {"Principal": "*"}});
        assert!(change("resource-based policy", &public).contains("BlockPublicPolicy"));
    }

    #[test]
    fn a_request_that_no_policy_was_asked_about_says_so() {
        let text = request(&json!({ "decisions": [] }));
        assert!(text.contains("whoever holds valid credentials"), "{text}");
    }
}
