//! Given a document, gives its canonical text (RFC 8785).
//!
//! Members are sorted already, so this is a dump. A number that JCS cannot carry is written as its
//! literal; protection has replaced those before anything is hashed.

use super::read::plain_length;
use super::{Object, Value};

/// Appends the canonical text of `value`.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => number.write(out),
        Value::Text(text) => write_string(text, out),
        Value::List(list) => {
            out.push(b'[');
            for (i, element) in list.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(element, out);
            }
            out.push(b']');
        }
        Value::Object(object) => write_object(object, out),
    }
}

/// Appends the canonical text of `object`.
pub fn write_object(object: &Object, out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, (name, value)) in object.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        write(value, out);
    }
    out.push(b'}');
}

/// Appends `text` as a JSON string: only `"`, `\` and control characters are escaped.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, tail) = rest.split_at(plain_length(rest));
        out.extend_from_slice(plain);
        let [escaped, tail @ ..] = tail else { break };
        write_escape(*escaped, out);
        rest = tail;
    }
    out.push(b'"');
}

/// Appends `text`, in which nothing is to be escaped, as a JSON string.
pub(crate) fn write_plain(text: &str, out: &mut Vec<u8>) {
    debug_assert_eq!(plain_length(text.as_bytes()), text.len(), "{text} is to be escaped");
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let hex = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[hex(byte >> 4), hex(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use crate::json::Value;

    #[test]
    fn strings_escape_what_rfc_8785_says_and_nothing_else() {
        let text = Value::from("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/\u{7f}\u{2028}\u{e9}");
        let expected = "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\u{7f}\u{2028}\u{e9}\"";
        assert_eq!(text.to_json(), expected);
    }
}
