//! Classification: every member of an event goes to its home, by the table of [`crate::shape`].

use crate::event::Event;
use crate::ids::{is_public, is_public_model};
use crate::json::{Object, Text, Value};
use crate::shape::{EVENT, Home, Kind, Member, member};

/// What stands in a leaf where a name was no public string.
pub(super) const OTHER: &str = "other";

/// How many kinds of touched resources a leaf names; what is beyond them is `other`.
const RESOURCE_TYPES_MAX: usize = 16;

/// Kinds of resources that are people: their identifiers are identity.
const PEOPLE: [&str; 8] =
    ["user", "person", "customer", "contact", "employee", "patient", "email", "account"];

/// An event, each member at its home.
#[derive(Debug, Default)]
pub(super) struct Split {
    pub(super) leaf: Object,
    pub(super) input: Object,
    pub(super) output: Object,
    pub(super) detail: Object,
    pub(super) who: Object,
    /// What the policy keeps as long as the leaf.
    pub(super) evidence: Object,
    /// What the leaf could not show.
    pub(super) withheld: Vec<Withheld>,
    /// True if the resource that changed is a person.
    changes_person: bool,
}

/// A public member whose value is no public string.
#[derive(Debug)]
pub(super) struct Withheld {
    pub(super) path: Vec<&'static str>,
    pub(super) value: Value,
    /// What joins events gets a stand-in of its own, other names become `other`, numbers go.
    pub(super) joins: bool,
}

impl Split {
    pub(super) fn of(event: Event) -> Self {
        let mut split = Self::default();
        let types = resource_types(&event.doc);
        let changed = event.doc.at("/change/resource_type").and_then(Value::as_str);
        split.changes_person = changed.is_some_and(is_person);
        let mut path = Vec::with_capacity(6);
        split.leaf = split.group(event.doc, EVENT, &mut path);
        if !types.is_empty() {
            split.leaf.insert_at(&["security", "resource_types"], types);
        }
        split
    }

    /// Sends the members of a closed object home; gives what stays in the leaf.
    fn group(
        &mut self,
        object: Object,
        members: &'static [Member],
        path: &mut Vec<&'static str>,
    ) -> Object {
        let mut leaf: Vec<(Text, Value)> = Vec::with_capacity(object.len());
        for (name, value) in object {
            // The check let no other member through.
            let Some(row) = member(members, &name) else { continue };
            path.push(row.name);
            match (row.kind, row.home, value) {
                (Kind::Group(inner), _, Value::Object(object)) => {
                    let stays = self.group(object, inner, path);
                    if !stays.is_empty() {
                        leaf.push((name, stays.into()));
                    }
                }
                (Kind::Open(inner), home, Value::Object(object)) => {
                    let stays = self.open(object, inner, home, path);
                    if !stays.is_empty() {
                        leaf.push((name, stays.into()));
                    }
                }
                (_, Home::Leaf, value) => {
                    if let Some(value) = self.public(row, value, path) {
                        leaf.push((name, value));
                    }
                }
                (_, home, value) => self.send(home, path, value),
            }
            path.pop();
        }
        Object::from_members(leaf, |_| ())
    }

    /// Sends an open object home; known members of another home go to theirs.
    fn open(
        &mut self,
        mut object: Object,
        members: &'static [Member],
        home: Home,
        path: &mut Vec<&'static str>,
    ) -> Object {
        let mut leaf = Object::new();
        let was_empty = object.is_empty();
        for row in members.iter().filter(|row| row.home != home) {
            let Some(value) = object.remove(row.name) else { continue };
            path.push(row.name);
            if row.home != Home::Leaf || value.is_null() {
                let home = if row.home == Home::Leaf { home } else { row.home };
                self.send(home, path, value);
            } else if let Some(value) = self.public(row, value, path) {
                leaf.insert(row.name, value);
            }
            path.pop();
        }
        if was_empty || !object.is_empty() {
            self.merge(home, path, object);
        }
        leaf
    }

