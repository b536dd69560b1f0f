//! The way back: given a leaf and disclosures, gives the event, checked against the digests.

use super::disclose::{Class, Salter, base64url, digest, from_base64url};
use super::prepare::unescape;
use crate::json::{self, Number, Object, Text, Value};
use crate::limits;
use crate::problem::Problem;

/// One disclosed value.
#[derive(Clone, Debug, PartialEq)]
pub struct Disclosure {
    /// The class of the part it came from.
    pub class: Class,
    /// Its name: `input`, `output`, `detail`, `who`, `evidence`, or a pointer.
    pub name: Text,
    /// Its value, as stored.
    pub value: Value,
    /// The disclosure itself, as RFC 9901 writes it: what is shown to a third party.
    pub text: String,
}

impl Disclosure {
    /// The disclosures of a part: `seed 16 || JCS of [[name, value], ..]`.
    pub fn of_part(class: Class, plaintext: &[u8]) -> Result<Vec<Self>, Problem> {
        let broken = |what: &str| Problem::new("", format!("the part {what}"), "");
        let (seed, text) =
            plaintext.split_first_chunk::<16>().ok_or_else(|| broken("is shorter than a seed"))?;
        let pairs = json::read(text).map_err(|error| broken(&error.to_string()))?;
        let pairs = pairs.as_list().ok_or_else(|| broken("is no list of pairs"))?;
        if pairs.len() > limits::PAIRS_MAX {
            return Err(broken("has too many pairs"));
        }
        let mut salter = Salter::new(seed, class);
        let mut open = |pair: &Value| {
            let [name, value] = pair.as_list()? else { return None };
            let name = name.as_str()?;
            let text = salter.disclosure(name, value.to_json().as_bytes()).to_owned();
            Some(Self { class, name: name.into(), value: value.clone(), text })
        };
        pairs
            .iter()
            .map(&mut open)
            .collect::<Option<_>>()
            .ok_or_else(|| broken("has a broken pair"))
    }

    /// Reads a disclosure that somebody shows: base64url of `[salt, name, value]`.
    pub fn parse(class: Class, text: &str) -> Option<Self> {
        let value = json::read(&from_base64url(text)?).ok()?;
        let [salt, name, value] = value.as_list()? else { return None };
        from_base64url(salt.as_str()?).filter(|salt| salt.len() == 32)?;
        let name = name.as_str()?.into();
        Some(Self { class, name, value: value.clone(), text: text.to_owned() })
    }

    /// The digest that a leaf must hold for this disclosure to count.
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.text)
    }
}

/// The digests of one class of a leaf, as written there; none if the leaf has no such class.
pub fn digests(leaf: &Object, class: Class) -> impl Iterator<Item = &str> {
    let list = leaf.object(class.as_str()).and_then(|class| class.get("_sd"));
    list.and_then(Value::as_list).unwrap_or_default().iter().filter_map(Value::as_str)
}

/// The event that a leaf and some of its disclosures say. A disclosure that the leaf does not
/// commit to, or that says again what stands there, is a problem: none of it can be trusted.
pub fn reveal(leaf: &Object, disclosures: &[Disclosure]) -> Result<Object, Problem> {
    let mut event = leaf.clone();
    for class in Class::ALL {
        event.remove(class.as_str());
    }
    let mut own = Object::new();
    for disclosure in disclosures {
        let committed = base64url(&disclosure.digest());
        if !digests(leaf, disclosure.class).any(|digest| digest == committed) {
            let what = format!("the leaf does not commit to disclosure `{}`", disclosure.name);
            return Err(Problem::new("", what, "it was changed, or belongs to another event"));
        }
        merge_disclosure(&mut event, &mut own, disclosure)?;
    }
    restore(&mut event, &own);
    Ok(unescape(event))
}

/// Members of `detail` that speak of the entry and are no members of the event.
const OWN: [&str; 4] = ["nums", "originals", "redacted", "cut"];

fn merge_disclosure(
    event: &mut Object,
    own: &mut Object,
    disclosure: &Disclosure,
) -> Result<(), Problem> {
    if let Some(pointer) = disclosure.name.strip_prefix('/') {
        let path: Vec<&str> = pointer.split('/').collect();
        if let [name] = path.as_slice()
            && OWN.contains(name)
        {
            own.insert(*name, disclosure.value.clone());
            return Ok(());
        }
        let mut tree = Object::new();
        tree.insert_at(&path, disclosure.value.clone());
        return merge(event, &tree, "");
    }
    let Value::Object(object) = &disclosure.value else {
        let what = format!("disclosure `{}` is no object", disclosure.name);
        return Err(Problem::new("", what, ""));
    };
    let mut object = object.clone();
    for name in OWN {
        if let Some(value) = object.remove(name) {
            own.insert(name, value);
        }
    }
    merge(event, &object, "")
}

/// Puts the members of `from` into `into`; a member that stands in both is a problem, unless both
/// are objects.
fn merge(into: &mut Object, from: &Object, place: &str) -> Result<(), Problem> {
    for (name, value) in from.iter() {
        let pointer = format!("{place}/{name}");
        match (into.get_mut(name), value) {
            (None, value) => {
                into.insert(name, value.clone());
            }
            (Some(Value::Object(inner)), Value::Object(object)) => merge(inner, object, &pointer)?,
            (Some(_), _) => {
                return Err(Problem::new(pointer, "stands in two places of one entry", ""));
            }
        }
    }
    Ok(())
}

/// Gives back the names that the leaf could not show and the numbers that JCS could not carry.
fn restore(event: &mut Object, own: &Object) {
    for (pointer, value) in own.object("originals").into_iter().flat_map(Object::iter) {
        let path: Vec<&str> = pointer.split('/').skip(1).collect();
        event.insert_at(&path, value.clone());
    }
    let nums = own.get("nums").and_then(Value::as_list).unwrap_or_default();
    for pointer in nums.iter().filter_map(Value::as_str) {
        let literal = event.at(pointer).and_then(Value::as_str).and_then(Number::parse);
        if let (Some(number), Some(place)) = (literal, event.at_mut(pointer)) {
            *place = number.into();
        }
    }
}
