//! The filter language: golden files, what matches, and what holds for any text.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::fmt::Write as _;
use std::path::Path;
use tacho_event::filter::{Classes, Expr, Field, Filter, Glob, Op, Shown, Test, Verdict};
use tacho_event::json::{self, Object};
use tacho_event::privacy::{Disclosure, Level, Part, Policy, Protected, StandIns, reveal};
use tacho_event::{Draft, Event, Timestamp, World, limits};

struct Noon;

impl World for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn parse(text: &str) -> Filter {
    Filter::parse(text, Noon.now()).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn object(text: &str) -> Object {
    json::read(text.as_bytes()).unwrap().as_object().unwrap().clone()
}

/// A tool call with something in every class.
fn push() -> Event {
    let doc = object(
        r#"{
        "id": "evt_1", "timestamp": "2026-11-20T10:31:02.114Z", "tenant": "acme",
        "severity": "warning",
        "labels": {"env": "production", "app.kubernetes.io/name": "web", "replicas": 3},
        "metadata": {"mcp": {"retries": 2, "tags": ["Blue", "green"]}},
        "agent": {"id": "ops/release-manager", "session_id": "s1", "version": "1.2.0"},
        "actor": {"type": "agent", "id": "svc-deploy",
                  "on_behalf_of": [{"type": "user", "id": "Alice@example.com"}]},
        "action": {"type": "tool", "name": "Bash", "phase": "whole", "call_id": "toolu_01",
                   "tool": {"name": "Bash", "parameters": {"command": "git push origin main"}}},
        "outcome": {"status": "failure", "result": {"exit_code": 128, "retryable": true},
                    "error": {"type": "NonZeroExit", "message": "remote: Caf\u00e9 is closed"}},
        "resources": {"tokens_input": 900, "tokens_output": 200, "duration_ms": 2340.5,
                      "cost_usd": 0.34, "model": "claude-opus[1m]"},
        "security": {"permission_level": "read-write", "sensitive_data_accessed": false,
                     "resources_accessed": [
                        {"type": "git_repository", "identifier": "/srv/web"},
                        {"type": "file", "identifier": "/srv/web/.env"}]},
        "change": {"resource_type": "customer", "resource_id": "42"},
        "origin": {"source": "hook:claude_code", "seq": 7, "host": "build-3"}
    }"#,
    );
    Draft::from_object(doc).check(&Noon).unwrap()
}

/// The leaf that protection makes of an event, and what leaf and disclosures say together.
fn protect(event: Event, policy: &Policy) -> (Object, Object) {
    let Protected::Entry(entry) = policy.apply(event, &StandIns::new(), &Noon).unwrap() else {
        panic!("the event is kept")
    };
    let leaf = json::read(entry.leaf()).unwrap().as_object().unwrap().clone();
    let open = |part: &Part| Disclosure::of_part(part.class(), part.plaintext()).unwrap();
    let disclosures: Vec<Disclosure> = entry.parts().iter().flat_map(open).collect();
    let whole = reveal(&leaf, &disclosures).unwrap();
    (leaf, whole)
}

fn kept_whole() -> Policy {
    Policy::default().with_level(Level::Full)
}

#[test]
fn golden_filters_read_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/filter");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 4, "the fixtures are there");
    for file in files {
        let written = std::fs::read_to_string(&file).unwrap();
        let actual = golden(&written);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &actual).unwrap();
        } else {
            assert_eq!(actual, written, "{}; UPDATE=1 rewrites it", file.display());
        }
    }
}

/// Each line `> filter` again, followed by what it reads as. `\n` and `\t` stand for themselves.
fn golden(file: &str) -> String {
    let mut out = String::new();
    for line in file.lines().filter(|line| line.starts_with('#') || line.starts_with('>')) {
        writeln!(out, "{line}").unwrap();
        let Some(text) = line.strip_prefix("> ") else { continue };
        match Filter::parse(text, Noon.now()) {
            Ok(filter) => {
                let needs = match filter.needs() {
                    Classes { content: false, identity: false } => "leaf",
                    Classes { content: true, identity: false } => "leaf, content",
                    Classes { content: false, identity: true } => "leaf, identity",
                    Classes { content: true, identity: true } => "leaf, content, identity",
                };
                writeln!(out, "  {filter}\n  needs: {needs}").unwrap();
                assert_eq!(parse(&filter.to_string()), filter, "{text} reads back");
            }
            Err(problems) => {
                for problem in problems {
                    let place = text.get(problem.span.clone()).unwrap();
                    let mark = "^".repeat(place.chars().count().max(1));
                    let before = text[..problem.span.start].chars().count();
                    writeln!(out, "  {:before$}{mark} {problem}", "").unwrap();
                }
            }
        }
    }
    out
}

