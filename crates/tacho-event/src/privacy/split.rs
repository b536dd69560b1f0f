//! Classification: every member of an event goes to its home, by the table of [`crate::shape`].
//!
//! One walk over the event writes the canonical text of every home at once: members come in
//! canonical order, so each home's text grows at its end.

use super::disclose::Class;
use super::home::{HomeText, pointer};
use super::policy::{Granularity, Policy};
use super::prepare::{members, write_prepared};
use super::stand_ins::StandIns;
use crate::ids::{is_public, is_public_model};
use crate::json::{Object, Pointer, Value, write, write_plain, write_string};
use crate::shape::{EVENT, Home, Kind, Member, member};
use crate::world::World;
use std::borrow::Cow;

/// What stands in a leaf where a name was no public string.
pub(super) const OTHER: &str = "other";

/// How many kinds of touched resources a leaf names; what is beyond them is `other`.
pub(super) const RESOURCE_TYPES_MAX: usize = 16;

/// Kinds of resources that are people: their identifiers are identity.
const PEOPLE: [&str; 8] =
    ["user", "person", "customer", "contact", "employee", "patient", "email", "account"];

/// Whom `strict` does not name: the ids of agents, sessions and, as hooks number by session,
/// emitters.
const STRICT: [(&str, &str); 5] = [
    ("agent", "id"),
    ("agent", "session_id"),
    ("agent", "conversation_id"),
    ("agent", "parent_id"),
    ("origin", "emitter"),
];

/// What is left of an event when it has been minimised, in two piles.
#[derive(Debug)]
pub(super) struct Sorted {
    pub(super) doc: Object,
    /// What a policy keeps as long as the leaf.
    pub(super) evidence: Object,
    /// True if the resource that changed is a person.
    pub(super) changes_person: bool,
}

/// An event, each member at its home.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) leaf: HomeText,
    pub(super) input: HomeText,
    pub(super) output: HomeText,
    pub(super) detail: HomeText,
    pub(super) who: HomeText,
    pub(super) evidence: HomeText,
    /// Pointers to numbers that became text.
    pub(super) nums: Vec<Value>,
    /// Pointers to what the leaf could not show, and its values.
    pub(super) originals: Object,
    /// Where the commitments to content and evidence go, and the one to identity.
    pub(super) marks: (usize, usize),
    /// True if a name was withheld and nobody was there to give it a stand-in.
    pub(super) wants_names: bool,
    /// The room of a walk's path.
    path: Vec<&'static Member>,
    /// What the leaf shows that may be a secret: of a source's own words, each in its quotes.
    shown: Vec<u8>,
}

/// Who gives stand-ins, once it is known what a name may show.
pub(super) type Names<'a> = Option<(&'a StandIns, &'a dyn World)>;

impl Default for Split {
    fn default() -> Self {
        let content = |name, room| HomeText::new(Class::Content, name, room);
        Self {
            leaf: content("", 768),
            input: content("input", 512),
            output: content("output", 256),
            detail: content("detail", 256),
            who: HomeText::new(Class::Identity, "who", 0),
            evidence: HomeText::new(Class::Evidence, "evidence", 0),
            nums: Vec::new(),
            originals: Object::new(),
            marks: (0, 0),
            wants_names: false,
            path: Vec::with_capacity(6),
            shown: Vec::with_capacity(1024),
        }
    }
}

impl Split {
    /// Walks over an event and what was taken out of it as evidence. Of what was split before only
    /// the room is left: one split serves many events.
    pub(super) fn fill(
        &mut self,
        sorted: &Sorted,
        policy: &Policy,
        granularity: Granularity,
        names: Names<'_>,
    ) {
        let by_member = granularity == Granularity::Member;
        self.homes_mut().into_iter().for_each(|home| home.begin(by_member));
        self.leaf.begin(false);
        self.nums.clear();
        self.originals = Object::new();
        self.marks = (0, 0);
        self.wants_names = false;
        self.shown.clear();
        let path = std::mem::take(&mut self.path);
        let mut walk = Walk {
            split: self,
            path,
            names,
            strict: policy.is_strict(),
            keeps_identity: policy.keeps_identity,
            changes_person: sorted.changes_person,
        };
        walk.group(&sorted.doc, EVENT);
        walk.evidence(&sorted.evidence, EVENT);
        self.path = walk.path;
        self.homes_mut().into_iter().for_each(HomeText::finish);
        self.leaf.finish();
    }

    /// The texts that become disclosures, in the order of their names.
    pub(super) fn homes(&self) -> [&HomeText; 5] {
        [&self.detail, &self.input, &self.output, &self.who, &self.evidence]
    }

    /// Every text in which a secret may stand, these others with them.
    pub(super) fn suspects(&mut self, others: [&str; 2]) -> &[u8] {
        let Self { shown, input, output, detail, who, evidence, .. } = self;
        let homes = [input, output, detail, who, evidence].map(|home| home.bytes());
        for text in homes.into_iter().chain(others.map(str::as_bytes)) {
            shown.extend_from_slice(text);
        }
        shown
    }

