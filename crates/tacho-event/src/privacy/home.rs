//! Given the members of one home in canonical order, gives their canonical text.
//!
//! ```text
//! by class    {"action":{"tool":{"parameters":{..}}},"outcome":{"result":{..}}}
//! by member   /action/tool -> {"parameters":{..}}     /outcome/result -> {..}
//! ```

use super::disclose::Class;
use crate::json::{Object, Text, Value, read, write, write_object, write_string};
use crate::shape::Member;

/// The text of one home, as it is being written.
#[derive(Debug)]
pub(super) struct HomeText {
    pub(super) class: Class,
    name: &'static str,
    bytes: Vec<u8>,
    /// How many of the groups on the walk's path are open.
    depth: usize,
    by_member: bool,
    /// The member that is being written, by its pointer, and the depth it began at.
    member: Option<(Text, usize)>,
    /// Name and end of each finished pair.
    ends: Vec<(Text, usize)>,
}

impl HomeText {
    /// A home with room for so many bytes.
    pub(super) fn new(class: Class, name: &'static str, room: usize) -> Self {
        let (bytes, ends) = (Vec::with_capacity(room), Vec::new());
        Self { class, name, bytes, depth: 0, by_member: false, member: None, ends }
    }

    /// Forgets a finished text, not the room it took.
    pub(super) fn begin(&mut self, by_member: bool) {
        self.bytes.clear();
        self.ends.clear();
        self.by_member = by_member;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes the member at `path`; `write` appends its value.
    pub(super) fn member(&mut self, path: &[&'static Member], write: impl FnOnce(&mut Vec<u8>)) {
        if self.by_member {
            write(&mut self.bytes);
            self.ends.push((pointer(path).into(), self.bytes.len()));
            return;
        }
        let Some((member, groups)) = path.split_last() else { return };
        self.open(groups);
        self.comma();
        member.write_name(&mut self.bytes);
        write(&mut self.bytes);
    }

    /// Opens the object at `path`; [`Self::name`] and the value of each of its members follow.
    pub(super) fn object(&mut self, path: &[&'static Member]) {
        if !self.by_member {
            self.open(path);
        } else if self.member.is_none() {
            self.member = Some((pointer(path).into(), path.len()));
            self.bytes.push(b'{');
        }
    }

    /// Writes the name of a member of the object opened last; its value goes to the bytes given.
    pub(super) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        write_string(name, &mut self.bytes);
        self.bytes.push(b':');
        &mut self.bytes
    }

    /// Closes what is open below the first `depth` groups of the path: in most homes nothing.
    #[inline]
    pub(super) fn leave(&mut self, depth: usize) {
        if self.depth > depth || self.member.is_some() {
            self.close(depth);
        }
    }

    fn close(&mut self, depth: usize) {
        while self.depth > depth {
            self.bytes.push(b'}');
            self.depth -= 1;
        }
        if self.member.as_ref().is_some_and(|(_, began)| *began > depth)
            && let Some((name, _)) = self.member.take()
        {
            self.bytes.push(b'}');
            self.ends.push((name, self.bytes.len()));
        }
    }

    /// Ends the text.
    pub(super) fn finish(&mut self) {
        self.leave(0);
        if !self.by_member && !self.bytes.is_empty() {
            self.bytes.push(b'}');
        }
    }

    /// Adds members to a finished text.
    pub(super) fn add(&mut self, members: Object) {
        if self.by_member {
            for (name, value) in members {
                write(&value, &mut self.bytes);
                self.ends.push((format!("/{name}").into(), self.bytes.len()));
            }
            return;
        }
        // Remarks are rare: reading back what was written is less than keeping places for them.
        let mut object = match read(&self.bytes) {
            Ok(Value::Object(object)) => object,
            _ if self.bytes.is_empty() => Object::new(),
            other => unreachable!("a home's text is an object: {other:?}"),
        };
        for (name, value) in members {
            object.insert(name, value);
        }
        self.bytes.clear();
        write_object(&object, &mut self.bytes);
    }

    /// The name and text of each pair of the finished text.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let whole =
            (!self.by_member && !self.bytes.is_empty()).then_some((self.name, self.bytes()));
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        let members = self.ends.iter().zip(starts).map(|((name, end), start)| {
            (name.as_str(), self.bytes.get(start..*end).unwrap_or_default())
        });
        whole.into_iter().chain(members)
    }

    fn open(&mut self, path: &[&'static Member]) {
        if self.bytes.is_empty() {
            self.bytes.push(b'{');
        }
        for group in path.get(self.depth..).unwrap_or_default() {
            self.comma();
            group.write_name(&mut self.bytes);
            self.bytes.push(b'{');
            self.depth += 1;
        }
    }

    fn comma(&mut self) {
        if self.bytes.last() != Some(&b'{') {
            self.bytes.push(b',');
        }
    }
}

/// The RFC 6901 pointer of a path of members: their names need no escape.
pub(super) fn pointer(path: &[&Member]) -> String {
    path.iter().flat_map(|member| ["/", member.name]).collect()
}
