//! Identity with many users: what ten users get, and what a hundred thousand in twenty accounts do.
//!
//! Everybody is made by the API, as anybody would make them; then the server is started anew on what
//! it kept, and measured. Calls go to users and roles all over the accounts, made by callers of all
//! of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::CONNECTIONS;
use crate::Failure;
use crate::client::{Client, Connection, Wire, accepted};
use crate::load;
use crate::plan::Plan;
use crate::process::Server;
use crate::report::Report;

const ADMIN: &str = "Version=2026-11-01&Action=";
const IAM: &str = "Version=2010-05-08&Action=";
const STS: &str = "Version=2011-06-15&Action=";
/// Users of an account who have a key and call.
const CALLERS: usize = 10;

#[derive(Clone, Copy)]
struct Size {
    accounts: usize,
    /// Of each account.
    users: usize,
    roles: usize,
}

const FEW: Size = Size { accounts: 1, users: 10, roles: 10 };
const MANY: Size = Size { accounts: 20, users: 5_000, roles: 500 };

/// An account and those of its users who call.
struct Account {
    id: String,
    root: Client,
    callers: Vec<Client>,
}

pub async fn population(plan: &Plan, binary: &str, report: &mut Report) -> Result<(), Failure> {
    for (name, size) in [("10 users", FEW), ("100000 users", MANY)] {
        let server = Server::wardian(binary).await?;
        let begun = Instant::now();
        let accounts = populated(&server, size).await?;
        report.note(&format!("{name}: made"), format!("in {:?}", begun.elapsed()));
        // Killed as it is: what the first start has left to do after that is its own.
        let server = server.reopened(binary, |_| Ok(())).await?;
        report.note(&format!("{name}: start after a kill"), millis(server.started));
        let server = server.reopened(binary, |_| Ok(())).await?;
        report.note(&format!("{name}: start"), millis(server.started));
        tokio::time::sleep(Duration::from_secs(2)).await;
        report.note(&format!("{name}: idle memory"), format!("{:.1} MiB", server.memory_mib()?));
        let accounts: Vec<Account> =
            accounts.into_iter().map(|account| account.at(&server)).collect();
        let accounts = Arc::new(accounts);
        calls(plan, &server, &accounts, size, name, report).await?;
        pages(plan, &server, &accounts, size, name, report).await?;
        report
            .note(&format!("{name}: memory after it"), format!("{:.1} MiB", server.memory_mib()?));
    }
    Ok(())
}

