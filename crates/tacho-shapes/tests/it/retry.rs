//! Retry in virtual time: how long it waits, what it tries again, what it leaves behind.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io::{Error as IoError, ErrorKind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use tacho_event::json::Object;
use tacho_event::privacy::Policy;
use tacho_shapes::Book;
use tacho_shapes::book::all_events;
use tacho_shapes::retry::{
    CallError, GaveUp, Retry, RetryError, TRANSIENT_STATUSES, Transient, retry_on_transient_error,
};
use tacho_testkit::scratch;

use crate::clock::Clock;

/// Delays slept in virtual time.
fn slept(
    retry: &Retry,
    clock: &Clock,
    mut answer: impl FnMut(u32) -> Result<(), CallError>,
) -> (Vec<Duration>, Result<(), RetryError<CallError>>) {
    let delays = Rc::new(RefCell::new(Vec::new()));
    let (noted, clock) = (delays.clone(), clock.clone());
    let sleep = move |delay: Duration| {
        clock.pass(delay);
        noted.borrow_mut().push(delay);
    };
    let mut calls = 0;
    let outcome = retry.run_with(sleep, || {
        calls += 1;
        answer(calls)
    });
    (delays.take(), outcome)
}

fn policy(retries: u32, base_ms: u64, clock: &Clock) -> Retry {
    retry_on_transient_error(retries, base_ms as f64 / 1000.0).world(Arc::new(clock.clone()))
}

proptest! {
    #[test]
    fn every_delay_doubles_and_its_jitter_is_less_than_itself(
        retries in 0u32..8, base_ms in 1u64..5_000, seed: u64
    ) {
        let clock = Clock::default();
        let retry = policy(retries, base_ms, &clock).seed(seed).total_max(Duration::from_secs(86_400));
        let (delays, outcome) = slept(&retry, &clock, |_| Err(CallError::http(503)));
        prop_assert_eq!(delays.len(), retries as usize);
        let (error, attempts, why) = (CallError::http(503), retries + 1, GaveUp::Retries);
        prop_assert_eq!(outcome, Err(RetryError::Failed { error, attempts, why }));
        for (attempt, delay) in delays.iter().enumerate() {
            let least = Duration::from_millis(base_ms << attempt);
            prop_assert!(*delay >= least, "{delay:?} after attempt {attempt}");
            prop_assert!(*delay < least * 2, "{delay:?} after attempt {attempt}");
        }
        let again: Vec<_> = retry.delays().collect();
        prop_assert_eq!(delays, again, "the same seed gives the same delays");
    }

    #[test]
    fn the_total_is_never_exceeded(base_ms in 1u64..5_000, total_ms in 1u64..20_000, took_ms in 0u64..500) {
        let clock = Clock::default();
        let total = Duration::from_millis(total_ms);
        let retry = policy(20, base_ms, &clock).total_max(total);
        let watch = clock.clone();
        let (delays, outcome) = slept(&retry, &clock, |_| {
            watch.pass(Duration::from_millis(took_ms));
            Err(CallError::http(500))
        });
        let slept: Duration = delays.iter().sum();
        let worked = Duration::from_millis(took_ms) * delays.len() as u32;
        prop_assert!(slept + worked <= total, "{slept:?} + {worked:?}");
        let timed_out = matches!(outcome, Err(RetryError::Failed { why: GaveUp::Time, .. }));
        let used_up = matches!(outcome, Err(RetryError::Failed { why: GaveUp::Retries, .. }));
        prop_assert!(timed_out || used_up);
    }

    #[test]
    fn only_what_is_transient_is_tried_again(status in 100u16..600) {
        let clock = Clock::default();
        let (delays, outcome) =
            slept(&policy(3, 1, &clock), &clock, |_| Err(CallError::http(status)));
        let is_transient = TRANSIENT_STATUSES.contains(&status);
        prop_assert_eq!(delays.len(), if is_transient { 3 } else { 0 });
        let permanent = matches!(outcome, Err(RetryError::Failed { why: GaveUp::Permanent, attempts: 1, .. }));
        prop_assert_eq!(permanent, !is_transient);
    }
}

#[test]
fn jitter_differs_from_run_to_run() {
    let delays = |seed| Retry::default().seed(seed).delays().collect::<Vec<_>>();
    let all: std::collections::BTreeSet<_> = (0..100).map(delays).collect();
    assert!(all.len() > 90);
    let defaults: Vec<_> = Retry::default().delays().collect();
    assert_eq!(defaults.len(), 3);
    assert!(defaults[0] >= Duration::from_secs(1) && defaults[2] >= Duration::from_secs(4));
}

