//! The shape of an event: one table, from which everything that knows members is made.
//!
//! [`EVENT`] drives the check of a draft, the class of each member (and so what a leaf shows), the
//! JSON Schema, the reference and the names of filters. To add a member, add its row.

mod actions_table;
mod event_table;

pub use actions_table::ACTIONS;
pub use event_table::EVENT;

/// A member of the event, or of an object inside it.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who may see it, and where its value lives.
    pub home: Home,
    /// What it means, in one sentence.
    pub doc: &'static str,
    look: Look,
    written: Written,
}

/// The length and the last letter of a name. Last letters differ more than first ones: hardly two
/// names of an object look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look(usize, u8);

impl Look {
    const fn of(name: &str) -> Self {
        match name.as_bytes() {
            [.., last] => Self(name.len(), *last),
            [] => Self(0, 0),
        }
    }
}

/// `"name":`, and how long that is. The room is one for all names: a vector or two are copied, and
/// no length has to be asked for.
#[derive(Debug)]
struct Written {
    room: [u8; 32],
    len: usize,
}

impl Written {
    const fn of(name: &str) -> Self {
        let mut room = [0; 32];
        let parts = room.split_at_mut_checked(1 + name.len());
        let Some(([quote, text @ ..], rest)) = parts else { unreachable!() };
        let Some(end) = rest.first_chunk_mut() else { unreachable!() };
        *quote = b'"';
        text.copy_from_slice(name.as_bytes());
        *end = *b"\":";
        Self { room, len: name.len() + 3 }
    }
}

/// What a member holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An object with these members and no others; each member has its own home.
    Group(&'static [Member]),
    /// An object with at least these members known; others are welcome.
    Open(&'static [Member]),
    /// A list of such objects.
    OpenList(&'static [Member]),
    /// One word of a closed list.
    OneOf(&'static [&'static str]),
    /// An RFC 3339 time.
    Time,
    /// The id of an event.
    EventId,
    /// A tenant.
    Tenant,
    /// A name: a string without control characters. Where its home is public and the value is no
    /// public string, the leaf says `other` (or a stand-in) and the value is kept in `detail`.
    Name,
    /// An id by which events are joined; like a name, but a stand-in is kept for a session.
    Key,
    /// The name of a model: a name that may hold `[` and `]`.
    Model,
    /// Any string.
    Text,
    /// An integer from 0 to 2^53 - 1.
    Count,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A list of strings.
    Texts,
    /// An object whose values are strings, numbers or booleans.
    Labels,
    /// Any object.
    Object,
    /// Any value.
    Any,
}

/// Where the value of a member lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In the leaf: hashed, kept, seen by everybody who sees the log.
    Leaf,
    /// In the disclosure `input` of class content: what went in.
    Input,
    /// In the disclosure `output` of class content: what came out.
    Output,
    /// In the disclosure `detail` of class content: the rest.
    Detail,
    /// In the disclosure `who` of class identity.
    Who,
    /// In `who` where it speaks of people, else in `detail`.
    WhoOrDetail,
    /// Nowhere in the entry: it says where the entry goes (the tenant).
    Route,
}

impl Home {
    /// The class, in the word of policies and docs.
    pub fn class(self) -> &'static str {
        match self {
            Home::Leaf => "public",
            Home::Input | Home::Output | Home::Detail => "content",
            Home::Who => "identity",
            Home::WhoOrDetail => "identity or content",
            Home::Route => "routing",
        }
    }
}

impl Kind {
    /// The members inside, if this holds an object with members of its own.
    pub fn members(&self) -> &'static [Member] {
        match self {
            Kind::Group(members) | Kind::Open(members) | Kind::OpenList(members) => members,
            _ => &[],
        }
    }
}

impl Member {
    /// Appends `"name":`. No name of the shape has anything to escape.
    pub(crate) fn write_name(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.written.len;
        out.extend_from_slice(&self.written.room);
        out.truncate(end);
    }
}

/// The member `name` among `members`.
pub fn member<'m>(members: &'m [Member], name: &str) -> Option<&'m Member> {
    let look = Look::of(name);
    members.iter().find(|member| member.look == look && member.name == name)
}

/// Calls `each` with the path (`action.tool.name`) and row of every member, outermost first.
pub fn walk(members: &'static [Member], each: &mut dyn FnMut(&str, &'static Member)) {
    fn inner(
        prefix: &str,
        members: &'static [Member],
        each: &mut dyn FnMut(&str, &'static Member),
    ) {
        for member in members {
            let path = match prefix {
                "" => member.name.to_owned(),
                _ => format!("{prefix}.{}", member.name),
            };
            each(&path, member);
            inner(&path, member.kind.members(), each);
        }
    }
    inner("", members, each);
}

/// The nearest of `names` to what somebody typed, if one is near.
pub fn nearest<'n>(typed: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let typed = typed.to_lowercase();
    let near = |name: &&str| (1 + name.len() / 4).min(3);
    names
        .into_iter()
        .map(|name| (edits(&typed, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= near(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Edits (insert, delete, replace, swap neighbours) from `a` to `b`.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let at = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = at(&last, j) + usize::from(x != y);
            let mut best = replaced.min(at(&row, j) + 1).min(at(&last, j + 1) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    at(&last, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ActionType;

    #[test]
    fn every_action_type_has_a_row() {
        for action in ActionType::ALL {
            assert!(member(ACTIONS, action.as_str()).is_some(), "{action}");
        }
        assert_eq!(ACTIONS.len(), 5 + ActionType::ALL.len());
    }

    #[test]
    fn every_row_says_what_it_means_and_no_name_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        walk(EVENT, &mut |path, member| {
            assert!(member.doc.ends_with('.') && member.doc.len() > 3, "{path}");
            assert!(seen.insert(path.to_owned()), "{path} stands twice");
        });
        assert!(seen.contains("action.tool.parameters") && seen.len() > 100);
    }

    #[test]
    fn the_nearest_name_is_found_if_it_is_near() {
        let names = ["agent", "status", "session", "cost"];
        assert_eq!(nearest("agnet", names), Some("agent"));
        assert_eq!(nearest("Statsu", names), Some("status"));
        assert_eq!(nearest("sesion", names), Some("session"));
        assert_eq!(nearest("weather", names), None);
        assert_eq!(nearest("Stor", ["STORE", "RECALL"]), Some("STORE"));
    }
}
