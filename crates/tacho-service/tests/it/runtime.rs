//! Retries in the virtual time of a runtime.

use std::cell::Cell;
use std::time::Duration;

use tacho_shapes::retry::{CallError, retry_on_transient_error};

#[test]
fn an_async_operation_is_tried_again_in_the_callers_time() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let began = tokio::time::Instant::now();
        let calls = Cell::new(0);
        let outcome = retry_on_transient_error(3, 1.0)
            .run_async(tokio::time::sleep, || {
                calls.set(calls.get() + 1);
                let answer = if calls.get() < 4 { Err(CallError::http(529)) } else { Ok("done") };
                async move { answer }
            })
            .await;
        assert_eq!(outcome, Ok("done"));
        let passed = began.elapsed();
        assert!(passed >= Duration::from_secs(7) && passed < Duration::from_secs(15));
    });
}
