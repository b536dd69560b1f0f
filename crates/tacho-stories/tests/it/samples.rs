//! Given the text of a seed, gives its JSON and YAML samples as values.
//!
//! The texts write for people: `{ ... }` stands for an object that is not shown, a line of `//`
//! for a file's name. What is normalised is named here.

use tacho_event::json::{Number, Object, Value, read_text};

/// A fenced sample of a seed.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// `json` or `yaml`.
    pub(crate) language: String,
    /// The line of the seed it starts on.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// The JSON and YAML samples of a text, in order.
pub(crate) fn samples(text: &str) -> Vec<Sample> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let inside = lines.by_ref().map(|(_, line)| line);
        let body: Vec<&str> = inside.take_while(|line| line.trim() != "```").collect();
        if matches!(language.trim(), "json" | "yaml") {
            let text = body.join("\n");
            found.push(Sample { language: language.trim().to_owned(), line: at + 2, text });
        }
    }
    found
}

impl Sample {
    /// The value it shows; nothing for text that is neither JSON nor YAML.
    pub(crate) fn value(&self) -> Option<Value> {
        match self.language.as_str() {
            "json" => {
                let lines = self.text.lines().filter(|line| !line.trim_start().starts_with("//"));
                let text: Vec<&str> = lines.collect();
                let text = text.join("\n").replace("{ ... }", "{}").replace("{...}", "{}");
                read_text(&text).ok()
            }
            _ => {
                use saphyr::{LoadableYamlNode, Yaml};
                let documents = Yaml::load_from_str(&self.text).ok()?;
                documents.first().and_then(from_yaml)
            }
        }
    }
}

/// The fixture that stands for a sample which is neither JSON nor YAML: the schema of the log entry
/// writes its choices as `"tool" | "skill"`; the fixture has every member it names.
pub(crate) fn stands_for(sample: &Sample) -> Option<&'static str> {
    let schema = "log_entry:\n  # Identity\n  id: uuid\n  timestamp: iso8601\n";
    sample.text.starts_with(schema).then_some("agent/every_member.in.json")
}

fn from_yaml(yaml: &saphyr::Yaml<'_>) -> Option<Value> {
    use saphyr::{Scalar, Yaml};
    Some(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => Value::from(*flag),
        Yaml::Value(Scalar::Integer(n)) => Value::from(*n),
        Yaml::Value(Scalar::FloatingPoint(x)) => Number::from_f64(x.into_inner())?.into(),
        Yaml::Value(Scalar::String(text)) => Value::from(text.as_ref()),
        Yaml::Sequence(list) => Value::List(list.iter().map(from_yaml).collect::<Option<_>>()?),
        Yaml::Mapping(members) => {
            let member = |(name, value): (&Yaml<'_>, &Yaml<'_>)| {
                Some((name.as_str()?.to_owned(), from_yaml(value)?))
            };
            Value::Object(members.iter().map(member).collect::<Option<Object>>()?)
        }
        _ => return None,
    })
}
