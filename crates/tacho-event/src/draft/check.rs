//! Step 2 of the journey: a draft becomes an event, or every problem with it is named.

use super::Draft;
use crate::event::Event;
use crate::ids::{EventId, TenantId};
use crate::json::{Number, Object, Pointer, Value};
use crate::limits;
use crate::problem::Problem;
use crate::shape::{EVENT, Home, Kind, Member, member, nearest};
use crate::time::Timestamp;
use crate::words::ActionType;
use crate::world::World;

impl Draft {
    /// The event this draft says, with an id and a time if it named none; or all its problems
    /// (the first [`limits::PROBLEMS_MAX`]).
    pub fn check(self, world: &dyn World) -> Result<Event, Vec<Problem>> {
        let Draft { mut doc, own } = self;
        let mut check = Check { problems: Vec::new() };
        doc.reserve(ADDED);
        check.group(&mut doc, EVENT, &Pointer::ROOT);
        let timestamp = check.timestamp(&mut doc, world);
        let id = check.id(&mut doc, world);
        let tenant = check.tenant(&mut doc);
        let action = check.action(&doc, own);
        check.version(&mut doc);
        match (timestamp, id, action) {
            (Some(timestamp), Some(id), Some(action)) if check.problems.is_empty() => {
                Ok(Event { doc, id, timestamp, action, tenant, own })
            }
            _ => Err(check.problems),
        }
    }
}

/// What may be added to a draft: its id, time and version.
const ADDED: usize = 3;

struct Check {
    problems: Vec<Problem>,
}

impl Check {
    fn problem(&mut self, place: &Pointer<'_>, what: String, hint: impl Into<String>) {
        if self.problems.len() < limits::PROBLEMS_MAX {
            self.problems.push(Problem::new(place, what, hint));
        }
    }

