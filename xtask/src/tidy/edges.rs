//! Which crate may use which, how many dependencies it may have, and which ring it is tested in.
//! The table is the picture of ARCHITECTURE.md; a crate that is not in it does not exist.

use super::{Finding, Subject};
use crate::metadata::{Kind, Package};

/// One crate of the house.
struct Room {
    name: &'static str,
    /// The crates of the house it may use.
    uses: &'static [&'static str],
    ring: Ring,
    /// Direct dependencies, those of its tests not counted.
    dependencies_max: usize,
}

/// Light: `default-members`, what a plain `cargo test` builds. Heavy: the rest.
#[derive(PartialEq, Eq)]
enum Ring {
    Light,
    Heavy,
}

/// What both roots stand on: hashing, and nothing else.
const SOIL: &[&str] = &["tacho-hash"];
const ROOTS: &[&str] = &["tacho-event", "tacho-tree"];
/// The trunk derives keys from the same hash.
const ROOTS_AND_SOIL: &[&str] = &["tacho-event", "tacho-tree", "tacho-hash"];
const TRUNK: &[&str] = &["tachograph"];
/// For who makes drafts: the trunk takes them, the root makes them.
const TRUNK_AND_EVENT: &[&str] = &["tachograph", "tacho-event"];

const HOUSE: &[Room] = &[
    room("tacho-hash", &[], Ring::Light, 5),
    room("tacho-event", SOIL, Ring::Light, 10),
    room("tacho-tree", SOIL, Ring::Light, 10),
    room("tachograph", ROOTS_AND_SOIL, Ring::Light, 14),
    room("tacho-verify", ROOTS, Ring::Light, 10),
    room("tacho-tap", &["tachograph", "tacho-event", "tacho-hash"], Ring::Light, 14),
    room("tacho-shapes", TRUNK_AND_EVENT, Ring::Light, UNLIMITED),
    room("tacho-query", TRUNK, Ring::Heavy, UNLIMITED),
    room("tacho-sink", TRUNK, Ring::Heavy, UNLIMITED),
    room("tacho-server", TRUNK, Ring::Heavy, UNLIMITED),
    room("tacho-python", TRUNK, Ring::Heavy, UNLIMITED),
    room(
        "tacho-cli",
        // The crown wires the branches to the trunk: every branch but python. It checks bundles
        // with the very code that an auditor's small verifier has.
        &[
            "tachograph",
            "tacho-event",
            "tacho-tree",
            "tacho-tap",
            "tacho-shapes",
            "tacho-query",
            "tacho-sink",
            "tacho-server",
            "tacho-verify",
        ],
        Ring::Heavy,
        UNLIMITED,
    ),
    // Equipment simulates the trunk's disk and makes the roots' values.
    room("tacho-testkit", &["tacho-event", "tacho-tree", "tachograph"], Ring::Light, UNLIMITED),
    // Oracles stand on old generations of what the roots stand on: a friend too heavy to live in.
    room("tacho-oracles", &["tacho-tree"], Ring::Heavy, 0),
    // Rivals bring builds of their own (SQLite from C), and so does the allocator of `tacho`:
    // benchmarks that nothing else waits for.
    room("tacho-rivals", &["tachograph", "tacho-event"], Ring::Heavy, 0),
    // What of the trunk's tests takes long: crashes, guards, erasures, prunes, frozen stores.
    room("tacho-stories", &["tachograph", "tacho-event", "tacho-tree"], Ring::Heavy, 0),
    // A server and an async runtime, which no light crate compiles, with the shapes inside.
    room("tacho-service", &["tacho-shapes", "tachograph", "tacho-event"], Ring::Heavy, UNLIMITED),
    room("xtask", &[], Ring::Light, 0),
];

const UNLIMITED: usize = usize::MAX;

/// What the tests of every crate may use besides: equipment, and the verifier as a second witness.
const EQUIPMENT: &[&str] = &["tacho-testkit", "tacho-verify"];

const fn room(
    name: &'static str,
    uses: &'static [&'static str],
    ring: Ring,
    dependencies_max: usize,
) -> Room {
    Room { name, uses, ring, dependencies_max }
}

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let members: Vec<&Package> = subject.members.members().collect();
    let is_ours = |name: &str| members.iter().any(|member| member.name == name);
    let mut findings = Vec::new();
    for member in &members {
        let manifest = member.manifest.to_string_lossy();
        let mut find = |message: String| findings.push(Finding::new(&*manifest, 1, message));
        let Some(room) = HOUSE.iter().find(|room| room.name == member.name) else {
            find(format!("`{}` has no row in the table of crates", member.name));
            continue;
        };
        for used in member.dependencies.iter().filter(|used| is_ours(&used.name)) {
            let is_equipment = used.kind == Kind::Dev && EQUIPMENT.contains(&used.name.as_str());
            if !is_equipment && !room.uses.contains(&used.name.as_str()) {
                find(format!("`{}` may not use `{}`", member.name, used.name));
            }
        }
        let shipped = member.dependencies.iter().filter(|used| used.kind != Kind::Dev);
        let (count, max) = (shipped.count(), room.dependencies_max);
        if count > max {
            find(format!("{count} direct dependencies, at most {max}"));
        }
        if member.is_default != (room.ring == Ring::Light) {
            find("`default-members` must hold the light ring and nothing else".to_owned());
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(members: &[&str]) -> Vec<String> {
        let subject = Subject::sample(&[]).with_members(members);
        check(&subject).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn the_picture_itself_passes() {
        let house = [
            "tacho-event: serde !tacho-testkit",
            "tacho-tree: sha2 !tacho-testkit",
            "tachograph: tacho-event tacho-tree zstd !tacho-testkit",
            "tacho-tap: tachograph",
            "tacho-testkit: tacho-event tachograph",
            "xtask:",
        ];
        assert_eq!(messages(&house), [""; 0]);
    }

    #[test]
    fn edges_outside_the_picture_are_found() {
        let house = [
            "tacho-event: tacho-tree",
            "tacho-tree: !tacho-event",
            "tacho-tap: tacho-shapes tacho-testkit",
            "tacho-shapes:",
            "tacho-testkit:",
        ];
        let expected = [
            "`tacho-event` may not use `tacho-tree`",
            "`tacho-tree` may not use `tacho-event`",
            "`tacho-tap` may not use `tacho-shapes`",
            "`tacho-tap` may not use `tacho-testkit`",
        ];
        assert_eq!(messages(&house), expected);
    }

    #[test]
    fn an_unknown_crate_and_too_many_dependencies_are_found() {
        let house = ["tacho-extra:", "tacho-tree: a b c d e f g h i j k", "xtask: serde"];
        let expected = [
            "`tacho-extra` has no row in the table of crates",
            "11 direct dependencies, at most 10",
            "1 direct dependencies, at most 0",
        ];
        assert_eq!(messages(&house), expected);
    }

    #[test]
    fn a_heavy_crate_among_the_default_members_is_found() {
        let mut subject = Subject::sample(&[]).with_members(&["tacho-query: tachograph"]);
        assert_eq!(check(&subject).len(), 1);
        for package in &mut subject.members.packages {
            package.is_default = false;
        }
        assert_eq!(check(&subject), []);
    }
}
