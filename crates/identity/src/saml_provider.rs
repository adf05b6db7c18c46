//! SAML providers: whose assertions an account's roles may trust. Here they only are kept.
//!
//! Metadata is read and checked; keys that decrypt assertions are kept sealed. Deliberately absent:
//! assertions.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html>

use api::iam::{
    AssertionEncryptionModeType, CreateSAMLProviderRequest, CreateSAMLProviderResponse,
    DeleteSAMLProviderRequest, DeleteSAMLProviderResponse, GetSAMLProviderRequest,
    GetSAMLProviderResponse, ListSAMLProviderTagsRequest, ListSAMLProviderTagsResponse,
    ListSAMLProvidersRequest, ListSAMLProvidersResponse, SAMLPrivateKey, SAMLProviderListEntry,
    TagSAMLProviderRequest, TagSAMLProviderResponse, UntagSAMLProviderRequest,
    UntagSAMLProviderResponse, UpdateSAMLProviderRequest, UpdateSAMLProviderResponse,
};
use api::{Structure, Timestamp};
use gateway::id::Alphabet;
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{ByteVec, Record, Tx};

use crate::public_key::PublicKey;
use crate::tables::SAML_PROVIDERS;
use crate::{arn, count, error, saml_metadata, tag};

const PROVIDERS_PER_ACCOUNT: usize = 100;
const KEYS_PER_PROVIDER: usize = 2;
const COUNTED: &str = "saml-provider";
const ID_LENGTH: usize = 22;
/// How long metadata holds that does not say: a hundred years.
const SECONDS_VALID: i64 = 100 * 365 * 86_400;

#[derive(Debug, Clone, Encode, Decode)]
pub struct SamlRecord {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub uuid: String,
    #[n(2)]
    pub metadata: String,
    /// Seconds.
    #[n(3)]
    pub created: i64,
    /// Seconds.
    #[n(4)]
    pub valid_until: i64,
    #[n(5)]
    pub tags: Vec<(String, String)>,
    /// Whether assertions must be encrypted, where that was said.
    #[n(6)]
    pub encrypted: Option<bool>,
    #[n(7)]
    pub keys: Vec<SamlKey>,
}

/// A private key that decrypts assertions.
#[derive(Debug, Clone, Encode, Decode)]
pub struct SamlKey {
    #[n(0)]
    pub id: String,
    /// Seconds.
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub sealed: ByteVec,
}

impl Record for SamlRecord {
    const VERSION: u8 = 1;
}

/// A provider by its ARN.
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let text = input.text("SAMLProviderArn").unwrap_or_default();
    let tags = get(cx, text).map(|provider| provider.tags).unwrap_or_default();
    Ok(arn::resource(text).tagged(tags.into_iter().collect()))
}

pub fn new_resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(arn_of(cx.account(), input.text("Name").unwrap_or_default())))
}

pub fn create_saml_provider(
    cx: &mut Cx<'_>,
    input: CreateSAMLProviderRequest,
) -> Result<CreateSAMLProviderResponse, Error> {
    let account = cx.account();
    let created = cx.now().as_seconds();
    let mut provider = SamlRecord {
        valid_until: valid_until(created, &input.saml_metadata_document)?,
        uuid: cx.letters(Alphabet::Base32, ID_LENGTH),
        name: input.name,
        metadata: input.saml_metadata_document,
        created,
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
        encrypted: None,
        keys: Vec::new(),
    };
    set_encryption(cx, &mut provider, input.assertion_encryption_mode, input.add_private_key)?;
    if SAML_PROVIDERS.contains(cx.tx, (account.number(), provider.name.to_lowercase()))? {
        // AWS's sentence is not known.
        let message = format!("SAML Provider with name {} already exists.", provider.name);
        return Err(error::already_exists(message));
    }
    count::add(cx, COUNTED, "SAMLProvidersPerAccount", PROVIDERS_PER_ACCOUNT)?;
    put(cx, &provider)?;
    Ok(CreateSAMLProviderResponse {
        saml_provider_arn: Some(arn_of(account, &provider.name)),
        tags: tag::shapes_if_any(&provider.tags),
    })
}

pub fn delete_saml_provider(
    cx: &mut Cx<'_>,
    input: DeleteSAMLProviderRequest,
) -> Result<DeleteSAMLProviderResponse, Error> {
    let provider = get(cx, &input.saml_provider_arn)?;
    let account = cx.account();
    SAML_PROVIDERS.delete(cx.tx, (account.number(), provider.name.to_lowercase()));
    count::subtract(cx.tx, account, COUNTED)?;
    Ok(DeleteSAMLProviderResponse::default())
}

pub fn get_saml_provider(
    cx: &mut Cx<'_>,
    input: GetSAMLProviderRequest,
) -> Result<GetSAMLProviderResponse, Error> {
    let provider = get(cx, &input.saml_provider_arn)?;
    let keys = provider.keys.iter().map(|key| SAMLPrivateKey {
        key_id: Some(key.id.clone()),
        timestamp: Some(Timestamp::from_seconds(key.created)),
    });
    let keys: Vec<_> = keys.collect();
    Ok(GetSAMLProviderResponse {
        saml_provider_uuid: Some(provider.uuid),
        saml_metadata_document: Some(provider.metadata),
        create_date: Some(Timestamp::from_seconds(provider.created)),
        valid_until: Some(Timestamp::from_seconds(provider.valid_until)),
        tags: Some(tag::shapes(&provider.tags)),
        assertion_encryption_mode: provider.encrypted.map(mode),
        private_key_list: (!keys.is_empty()).then_some(keys),
    })
}

