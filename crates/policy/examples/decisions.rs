//! Decisions a second of one core: a role session with ten policies of the size people write, each
//! statement with conditions and variables. `cargo run --release -p policy --example decisions`.

use std::hint::black_box;

use policy::{Context, Kind, Policies, Policy, PolicyId, Principal, Request, Source, evaluate};

const ROUNDS: u32 = 1_000_000;

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#[expect(clippy::print_stdout, reason = "what a measurement is for")]
fn main() -> Result<(), policy::Invalid> {
    let policies: Vec<Source> = (0..10).map(source).collect::<Result<_, _>>()?;
    let policies = Policies { identity: &policies, ..Policies::default() };
    let principal = Principal::Role {
        account: "111111111111",
        role_arn: "arn:aws:iam::111111111111:role/ci/deploy",
        role_id: "AROADEPLOY0000000001",
        session_arn: "arn:aws:sts::111111111111:assumed-role/deploy/run7",
    };
    let context = context(&principal);
    for (name, action, resource) in [
        ("allowed by the last policy", "s3:GetObject", "arn:aws:s3:::bucket-9/team/red/report.csv"),
        ("denied by none", "iam:CreateUser", "arn:aws:iam::111111111111:user/ann"),
    ] {
        let resource_account = Some("111111111111");
        let request = Request {
            principal: &principal,
            action,
            resource,
            resource_account,
            context: &context,
        };
        let start = std::time::Instant::now();
        for _ in 0..ROUNDS {
            black_box(evaluate(black_box(&request), black_box(&policies)));
        }
        let each = start.elapsed() / ROUNDS;
        let effect = evaluate(&request, &policies).effect;
        println!("{name}: {effect:?}, {} ns a decision", each.as_nanos());
    }
    Ok(())
}

fn context(principal: &Principal<'_>) -> Context {
    let mut context = Context::new();
    principal.describe(&mut context);
    context.insert("aws:CurrentTime", "2026-06-01T12:00:00Z");
    context.insert("aws:SecureTransport", "true");
    context.insert("aws:SourceIp", "203.0.113.9");
    context.insert("aws:RequestedRegion", "eu-west-1");
    context.insert("aws:UserAgent", "aws-cli/2");
    context.insert("aws:PrincipalTag/team", "red");
    context
}

fn source(number: usize) -> Result<Source, policy::Invalid> {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Sid": "Team", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject*"],
              "Resource": "arn:aws:s3:::bucket-{number}/team/${{aws:PrincipalTag/team}}/*",
              "Condition": {{"IpAddress": {{"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}},
                             "Bool": {{"aws:SecureTransport": "true"}}}}}},
            {{"Sid": "List", "Effect": "Allow", "Action": "s3:List*",
              "Resource": ["arn:aws:s3:::bucket-{number}", "arn:aws:s3:::shared-*"]}},
            {{"Sid": "Region", "Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*"],
              "Resource": "*",
              "Condition": {{"StringNotEquals": {{"aws:RequestedRegion": "eu-west-1"}}}}}}]}}"#
    );
    let id = PolicyId::managed(&format!("arn:aws:iam::111111111111:policy/P{number}"), "deploy");
    Ok(Source { policy: Policy::parse(&text, Kind::Identity)?, id })
}
