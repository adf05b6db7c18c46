//! OpenID Connect providers: whose tokens an account's roles may trust. Here they only are kept.
//!
//! A provider is its URL without the scheme. Deliberately absent: fetching the provider's keys.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use api::iam::{
    AddClientIDToOpenIDConnectProviderRequest, AddClientIDToOpenIDConnectProviderResponse,
    CreateOpenIDConnectProviderRequest, CreateOpenIDConnectProviderResponse,
    DeleteOpenIDConnectProviderRequest, DeleteOpenIDConnectProviderResponse,
    GetOpenIDConnectProviderRequest, GetOpenIDConnectProviderResponse,
    ListOpenIDConnectProviderTagsRequest, ListOpenIDConnectProviderTagsResponse,
    ListOpenIDConnectProvidersRequest, ListOpenIDConnectProvidersResponse,
    OpenIDConnectProviderListEntry, RemoveClientIDFromOpenIDConnectProviderRequest,
    RemoveClientIDFromOpenIDConnectProviderResponse, TagOpenIDConnectProviderRequest,
    TagOpenIDConnectProviderResponse, UntagOpenIDConnectProviderRequest,
    UntagOpenIDConnectProviderResponse, UpdateOpenIDConnectProviderThumbprintRequest,
    UpdateOpenIDConnectProviderThumbprintResponse,
};
use api::{Structure, Timestamp};
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use crate::tables::OIDC_PROVIDERS;
use crate::{arn, count, error, tag};

const PROVIDERS_PER_ACCOUNT: usize = 100;
const CLIENT_IDS_MAX: usize = 100;
const THUMBPRINTS_MAX: usize = 5;
const COUNTED: &str = "oidc-provider";

#[derive(Debug, Clone, Encode, Decode)]
pub struct OidcRecord {
    #[n(0)]
    pub client_ids: Vec<String>,
    #[n(1)]
    pub thumbprints: Vec<String>,
    /// Seconds.
    #[n(2)]
    pub created: i64,
    #[n(3)]
    pub tags: Vec<(String, String)>,
}

impl Record for OidcRecord {
    const VERSION: u8 = 1;
}

/// A provider by its ARN.
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let text = input.text("OpenIDConnectProviderArn").unwrap_or_default();
    let tags = match get(cx, text) {
        Ok((_, provider)) => provider.tags,
        Err(_) => Vec::new(),
    };
    Ok(arn::resource(text).tagged(tags.into_iter().collect()))
}

pub fn new_resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let url = input.text("Url").unwrap_or_default();
    Ok(Resource::arn(arn_of(cx.account(), url.strip_prefix("https://").unwrap_or(url))))
}

/// Adding again changes nothing.
pub fn add_client_id_to_open_id_connect_provider(
    cx: &mut Cx<'_>,
    input: AddClientIDToOpenIDConnectProviderRequest,
) -> Result<AddClientIDToOpenIDConnectProviderResponse, Error> {
    let (host, mut provider) = get(cx, &input.open_id_connect_provider_arn)?;
    if !provider.client_ids.contains(&input.client_id) {
        provider.client_ids.push(input.client_id);
        check_client_ids(cx, &provider.client_ids)?;
    }
    put(cx, &host, &provider)?;
    Ok(AddClientIDToOpenIDConnectProviderResponse::default())
}

pub fn create_open_id_connect_provider(
    cx: &mut Cx<'_>,
    input: CreateOpenIDConnectProviderRequest,
) -> Result<CreateOpenIDConnectProviderResponse, Error> {
    let account = cx.account();
    let host = host(&input.url)
        .ok_or_else(|| Error::validation("Invalid Open ID Connect Provider URL"))?;
    let provider = OidcRecord {
        client_ids: input.client_id_list.unwrap_or_default(),
        thumbprints: input.thumbprint_list.unwrap_or_default(),
        created: cx.now().as_seconds(),
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
    };
    check_client_ids(cx, &provider.client_ids)?;
    check_thumbprints(&provider.thumbprints)?;
    if OIDC_PROVIDERS.contains(cx.tx, (account.number(), host))? {
        let message = format!("Provider with url https://{host} already exists.");
        return Err(error::already_exists(message));
    }
    count::add(cx, COUNTED, "OpenIdConnectProvidersPerAccount", PROVIDERS_PER_ACCOUNT)?;
    put(cx, host, &provider)?;
    Ok(CreateOpenIDConnectProviderResponse {
        open_id_connect_provider_arn: Some(arn_of(account, host)),
        tags: tag::shapes_if_any(&provider.tags),
    })
}

/// Deleting what is not there is no error.
pub fn delete_open_id_connect_provider(
    cx: &mut Cx<'_>,
    input: DeleteOpenIDConnectProviderRequest,
) -> Result<DeleteOpenIDConnectProviderResponse, Error> {
    if let Ok((host, _)) = get(cx, &input.open_id_connect_provider_arn) {
        let account = cx.account();
        OIDC_PROVIDERS.delete(cx.tx, (account.number(), host));
        count::subtract(cx.tx, account, COUNTED)?;
    }
    Ok(DeleteOpenIDConnectProviderResponse::default())
}

pub fn get_open_id_connect_provider(
    cx: &mut Cx<'_>,
    input: GetOpenIDConnectProviderRequest,
) -> Result<GetOpenIDConnectProviderResponse, Error> {
    let (host, provider) = get(cx, &input.open_id_connect_provider_arn)?;
    Ok(GetOpenIDConnectProviderResponse {
        url: Some(host),
        client_id_list: Some(provider.client_ids),
        thumbprint_list: Some(provider.thumbprints),
        create_date: Some(Timestamp::from_seconds(provider.created)),
        tags: Some(tag::shapes(&provider.tags)),
    })
}

