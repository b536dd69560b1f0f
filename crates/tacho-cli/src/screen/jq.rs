//! A jq program, run over each answer: nobody has to install jq to pick a member.

use crate::failure::{Exit, Failure};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use std::fmt::Write;
use tacho_event::json::Value;

pub(super) struct Jq {
    filter: jaq_core::compile::Filter<jaq_core::Native<data::JustLut<Val>>>,
}

impl Jq {
    pub(super) fn new(code: &str) -> Result<Self, Failure> {
        let wrong = |what: String| {
            Failure::usage(format!("--jq does not understand `{code}`"))
                .because(what)
                .next("a jq program, as in --jq '.agent.id'")
        };
        let arena = Arena::default();
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let modules = Loader::new(defs)
            .load(&arena, File { code, path: () })
            .map_err(|errors| wrong(load_error(&errors)))?;
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let filter = Compiler::default().with_funs(funs).compile(modules).map_err(|errors| {
            let names = errors.iter().flat_map(|(_, errors)| errors);
            let names: Vec<&str> = names.map(|(name, _)| *name).collect();
            wrong(format!("it does not know `{}`", names.join("`, `")))
        })?;
        Ok(Self { filter })
    }

    /// What the program makes of an answer, a line each; texts without their quotes.
    pub(super) fn run(&self, answer: &Value) -> Result<String, Failure> {
        let bug = |error: String| Failure::new(Exit::Bug, "an answer is no JSON").because(error);
        let input = read::parse_single(answer.to_json().as_bytes())
            .map_err(|error| bug(error.to_string()))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let mut lines = String::new();
        for output in self.filter.id.run((context, input)).map(unwrap_valr) {
            let output =
                output.map_err(|error| Failure::new(Exit::CannotTell, format!("--jq: {error}")))?;
            // Writing to a string cannot fail.
            let _ = match &output {
                Val::TStr(text) => {
                    writeln!(lines, "{}", String::from_utf8_lossy(text))
                }
                other => writeln!(lines, "{other}"),
            };
        }
        Ok(lines)
    }
}

fn load_error(errors: &jaq_core::load::Errors<&str, ()>) -> String {
    use jaq_core::load::Error;
    let Some((_, error)) = errors.first() else { return String::new() };
    match error {
        Error::Lex(errors) => errors.first().map(|(_, at)| format!("it breaks off at `{at}`")),
        Error::Parse(errors) => errors
            .first()
            .map(|(expected, at)| format!("{} was expected at `{at}`", expected.as_str())),
        Error::Io(_) => Some("it cannot read modules".to_owned()),
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacho_event::json;

    #[test]
    fn a_program_picks_members_and_texts_lose_their_quotes() {
        let event = json::read(br#"{"a":{"b":"x\ny"},"n":[1,2]}"#).unwrap();
        let run = |code| Jq::new(code).unwrap().run(&event).unwrap();
        assert_eq!(run(".a.b"), "x\ny\n");
        assert_eq!(run(".n[]"), "1\n2\n");
        assert_eq!(run("(.n | length), {a}"), "2\n{\"a\":{\"b\":\"x\\ny\"}}\n");
    }

    #[test]
    fn a_program_that_is_none_is_refused_before_anything_is_read() {
        for code in [".a[", "nosuch", "\"", "."] {
            assert_eq!(Jq::new(code).is_err(), code != ".", "{code}");
        }
    }
}
