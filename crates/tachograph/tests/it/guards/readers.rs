//! Guards of what readers leave: the places of followers.

use tacho_testkit::sim::Keep;
use tachograph::files::Point;
use tachograph::log::Cursor;

use super::{Guard, Scene, Told, ensure};
use crate::harness::start;

pub(super) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::CursorSync, "moved_cursors_survive", moved_cursors_survive),
        guard(Point::CursorRename, "moved_cursors_survive", moved_cursors_survive),
        guard(Point::CursorDirSync, "moved_cursors_survive", moved_cursors_survive),
    ]
}

/// A sink that moved its cursor delivers nothing twice after a power cut.
fn moved_cursors_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    for next in [7, 19] {
        let store = start(&machine).store;
        let cursor = Cursor::new(&store, "sink", "acme").ok_or("no cursor")?;
        cursor.write(next).map_err(|error| error.to_string())?;
        machine.power_cut(Keep::Nothing);
        let store = start(&machine).store;
        let cursor = Cursor::new(&store, "sink", "acme").ok_or("no cursor")?;
        let read = cursor.read().map_err(|error| error.to_string())?;
        ensure(read == next, format!("{read} instead of {next}"))?;
    }
    Ok(())
}
