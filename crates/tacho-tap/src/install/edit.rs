//! Edits of a settings document that only ever add: given what should be in it, gives the
//! insertions; given the document later, gives it without them.
//!
//! ```text
//! { "hooks": { "Stop": [ {theirs} ] } }
//! { "hooks": { "Stop": [ {theirs}, {ours} ], "PreToolUse": [ {ours} ] } }
//!                                ^^^^^^^^  ^^^^^^^^^^^^^^^^^^^^^^^^^^ two insertions
//! ```
//!
//! No byte that was there is changed or moved, so taking the insertions out again gives back every
//! byte of the original, odd spacing and comments included.

use crate::install::document::{Child, Kind, Node, SyntaxError, parse};

/// Entries to be found under `"hooks"`, each the JSON of one array element, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Event, and the element its array shall hold.
    pub(crate) entries: Vec<(&'static str, String)>,
    /// Whether the host wants `"version": 1` beside `"hooks"`.
    pub(crate) version: bool,
}

/// Text to be put in at a place of the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insertion {
    pub(crate) at: usize,
    pub(crate) text: String,
}

/// Why a document cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not JSON, not even with comments.
    Syntax(SyntaxError),
    /// A part of it has another shape than the host documents: the part, and what it should be.
    Shape(String, &'static str),
}

impl From<SyntaxError> for Refused {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

/// The document with the wanted entries.
pub(crate) fn add(original: &str, wanted: &Wanted) -> Result<String, Refused> {
    Ok(apply(original, &insertions(original, wanted)?))
}

/// What `add` puts in, in the order of the document.
pub(crate) fn insertions(original: &str, wanted: &Wanted) -> Result<Vec<Insertion>, Refused> {
    let style = Style::of(original);
    let Some(root) = parse(original)? else { return Ok(vec![whole(original, wanted, &style)]) };
    let Kind::Object(_) = root.kind else { return Err(shape("the document", "an object")) };
    let page = Page { text: original, style: &style };
    let mut out = Vec::new();
    let mut top = Vec::new();
    if wanted.version && root.member("version").is_none() {
        top.push("\"version\": 1".to_owned());
    }
    match root.member("hooks") {
        None => top.push(hooks(wanted, &style, &page.inner_indent(&root))),
        Some(hooks) => {
            let Kind::Object(_) = hooks.kind else { return Err(shape("hooks", "an object")) };
            let mut missing = Vec::new();
            for (event, entry) in &wanted.entries {
                match hooks.member(event) {
                    None => missing.push(member(event, entry)),
                    Some(list) if matches!(list.kind, Kind::Array(_)) => {
                        out.extend(page.append(list, vec![entry.clone()]));
                    }
                    Some(_) => return Err(shape(&format!("hooks.{event}"), "an array")),
                }
            }
            out.extend(page.append(hooks, missing));
        }
    }
    out.extend(page.append(&root, top));
    out.sort_by_key(|insertion| insertion.at);
    Ok(out)
}

fn shape(part: &str, expected: &'static str) -> Refused {
    Refused::Shape(part.to_owned(), expected)
}

/// `text` with the insertions.
pub(crate) fn apply(text: &str, insertions: &[Insertion]) -> String {
    let mut out = String::with_capacity(text.len() + 4096);
    let mut from = 0;
    for insertion in insertions {
        out.push_str(text.get(from..insertion.at).unwrap_or(""));
        out.push_str(&insertion.text);
        from = insertion.at;
    }
    out.push_str(text.get(from..).unwrap_or(""));
    out
}

/// How the document breaks its lines.
struct Style {
    newline: &'static str,
    /// What one level is indented by.
    unit: String,
    /// Whether it has lines at all.
    lines: bool,
}

impl Style {
    fn of(text: &str) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let first = text.lines().skip(1).find(|line| line.trim_start().starts_with('"'));
        let unit = first.map_or("  ", |line| leading_space(line));
        let unit = if unit.is_empty() { "  " } else { unit };
        let bare = text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{feff}' | '{' | '}'));
        Self { newline, unit: unit.to_owned(), lines: bare || text.trim().contains('\n') }
    }

    fn line(&self, indent: &str) -> String {
        if self.lines { format!("{}{indent}", self.newline) } else { String::new() }
    }
}

fn leading_space(line: &str) -> &str {
    let end = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..end).unwrap_or("")
}