pub fn list_saml_provider_tags(
    cx: &mut Cx<'_>,
    input: ListSAMLProviderTagsRequest,
) -> Result<ListSAMLProviderTagsResponse, Error> {
    let arn = &input.saml_provider_arn;
    let tags = get(cx, arn)?.tags;
    let page = tag::list(cx, arn, &tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListSAMLProviderTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

pub fn list_saml_providers(
    cx: &mut Cx<'_>,
    _input: ListSAMLProvidersRequest,
) -> Result<ListSAMLProvidersResponse, Error> {
    let account = cx.account();
    let range = SAML_PROVIDERS.prefix((account.number(),));
    let rows = SAML_PROVIDERS.scan(cx.tx, range, usize::MAX)?;
    let entries = rows.into_iter().map(|(_, provider)| SAMLProviderListEntry {
        arn: Some(arn_of(account, &provider.name)),
        valid_until: Some(Timestamp::from_seconds(provider.valid_until)),
        create_date: Some(Timestamp::from_seconds(provider.created)),
    });
    Ok(ListSAMLProvidersResponse { saml_provider_list: Some(entries.collect()) })
}

pub fn tag_saml_provider(
    cx: &mut Cx<'_>,
    input: TagSAMLProviderRequest,
) -> Result<TagSAMLProviderResponse, Error> {
    let mut provider = get(cx, &input.saml_provider_arn)?;
    provider.tags = tag::merged(cx, provider.tags, &input.tags, "TagsPerSAMLProvider")?;
    put(cx, &provider)?;
    Ok(TagSAMLProviderResponse::default())
}

pub fn untag_saml_provider(
    cx: &mut Cx<'_>,
    input: UntagSAMLProviderRequest,
) -> Result<UntagSAMLProviderResponse, Error> {
    let mut provider = get(cx, &input.saml_provider_arn)?;
    provider.tags = tag::without(provider.tags, &input.tag_keys);
    put(cx, &provider)?;
    Ok(UntagSAMLProviderResponse::default())
}

pub fn update_saml_provider(
    cx: &mut Cx<'_>,
    input: UpdateSAMLProviderRequest,
) -> Result<UpdateSAMLProviderResponse, Error> {
    let mut provider = get(cx, &input.saml_provider_arn)?;
    if let Some(metadata) = input.saml_metadata_document {
        provider.valid_until = valid_until(cx.now().as_seconds(), &metadata)?;
        provider.metadata = metadata;
    }
    if let Some(id) = input.remove_private_key {
        let before = provider.keys.len();
        provider.keys.retain(|key| key.id != id);
        if provider.keys.len() == before {
            // AWS's sentence is not known.
            return Err(error::no_such_entity(format!("Private key {id} cannot be found.")));
        }
    }
    set_encryption(cx, &mut provider, input.assertion_encryption_mode, input.add_private_key)?;
    put(cx, &provider)?;
    Ok(UpdateSAMLProviderResponse { saml_provider_arn: Some(input.saml_provider_arn) })
}

/// How many there are.
///
/// # Errors
/// Only what the store says.
pub fn count(tx: &Tx, account: AccountId) -> Result<u64, Error> {
    count::of(tx, account, COUNTED)
}

fn valid_until(now: i64, metadata: &str) -> Result<i64, Error> {
    let read = saml_metadata::read(metadata);
    let read = read.ok_or_else(|| error::invalid_input("Could not parse metadata"))?;
    Ok(read.valid_until.unwrap_or_else(|| now.saturating_add(SECONDS_VALID)))
}

/// AWS's sentences are not known.
fn set_encryption(
    cx: &Cx<'_>,
    provider: &mut SamlRecord,
    mode: Option<AssertionEncryptionModeType>,
    key: Option<String>,
) -> Result<(), Error> {
    if let Some(key) = key {
        if !matches!(PublicKey::of_private_key(&key), Some(PublicKey::Rsa { .. })) {
            return Err(error::invalid_input("Could not parse private key"));
        }
        if provider.keys.len() >= KEYS_PER_PROVIDER {
            return Err(error::limit("PrivateKeysPerSAMLProvider", KEYS_PER_PROVIDER));
        }
        let id = cx.letters(Alphabet::Base32, ID_LENGTH);
        let binding = format!("saml-key {} {id}", provider.uuid);
        let sealed = cx.keyring().seal(binding.as_bytes(), key.as_bytes())?.into();
        provider.keys.push(SamlKey { id, created: cx.now().as_seconds(), sealed });
    }
    if let Some(mode) = mode {
        provider.encrypted = Some(mode == AssertionEncryptionModeType::Required);
    }
    if provider.encrypted == Some(true) && provider.keys.is_empty() {
        let message = "A private key is needed where assertions must be encrypted.";
        return Err(error::invalid_input(message));
    }
    Ok(())
}

const fn mode(required: bool) -> AssertionEncryptionModeType {
    if required {
        AssertionEncryptionModeType::Required
    } else {
        AssertionEncryptionModeType::Allowed
    }
}

fn get(cx: &Cx<'_>, text: &str) -> Result<SamlRecord, Error> {
    let account = cx.account();
    let missing = || error::no_such_entity(format!("Manifest not found for arn {text}"));
    let name = text.strip_prefix(&arn_of(account, "")).ok_or_else(missing)?;
    let found = SAML_PROVIDERS.get(cx.tx, (account.number(), name.to_lowercase()))?;
    found.filter(|provider| provider.name == name).ok_or_else(missing)
}

fn put(cx: &mut Cx<'_>, provider: &SamlRecord) -> Result<(), Error> {
    let account = cx.account().number();
    Ok(SAML_PROVIDERS.put(cx.tx, (account, provider.name.to_lowercase()), provider)?)
}

fn arn_of(account: AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:{COUNTED}/{name}")
}
