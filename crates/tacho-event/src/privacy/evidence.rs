//! Given the paths that a policy keeps as evidence, takes their members out of an event.

use super::split::resolve;
use crate::json::{Object, Value};
use crate::shape::{EVENT, Home, Kind, Member, member};

/// The members at these dotted paths, taken out of `doc` with the objects that this leaves empty.
/// What a leaf shows stays there, and so does who it was if `keeps_identity` is false.
pub(super) fn take_evidence(
    doc: &mut Object,
    paths: &[String],
    keeps_identity: bool,
    changes_person: bool,
) -> Object {
    let mut taking = Taking { evidence: Object::new(), keeps_identity, changes_person };
    for path in paths {
        let names: Vec<&str> = path.split('.').collect();
        taking.below(doc, EVENT, &names, &mut Vec::new());
    }
    taking.evidence
}

struct Taking {
    evidence: Object,
    keeps_identity: bool,
    changes_person: bool,
}

impl Taking {
    /// Takes what `names` leads to below `object`; all that is hidden there once the names end.
    fn below(
        &mut self,
        object: &mut Object,
        rows: &'static [Member],
        names: &[&str],
        path: &mut Vec<String>,
    ) {
        let wanted: Vec<String> = match names.first() {
            Some(name) => vec![(*name).to_owned()],
            None => object.iter().map(|(name, _)| name.to_owned()).collect(),
        };
        let rest = names.get(1..).unwrap_or_default();
        for name in wanted {
            let Some(value) = object.get_mut(&name) else { continue };
            let row = member(rows, &name);
            path.push(name);
            let descends = match row.map(|row| row.kind) {
                Some(Kind::Group(_)) => true,
                Some(Kind::Open(inner)) => {
                    !rest.is_empty() || inner.iter().any(|row| row.home == Home::Leaf)
                }
                _ => !rest.is_empty(),
            };
            let emptied = match value {
                Value::Object(inner) if descends && !inner.is_empty() => {
                    let rows = row.map_or(&[][..], |row| row.kind.members());
                    self.below(inner, rows, rest, path);
                    inner.is_empty()
                }
                _ if descends && !rest.is_empty() => false,
                value => {
                    if self.may_take(row, value, path) {
                        let path: Vec<&str> = path.iter().map(String::as_str).collect();
                        self.evidence.insert_at(&path, std::mem::take(value));
                        true
                    } else {
                        false
                    }
                }
            };
            if emptied && let Some(name) = path.last() {
                object.remove(name);
            }
            path.pop();
        }
    }

    fn may_take(&self, row: Option<&Member>, value: &Value, path: &[String]) -> bool {
        let Some(row) = row else { return true };
        let person = self.changes_person && path == ["change", "resource_id"];
        match resolve(row.home, person, value) {
            // Groups without members say something only where they stand.
            _ if matches!(row.kind, Kind::Group(_)) => false,
            Home::Leaf => false,
            Home::Who => self.keeps_identity,
            _ => true,
        }
    }
}