#[test]
fn filters_match_what_they_say() {
    let event = push();
    for (text, expected) in [
        ("", true),
        ("*", true),
        ("-*", false),
        ("agent:ops/release-manager", true),
        ("agent:OPS/release-manager", false),
        ("agent:ops/*", true),
        ("agent:*release*", true),
        ("agent:ops", false),
        ("agent.version:1.2.0", true),
        ("conversation:*", false),
        ("-conversation:*", true),
        ("session:s1 call:toolu_01 id:evt_1", true),
        ("tenant:acme", true),
        ("tenant:other", false),
        ("type:TOOL name:bash", true),
        ("tool:bash", true),
        ("skill:bash", false),
        ("-skill:bash", true),
        ("status:failure", true),
        ("status:(success OR failure)", true),
        ("-status:failure", false),
        ("NOT status:success", true),
        ("severity:>=warning", true),
        ("severity:>warning", false),
        ("severity:<error", true),
        ("phase:w*", true),
        ("cost:0.34", true),
        ("cost:>0.34", false),
        ("cost:>=0.34", true),
        ("cost:0.1..0.5", true),
        ("cost:..0.3", false),
        ("tokens:1100", true),
        ("tokens:>1100", false),
        ("tokens_cache_read:0", false),
        ("duration:>2s", true),
        ("duration:>2400", false),
        ("duration:1s..3s", true),
        ("sensitive:false", true),
        ("sensitive:true", false),
        ("model:CLAUDE-*", true),
        ("model:claude-opus[1m]", true),
        ("permission:Read-Write", true),
        ("source:hook:claude_code", true),
        ("seq:7", true),
        ("since:2026-11-20 until:2026-11-20", true),
        ("since:2h", true),
        ("since:1h", false),
        ("until:2026-11-20T10:31:02.114Z", false),
        ("at:2026-11-20T10:31", true),
        ("at:2026-11-20T10:31:02.114Z", true),
        ("at:2026-11-20T10:31:02.11Z", true),
        ("at:2026-11-20T10:31:03", false),
        ("timestamp:<=2026-11-20T10:31:02.114Z", true),
        ("timestamp:2026-11..2026-12", true),
        ("user:alice@example.com", true),
        ("actor:alice@example.com", false),
        ("user:svc-*", true),
        ("resource:*.ENV", true),
        ("resource:42", true),
        ("resource:/srv/web", true),
        ("resource:/srv", false),
        ("resource_type:file resource_type:customer", true),
        ("command:push", true),
        ("command:=push", false),
        ("command:=\"git push origin main\"", true),
        ("command:git*", true),
        ("command:git*push", false),
        ("action.tool:push", true),
        ("action.tool.parameters:push", true),
        ("error:nonzero", true),
        ("error:\"CAF\u{c9} is\"", true),
        ("error:timeout", false),
        ("outcome.result.exit_code:128", true),
        ("outcome.result.exit_code:>100", true),
        ("outcome.result.exit_code:1..", true),
        ("outcome.result.exit_code:12", false),
        ("outcome.result.retryable:true", true),
        ("label.env:Production", true),
        ("label.env:prod", false),
        ("labels.app.kubernetes.io/name:web", true),
        ("labels.replicas:3", true),
        ("labels:web", true),
        ("metadata.mcp.tags:blue", true),
        ("metadata.mcp.tags:purple", false),
        ("metadata.mcp.retries:>1", true),
        ("metadata.none:*", false),
        ("host:build-3", true),
        ("push", true),
        ("\"push origin\"", true),
        ("\"origin push\"", false),
        ("ops/*", true),
        ("caf\u{c9}", true),
        ("128", true),
        ("2026-11", false),
        ("-push", false),
        ("status:success OR command:push", true),
        ("status:failure (name:Read OR name:Bash) -agent:dev/*", true),
        ("status:success OR name:Bash status:denied", false),
    ] {
        assert_eq!(parse(text).matches(&event), expected, "{text}");
    }
}

