//! Documents as people write them, edited and given back.

use super::*;

fn wanted() -> Wanted {
    let entry = |n| format!("{{\"hooks\": [{{\"command\": \"ours {n}\"}}]}}");
    Wanted { entries: vec![("A", entry(1)), ("B", entry(2))], version: false }
}

fn is_ours(node: &Node) -> bool {
    let command = |n: &Node| {
        n.member("command").and_then(Node::text).is_some_and(|text| text.starts_with("ours"))
    };
    let handlers = node.member("hooks").map_or(&[][..], Node::children);
    command(node) || !handlers.is_empty() && handlers.iter().all(|h| command(&h.node))
}

#[track_caller]
fn check(original: &str, expected: &str) {
    let added = add(original, &wanted()).unwrap();
    assert_eq!(added, expected);
    assert_eq!(remove(&added, Some((original, &wanted())), &is_ours).unwrap(), original);
}

#[test]
fn a_new_document_has_one_line_per_event() {
    check(
        "",
        "{\n  \"hooks\": {\n    \"A\": [{\"hooks\": [{\"command\": \"ours 1\"}]}],\n    \
         \"B\": [{\"hooks\": [{\"command\": \"ours 2\"}]}]\n  }\n}\n",
    );
}

#[test]
fn other_hooks_comments_and_trailing_commas_stay_where_they_are() {
    check(
        "// mine\n{\n\t\"x\": 1, // one\n\t\"hooks\": {\n\t\t\"A\": [\n\t\t\t{\"c\": 1}, // two\n\
         \t\t],\n\t},\n}\n",
        "// mine\n{\n\t\"x\": 1, // one\n\t\"hooks\": {\n\t\t\"A\": [\n\t\t\t{\"c\": 1},\n\t\t\t\
         {\"hooks\": [{\"command\": \"ours 1\"}]}, // two\n\t\t],\n\t\t\
         \"B\": [{\"hooks\": [{\"command\": \"ours 2\"}]}],\n\t},\n}\n",
    );
}

#[test]
fn one_line_stays_one_line() {
    check(
        "{\"x\":1}",
        "{\"x\":1,\"hooks\": {\"A\": [{\"hooks\": [{\"command\": \"ours 1\"}]}],\
         \"B\": [{\"hooks\": [{\"command\": \"ours 2\"}]}]}}",
    );
}

#[test]
fn carriage_returns_and_marks_are_kept() {
    check(
        "\u{feff}{\r\n    \"x\": 1\r\n}\r\n",
        "\u{feff}{\r\n    \"x\": 1,\r\n    \"hooks\": {\r\n        \"A\": [{\"hooks\": \
         [{\"command\": \"ours 1\"}]}],\r\n        \"B\": [{\"hooks\": [{\"command\": \"ours 2\"}]}]\
         \r\n    }\r\n}\r\n",
    );
}

#[test]
fn edits_of_others_between_stay() {
    let original = "{\n  \"x\": 1\n}\n";
    let added = add(original, &wanted()).unwrap();
    let edited = added.replace("\"x\": 1", "\"x\": [ 2 ], // changed\n  \"y\":3");
    let back = remove(&edited, Some((original, &wanted())), &is_ours).unwrap();
    assert_eq!(back, "{\n  \"x\": [ 2 ], // changed\n  \"y\":3\n}\n");
}

#[test]
fn a_member_written_behind_ours_does_not_break_the_document() {
    for original in ["{}", "{}\n", "{\n}\n", "{ }"] {
        let added = add(original, &wanted()).unwrap();
        let end = added.rfind(']').unwrap();
        let end = end + added[end..].find('}').unwrap() + 1;
        let edited = format!("{},\n  \"y\": 3{}", &added[..end], &added[end..]);
        let back = remove(&edited, Some((original, &wanted())), &is_ours).unwrap();
        let root = parse(&back).unwrap().unwrap();
        assert_eq!(root.children().len(), 1, "{back}");
        assert!(root.member("y").is_some(), "{back}");
    }
}

#[test]
fn without_a_memory_the_entries_and_their_empty_lists_go() {
    let added = add("{\n  \"x\": 1\n}\n", &wanted()).unwrap();
    assert_eq!(remove(&added, None, &is_ours).unwrap(), "{\n  \"x\": 1\n}\n");
    let shared = "{\"hooks\": {\"A\": [{\"matcher\": \"m\", \"hooks\": [{\"command\": \"theirs\"}, \
        {\"command\": \"ours 9\"}]}]}}";
    let left = remove(shared, None, &is_ours).unwrap();
    assert_eq!(
        left,
        "{\"hooks\": {\"A\": [{\"matcher\": \"m\", \"hooks\": [{\"command\": \"theirs\"}]}]}}"
    );
}

#[test]
fn another_shape_is_refused() {
    let refused = |text: &str| add(text, &wanted()).unwrap_err();
    assert_eq!(refused("[]"), Refused::Shape("the document".to_owned(), "an object"));
    assert_eq!(refused("{\"hooks\": 1}"), Refused::Shape("hooks".to_owned(), "an object"));
    let list = Refused::Shape("hooks.B".to_owned(), "an array");
    assert_eq!(refused("{\"hooks\": {\"B\": {}}}"), list);
    assert!(matches!(refused("{"), Refused::Syntax(_)));
}
