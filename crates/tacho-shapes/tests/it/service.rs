//! An axum service behind the layer: what it answered is in the log, also when it is killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use axum::routing::post;
use axum::{Json, Router};
use http::{Request, StatusCode};
use serde_json::Value as Json2;
use tacho_event::json::{Object, Value};
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

/// A service in a process of its own.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(dir: &Path) -> Self {
        let mut child =
            Command::new(example("axum_service")).arg(dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo builds the examples of a package before it runs the package's tests.
fn example(name: &str) -> std::path::PathBuf {
    // Whoever runs the tests alone has not built it.
    let build = ["build", "--quiet", "--package", "tacho-shapes", "--example", name];
    assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().parent().unwrap().join("examples").join(name)
}

/// Posts contacts until the server is gone; gives the ids whose answer came whole.
fn post_until_gone(
    address: &str,
    client: usize,
    gone: &AtomicBool,
    tell: &mpsc::Sender<()>,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let Ok(mut stream) = TcpStream::connect(address) else { return acknowledged };
    for number in 0.. {
        let id = format!("c{client}-{number}");
        let body = format!("{{\"id\":\"{id}\"}}");
        let head = format!(
            "POST /api/v1/crm/contacts/{id} HTTP/1.1\r\nhost: test\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            break;
        }
        match answer(&mut stream) {
            Some(answer) if answer.contains(&id) => {
                acknowledged.push(id);
                // Nobody listens any more once enough was heard.
                let _ = tell.send(());
            }
            _ => break,
        }
        if gone.load(Ordering::Relaxed) {
            break;
        }
    }
    acknowledged
}

/// One whole answer; none if the connection ended before.
fn answer(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).ok()?.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

#[test]
fn nothing_that_was_answered_is_lost_when_the_service_is_killed() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let mut server = Server::start(&dir);
        let gone = AtomicBool::new(false);
        let (tell, heard) = mpsc::channel();
        let address = server.address.clone();
        let answers: Vec<String> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|client| {
                    let (address, gone, tell) = (&address, &gone, tell.clone());
                    scope.spawn(move || post_until_gone(address, round * 8 + client, gone, &tell))
                })
                .collect();
            // Under load: all clients are at it when it dies.
            drop(tell);
            assert_eq!(heard.iter().take(200).count(), 200);
            // SIGKILL: no destructor runs.
            server.child.kill().unwrap();
            gone.store(true, Ordering::Relaxed);
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        });
        acknowledged.extend(answers);
    }
    assert!(acknowledged.len() >= 600, "only {} answers", acknowledged.len());
    let log = tachograph::Log::open(&*dir).unwrap();
    let events = all_events(&log).unwrap();
    let id = |event: &Object| {
        event.at("/action/provider/request/id").and_then(Value::as_str).unwrap().to_owned()
    };
    let mut recorded: Vec<String> = events.iter().map(id).collect();
    let count = recorded.len();
    recorded.sort();
    recorded.dedup();
    assert_eq!(recorded.len(), count, "an action stands twice");
    let recorded: BTreeSet<String> = recorded.into_iter().collect();
    let lost: Vec<_> = acknowledged.difference(&recorded).collect();
    assert!(lost.is_empty(), "answered and gone: {lost:?}");
}
