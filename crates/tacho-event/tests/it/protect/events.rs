//! Events of every shape that the table allows, and of every nastiness that JSON allows.

use proptest::prelude::*;
use tacho_event::json::{Number, Object, Value};
use tacho_event::shape::{EVENT, Home, Kind, Member};

/// A document that passes the check of a draft.
pub(super) fn event() -> impl Strategy<Value = Object> {
    members(EVENT, 0.5).prop_map(|doc| {
        let mut doc = doc;
        let action = doc.entry_object("action").unwrap();
        // System events are the recorder's own.
        if matches!(action.str("type"), None | Some("system")) {
            action.insert("type", "tool");
        }
        doc.insert("v", 1);
        doc
    })
}

fn members(rows: &'static [Member], weight: f64) -> BoxedStrategy<Object> {
    let row = |row: &'static Member| {
        let value = prop::option::weighted(weight, value(row));
        value.prop_map(|value| value.map(|value| (row.name, value)))
    };
    let rows: Vec<_> = rows.iter().filter(|row| row.home != Home::Route).map(row).collect();
    rows.prop_map(|members| members.into_iter().flatten().collect()).boxed()
}

fn value(row: &'static Member) -> BoxedStrategy<Value> {
    match row.kind {
        Kind::Group(rows) => members(rows, 0.3).prop_map(Value::from).boxed(),
        Kind::Open(rows) => (members(rows, 0.4), prop::option::of(object()))
            .prop_map(|(known, others)| {
                let mut all = others.unwrap_or_default();
                known.into_iter().for_each(|(name, value)| drop(all.insert(name, value)));
                Value::from(all)
            })
            .boxed(),
        Kind::OpenList(rows) => {
            prop::collection::vec(members(rows, 0.6), 0..3).prop_map(Value::from).boxed()
        }
        Kind::OneOf(words) => prop::sample::select(words).prop_map(Value::from).boxed(),
        Kind::Time => Just(Value::from("2026-11-20T10:00:00.000000Z")).boxed(),
        Kind::EventId => "[A-Za-z0-9._:-]{1,128}".prop_map(Value::from).boxed(),
        Kind::Name | Kind::Key | Kind::Model => name().prop_map(Value::from).boxed(),
        Kind::Count => {
            let large = Just(Value::from(u64::MAX));
            prop_oneof![8 => (0..1_u64 << 53).prop_map(Value::from), 1 => large].boxed()
        }
        Kind::Number => number().boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Texts => prop::collection::vec(name(), 0..4).prop_map(Value::from).boxed(),
        Kind::Labels => prop::collection::vec((any_name(), scalar()), 0..4)
            .prop_map(|labels| Value::from(labels.into_iter().collect::<Object>()))
            .boxed(),
        Kind::Object => object().prop_map(Value::from).boxed(),
        Kind::Tenant => Just(Value::from("default")).boxed(),
        Kind::Text => text().prop_map(Value::from).boxed(),
        Kind::Any => anything().boxed(),
    }
}

/// What may be a name in a leaf, and what may not.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][A-Za-z0-9._:/@+-]{0,20}",
        1 => "[a-z]{1,3}@[a-z]{1,3}\\.[a-z]{2,3}",
        1 => text(),
        1 => "[a-z]{127,130}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    "[ab \"\\\\/~\u{0}\u{1f}\u{7f}\u{e9}\u{2028}\u{fb33}\u{1f680}\n]{0,12}"
}

/// Names that mean something to somebody.
fn any_name() -> impl Strategy<Value = String> {
    const ODD: &[&str] =
        &["_sd", "_sd_alg", "...", "~", "~~a", "~_sd", "a/b", "", "__proto__", "nums", "cut"];
    prop_oneof![1 => prop::sample::select(ODD).prop_map(str::to_owned), 2 => text()]
}

fn number() -> impl Strategy<Value = Value> {
    const LONG: &[&str] =
        &["9007199254740993", "0.1000000000000000055", "-1e300", "1e-400", "12345678901234567890"];
    prop_oneof![
        3 => (-1000..1000_i64).prop_map(Value::from),
        3 => (-1e6..1e6).prop_map(|x: f64| Value::from(x)),
        1 => prop::sample::select(LONG)
            .prop_map(|literal| Value::from(Number::parse(literal).unwrap())),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![text().prop_map(Value::from), number(), any::<bool>().prop_map(Value::from)]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 1 => Just(Value::Null)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::vec((any_name(), inner), 0..3)
                .prop_map(|members| Value::from(members.into_iter().collect::<Object>())),
        ]
    })
}

fn object() -> impl Strategy<Value = Object> {
    prop::collection::vec((any_name(), anything()), 0..4)
        .prop_map(|members| members.into_iter().collect())
}