fn millis(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

impl Account {
    /// The same account of the server that was started anew.
    fn at(mut self, server: &Server) -> Self {
        self.root.address = server.address;
        self.callers.iter_mut().for_each(|caller| caller.address = server.address);
        self
    }
}

async fn calls(
    plan: &Plan,
    server: &Server,
    accounts: &Arc<Vec<Account>>,
    size: Size,
    name: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    type Form = fn(&Account, usize) -> String;
    let kinds: [(&str, &str, usize, Form); 3] = [
        ("GetCallerIdentity", "sts", 1, |_, _| format!("{STS}GetCallerIdentity")),
        ("GetUser", "iam", size.users, |_, number| {
            format!("{IAM}GetUser&UserName=user-{number:04}")
        }),
        ("AssumeRole", "sts", size.roles, |account, number| {
            let role = format!("arn%3Aaws%3Aiam%3A%3A{}%3Arole%2Frole-{number:03}", account.id);
            format!("{STS}AssumeRole&RoleArn={role}&RoleSessionName=bench")
        }),
    ];
    for (call, service, range, form) in kinds {
        let accounts = Arc::clone(accounts);
        let make = move |turn: u64| {
            // Each turn another account, caller and name: none of them in the order of its key.
            let turn = turn as usize;
            let spread = turn.wrapping_mul(2_654_435_761) >> 7;
            let account = &accounts[turn % accounts.len()];
            let caller = &account.callers[spread % account.callers.len()];
            caller.query(service, &form(account, spread % range))
        };
        let run = load::run(server.address, Some(server), CONNECTIONS, plan.seconds, 0, make);
        report.row(name, call, run.await?);
    }
    Ok(())
}

/// The first page of users, and one that begins behind most of them.
async fn pages(
    plan: &Plan,
    server: &Server,
    accounts: &Arc<Vec<Account>>,
    size: Size,
    name: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let account = &accounts[accounts.len() / 2];
    // Both are pages of as many items.
    let first = format!("{IAM}ListUsers&MaxItems=5");
    let (mut marker, mut behind) = (String::new(), 0);
    while behind + 15 < size.users {
        let most = (size.users - behind - 10).min(1_000);
        let form = format!("{IAM}ListUsers&MaxItems={most}{marker}");
        let answer = accepted(account.root.send(&account.root.query("iam", &form)).await?)?;
        let next = answer.element("Marker").ok_or("a page without a marker")?;
        marker = format!("&Marker={}", escaped(&next));
        behind += most;
    }
    let deep = format!("{first}{marker}");
    for (label, form) in [("ListUsers, first page", first), ("ListUsers, a deep page", deep)] {
        let root = account.root.clone();
        let make = move |_| root.query("iam", &form);
        let run = load::run(server.address, Some(server), CONNECTIONS, plan.seconds, 0, make);
        report.row(name, label, run.await?);
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

async fn populated(server: &Server, size: Size) -> Result<Vec<Account>, Failure> {
    let root = Client::new(server.address, "", &server.credentials);
    let mut accounts = Vec::new();
    for number in 0..size.accounts {
        let form = format!("{ADMIN}CreateAccount&Name=account-{number}");
        let answer = root.must(&root.query("wardian", &form)).await?;
        let text = |name: &str| answer.element(name).ok_or_else(|| format!("no {name}"));
        let (id, key) = (text("AccountId")?, (text("AccessKeyId")?, text("SecretAccessKey")?));
        let root = Client::new(server.address, "", &key);
        let callers = filled(&root, &id, size).await?;
        accounts.push(Account { id, root, callers });
    }
    Ok(accounts)
}

/// Makes users, roles and callers of an account, over some connections.
async fn filled(root: &Client, id: &str, size: Size) -> Result<Vec<Client>, Failure> {
    let trust = escaped_document(&format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{id}"}}}}}}"#
    ));
    let users = (0..size.users).map(|number| format!("{IAM}CreateUser&UserName=user-{number:04}"));
    let roles = (0..size.roles).map(|number| {
        format!("{IAM}CreateRole&RoleName=role-{number:03}&AssumeRolePolicyDocument={trust}")
    });
    let wires: Vec<Wire> = users.chain(roles).map(|form| root.query("iam", &form)).collect();
    let wires = Arc::new(wires);
    let mut tasks = Vec::new();
    for lane in 0..CONNECTIONS {
        let (wires, address) = (Arc::clone(&wires), root.address);
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            for wire in wires.iter().skip(lane).step_by(CONNECTIONS) {
                accepted(connection.exchange(wire, true).await?)?;
            }
            Ok::<_, Failure>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let allow = escaped_document(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    );
    let mut callers = Vec::new();
    for number in (0..size.users).step_by((size.users / CALLERS).max(1)) {
        let user = format!("UserName=user-{number:04}");
        let call = async |form: String| root.must(&root.query("iam", &form)).await;
        call(format!("{IAM}PutUserPolicy&{user}&PolicyName=all&PolicyDocument={allow}")).await?;
        let answer = call(format!("{IAM}CreateAccessKey&{user}")).await?;
        let key = answer.element("AccessKeyId").zip(answer.element("SecretAccessKey"));
        callers.push(Client::new(root.address, "", &key.ok_or("no access key")?));
    }
    Ok(callers)
}

fn escaped_document(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
