//! Given a number, gives that many realistic events of agents as JSON lines, the same each time.
//!
//! 200 agents of ten teams in 64 interleaved sessions call tools, skills and outside services and
//! decide; 3 % fail, 2 % hold something that the default redaction patterns match, and evenly
//! spread events hold the text `needle-7f3a9c`. A line has 855 bytes on average.
//!
//! The lines are those of the standalone generator with which the design was measured, byte for
//! byte: figures can be compared. Odd spellings in the code keep its order of random draws.
#![expect(
    clippy::indexing_slicing,
    reason = "test equipment: all indexes are drawn below the length of a fixed list"
)]

mod vocabulary;

use std::fmt::Write as _;

use vocabulary::*;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Other seeds give other events.
    pub seed: u64,
    /// The events are spread over so many days before `end_ms`.
    pub days: f64,
    /// Milliseconds since 1970.
    pub end_ms: i64,
    /// So many events hold [`NEEDLE`].
    pub needles: usize,
    /// The share of events that hold a secret.
    pub secrets: f64,
}

impl Default for Options {
    /// Until 2026-11-20T12:00:00Z.
    fn default() -> Options {
        Options { seed: 42, days: 30.0, end_ms: 1_795_176_000_000, needles: 10, secrets: 0.02 }
    }
}

/// What to look for in a haystack.
pub const NEEDLE: &str = "needle-7f3a9c";

/// `count` lines of JSON, without line ends.
pub fn generate(count: usize, options: Options) -> impl Iterator<Item = String> {
    let mut world = World::new(options);
    (0..count).map(move |index| world.line(index, count))
}

struct World {
    rng: Rng,
    options: Options,
    agents: Vec<String>,
    by_agent: Zipf,
    by_tool: Zipf,
    by_skill: Zipf,
    sessions: Vec<Session>,
}

struct Session {
    id: String,
    conversation: String,
    agent: usize,
    left: usize,
}

/// What the text of one event must hold.
#[derive(Clone, Copy)]
struct Wanted {
    secret: bool,
    needle: bool,
}

/// The action of an event, the member of its kind written already.
struct Action {
    name: &'static str,
    json: String,
    resource_type: &'static str,
    resource: String,
}

impl World {
    fn new(options: Options) -> World {
        let agent = |i: usize| match i {
            0..20 => format!("{}/{}", TEAMS[(i * 7) % 10], ROLES[i]),
            _ => format!("{}/{}-{}", TEAMS[i % 10], ROLES[(i * 13) % 20], i),
        };
        let mut world = World {
            rng: Rng(options.seed),
            options,
            agents: (0..200).map(agent).collect(),
            by_agent: Zipf::new(200, 1.1),
            by_tool: Zipf::new(TOOLS.len(), 1.2),
            by_skill: Zipf::new(SKILLS.len(), 1.0),
            sessions: Vec::new(),
        };
        for _ in 0..64 {
            let session = world.session();
            world.sessions.push(session);
        }
        world
    }

    fn session(&mut self) -> Session {
        let (mut id, mut conversation) = (String::new(), String::new());
        self.rng.uuid(&mut id);
        self.rng.uuid(&mut conversation);
        let agent = self.by_agent.draw(&mut self.rng);
        let left = (5.0 * 40f64.powf(self.rng.unit())) as usize;
        Session { id, conversation, agent, left }
    }

    fn line(&mut self, index: usize, count: usize) -> String {
        let Options { days, end_ms, needles, secrets, .. } = self.options;
        let span = days * 86_400_000.0;
        let part = (index as f64 + self.rng.unit()) / count as f64;
        let now_ms = (end_ms as f64 - span + span * part) as i64;
        let session = self.rng.below(self.sessions.len());
        let step = count.checked_div(needles).map_or(usize::MAX, |step| step.max(1));
        let needle = needles > 0 && index % step == step / 2 && index / step < needles;
        let wanted = Wanted { secret: self.rng.chance(secrets), needle };
        let kind = match self.rng.unit() {
            u if u < 0.64 => "tool",
            u if u < 0.80 => "skill",
            u if u < 0.91 => "external",
            u if u < 0.99 => "decision",
            _ => "error",
        };
        let failed = kind == "error" || (kind != "decision" && self.rng.chance(0.0225));
        let status = match failed {
            true => "failure",
            false if self.rng.chance(0.015) => "partial",
            false => "success",
        };
        let action = match kind {
            "tool" | "error" => self.tool(wanted),
            "skill" => self.skill(wanted),
            "external" => self.external(wanted),
            _ => self.decision(wanted),
        };
        let mut line = String::from("{\"id\":\"");
        self.rng.uuid(&mut line);
        line.push_str("\",\"timestamp\":\"");
        timestamp(now_ms, &mut line);
        let Session { id, conversation, agent, .. } = &self.sessions[session];
        let agent = &self.agents[*agent];
        let Action { name, json, .. } = &action;
        let _ = write!(
            line,
            "\",\"agent\":{{\"id\":\"{agent}\",\"session_id\":\"{id}\",\
             \"conversation_id\":\"{conversation}\"}},\"action\":{{\"type\":\"{kind}\",\
             \"name\":\"{name}\",{json}}},\"outcome\":{{\"status\":\"{status}\""
        );
        self.outcome(kind, failed, &mut line);
        self.resources(&action, &mut line);
        self.sessions[session].left -= 1;
        if self.sessions[session].left == 0 {
            self.sessions[session] = self.session();
        }
        line
    }

