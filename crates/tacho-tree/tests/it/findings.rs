//! The reference of findings says all of them, and says what the program says.
#![expect(clippy::disallowed_methods, reason = "a test about a page reads the page")]

use std::fmt::Write as _;

use tacho_tree::audit::{Code, Verdict};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/findings.md");

fn page() -> String {
    let mut page = String::from(
        "# Findings\n\nWhat `verify` and `tacho-verify` can find; the codes are stable. Generated from \
         the table in\n`tacho-tree/src/audit/finding.rs`: `UPDATE=1 cargo test -p tacho-tree --test \
         it -- findings::`.\n\nAnswer: what the finding means for \"unchanged?\". A gap leaves that \
         answer alone and answers\n\"nothing missing?\" with no.\n\n| code | answer | meaning | what to \
         do |\n|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let answer = match (code.is_gap(), code.verdict()) {
            (true, _) => "gap",
            (_, Verdict::Yes) => "yes",
            (_, verdict) => verdict.as_str(),
        };
        let (meaning, hint) = (code.meaning().trim(), code.hint());
        writeln!(page, "| `{code}` | {answer} | {meaning} | {hint} |").unwrap();
    }
    page
}

#[test]
fn the_reference_names_every_code_with_its_meaning_and_what_to_do() {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PAGE).unwrap(), page(), "run with UPDATE=1");
}
