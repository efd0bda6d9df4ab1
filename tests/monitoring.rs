//! What docs/monitoring.md has an administrator set up: each way to be told is set up as the page says,
//! a night goes wrong, and the alarm is there.

#![cfg(target_os = "linux")]

#[path = "support/service_manager.rs"]
mod service_manager;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use service_manager::{AS_NOBODY, BEGIN, VARIABLES};

const PASSWORD: &str = "correct horse battery staple";

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The block of the page that holds this text.
fn block(text: &str) -> String {
    let page = include_str!("../docs/monitoring.md");
    let blocks = page.split("\n```").skip(1).step_by(2);
    let mut found = blocks.filter(|block| block.contains(text));
    let block = found
        .next()
        .unwrap_or_else(|| panic!("no block with {text}"));
    assert!(found.next().is_none(), "two blocks with {text}");
    let (_, block) = block.split_once('\n').expect("a first line");
    format!("{block}\n")
}

/// A machine with keys, where a backup was made last night.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder"));
        for folder in ["bin", "keys", "later"] {
            fs::create_dir(machine.path(folder)).expect("a folder");
        }
        symlink(env!("CARGO_BIN_EXE_certstow"), machine.path("bin/certstow")).expect("a link");
        fs::write(machine.path("password"), PASSWORD).expect("the password");
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(machine.path("password"), mode).expect("the mode");
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal");
        for (file, folder) in [
            ("ada-example.pem", "keys"),
            ("ada-example.key.pem", "keys"),
            ("grace-example.pem", "later"),
        ] {
            fs::copy(samples.join(file), machine.path(folder).join(file)).expect("a copy");
        }
        machine.night("", 0);
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A program in this folder, which finds certstow.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        let path = std::env::var("PATH").expect("a search path");
        command
            .current_dir(self.0.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("XDG_DATA_HOME", self.path("data"))
            .env_remove("JOURNAL_STREAM")
            .stdin(Stdio::null());
        command
    }

    /// The task of a night, which ends so.
    fn night(&self, words: &str, code: i32) -> Output {
        self.night_with(&words.split_whitespace().collect::<Vec<_>>(), code)
    }

    fn night_with(&self, words: &[&str], code: i32) -> Output {
        let mut task = self.program("certstow");
        task.args([
            "backup",
            "--non-interactive",
            "--iterations",
            "1",
            "--to",
            "saved",
        ])
        .args(["--store", "keys", "--password-file", "password"]);
        let output = task.args(words).output().expect("certstow starts");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        output
    }

    /// A script of the page, with its paths as they are here.
    fn script(&self, name: &str, text: &str) {
        let here = |part: &str| self.path(part).display().to_string();
        let text = text
            .replace("file:/srv/keys", &format!("file:{}", here("keys")))
            .replace("/srv/backup", &here("saved"));
        fs::write(self.path(name), text).expect("the script");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(name), mode).expect("the mode");
    }

    /// The exit code of a script, and what it prints.
    fn runs(&self, name: &str, words: &[&str]) -> (Option<i32>, String) {
        let output = self
            .program(&self.path(name).display().to_string())
            .args(words)
            .output();
        let output = output.expect("it starts");
        assert_eq!(output.stderr, b"");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("text"),
        )
    }

    /// Nothing has run for two days, as far as the folder tells.
    fn silence(&self) {
        let file = self.path("saved/certstow-manifest.json");
        let manifest = fs::read(&file).expect("the manifest");
        let mut manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        let mut date = Command::new("date");
        let date = date.args(["--utc", "--date=2 days ago", "+%Y-%m-%dT%H:%M:%SZ"]);
        let date = String::from_utf8(date.output().expect("date starts").stdout).expect("text");
        manifest["checked"] = date.trim().into();
        fs::write(file, manifest.to_string()).expect("written");
    }

    /// What goes wrong in a night, and the exit code of its run, if there is one.
    fn goes_wrong(&self, wrong: Wrong) {
        match wrong {
            Wrong::NoRun => self.silence(),
            Wrong::NoStore => {
                self.silence();
                fs::rename(self.path("keys"), self.path("away")).expect("a new name");
                self.night("", 18);
                fs::rename(self.path("away"), self.path("keys")).expect("a new name");
            }
            Wrong::NotSaved => {
                let grace = self.path("keys/grace-example.pem");
                fs::copy(self.path("later/grace-example.pem"), grace).expect("a copy");
                self.night("--subject Ada", 0);
            }
            Wrong::NoFolder => {
                fs::rename(self.path("saved"), self.path("unmounted")).expect("a new name");
                fs::create_dir(self.path("saved")).expect("a folder");
                self.night("", 16);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Wrong {
    NoRun,
    NoStore,
    NotSaved,
    NoFolder,
}

const ALL_WRONG: [Wrong; 4] = [
    Wrong::NoRun,
    Wrong::NoStore,
    Wrong::NotSaved,
    Wrong::NoFolder,
];

#[test]
fn nagios_plugin_alarms_on_first_night() {
    let verify = ["--max-age", "26h", "--store", "keys", "saved"];
    for wrong in ALL_WRONG {
        let machine = Machine::new();
        machine.script("check_certstow", &block("CERTSTOW $word"));
        let (code, said) = machine.runs("check_certstow", &verify);
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.starts_with("CERTSTOW OK: saved: 1 file is intact"),
            "{said}"
        );
        machine.goes_wrong(wrong);
        let (code, said) = machine.runs("check_certstow", &verify);
        assert_eq!(code, Some(2), "{wrong:?}: {said}");
        assert!(said.starts_with("CERTSTOW CRITICAL: "), "{said}");
        assert!(!said.contains('|'), "{said}");
    }
    let machine = Machine::new();
    machine.script("check_certstow", &block("CERTSTOW $word"));
    let (code, said) = machine.runs("check_certstow", &["--max-age", "soon", "a|b"]);
    assert_eq!(code, Some(3), "{said}");
    // What cannot be read may be an identity.
    fs::write(
        machine.path("keys/broken.pem"),
        "-----BEGIN CERTIFICATE-----\nAA",
    )
    .expect("written");
    let (code, said) = machine.runs("check_certstow", &verify);
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn checkmk_local_check_alarms_on_first_night() {
    for wrong in ALL_WRONG {
        let machine = Machine::new();
        machine.script("local", &block("certstow_backup -"));
        let (code, said) = machine.runs("local", &[]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with("0 certstow_backup - "), "{said}");
        machine.goes_wrong(wrong);
        let (code, said) = machine.runs("local", &[]);
        assert_eq!(
            (code, said.lines().count()),
            (Some(0), 1),
            "{wrong:?}: {said}"
        );
        assert!(
            said.starts_with("2 certstow_backup - "),
            "{wrong:?}: {said}"
        );
    }
}

/// What a server heard: one line for each request or letter.
struct Server {
    address: String,
    heard: Receiver<String>,
}

impl Server {
    fn start(answer: fn(&TcpStream, &Sender<String>)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address").to_string();
        let (send, heard) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(&stream, &send);
            }
        });
        Self { address, heard }
    }

    fn hears(&self) -> String {
        self.heard.recv_timeout(PATIENCE).expect("it is called")
    }
}

