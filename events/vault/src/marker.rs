//! The form of a private value in JSON, and walking an event to take them out and put them back.
//!
//! - open: `{"§":"petitioner","v":VALUE}`
//! - closed: `{"§":"petitioner","i":N}`: the value is number N in the subject's sealed array
//! - erased: `{"§":"petitioner","x":true}`
//!
//! Private values may stand inside private values: the inner one is taken out first, so that erasing its subject erases
//! it wherever it stood.

use serde_json::{Map, Value};

use crate::error::Damage;

/// The key that makes an object a private marker.
const SUBJECT: &str = "§";
const VALUE: &str = "v";
const INDEX: &str = "i";
const ERASED: &str = "x";

/// A marker that cannot be sealed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The private values of one subject, taken out of an event.
pub(crate) struct Taken {
    pub(crate) subject: String,
    pub(crate) values: Vec<Value>,
}

/// The private values of one subject, to be put back into an event.
pub(crate) struct Opened<'a> {
    pub(crate) subject: &'a str,
    /// None when the key is gone. A value is taken at most once.
    pub(crate) values: Option<Vec<Option<Value>>>,
}

/// Takes every open private value out of `value`, leaving closed markers, and adds it to its subject in `taken`.
pub(crate) fn take_out(value: &mut Value, taken: &mut Vec<Taken>) -> Result<(), Malformed> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| take_out(item, taken)),
        Value::Object(map) if map.contains_key(SUBJECT) => close(map, taken),
        Value::Object(map) => map.values_mut().try_for_each(|item| take_out(item, taken)),
        _ => Ok(()),
    }
}

fn close(map: &mut Map<String, Value>, taken: &mut Vec<Taken>) -> Result<(), Malformed> {
    if is_erased(map) {
        // An erased value that is written again stays erased; there is nothing to seal.
        return Ok(());
    }
    let (2, Some(mut value)) = (map.len(), map.remove(VALUE)) else {
        return Err(Malformed);
    };
    take_out(&mut value, taken)?;
    let subject = map.get(SUBJECT).and_then(Value::as_str).filter(|name| !name.is_empty()).ok_or(Malformed)?;
    let at = match taken.iter().position(|one| one.subject == subject) {
        Some(at) => at,
        None => {
            taken.push(Taken { subject: subject.to_owned(), values: Vec::new() });
            taken.len() - 1
        }
    };
    let values = &mut taken[at].values;
    map.insert(INDEX.to_owned(), values.len().into());
    values.push(value);
    Ok(())
}

/// Puts the values of `opened` back in place of the closed markers of `value`.
pub(crate) fn put_back(value: &mut Value, opened: &mut [Opened<'_>]) -> Result<(), Damage> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| put_back(item, opened)),
        Value::Object(map) if map.contains_key(SUBJECT) => reopen(map, opened),
        Value::Object(map) => map.values_mut().try_for_each(|item| put_back(item, opened)),
        _ => Ok(()),
    }
}

fn reopen(map: &mut Map<String, Value>, opened: &mut [Opened<'_>]) -> Result<(), Damage> {
    if is_erased(map) {
        return Ok(());
    }
    let (2, Some(index)) = (map.len(), map.remove(INDEX)) else {
        return Err(Damage::Marker);
    };
    let index = index.as_u64().and_then(|index| usize::try_from(index).ok()).ok_or(Damage::Marker)?;
    let subject = map.get(SUBJECT).and_then(Value::as_str).ok_or(Damage::Marker)?;
    let from = opened.iter_mut().find(|one| one.subject == subject).ok_or(Damage::MissingBlob)?;
    match &mut from.values {
        None => {
            map.insert(ERASED.to_owned(), Value::Bool(true));
        }
        Some(values) => {
            // Taking each value once also ends any circle of markers that point at one another.
            let mut value = values.get_mut(index).and_then(Option::take).ok_or(Damage::MissingValue)?;
            put_back(&mut value, opened)?;
            map.insert(VALUE.to_owned(), value);
        }
    }
    Ok(())
}

fn is_erased(map: &Map<String, Value>) -> bool {
    map.len() == 2 && map.get(ERASED) == Some(&Value::Bool(true)) && map[SUBJECT].is_string()
}
