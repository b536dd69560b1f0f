//! Given nothing, gives the JSON Schema (2020-12) of an event, made from [`EVENT`].
//!
//! It accepts what [`Draft::check`](crate::Draft::check) accepts, as far as a schema can tell (it
//! cannot tell 30 February). Members are described where the check leaves them free. Three
//! annotations say what no keyword does: `x-class` (who may see it), `x-disclosure` (where its
//! value lives) and `x-kind` (what it holds).
//!
//! ```text
//! {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:tachograph:event:1",
//!  "type": "object", "required": ["action"], "additionalProperties": false,
//!  "properties": {"agent": {..}, "action": {"required": ["type"], ..}, ..}}
//! ```

use crate::json::{Object, Value};
use crate::shape::{EVENT, Home, Kind, Member};

/// The schema of an event as it is submitted; a recorded one has `v`, `id` and `timestamp`, too.
pub fn event_schema() -> Value {
    let mut schema = group(EVENT, &["action"]);
    schema.insert("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.insert("$id", "urn:tachograph:event:1");
    schema.insert("title", "Event");
    schema.insert("description", "What an AI agent did. Unknown members go under `metadata`.");
    schema.insert("type", "object");
    schema.into()
}

/// The keywords of an object with these members and no others. A member that is `null` is the
/// same as one that is not there, so the required ones must not be.
fn group(members: &[Member], required: &[&str]) -> Object {
    let property = |member: &Member| {
        let nullable = !required.contains(&member.name);
        (member.name, described(member, checked(member, nullable)))
    };
    let mut schema = Object::from([
        ("properties", Value::Object(members.iter().map(property).collect())),
        ("additionalProperties", false.into()),
    ]);
    if !required.is_empty() {
        schema.insert("required", required.to_vec());
    }
    schema
}

fn described(member: &Member, mut schema: Object) -> Object {
    schema.insert("description", member.doc);
    schema.insert("x-class", member.home.class());
    if let Some(disclosure) = disclosure(member.home) {
        schema.insert("x-disclosure", disclosure);
    }
    schema.insert("x-kind", kind_name(&member.kind));
    schema
}

/// The keywords that say what the check says of this member.
fn checked(member: &Member, nullable: bool) -> Object {
    let typed = |name: &str| {
        let kind: Value = if nullable { [name, "null"].into() } else { name.into() };
        Object::from([("type", kind)])
    };
    let pattern = |pattern: &str| {
        let mut schema = typed("string");
        schema.insert("pattern", pattern);
        schema
    };
    match member.kind {
        Kind::Group(members) => {
            let required: &[&str] = if member.name == "action" { &["type"] } else { &[] };
            let mut schema = typed("object");
            for (keyword, value) in group(members, required) {
                schema.insert(keyword, value);
            }
            schema
        }
        Kind::Open(members) => {
            let mut schema = typed("object");
            schema.insert("properties", open(members));
            schema
        }
        Kind::OpenList(members) => {
            let mut items = Object::from([("type", "object")]);
            items.insert("properties", open(members));
            let mut schema = typed("array");
            schema.insert("items", items);
            schema
        }
        Kind::OneOf(words) => {
            let words = words.iter().map(|word| Value::from(*word));
            let words = words.chain(nullable.then_some(Value::Null));
            Object::from([("enum", Value::List(words.collect()))])
        }
        Kind::Count if member.name == "v" => {
            Object::from([("enum", Value::List(vec![1.into(), Value::Null]))])
        }
        Kind::Time => {
            let mut schema = pattern(TIME);
            schema.insert("format", "date-time");
            schema
        }
        Kind::EventId => pattern("^[A-Za-z0-9._:-]{1,128}$"),
        Kind::Tenant => pattern("^[a-z0-9][a-z0-9-]{0,62}$"),
        Kind::Name | Kind::Key | Kind::Model | Kind::Text => typed("string"),
        Kind::Count => {
            let mut schema = typed("integer");
            schema.insert("minimum", 0);
            schema
        }
        Kind::Number => typed("number"),
        Kind::Flag => typed("boolean"),
        Kind::Texts => {
            let mut schema = typed("array");
            schema.insert("items", Object::from([("type", "string")]));
            schema
        }
        Kind::Labels => {
            let mut schema = typed("object");
            let values = ["string", "number", "boolean", "null"];
            schema.insert("additionalProperties", Object::from([("type", Value::from(values))]));
            schema
        }
        Kind::Object => typed("object"),
        Kind::Any => Object::new(),
    }
}

/// RFC 3339, with a space for the `T` where somebody wrote one.
const TIME: &str =
    "^\\d{4}-\\d{2}-\\d{2}[Tt ]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2})$";

/// The known members of an open object. Only what the leaf shows must have its kind.
fn open(members: &[Member]) -> Object {
    let property = |member: &Member| {
        let schema = match (member.home, member.kind) {
            (Home::Leaf, _) => checked(member, true),
            // These keywords ask nothing of a value of another kind.
            (_, Kind::OpenList(inner)) => {
                Object::from([("items", Object::from([("properties", open(inner))]))])
            }
            (_, Kind::Open(inner)) => Object::from([("properties", open(inner))]),
            _ => Object::new(),
        };
        (member.name, described(member, schema))
    };
    members.iter().map(property).collect()
}

/// The disclosure in which a member's value lives, if it is not in the leaf.
pub fn disclosure(home: Home) -> Option<&'static str> {
    match home {
        Home::Leaf | Home::Route => None,
        Home::Input => Some("input"),
        Home::Output => Some("output"),
        Home::Detail => Some("detail"),
        Home::Who => Some("who"),
        Home::WhoOrDetail => Some("who or detail"),
    }
}

