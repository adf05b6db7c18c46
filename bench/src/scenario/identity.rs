//! Calls of IAM and STS.

use super::CONNECTIONS;
use crate::Failure;
use crate::client::Client;
use crate::load;
use crate::plan::Plan;
use crate::process::Server;
use crate::report::Report;

const IAM: &str = "Version=2010-05-08&Action=";
const STS: &str = "Version=2011-06-15&Action=";

pub async fn identity(plan: &Plan, server: &Server, report: &mut Report) -> Result<(), Failure> {
    let root = Client::new(server.address, "", &server.credentials);
    if !["GetCallerIdentity", "GetUser", "AssumeRole"].iter().any(|name| plan.wants(name)) {
        return Ok(());
    }
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
        if !plan.wants(name) {
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
    call(format!("{IAM}PutUserPolicy&UserName=bench&PolicyName=all&PolicyDocument={allow}"))
        .await?;
    call(format!("{IAM}CreateRole&RoleName=bench&AssumeRolePolicyDocument={trust}")).await?;
    let answer = call(format!("{IAM}CreateAccessKey&UserName=bench")).await?;
    let id = answer.element("AccessKeyId").ok_or("no access key id")?;
    let secret = answer.element("SecretAccessKey").ok_or("no secret access key")?;
    Ok(Client::new(root.address, "", &(id, secret)))
}
