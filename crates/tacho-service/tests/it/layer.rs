//! A service behind the layer: what it answered is in the log.

use axum::routing::post;
use axum::{Json, Router};
use http::{Request, StatusCode};
use serde_json::Value as Json2;
use tacho_event::json::Value;
use tacho_event::privacy::Policy;
use tacho_shapes::Book;
use tacho_shapes::book::all_events;
use tacho_shapes::middleware::{ActionLogLayer, BODY_BYTES_MAX, Unrecorded};
use tacho_shapes::provider::{ActionLogRepository, Page};
use tacho_testkit::scratch;
use tachograph::stop::{NewStop, Scope, Stops};
use tower::ServiceExt;

fn service(layer: ActionLogLayer) -> Router {
    let route = "/api/v1/crm/contacts";
    let answer = post(|Json(body): Json<Json2>| async move { Json(body) });
    let slow = post(|| async { std::future::pending::<()>().await });
    Router::new().route(route, answer).route("/api/v1/email/messages", slow).layer(layer)
}

fn request(body: &str) -> Request<axum::body::Body> {
    Request::post("/api/v1/crm/contacts")
        .header("content-type", "application/json")
        .header("user-agent", "test")
        .header("x-forwarded-for", "192.0.2.7, 10.0.0.1")
        .body(axum::body::Body::from(body.to_owned()))
        .unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn a_request_yields_one_action_log_with_its_payloads() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let body = r#"{"email":"test@example.com","first_name":"Test"}"#;
    let (response, bytes) = block_on(async {
        let response = service(ActionLogLayer::new(&book)).oneshot(request(body)).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts, axum::body::to_bytes(body, usize::MAX).await.unwrap())
    });
    assert_eq!((response.status, &*bytes), (StatusCode::OK, body.as_bytes()));
    let actions = ActionLogRepository::of(book.clone());
    let rows = actions.list(&Default::default(), Page::default()).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].str("action_type"), Some("crm_create"));
    assert_eq!(rows[0].str("status"), Some("success"));
    let row = actions.get(rows[0].str("id").unwrap()).unwrap().unwrap();
    for name in ["request_payload", "response_data"] {
        assert_eq!(row.get(name).unwrap().to_json(), body, "{name}");
    }
    let event = &all_events(&book.log().unwrap()).unwrap()[0];
    assert_eq!(event.at("/origin/ip"), Some(&"192.0.2.7".into()));
    assert_eq!(event.at("/origin/user_agent"), Some(&"test".into()));
}

#[test]
fn long_and_broken_bodies_pass_and_leave_their_length() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let long = format!("\"{}\"", "x".repeat(usize::try_from(BODY_BYTES_MAX).unwrap()));
    for (body, status) in [(long.as_str(), StatusCode::OK), ("{not json", StatusCode::BAD_REQUEST)]
    {
        let response = block_on(service(ActionLogLayer::new(&book)).oneshot(request(body)));
        let response = response.unwrap();
        assert_eq!(response.status(), status);
        let event = all_events(&book.log().unwrap()).unwrap().pop().unwrap();
        let bytes = event.at("/action/provider/request/body_bytes");
        assert_eq!(bytes, Some(&Value::from(body.len())));
        let failed = event.at("/outcome/status") == Some(&"failure".into());
        assert_eq!(failed, status != StatusCode::OK);
    }
}

#[test]
fn a_client_that_goes_away_leaves_a_cancelled_action() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let request = Request::post("/api/v1/email/messages").body(axum::body::Body::empty()).unwrap();
    block_on(async {
        let call = service(ActionLogLayer::new(&book)).oneshot(request);
        let waited = tokio::time::timeout(std::time::Duration::from_millis(20), call).await;
        assert!(waited.is_err());
    });
    book.flush();
    let events = all_events(&book.log().unwrap()).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].at("/outcome/status"), Some(&"cancelled".into()));
}

#[test]
fn a_stop_refuses_a_request_before_the_service_runs() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let stops = Stops::new(book.store(), book.world().clone());
    let layer = || ActionLogLayer::new(&book).intents(true).unrecorded(Unrecorded::Refuse);
    let status = || block_on(service(layer()).oneshot(request("{}"))).unwrap().status();
    assert_eq!(status(), StatusCode::OK);
    let (who, reason) = ("operator".to_owned(), "runaway".to_owned());
    stops
        .engage(book.recorder(), NewStop { scope: Scope::All, who, reason, expires: None })
        .unwrap();
    assert_eq!(status(), StatusCode::SERVICE_UNAVAILABLE);
    let mut events = all_events(&book.log().unwrap()).unwrap();
    events.retain(|event| event.at("/action/type") == Some(&"provider".into()));
    let words: Vec<_> = events
        .iter()
        .map(|event| {
            let text = |at: &str| event.at(at).and_then(Value::as_str).unwrap_or_default();
            (text("/action/phase"), text("/outcome/status"))
        })
        .collect();
    assert_eq!(words, [("intent", "pending"), ("result", "success"), ("whole", "denied")]);
}
