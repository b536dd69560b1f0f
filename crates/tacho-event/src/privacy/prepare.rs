//! How a value is written before it is hashed: names that RFC 9901 reserves are escaped, numbers
//! that JCS cannot carry become their text. Both are undone when the value is opened.

use crate::json::{Object, Pointer, Text, Value, write_string};

/// Appends the stored text of `value`; `each` is told the place of every number that became text,
/// in the escaped value.
pub(super) fn write_prepared(
    value: &Value,
    place: &Pointer<'_>,
    out: &mut Vec<u8>,
    each: &mut dyn FnMut(&Pointer<'_>),
) {
    match value {
        Value::Number(number) => match number.exact() {
            Some(literal) => {
                each(place);
                write_string(literal, out);
            }
            None => crate::json::write(value, out),
        },
        Value::List(list) => {
            out.push(b'[');
            for (i, element) in list.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_prepared(element, &place.index(i), out, each);
            }
            out.push(b']');
        }
        Value::Object(object) => {
            out.push(b'{');
            let mut first = true;
            members(object, &mut |name, value| {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                write_string(name, out);
                out.push(b':');
                write_prepared(value, &place.member(name), out, each);
            });
            out.push(b'}');
        }
        _ => crate::json::write(value, out),
    }
}

/// Calls `each` with the members of `object` under their stored names, in canonical order.
pub(super) fn members<'o>(object: &'o Object, each: &mut dyn FnMut(&str, &'o Value)) {
    if !object.iter().any(|(name, _)| is_reserved(name)) {
        return object.iter().for_each(|(name, value)| each(name, value));
    }
    // An escaped name sorts elsewhere: an object of places brings them in order.
    let values: Vec<&Value> = object.iter().map(|(_, value)| value).collect();
    let escaped = object.iter().enumerate().map(|(i, (name, _))| (escape(name), i));
    for (name, place) in escaped.collect::<Object>().iter() {
        let i = place.as_i64().and_then(|i| usize::try_from(i).ok());
        if let Some(value) = i.and_then(|i| values.get(i)) {
            each(name, value);
        }
    }
}

/// The stored name of the member `name`.
fn escape(name: &str) -> Text {
    if is_reserved(name) { format!("~{name}").into() } else { name.into() }
}

/// Undoes the escapes at every depth.
pub(super) fn unescape(object: Object) -> Object {
    let plain = |name: Text| match name.strip_prefix('~') {
        Some(name) => name.into(),
        None => name,
    };
    object.into_iter().map(|(name, value)| (plain(name), unescape_value(value))).collect()
}

fn unescape_value(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(unescape(object)),
        Value::List(list) => Value::List(list.into_iter().map(unescape_value).collect()),
        other => other,
    }
}

/// `_sd`, `_sd_alg`, `...` mean something to RFC 9901; `~` marks an escaped name.
pub(super) fn is_reserved(name: &str) -> bool {
    match name.as_bytes() {
        [b'~', ..] => true,
        [b'_' | b'.', ..] => matches!(name, "_sd" | "_sd_alg" | "..."),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{read, read_text};

    fn stored(text: &str) -> (String, Vec<String>) {
        let (mut out, mut nums) = (Vec::new(), Vec::new());
        let value = read_text(text).unwrap();
        write_prepared(&value, &Pointer::ROOT, &mut out, &mut |at| nums.push(at.to_string()));
        let Value::Object(back) = read(&out).unwrap() else { panic!() };
        if nums.is_empty() {
            assert_eq!(Value::Object(unescape(back)), value);
        }
        (String::from_utf8(out).unwrap(), nums)
    }

    #[test]
    fn reserved_names_are_escaped_at_every_depth_and_come_back() {
        let text = r#"{"...":[{"~a":1,"_sd":2}],"_sd_alg":{"~~":3},"plain":4,"~~":5,"~":6}"#;
        let escaped =
            r#"{"plain":4,"~...":[{"~_sd":2,"~~a":1}],"~_sd_alg":{"~~~":3},"~~":6,"~~~":5}"#;
        assert_eq!(stored(text).0, escaped);
        assert_eq!(stored(r#"{"_s":1,"..":2,"_sda":3}"#).0, r#"{"..":2,"_s":1,"_sda":3}"#);
    }

    #[test]
    fn numbers_that_jcs_cannot_carry_become_text_and_are_listed() {
        let text = r#"{"a":{"~":[1,9007199254740993]},"b":0.1000000000000000055}"#;
        let (stored, nums) = stored(text);
        assert_eq!(nums, ["/a/~0~0/1", "/b"]);
        let expected = r#"{"a":{"~~":[1,"9007199254740993"]},"b":"0.1000000000000000055"}"#;
        assert_eq!(stored, expected);
    }
}
