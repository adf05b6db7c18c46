//! The credential report: a line for the root user and for each user, in CSV.
//!
//! It is written when it is asked for and kept for four hours, as on AWS. Deliberately absent: the
//! state between; nobody has to wait for a report here.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use api::iam::{
    GenerateCredentialReportRequest, GenerateCredentialReportResponse, GetCredentialReportRequest,
    GetCredentialReportResponse, ReportFormatType, ReportStateType,
};
use api::{Blob, Timestamp};
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use crate::access_key::{self, ROOT};
use crate::entity::{Entity, Kind};
use crate::tables::{CREDENTIAL_REPORTS, ENTITIES, KEYS, USES};
use crate::{account, arn, login_profile, mfa_device, password_policy, signing_certificate};

const SECONDS_VALID: i64 = 4 * 3600;
const SECONDS_PER_DAY: i64 = 86_400;
const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
const NOT_APPLICABLE: &str = "N/A";

#[derive(Debug, Clone, Encode, Decode)]
pub struct ReportRecord {
    /// Seconds.
    #[n(0)]
    pub generated: i64,
    #[n(1)]
    pub text: String,
}

impl Record for ReportRecord {
    const VERSION: u8 = 1;
}

/// A report that is still good is not written anew.
pub fn generate_credential_report(
    cx: &mut Cx<'_>,
    _input: GenerateCredentialReportRequest,
) -> Result<GenerateCredentialReportResponse, Error> {
    let (account, now) = (cx.account(), cx.now().as_seconds());
    let known = CREDENTIAL_REPORTS.get(cx.tx, account.number())?;
    if known.is_some_and(|report| is_good(&report, now)) {
        let state = Some(ReportStateType::Complete);
        return Ok(GenerateCredentialReportResponse { state, description: None });
    }
    let report = ReportRecord { generated: now, text: report(cx.tx, account)? };
    CREDENTIAL_REPORTS.put(cx.tx, account.number(), &report)?;
    Ok(GenerateCredentialReportResponse {
        state: Some(ReportStateType::Started),
        description: Some("No report exists. Starting a new report generation task".to_owned()),
    })
}

/// AWS's sentences are not known.
pub fn get_credential_report(
    cx: &mut Cx<'_>,
    _input: GetCredentialReportRequest,
) -> Result<GetCredentialReportResponse, Error> {
    use api::iam::error::{REPORT_EXPIRED, REPORT_NOT_PRESENT};
    let report = CREDENTIAL_REPORTS
        .get(cx.tx, cx.account().number())?
        .ok_or_else(|| Error::new(REPORT_NOT_PRESENT, "No report exists."))?;
    if !is_good(&report, cx.now().as_seconds()) {
        return Err(Error::new(REPORT_EXPIRED, "The most recent credential report has expired."));
    }
    Ok(GetCredentialReportResponse {
        content: Some(Blob(report.text.into_bytes())),
        report_format: Some(ReportFormatType::TextCsv),
        generated_time: Some(Timestamp::from_seconds(report.generated)),
    })
}

const fn is_good(report: &ReportRecord, now: i64) -> bool {
    now < report.generated.saturating_add(SECONDS_VALID)
}

fn report(tx: &Tx, account: AccountId) -> Result<String, Error> {
    let mut lines = vec![COLUMNS.to_owned(), root_line(tx, account)?];
    let policy = password_policy::find(tx, account)?;
    let days = policy.and_then(|policy| policy.age).map(i64::from);
    let users = ENTITIES.prefix((account.number(), Kind::User as u8));
    for (_, user) in ENTITIES.scan(tx, users, usize::MAX)? {
        lines.push(user_line(tx, account, &user, days)?);
    }
    Ok(lines.join("\n"))
}

fn root_line(tx: &Tx, account: AccountId) -> Result<String, Error> {
    let created = account::get(tx, account)?.map_or(0, |account| account.created);
    let mut cells = vec!["<root_account>".to_owned(), arn::root(account), time(created)];
    // Nobody signs in with a password of the root user here.
    for cell in ["not_supported", "no_information", "not_supported", "not_supported", "false"] {
        cells.push(cell.to_owned());
    }
    cells.extend(key_cells(tx, account, ROOT)?);
    cells.extend(certificate_cells(Vec::new()));
    Ok(line(&cells))
}

fn user_line(
    tx: &Tx,
    account: AccountId,
    user: &Entity,
    days: Option<i64>,
) -> Result<String, Error> {
    let mut cells = vec![user.name.clone(), user.arn(account), time(user.created)];
    match login_profile::find(tx, account, &user.id)? {
        Some(login) => {
            let rotation =
                days.map(|days| login.changed.saturating_add(days.saturating_mul(SECONDS_PER_DAY)));
            cells.push(true.to_string());
            cells.push("no_information".to_owned());
            cells.push(time(login.changed));
            cells.push(rotation.map_or_else(|| NOT_APPLICABLE.to_owned(), time));
        }
        None => {
            cells.push(false.to_string());
            cells.extend([NOT_APPLICABLE; 3].map(str::to_owned));
        }
    }
    cells.push((!mfa_device::devices_of(tx, account, &user.id)?.is_empty()).to_string());
    cells.extend(key_cells(tx, account, &user.id)?);
    let certificates = signing_certificate::owned(tx, account, &user.id)?;
    let dated = certificates.into_iter().map(|(_, record)| (record.active, record.created));
    cells.extend(certificate_cells(dated.collect()));
    Ok(line(&cells))
}

/// Five cells for each of two keys, the older first.
fn key_cells(tx: &Tx, account: AccountId, owner: &str) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    for id in access_key::owned(tx, account, owner)? {
        if let Some(key) = KEYS.get(tx, &id)? {
            keys.push((key.created, key.active, USES.get(tx, (account.number(), &id))?));
        }
    }
    keys.sort_by_key(|(created, ..)| *created);
    let mut keys = keys.into_iter();
    let mut cells = Vec::new();
    for _ in 0..2 {
        let Some((created, active, used)) = keys.next() else {
            cells.push(false.to_string());
            cells.extend([NOT_APPLICABLE; 4].map(str::to_owned));
            continue;
        };
        cells.push(active.to_string());
        cells.push(time(created));
        match used {
            Some(used) => cells.extend([time(used.at), used.region, used.service]),
            None => cells.extend([NOT_APPLICABLE; 3].map(str::to_owned)),
        }
    }
    Ok(cells)
}

/// Two cells for each of two certificates, the older first.
fn certificate_cells(mut certificates: Vec<(bool, i64)>) -> Vec<String> {
    certificates.sort_by_key(|(_, created)| *created);
    let mut certificates = certificates.into_iter();
    let mut cells = Vec::new();
    for _ in 0..2 {
        match certificates.next() {
            Some((active, created)) => cells.extend([active.to_string(), time(created)]),
            None => cells.extend([false.to_string(), NOT_APPLICABLE.to_owned()]),
        }
    }
    cells
}

/// RFC 4180: names may hold commas.
fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        if cell.contains([',', '"']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

/// `2026-01-31T23:59:59+00:00`
fn time(seconds: i64) -> String {
    Timestamp::from_seconds(seconds).iso8601().replace('Z', "+00:00")
}
