//! What is measured, one function a theme.

use std::time::{Duration, Instant};

use md5::{Digest as _, Md5};
use policy::{Context, Kind, Policies, Policy, PolicyId, Principal, Request, Source};

use crate::client::Client;
use crate::floor::LARGE;
use crate::load::{self, Measured};
use crate::process::Server;
use crate::report::Report;
use crate::{Failure, Plan};

const CONNECTIONS: usize = 16;
const IAM: &str = "Version=2010-05-08&Action=";
const STS: &str = "Version=2011-06-15&Action=";

pub async fn floor(plan: &Plan, server: &Server, report: &mut Report) -> Result<(), Failure> {
    let address = server.address;
    let small = format!("GET /small HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
    let large = format!("GET /large HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
    let run = async |wire: Vec<u8>| {
        load::run(address, Some(server), CONNECTIONS, plan.seconds, 0, move |_| wire.clone()).await
    };
    let measured = run(small).await?;
    report.floor_cpu = measured.cpu_micros;
    report.row("floor", "200 bytes", measured);
    report.row("floor", "16 MiB", run(large).await?);
    Ok(())
}

pub async fn identity(plan: &Plan, server: &Server, report: &mut Report) -> Result<(), Failure> {
    let root = Client::new(server.address, "", &server.credentials);
    let user = user_with_role(&root).await?;
    let calls = [
        ("GetCallerIdentity", "sts", format!("{STS}GetCallerIdentity")),
        ("GetUser", "iam", format!("{IAM}GetUser&UserName=bench")),
        (
            "AssumeRole",
            "sts",
            format!(
                "{STS}AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fbench\
                 &RoleSessionName=bench"
            ),
        ),
    ];
    for (name, service, form) in calls {
        if plan.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let client = user.clone();
        let measured =
            load::run(server.address, Some(server), CONNECTIONS, plan.seconds, 0, move |_| {
                client.query(service, &form)
            });
        report.row("wardian", name, measured.await?);
    }
    Ok(())
}

/// A user with a policy of its own, and a role that trusts it.
async fn user_with_role(root: &Client) -> Result<Client, Failure> {
    let allow = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A\
                 %22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D";
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A\
                 %22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%2C%22Principal%22%3A%7B\
                 %22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A123456789012%3Auser%2Fbench%22%7D%7D%5D%7D";
    let call = async |form: String| root.must(&root.query("iam", &form)).await;
    call(format!("{IAM}CreateUser&UserName=bench")).await?;
    call(format!("{IAM}PutUserPolicy&UserName=bench&PolicyName=all&PolicyDocument={allow}")).await?;
    call(format!("{IAM}CreateRole&RoleName=bench&AssumeRolePolicyDocument={trust}")).await?;
    let answer = call(format!("{IAM}CreateAccessKey&UserName=bench")).await?;
    let text = String::from_utf8(answer.body)?;
    let element = |name: &str| {
        let rest = text.split(&format!("<{name}>")).nth(1)?;
        rest.split('<').next().map(str::to_owned)
    };
    let id = element("AccessKeyId").ok_or("no access key id")?;
    let secret = element("SecretAccessKey").ok_or("no secret access key")?;
    Ok(Client::new(root.address, "", &(id, secret)))
}

pub async fn objects(
    plan: &Plan,
    name: &str,
    client: &Client,
    server: Option<&Server>,
    report: &mut Report,
) -> Result<(), Failure> {
    client.must(&client.s3("PUT", "/bench-bucket", "", b"")).await?;
    fill(plan, client, server, name, report).await?;
    for (label, size) in [("1 KiB", 1024), ("64 KiB", 64 * 1024), ("16 MiB", LARGE)] {
        let body = std::sync::Arc::new(vec![b'x'; size]);
        let (own, load) = (client.clone(), body.clone());
        let put = move |turn: u64| {
            let path = format!("/bench-bucket/put/{label}/{turn}").replace(' ', "");
            own.s3("PUT", &path, "", &load)
        };
        run(plan, client, server, report, name, &format!("PUT {label}"), size, put).await?;
        let path = format!("/bench-bucket/get/{label}").replace(' ', "");
        client.must(&client.s3("PUT", &path, "", &body)).await?;
        let own = client.clone();
        let get = move |_| own.s3("GET", &path, "", b"");
        run(plan, client, server, report, name, &format!("GET {label}"), 0, get).await?;
    }
    let own = client.clone();
    let list = move |_| own.s3("GET", "/bench-bucket", "list-type=2&prefix=fill%2F", b"");
    let label = format!("LIST 1000 of {}", plan.keys);
    run(plan, client, server, report, name, &label, 0, list).await
}

/// Puts `plan.keys` small objects.
async fn fill(
    plan: &Plan,
    client: &Client,
    server: Option<&Server>,
    name: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut done = 0;
    while done < plan.keys {
        let own = client.clone();
        let base = done as u64;
        let put = move |turn: u64| {
            // Spread like hashes: neighbours in time are no neighbours in order.
            let spread = (base + turn).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            own.s3("PUT", &format!("/bench-bucket/fill/{spread:016x}"), "", b"small")
        };
        let slice = Duration::from_secs(5);
        let measured = load::run(client.address, server, 64, slice, 0, put).await?;
        done += (measured.per_second * 5.0) as usize;
    }
    report.note(&format!("{name}: filled"), format!("{done} keys in {:?}", begun.elapsed()));
    settle(server).await
}

/// Waits until the server has done what the load before left to it: the next load's costs are its
/// own.
async fn settle(server: Option<&Server>) -> Result<(), Failure> {
    let Some(server) = server else { return Ok(()) };
    for _ in 0..60 {
        let before = server.cpu_seconds()?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        if server.cpu_seconds()? - before < 0.02 {
            break;
        }
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a row of the report and the load behind it")]
async fn run(
    plan: &Plan,
    client: &Client,
    server: Option<&Server>,
    report: &mut Report,
    name: &str,
    label: &str,
    size: usize,
    make: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<(), Failure> {
    if plan.only.as_ref().is_some_and(|only| !label.starts_with(only.as_str())) {
        return Ok(());
    }
    let measured: Measured =
        load::run(client.address, server, CONNECTIONS, plan.seconds, size, make).await?;
    report.row(name, label, measured);
    Ok(())
}

/// What needs no server: MD5 on one core, decisions of the policy engine.
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
