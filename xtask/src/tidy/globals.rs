//! No global state: what a function uses it was given. Statics are tables; nothing in them changes.

use super::{Finding, Subject, is_fixture, is_test_file};

/// What makes a static change after the program has started.
const CHANGING: &[&str] =
    &["Atomic", "Cell<", "Lock<", "Mutex<", "OnceLock", "OnceCell", "LazyLock", "LazyCell"];

/// How much this process did so far, which changes nothing but the time (decision 0022).
const COUNTER: &str = "crates/tacho-hash/src/asking.rs";

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.rust_files() {
        if is_fixture(&file.path) || is_test_file(&file.path) || file.path == COUNTER {
            continue;
        }
        for (line, text) in file.code_lines() {
            let (declared, _) = text.split_once('=').unwrap_or((text, ""));
            let mut words = declared.split_whitespace();
            let is_static = words.any(|word| word == "static");
            let changes = CHANGING.iter().any(|part| declared.contains(part));
            let is_global = (is_static && (changes || declared.contains(" mut ")))
                || text.contains("thread_local!");
            if is_global {
                let message = "global state: keep it in a struct and pass it in";
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_that_changes_is_found_a_table_is_not() {
        let text = "//! x\n\
                    static COUNT: AtomicUsize = AtomicUsize::new(0);\n\
                    pub(crate) static mut LAST: u8 = 0;\n\
                    static RULES: LazyLock<Vec<u8>> = LazyLock::new(f);\n\
                    thread_local! { }\n\
                    static TABLE: &[&str] = &[\"Mutex<\"];\n\
                    fn f(x: &'static Mutex<u8>) {}\n\
                    let shared: Mutex<u8> = g();\n";
        let files = [("a.rs", text), ("tests/it/main.rs", text), (COUNTER, text)];
        let lines: Vec<_> = check(&Subject::sample(&files)).iter().map(|f| f.line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }
}