/// A whole new document, after whatever space and comments there are.
fn whole(original: &str, wanted: &Wanted, style: &Style) -> Insertion {
    let mut items = Vec::new();
    if wanted.version {
        items.push("\"version\": 1".to_owned());
    }
    items.push(hooks(wanted, style, &style.unit));
    let (line, inner) = (style.newline, style.newline.to_owned() + &style.unit);
    let before = if original.contains("//") && !original.ends_with('\n') { line } else { "" };
    let text = format!("{before}{{{inner}{}{line}}}{line}", items.join(&format!(",{inner}")));
    Insertion { at: original.len(), text }
}

/// `"hooks": { ... }`, one event a line.
fn hooks(wanted: &Wanted, style: &Style, indent: &str) -> String {
    let inner = style.line(&format!("{indent}{}", style.unit));
    let members: Vec<String> = wanted.entries.iter().map(|(e, entry)| member(e, entry)).collect();
    format!("\"hooks\": {{{inner}{}{}}}", members.join(&format!(",{inner}")), style.line(indent))
}

fn member(event: &str, entry: &str) -> String {
    format!("\"{event}\": [{entry}]")
}

struct Page<'a> {
    text: &'a str,
    style: &'a Style,
}

impl Page<'_> {
    /// Puts items behind the last one of an object or array.
    fn append(&self, container: &Node, items: Vec<String>) -> Option<Insertion> {
        if items.is_empty() {
            return None;
        }
        let Some(last) = container.children().last() else {
            return Some(self.first(container, &items));
        };
        let space = match self.own_line(last.start) {
            Some(indent) => format!("{}{indent}", self.style.newline),
            None if self.text.get(..last.start).is_some_and(|t| t.ends_with(' ')) => " ".to_owned(),
            None => String::new(),
        };
        let joined = items.join(&format!(",{space}"));
        Some(match last.comma {
            Some(comma) => Insertion { at: comma + 1, text: format!("{space}{joined},") },
            None => Insertion { at: last.node.end, text: format!(",{space}{joined}") },
        })
    }

    /// Puts items into an empty object or array, right behind its opening.
    fn first(&self, container: &Node, items: &[String]) -> Insertion {
        let at = container.start + 1;
        let line = self.style.line(&self.inner_indent(container));
        let rest = self.text.get(at..).unwrap_or("").trim_start_matches([' ', '\t']);
        let close = if rest.starts_with(['\r', '\n']) {
            String::new()
        } else {
            self.style.line(self.line_indent(container.start))
        };
        Insertion { at, text: format!("{line}{}{close}", items.join(&format!(",{line}"))) }
    }

    /// How deep what is inside of a container stands.
    fn inner_indent(&self, container: &Node) -> String {
        let first = container.children().first();
        match first.and_then(|child| self.own_line(child.start)) {
            Some(indent) => indent.to_owned(),
            None => format!("{}{}", self.line_indent(container.start), self.style.unit),
        }
    }

    /// The space before a place, if it is the first of its line.
    fn own_line(&self, at: usize) -> Option<&str> {
        let before = self.text.get(..at)?;
        let start = before.rfind('\n')? + 1;
        let indent = before.get(start..)?;
        indent.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some(indent)
    }

    fn line_indent(&self, at: usize) -> &str {
        let before = self.text.get(..at).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        leading_space(self.text.get(start..).unwrap_or(""))
    }
}

/// The document without every entry that `ours` recognises. With the original, exactly what `add`
/// put in is taken out, whatever else was edited since; without it, or where the entries
/// themselves were edited, the entries go and with them the lists that they leave empty.
pub(crate) fn remove(
    current: &str,
    original: Option<(&str, &Wanted)>,
    ours: &dyn Fn(&Node) -> bool,
) -> Result<String, Refused> {
    let keep = original.and_then(|(text, _)| parse(text).ok().flatten());
    let keep = keep.as_ref();
    let plain = remove_entries(current, keep, ours)?;
    if let Some((text, wanted)) = original
        && let Some(exact) = take_out(current, &insertions(text, wanted)?)
        && says_the_same(&exact, &plain)
    {
        return Ok(exact);
    }
    Ok(plain)
}

