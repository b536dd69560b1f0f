//! A session of the audit library: calls that do not wait, files that rotate, files that go.

use std::path::Path;
use std::sync::Arc;

use tacho_shapes::interaction::{
    AuditConfig, AuditLogger, ChatInteraction, PerformanceMetric, PresetConfigs,
};
use tacho_shapes::lines::Rotation;
use tacho_shapes::paper;
use tacho_testkit::scratch;

use crate::clock::Clock;

fn logger(config: AuditConfig, clock: &Clock) -> AuditLogger {
    AuditLogger::with_world(config, Arc::new(clock.clone())).unwrap()
}

fn measure(logger: &AuditLogger, value: f64) -> String {
    let metric = PerformanceMetric { metric_name: "response_time", value, ..Default::default() };
    logger.log_performance_metric(&metric).unwrap()
}

/// The values of a session's metrics file.
fn values(dir: &Path) -> Vec<f64> {
    let path = dir.join("audit_logs/performance_metrics_s1.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let read = |line: &str| tacho_event::json::read(line.as_bytes()).unwrap();
    text.lines().map(|line| read(line).at("/value").unwrap().as_f64().unwrap()).collect()
}

#[test]
fn calls_that_do_not_wait_are_in_the_files_after_a_flush() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clock = Clock::at("2026-02-20T07:00:00Z");
    let config = AuditConfig {
        async_logging: true,
        buffer_size: 256,
        batch_size: 16,
        ..PresetConfigs::development("s1", &dir)
    };
    let logger = logger(config, &clock);
    let mut ids: Vec<String> = std::thread::scope(|scope| {
        let logger = &logger;
        let threads = (0..4).map(|thread| {
            scope.spawn(move || {
                (0..25).map(|n| measure(logger, f64::from(thread * 25 + n))).collect()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().flat_map(|thread| -> Vec<String> { thread.join().unwrap() }).collect()
    });
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 100, "each call gives an id of its own, before it is recorded");
    assert!(values(&dir).is_empty(), "nobody waited for the files");
    logger.flush().unwrap();
    let mut values = values(&dir);
    values.sort_by(f64::total_cmp);
    assert_eq!(values, (0..100).map(f64::from).collect::<Vec<_>>());
    let summary = logger.finalize_session().unwrap();
    assert_eq!(summary.records["performance_metrics"], 100);
}

#[test]
fn the_files_of_a_session_rotate_and_lose_no_line() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clock = Clock::at("2026-02-20T07:00:00Z");
    let rotation = Rotation { max_size: 400, compress: false, ..Rotation::default() };
    let config = AuditConfig { rotation, ..PresetConfigs::development("s1", &dir) };
    let logger = logger(config, &clock);
    for n in 0..12 {
        measure(&logger, f64::from(n));
    }
    let audit = dir.join("audit_logs");
    let stem = "performance_metrics_s1.jsonl";
    let mut lines = Vec::new();
    let mut names = paper::list(&audit).unwrap();
    names.retain(|name| name.starts_with(stem));
    assert!(names.len() > 2, "{names:?}");
    for name in &names {
        let text = std::fs::read_to_string(audit.join(name)).unwrap();
        assert!(name == stem || text.len() >= 400, "{name} was moved aside too early");
        lines.extend(text.lines().map(str::to_owned));
    }
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 12);
}

#[test]
fn what_is_older_than_the_days_of_the_settings_goes() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clock = Clock::at("2026-02-20T07:00:00Z");
    let old = logger(PresetConfigs::development("s1", &dir), &clock);
    let (prompt, response) = ("an old question", "an old answer");
    let chat = ChatInteraction { interaction_type: "chat", prompt, response, ..Default::default() };
    let id = old.log_chat_interaction(&chat).unwrap();
    measure(&old, 1.0);
    drop(old);
    // A day before its 30 days are over nothing goes, a day after that both lines and content.
    clock.set("2026-03-21T07:00:00Z");
    let now = logger(PresetConfigs::development("s2", &dir), &clock);
    now.log_chat_interaction(&chat).unwrap();
    assert_eq!(now.cleanup().unwrap(), 0);
    clock.set("2026-03-22T07:00:01Z");
    assert_eq!(now.cleanup().unwrap(), 5);
    let audit = dir.join("audit_logs");
    let full = paper::list(&audit.join("full_interactions")).unwrap();
    assert_eq!(full.len(), 3, "{full:?}");
    assert!(full.iter().all(|name| !name.contains(&id)));
    for gone in ["chat_interactions_s1.jsonl", "performance_metrics_s1.jsonl"] {
        assert!(!audit.join(gone).exists(), "{gone}");
    }
    assert!(audit.join("chat_interactions_s2.jsonl").exists());
    assert_eq!(now.cleanup().unwrap(), 0);
}
