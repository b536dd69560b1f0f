//! An emergency stop ends retries, and refuses what the layer announces.

use std::time::Duration;

use tacho_event::privacy::Policy;
use tacho_shapes::Book;
use tacho_shapes::book::all_events;
use tacho_shapes::retry::{CallError, RetryError, retry_on_transient_error};
use tacho_testkit::scratch;
use tachograph::stop::{NewStop, Scope, Stops};

#[test]
fn a_stop_ends_the_attempts_of_the_session_it_names() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let stops = Stops::new(book.store(), book.world().clone());
    let engage = || {
        let scope = Scope::Session { tenant: book.tenant().to_owned(), session: "s1".to_owned() };
        let (who, reason) = ("operator".to_owned(), "runaway".to_owned());
        stops.engage(book.recorder(), NewStop { scope, who, reason, expires: None }).unwrap();
    };
    let retry =
        |session: &str| retry_on_transient_error(3, 1.0).recorded(&book, "post").session(session);
    let mut calls = 0;
    let outcome = retry("s1").run_with(
        |_: Duration| (),
        || {
            calls += 1;
            if calls == 2 {
                engage();
            }
            Err::<(), _>(CallError::http(503))
        },
    );
    let Err(RetryError::Stopped { attempts: 2, reason }) = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("runaway"), "{reason}");
    let free = retry("s2").run_with(|_: Duration| (), || Ok::<_, CallError>("done"));
    assert_eq!(free, Ok("done"));
    book.flush();
    let events = all_events(&book.log().unwrap()).unwrap();
    let denied = events.iter().filter(|event| {
        event.at("/action/name") == Some(&"retry".into())
            && event.at("/outcome/status") == Some(&"denied".into())
    });
    assert_eq!(denied.count(), 1);
}
