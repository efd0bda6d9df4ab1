//! Firefox, told what to do by Marionette, the protocol of Mozilla's own tests: Firefox listens on a
//! port of the loopback interface and writes its number into the file `MarionetteActivePort` of the
//! profile. A message is JSON behind its length and a colon; `WebDriver:ExecuteScript` in the context
//! `chrome` runs a script with the rights of Firefox itself. Source:
//! <https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html>.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

/// What starting, an answer and the end may take each: many times what they do on an idle machine.
const LIMIT: Duration = Duration::from_secs(180);

/// Where Firefox keeps its profiles below the home folder: newer ones, and older ones.
const PROFILES: [&str; 2] = [".config/mozilla/firefox", ".mozilla/firefox"];

/// The interfaces are those of Firefox's window for certificates.
const USER_CERTIFICATES: &str = "
    const database = Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB);
    const ofUser = (certificate) => certificate.certType & Ci.nsIX509Cert.USER_CERT;
    return database.getCerts().filter(ofUser).map((certificate) => certificate.sha256Fingerprint);
";

/// Those of its windows for security devices and for the primary password.
const CHANGE_PASSWORD: &str = "
    const [old, changed] = given;
    const service = Cc['@mozilla.org/security/pkcs11moduledb;1'];
    const modules = await service.getService(Ci.nsIPKCS11ModuleDB).listModules();
    const tokens = modules.flatMap((module) => module.slots).map((slot) => slot.getToken());
    const token = tokens.find((token) => token?.isInternalKeyToken);
    await token.changePassword(old, changed);
    return token.hasPassword;
";

/// A Firefox that runs without a window. It is killed when this is dropped.
pub(crate) struct Firefox {
    process: Child,
    connection: BufReader<TcpStream>,
    /// The number of the last command.
    last: u64,
    profile: PathBuf,
}

