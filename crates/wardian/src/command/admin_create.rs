//! `wardian admin create`: an administrator with a key and a profile in one step, so that nobody
//! lives as root.

use api::iam::{
    AttachUserPolicy, AttachUserPolicyRequest, CreateAccessKey, CreateAccessKeyRequest, CreateUser,
    CreateUserRequest, DeleteAccessKey, DeleteAccessKeyRequest, DeleteUser, DeleteUserRequest,
    DetachUserPolicy, DetachUserPolicyRequest,
};

use crate::cli::AdminCreateFlags;
use crate::client::{Client, Credentials, Place, Profiles, find, section};
use crate::failure::{Failure, Outcome};
use crate::serve::{self, RootKey};
use crate::{file, places};

use super::profile_write::{check_name, config_file, credentials_file, settings_of, write_block};
use super::{print, profile_block};

const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

pub async fn run(flags: AdminCreateFlags) -> Outcome {
    let profile = flags.profile_name.clone().unwrap_or_else(|| flags.name.clone());
    check_name(&profile)?;
    check_free(&profile)?;
    let profiles = Profiles::load()?;
    let named = flags.caller.profile.as_deref();
    let place = with_own_authority(&flags, Place::find(&flags.caller.client, &profiles, named)?);
    let credentials = match root(&flags, &place)? {
        Some(root) => root,
        None => find(&place, &profiles, named).await?,
    };
    let client = Client::new(place.clone(), credentials)?;
    let input = CreateUserRequest { user_name: flags.name.clone(), ..CreateUserRequest::default() };
    client.call::<CreateUser>(&input).await?;
    match equip(&client, &flags.name, &profile, &place).await {
        Ok(()) => print(format!(
            "Made the administrator {name} and the profile {profile}.\n  \
             aws sts get-caller-identity --profile {profile}\n",
            name = flags.name
        )),
        Err(failure) => {
            take_back(&client, &flags.name, None).await;
            Err(failure)
        }
    }
}

/// Gives a new user its policy, its key and its profile.
async fn equip(client: &Client, name: &str, profile: &str, place: &Place) -> Outcome {
    let (user_name, policy_arn) = (name.to_owned(), ADMINISTRATOR_ACCESS.to_owned());
    let input = AttachUserPolicyRequest { user_name, policy_arn };
    client.call::<AttachUserPolicy>(&input).await?;
    let input = CreateAccessKeyRequest { user_name: Some(name.to_owned()) };
    let key = client.call::<CreateAccessKey>(&input).await?.access_key;
    let id = key.access_key_id.clone();
    let keys = [
        ("aws_access_key_id", key.access_key_id),
        ("aws_secret_access_key", key.secret_access_key),
    ];
    let written = write_block(&credentials_file()?, profile, profile, &keys).and_then(|()| {
        write_block(&config_file()?, &section(profile), profile, &settings_of(place))
    });
    if written.is_err() {
        take_back(client, name, Some(id)).await;
    }
    written
}

/// Deletes what was made of a user that cannot be finished. Whatever of it fails, the first failure
/// is the one to tell.
async fn take_back(client: &Client, name: &str, access_key_id: Option<String>) {
    let user_name = name.to_owned();
    if let Some(access_key_id) = access_key_id {
        let input = DeleteAccessKeyRequest { user_name: Some(user_name.clone()), access_key_id };
        drop(client.call::<DeleteAccessKey>(&input).await);
    }
    let policy_arn = ADMINISTRATOR_ACCESS.to_owned();
    let input = DetachUserPolicyRequest { user_name: user_name.clone(), policy_arn };
    drop(client.call::<DetachUserPolicy>(&input).await);
    drop(client.call::<DeleteUser>(&DeleteUserRequest { user_name }).await);
}

/// Refuses before anything is made where the profile could not be written afterwards.
fn check_free(profile: &str) -> Outcome {
    for (path, section) in
        [(config_file()?, section(profile)), (credentials_file()?, profile.to_owned())]
    {
        let text = file::read_if_there(&path).unwrap_or_default().unwrap_or_default();
        if profile_block::write(&text, &section, profile, &[]).is_err() {
            return Err(Failure::new(format!(
                "there is a profile {profile} in {} that wardian did not write",
                path.display()
            ))
            .hint("Choose another name for the profile: --profile-name NAME"));
        }
    }
    Ok(())
}

/// Root's credentials: of the data directory that is named, of the server in memory that listens at
/// the endpoint, of the platform's data directory, or of the environment. None where a profile is
/// named, or none of these is there.
fn root(flags: &AdminCreateFlags, place: &Place) -> Outcome<Option<Credentials>> {
    if flags.caller.profile.is_some() {
        return Ok(None);
    }
    if let Some(key) = serve::root_key_of_environment()? {
        return Ok(Some(credentials(key)));
    }
    let of_memory = place.local_port().map(serve::memory_file);
    if flags.data.data_dir.is_none()
        && let Some(path) = of_memory
        && let Some(key) = RootKey::read(&path)?
    {
        return Ok(Some(credentials(key)));
    }
    if place.local_port().is_none() && flags.data.data_dir.is_none() {
        return Ok(None);
    }
    of_data_dir(flags)
}

fn of_data_dir(flags: &AdminCreateFlags) -> Outcome<Option<Credentials>> {
    let dir = serve::default_dir(&flags.data)?;
    let files = serve::data_dir_files(&dir);
    let path = match (flags.account_id, files.as_slice()) {
        (Some(wanted), files) => {
            files.iter().find(|(account, _)| *account == wanted).map(|(_, path)| path)
        }
        (None, [(_, path)]) => Some(path),
        (None, []) => None,
        (None, _) => {
            return Err(Failure::new(format!("{} has several roots", dir.display()))
                .hint("Say whose root makes the administrator: --account-id ID"));
        }
    };
    match path {
        Some(path) => Ok(RootKey::read(path)?.map(credentials)),
        None if flags.data.data_dir.is_some() || flags.account_id.is_some() => {
            Err(Failure::new(format!("{} holds no credentials of root", dir.display()))
                .hint("Set WARDIAN_ROOT_ACCESS_KEY_ID and its secret as for the server."))
        }
        None => Ok(None),
    }
}

/// A self-signed server of this machine is trusted by the certificate beside its data.
fn with_own_authority(flags: &AdminCreateFlags, mut place: Place) -> Place {
    if place.ca_bundle.is_none() && place.is_tls() {
        let dirs = serve::default_dir(&flags.data).ok().into_iter().chain([places::runtime_dir()]);
        place.ca_bundle = dirs.map(|dir| serve::ca_file(&dir)).find(|path| path.is_file());
    }
    place
}

fn credentials(key: RootKey) -> Credentials {
    Credentials {
        access_key_id: key.access_key_id,
        secret: key.secret,
        session_token: None,
        expiration: None,
    }
}
