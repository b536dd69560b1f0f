//! The second look at a leaf: given stored bytes, gives the object, or what no leaf of ours says.
//!
//! Protection makes only such leaves. This looks again at bytes that came back from a disk or from
//! another process, by the same table, so that nothing else becomes evidence.

use super::disclose::{Class, from_base64url};
use super::split::RESOURCE_TYPES_MAX;
use crate::ids::{EventId, is_public, is_public_model};
use crate::json::{self, Object, Pointer, Value};
use crate::limits;
use crate::problem::Problem;
use crate::shape::{EVENT, Home, Kind, Member, member};
use crate::time::Timestamp;
use crate::words::ActionType;

/// The object of a leaf, if `bytes` are one: canonical, within its limits, with public members
/// alone. `system` says that the recorder itself wrote it; only then may it bear the names that are
/// reserved for the recorder, and then it must.
///
/// ```
/// let leaf = br#"{"action":{"type":"stop"},"id":"a","timestamp":"2026-11-20T10:00:00.000000Z","v":1}"#;
/// assert!(tacho_event::privacy::check_leaf(leaf, false).is_ok());
/// assert!(tacho_event::privacy::check_leaf(leaf, true).is_err());
/// ```
pub fn check_leaf(bytes: &[u8], system: bool) -> Result<Object, Problem> {
    if bytes.len() > limits::LEAF_BYTES_MAX {
        return refuse(&Pointer::ROOT, "is larger than a leaf can be");
    }
    let leaf = match json::read(bytes) {
        Ok(Value::Object(leaf)) => leaf,
        Ok(other) => return refuse(&Pointer::ROOT, &format!("is {}, no object", other.kind())),
        Err(error) => return refuse(&Pointer::ROOT, &error.to_string()),
    };
    let mut canonical = Vec::with_capacity(bytes.len());
    json::write_object(&leaf, &mut canonical);
    if canonical != bytes {
        return refuse(&Pointer::ROOT, "is not in its canonical form");
    }
    let mut seen = Vec::new();
    for (name, value) in leaf.iter() {
        let place = Pointer::ROOT.member(name);
        match Class::ALL.into_iter().find(|class| class.as_str() == name) {
            Some(_) => check_commitment(value, &place, &mut seen)?,
            None => check_member(EVENT, name, value, &place)?,
        }
    }
    if leaf.get("v").and_then(Value::as_i64) != Some(1) {
        return refuse(&Pointer::ROOT.member("v"), "is not 1");
    }
    for name in ["id", "timestamp"] {
        if leaf.get(name).is_none() {
            return refuse(&Pointer::ROOT.member(name), "is missing");
        }
    }
    check_owner(&leaf, system)?;
    Ok(leaf)
}

/// The recorder's own names stand in the recorder's own leaves, and there alone.
fn check_owner(leaf: &Object, system: bool) -> Result<(), Problem> {
    let root = Pointer::ROOT;
    let place = root.member("action");
    let action = leaf.object("action");
    let Some(word) = action.and_then(|action| action.str("type")) else {
        return refuse(&place.member("type"), "is missing");
    };
    let name = action.and_then(|action| action.str("name")).unwrap_or("");
    let ours = word == ActionType::System.as_str() || name.starts_with("tacho.");
    match (ours, system) {
        (true, false) => refuse(&place, "bears a name that is reserved for the recorder"),
        (false, true) => refuse(&place, "is none of the recorder's own"),
        _ => Ok(()),
    }
}

fn check_member(
    rows: &'static [Member],
    name: &str,
    value: &Value,
    place: &Pointer<'_>,
) -> Result<(), Problem> {
    let Some(row) = member(rows, name) else {
        return refuse(place, "is no member of a leaf");
    };
    let fits = match (&row.kind, value) {
        (Kind::Group(inner), Value::Object(object)) => {
            return check_members(inner, object, place);
        }
        // The rest of an open object is hidden; its name is shown for what is public in it.
        (Kind::Open(inner), Value::Object(object)) if !object.is_empty() => {
            return check_members(inner, object, place);
        }
        _ if row.home != Home::Leaf => return refuse(place, "may not be shown in a leaf"),
        (Kind::Name | Kind::Key, Value::Text(text)) => is_public(text),
        (Kind::Model, Value::Text(text)) => is_public_model(text),
        (Kind::EventId, Value::Text(text)) => EventId::new(text).is_some(),
        (Kind::OneOf(words), Value::Text(text)) => words.contains(&text.as_str()),
        (Kind::Time, Value::Text(text)) => {
            Timestamp::parse(text).is_some_and(|time| time.to_text() == *text.as_bytes())
        }
        (Kind::Count, Value::Number(number)) => number.as_i64().is_some_and(|n| n >= 0),
        (Kind::Number, Value::Number(number)) => number.exact().is_none(),
        (Kind::Flag, Value::Bool(_)) => true,
        (Kind::Texts, Value::List(list)) => are_kinds(list),
        _ => false,
    };
    if fits { Ok(()) } else { refuse(place, "is not what a leaf may show there") }
}

fn check_members(
    rows: &'static [Member],
    object: &Object,
    place: &Pointer<'_>,
) -> Result<(), Problem> {
    object.iter().try_for_each(|(name, value)| check_member(rows, name, value, &place.member(name)))
}

/// True for public strings, each once, sorted.
fn are_kinds(list: &[Value]) -> bool {
    let texts = || list.iter().filter_map(Value::as_str);
    list.len() <= RESOURCE_TYPES_MAX
        && texts().filter(|text| is_public(text)).count() == list.len()
        && texts().zip(texts().skip(1)).all(|(a, b)| a < b)
}

/// `{"_sd":[..sorted..],"day":D}`, with no digest that stood before.
fn check_commitment(
    value: &Value,
    place: &Pointer<'_>,
    seen: &mut Vec<Box<str>>,
) -> Result<(), Problem> {
    let Some(object) = value.as_object().filter(|object| object.len() == 2) else {
        return refuse(place, "does not hold `_sd` and `day` alone");
    };
    let days = Timestamp::MIN.day()..=Timestamp::MAX.day();
    if !object.get("day").and_then(Value::as_i64).is_some_and(|day| days.contains(&day)) {
        return refuse(&place.member("day"), "is no day");
    }
    let digests = object.get("_sd").and_then(Value::as_list).unwrap_or_default();
    let place = place.member("_sd");
    if digests.is_empty() || digests.len() > limits::DIGESTS_MAX {
        return refuse(&place, &format!("does not hold 1 to {} digests", limits::DIGESTS_MAX));
    }
    let mut last = "";
    for digest in digests {
        let text = digest.as_str().unwrap_or_default();
        if from_base64url(text).is_none_or(|bytes| bytes.len() != 32) {
            return refuse(&place, "holds what is no digest");
        }
        if last >= text {
            return refuse(&place, "is not sorted, or repeats a digest");
        }
        if seen.iter().any(|one| **one == *text) {
            return refuse(&place, "repeats a digest of another class");
        }
        last = text;
    }
    seen.extend(digests.iter().filter_map(Value::as_str).map(Box::from));
    Ok(())
}

fn refuse<T>(place: &Pointer<'_>, what: &str) -> Result<T, Problem> {
    Err(Problem::new(place, what, "it was changed, or another program wrote it"))
}
