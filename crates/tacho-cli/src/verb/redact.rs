//! `tacho redact`: what the secret scanner finds, tried on a text before it is tried by life.

use crate::failure::{Exit, Failure, Outcome};
use crate::screen::{Column, Nature, Row, Screen, Width};
use std::io::Read;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::scan::Scanner;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Show what would be left of a text
    Test(Test),
    /// List the rules that find secrets
    Ls,
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

pub(crate) fn run(screen: &mut Screen, ask: Ask) -> Outcome {
    match ask {
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
