//! Service-specific credentials: a user name and password of an IAM user for one AWS service.
//!
//! No such service is here, so nobody signs in with them. A secret is shown once and kept sealed.
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html>

use api::iam::{
    CreateServiceSpecificCredentialRequest, CreateServiceSpecificCredentialResponse,
    DeleteServiceSpecificCredentialRequest, DeleteServiceSpecificCredentialResponse,
    ListServiceSpecificCredentialsRequest, ListServiceSpecificCredentialsResponse,
    ResetServiceSpecificCredentialRequest, ResetServiceSpecificCredentialResponse,
    ServiceSpecificCredential, ServiceSpecificCredentialMetadata, StatusType,
    UpdateServiceSpecificCredentialRequest, UpdateServiceSpecificCredentialResponse,
};
use api::{Structure, Timestamp};
use gateway::id::Alphabet;
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{ByteVec, Record, Secret, Tx};

use crate::entity::{self, Entity, Kind};
use crate::page::{self, Ask};
use crate::tables::SERVICE_CREDENTIALS;
use crate::{count, error, user};

const CREDENTIALS_PER_SERVICE: usize = 2;
const SECONDS_PER_DAY: i64 = 86_400;

/// Services with a user name and password.
const WITH_PASSWORD: [&str; 2] = ["cassandra.amazonaws.com", "codecommit.amazonaws.com"];
/// Services with an API key, which may expire.
const WITH_SECRET: [&str; 2] = ["bedrock.amazonaws.com", "logs.amazonaws.com"];

#[derive(Debug, Clone, Encode, Decode)]
pub struct CredentialRecord {
    #[n(0)]
    pub service: String,
    /// What the service knows the user by.
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub sealed: ByteVec,
    #[n(3)]
    pub active: bool,
    /// Seconds.
    #[n(4)]
    pub created: i64,
    /// Seconds.
    #[n(5)]
    pub expires: Option<i64>,
}

impl Record for CredentialRecord {
    const VERSION: u8 = 1;
}

impl CredentialRecord {
    fn has_password(&self) -> bool {
        WITH_PASSWORD.contains(&self.service.as_str())
    }

    fn status(&self) -> StatusType {
        if self.active { StatusType::Active } else { StatusType::Inactive }
    }
}

/// The user whose credential it is, with the credential's service as a condition key.
pub fn owner(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let resource = crate::resource::user(cx, input)?;
    let id = input.text("ServiceSpecificCredentialId").unwrap_or_default();
    let key = "iam:ServiceSpecificCredentialServiceName";
    Ok(match get(cx, input.text("UserName"), id) {
        Ok((_, record)) => resource.with_key(key, vec![record.service]),
        Err(_) => resource,
    })
}

pub fn create_service_specific_credential(
    cx: &mut Cx<'_>,
    input: CreateServiceSpecificCredentialRequest,
) -> Result<CreateServiceSpecificCredentialResponse, Error> {
    let account = cx.account();
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    check_service(&input.service_name)?;
    let present = owned(cx.tx, account, &user.id)?;
    let same =
        present.iter().filter(|(_, one)| one.service == input.service_name).collect::<Vec<_>>();
    count::within(cx, "ServiceSpecificCredentialsPerUser", CREDENTIALS_PER_SERVICE, same.len())?;
    let (now, id) = (cx.now().as_seconds(), cx.unique_id("ACCA"));
    let base = format!("{}-at-{account}", user.name);
    let taken = |alias: &str| same.iter().any(|(_, one)| one.alias == alias);
    let plain = WITH_PASSWORD.contains(&input.service_name.as_str()) && !taken(&base);
    let alias = if plain { base } else { format!("{}+1-at-{account}", user.name) };
    let secret = new_secret(cx);
    let days = input.credential_age_days.map(i64::from);
    let record = CredentialRecord {
        service: input.service_name,
        alias,
        sealed: seal(cx, &id, &secret)?,
        active: true,
        created: now,
        expires: days.map(|days| now.saturating_add(days.saturating_mul(SECONDS_PER_DAY))),
    };
    SERVICE_CREDENTIALS.put(cx.tx, (account.number(), &user.id, &id), &record)?;
    let shape = shape(&user, id, &record, &secret);
    Ok(CreateServiceSpecificCredentialResponse { service_specific_credential: Some(shape) })
}

pub fn delete_service_specific_credential(
    cx: &mut Cx<'_>,
    input: DeleteServiceSpecificCredentialRequest,
) -> Result<DeleteServiceSpecificCredentialResponse, Error> {
    let id = input.service_specific_credential_id;
    let (user, _) = get(cx, input.user_name.as_deref(), &id)?;
    let account = cx.account().number();
    SERVICE_CREDENTIALS.delete(cx.tx, (account, &user.id, &id));
    Ok(DeleteServiceSpecificCredentialResponse::default())
}