fn lines(stream: &TcpStream) -> impl Iterator<Item = String> {
    let reader = BufReader::new(stream.try_clone().expect("a handle"));
    reader.lines().map_while(Result::ok)
}

/// HTTP, as far as it takes to be told.
fn web(mut stream: &TcpStream, heard: &Sender<String>) {
    let request: Vec<String> = lines(stream).take_while(|line| !line.is_empty()).collect();
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = heard.send(request.first().cloned().unwrap_or_default());
}

/// SMTP, as far as it takes to get a letter.
fn mail(stream: &TcpStream, heard: &Sender<String>) {
    let say = |line: &str| drop({ stream }.write_all(format!("{line}\r\n").as_bytes()));
    say("220 here");
    let (mut letter, mut in_letter) = (String::new(), false);
    for line in lines(stream) {
        match (in_letter, line.as_str()) {
            (true, ".") => {
                in_letter = false;
                say("250 taken");
            }
            (true, line) => letter += &format!("{line}\n"),
            (false, "DATA") => {
                in_letter = true;
                say("354 go on");
            }
            (false, "QUIT") => {
                say("221 bye");
                break;
            }
            (false, line) => {
                letter += &format!("{line}\n");
                say("250 yes");
            }
        }
    }
    let _ = heard.send(letter);
}

#[test]
#[ignore = "needs curl"]
fn mail_arrives_after_failure() {
    let machine = Machine::new();
    let server = Server::start(mail);
    let script = block("certstow ended with").replace("mail.example.org", &server.address);
    machine.script("certstow-mail", &script);
    let hook = format!(
        "{} admin@example.org",
        machine.path("certstow-mail").display()
    );
    let told = ["--status", "status.json", "--on-failure", &hook];
    machine.night_with(&told, 0);
    fs::rename(machine.path("keys"), machine.path("away")).expect("a new name");
    let output = machine.night_with(&told, 18);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("on-failure"), "{said}");
    let letter = server.hears();
    for part in [
        "RCPT TO:<admin@example.org>",
        "To: admin@example.org",
        "Subject: certstow ended with 18 on ",
        "\"exit\": 18,",
        "\"code\": \"store-unavailable\"",
    ] {
        assert!(letter.contains(part), "no {part} in {letter}");
    }
    assert!(
        server.heard.try_recv().is_err(),
        "a letter after a good night"
    );
}