pub fn list_open_id_connect_provider_tags(
    cx: &mut Cx<'_>,
    input: ListOpenIDConnectProviderTagsRequest,
) -> Result<ListOpenIDConnectProviderTagsResponse, Error> {
    let arn = &input.open_id_connect_provider_arn;
    let (_, provider) = get(cx, arn)?;
    let page = tag::list(cx, arn, &provider.tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListOpenIDConnectProviderTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

pub fn list_open_id_connect_providers(
    cx: &mut Cx<'_>,
    _input: ListOpenIDConnectProvidersRequest,
) -> Result<ListOpenIDConnectProvidersResponse, Error> {
    let account = cx.account();
    let range = OIDC_PROVIDERS.prefix((account.number(),));
    let rows = OIDC_PROVIDERS.scan(cx.tx, range, usize::MAX)?;
    let entries = rows
        .into_iter()
        .map(|((_, host), _)| OpenIDConnectProviderListEntry { arn: Some(arn_of(account, &host)) });
    let list = Some(entries.collect());
    Ok(ListOpenIDConnectProvidersResponse { open_id_connect_provider_list: list })
}

/// Removing what is not there changes nothing.
pub fn remove_client_id_from_open_id_connect_provider(
    cx: &mut Cx<'_>,
    input: RemoveClientIDFromOpenIDConnectProviderRequest,
) -> Result<RemoveClientIDFromOpenIDConnectProviderResponse, Error> {
    let (host, mut provider) = get(cx, &input.open_id_connect_provider_arn)?;
    provider.client_ids.retain(|known| *known != input.client_id);
    put(cx, &host, &provider)?;
    Ok(RemoveClientIDFromOpenIDConnectProviderResponse::default())
}

pub fn tag_open_id_connect_provider(
    cx: &mut Cx<'_>,
    input: TagOpenIDConnectProviderRequest,
) -> Result<TagOpenIDConnectProviderResponse, Error> {
    let (host, mut provider) = get(cx, &input.open_id_connect_provider_arn)?;
    provider.tags = tag::merged(cx, provider.tags, &input.tags, "TagsPerOpenIdConnectProvider")?;
    put(cx, &host, &provider)?;
    Ok(TagOpenIDConnectProviderResponse::default())
}

pub fn untag_open_id_connect_provider(
    cx: &mut Cx<'_>,
    input: UntagOpenIDConnectProviderRequest,
) -> Result<UntagOpenIDConnectProviderResponse, Error> {
    let (host, mut provider) = get(cx, &input.open_id_connect_provider_arn)?;
    provider.tags = tag::without(provider.tags, &input.tag_keys);
    put(cx, &host, &provider)?;
    Ok(UntagOpenIDConnectProviderResponse::default())
}

/// Replaces the whole list.
pub fn update_open_id_connect_provider_thumbprint(
    cx: &mut Cx<'_>,
    input: UpdateOpenIDConnectProviderThumbprintRequest,
) -> Result<UpdateOpenIDConnectProviderThumbprintResponse, Error> {
    let (host, mut provider) = get(cx, &input.open_id_connect_provider_arn)?;
    check_thumbprints(&input.thumbprint_list)?;
    provider.thumbprints = input.thumbprint_list;
    put(cx, &host, &provider)?;
    Ok(UpdateOpenIDConnectProviderThumbprintResponse::default())
}

/// How many there are.
///
/// # Errors
/// Only what the store says.
pub fn count(tx: &Tx, account: AccountId) -> Result<u64, Error> {
    count::of(tx, account, COUNTED)
}

/// The provider with its URL without the scheme.
fn get(cx: &Cx<'_>, text: &str) -> Result<(String, OidcRecord), Error> {
    let account = cx.account();
    let missing =
        || error::no_such_entity(format!("OpenIDConnect Provider not found for arn {text}"));
    let host = text.strip_prefix(&arn_of(account, "")).ok_or_else(missing)?;
    let found = OIDC_PROVIDERS.get(cx.tx, (account.number(), host))?;
    Ok((host.to_owned(), found.ok_or_else(missing)?))
}

fn put(cx: &mut Cx<'_>, host: &str, provider: &OidcRecord) -> Result<(), Error> {
    let account = cx.account().number();
    Ok(OIDC_PROVIDERS.put(cx.tx, (account, host), provider)?)
}

fn arn_of(account: AccountId, host: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{host}")
}

/// Of `https://host/path`, without query and port, what stands behind the scheme.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
    let name = rest.split('/').next().unwrap_or_default();
    (!name.is_empty() && rest.chars().all(plain)).then_some(rest)
}

fn check_client_ids(cx: &Cx<'_>, ids: &[String]) -> Result<(), Error> {
    let most = count::raised(cx, CLIENT_IDS_MAX);
    if ids.len() > most {
        return Err(error::limit("ClientIdsPerOpenIdConnectProvider", most));
    }
    Ok(())
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), Error> {
    if thumbprints.len() > THUMBPRINTS_MAX {
        return Err(error::invalid_input("Thumbprint list must contain fewer than 5 entries."));
    }
    let is_hex = |text: &String| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !thumbprints.iter().all(is_hex) {
        // AWS's sentence is not known.
        return Err(error::invalid_input("Thumbprints must be hexadecimal."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_its_url_without_the_scheme() {
        for (url, expected) in [
            ("https://example.com", Some("example.com")),
            ("https://example.com/a/b/", Some("example.com/a/b")),
            ("http://example.com", None),
            ("https://", None),
            ("https://example.com?x=1", None),
            ("https://example.com:8443", None),
            ("https:///path", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
