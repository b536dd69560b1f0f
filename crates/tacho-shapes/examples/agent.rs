//! Every log entry of the agents' document, line by line, and its destination file.
//!
//! ```text
//! cargo run -p tacho-shapes --example agent [DIR]
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::Path;

use tacho_event::json::{Object, Value};
use tacho_event::privacy::scan::{PatternSpec, Scanner};
use tacho_event::privacy::{ContentLogging, Level, Policy, Preset};
use tacho_event::{Draft, Span, Timestamp};
use tacho_shapes::Book;
use tacho_shapes::agent::{AgentLog, FileDestination};
use tacho_shapes::lines::Rotation;

/// Runs in `DIR`, else in a directory that is gone afterwards.
#[cfg_attr(test, expect(dead_code, reason = "tests call `run`"))]
fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let dir = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    let lines = run(&dir.unwrap_or_else(|| scratch.path().to_owned()))?;
    println!("{lines} lines in the destination file");
    Ok(())
}

/// The samples, in the order of the document; gives the number of lines in the file.
pub(crate) fn run(dir: &Path) -> Result<u64, Box<dyn Error>> {
    let book = Book::open(dir.join("store"), Policy::default())?;
    let log =
        AgentLog::new(&book, "ops/release-manager").session("abc123").conversation("user-conv-456");
    log.log(tool_invocation())?;
    log.log(skill_usage())?;
    log.log(web_search())?;
    log.log(decision())?;

    // Local File (Development)
    let rotation = Rotation { max_size: 100 << 20, max_age: Span::from_days(30), compress: true };
    let file = FileDestination::new(&book, &dir.join("agent-audit"), rotation)?;
    let lines = file.pull()?;
    minimised(dir)?;
    Ok(lines)
}

/// Data Minimization: what a log keeps of a secret, of a file and of a long output.
fn minimised(dir: &Path) -> Result<u64, Box<dyn Error>> {
    // Don't log full content, just metadata; bash_output: first 500 chars only
    let content_logging =
        ContentLogging { file_contents: false, query_results: false, output_chars: Some(500) };
    // Redact sensitive patterns
    let patterns = [
        ("password", r"password[=:]\S+"),
        ("api_key", r"api[_-]?key[=:]\S+"),
        ("secret", r"secret[=:]\S+"),
        ("token", r"token[=:]\S+"),
    ];
    let patterns = patterns.map(|(name, pattern)| PatternSpec::new(name, pattern));
    let scanner = Scanner::new(&patterns, "[REDACTED]", false)?;
    let policy = Policy::new(Preset::Development, scanner)
        .with_level(Level::Redacted)
        .with_content_logging(content_logging);
    let book = Book::open(dir.join("minimised"), policy)?;
    let log = AgentLog::new(&book, "ops/release-manager").session("abc123");
    let command = "deploy password=a1 api_key=b2 secret:c3 token=d4 now";
    log.log(Draft::tool("Bash").input(Object::from([("command", command)])).result(Object::from(
        [("stdout", Value::from("x".repeat(2000))), ("exit_code", 0.into())],
    )))?;
    log.log(
        Draft::tool("Write")
            .input(Object::from([("file_path", "notes.md"), ("content", "private")])),
    )?;
    log.log(Draft::skill("postgres", "query").result(Object::from([("rows", vec![1, 2, 3])])))?;
    let file = FileDestination::new(&book, &dir.join("minimised-audit"), Rotation::default())?;
    Ok(file.pull()?)
}

/// Tool Invocation.
fn tool_invocation() -> Draft {
    let parameters = [("command", "git log --oneline -10"), ("description", "List recent commits")];
    let result = Object::from([
        ("exit_code", Value::from(0)),
        ("output_lines", 10.into()),
        ("output_preview", "abc123 feat: add user profile...".into()),
    ]);
    at(Draft::tool("Bash"), "0000", "10:30:15.123")
        .input(Object::from(parameters))
        .result(result)
        .succeeded()
        .took_ms(234)
        .permission("readonly")
        .touched("git_repository", "/path/to/repo")
}

/// Skill Usage.
fn skill_usage() -> Draft {
    let parameters = Object::from([
        ("query_hash", Value::from("sha256:abc123...")),
        ("query_preview", "SELECT version, deployed_at FROM deployments...".into()),
        ("tables_accessed", ["deployments"].into()),
    ]);
    at(Draft::skill("postgres", "query"), "0001", "10:30:20.456")
        .input(parameters)
        .result(Object::from([("rows_returned", 10), ("execution_time_ms", 45)]))
        .succeeded()
        .took_ms(52)
        .permission("readonly")
        .touched("database_table", "public.deployments")
        .with("security.sensitive_data_accessed", false)
}

/// Web Search.
fn web_search() -> Draft {
    let domains = ["kubernetes.io", "stackoverflow.com", "github.com"];
    let result = Object::from([("results_returned", Value::from(10)), ("domains", domains.into())]);
    let query = "kubernetes pod restart loop causes";
    at(Draft::external("web_search", query), "0002", "10:30:25.789")
        .input(Object::from([("result_count", 10)]))
        .result(result)
        .succeeded()
        .took_ms(1234)
        .cost_usd(0.001)
        .permission("readonly")
}

/// Decision.
fn decision() -> Draft {
    let question = "Should we rollback deployment v1.2.3?";
    let result = Object::from([
        ("recommendation", Value::from("rollback")),
        ("awaiting_approval", true.into()),
    ]);
    at(Draft::decision("rollback_recommendation", question), "0003", "10:31:00.000")
        .agent("ops/rollback-advisor")
        .option("rollback", "Error rate 5x baseline, affecting 15% of users", 0.85)
        .option("hotfix", "Root cause identified, fix is simple", 0.60)
        .option("monitor", "Errors may be transient", 0.20)
        .chose("rollback", 0.85)
        .result(result)
        .succeeded()
}

/// The id and the time that the document shows.
fn at(draft: Draft, end: &str, clock: &str) -> Draft {
    let time = Timestamp::parse(&format!("2025-01-02T{clock}Z")).unwrap_or_default();
    draft.id(&format!("550e8400-e29b-41d4-a716-44665544{end}")).timestamp(time)
}