#[test]
fn of_a_leaf_what_is_hidden_is_unknown_and_its_negation_too() {
    let (leaf, whole) = protect(push(), &kept_whole());
    let erased = Shown { tenant: None, members: &leaf, hidden: Classes::NONE };
    let opened = Shown { tenant: Some("acme"), members: &whole, hidden: Classes::NONE };
    use Verdict::{No, Unknown, Yes};
    // Of the leaf with digests, of all of it, and of a leaf that never had disclosures.
    for (text, alone, whole, bare) in [
        ("status:failure", Yes, Yes, Yes),
        ("status:success", No, No, No),
        ("user:alice@example.com", Unknown, Yes, No),
        ("-user:alice@example.com", Unknown, No, Yes),
        ("user:*", Unknown, Yes, No),
        ("status:success user:alice@example.com", No, No, No),
        ("status:failure user:alice@example.com", Unknown, Yes, No),
        ("status:failure OR user:alice@example.com", Yes, Yes, Yes),
        ("error:nonzero", Yes, Yes, Yes),
        ("error:timeout", Unknown, No, No),
        ("push", Unknown, Yes, No),
        ("_sd", Unknown, No, No),
        ("ops/release", Yes, Yes, Yes),
        ("-ops/release", No, No, No),
        ("outcome:*", Yes, Yes, Yes),
        ("outcome:closed", Unknown, Yes, No),
        ("skill:x", No, No, No),
        ("tenant:acme", Unknown, Yes, Unknown),
        ("conversation:*", No, No, No),
    ] {
        let filter = parse(text);
        assert_eq!(filter.verdict(&leaf), alone, "{text} of the leaf alone");
        assert_eq!(filter.verdict(&opened), whole, "{text} of the leaf and what it hides");
        assert_eq!(filter.verdict(&erased), bare, "{text} of a leaf that hides nothing");
        assert_eq!(filter.matches(&leaf), alone == Yes, "{text}");
    }
}

#[test]
fn a_filter_tells_what_it_must_see() {
    for (text, content, identity) in [
        ("agent:ops/* status:failure cost:>0.5 since:24h -tool:Read", false, false),
        ("status:failure command:git*", true, false),
        ("-user:alice", false, true),
        ("deploy", true, true),
        ("resource:x", true, true),
    ] {
        assert_eq!(parse(text).needs(), Classes { content, identity }, "{text}");
    }
}

#[test]
fn the_limits_hold_at_and_above_them() {
    let of_length = |n: usize| "a".repeat(n);
    assert!(Filter::parse(&of_length(limits::FILTER_BYTES_MAX), Noon.now()).is_ok());
    assert!(Filter::parse(&of_length(limits::FILTER_BYTES_MAX + 1), Noon.now()).is_err());
    let nested = |n: usize| format!("{}x{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&nested(limits::FILTER_DEPTH_MAX), Noon.now()).is_ok());
    let problems = Filter::parse(&nested(limits::FILTER_DEPTH_MAX + 1), Noon.now()).unwrap_err();
    assert!(problems.iter().any(|p| p.what.contains("deeper than 32")), "{problems:?}");
    let open = "(".repeat(limits::FILTER_BYTES_MAX);
    assert!(Filter::parse(&open, Noon.now()).is_err());
    let many = Filter::parse(&"x:y ".repeat(1000), Noon.now()).unwrap_err();
    assert_eq!(many.len(), limits::PROBLEMS_MAX);
    let dashes = format!("{}x", "NOT ".repeat(4000));
    assert_eq!(parse(&dashes), parse("x"));
}

/// Words that filters are made of, most of them meant well.
const WORDS: &[&str] = &[
    "agent:ops/*",
    "status:failure",
    "status:(failure OR denied)",
    "severity:>=warning",
    "type:m*",
    "cost:>0.5",
    "cost:0.1..1",
    "duration:<=2s",
    "sensitive:true",
    "since:24h",
    "until:2026-11-20",
    "at:2026-11",
    "user:*",
    "command:=\"a b\"",
    "labels.a.b:x",
    "metadata.x\\.y:\"1..2\"",
    "push",
    "\"git push\"",
    "git\\ *",
    "\\until:2026",
    "AND",
    "OR",
    "NOT",
    "-",
    "(",
    ")",
    "*",
    "\\",
    "\"",
    ":",
    "caf\u{e9}",
    "agnet:x",
];

fn sentence() -> impl Strategy<Value = String> {
    let part = (proptest::sample::select(WORDS), proptest::sample::select(vec!["", " ", " "]));
    proptest::collection::vec(part, 0..12)
        .prop_map(|parts| parts.into_iter().map(|(word, gap)| format!("{word}{gap}")).collect())
}

fn expression() -> impl Strategy<Value = Expr> {
    let text = "[a-z*:.()\"\\\\ =<>\u{e9}-]{1,6}";
    let field = |name: &str| Field::named(name).unwrap();
    let term = prop_oneof![
        text.prop_map(|t| Expr::term(Field::everywhere(), Test::Has(t))),
        text.prop_map(move |t| Expr::term(field("agent"), Test::Is(t))),
        text.prop_map(move |t| Expr::term(field("command"), Test::Is(t))),
        text.prop_map(move |t| Expr::term(field("command"), Test::Has(t))),
        text.prop_map(move |t| Expr::term(field("labels.a b.c"), Test::Is(t))),
        (text, text).prop_map(move |(a, b)| {
            let glob = Glob::new(vec![a, String::new(), b]).unwrap();
            Expr::term(field("model"), Test::Like(glob))
        }),
        (text, text).prop_map(|(a, b)| {
            Expr::term(Field::everywhere(), Test::Like(Glob::new(vec![a, b]).unwrap()))
        }),
        Just(Expr::term(field("user"), Test::Present)),
        Just(Expr::term(field("sensitive"), Test::Flag(true))),
        (-1e9..1e9).prop_map(move |x| Expr::term(field("cost"), Test::Number(Op::Less, x))),
        (0.0..1.0, 1.0..1e20)
            .prop_map(move |(a, b)| Expr::term(field("metadata.n"), Test::Between(a, b))),
        (0..i64::MAX).prop_map(move |t| {
            let from = Some(Timestamp::from_micros(t));
            Expr::term(field("timestamp"), Test::Time { from, until: None })
        }),
    ];
    term.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Expr::all),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Expr::any),
            inner.prop_map(Expr::not),
        ]
    })
}

