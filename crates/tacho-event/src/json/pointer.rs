//! Places in a document: RFC 6901 pointers such as `/action/tool/parameters/0`.

use super::{Object, Value};
use std::borrow::Cow;

/// One step down: a member name or an index.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// Into the member of an object.
    Member(&'a str),
    /// Into the element of an array.
    Index(usize),
}

/// A place on the way through a document; the way lives on the stack and costs nothing until
/// somebody prints it.
#[derive(Clone, Copy, Debug)]
pub struct Pointer<'a> {
    parent: Option<&'a Pointer<'a>>,
    step: Option<Step<'a>>,
}

impl<'a> Pointer<'a> {
    /// The whole document.
    pub const ROOT: Pointer<'static> = Pointer { parent: None, step: None };

    /// The member `name` of this place.
    pub fn member(&'a self, name: &'a str) -> Pointer<'a> {
        Pointer { parent: Some(self), step: Some(Step::Member(name)) }
    }

    /// The element `index` of this place.
    pub fn index(&'a self, index: usize) -> Pointer<'a> {
        Pointer { parent: Some(self), step: Some(Step::Index(index)) }
    }
}

impl std::fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            None => Ok(()),
            Some(Step::Index(index)) => write!(f, "/{index}"),
            Some(Step::Member(name)) if !name.contains(['~', '/']) => write!(f, "/{name}"),
            Some(Step::Member(name)) => {
                write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))
            }
        }
    }
}

/// The value at `pointer`; an empty pointer is the whole document.
pub(super) fn find<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.is_empty() {
        return Some(value);
    }
    pointer.strip_prefix('/')?.split('/').try_fold(value, |place, step| match place {
        Value::Object(object) => find_member(object, step),
        Value::List(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The value at `pointer` below `object`.
pub(super) fn find_below<'v>(object: &'v Object, pointer: &str) -> Option<&'v Value> {
    let path = pointer.strip_prefix('/')?;
    let length = path.bytes().position(|byte| byte == b'/').unwrap_or(path.len());
    let (step, rest) = path.split_at_checked(length)?;
    find(find_member(object, step)?, rest)
}

/// The value at `pointer` below `object`, for change.
pub(super) fn find_below_mut<'v>(object: &'v mut Object, pointer: &str) -> Option<&'v mut Value> {
    let mut steps = pointer.strip_prefix('/')?.split('/').map(unescape);
    let mut place = object.get_mut(&steps.next()?)?;
    for step in steps {
        place = match place {
            Value::Object(object) => object.get_mut(&step)?,
            Value::List(list) => list.get_mut(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(place)
}

fn find_member<'v>(object: &'v Object, step: &str) -> Option<&'v Value> {
    object.get(&unescape(step))
}

fn unescape(step: &str) -> Cow<'_, str> {
    if step.bytes().any(|byte| byte == b'~') {
        return step.replace("~1", "/").replace("~0", "~").into();
    }
    step.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_pointer_finds_its_value() {
        let inner = Object::from([("a/b~c", Value::from([7, 8]))]);
        let value = Value::Object(Object::from([("x", inner)]));
        let root = Pointer::ROOT;
        let (x, odd) = (root.member("x"), "a/b~c");
        let place = x.member(odd);
        let place = place.index(1);
        assert_eq!(place.to_string(), "/x/a~1b~0c/1");
        assert_eq!(value.at(&place.to_string()), Some(&Value::from(8)));
        assert_eq!(value.at("/x/none"), None);
        assert_eq!(value.at("x"), None);
    }
}