pub fn list_service_specific_credentials(
    cx: &mut Cx<'_>,
    input: ListServiceSpecificCredentialsRequest,
) -> Result<ListServiceSpecificCredentialsResponse, Error> {
    let account = cx.account();
    let wanted = input.service_name.as_deref();
    wanted.map_or(Ok(()), check_service)?;
    let all = input.all_users == Some(true);
    if all && input.user_name.is_some() {
        return Err(error::invalid_input("UserName and AllUsers cannot both be given."));
    }
    let users = if all {
        let rows = SERVICE_CREDENTIALS.prefix((account.number(),));
        let mut ids: Vec<_> = SERVICE_CREDENTIALS
            .scan(cx.tx, rows, usize::MAX)?
            .into_iter()
            .map(|((_, user, _), _)| user)
            .collect();
        ids.dedup();
        let users = ids.iter().map(|id| entity::by_id(cx.tx, account, id));
        users.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?
    } else {
        vec![user::named_or_caller(cx, input.user_name.as_deref())?]
    };
    let mut found = Vec::new();
    for user in users {
        for (id, record) in owned(cx.tx, account, &user.id)? {
            if wanted.is_none_or(|service| record.service == service) {
                found.push((format!("{} {id}", user.name), metadata(&user, id, &record)));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    if !all && input.marker.is_none() && input.max_items.is_none() {
        let items = found.into_iter().map(|(_, item)| item).collect();
        return Ok(ListServiceSpecificCredentialsResponse {
            service_specific_credentials: Some(items),
            ..Default::default()
        });
    }
    let scope = format!("ListServiceSpecificCredentials {all} {:?}", input.user_name);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, found)?;
    Ok(ListServiceSpecificCredentialsResponse {
        is_truncated: page.is_truncated(),
        service_specific_credentials: Some(page.items),
        marker: page.marker,
    })
}

pub fn reset_service_specific_credential(
    cx: &mut Cx<'_>,
    input: ResetServiceSpecificCredentialRequest,
) -> Result<ResetServiceSpecificCredentialResponse, Error> {
    let id = input.service_specific_credential_id;
    let (user, mut record) = get(cx, input.user_name.as_deref(), &id)?;
    let secret = new_secret(cx);
    record.sealed = seal(cx, &id, &secret)?;
    let account = cx.account().number();
    SERVICE_CREDENTIALS.put(cx.tx, (account, &user.id, &id), &record)?;
    let shape = shape(&user, id, &record, &secret);
    Ok(ResetServiceSpecificCredentialResponse { service_specific_credential: Some(shape) })
}

pub fn update_service_specific_credential(
    cx: &mut Cx<'_>,
    input: UpdateServiceSpecificCredentialRequest,
) -> Result<UpdateServiceSpecificCredentialResponse, Error> {
    let id = input.service_specific_credential_id;
    let (user, mut record) = get(cx, input.user_name.as_deref(), &id)?;
    record.active = input.status == StatusType::Active;
    let account = cx.account().number();
    SERVICE_CREDENTIALS.put(cx.tx, (account, &user.id, &id), &record)?;
    Ok(UpdateServiceSpecificCredentialResponse::default())
}

/// The credentials of a user, by id.
///
/// # Errors
/// Only what the store says.
pub fn owned(
    tx: &Tx,
    account: AccountId,
    user: &str,
) -> Result<Vec<(String, CredentialRecord)>, Error> {
    let range = SERVICE_CREDENTIALS.prefix((account.number(), user));
    let rows = SERVICE_CREDENTIALS.scan(tx, range, usize::MAX)?;
    Ok(rows.into_iter().map(|((_, _, id), record)| (id, record)).collect())
}

fn get(cx: &Cx<'_>, user: Option<&str>, id: &str) -> Result<(Entity, CredentialRecord), Error> {
    let user = user::named_or_caller(cx, user)?;
    let found = SERVICE_CREDENTIALS.get(cx.tx, (cx.account().number(), &user.id, id))?;
    let missing = || error::no_such_entity(format!("No such credential {id} exists"));
    Ok((user, found.ok_or_else(missing)?))
}

fn check_service(name: &str) -> Result<(), Error> {
    if WITH_PASSWORD.contains(&name) || WITH_SECRET.contains(&name) {
        return Ok(());
    }
    Err(error::no_such_entity(format!(
        "No such service {name} is supported for Service Specific Credentials"
    )))
}

/// As AWS's: a secret access key with two letters behind it.
fn new_secret(cx: &Cx<'_>) -> Secret {
    let key = cx.secret_access_key();
    Secret::from(format!(
        "{}{}=",
        key.expose_str().unwrap_or_default(),
        cx.letters(Alphabet::Lower, 1)
    ))
}

fn seal(cx: &Cx<'_>, id: &str, secret: &Secret) -> Result<ByteVec, Error> {
    let binding = format!("service-credential {id}");
    Ok(cx.keyring().seal(binding.as_bytes(), secret.expose())?.into())
}

fn shape(
    user: &Entity,
    id: String,
    record: &CredentialRecord,
    secret: &Secret,
) -> ServiceSpecificCredential {
    let secret = secret.expose_str().map(str::to_owned);
    let shape = ServiceSpecificCredential {
        create_date: Timestamp::from_seconds(record.created),
        expiration_date: record.expires.map(Timestamp::from_seconds),
        service_name: record.service.clone(),
        service_specific_credential_id: id,
        user_name: user.name.clone(),
        status: record.status(),
        ..Default::default()
    };
    let alias = Some(record.alias.clone());
    if record.has_password() {
        ServiceSpecificCredential { service_user_name: alias, service_password: secret, ..shape }
    } else {
        ServiceSpecificCredential {
            service_credential_alias: alias,
            service_credential_secret: secret,
            ..shape
        }
    }
}

fn metadata(
    user: &Entity,
    id: String,
    record: &CredentialRecord,
) -> ServiceSpecificCredentialMetadata {
    let alias = record.alias.clone();
    let has_password = record.has_password();
    ServiceSpecificCredentialMetadata {
        user_name: user.name.clone(),
        status: record.status(),
        service_user_name: has_password.then(|| alias.clone()),
        service_credential_alias: (!has_password).then_some(alias),
        create_date: Timestamp::from_seconds(record.created),
        expiration_date: record.expires.map(Timestamp::from_seconds),
        service_specific_credential_id: id,
        service_name: record.service.clone(),
    }
}
