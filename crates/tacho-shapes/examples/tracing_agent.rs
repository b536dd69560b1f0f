//! An agent that is instrumented with `tracing` alone; the layer makes its audit log.
//!
//! ```text
//! cargo run -p tacho-shapes --example tracing_agent [DIR]
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::Path;

use tacho_event::privacy::Policy;
use tacho_event::summary;
use tacho_shapes::Book;
use tacho_shapes::book::all_events;
use tacho_shapes::spans::TraceLayer;
use tracing::{error, info, info_span, instrument, warn};
use tracing_subscriber::layer::SubscriberExt;

/// Runs in `DIR`, else in a directory that is gone afterwards.
#[cfg_attr(test, expect(dead_code, reason = "tests call `run`"))]
fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let dir = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    let book = run(&dir.unwrap_or_else(|| scratch.path().to_owned()))?;
    for event in all_events(&book.log()?)? {
        println!("{}", summary::line(&event, 120));
    }
    Ok(())
}

/// Runs the agent with the layer before it; gives the book it wrote.
pub(crate) fn run(dir: &Path) -> Result<Book, Box<dyn Error>> {
    let book = Book::open(dir, Policy::default())?;
    let layer = TraceLayer::new(&book).tasks(["release"]);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || release("v1.2.3"));
    book.flush();
    Ok(book)
}

/// What the agent does; it knows nothing of the log.
#[instrument(fields(agent.id = "ops/release-manager", session.id = "abc123", user_id = "alice"))]
fn release(version: &str) {
    info!(version, "release begins");
    {
        let span = info_span!(
            "call",
            tool = "Bash",
            command = "git log --oneline -10",
            result = tracing::field::Empty
        );
        let _inside = span.enter();
        span.record("result", "10 commits");
    }
    let usage = (120_u64, 45_u64);
    info_span!(
        "ask",
        model = "claude-3",
        operation = "chat",
        gen_ai.usage.input_tokens = usage.0,
        gen_ai.usage.output_tokens = usage.1
    )
    .in_scope(|| warn!("the answer was cut"));
    info_span!("search", mcp_tool = "search", mcp_server = "jira", status = "denied")
        .in_scope(|| ());
    info_span!("unnamed", note = "no field says what this is").in_scope(|| ());
    error!(error_type = "timeout", attempts = 3, "the registry did not answer");
}
