//! Policies of all types around one request: whatever they say, evaluation ends, explanation agrees,
//! and what holds of every policy holds.
//!
//! Input: lines `action`, `resource`, `caller`, then `key=value` of the context (`key=a|b` for many
//! values), an empty line; then documents, each behind a byte 0x1e and a letter for its type.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use policy::{
    Context, Effect, Kind, Policies, Policy, PolicyId, Principal, Request, ResourceKind,
    ResourcePolicy, Source, evaluate, explain, is_public, remedy, rewrite_principals,
};
use serde_json::Value;

const HOME: &str = "111111111111";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let mut parts = text.split('\u{1e}');
    let head = parts.next().unwrap_or_default();
    let documents: Vec<(char, &str)> =
        parts.filter_map(|part| Some((part.chars().next()?, part.get(1..)?))).take(8).collect();
    let mut sources = Vec::new();
    for (letter, document) in &documents {
        let (Some(kind), text) = (kind(*letter), document) else { continue };
        let _ = rewrite_principals(text, |value| value.pattern.as_ref().map(|_| HOME.to_owned()));
        let Ok(policy) = Policy::parse(text, kind) else { continue };
        let _ = is_public(&policy);
        let _ = policy::resource_outside(&policy, "box");
        sources.push((
            *letter,
            Source { policy, id: PolicyId::managed("arn:aws:iam::1:policy/P", "o") },
        ));
    }
    let first = ask(head, &sources, |request, policies| {
        let decision = evaluate(request, policies);
        let _ = decision.denial_context(request.action);
        let explanation = explain(request, policies);
        assert_eq!(explanation.decision, decision, "explain disagrees with evaluate");
        if let Some(found) = remedy(request, policies) {
            assert!(decision.effect != Effect::Allow, "a remedy for what is allowed");
            assert!(found.proof.is_allowed(), "a remedy that does not help");
        }
        decision.effect
    });
    sources.reverse();
    let second = ask(head, &sources, |request, policies| evaluate(request, policies).effect);
    assert!(turned_round(&sources) || first == second, "the order of policies matters");
    statements(head, &documents);
    Corpus::Keep
});

/// Of boundaries and resource policies one only is asked: which one, the order decides.
fn turned_round(sources: &[(char, Source)]) -> bool {
    let single = |letter| sources.iter().filter(|(other, _)| *other == letter).count() > 1;
    ['b', 'r', 't', 'n'].into_iter().any(single)
        || sources.iter().filter(|(letter, _)| "rtn".contains(*letter)).count() > 1
}

/// Documents with their statements turned round, and with those that deny taken out.
fn statements(head: &str, documents: &[(char, &str)]) {
    let changed = |change: fn(&mut Vec<Value>)| -> Option<Effect> {
        let mut sources = Vec::new();
        for (letter, document) in documents {
            let Some(kind) = kind(*letter) else { continue };
            if Policy::parse(document, kind).is_err() {
                continue;
            }
            let mut tree: Value = serde_json::from_str(document).ok()?;
            let place = tree.get_mut("Statement")?;
            let mut list = match place.take() {
                Value::Array(list) => list,
                one => vec![one],
            };
            change(&mut list);
            if list.is_empty() {
                return None;
            }
            *place = Value::Array(list);
            let policy = Policy::parse(&tree.to_string(), kind).ok()?;
            let id = PolicyId::managed("arn:aws:iam::1:policy/P", "o");
            sources.push((*letter, Source { policy, id }));
        }
        Some(ask(head, &sources, |request, policies| evaluate(request, policies).effect))
    };
    let Some(as_it_is) = changed(|_| {}) else { return };
    if let Some(reversed) = changed(|list| list.reverse()) {
        assert_eq!(as_it_is, reversed, "the order of statements matters");
    }
    let lenient = changed(|list| {
        list.retain(|one| one.get("Effect").and_then(Value::as_str) != Some("Deny"));
    });
    if let Some(lenient) = lenient {
        let adds = as_it_is == Effect::Allow && lenient != Effect::Allow;
        assert!(!adds, "a Deny adds access");
    }
}

