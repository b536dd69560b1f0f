//! Given a bundle's coverage statement, says whether its leaves say the same.

use std::collections::BTreeMap;
use tacho_event::Timestamp;
use tacho_event::json::{self, Object, Value};
use tacho_tree::audit::{Code, Report};

/// Rows of a statement; sources and agents beyond them are counted as [`OTHER`].
const ROWS_MAX: usize = 4_096;
const OTHER: &str = "other";

type Row = (u64, Timestamp, Timestamp);

/// Compares what is stated of the events of the bundle with its leaves. What is stated of the whole
/// log cannot be checked from a bundle.
pub(super) fn check(bytes: &[u8], leaves: &[&Object], report: &mut Report) {
    let name = "coverage.json";
    let Ok(Value::Object(stated)) = json::read(bytes.strip_suffix(b"\n").unwrap_or(bytes)) else {
        return report.find(Code::ArchiveMalformed, name, "is no JSON object");
    };
    let rows = stated.object("bundle").and_then(|bundle| bundle.get("sources"));
    let rows = rows.and_then(Value::as_list).unwrap_or_default();
    let stated: Option<BTreeMap<_, _>> = rows.iter().map(row).collect();
    if stated.is_none_or(|stated| stated.len() != rows.len() || stated != seen(leaves)) {
        report.find(Code::StatementFalse, name, "the events of the bundle say otherwise");
    }
}

fn row(value: &Value) -> Option<((String, String), Row)> {
    let row = value.as_object()?;
    let time = |name| row.str(name).and_then(Timestamp::parse);
    let key = (row.str("source")?.to_owned(), row.str("agent")?.to_owned());
    let events = u64::try_from(row.get("events")?.as_i64()?).ok()?;
    Some((key, (events, time("first")?, time("last")?)))
}

fn seen(leaves: &[&Object]) -> BTreeMap<(String, String), Row> {
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    for leaf in leaves {
        let of = |object: &str, name: &str| {
            leaf.object(object).and_then(|object| object.str(name)).unwrap_or("").to_owned()
        };
        let Some(time) = leaf.str("timestamp").and_then(Timestamp::parse) else { continue };
        let mut key = (of("origin", "source"), of("agent", "id"));
        if rows.len() >= ROWS_MAX && !rows.contains_key(&key) {
            key = (OTHER.to_owned(), OTHER.to_owned());
        }
        let row = rows.entry(key).or_insert((0, time, time));
        *row = (row.0 + 1, row.1.min(time), row.2.max(time));
    }
    rows
}