    fn tool(&mut self, wanted: Wanted) -> Action {
        let name = TOOLS[self.by_tool.draw(&mut self.rng)];
        let mut json = format!("\"tool\":{{\"name\":\"{name}\",\"parameters\":{{");
        let (resource_type, resource) = match name {
            "Bash" => self.shell(wanted, &mut json),
            "Read" | "Write" | "Edit" | "NotebookEdit" | "Glob" | "Grep" => {
                self.file(name, wanted, &mut json)
            }
            _ => self.other_tool(name, wanted, &mut json),
        };
        json.push_str("}}");
        Action { name, json, resource_type, resource }
    }

    fn shell(&mut self, wanted: Wanted, json: &mut String) -> (&'static str, String) {
        let rng = &mut self.rng;
        json.push_str("\"command\":\"");
        json.push_str(rng.pick(COMMANDS));
        if rng.chance(0.5) {
            json.push_str(" && cd ");
            rng.path(json);
        }
        rng.wanted(wanted, json);
        json.push_str("\",\"description\":\"");
        let count = 3 + rng.below(8);
        rng.words(json, count);
        let _ = write!(json, "\",\"timeout\":{}", 1000 * (1 + rng.below(600)));
        let mut resource = String::new();
        rng.path(&mut resource);
        ("git_repository", resource)
    }

    fn file(&mut self, name: &str, wanted: Wanted, json: &mut String) -> (&'static str, String) {
        let rng = &mut self.rng;
        let mut resource = String::new();
        rng.path(&mut resource);
        let _ = write!(json, "\"file_path\":\"{resource}\"");
        if name == "Read" {
            let (offset, limit) = (rng.below(2000), 100 * (1 + rng.below(20)));
            let _ = write!(json, ",\"offset\":{offset},\"limit\":{limit}");
        } else {
            json.push_str(",\"pattern\":\"");
            let count = 4 + rng.below(30);
            rng.words(json, count);
            json.push('"');
        }
        if wanted.secret || wanted.needle {
            json.push_str(",\"note\":\"x");
            rng.wanted(wanted, json);
            json.push('"');
        }
        ("file", resource)
    }

    fn other_tool(
        &mut self,
        name: &str,
        wanted: Wanted,
        json: &mut String,
    ) -> (&'static str, String) {
        let rng = &mut self.rng;
        json.push_str("\"input\":{\"query\":\"");
        let count = 4 + rng.below(20);
        rng.words(json, count);
        rng.wanted(wanted, json);
        let limit = rng.below(100);
        let labels = [rng.pick(WORDS), rng.pick(WORDS)];
        let dry_run = rng.chance(0.3);
        let _ = write!(
            json,
            "\",\"options\":{{\"limit\":{limit},\"labels\":[\"{}\",\"{}\"],\
             \"dry_run\":{dry_run}}}}}",
            labels[0], labels[1]
        );
        ("mcp_resource", format!("{name}:{}", rng.below(5000)))
    }

    fn skill(&mut self, wanted: Wanted) -> Action {
        let name = SKILLS[self.by_skill.draw(&mut self.rng)];
        let rng = &mut self.rng;
        let mut json = format!(
            "\"skill\":{{\"name\":\"{name}\",\"operation\":\"{}\",\
             \"parameters\":{{\"query_hash\":\"sha256:",
            rng.pick(OPERATIONS)
        );
        rng.hex(&mut json, 64);
        json.push_str("\",\"query_preview\":\"SELECT ");
        let count = 4 + rng.below(16);
        rng.words(&mut json, count);
        rng.wanted(wanted, &mut json);
        let table = rng.pick(WORDS);
        let _ = write!(json, "\",\"tables_accessed\":[\"{table}\"]}}}}");
        Action { name, json, resource_type: "database_table", resource: format!("public.{table}") }
    }

