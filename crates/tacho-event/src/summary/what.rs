//! What happened: a name, and the one or two words that tell this event from its neighbours.

use super::Line;
use crate::json::{Object, Value};
use crate::words::ActionType;

pub(super) fn say(event: &Object, line: &mut Line) {
    let empty = Object::new();
    let action = event.object("action").unwrap_or(&empty);
    let kind = action.str("type").and_then(ActionType::parse);
    let name = action.str("name");
    let of = |member: &str| action.object(member).unwrap_or(&empty);
    let Some(kind) = kind else {
        line.some(action.str("type")).some(name);
        return;
    };
    let named = name.unwrap_or(kind.as_str());
    match kind {
        ActionType::Tool => called(of("tool"), name.or_else(|| of("tool").str("name")), line),
        ActionType::Skill => {
            let skill = of("skill");
            line.some(name.or_else(|| skill.str("name"))).some(skill.str("operation"));
            telling(skill.get("parameters"), line);
        }
        ActionType::External => {
            let external = of("external");
            line.word(named).some(external.str("target"));
            telling(external.get("parameters"), line);
        }
        ActionType::Mcp => {
            let mcp = of("mcp");
            match (mcp.str("server"), mcp.str("tool").or_else(|| mcp.str("method"))) {
                (Some(server), Some(tool)) => line.written(format_args!("{server}.{tool}")),
                _ => line.word(named),
            };
            telling(mcp.get("parameters"), line);
        }
        ActionType::Decision => {
            line.word("decision").value_or(of("decision").get("question"), name);
        }
        ActionType::Model => model(event, of("model"), name, line),
        ActionType::Message => {
            let message = of("message");
            line.word("message").some(message.str("role").or(name)).value(message.get("text"));
        }
        ActionType::Provider => {
            let provider = of("provider");
            let operation = provider.str("operation").filter(|operation| Some(*operation) != name);
            line.some(provider.str("name")).word(named).some(operation);
        }
        _ => seen(kind, event, action, line),
    }
}

/// What was seen, measured or decided beside an agent's calls.
fn seen(kind: ActionType, event: &Object, action: &Object, line: &mut Line) {
    let empty = Object::new();
    let of = |member: &str| action.object(member).unwrap_or(&empty);
    let name = action.str("name");
    let named = name.unwrap_or(kind.as_str());
    match kind {
        ActionType::Memory => {
            let memory = of("memory");
            line.word("memory").some(memory.str("operation").or(name));
            if let Some(ids) = memory.get("entry_ids").and_then(Value::as_list) {
                line.value(ids.first());
                more(ids.len(), line);
            }
        }
        ActionType::File => {
            let file = of("file");
            line.word("file").some(file.str("operation").or(name)).some(file.str("path"));
        }
        ActionType::Change => change(event.object("change").unwrap_or(&empty), named, line),
        ActionType::Metric => {
            let metric = of("metric");
            line.word("metric").some(metric.str("name").or(name)).value(metric.get("value"));
            line.some(metric.str("unit"));
        }
        ActionType::Persona => pair("persona", of("persona"), ["name", "activity"], name, line),
        ActionType::Task => pair("task", of("task"), ["id", "state"], name, line),
        ActionType::Watcher => pair("watcher", of("watcher"), ["name", "trigger"], name, line),
        ActionType::Auth => pair("auth", of("auth"), ["method", "target"], name, line),
        ActionType::Session => pair("session", of("session"), ["event", "reason"], name, line),
        ActionType::Health => pair("health", of("health"), ["target", "checks"], name, line),
        ActionType::Alert => pair("alert", of("alert"), ["rule", "condition"], name, line),
        ActionType::Access => pair("access", of("access"), ["operation", "target"], name, line),
        ActionType::Approval => {
            pair("approval", of("approval"), ["subject", "reason"], name, line);
        }
        ActionType::Stop => stop(of("stop"), named, line),
        ActionType::Gap => gap(of("gap"), named, line),
        ActionType::Admin => {
            let admin = of("admin");
            line.word("admin").some(admin.str("setting").or(name));
            let (before, after) = (admin.get("before"), admin.get("after"));
            if before.or(after).is_some() {
                line.value(before).word("=>").value(after);
            }
        }
        ActionType::Error => {
            line.word("error").some(name);
        }
        // Names of our own, as in `tacho.heartbeat`, say all there is.
        _ => {
            line.word(named);
        }
    }
}