    /// The text of a home, and where its long numbers are noted.
    fn home(&mut self, home: Home) -> (&mut HomeText, &mut Vec<Value>) {
        let text = match home {
            Home::Input => &mut self.input,
            Home::Output => &mut self.output,
            Home::Who => &mut self.who,
            _ => &mut self.detail,
        };
        (text, &mut self.nums)
    }

    fn homes_mut(&mut self) -> [&mut HomeText; 5] {
        let Self { input, output, detail, who, evidence, .. } = self;
        [input, output, detail, who, evidence]
    }
}

struct Walk<'a> {
    split: &'a mut Split,
    path: Vec<&'static Member>,
    names: Names<'a>,
    strict: bool,
    keeps_identity: bool,
    /// True if the resource that changed is a person.
    changes_person: bool,
}

impl Walk<'_> {
    /// Sends the members of a closed object home.
    fn group(&mut self, object: &Object, rows: &'static [Member]) {
        for (name, value) in object.iter() {
            // The check let no other member through.
            let Some(row) = member(rows, name) else { continue };
            self.path.push(row);
            match (row.kind, row.home, value) {
                (Kind::Group(inner), _, Value::Object(object)) => {
                    if object.is_empty() {
                        self.split.leaf.object(&self.path);
                    }
                    self.group(object, inner);
                    self.leave();
                }
                (Kind::Open(inner), home, Value::Object(object)) => {
                    self.open(object, inner, home);
                    self.leave();
                }
                (Kind::EventId, ..) => {
                    self.split.marks.0 = self.split.leaf.bytes().len();
                    self.show(row, value);
                    self.split.marks.1 = self.split.leaf.bytes().len();
                }
                (_, Home::Leaf, value) => self.public(row, value),
                (_, home, value) => self.send(home, value),
            }
            self.path.pop();
        }
    }

    /// Sends an open object home; known members of another home go to theirs.
    fn open(&mut self, object: &Object, rows: &'static [Member], home: Home) {
        let elsewhere = |name: &str, value: &Value| {
            let row = rows.iter().find(|row| row.home != home && row.name == name)?;
            (row.home != Home::Leaf || !value.is_null()).then_some(row)
        };
        let stays = |(name, value): (&str, &Value)| elsewhere(name, value).is_none();
        if object.is_empty() || object.iter().any(stays) {
            self.split.home(home).0.object(&self.path);
        }
        // A member of another home has no reserved name, so its stored name is its own.
        members(object, &mut |name, value| match elsewhere(name, value) {
            Some(row) => {
                self.path.push(row);
                match row.home {
                    Home::Leaf => self.public(row, value),
                    _ => self.send(row.home, value),
                }
                self.path.pop();
            }
            None => {
                let (text, nums) = self.split.home(home);
                prepared(value, &self.path, Some(name), text.name(name), nums);
            }
        });
    }

    /// Writes what a leaf may show, and withholds the rest.
    fn public(&mut self, row: &'static Member, value: &Value) {
        let fits = match (&row.kind, value) {
            (Kind::Name | Kind::Key, Value::Text(text)) => is_public(text) && !self.hides(),
            (Kind::Model, Value::Text(text)) => is_public_model(text),
            (Kind::Count | Kind::Number, Value::Number(number)) => number.exact().is_none(),
            _ => true,
        };
        if fits {
            return self.show(row, value);
        }
        let Self { split, path, names, .. } = self;
        let place = pointer(path);
        let Value::Text(text) = value else {
            split.nums.push(place.as_str().into());
            split.originals.insert(place, value.as_number().map(ToString::to_string));
            return;
        };
        let shown: Cow<'_, str> = match (&row.kind, names) {
            (Kind::Key, Some((stand_ins, world))) => stand_ins.stand_in(text, *world).into(),
            (Kind::Key, None) => {
                split.wants_names = true;
                OTHER.into()
            }
            _ => OTHER.into(),
        };
        split.leaf.member(path, |out| write_string(&shown, out));
        split.originals.insert(place, text.clone());
    }

    /// Writes what a leaf shows, and remembers it if it may be a secret. Those of closed kinds are
    /// none: a redactor does not look at them either.
    fn show(&mut self, row: &'static Member, value: &Value) {
        let Split { leaf, shown, .. } = &mut *self.split;
        use Kind::{Count, EventId, Flag, Key, Model, Name, Number, OneOf, Time};
        let mut from = 0;
        leaf.member(&self.path, |out| {
            from = out.len();
            match (row.kind, value) {
                // Their letters were looked at: none is to be escaped.
                (EventId | Key | Model | Name | Time, Value::Text(text)) => write_plain(text, out),
                _ => write(value, out),
            }
        });
        if !matches!(row.kind, OneOf(_) | Time | Count | Number | Flag) {
            shown.extend_from_slice(leaf.bytes().get(from..).unwrap_or_default());
        }
    }

    fn hides(&self) -> bool {
        self.strict && STRICT.iter().any(|(group, name)| self.is_at(&[group, name]))
    }

    fn is_at(&self, path: &[&str]) -> bool {
        self.path.iter().map(|member| member.name).eq(path.iter().copied())
    }

    fn send(&mut self, home: Home, value: &Value) {
        let person = self.changes_person && self.is_at(&["change", "resource_id"]);
        let home = resolve(home, person, value);
        if home == Home::Who && !self.keeps_identity {
            return;
        }
        let Self { split, path, .. } = self;
        let (text, nums) = split.home(home);
        text.member(path, |out| prepared(value, path, None, out, nums));
    }

    /// Sends what was taken out as evidence home.
    fn evidence(&mut self, object: &Object, rows: &'static [Member]) {
        for (name, value) in object.iter() {
            let Some(row) = member(rows, name) else { continue };
            self.path.push(row);
            match (row.kind, value) {
                (Kind::Group(inner), Value::Object(object)) => {
                    self.evidence(object, inner);
                    self.leave();
                }
                _ => {
                    let Self { split, path, .. } = self;
                    let Split { evidence, nums, .. } = &mut **split;
                    evidence.member(path, |out| prepared(value, path, None, out, nums));
                }
            }
            self.path.pop();
        }
    }

    /// Closes the groups that end with the member on top of the path.
    fn leave(&mut self) {
        let depth = self.path.len() - 1;
        self.split.leaf.leave(depth);
        for home in self.split.homes_mut() {
            home.leave(depth);
        }
    }
}