    fn external(&mut self, wanted: Wanted) -> Action {
        let rng = &mut self.rng;
        let name = rng.pick(&["web_search", "web_fetch", "api_call"]);
        let mut json = format!("\"external\":{{\"type\":\"{name}\",\"target\":\"");
        if name == "web_search" {
            let count = 3 + rng.below(7);
            rng.words(&mut json, count);
        } else {
            let (host, one) = (rng.pick(DOMAINS), rng.pick(WORDS));
            let (two, id) = (rng.pick(WORDS), rng.below(1_000_000));
            let _ = write!(json, "https://{host}/{one}/{two}?id={id}");
        }
        rng.wanted(wanted, &mut json);
        let (count, minor) = (1 + rng.below(20), rng.below(9));
        let _ = write!(
            json,
            "\",\"parameters\":{{\"result_count\":{count},\"headers\":\
             {{\"accept\":\"application/json\",\"user-agent\":\"agent/1.{minor}\"}}}}}}"
        );
        Action { name, json, resource_type: "", resource: String::new() }
    }

    fn decision(&mut self, wanted: Wanted) -> Action {
        let rng = &mut self.rng;
        let name = rng.pick(DECISIONS);
        let mut json = String::from("\"decision\":{\"question\":\"Should we ");
        let count = 4 + rng.below(8);
        rng.words(&mut json, count);
        rng.wanted(wanted, &mut json);
        json.push_str("?\",\"options_considered\":[");
        for place in 0..2 + rng.below(3) {
            let comma = if place > 0 { "," } else { "" };
            let option = ["proceed", "rollback", "monitor", "ask_human"][place];
            let _ = write!(json, "{comma}{{\"option\":\"{option}\",\"reasoning\":\"");
            let count = 5 + rng.below(10);
            rng.words(&mut json, count);
            let _ = write!(json, "\",\"score\":{:.2}}}", rng.unit());
        }
        let chosen = rng.pick(&["proceed", "rollback"]);
        let _ = write!(json, "],\"chosen\":\"{chosen}\",\"confidence\":{:.2}}}", rng.unit());
        Action { name, json, resource_type: "", resource: String::new() }
    }

    fn outcome(&mut self, kind: &str, failed: bool, line: &mut String) {
        let rng = &mut self.rng;
        if failed {
            let (name, message) = ERRORS[rng.below(ERRORS.len())];
            let _ = write!(line, ",\"error\":{{\"type\":\"{name}\",\"message\":\"{message}: ");
            let count = 2 + rng.below(12);
            rng.words(line, count);
            line.push_str("\"}");
            return;
        }
        line.push_str(",\"result\":{");
        match kind {
            "tool" => {
                let _ = write!(line, "\"exit_code\":0,\"output_lines\":{}", rng.below(500));
                if rng.chance(0.7) {
                    line.push_str(",\"output_preview\":\"");
                    let count = rng.log_normal(2.3, 0.9) as usize;
                    rng.words(line, count.min(90));
                    line.push('"');
                }
            }
            "skill" => {
                let (rows, ms) = (rng.below(1000), rng.below(900));
                let _ = write!(line, "\"rows_returned\":{rows},\"execution_time_ms\":{ms}");
            }
            "external" => {
                let (count, one) = (rng.below(20), rng.pick(DOMAINS));
                let two = rng.pick(DOMAINS);
                let _ =
                    write!(line, "\"results_returned\":{count},\"domains\":[\"{one}\",\"{two}\"]");
            }
            _ => {
                let (advice, wait) = (rng.pick(&["proceed", "rollback"]), rng.chance(0.5));
                let _ =
                    write!(line, "\"recommendation\":\"{advice}\",\"awaiting_approval\":{wait}");
            }
        }
        line.push('}');
    }

