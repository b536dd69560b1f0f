//! Rooms stay small: functions, files, test modules inside a file, pages that must be read at once,
//! and what is committed at all.

use super::rust;
use super::subject::File;
use super::{Finding, Subject, is_fixture, is_list};

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;
/// Longer test modules move to a `tests.rs` beside their file.
const TEST_MODULE_LINES_MAX: usize = 120;
const BLOB_BYTES_MAX: usize = 200 * 1024;

/// Pages with a limit of their own.
const PAGES: &[(&str, usize)] = &[("README.md", 120), ("ARCHITECTURE.md", 250)];

/// Files that may be larger: cargo writes the one, the others are written out by law.
const LARGE: &[&str] = &["Cargo.lock", "fuzz/Cargo.lock"];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &subject.files {
        let mut find = |line, message| findings.push(Finding::new(&file.path, line, message));
        if file.size_bytes > BLOB_BYTES_MAX && !LARGE.contains(&file.path.as_str()) {
            let kilobytes = file.size_bytes / 1024;
            find(1, format!("{kilobytes} KB, at most {}", BLOB_BYTES_MAX / 1024));
        }
        let length = file.text.lines().count();
        if let Some((_, max)) = PAGES.iter().find(|(page, _)| *page == file.path)
            && length > *max
        {
            find(*max + 1, format!("{length} lines, at most {max}"));
        }
        if has_rooms(file) {
            if length > FILE_LINES_MAX {
                find(FILE_LINES_MAX + 1, format!("{length} lines, at most {FILE_LINES_MAX}"));
            }
            findings.extend(inside(file));
        }
    }
    findings
}

fn has_rooms(file: &File) -> bool {
    file.is_rust() && !is_fixture(&file.path) && !is_list(&file.path)
}

fn inside(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in rust::functions(&file.code) {
        let (first, length) = (*function.lines.start(), function.lines.count());
        if length > FUNCTION_LINES_MAX {
            let name = function.name;
            let message = format!("`{name}` has {length} lines, at most {FUNCTION_LINES_MAX}");
            findings.push(Finding::new(&file.path, first, message));
        }
    }
    for lines in rust::test_modules(&file.code) {
        let (first, length) = (*lines.start(), lines.count());
        if length > TEST_MODULE_LINES_MAX {
            let message = format!(
                "{length} lines of tests, at most {TEST_MODULE_LINES_MAX}: move them to tests.rs"
            );
            findings.push(Finding::new(&file.path, first, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let findings = check(&Subject::sample(&[(path, text)]));
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn one_line_too_many_is_found_and_the_limit_is_not() {
        let function = |lines: usize| format!("fn long() {{\n{}}}\n", "a();\n".repeat(lines - 2));
        assert_eq!(messages("a.rs", &function(70)), [""; 0]);
        assert_eq!(messages("a.rs", &function(71)), ["`long` has 71 lines, at most 70"]);
        assert_eq!(messages("a.rs", &"//!\n".repeat(600)), [""; 0]);
        assert_eq!(messages("a.rs", &"//!\n".repeat(601)), ["601 lines, at most 600"]);
        let page = "line\n".repeat(121);
        assert_eq!(messages("README.md", &page), ["121 lines, at most 120"]);
        assert_eq!(messages("docs/limits.md", &page), [""; 0]);
    }

    #[test]
    fn tests_and_tables_may_be_long() {
        let long = format!("fn long() {{\n{}}}\n", "a();\n".repeat(700));
        for path in ["src/tests.rs", "tests/it/main.rs", "benches/b.rs", "src/rule_table.rs"] {
            assert_eq!(messages(path, &long), [""; 0], "{path}");
        }
        assert_eq!(messages("src/table.rs", &long).len(), 2);
    }

    #[test]
    fn many_tests_inside_a_file_are_found() {
        let text = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "use a;\n".repeat(119));
        assert_eq!(messages("a.rs", &text).len(), 1);
    }

    #[test]
    fn a_large_blob_is_found() {
        let blob = "x".repeat(BLOB_BYTES_MAX + 1024);
        assert_eq!(messages("a.bin", &blob), ["201 KB, at most 200"]);
        assert_eq!(messages("Cargo.lock", &blob), [""; 0]);
    }
}
