//! What needs no server: MD5 on one core, decisions of the policy engine.

use std::time::Instant;

use md5::{Digest as _, Md5};
use policy::{Context, Kind, Policies, Policy, PolicyId, Principal, Request, Source};

use crate::floor::LARGE;
use crate::report::Report;

pub fn alone(report: &mut Report) {
    let body = vec![b'x'; LARGE];
    let begun = Instant::now();
    let mut sum = 0u8;
    for _ in 0..8 {
        sum ^= Md5::digest(&body).first().copied().unwrap_or(0);
    }
    let rate = 8.0 * 16.0 / begun.elapsed().as_secs_f64();
    report.note("MD5 on one core", format!("{rate:.0} MiB/s ({sum})"));
    report.note("a decision with 10 policies", format!("{:.0} ns", decision_nanos()));
}

fn decision_nanos() -> f64 {
    let source = |number: usize| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:Get*","s3:List*"],
               "Resource":"arn:aws:s3:::bucket-{number}/*","Condition":{{"StringEquals":{{"aws:PrincipalTag/team":"t{number}"}}}}}}]}}"#
        );
        let policy = Policy::parse(&text, Kind::Identity).expect("a policy");
        Source { policy, id: PolicyId::inline(&format!("p{number}"), "user") }
    };
    let sources: Vec<Source> = (0..10).map(source).collect();
    let principal = Principal::User {
        account: "123456789012",
        arn: "arn:aws:iam::123456789012:user/bench",
        id: "AIDAEXAMPLE",
    };
    let mut context = Context::new();
    principal.describe(&mut context);
    context.insert("aws:PrincipalTag/team", "t9");
    let request = Request {
        principal: &principal,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::bucket-9/key",
        resource_account: None,
        context: &context,
    };
    let policies = Policies { identity: &sources, ..Policies::default() };
    let rounds = 200_000;
    let begun = Instant::now();
    let allowed =
        (0..rounds).filter(|_| policy::evaluate(&request, &policies).is_allowed()).count();
    assert_eq!(allowed, rounds, "the last policy allows");
    begun.elapsed().as_nanos() as f64 / rounds as f64
}