    fn resources(&mut self, action: &Action, line: &mut String) {
        let rng = &mut self.rng;
        line.push_str("},\"resources\":{");
        if rng.chance(0.7) {
            let input = rng.log_normal(7.5, 1.2).min(190_000.0) as u64;
            let output = rng.log_normal(5.3, 1.0).min(16_000.0) as u64;
            let cost = input as f64 * 3e-6 + output as f64 * 15e-6;
            let _ = write!(
                line,
                "\"tokens_input\":{input},\"tokens_output\":{output},\"cost_usd\":{cost:.6},"
            );
        }
        let duration_ms = rng.log_normal(5.0, 1.4) as u64;
        let permission = rng.pick(PERMISSIONS);
        let _ = write!(
            line,
            "\"duration_ms\":{duration_ms}}},\"security\":{{\"permission_level\":\"{permission}\""
        );
        let Action { resource_type, resource, .. } = action;
        if !resource_type.is_empty() && rng.chance(0.6) {
            let _ = write!(
                line,
                ",\"resources_accessed\":[{{\"type\":\"{resource_type}\",\
                 \"identifier\":\"{resource}\"}}]"
            );
        }
        let _ = write!(line, ",\"sensitive_data_accessed\":{}}}}}", rng.chance(0.02));
    }
}

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (((self.next() >> 32) * limit as u64) >> 32) as usize
    }

    fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }

    fn log_normal(&mut self, mu: f64, sigma: f64) -> f64 {
        let (a, b) = (self.unit().max(1e-12), self.unit());
        // Two pi as the standalone generator writes it: another last digit would move the lines.
        #[expect(clippy::approx_constant, reason = "the same digits, the same lines")]
        let angle = 6.283185307 * b;
        (mu + sigma * (-2.0 * a.ln()).sqrt() * angle.cos()).exp()
    }

    fn uuid(&mut self, out: &mut String) {
        let (a, b) = (self.next(), self.next());
        let _ = write!(
            out,
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | ((b >> 48) & 0x3fff),
            b & 0xffff_ffff_ffff
        );
    }

    fn hex(&mut self, out: &mut String, count: usize) {
        for _ in 0..count {
            out.push(char::from(b"0123456789abcdef"[self.below(16)]));
        }
    }

    fn words(&mut self, out: &mut String, count: usize) {
        for place in 0..count {
            if place > 0 {
                out.push(' ');
            }
            out.push_str(self.pick(WORDS));
            if self.chance(0.04) {
                out.push_str(self.pick(NOISE));
            }
            if self.chance(0.06) {
                out.push(' ');
                self.hex(out, 7);
            }
            if self.chance(0.05) {
                let _ = write!(out, " {}", self.below(100_000));
            }
        }
    }

    fn path(&mut self, out: &mut String) {
        let (folder, word) = (self.pick(FOLDERS), self.pick(WORDS));
        let (number, extension) = (self.below(400), self.pick(EXTENSIONS));
        let _ = write!(out, "/workspace/{folder}/{word}_{number}.{extension}");
    }

    fn wanted(&mut self, wanted: Wanted, out: &mut String) {
        if wanted.secret {
            out.push(' ');
            out.push_str(self.pick(SECRETS));
            out.push_str("sk");
            self.hex(out, 20);
        }
        if wanted.needle {
            out.push(' ');
            out.push_str(NEEDLE);
        }
    }
}

/// Draws the first of many often, the last hardly ever.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(count: usize, exponent: f64) -> Zipf {
        let mut sum = 0.0;
        let weight = |i: usize| {
            sum += 1.0 / (i as f64).powf(exponent);
            sum
        };
        let mut sums: Vec<f64> = (1..=count).map(weight).collect();
        sums.iter_mut().for_each(|part| *part /= sum);
        Zipf(sums)
    }

    fn draw(&self, rng: &mut Rng) -> usize {
        let unit = rng.unit();
        self.0.partition_point(|sum| *sum < unit).min(self.0.len() - 1)
    }
}

/// `2026-11-20T12:00:00.000Z`
fn timestamp(ms: i64, out: &mut String) {
    let (days, ms) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Days since 1970 to a date, after Howard Hinnant.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let _ = write!(
        out,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        ms % 1000
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn digest(count: usize, options: Options) -> String {
        let mut sha = Sha256::new();
        for line in generate(count, options) {
            sha.update(line.as_bytes());
            sha.update(b"\n");
        }
        sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// `gen_events 2000 | sha256sum` of the standalone generator.
    #[test]
    fn lines_are_those_of_the_standalone_generator() {
        assert_eq!(
            digest(2000, Options::default()),
            "c3d7a24ec7ebc7ac037297c312dce737890c32eac8929109c84a83a43cbaa011"
        );
    }

    /// `gen_events 2000 --secrets 0 --seed 7 --needles 3 | sha256sum`
    #[test]
    fn lines_are_the_same_with_other_options() {
        let options = Options { seed: 7, needles: 3, secrets: 0.0, ..Options::default() };
        assert_eq!(
            digest(2000, options),
            "472f882e9aa1256e94dcec48ca77a22f2b445331db321c0e3f4994357a180c93"
        );
    }
}
