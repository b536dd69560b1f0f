//! Records what an agent does, and reads it back: the code of `docs/guides/embed.md`.
//!
//! ```text
//! cargo run -p tachograph --example embed DIRECTORY
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use tacho_event::json::{Object, Value};
use tacho_event::privacy::Policy;
use tacho_event::{Draft, Filter, Phase, Status, World};
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::log::{Cursor, Order, Query, Users};
use tachograph::sign::{Demand, Keys, SignError, Signer};
use tachograph::stop::{NewStop, Scope, Stops};
use tachograph::world::OsWorld;
use tachograph::{Log, RecordError, Recorder, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).ok_or("name a directory for the store and its keys")?;
    println!("{}", run(Path::new(&dir))?);
    Ok(())
}

/// All of it, in a directory of its own; gives what it has to say.
pub(crate) fn run(dir: &Path) -> Result<String, Box<dyn Error>> {
    let (path, keys) = (dir.join("audit"), dir.join("keys"));
    record(&path)?;
    let size = integrate_and_sign(&path, &keys)?;
    let told = read(&path)?;
    let followed = follow(&path)?;
    stop(&path)?;
    live_long(&path, &keys)?;
    Ok(format!("{size} events signed, {followed} followed\n{told}"))
}

fn record(path: &Path) -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::open(path, Policy::default())?;
    let call = Draft::tool("Bash")
        .agent("ops/release-manager")
        .session("s-1")
        .user("alice@example.com")
        .call("toolu_01");
    // Before it runs ...
    let intent =
        call.clone().phase(Phase::Intent).with("action.tool.parameters.command", "git log");
    recorder.record(intent)?;
    // ... and after it ran: one call, told in two events.
    let result = call.phase(Phase::Result).status(Status::Success);
    let receipt = recorder.record(result.with("resources.duration_ms", 12.5))?;
    // With the default settings it is on the disk now.
    assert!(receipt.fate.is_kept());
    recorder.close()?;
    Ok(())
}

fn integrate_and_sign(path: &Path, keys: &Path) -> Result<u64, Box<dyn Error>> {
    let world = Arc::new(OsWorld);
    let log = Log::open(path)?;
    let store: &Store = log.store();
    Integrator::new(store, world.clone()).run(Budget::default())?;
    let keys = match Keys::open(&OsFiles, keys) {
        // Once, and in a directory that agents cannot read.
        Err(SignError::NoKey(_)) => Keys::create(store, world.as_ref(), keys)?,
        keys => keys?,
    };
    let mut signer = Signer::new(store, keys, Some("audit.example.com"));
    let note = signer.sign("default", Demand::Now, world.now())?;
    let note = note.ok_or("there is nothing to sign")?;
    Ok(tacho_tree::Checkpoint::parse(note.text())?.head.size)
}

fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    let log = Log::open(path)?;
    let mut told = String::new();
    for call in log.calls("s-1")? {
        let name = call.first.leaf.at("/action/name").and_then(|name| name.as_str());
        told += &format!("{name:?} {:?} {:?} ms\n", call.status(), call.duration_ms());
        // What is erasable is shown to those who may see it, as long as it is there.
        let event = log.reveal(&call.first)?.event;
        let input = event.at("/action/tool/parameters").map(Value::to_json);
        told += &format!("{input:?}\n");
    }
    let now = OsWorld.now();
    let filter =
        Filter::parse("agent:ops/* type:tool", now).map_err(|found| format!("{found:?}"))?;
    let is_wanted = |leaf: &Object| filter.matches(leaf);
    let query = Query { filter: Some(&is_wanted), order: Order::Oldest, ..Query::default() };
    told += &format!("{} events of tools\n", log.query(query)?.count());
    let tally = log.tally(query, Users::Hidden)?;
    told += &format!("{} call, {:?} succeeded", tally.calls, tally.success_rate());
    Ok(told)
}

fn follow(path: &Path) -> Result<u64, Box<dyn Error>> {
    let mut log = Log::open(path)?;
    let cursor = Cursor::new(log.store(), "printer", "default").ok_or("that is no name")?;
    let mut next = cursor.read()?;
    // A program that follows for ever waits here for an hour, not for nothing.
    while log.wait(next, 0)? {
        while let Some(entry) = log.get(next)? {
            // Deliver it, then move: who dies in between delivers it again.
            assert_eq!(entry.index, next);
            next += 1;
        }
        cursor.write(next)?;
    }
    Ok(next)
}

fn stop(path: &Path) -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::open(path, Policy::default())?;
    let stops = Stops::new(recorder.store(), Arc::new(OsWorld));
    let wish = NewStop {
        scope: Scope::Agent { tenant: "default".into(), agent: "ops/release-manager".into() },
        who: "alice@example.com".into(),
        reason: "it deletes the wrong files".into(),
        expires: None,
    };
    let engaged = stops.engage(&recorder, wish)?;
    let intent = Draft::tool("Bash").agent("ops/release-manager").phase(Phase::Intent);
    match recorder.record(intent.with("action.tool.parameters.command", "rm -r build")) {
        // The agent must not run it; the log holds the denied call.
        Err(RecordError::Stopped { recorded, .. }) => assert!(recorded.is_ok()),
        other => return Err(format!("it was not stopped: {other:?}").into()),
    }
    stops.lift(&recorder, engaged.lease.id, "alice@example.com", "the agent was mended")?;
    Ok(())
}

fn live_long(path: &Path, keys: &Path) -> Result<(), Box<dyn Error>> {
    let world = Arc::new(OsWorld);
    let recorder = Recorder::open(path, Policy::default())?;
    let keys = Keys::open(&OsFiles, keys)?;
    let signer = Signer::new(recorder.store(), keys, Some("audit.example.com"));
    let integrator = Integrator::new(recorder.store(), world.clone());
    let recorder = recorder.write_behind(integrator, Some(signer))?;
    let log = recorder.log()?;
    let before = log.size();
    recorder.record(Draft::tool("Bash").agent("ops/release-manager"))?;
    assert_eq!(recorder.log()?.size(), before + 1);
    recorder.close()?;
    Ok(())
}
