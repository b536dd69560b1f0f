//! Given a record and what the rules of its dialect write of it, keeps the difference in the
//! draft; given such a draft, puts the difference back.
//!
//! ```text
//! record   {"status":"SUCCESS","shard":7,"duration_ms":1}
//! written  {"status":"success","duration_ms":1,"error_message":null}
//! kept     metadata.provider = {"status":"SUCCESS","shard":7}
//! absent   metadata.absent.provider = ["/error_message"]
//! ```
//!
//! Objects are compared member by member, so what is kept mirrors the record; lists are kept whole.

use crate::draft::Draft;
use crate::json::{Object, Pointer, Value};

/// The member of `metadata` that lists, for each dialect, what its rules write and the record
/// lacked.
pub(super) const ABSENT: &str = "absent";

/// Keeps in `draft` what `written` lacks of `record`.
pub(super) fn keep(draft: &mut Draft, dialect: &str, record: &Object, written: &Object) {
    let mut absent = Vec::new();
    let kept = difference(record, written, &Pointer::ROOT, &mut absent);
    if !kept.is_empty() {
        draft.object_mut().insert_at(&["metadata", dialect], kept);
    }
    if !absent.is_empty() {
        draft.object_mut().insert_at(&["metadata", ABSENT, dialect], absent);
    }
}

fn difference(
    record: &Object,
    written: &Object,
    place: &Pointer<'_>,
    absent: &mut Vec<String>,
) -> Object {
    let mut kept = Object::new();
    for (name, value) in record.iter() {
        match (value, written.get(name)) {
            (value, Some(same)) if value == same => {}
            (Value::Object(inner), Some(Value::Object(other))) => {
                let inner = difference(inner, other, &place.member(name), absent);
                if !inner.is_empty() {
                    kept.insert(name, inner);
                }
            }
            (value, _) => {
                kept.insert(name, value.clone());
            }
        }
    }
    let extra = written.iter().filter(|(name, _)| record.get(name).is_none());
    absent.extend(extra.map(|(name, _)| place.member(name).to_string()));
    kept
}

/// `written` with what `event` kept of the record; nothing if it kept nothing.
pub(super) fn restore(written: &Object, dialect: &str, event: &Object) -> Option<Object> {
    let metadata = event.object("metadata")?;
    let kept = metadata.object(dialect);
    let absent = metadata.object(ABSENT).and_then(|absent| absent.get(dialect));
    if kept.is_none() && absent.is_none() {
        return None;
    }
    let mut record = written.clone();
    for pointer in absent.and_then(Value::as_list).unwrap_or_default() {
        remove(&mut record, pointer.as_str().unwrap_or_default());
    }
    if let Some(kept) = kept {
        merge(&mut record, kept);
    }
    Some(record)
}

fn merge(into: &mut Object, from: &Object) {
    for (name, value) in from.iter() {
        match (into.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(object)) => merge(inner, object),
            (_, value) => {
                into.insert(name, value.clone());
            }
        }
    }
}

/// Takes out the member at an RFC 6901 pointer, if it is there.
fn remove(object: &mut Object, pointer: &str) {
    let Some(path) = pointer.strip_prefix('/') else { return };
    let (name, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let name = name.replace("~1", "/").replace("~0", "~");
    if rest.is_empty() {
        object.remove(&name);
    } else if let Some(inner) = object.get_mut(&name).and_then(Value::as_object_mut) {
        remove(inner, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read_text;
    use proptest::prelude::*;

    fn objects() -> impl Strategy<Value = Object> {
        let leaf = prop_oneof![Just(Value::Null), (0..3).prop_map(Value::from)];
        let name = || prop::sample::select(vec!["a", "b", "c/d", "~", ""]);
        let value = leaf.prop_recursive(3, 12, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
                prop::collection::btree_map(name(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        prop::collection::btree_map(name(), value, 0..4)
            .prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn any_record_comes_back_from_anything_the_rules_write(
            record in objects(), written in objects()
        ) {
            let mut draft = Draft::default();
            keep(&mut draft, "x", &record, &written);
            let restored = restore(&written, "x", draft.object()).unwrap_or(written);
            prop_assert_eq!(restored, record);
        }
    }

    #[test]
    fn nothing_is_kept_of_what_the_rules_write_themselves() {
        let record = read_text(r#"{"a":{"b":1,"c":[2]},"d":"X"}"#).unwrap();
        let written = read_text(r#"{"a":{"b":1,"c":[3],"e":null},"d":"x"}"#).unwrap();
        let (record, written) = (record.as_object().unwrap(), written.as_object().unwrap());
        let mut draft = Draft::default();
        keep(&mut draft, "x", record, written);
        let expected = r#"{"metadata":{"absent":{"x":["/a/e"]},"x":{"a":{"c":[2]},"d":"X"}}}"#;
        assert_eq!(Value::from(draft.into_object()).to_json(), expected);
        let mut same = Draft::default();
        keep(&mut same, "x", record, record);
        assert_eq!(same, Draft::default());
    }
}