fn kind(letter: char) -> Option<Kind> {
    Some(match letter {
        'i' | 'b' => Kind::Identity,
        's' => Kind::Session,
        'r' => Kind::Bucket,
        'n' => Kind::Topic,
        't' => Kind::Trust,
        'c' => Kind::ServiceControl,
        'o' => Kind::ResourceControl,
        _ => return None,
    })
}

fn ask<T>(
    head: &str,
    sources: &[(char, Source)],
    question: impl Fn(&Request<'_>, &Policies<'_>) -> T,
) -> T {
    let mut lines = head.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (action, resource, caller) = (line(), line(), line());
    let principal = principal(caller);
    let mut context = Context::new();
    principal.describe(&mut context);
    for line in lines.take(16) {
        let Some((key, value)) = line.split_once('=') else { continue };
        if value.contains('|') {
            context.insert_values(key.to_owned(), value.split('|').map(str::to_owned));
        } else {
            context.insert(key.to_owned(), value.to_owned());
        }
    }
    assert_eq!(Context::unpack(&context.pack()).iter().count(), context.iter().count());
    let request = Request {
        principal: &principal,
        action,
        resource,
        resource_account: if caller.ends_with(' ') { None } else { Some(HOME) },
        context: &context,
    };
    let of = |letter| -> Vec<Source> {
        let of_type = sources.iter().filter(|(other, _)| *other == letter);
        of_type.map(|(_, source)| source.clone()).collect()
    };
    let (identity, boundary, session) = (of('i'), of('b'), of('s'));
    let (scp, rcp) = (of('c'), of('o'));
    let resource_policy = sources.iter().find(|(letter, _)| "rtn".contains(*letter));
    let levels = |all: &[Source]| (!all.is_empty()).then(|| all.to_vec());
    let (scp, rcp) = (levels(&scp), levels(&rcp));
    let scp: Option<Vec<&[Source]>> = scp.as_deref().map(|all| vec![all]);
    let rcp: Option<Vec<&[Source]>> = rcp.as_deref().map(|all| vec![all]);
    let policies = Policies {
        identity: &identity,
        boundary: boundary.first(),
        session: (!session.is_empty()).then_some(session.as_slice()),
        resource: resource_policy.map(|(letter, source)| ResourcePolicy {
            source,
            kind: if *letter == 't' { ResourceKind::Trust } else { ResourceKind::Bucket },
            restrict_public: action.len() % 2 == 1,
        }),
        resource_grant: None,
        service_control: scp.as_deref(),
        resource_control: rcp.as_deref(),
    };
    question(&request, &policies)
}

fn principal(name: &str) -> Principal<'static> {
    match name.trim_end() {
        "root" => Principal::Root { account: HOME },
        "away root" => Principal::Root { account: "222222222222" },
        "eve" | "away" => Principal::User {
            account: "222222222222",
            arn: "arn:aws:iam::222222222222:user/eve",
            id: "AIDAEVE0000000000002",
        },
        "deploy" | "audit" => Principal::Role {
            account: HOME,
            role_arn: "arn:aws:iam::111111111111:role/ci/deploy",
            role_id: "AROADEPLOY0000000001",
            session_arn: "arn:aws:sts::111111111111:assumed-role/deploy/run7",
        },
        "temp" => Principal::Federated {
            account: HOME,
            arn: "arn:aws:sts::111111111111:federated-user/temp",
            user_arn: "arn:aws:iam::111111111111:user/team/ann",
            user_id: "AIDAANN0000000000001",
        },
        "cloudformation" => Principal::Service { name: "cloudformation.amazonaws.com" },
        "web" => Principal::WebIdentity { provider: "accounts.google.com" },
        "saml" => Principal::Saml { provider: "arn:aws:iam::111111111111:saml-provider/corp" },
        "anonymous" => Principal::Anonymous,
        _ => Principal::User {
            account: HOME,
            arn: "arn:aws:iam::111111111111:user/team/ann",
            id: "AIDAANN0000000000001",
        },
    }
}