#[test]
#[ignore = "needs curl"]
fn ping_tells_each_exit_code() {
    let machine = Machine::new();
    let server = Server::start(web);
    let line = block("YOUR-UUID/$?")
        .replace("https://hc-ping.com", &format!("http://{}", server.address))
        .replace(
            "--escrow escrow.pem",
            "--store keys --password-file password",
        );
    machine.script("line", &format!("#!/bin/sh\n{line}"));
    let run = || {
        machine
            .program("sh")
            .arg("line")
            .output()
            .expect("sh starts")
    };
    run();
    assert_eq!(server.hears(), "GET /YOUR-UUID/0 HTTP/1.1");
    fs::rename(machine.path("keys"), machine.path("away")).expect("a new name");
    run();
    assert_eq!(server.hears(), "GET /YOUR-UUID/18 HTTP/1.1");
}

#[test]
#[ignore = "needs jq"]
fn jq_lists_what_status_tells_of_identities() {
    let page = include_str!("../docs/monitoring.md");
    let line = page
        .lines()
        .find(|line| line.starts_with("    jq "))
        .expect("a line");
    let machine = Machine::new();
    fs::copy(
        machine.path("later/grace-example.pem"),
        machine.path("keys/g.pem"),
    )
    .expect("a copy");
    machine.night("--status status.json", 0);
    let output = machine
        .program("sh")
        .args(["-c", line])
        .output()
        .expect("sh starts");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "Grace Example\tnew\t\n"
    );
}

/// Prometheus' own programs, which `cargo xtask test` puts there.
fn of_prometheus(name: &str) -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_certstow"));
    let target = built.ancestors().nth(2).expect("the target folder");
    target.join("prometheus/usr/bin").join(name)
}

/// A server that is ended with the test.
struct Daemon(Child);