    /// Checks the members of a closed object. `null` is the same as not being there.
    fn group(&mut self, object: &mut Object, members: &'static [Member], place: &Pointer<'_>) {
        let mut has_null = false;
        for (name, value) in object.iter_mut() {
            if value.is_null() {
                has_null = true;
                continue;
            }
            let here = place.member(name);
            match member(members, name) {
                Some(row) => self.value(value, row, &here),
                None => {
                    let near = nearest(name, members.iter().map(|member| member.name));
                    let hint = match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "put what has no member of its own under `metadata`".to_owned(),
                    };
                    self.problem(&here, "is not a member of an event".to_owned(), hint);
                }
            }
        }
        if has_null {
            object.retain(|_, value| !value.is_null());
        }
    }

    fn value(&mut self, value: &mut Value, row: &'static Member, place: &Pointer<'_>) {
        let expected = match (&row.kind, &mut *value) {
            (Kind::Group(members), Value::Object(object)) => {
                return self.group(object, members, place);
            }
            (Kind::Open(members), Value::Object(object)) => {
                return self.open(object, members, place);
            }
            (Kind::OpenList(_), Value::List(list)) => return self.objects(list, place),
            (Kind::Texts, Value::List(list)) => return self.texts(list, place),
            (Kind::Labels, Value::Object(labels)) => return self.labels(labels, place),
            (Kind::OneOf(words), Value::Text(text)) => return self.word(text, words, place),
            (Kind::Count, Value::Number(number)) => return self.count(number, place),
            (Kind::Number, Value::Number(_)) | (Kind::Flag, Value::Bool(_)) => return,
            (Kind::Name | Kind::Key | Kind::Model | Kind::Text, Value::Text(_)) => return,
            // These are read by the check of the whole.
            (Kind::Time | Kind::EventId | Kind::Tenant, Value::Text(_)) => return,
            (Kind::Any, _) | (Kind::Object, Value::Object(_)) => return self.depth(value, place),
            (Kind::Group(_) | Kind::Open(_) | Kind::Labels | Kind::Object, _) => "an object",
            (Kind::OpenList(_), _) => "a list of objects",
            (Kind::Texts, _) => "a list of strings",
            (Kind::Count | Kind::Number, _) => "a number",
            (Kind::Flag, _) => "true or false",
            _ => "a string",
        };
        self.problem(place, format!("must be {expected}, not {}", value.kind()), row.doc);
    }

    /// In an open object everything is welcome; only what the leaf shows must have its kind.
    fn open(&mut self, object: &mut Object, members: &'static [Member], place: &Pointer<'_>) {
        for (name, value) in object.iter_mut() {
            let here = place.member(name);
            match member(members, name) {
                Some(row) if row.home == Home::Leaf && !value.is_null() => {
                    self.value(value, row, &here);
                }
                _ => self.depth(value, &here),
            }
        }
    }

    fn objects(&mut self, list: &[Value], place: &Pointer<'_>) {
        for (i, element) in list.iter().enumerate() {
            let here = place.index(i);
            if element.as_object().is_none() {
                self.problem(&here, format!("must be an object, not {}", element.kind()), "");
            }
            self.depth(element, &here);
        }
    }

    fn texts(&mut self, list: &[Value], place: &Pointer<'_>) {
        for (i, element) in list.iter().enumerate() {
            if element.as_str().is_none() {
                let what = format!("must be a string, not {}", element.kind());
                self.problem(&place.index(i), what, "");
            }
        }
    }

    fn labels(&mut self, labels: &Object, place: &Pointer<'_>) {
        for (name, value) in labels.iter() {
            if matches!(value, Value::List(_) | Value::Object(_)) {
                let what = format!("must be a string, a number or a boolean, not {}", value.kind());
                self.problem(&place.member(name), what, "structured values go under `metadata`");
            }
        }
    }

    fn word(&mut self, text: &str, words: &'static [&'static str], place: &Pointer<'_>) {
        if words.contains(&text) {
            return;
        }
        let hint = match nearest(text, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of: {}", words.join(", ")),
        };
        self.problem(place, format!("`{}` is none of its words", clip(text)), hint);
    }

    fn count(&mut self, number: &Number, place: &Pointer<'_>) {
        // A count beyond 2^53 keeps its literal and moves to `detail` when it is protected.
        let fits = match number.exact() {
            Some(literal) => literal.bytes().all(|b| b.is_ascii_digit()),
            None => number.as_i64().is_some_and(|n| n >= 0),
        };
        if !fits {
            let what = format!("must be a whole number from 0, not {number}");
            self.problem(place, what, "round it, or put it under `metadata`");
        }
    }

    fn depth(&mut self, value: &Value, place: &Pointer<'_>) {
        if !is_shallow(value, limits::VALUE_DEPTH_MAX) {
            let what = format!("is nested deeper than {} levels", limits::VALUE_DEPTH_MAX);
            self.problem(place, what, "flatten it, or record it as a string");
        }
    }

    fn timestamp(&mut self, doc: &mut Object, world: &dyn World) -> Option<Timestamp> {
        let told = doc.get("timestamp");
        let time = match told {
            None => world.now(),
            Some(value) => {
                let text = value.as_str()?;
                let Some(time) = Timestamp::parse(text) else {
                    let place = Pointer::ROOT.member("timestamp");
                    let what = format!("`{}` is no RFC 3339 time", clip(text));
                    self.problem(&place, what, "as in 2026-11-20T10:00:00.000Z");
                    return None;
                };
                time
            }
        };
        let text = time.to_text();
        let text = std::str::from_utf8(&text).unwrap_or_default();
        if told.and_then(Value::as_str) != Some(text) {
            doc.insert("timestamp", text);
        }
        Some(time)
    }

    fn id(&mut self, doc: &mut Object, world: &dyn World) -> Option<EventId> {
        let Some(value) = doc.get("id") else {
            let id = EventId::mint(world);
            doc.insert("id", id.as_str());
            return Some(id);
        };
        let text = value.as_str()?;
        let id = EventId::new(text);
        if id.is_none() {
            let what = format!("`{}` cannot be an id", clip(text));
            let hint = "1 to 128 letters, digits and . _ : - ; leave it out to have one minted";
            self.problem(&Pointer::ROOT.member("id"), what, hint);
        }
        id
    }

    /// The tenant says where the entry goes; it is no part of the entry.
    fn tenant(&mut self, doc: &mut Object) -> Option<TenantId> {
        let value = doc.remove("tenant")?;
        let text = value.as_str()?;
        let tenant = TenantId::new(text);
        if tenant.is_none() {
            let what = format!("`{}` cannot be a tenant", clip(text));
            let hint = "1 to 63 lower-case letters, digits and dashes";
            self.problem(&Pointer::ROOT.member("tenant"), what, hint);
        }
        tenant
    }

    fn action(&mut self, doc: &Object, own: bool) -> Option<ActionType> {
        let action = doc.object("action");
        let Some(word) = action.and_then(|action| action.get("type")) else {
            let place = Pointer::ROOT.member("action");
            let hint = format!("one of: {}", ActionType::WORDS.join(", "));
            self.problem(&place.member("type"), "is missing".to_owned(), hint);
            return None;
        };
        let kind = ActionType::parse(word.as_str()?)?;
        let name = action.and_then(|action| action.str("name")).unwrap_or("");
        let ours = kind == ActionType::System || name.starts_with("tacho.");
        if ours && !own {
            let place = Pointer::ROOT.member("action");
            let what = "is reserved for what the recorder says about itself".to_owned();
            self.problem(&place, what, "use another type, and a name without `tacho.`");
        }
        Some(kind)
    }

    fn version(&mut self, doc: &mut Object) {
        match doc.get("v").map(Value::as_i64) {
            None => {
                doc.insert("v", 1);
            }
            Some(Some(1)) => {}
            Some(_) => {
                let hint = "this program knows version 1; leave it out to mean that";
                let place = Pointer::ROOT.member("v");
                self.problem(&place, "is an unknown version".to_owned(), hint);
            }
        }
    }
}

/// True if nothing in `value` lies deeper than `levels`; never looks deeper than that.
fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::List(list) => {
            levels > 0 && list.iter().all(|element| is_shallow(element, levels - 1))
        }
        Value::Object(object) => {
            levels > 0 && object.iter().all(|(_, element)| is_shallow(element, levels - 1))
        }
        _ => true,
    }
}

/// What a problem quotes of a value: enough to recognise it, and no control characters.
fn clip(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect()
}
