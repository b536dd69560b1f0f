//! The last changes before a value is hashed: names that RFC 9901 reserves are escaped, numbers
//! that JCS cannot carry become their text. Both are undone when the value is opened.

use crate::json::{Object, Pointer, Text, Value};

/// Escapes reserved names and takes numbers out of `object`; the pointers of such numbers, in the
/// escaped object, are appended to `nums`.
pub(super) fn prepare(object: &mut Object, nums: &mut Vec<Value>) {
    prepare_members(object, &Pointer::ROOT, nums);
}

fn prepare_members(object: &mut Object, place: &Pointer<'_>, nums: &mut Vec<Value>) {
    if object.iter().any(|(name, _)| is_reserved(name)) {
        *object = rename(std::mem::take(object), |name| {
            if is_reserved(name) { format!("~{name}").into() } else { name.into() }
        });
    }
    for (name, value) in object.iter_mut() {
        prepare_value(value, &place.member(name), nums);
    }
}

fn prepare_value(value: &mut Value, place: &Pointer<'_>, nums: &mut Vec<Value>) {
    match value {
        Value::Number(number) => {
            if let Some(literal) = number.exact() {
                let literal = Value::from(literal);
                nums.push(place.to_string().into());
                *value = literal;
            }
        }
        Value::List(list) => {
            for (i, element) in list.iter_mut().enumerate() {
                prepare_value(element, &place.index(i), nums);
            }
        }
        Value::Object(object) => prepare_members(object, place, nums),
        _ => {}
    }
}

/// Undoes the escapes of [`prepare`] at every depth.
pub(super) fn unescape(object: Object) -> Object {
    let object = if object.iter().any(|(name, _)| name.starts_with('~')) {
        rename(object, |name| name.strip_prefix('~').unwrap_or(name).into())
    } else {
        object
    };
    object.into_iter().map(|(name, value)| (name, unescape_value(value))).collect()
}

fn unescape_value(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(unescape(object)),
        Value::List(list) => Value::List(list.into_iter().map(unescape_value).collect()),
        other => other,
    }
}

/// `_sd`, `_sd_alg`, `...` mean something to RFC 9901; `~` marks an escaped name.
fn is_reserved(name: &str) -> bool {
    matches!(name, "_sd" | "_sd_alg" | "...") || name.starts_with('~')
}

fn rename(object: Object, new: impl Fn(&str) -> Text) -> Object {
    object.into_iter().map(|(name, value)| (new(&name), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read_text;

    #[test]
    fn reserved_names_are_escaped_at_every_depth_and_come_back() {
        let text = r#"{"...":[{"~a":1,"_sd":2}],"_sd_alg":{"~~":3},"plain":4,"~~":5,"~":6}"#;
        let Value::Object(mut object) = read_text(text).unwrap() else { panic!() };
        let before = object.clone();
        prepare(&mut object, &mut Vec::new());
        let escaped =
            r#"{"plain":4,"~...":[{"~_sd":2,"~~a":1}],"~_sd_alg":{"~~~":3},"~~":6,"~~~":5}"#;
        assert_eq!(Value::from(object.clone()).to_json(), escaped);
        assert_eq!(unescape(object), before);
    }

    #[test]
    fn numbers_that_jcs_cannot_carry_become_text_and_are_listed() {
        let text = r#"{"a":{"~":[1,9007199254740993]},"b":0.1000000000000000055}"#;
        let Value::Object(mut object) = read_text(text).unwrap() else { panic!() };
        let mut nums = Vec::new();
        prepare(&mut object, &mut nums);
        assert_eq!(nums, [Value::from("/a/~0~0/1"), Value::from("/b")]);
        let stored = r#"{"a":{"~~":[1,"9007199254740993"]},"b":"0.1000000000000000055"}"#;
        assert_eq!(Value::from(object).to_json(), stored);
    }
}