impl Daemon {
    fn start(command: &mut Command) -> Self {
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(quiet.spawn().expect("it starts"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

fn get(address: &str) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--get", address])
        .output();
    String::from_utf8_lossy(&output.expect("curl starts").stdout).into_owned()
}

/// What Prometheus answers; null as long as it does not.
fn ask(port: u16, path: &str) -> Value {
    let answer = get(&format!("http://127.0.0.1:{port}/api/v1/{path}"));
    serde_json::from_str(&answer).unwrap_or_default()
}

/// Waits until exactly these alerts fire.
fn fires(port: u16, expected: &[&str]) {
    let began = Instant::now();
    loop {
        let alerts = ask(port, "alerts");
        let alerts = alerts["data"]["alerts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        let mut names: Vec<&str> = firing
            .filter_map(|alert| alert["labels"]["alertname"].as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        if names == expected {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{names:?} and not {expected:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// From the file through node_exporter to the alerts of a server, with the rules of the page.
#[test]
#[ignore = "needs Prometheus, curl and openssl"]
fn prometheus_alerts_on_first_night() {
    let machine = Machine::new();
    fs::create_dir(machine.path("metrics")).expect("a folder");
    let told = "--metrics metrics/certstow.prom";
    machine.night(told, 0);
    let verify = |code: i32| {
        let words = "backup verify saved --store keys --metrics metrics/verify.prom";
        let output = machine.program("certstow").args(words.split(' ')).output();
        assert_eq!(output.expect("it starts").status.code(), Some(code));
    };
    verify(0);
    for file in ["certstow.prom", "verify.prom"] {
        let text = fs::File::open(machine.path("metrics").join(file)).expect("the metrics");
        let check = Command::new(of_prometheus("promtool"))
            .args(["check", "metrics"])
            .stdin(text)
            .output()
            .expect("promtool starts");
        assert!(
            check.status.success() && check.stderr.is_empty(),
            "{check:?}"
        );
    }
    fs::write(machine.path("rules.yml"), block("alert: CertstowFailed")).expect("the rules");
    let check = Command::new(of_prometheus("promtool"))
        .args(["check", "rules"])
        .arg(machine.path("rules.yml"))
        .output()
        .expect("promtool starts");
    assert!(check.status.success(), "{check:?}");

    let [exporter, server] = [free_port(), free_port()];
    let _exporter = Daemon::start(
        Command::new(of_prometheus("prometheus-node-exporter"))
            .arg(format!("--web.listen-address=127.0.0.1:{exporter}"))
            .args(["--collector.disable-defaults", "--collector.textfile"])
            .arg(format!(
                "--collector.textfile.directory={}",
                machine.path("metrics").display()
            )),
    );
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
         rule_files: [rules.yml]\n\
         scrape_configs: [{{job_name: node, static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]}}]\n"
    );
    fs::write(machine.path("prometheus.yml"), config).expect("written");
    let _server = Daemon::start(
        Command::new(of_prometheus("prometheus"))
            .arg(format!(
                "--config.file={}",
                machine.path("prometheus.yml").display()
            ))
            .arg(format!(
                "--storage.tsdb.path={}",
                machine.path("tsdb").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{server}")),
    );
    let began = Instant::now();
    let both = |answer: Value| answer["data"]["result"].as_array().map_or(0, Vec::len) == 2;
    while !both(ask(server, "query?query=certstow_last_exit_code")) {
        assert!(began.elapsed() < PATIENCE, "nothing is scraped");
        std::thread::sleep(Duration::from_millis(200));
    }
    fires(server, &[]);
    let errors = get(&format!("http://127.0.0.1:{exporter}/metrics"));
    assert!(errors.contains("node_textfile_scrape_error 0"), "{errors}");

    // No store.
    fs::rename(machine.path("keys"), machine.path("away")).expect("a new name");
    machine.night(told, 18);
    fires(server, &["CertstowFailed"]);
    fs::rename(machine.path("away"), machine.path("keys")).expect("a new name");
    machine.night(told, 0);
    fires(server, &[]);
    // An identity that is in no backup, seen by verify.
    fs::copy(
        machine.path("later/grace-example.pem"),
        machine.path("keys/g.pem"),
    )
    .expect("a copy");
    verify(15);
    fires(server, &["CertstowFailed", "CertstowIdentitiesNotSaved"]);
    machine.night(told, 0);
    verify(0);
    fires(server, &[]);
    // A certificate that ends soon.
    let mut openssl = machine.program("openssl");
    let words = "req -x509 -newkey rsa:2048 -noenc -subj /CN=Soon -days 10 -keyout keys/s.key \
                 -out keys/s.crt";
    assert!(
        openssl
            .args(words.split_whitespace())
            .output()
            .expect("it starts")
            .status
            .success()
    );
    machine.night(told, 0);
    fires(server, &["CertstowCertificateEnds"]);
    fs::remove_file(machine.path("keys/s.key")).expect("removed");
    fs::remove_file(machine.path("keys/s.crt")).expect("removed");
    machine.night(told, 0);
    fires(server, &[]);
    // No run for two days.
    let file = machine.path("metrics/certstow.prom");
    let mut text = String::new();
    for line in fs::read_to_string(&file).expect("the metrics").lines() {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        match name.starts_with("certstow_last_success") {
            true => {
                let seconds: i64 = value.parse().expect("a number");
                text += &format!("{name} {}\n", seconds - 48 * 3600);
            }
            false => text += &format!("{line}\n"),
        }
    }
    fs::write(file, text).expect("written");
    fires(server, &["CertstowOverdue"]);
}

/// The drop-in of the page, and a command for failures that makes a connection.
#[test]
#[ignore = "needs systemd and curl"]
fn systemd_alarms_on_first_night_with_real_manager() {
    let machine = Machine::new();
    let server = Server::start(web);
    let home = machine.path("home");
    for folder in ["home", "home/keys", "home/saved", "home/told"] {
        fs::create_dir(machine.path(folder)).expect("a folder");
    }
    for (from, to) in [
        (machine.path("keys/ada-example.pem"), "keys/ada.pem"),
        (machine.path("keys/ada-example.key.pem"), "keys/ada.key.pem"),
        (machine.path("password"), "password"),
        (env!("CARGO_BIN_EXE_certstow").into(), "certstow"),
    ] {
        fs::copy(from, home.join(to)).expect("a copy");
    }
    let story = format!(
        r#"{BEGIN}
        {dropin}
        ./certstow schedule install --to saved --store keys --password-file password \
            --status told/status.json --metrics told/certstow.prom \
            --on-failure "/usr/bin/curl -fsS -m 10 -o /dev/null http://{address}/fail"
        systemctl --user start certstow.service
        for try in $(seq 100); do test -e certstow-succeeded && break; sleep 0.1; done
        ls certstow-succeeded
        test ! -e certstow-failed
        cp told/status.json good.json
        stat -c '%a %n' told/*
        rm -r keys
        systemctl --user start certstow.service || true
        for try in $(seq 100); do test -s certstow-failed && break; sleep 0.1; done
        cat certstow-failed
        grep exit_code told/certstow.prom | tail -n 1
        "#,
        dropin = block("OnFailure=certstow-alarm.service"),
        address = server.address,
    );
    let [unshare, arguments @ ..] = AS_NOBODY;
    let output = Command::new(unshare)
        .args(arguments)
        .envs(VARIABLES)
        .env("STORY", story)
        .env("HOME", &home)
        .env("NO_COLOR", "1")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    for part in [
        "certstow-succeeded",
        "644 told/certstow.prom",
        "600 told/status.json",
        "code=exited, status=18",
        "certstow_last_exit_code{command=\"backup\",run=\"certstow\"} 18",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    assert_eq!(server.hears(), "GET /fail HTTP/1.1");
    assert!(server.heard.try_recv().is_err(), "more than one alarm");
}