/// What holds for every text: it reads or names problems within it, and what reads reads back.
fn check_text(text: &str) {
    match Filter::parse(text, Noon.now()) {
        Ok(filter) => {
            let printed = filter.to_string();
            let again = Filter::parse(&printed, Timestamp::default());
            assert_eq!(again.as_ref(), Ok(&filter), "{text:?} was printed as {printed:?}");
        }
        Err(problems) => {
            assert!(!problems.is_empty() && problems.len() <= limits::PROBLEMS_MAX);
            for problem in problems {
                assert!(text.get(problem.span.clone()).is_some(), "{text:?}: {problem:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(tacho_testkit::stories(500) as u32))]

    #[test]
    fn any_text_reads_or_names_its_problems(text in "\\PC{0,40}") {
        check_text(&text);
    }

    #[test]
    fn any_sentence_of_filter_words_reads_or_names_its_problems(text in sentence()) {
        check_text(&text);
    }

    #[test]
    fn an_expression_is_what_its_text_reads_as(expr in expression()) {
        let filter = Filter::from(expr);
        prop_assert_eq!(Filter::parse(&filter.to_string(), Noon.now()), Ok(filter));
    }
}

#[test]
fn opening_disclosures_never_turns_an_answer_around() {
    let event = push();
    let (leaf, whole) = protect(push(), &kept_whole());
    let mut runner =
        TestRunner::new(ProptestConfig::with_cases(tacho_testkit::stories(500) as u32));
    let holds = |filter: Filter| {
        let alone = filter.verdict(&leaf);
        let opened = filter.verdict(&whole);
        prop_assert!(alone == Verdict::Unknown || alone == opened, "{filter}: {alone:?}");
        prop_assert_eq!(opened, filter.verdict(event.object()), "{}", filter);
        if filter.needs().is_empty() {
            prop_assert_ne!(alone, Verdict::Unknown, "{}", filter);
        }
        Ok(())
    };
    runner.run(&expression(), |expr| holds(Filter::from(expr))).unwrap();
    let read = |text: String| Filter::parse(&text, Noon.now()).map_or(Ok(()), holds);
    runner.run(&sentence(), read).unwrap();
}

#[test]
fn a_stand_in_matches_as_what_it_is_and_hides_what_it_stands_for() {
    let doc = r#"{"action":{"type":"tool","name":"R\u00e9sum\u00e9"},
        "agent":{"id":"alice@example.com"},"outcome":{"error":{"type":"Odd One"}}}"#;
    let event = Draft::from_object(object(doc)).check(&Noon).unwrap();
    let (leaf, whole) = protect(event, &kept_whole());
    use Verdict::{No, Unknown, Yes};
    for (text, alone, opened) in [
        ("name:r\u{e9}sum\u{e9}", Unknown, Yes),
        ("-name:Bash", Unknown, Yes),
        ("name:other", Yes, No),
        ("name:*", Yes, Yes),
        ("agent:alice@example.com", Unknown, Yes),
        ("agent:hidden-*", Yes, No),
        ("agent:bob", Unknown, No),
        ("error:odd", Unknown, Yes),
        ("skill:x", No, No),
    ] {
        assert_eq!(parse(text).verdict(&leaf), alone, "{text} of {leaf:?}");
        assert_eq!(parse(text).verdict(&whole), opened, "{text}");
    }
    let (leaf, _) = protect(push(), &kept_whole().strict());
    assert_eq!(parse("agent:ops/*").verdict(&leaf), Unknown);
}
