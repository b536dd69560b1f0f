//! Given events, gives one page for people: no script, nothing from elsewhere, nothing that steers.

use std::fmt::Write as _;

use tacho_event::json::{Object, Value};

#[derive(Default)]
pub(super) struct Page {
    rows: String,
    events: u64,
}

impl Page {
    pub(super) fn add(&mut self, index: u64, event: &Object) {
        let of = |object: &str, name: &str| {
            event.object(object).and_then(|object| object.str(name)).unwrap_or("").to_owned()
        };
        let cells = [
            index.to_string(),
            event.str("timestamp").unwrap_or("").to_owned(),
            of("agent", "id"),
            of("agent", "session_id"),
            format!("{} {}", of("action", "type"), of("action", "name")),
            of("outcome", "status"),
        ];
        self.rows.push_str("<tr>");
        for cell in cells {
            let _ = write!(self.rows, "<td>{}</td>", escaped(&cell));
        }
        let text = escaped(&Value::from(event.clone()).to_json());
        let _ = writeln!(
            self.rows,
            "<td><details><summary>event</summary><pre>{text}</pre></details></td></tr>"
        );
        self.events += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn close(&self, title: &str, note: &str) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'\">\n<title>{title}</title>\n<style>{STYLE}</style></head>\n\
             <body><h1>{title}</h1>\n<p>{events} events. This page is for reading: nothing vouches \
             for it. What is proven stands in the other members of this bundle; <code>tacho-verify \
             bundle FILE --vkey KEY</code> checks them, with a key you got elsewhere.</p>\n\
             <pre>{note}</pre>\n<table><thead><tr><th>index</th><th>time</th><th>agent</th>\
             <th>session</th><th>action</th><th>status</th><th></th></tr></thead>\n<tbody>\n{rows}\
             </tbody></table></body></html>\n",
            title = escaped(if title.is_empty() { "Tachograph bundle" } else { title }),
            events = self.events,
            note = escaped(note),
            rows = self.rows,
        )
    }
}

const STYLE: &str = "body{font:14px/1.4 system-ui,sans-serif;margin:2rem}\
table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.2rem .6rem;\
text-align:left;vertical-align:top}pre{white-space:pre-wrap;overflow-wrap:anywhere}";

/// Text as text: no markup, no control characters, none that change the direction of reading.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            c if c.is_control() => out.push('\u{fffd}'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                out.push('\u{fffd}');
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_says_is_text_and_never_markup() {
        let mut page = Page::default();
        let hostile = "<script>alert(1)</script>\u{1b}[2J\u{202e}\"'&";
        let event = Object::from([("timestamp", Value::from(hostile))]);
        page.add(0, &event);
        let page = page.close(hostile, hostile);
        assert!(
            !page.contains("<script") && !page.contains('\u{1b}') && !page.contains('\u{202e}')
        );
        assert!(page.contains("&lt;script&gt;alert(1)"));
    }
}
