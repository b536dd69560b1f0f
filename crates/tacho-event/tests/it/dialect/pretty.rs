//! Given a value, gives the text of a golden file.

use tacho_event::json::{Value, write_string};

/// `value` as people read JSON: two spaces, one member a line, numbers exactly.
pub(crate) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    pretty_value(value, 0, &mut out);
    out.push('\n');
    out
}

fn pretty_value(value: &Value, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::List(list) if !list.is_empty() => {
            out.push('[');
            for (i, element) in list.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                line(out, depth + 1);
                pretty_value(element, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Object(object) if !object.is_empty() => {
            out.push('{');
            for (i, (name, element)) in object.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                line(out, depth + 1);
                let mut quoted = Vec::new();
                write_string(name, &mut quoted);
                out.push_str(&String::from_utf8_lossy(&quoted));
                out.push_str(": ");
                pretty_value(element, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
        flat => out.push_str(&flat.to_json()),
    }
}
