//! The functions that need nothing but their resolved argument: each takes it and answers a value
//! or the sentence that says what it wants.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{MAX_RESOLVED, Scope};
use crate::template::{Error, Value};

pub fn apply(name: &str, argument: &Value, scope: &Scope<'_>) -> Result<Value, Error> {
    match name {
        "Fn::Join" => join(argument),
        "Fn::Split" => split(argument),
        "Fn::Select" => select(argument),
        "Fn::FindInMap" => find_in_map(argument, scope),
        "Fn::Base64" => {
            let text = argument.text().ok_or(Error::StringValue("Fn::Base64"))?;
            Ok(Value::String(STANDARD.encode(text.as_bytes())))
        }
        "Fn::GetAZs" => {
            let region = argument.text().ok_or(Error::StringValue("Fn::GetAZs"))?;
            let zones = scope.environment.availability_zones(&region);
            Ok(Value::List(zones.into_iter().map(Value::String).collect()))
        }
        "Fn::ImportValue" => {
            let export = argument.text().ok_or(Error::StringValue("Fn::ImportValue"))?;
            let value = scope.environment.import(&export);
            value.map(Value::String).ok_or_else(|| Error::NoExport(export.into_owned()))
        }
        "Fn::Cidr" => cidr(argument).ok_or(Error::Cidr),
        "Fn::Length" => {
            let list = argument.as_list().ok_or(Error::Length)?;
            Ok(Value::Number(list.len().to_string()))
        }
        "Fn::ToJsonString" => Ok(Value::String(argument.to_json_text())),
        other => Err(Error::UnsupportedFunction(other.to_owned())),
    }
}

fn join(argument: &Value) -> Result<Value, Error> {
    let Some([Value::String(delimiter), Value::List(items)]) = argument.as_list() else {
        return Err(Error::Join);
    };
    let items: Option<Vec<_>> = items.iter().map(Value::text).collect();
    let items = items.ok_or(Error::Join)?;
    let texts = items.iter().map(|item| item.len()).fold(0, usize::saturating_add);
    if texts.saturating_add(delimiter.len().saturating_mul(items.len())) > MAX_RESOLVED {
        return Err(Error::TooLarge(MAX_RESOLVED));
    }
    Ok(Value::String(items.join(delimiter)))
}

fn split(argument: &Value) -> Result<Value, Error> {
    let Some([Value::String(delimiter), text]) = argument.as_list() else {
        return Err(Error::Split);
    };
    let text = text.text().ok_or(Error::Split)?;
    if delimiter.is_empty() {
        return Ok(Value::List(vec![Value::string(text)]));
    }
    Ok(Value::List(text.split(delimiter.as_str()).map(Value::string).collect()))
}

fn select(argument: &Value) -> Result<Value, Error> {
    let Some([index, Value::List(items)]) = argument.as_list() else {
        return Err(Error::Select);
    };
    let index = index.text().and_then(|text| text.parse().ok()).ok_or(Error::Select)?;
    items.get(index).cloned().ok_or(Error::SelectIndex(index))
}

fn find_in_map(argument: &Value, scope: &Scope<'_>) -> Result<Value, Error> {
    let Some([map, key, attribute, default @ ..]) = argument.as_list() else {
        return Err(Error::FindInMap);
    };
    let default = default_value(default);
    let (Some(map), Some(key), Some(attribute)) = (map.text(), key.text(), attribute.text()) else {
        return Err(Error::FindInMap);
    };
    let mapping = scope.template.mappings.get(map.as_ref());
    let member = |value: &Value, name: &str| value.as_map().and_then(|map| map.get(name)).cloned();
    let found = mapping.and_then(|mapping| member(mapping, &key));
    let found = found.and_then(|attributes| member(&attributes, &attribute));
    match (found.or_else(|| default.cloned()), mapping) {
        (Some(value), _) => Ok(value),
        (None, None) => Err(Error::UnknownMapping(map.into_owned())),
        (None, Some(_)) => Err(Error::Mapping {
            map: map.into_owned(),
            key: key.into_owned(),
            attribute: attribute.into_owned(),
        }),
    }
}

/// What stands in the fourth place of Fn::FindInMap: `{"DefaultValue": ..}`.
pub fn default_value(rest: &[Value]) -> Option<&Value> {
    match rest {
        [Value::Map(map)] if map.len() == 1 => map.get("DefaultValue"),
        _ => None,
    }
}

/// `[block, count, host bits]`: the first blocks of that size, 1 to 256 of them.
fn cidr(argument: &Value) -> Option<Value> {
    let (block, count, bits) = match argument.as_list()? {
        [block, count] => (block, count, None),
        [block, count, bits] => (block, count, Some(bits)),
        _ => return None,
    };
    let block = block.text()?;
    let (address, prefix) = block.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let (start, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32_u32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= width)?;
    let count: u128 = count.text()?.parse().ok().filter(|count| (1..=256).contains(count))?;
    let bits: u32 = bits.map_or(Some(8), |bits| bits.text()?.parse().ok())?;
    let room = width.checked_sub(prefix)?.checked_sub(bits)?;
    if room < 8 && count > 1_u128.checked_shl(room)? {
        return None;
    }
    let size = 1_u128.checked_shl(bits)?;
    let network = start
        & !(1_u128
            .checked_shl(width.checked_sub(prefix)?)
            .map_or(u128::MAX, |n| n.wrapping_sub(1)));
    let blocks = (0..count).map(|at| {
        let start = network.checked_add(at.checked_mul(size)?)?;
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(start).ok()?)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(start)),
        };
        Some(Value::String(format!("{address}/{}", width.checked_sub(bits)?)))
    });
    blocks.collect::<Option<Vec<_>>>().map(Value::List)
}