/// Writes the value at `path` (or its member `name`) as it is stored, and notes its long numbers.
fn prepared(
    value: &Value,
    path: &[&Member],
    name: Option<&str>,
    out: &mut Vec<u8>,
    nums: &mut Vec<Value>,
) {
    write_prepared(value, &Pointer::ROOT, out, &mut |place| {
        let name = name.map(|name| Pointer::ROOT.member(name).to_string());
        nums.push(format!("{}{}{place}", pointer(path), name.unwrap_or_default()).into());
    });
}

/// The home of a value whose home depends on it; `person` if it is known to name one.
pub(super) fn resolve(home: Home, person: bool, value: &Value) -> Home {
    match home {
        Home::WhoOrDetail if person || speaks_of_people(value) => Home::Who,
        Home::WhoOrDetail => Home::Detail,
        home => home,
    }
}

/// Puts the kinds of what an event touched where a leaf shows them, each once, sorted; gives what
/// the event itself said they are, if it said something else.
pub(super) fn name_resource_types(doc: &mut Object) -> Option<Value> {
    let security = doc.object("security");
    let list = |name| security.and_then(|security| security.get(name)).and_then(Value::as_list);
    let accessed = list("resources_accessed").unwrap_or_default();
    let touched = accessed.iter().filter_map(|one| one.as_object()?.str("type"));
    let told = list("resource_types").unwrap_or_default().iter().filter_map(Value::as_str);
    let changed = doc.object("change").and_then(|change| change.str("resource_type"));
    let all = touched.chain(told).chain(changed);
    let mut types: Vec<&str> = all.map(|kind| if is_public(kind) { kind } else { OTHER }).collect();
    types.sort_unstable();
    types.dedup();
    if types.len() > RESOURCE_TYPES_MAX {
        types.retain(|kind| *kind != OTHER);
        types.truncate(RESOURCE_TYPES_MAX - 1);
        types.push(OTHER);
        types.sort_unstable();
    }
    let told = security.and_then(|security| security.get("resource_types"));
    let says = |told: &[Value]| told.iter().map(Value::as_str).eq(types.iter().copied().map(Some));
    if told.map_or(types.is_empty(), |told| told.as_list().is_some_and(says)) {
        return None;
    }
    let types: Value = types.into();
    doc.entry_object("security")?.insert("resource_types", types)
}

/// True if the resource that changed is a person.
pub(super) fn changes_person(doc: &Object) -> bool {
    let kind = doc.object("change").and_then(|change| change.str("resource_type"));
    kind.is_some_and(is_person)
}

/// True if a kind of resource is a kind of people.
fn is_person(resource_type: &str) -> bool {
    PEOPLE.iter().any(|kind| kind.eq_ignore_ascii_case(resource_type))
}

/// True if what was touched is a person, or is named by an e-mail address.
fn speaks_of_people(value: &Value) -> bool {
    match value {
        Value::List(list) => list.iter().any(speaks_of_people),
        Value::Object(object) => {
            object.str("type").is_some_and(is_person)
                || object.str("identifier").is_some_and(|id| id.contains('@'))
        }
        Value::Text(text) => text.contains('@'),
        _ => false,
    }
}