impl Firefox {
    /// Starts Firefox for the account with this home folder: on the first run Firefox makes the
    /// profile, later it uses that one. It connects to nothing but the loopback interface.
    pub(crate) fn start(home: &Path) -> Self {
        let log = home.join("firefox.log");
        let output = File::create(&log).expect("a log");
        let process = Command::new("firefox-esr")
            .args(["--headless", "--marionette", "--remote-allow-system-access"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            // What Marionette sets before it listens, so that there need not be a profile yet.
            .env(
                "MOZ_MARIONETTE_PREF_STATE_ACROSS_RESTARTS",
                preferences().to_string(),
            )
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the same log"))
            .stderr(output)
            .process_group(0)
            .spawn()
            .expect("firefox-esr starts");
        let mut process = Killed(Some(process));
        let connection = connect(home, &mut process, &log);
        connection.set_read_timeout(Some(LIMIT)).expect("a limit");
        let mut firefox = Self {
            process: process.0.take().expect("it was started"),
            connection: BufReader::new(connection),
            last: 0,
            profile: PathBuf::new(),
        };
        // It says by itself which protocol it speaks.
        let greeting = firefox.receive();
        assert_eq!(greeting["marionetteProtocol"], 3, "{greeting}");
        let session = firefox.command("WebDriver:NewSession", &json!({}));
        let profile = session["capabilities"]["moz:profile"].as_str();
        firefox.profile = profile.expect("a session with a profile").into();
        firefox.command("Marionette:SetContext", &json!({"value": "chrome"}));
        firefox
    }

    /// The folder of the profile in use.
    pub(crate) fn profile(&self) -> &Path {
        &self.profile
    }

    /// Runs the body of an asynchronous function in JavaScript; what it returns.
    pub(crate) fn run(&mut self, script: &str, arguments: &[&str]) -> Value {
        let script = format!("return (async (...given) => {{ {script} }})(...arguments);");
        let parameters = json!({"script": script, "args": arguments});
        self.command("WebDriver:ExecuteScript", &parameters)["value"].take()
    }

    /// The thumbprints, by SHA-256, of the certificates for which Firefox has a private key.
    pub(crate) fn user_certificates(&mut self) -> BTreeSet<String> {
        let found = self.run(USER_CERTIFICATES, &[]);
        let found = found.as_array().expect("a list");
        let thumbprint = |one: &Value| {
            let thumbprint = one.as_str().expect("a thumbprint");
            thumbprint.replace(':', "").to_lowercase()
        };
        found.iter().map(thumbprint).collect()
    }

    /// Sets the primary password as Firefox's settings do, in place of this one.
    pub(crate) fn set_primary_password(&mut self, old: &str, new: &str) {
        let has_password = self.run(CHANGE_PASSWORD, &[old, new]);
        assert_eq!(has_password, !new.is_empty());
    }

    /// Has it end by itself, as a person does by the menu.
    pub(crate) fn quit(mut self) {
        self.command("Marionette:Quit", &json!({"flags": ["eAttemptQuit"]}));
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("its state") {
                break status;
            }
            assert!(began.elapsed() < LIMIT, "Firefox does not end");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(ExitStatus::success(&status), "{status}");
    }

    fn command(&mut self, name: &str, parameters: &Value) -> Value {
        self.last += 1;
        let message = json!([0, self.last, name, parameters]).to_string();
        let framed = format!("{}:{message}", message.len());
        let stream = self.connection.get_mut();
        stream.write_all(framed.as_bytes()).expect("Firefox reads");
        let mut answer = self.receive();
        assert_eq!(answer[0], 1, "{answer}");
        assert_eq!(answer[1], self.last, "{answer}");
        assert_eq!(answer[2], Value::Null, "{name}: {}", answer[2]);
        answer[3].take()
    }

    fn receive(&mut self) -> Value {
        let mut length = Vec::new();
        let read = self.connection.read_until(b':', &mut length);
        read.expect("an answer within the limit");
        let length = String::from_utf8_lossy(&length);
        let length = length.trim_end_matches(':').parse().expect("a length");
        let mut message = vec![0; length];
        let read = self.connection.read_exact(&mut message);
        read.expect("a whole answer");
        serde_json::from_slice(&message).expect("an answer in JSON")
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        kill(&mut self.process);
    }
}

/// A process that was started, until somebody else takes it: it is killed when a start fails.
struct Killed(Option<Child>);

impl Drop for Killed {
    fn drop(&mut self) {
        if let Some(process) = &mut self.0 {
            kill(process);
        }
    }
}

/// Kills a process with those that it started, which are in its group.
fn kill(process: &mut Child) {
    // Nobody else can have its number before it was waited for.
    if process.try_wait().is_ok_and(|ended| ended.is_none())
        && let Some(group) = Pid::from_raw(process.id().cast_signed())
    {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = process.wait();
}

/// Marionette on any free port, and no network: every name is the loopback interface's, and the DNS is
/// not asked.
fn preferences() -> Value {
    json!({"marionette.port": 0, "network.dns.forceResolve": "127.0.0.1"})
}

fn connect(home: &Path, process: &mut Killed, log: &Path) -> TcpStream {
    let began = Instant::now();
    loop {
        if let Some(port) = port(home)
            && let Ok(connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        {
            return connection;
        }
        let process = process.0.as_mut().expect("it was started");
        let ended = process.try_wait().expect("its state");
        assert!(
            ended.is_none() && began.elapsed() < LIMIT,
            "Firefox does not listen ({ended:?}):\n{}",
            fs::read_to_string(log).unwrap_or_default()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The port that Firefox wrote into its profile.
fn port(home: &Path) -> Option<u16> {
    let folders = PROFILES
        .iter()
        .filter_map(|path| home.join(path).read_dir().ok());
    let mut profiles = folders.flatten().flatten();
    profiles.find_map(|profile| {
        let text = fs::read_to_string(profile.path().join("MarionetteActivePort"));
        text.ok()?.parse().ok()
    })
}