/// The text without the insertions, if each is found, in order.
fn take_out(current: &str, insertions: &[Insertion]) -> Option<String> {
    let mut out = String::with_capacity(current.len());
    let mut rest = current;
    for insertion in insertions {
        let (before, after) = rest.split_once(&insertion.text)?;
        out.push_str(before);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn says_the_same(a: &str, b: &str) -> bool {
    match (parse(a), parse(b)) {
        (Ok(None), Ok(None)) => true,
        (Ok(None), Ok(Some(node))) => node.children().is_empty(),
        (Ok(Some(x)), Ok(Some(y))) => x.same(a, &y, b),
        _ => false,
    }
}

/// Takes the entries out one by one; `keep` says which empty lists were there before.
fn remove_entries(
    current: &str,
    keep: Option<&Node>,
    ours: &dyn Fn(&Node) -> bool,
) -> Result<String, Refused> {
    let mut text = current.to_owned();
    // Every round takes out a value, and a document holds fewer values than bytes.
    for _ in 0..=current.len() {
        let Some(root) = parse(&text)? else { return Ok(text) };
        let Some((siblings, index)) = next_to_remove(&root, keep, ours) else { return Ok(text) };
        text = without(&text, siblings, index);
    }
    Ok(text)
}

/// A child to be taken out: its siblings, and which of them it is.
fn next_to_remove<'a>(
    root: &'a Node,
    keep: Option<&Node>,
    ours: &dyn Fn(&Node) -> bool,
) -> Option<(&'a [Child], usize)> {
    let kept_hooks = keep.and_then(|root| root.member("hooks"));
    for (at, hooks) in root.children().iter().enumerate() {
        if hooks.key != "hooks" || !matches!(hooks.node.kind, Kind::Object(_)) {
            continue;
        }
        // Of two members of that key the first never counted, and nothing was put into it.
        let counts = root.member("hooks").is_some_and(|last| last.start == hooks.node.start);
        let events = hooks.node.children();
        for (event_at, event) in events.iter().enumerate() {
            let entries = event.node.children();
            if let Some(found) = entries.iter().position(|entry| ours(&entry.node)) {
                return Some((entries, found));
            }
            for group in entries {
                let handlers = group.node.member("hooks").map_or(&[][..], Node::children);
                if let Some(found) = handlers.iter().position(|handler| ours(&handler.node)) {
                    return Some((handlers, found));
                }
            }
            let kept =
                !counts || kept_hooks.is_some_and(|hooks| hooks.member(&event.key).is_some());
            if matches!(event.node.kind, Kind::Array(_)) && entries.is_empty() && !kept {
                return Some((events, event_at));
            }
        }
        if counts && events.is_empty() && kept_hooks.is_none() {
            return Some((root.children(), at));
        }
    }
    // The version of the format, if it came with the entries.
    keep.filter(|root| root.member("version").is_none())?;
    let version = root.children().iter().position(|child| child.key == "version")?;
    Some((root.children(), version))
}

/// The text without one child, its comma and, where it has lines of its own, those lines.
fn without(text: &str, siblings: &[Child], index: usize) -> String {
    let Some(child) = siblings.get(index) else { return text.to_owned() };
    let before_comma =
        index.checked_sub(1).and_then(|i| siblings.get(i)).and_then(|sibling| sibling.comma);
    let end = child.comma.map_or(child.node.end, |comma| comma + 1);
    let between = text.get(child.node.end..end).unwrap_or("");
    // A comment between the value and its comma is not ours to delete.
    let between = between.strip_suffix(',').unwrap_or(between);
    let after = text.get(end..).unwrap_or("");
    let line = after.split('\n').next().unwrap_or("");
    let before = text.get(..child.start).unwrap_or("");
    let closes = line.trim_start().starts_with([']', '}']);
    let whole_line = line.trim().is_empty() || closes && !before.trim_end().ends_with("*/");
    let trimmed = before.trim_end_matches([' ', '\t', '\r', '\n']);
    let in_comment = trimmed.rsplit('\n').next().is_some_and(|line| line.contains("//"));
    let start = if whole_line && !(closes && in_comment) { trimmed.len() } else { child.start };
    let head = text.get(..start).unwrap_or("");
    let head = match before_comma {
        Some(comma) if child.comma.is_none() => {
            let (left, right) = head.split_at_checked(comma).unwrap_or((head, ""));
            format!("{left}{}", right.strip_prefix(',').unwrap_or(right))
        }
        _ => head.to_owned(),
    };
    format!("{head}{}{after}", if between.trim().is_empty() { "" } else { between })
}

#[cfg(test)]
mod tests;
