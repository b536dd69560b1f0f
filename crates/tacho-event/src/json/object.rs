//! A JSON object: distinct member names, sorted by UTF-16 code units as RFC 8785 wants them.

use super::{Text, Value};
use std::cmp::Ordering;

/// The members of a JSON object in canonical order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    members: Vec<(Text, Value)>,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Members in any order; of two with one name the later stands. `repeated` is told each name
    /// that stood twice.
    pub(crate) fn from_members(
        mut members: Vec<(Text, Value)>,
        mut repeated: impl FnMut(&str),
    ) -> Self {
        let sorted =
            members.windows(2).all(|pair| matches!(pair, [a, b] if order(&a.0, &b.0).is_lt()));
        if !sorted {
            members.sort_by(|a, b| order(&a.0, &b.0));
            members.dedup_by(|later, earlier| {
                let same = later.0 == earlier.0;
                if same {
                    repeated(&later.0);
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        Self { members }
    }

    /// Makes room for so many more members, and no more.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.members.reserve_exact(more);
    }

    /// The value of the member `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(name).and_then(|i| self.members.get(i)).map(|(_, value)| value)
    }

    /// The value of the member `name`, for change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let i = self.find(name)?;
        self.members.get_mut(i).map(|(_, value)| value)
    }

    /// The string of the member `name`, if it is one.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// The object of the member `name`, if it is one.
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.get(name).and_then(Value::as_object)
    }

    /// The value at an RFC 6901 pointer such as `/action/tool/name`.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        super::pointer::find_below(self, pointer)
    }

    /// The value at an RFC 6901 pointer, for change.
    pub fn at_mut(&mut self, pointer: &str) -> Option<&mut Value> {
        super::pointer::find_below_mut(self, pointer)
    }

    /// Sets the member `name`, giving back what stood there.
    pub fn insert(&mut self, name: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.position(&name) {
            Ok(i) => self.members.get_mut(i).map(|slot| std::mem::replace(&mut slot.1, value)),
            Err(i) => {
                self.members.insert(i, (name, value));
                None
            }
        }
    }

    /// The object of the member `name`, made if there is none; `None` if something else is there.
    pub fn entry_object(&mut self, name: &str) -> Option<&mut Object> {
        let place = self.position(name).unwrap_or_else(|place| {
            self.members.insert(place, (name.into(), Object::new().into()));
            place
        });
        self.members.get_mut(place)?.1.as_object_mut()
    }

    /// Takes the member `name` out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let i = self.find(name)?;
        Some(self.members.remove(i).1)
    }

    /// Sets the member at a path of names, making objects on the way; false if something that is
    /// no object stands in the way.
    pub fn insert_at(&mut self, path: &[&str], value: impl Into<Value>) -> bool {
        let Some((last, parents)) = path.split_last() else { return false };
        let mut place = self;
        for name in parents {
            let Some(next) = place.entry_object(name) else { return false };
            place = next;
        }
        place.insert(*last, value);
        true
    }

    /// The members in canonical order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The members in canonical order, values for change.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Value)> {
        self.members.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// Keeps the members that `keep` accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.members.retain_mut(|(name, value)| keep(name, value));
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Where the member `name` stands.
    fn find(&self, name: &str) -> Option<usize> {
        // Objects of events are small: comparing lengths first beats a binary search.
        if self.members.len() <= 16 {
            return self.members.iter().position(|(n, _)| n == name);
        }
        self.position(name).ok()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.members.binary_search_by(|(n, _)| order(n, name))
    }
}

impl IntoIterator for Object {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<N: Into<Text>, V: Into<Value>> FromIterator<(N, V)> for Object {
    /// Of two members with one name the later stands.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Self {
        let members = members.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self::from_members(members.collect(), |_| ())
    }
}

impl<N: Into<Text>, V: Into<Value>, const LEN: usize> From<[(N, V); LEN]> for Object {
    fn from(members: [(N, V); LEN]) -> Self {
        members.into_iter().collect()
    }
}

/// The order of RFC 8785: by UTF-16 code units. UTF-8 bytes sort the same way, except where a
/// character beyond U+FFFF (its first byte is F0 or more, its first unit D800 to DBFF) meets one of
/// U+E000 to U+FFFF (EE or EF).
fn order(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let Some((x, y)) = a.iter().zip(b).find(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    if *x >= 0xee && *y >= 0xee && (*x >= 0xf0) != (*y >= 0xf0) {
        return y.cmp(x);
    }
    x.cmp(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_sort_by_utf16_code_units() {
        // U+1F600 is D83D DE00 in UTF-16 and sorts before U+FB33, though its UTF-8 is greater.
        let object: Object = ["\u{fb33}", "\u{1f600}", "\u{20ac}", "\r", "1", "\u{80}", "\u{f6}"]
            .into_iter()
            .map(|name| (name, 1))
            .collect();
        let names: Vec<&str> = object.iter().map(|(name, _)| name).collect();
        let sorted = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"];
        assert_eq!(names, sorted);
    }

    proptest::proptest! {
        #[test]
        fn the_order_is_that_of_utf16(a in "[a\u{ed00}-\u{f100}\u{ffff}\u{10000}-\u{10010}]{0,4}",
            b in "[a\u{ed00}-\u{f100}\u{ffff}\u{10000}-\u{10010}]{0,4}") {
            proptest::prop_assert_eq!(order(&a, &b), a.encode_utf16().cmp(b.encode_utf16()));
        }
    }

    #[test]
    fn of_two_members_with_one_name_the_later_stands_and_the_name_is_told() {
        let mut repeated = Vec::new();
        let members = vec![("b".into(), 1.into()), ("a".into(), 2.into()), ("b".into(), 3.into())];
        let object = Object::from_members(members, |name| repeated.push(name.to_owned()));
        assert_eq!(object, Object::from([("a", 2), ("b", 3)]));
        assert_eq!(repeated, ["b"]);
    }

    #[test]
    fn insert_at_makes_the_way_and_stops_at_what_is_no_object() {
        let mut object = Object::new();
        assert!(object.insert_at(&["a", "b"], 1));
        assert!(!object.insert_at(&["a", "b", "c"], 1));
        assert_eq!(Value::from(object).to_json(), r#"{"a":{"b":1}}"#);
    }
}
