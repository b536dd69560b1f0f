//! A service under load is killed: what it answered before is in the log, as it answered.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use tacho_event::json::{Value, read};
use tacho_shapes::book::all_events;
use tacho_testkit::scratch;

/// Clients that post at once.
const CLIENTS: usize = 24;
/// Answers after which the service is killed.
const ANSWERS: usize = 480;
/// How often it is started and killed.
const ROUNDS: usize = 3;

/// A service in a process of its own.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(dir: &Path) -> Self {
        let mut service = Command::new(env!("CARGO_BIN_EXE_axum-service"));
        let mut child = service.arg(dir).stdout(Stdio::piped()).spawn().unwrap();
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

/// Posts contacts until the server is gone; gives the answers that came whole, by contact.
fn post_until_gone(
    address: &str,
    client: usize,
    gone: &AtomicBool,
    tell: &mpsc::Sender<usize>,
) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    let Ok(mut stream) = TcpStream::connect(address) else { return answers };
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
        let Some(answer) = answer(&mut stream) else { break };
        let answer = read(answer.as_bytes()).unwrap();
        assert_eq!(answer.at("/id"), Some(&id.as_str().into()));
        answers.insert(id, answer);
        // Nobody listens any more once enough was heard.
        let _ = tell.send(client);
        if gone.load(Ordering::Relaxed) {
            break;
        }
    }
    answers
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

/// Starts the service in `dir`, loads it, kills it in the middle; gives what it answered.
fn loaded_and_killed(dir: &Path, round: usize) -> BTreeMap<String, Value> {
    let mut server = Server::start(dir);
    let gone = AtomicBool::new(false);
    let (tell, heard) = mpsc::channel();
    let address = server.address.clone();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (address, gone, tell) = (&address, &gone, tell.clone());
                let number = round * CLIENTS + client;
                scope.spawn(move || post_until_gone(address, number, gone, &tell))
            })
            .collect();
        drop(tell);
        let mut busy: Vec<usize> = heard.iter().take(ANSWERS).collect();
        assert_eq!(busy.len(), ANSWERS);
        // SIGKILL: no destructor runs, and the clients are still at it.
        server.child.kill().unwrap();
        gone.store(true, Ordering::Relaxed);
        busy.sort_unstable();
        busy.dedup();
        assert!(busy.len() > CLIENTS / 2, "{} clients at once are no load", busy.len());
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn nothing_that_was_answered_is_lost_when_the_service_is_killed() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let mut answered = BTreeMap::new();
    for round in 0..ROUNDS {
        answered.extend(loaded_and_killed(&dir, round));
    }
    assert!(answered.len() >= ROUNDS * ANSWERS, "only {} answers", answered.len());
    let log = tachograph::Log::open(&*dir).unwrap();
    let events = all_events(&log).unwrap();
    let mut recorded = BTreeMap::new();
    for event in &events {
        let member = |name: &str| event.at(&format!("/action/provider/{name}")).cloned();
        let id = member("request").unwrap().at("/id").unwrap().as_str().unwrap().to_owned();
        let stood = recorded.insert(id, member("response").unwrap());
        assert!(stood.is_none(), "an action stands twice: {event:?}");
    }
    for (id, answer) in &answered {
        assert_eq!(recorded.get(id), Some(answer), "{id} was answered");
    }
    // What was recorded and not answered was on its way when the service died, one by each client.
    let unanswered = recorded.len() - answered.len();
    assert!(unanswered <= ROUNDS * CLIENTS, "{unanswered} more than were answered");
}
