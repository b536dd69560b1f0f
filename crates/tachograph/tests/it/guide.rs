//! The code in the guide is code that runs.

#[path = "../../examples/embed.rs"]
#[expect(dead_code, reason = "the tests run it without its command line")]
mod embed;

const GUIDE: &str = include_str!("../../../../docs/guides/embed.md");
const EXAMPLE: &str = include_str!("../../examples/embed.rs");

#[test]
fn the_guide_runs_from_the_first_event_to_a_lifted_stop() {
    let dir = tacho_testkit::scratch(env!("CARGO_TARGET_TMPDIR"));
    let told = embed::run(&dir).unwrap();
    // An opening heartbeat, an intent, a result and a closing heartbeat.
    assert!(told.starts_with("4 events signed, 4 followed\n"), "{told}");
    assert!(told.contains(r#"Some("Bash") Some(Success) Some(12.5) ms"#), "{told}");
    assert!(told.contains("git log"), "{told}");
    assert!(told.contains("2 events of tools\n1 call, Some(1.0) succeeded"), "{told}");
}

#[test]
fn every_line_of_code_in_the_guide_is_in_the_example() {
    let mut blocks = 0;
    for block in GUIDE.split("```rust\n").skip(1) {
        let code = block.split("```").next().unwrap();
        blocks += 1;
        for line in code.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let known = EXAMPLE.lines().any(|own| own.trim() == line);
            assert!(known, "the example does not say `{line}`");
        }
    }
    assert!(blocks >= 5);
}
