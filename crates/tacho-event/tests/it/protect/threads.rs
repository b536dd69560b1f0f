//! Threads that protect side by side, with one policy.

use super::{Dice, builtin, checked, full};
use tacho_event::json::{Value, read_text};
use tacho_event::privacy::{Protected, StandIns};

#[test]
fn threads_that_share_a_policy_protect_as_one_thread_does() {
    let (policy, stand_ins) = (full(builtin()), StandIns::new());
    let text = include_str!("../../../fixtures/privacy-policy/events.jsonl");
    let lines: Vec<&str> = text.lines().take(40).collect();
    let protect = &|lines: &[&str]| -> Vec<Vec<u8>> {
        let world = Dice::new();
        let entry = |line: &&str| {
            let Ok(Value::Object(doc)) = read_text(line) else { panic!("{line}") };
            match policy.apply(checked(doc), &stand_ins, &world).unwrap() {
                Protected::Entry(entry) => {
                    let parts = entry.parts().iter().map(|part| part.plaintext());
                    std::iter::once(entry.leaf()).chain(parts).collect::<Vec<_>>().concat()
                }
                Protected::Dropped { rule } => panic!("dropped by rule {rule:?}"),
            }
        };
        lines.iter().map(entry).collect()
    };
    let alone: Vec<_> = lines.chunks(10).flat_map(protect).collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let start = |lines| scope.spawn(move || protect(lines));
        let threads: Vec<_> = lines.chunks(10).map(start).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(alone.len(), lines.len());
    assert_eq!(alone, together);
}
