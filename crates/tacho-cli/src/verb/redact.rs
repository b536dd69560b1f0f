//! `tacho redact`: what the secret scanner finds, tried on a text before it is tried by life.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::screen::{Column, Nature, Row, Screen, Width};
use std::io::Read;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::Policy;
use tacho_event::privacy::scan::{PatternSpec, Scanner};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Show what would be left of a text
    Test(Test),
    /// Name what in your capture, or in a pattern, can hardly be meant; exit with 1 if there is any
    Lint(Lint),
    /// List the rules that find secrets
    Ls,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "tacho redact lint --pattern 'ACME-[0-9]{6}'   before anybody relies on it")]
pub(crate) struct Lint {
    /// A pattern that shall find secrets
    #[arg(long, value_name = "REGEX")]
    pattern: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// The text; - for standard input
    #[arg(value_name = "TEXT")]
    text: String,
    /// Exit with 1 if a secret is found
    #[arg(long)]
    fail_if_any: bool,
}

const RULES: &[Column] = &[
    Column { title: "rule", width: Width::Chars(34) },
    Column { title: "finds", width: Width::Rest },
];

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    match ask {
        Ask::Lint(ask) => lint(place, screen, &ask),
        Ask::Ls => {
            let rows = Scanner::table().map(|(name, finds)| {
                let json = [("v", Value::from(1)), ("rule", name.into()), ("finds", finds.into())];
                let cells = vec![name.to_owned(), finds.to_owned()];
                Ok(Row { json: Object::from(json), cells })
            });
            screen.list(Nature::List, RULES, rows)?;
            Ok(Exit::Yes)
        }
        Ask::Test(ask) => test(screen, &ask),
    }
}

const PROBLEMS: &[Column] = &[
    Column { title: "where", width: Width::Chars(24) },
    Column { title: "what", width: Width::Rest },
    Column { title: "hint", width: Width::Chars(40) },
];

fn lint(place: &Place, screen: &mut Screen, ask: &Lint) -> Outcome {
    let policy = Policy::preset(place.preset).with_level(place.level());
    let found = policy.lint().into_iter();
    let mut found: Vec<[String; 3]> =
        found.map(|problem| [problem.pointer, problem.what, problem.hint]).collect();
    found.extend(ask.pattern.iter().filter_map(|pattern| odd(pattern)));
    let is_any = !found.is_empty();
    let rows = found.into_iter().map(|cells| {
        let [at, what, hint] = &cells;
        let json = Object::from([
            ("v", Value::from(1)),
            ("where", Value::from(at.as_str())),
            ("what", Value::from(what.as_str())),
            ("hint", Value::from(hint.as_str())),
        ]);
        Ok(Row { json, cells: cells.to_vec() })
    });
    screen.list(Nature::List, PROBLEMS, rows)?;
    Ok(if is_any { Exit::No } else { Exit::Yes })
}

/// Texts in which nobody hides a secret: what finds one there finds it everywhere.
const HARMLESS: &[&str] = &["git log --oneline -10", "/srv/app/deploy.yaml", "customer/42", "ok"];

/// What is odd about a pattern: where, what, and a hint.
fn odd(pattern: &str) -> Option<[String; 3]> {
    let told = |what: String, hint: &str| Some([pattern.to_owned(), what, hint.to_owned()]);
    if PatternSpec::defaults().iter().any(|one| one.pattern == pattern) {
        return told("is built in".to_owned(), "leave it out");
    }
    let spec = [PatternSpec::new("tried", pattern)];
    match Scanner::new(&spec, "[REDACTED]", false) {
        Err(error) => told(error.to_string(), "mend the expression"),
        Ok(scanner) => {
            let found = HARMLESS.iter().find(|text| scanner.redact(text) != **text)?;
            told(format!("finds a secret in `{found}`"), "say more of what a secret looks like")
        }
    }
}

fn test(screen: &mut Screen, ask: &Test) -> Outcome {
    let text = if ask.text == "-" { input()? } else { ask.text.clone() };
    let scanner = Scanner::builtin();
    let mut hits = Vec::new();
    let left = scanner.redact_with(&text, &mut |hit| hits.push(hit.rule.to_owned())).into_owned();
    if screen.is_json() {
        let rules: Vec<Value> = hits.iter().map(|rule| Value::from(rule.as_str())).collect();
        screen.json(Object::from([
            ("v", Value::from(1)),
            ("hits", Value::from(rules)),
            ("left", Value::from(left.as_str())),
        ]))?;
    } else {
        let lines: Vec<String> = left.lines().map(|line| screen.shown(line).into_owned()).collect();
        screen.line(&lines.join("\n"))?;
        for rule in &hits {
            screen.note(&format!("found by {rule}"));
        }
    }
    Ok(if ask.fail_if_any && !hits.is_empty() { Exit::No } else { Exit::Yes })
}

fn input() -> Result<String, Failure> {
    let mut text = String::new();
    let mut input = std::io::stdin().take(tacho_event::limits::EVENT_BYTES_MAX as u64);
    input.read_to_string(&mut text).map_err(|error| {
        Failure::new(Exit::CannotTell, format!("cannot read standard input: {error}"))
    })?;
    Ok(text)
}