#[test]
fn the_other_side_says_when() {
    let clock = Clock::at("2026-11-21T10:00:00Z");
    let now = tacho_event::World::now(&clock);
    for (header, wait) in [("30", 30), ("Sat, 21 Nov 2026 10:00:45 GMT", 45), ("0", 0)] {
        let retry = policy(1, 1000, &clock);
        let (delays, _) =
            slept(&retry, &clock, |_| Err(CallError::http(429).with_retry_after(header, now)));
        assert_eq!(delays.len(), 1, "{header}");
        assert!(delays[0] >= Duration::from_secs(wait) && delays[0] >= Duration::from_secs(1));
        assert!(delays[0] < Duration::from_secs(wait.max(2)) + Duration::from_nanos(1));
        clock.set("2026-11-21T10:00:00Z");
    }
    let retry = policy(3, 1, &clock);
    let (delays, outcome) =
        slept(&retry, &clock, |_| Err(CallError::http(429).with_retry_after("3600", now)));
    assert!(delays.is_empty(), "an hour is beyond the total");
    assert!(matches!(outcome, Err(RetryError::Failed { why: GaveUp::Time, .. })));
}

#[test]
fn networks_and_providers_have_transient_errors_too() {
    for kind in [ErrorKind::TimedOut, ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused] {
        assert!(IoError::from(kind).is_transient(), "{kind:?}");
    }
    for kind in [ErrorKind::NotFound, ErrorKind::PermissionDenied, ErrorKind::InvalidData] {
        assert!(!IoError::from(kind).is_transient(), "{kind:?}");
    }
    for kind in ["rate_limit_error", "overloaded_error", "quota_exceeded", "insufficient_quota"] {
        assert!(CallError::provider(kind, "").is_transient(), "{kind}");
    }
    for kind in ["invalid_request_error", "authentication_error", "not_found_error"] {
        assert!(!CallError::provider(kind, "").is_transient(), "{kind}");
    }
}

#[test]
fn every_attempt_is_an_event() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let clock = Clock::at("2026-11-21T10:00:00Z");
    let retry = policy(3, 1000, &clock).recorded(&book, "post").session("s1").agent("a1");
    let retry = retry.world(Arc::new(clock.clone()));
    let (_, outcome) = slept(&retry, &clock, |n| match n {
        1 => Err(CallError::http(503)),
        2 => Err(CallError::provider("rate_limit_error", "slow down")),
        _ => Ok(()),
    });
    outcome.unwrap();
    slept(&retry, &clock, |_| Err(CallError::http(404))).1.unwrap_err();
    book.flush();
    let told: Vec<(i64, String, String)> = attempts(&book)
        .iter()
        .map(|event| {
            let text = |at: &str| event.at(at).and_then(|v| v.as_str()).unwrap_or("").to_owned();
            let number = event.at("/action/attempt").and_then(|n| n.as_i64()).unwrap();
            assert_eq!(text("/agent/session_id"), "s1");
            (number, text("/outcome/status"), text("/outcome/error/type"))
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(n, s, t)| (*n, s.as_str(), t.as_str())).collect();
    assert_eq!(
        told,
        [
            (1, "retry", "http_503"),
            (2, "retry", "rate_limit_error"),
            (3, "success", ""),
            (1, "failure", "http_404"),
        ]
    );
}

fn attempts(book: &Book) -> Vec<Object> {
    let mut events = all_events(&book.log().unwrap()).unwrap();
    events.retain(|event| event.at("/action/name") == Some(&"retry".into()));
    events
}

#[test]
fn a_dropped_future_stops_at_once_and_says_so() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let calls = Cell::new(0);
    let retry = retry_on_transient_error(3, 1.0).recorded(&book, "post");
    let mut context = Context::from_waker(Waker::noop());
    for dropped_in_sleep in [true, false] {
        calls.set(0);
        let sleep = move |_: Duration| async move {
            if dropped_in_sleep {
                std::future::pending::<()>().await;
            }
        };
        let mut future = pin!(retry.run_async(sleep, || {
            calls.set(calls.get() + 1);
            let is_first = calls.get() == 1;
            async move {
                if is_first {
                    return Err::<(), _>(CallError::http(503));
                }
                std::future::pending().await
            }
        }));
        assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
    }
    // Each future was dropped at the end of its turn.
    assert_eq!(calls.get(), 2);
    book.flush();
    let status = |event: &Object| {
        event.at("/outcome/status").and_then(|status| status.as_str()).unwrap().to_owned()
    };
    let told: Vec<String> = attempts(&book).iter().map(status).collect();
    assert_eq!(told, ["retry", "cancelled", "retry", "cancelled"]);
}