    /// The value a leaf may show, or none.
    fn public(
        &mut self,
        row: &'static Member,
        value: Value,
        path: &[&'static str],
    ) -> Option<Value> {
        let fits = match (&row.kind, &value) {
            (Kind::Name | Kind::Key, Value::Text(text)) => is_public(text),
            (Kind::Model, Value::Text(text)) => is_public_model(text),
            (Kind::Count | Kind::Number, Value::Number(number)) => number.exact().is_none(),
            (Kind::Texts, _) => return None, // resource_types is made, not copied
            _ => true,
        };
        if fits {
            return Some(value);
        }
        let joins = matches!(row.kind, Kind::Key);
        let shown = value.as_str().map(|_| Value::from(OTHER));
        self.withhold(path.to_vec(), value, joins);
        shown
    }

    pub(super) fn withhold(&mut self, path: Vec<&'static str>, value: Value, joins: bool) {
        self.withheld.push(Withheld { path, value, joins });
    }

    fn send(&mut self, home: Home, path: &[&'static str], value: Value) {
        let person = self.changes_person && path == ["change", "resource_id"];
        let home = self.home(if person { Home::Who } else { home }, &value);
        home.insert_at(path, value);
    }

    /// Like [`Self::send`], but members that were sent there before stay.
    fn merge(&mut self, home: Home, path: &[&'static str], object: Object) {
        let mut place = self.home(home, &Value::Null);
        for name in path {
            let Some(next) = place.entry_object(name) else { return };
            place = next;
        }
        for (name, value) in object {
            place.insert(name, value);
        }
    }

    fn home(&mut self, home: Home, value: &Value) -> &mut Object {
        match home {
            Home::Input => &mut self.input,
            Home::Output => &mut self.output,
            Home::Who => &mut self.who,
            Home::WhoOrDetail if speaks_of_people(value) => &mut self.who,
            _ => &mut self.detail,
        }
    }

    /// The objects that become disclosures: input, output, detail, who, evidence.
    pub(super) fn homes(&mut self) -> [&mut Object; 5] {
        let Self { input, output, detail, who, evidence, .. } = self;
        [input, output, detail, who, evidence]
    }

    /// True if a malformed event is kept in a form that no scan of text sees through.
    pub(super) fn hides_raw_bytes(&self) -> bool {
        self.detail.at("/metadata/malformed/base64").is_some()
    }

    /// Moves the members at these dotted paths from their homes to `evidence`.
    pub(super) fn keep_as_evidence(&mut self, paths: &[String]) {
        for path in paths {
            let path: Vec<&str> = path.split('.').collect();
            let Self { input, output, detail, who, evidence, .. } = self;
            for home in [input, output, detail, who] {
                if let Some(value) = take_at(home, &path) {
                    evidence.insert_at(&path, value);
                }
            }
        }
    }
}

/// Takes the value at a path out, with the objects that it leaves empty.
fn take_at(object: &mut Object, path: &[&str]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        return object.remove(first);
    }
    let inner = object.get_mut(first).and_then(Value::as_object_mut)?;
    let value = take_at(inner, rest);
    if inner.is_empty() {
        object.remove(first);
    }
    value
}

/// The kinds of what an event touched, each once, sorted.
fn resource_types(doc: &Object) -> Vec<Value> {
    let accessed = doc.at("/security/resources_accessed").and_then(Value::as_list);
    let touched = accessed.unwrap_or_default().iter().filter_map(|one| one.at("/type"));
    let told = doc.at("/security/resource_types").and_then(Value::as_list).unwrap_or_default();
    let changed = doc.at("/change/resource_type");
    let all = touched.chain(told).chain(changed).filter_map(Value::as_str);
    let mut types: Vec<&str> = all.map(|kind| if is_public(kind) { kind } else { OTHER }).collect();
    types.sort_unstable();
    types.dedup();
    if types.len() > RESOURCE_TYPES_MAX {
        types.truncate(RESOURCE_TYPES_MAX - 1);
        types.push(OTHER);
    }
    types.into_iter().map(Value::from).collect()
}

fn is_person(resource_type: &str) -> bool {
    PEOPLE.contains(&resource_type.to_lowercase().as_str())
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