/// What a member holds, in the words of the reference.
pub fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Group(_) => "group",
        Kind::Open(_) => "open object",
        Kind::OpenList(_) => "list of objects",
        Kind::OneOf(_) => "word",
        Kind::Time => "time",
        Kind::EventId => "event id",
        Kind::Tenant => "tenant",
        Kind::Name => "name",
        Kind::Key => "key",
        Kind::Model => "model",
        Kind::Text => "text",
        Kind::Count => "count",
        Kind::Number => "number",
        Kind::Flag => "flag",
        Kind::Texts => "list of texts",
        Kind::Labels => "labels",
        Kind::Object => "object",
        Kind::Any => "any value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;

    /// The subschema at a dotted path of members.
    fn at(path: &str) -> Value {
        let mut place = event_schema();
        for name in path.split('.') {
            let inner =
                if place.at("/items").is_some() { "/items/properties" } else { "/properties" };
            place = place.at(&format!("{inner}/{name}")).unwrap().clone();
        }
        place
    }

    #[test]
    fn every_member_of_the_shape_is_described_with_its_class() {
        shape::walk(EVENT, &mut |path, member| {
            let schema = at(path);
            assert_eq!(schema.at("/description"), Some(&member.doc.into()), "{path}");
            assert_eq!(schema.at("/x-class"), Some(&member.home.class().into()), "{path}");
            let apart = matches!(member.home, Home::Leaf | Home::Route);
            assert_eq!(schema.at("/x-disclosure").is_none(), apart, "{path}");
        });
    }

    #[test]
    fn closed_lists_are_enumerated_and_groups_are_closed() {
        assert_eq!(at("action.type").at("/enum/0"), Some(&"tool".into()));
        assert_eq!(at("outcome.status").at("/enum/8"), Some(&Value::Null));
        assert_eq!(at("agent").at("/additionalProperties"), Some(&false.into()));
        assert_eq!(at("action.tool").at("/additionalProperties"), None);
        assert_eq!(at("action.provider.name").at("/type/0"), Some(&"string".into()));
        assert_eq!(at("action.provider.operation").at("/type"), None);
    }
}
