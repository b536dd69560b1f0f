//! What it costs to protect an event.
use std::hint::black_box;
use std::time::Instant;
use tacho_event::json::{self, Value};
use tacho_event::privacy::{Policy, Protected, StandIns};
use tacho_event::{Draft, Timestamp, World};

struct Fixed(std::cell::Cell<u64>);
impl World for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_763_719_200_000_000)
    }
    fn fill(&self, bytes: &mut [u8]) {
        let n = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(n);
        for (b, k) in bytes.iter_mut().zip(n.to_le_bytes().iter().cycle()) {
            *b = *k;
        }
    }
}

fn time(n: usize, mut f: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..7 {
        let t = Instant::now();
        f();
        best = best.min(t.elapsed().as_secs_f64() / n as f64 * 1e6);
    }
    best
}

fn main() {
    let text = std::fs::read_to_string("/tmp/pol/ev20k.jsonl").unwrap();
    let lines: Vec<&str> = text.lines().take(4000).collect();
    let n = lines.len();
    let world = Fixed(1.into());
    let serde = time(n, || {
        for l in &lines {
            let v: serde_json::Value = serde_json::from_str(l).unwrap();
            black_box(serde_json::to_string(&v).unwrap());
        }
    });
    let read = time(n, || {
        for l in &lines {
            black_box(json::read(l.as_bytes()).unwrap());
        }
    });
    let check = time(n, || {
        for l in &lines {
            let Value::Object(o) = json::read(l.as_bytes()).unwrap() else { panic!() };
            black_box(Draft::from_object(o).check(&world).unwrap());
        }
    });
    let policy = Policy::default();
    let si = StandIns::new();
    let mut leaf = 0;
    let mut part = 0;
    let all = time(n, || {
        for l in &lines {
            let Value::Object(o) = json::read(l.as_bytes()).unwrap() else { panic!() };
            let e = Draft::from_object(o).check(&world).unwrap();
            let Protected::Entry(e) = policy.apply(e, &si, &world).unwrap() else { panic!() };
            leaf += e.leaf().len();
            part += e.parts()[0].plaintext().len();
            black_box(e);
        }
    });
    let sha = {
        use sha2::{Digest, Sha256};
        let b = vec![7u8; 1024];
        time(1000, || {
            for _ in 0..1000 {
                black_box(Sha256::digest(&b));
            }
        })
    };
    println!(
        "serde {serde:.2} read {read:.2} check {:.2} apply {:.2} total {all:.2} ratio {:.2}; leaf {} part {} sha256/KiB {sha:.2}",
        check - read,
        all - check,
        all / serde,
        leaf / n / 7,
        part / n / 7
    );
}
