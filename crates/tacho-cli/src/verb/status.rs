//! `tacho status`: what is there, how far it is safe, what stands in the way. Changes nothing.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::screen::Screen;
use std::path::Path;
use tacho_event::json::{Object, Value};
use tachograph::Log;
use tachograph::files::{Files, Kind};
use tachograph::log::{Order, Query};
use tachograph::stop::Stops;

pub(crate) fn run(place: &Place, screen: &mut Screen) -> Outcome {
    let store = place.open()?;
    let log = Log::of(&store, place.tenant.as_str())?;
    let last = log.query(Query { order: Order::Newest, ..Query::default() })?.next().transpose()?;
    let last = last.and_then(|entry| entry.leaf.str("timestamp").map(str::to_owned));
    let signed = log.signed_head().map_or(0, |(_, head)| head.size);
    let integrated = log.integrated().size();
    let keys = place.keys_dir(&store);
    let stops = Stops::new(&store, Place::world()).status();
    let stopped = stops.as_ref().map_or(1, Vec::len);
    let bytes = size(store.files().as_ref(), &place.store_dir)?;
    let object = Object::from([
        ("v", Value::from(1)),
        ("store", Value::from(place.store_dir.display().to_string())),
        ("format", Value::from(i64::from(store.version()))),
        ("installation", Value::from(tacho_event::uuid_text(*store.installation()))),
        ("tenant", Value::from(log.tenant())),
        ("preset", Value::from(place.preset.terms().name)),
        ("bytes", Value::from(bytes)),
        ("events", Value::from(log.size())),
        ("last", Value::from(last.clone())),
        ("unintegrated", Value::from(log.size() - integrated)),
        ("unsigned", Value::from(log.size().saturating_sub(signed))),
        ("keys", Value::from(keys.is_dir().then(|| keys.display().to_string()))),
        ("stops", Value::from(stopped as u64)),
        ("stops_readable", Value::from(stops.is_ok())),
    ]);
    if screen.is_json() {
        screen.json(object)?;
        return Ok(Exit::Yes);
    }
    let last = last.as_deref().and_then(tacho_event::Timestamp::parse);
    let last = last.map_or_else(|| "none yet".to_owned(), |time| screen.zone.show(time));
    let mut line = |name: &str, text: &str| screen.line(&format!("{name:12} {text}"));
    line("store", &format!("{}, {}", place.store_dir.display(), megabytes(bytes)))?;
    line("log", &format!("{} of {}", log.tenant(), tacho_event::uuid_text(*store.installation())))?;
    line("events", &format!("{}, the last {last}", log.size()))?;
    let unsigned = log.size().saturating_sub(signed);
    line(
        "open tail",
        &format!("{unsigned} not signed, {} not integrated", log.size() - integrated),
    )?;
    line("power loss", "`os` acks not synced yet can be lost; `disk` acks cannot")?;
    let has_keys = if keys.is_dir() { keys.display().to_string() } else { "none here".to_owned() };
    line("keys", &has_keys)?;
    line("preset", place.preset.terms().name)?;
    match stops {
        Ok(leases) if leases.is_empty() => line("stops", "none")?,
        Ok(leases) => {
            for lease in leases {
                let text = screen.shown(&lease.to_string()).into_owned();
                let text = screen.paint.odd(&text);
                screen.line(&format!("{:12} {text}", "stops"))?;
            }
        }
        Err(_) => {
            let text = screen.paint.bad("the leases are damaged: everybody is stopped");
            screen.line(&format!("{:12} {text}", "stops"))?;
        }
    }
    Ok(Exit::Yes)
}

/// Bytes of the files below a directory. What goes away meanwhile does not count.
fn size(files: &dyn Files, dir: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for name in files.list(&dir).unwrap_or_default() {
            let path = dir.join(name);
            match files.stat(&path) {
                Ok(stat) if stat.kind == Kind::Directory => dirs.push(path),
                Ok(stat) => bytes += stat.len,
                Err(_) => {}
            }
        }
    }
    Ok(bytes)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
