//! One JSON value.

use super::{Number, Object};

/// A JSON string; short ones live inside the value.
pub type Text = compact_str::CompactString;

/// A JSON value whose objects are sorted and whose numbers are exact.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, kept exactly.
    Number(Number),
    /// A string of Unicode scalar values (no lone surrogates).
    Text(Text),
    /// An array.
    List(Vec<Value>),
    /// An object with distinct, sorted member names.
    Object(Object),
}

impl Value {
    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The object, if this is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The object for change, if this is one.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The integer, if this is a number that is one (|n| < 2^53).
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// The number as a float, if this is a number.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number().map(Number::as_f64)
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// What this is, in the words of problems: `a string`, `an object`, ...
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// The value at an RFC 6901 pointer such as `/action/tool/name`.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        super::pointer::find(self, pointer)
    }

    /// The canonical text of this value.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        super::write(self, &mut out);
        // The writer copies `str`s and ASCII only.
        String::from_utf8(out).unwrap_or_default()
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Value::Number(number)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Value::Object(object)
    }
}

macro_rules! from_integers {
    ($($int:ty),*) => {$(
        impl From<$int> for Value {
            fn from(n: $int) -> Self {
                Value::Number(n.into())
            }
        }
    )*};
}
from_integers!(i32, i64, u8, u16, u32, u64, usize);

impl From<f64> for Value {
    /// JSON has no NaN and no infinities: they become `null`, as every JSON writer makes them.
    fn from(x: f64) -> Self {
        Number::from_f64(x).map_or(Value::Null, Value::Number)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Self {
        Value::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(list: [T; N]) -> Self {
        Value::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value as Theirs;
        match value {
            Theirs::Null => Value::Null,
            Theirs::Bool(flag) => Value::Bool(*flag),
            Theirs::Number(n) => Number::parse(&n.to_string()).map_or(Value::Null, Value::Number),
            Theirs::String(text) => Value::from(text.as_str()),
            Theirs::Array(list) => Value::List(list.iter().map(Into::into).collect()),
            Theirs::Object(map) => {
                Value::Object(map.iter().map(|(name, value)| (name.as_str(), value)).collect())
            }
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Value::from(&value)
    }
}

impl From<&Value> for serde_json::Value {
    /// Numbers that a double cannot carry become the nearest double: use [`Value::to_json`] where
    /// exactness matters.
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(n) => match n.as_i64() {
                Some(int) => Self::from(int),
                None => Self::from(n.as_f64()),
            },
            Value::Text(text) => Self::String(text.to_string()),
            Value::List(list) => Self::Array(list.iter().map(Into::into).collect()),
            Value::Object(object) => Self::Object(
                object.iter().map(|(name, value)| (name.to_string(), value.into())).collect(),
            ),
        }
    }
}
