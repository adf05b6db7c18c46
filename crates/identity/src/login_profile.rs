//! Login profiles: the passwords of users.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html>

use api::Timestamp;
use api::iam::{
    ChangePasswordRequest, ChangePasswordResponse, CreateLoginProfileRequest,
    CreateLoginProfileResponse, DeleteLoginProfileRequest, DeleteLoginProfileResponse,
    GetLoginProfileRequest, GetLoginProfileResponse, LoginProfile, UpdateLoginProfileRequest,
    UpdateLoginProfileResponse,
};
use gateway::{AccountId, Cx, Error, Identity};
use minicbor::{Decode, Encode};
use store::{ByteVec, Record, Tx};

use crate::entity::{self, Entity, Kind};
use crate::password_policy as rules;
use crate::tables::LOGIN_PROFILES;
use crate::{error, password, user};

/// AWS keeps no more old passwords than a policy can ask for.
const KEPT_MAX: usize = 24;

#[derive(Debug, Clone, Encode, Decode)]
pub struct LoginRecord {
    /// Seconds.
    #[n(0)]
    pub created: i64,
    /// When the password was set, in seconds.
    #[n(1)]
    pub changed: i64,
    #[n(2)]
    pub reset_required: bool,
    /// The sealed hashes: of the password, then of those before it.
    #[n(3)]
    pub passwords: Vec<ByteVec>,
}

impl Record for LoginRecord {
    const VERSION: u8 = 1;
}

/// By the user itself, who must know the old password.
pub fn change_password(
    cx: &mut Cx<'_>,
    input: ChangePasswordRequest,
) -> Result<ChangePasswordResponse, Error> {
    let caller = match &cx.caller().identity {
        Identity::User(id) => entity::by_id(cx.tx, cx.account(), id)?,
        _ => None,
    };
    let user = caller.ok_or_else(|| {
        // AWS's sentence is not known.
        let message = "Only IAM users can change their own password.";
        Error::new(api::iam::error::INVALID_USER_TYPE, message)
    })?;
    let mut login = get(cx.tx, cx.account(), &user)?;
    let current = login.passwords.first().map(|sealed| sealed.as_slice()).unwrap_or_default();
    if !password::is(cx.keyring(), &user.id, current, &input.old_password)? {
        return Err(Error::access_denied("The old password was incorrect."));
    }
    set(cx, &user, &mut login, &input.new_password)?;
    login.reset_required = false;
    put(cx, &user, &login)?;
    Ok(ChangePasswordResponse::default())
}

pub fn create_login_profile(
    cx: &mut Cx<'_>,
    input: CreateLoginProfileRequest,
) -> Result<CreateLoginProfileResponse, Error> {
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    // The model leaves it out for root sessions only.
    let password = input.password.ok_or_else(|| {
        Error::validation(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: \
             Member must not be null",
        )
    })?;
    if find(cx.tx, cx.account(), &user.id)?.is_some() {
        let message = format!("Login Profile for user {} already exists.", user.name);
        return Err(error::already_exists(message));
    }
    let now = cx.now().as_seconds();
    let mut login = LoginRecord {
        created: now,
        changed: now,
        reset_required: input.password_reset_required == Some(true),
        passwords: Vec::new(),
    };
    set(cx, &user, &mut login, &password)?;
    put(cx, &user, &login)?;
    Ok(CreateLoginProfileResponse { login_profile: shape(&user, &login) })
}

pub fn delete_login_profile(
    cx: &mut Cx<'_>,
    input: DeleteLoginProfileRequest,
) -> Result<DeleteLoginProfileResponse, Error> {
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let account = cx.account();
    get(cx.tx, account, &user)?;
    LOGIN_PROFILES.delete(cx.tx, (account.number(), &user.id));
    Ok(DeleteLoginProfileResponse::default())
}

pub fn get_login_profile(
    cx: &mut Cx<'_>,
    input: GetLoginProfileRequest,
) -> Result<GetLoginProfileResponse, Error> {
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let login = get(cx.tx, cx.account(), &user)?;
    Ok(GetLoginProfileResponse { login_profile: shape(&user, &login) })
}

/// By an administrator, who need not know the old password.
pub fn update_login_profile(
    cx: &mut Cx<'_>,
    input: UpdateLoginProfileRequest,
) -> Result<UpdateLoginProfileResponse, Error> {
    let user = entity::get(cx.tx, cx.account(), Kind::User, &input.user_name)?;
    let mut login = get(cx.tx, cx.account(), &user)?;
    if let Some(password) = &input.password {
        set(cx, &user, &mut login, password)?;
    }
    login.reset_required = input.password_reset_required.unwrap_or(login.reset_required);
    put(cx, &user, &login)?;
    Ok(UpdateLoginProfileResponse::default())
}

/// The login profile of the user with the unique id.
///
/// # Errors
/// Only what the store says.
pub fn find(tx: &Tx, account: AccountId, user: &str) -> Result<Option<LoginRecord>, Error> {
    Ok(LOGIN_PROFILES.get(tx, (account.number(), user))?)
}

fn get(tx: &Tx, account: AccountId, user: &Entity) -> Result<LoginRecord, Error> {
    find(tx, account, &user.id)?.ok_or_else(|| {
        let name = &user.name;
        error::no_such_entity(format!("Login Profile for User {name} cannot be found."))
    })
}

/// Checks the new password, and puts it before the old ones.
fn set(cx: &Cx<'_>, user: &Entity, login: &mut LoginRecord, new: &str) -> Result<(), Error> {
    let policy = rules::find(cx.tx, cx.account())?;
    rules::check(policy.as_ref(), new)?;
    let reuse = policy.and_then(|policy| policy.reuse).unwrap_or_default();
    for old in login.passwords.iter().take(usize::try_from(reuse).unwrap_or_default()) {
        if password::is(cx.keyring(), &user.id, old, new)? {
            // AWS's sentence is not known.
            return Err(rules::violation("Password must not be one that was used before."));
        }
    }
    login.passwords.insert(0, password::seal(cx.keyring(), &user.id, new)?);
    login.passwords.truncate(KEPT_MAX);
    login.changed = cx.now().as_seconds();
    Ok(())
}

fn put(cx: &mut Cx<'_>, user: &Entity, login: &LoginRecord) -> Result<(), Error> {
    let account = cx.account().number();
    Ok(LOGIN_PROFILES.put(cx.tx, (account, &user.id), login)?)
}

fn shape(user: &Entity, login: &LoginRecord) -> LoginProfile {
    LoginProfile {
        user_name: user.name.clone(),
        create_date: Timestamp::from_seconds(login.created),
        password_reset_required: Some(login.reset_required),
    }
}