/// `word`, then the two members that tell most, or the action's name where they are hidden.
fn pair(word: &str, of: &Object, [first, second]: [&str; 2], name: Option<&str>, line: &mut Line) {
    line.word(word).value_or(of.get(first), name).value(of.get(second));
}

fn called(tool: &Object, name: Option<&str>, line: &mut Line) {
    line.some(name);
    telling(tool.get("parameters"), line);
}

fn model(event: &Object, of: &Object, name: Option<&str>, line: &mut Line) {
    let used = event.object("resources");
    let model = used.and_then(|used| used.str("model")).or_else(|| of.str("model")).or(name);
    line.word("model").some(model);
    let Some(used) = used else { return };
    match (used.get("tokens_input"), used.get("tokens_output")) {
        (None, None) => line,
        (read, written) => {
            let count = |of: Option<&Value>| of.map_or_else(|| "?".to_owned(), Value::to_json);
            line.written(format_args!("{} + {} tokens", count(read), count(written)))
        }
    };
}

fn change(change: &Object, named: &str, line: &mut Line) {
    let (Some(kind), Some(id)) = (change.str("resource_type"), change.str("resource_id")) else {
        line.word("change").word(named);
        return;
    };
    line.word(named).written(format_args!("{kind}/{id}"));
    let (before, after) = (change.object("before"), change.object("after"));
    let (Some(before), Some(after)) = (before, after) else { return };
    // The first member that differs, and how many more do.
    let mut changed = after.iter().filter(|(name, value)| before.get(name) != Some(value));
    if let Some((name, value)) = changed.next() {
        line.written(format_args!("{name}:")).value(before.get(name)).word("=>").value(Some(value));
        more(changed.count() + 1, line);
    }
}

fn stop(stop: &Object, named: &str, line: &mut Line) {
    let word = match stop.get("engaged").and_then(Value::as_bool) {
        Some(true) => "stop engaged",
        Some(false) => "stop lifted",
        None => named,
    };
    line.word(word).some(stop.str("scope")).some(stop.str("target")).some(stop.str("reason"));
}

fn gap(gap: &Object, named: &str, line: &mut Line) {
    line.word("gap").value(gap.get("count")).word(gap.str("what").unwrap_or(named));
    line.some(gap.str("reason"));
}

/// The parameter that says most about a call; else the first text among them.
fn telling(parameters: Option<&Value>, line: &mut Line) {
    const TELLING: [&str; 14] = [
        "command",
        "file_path",
        "path",
        "notebook_path",
        "pattern",
        "query",
        "query_preview",
        "sql",
        "url",
        "prompt",
        "description",
        "name",
        "id",
        "title",
    ];
    let Some(parameters) = parameters else { return };
    let Some(members) = parameters.as_object() else {
        line.value(Some(parameters));
        return;
    };
    let told = TELLING.iter().find_map(|name| members.str(name));
    if let Some(text) = told.or_else(|| members.iter().find_map(|(_, value)| value.as_str())) {
        line.word(text);
    } else if let Some((_, Value::Object(inner))) = members.iter().next() {
        // `{"input": {"query": ..}}`: one level down, where some hosts wrap what they were given.
        let told = TELLING.iter().find_map(|name| inner.str(name));
        line.some(told.or_else(|| inner.iter().find_map(|(_, value)| value.as_str())));
    }
}

fn more(count: usize, line: &mut Line) {
    if count > 1 {
        line.written(format_args!("(+{})", count - 1));
    }
}
