//! Looking into the process from outside while it has a secret, with Linux's means.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any start takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whom root becomes: what root may do proves nothing.
const NOBODY: u32 = 65534;

/// A program under an account that is not root's.
struct Running {
    child: Child,
    /// The account.
    user: u32,
}

impl Running {
    /// Starts a shell command that has a path in `$0`.
    fn start(script: &str, program: &Path) -> Self {
        let me = fs::metadata("/proc/self").expect("/proc is mounted").uid();
        let mut command = if me == 0 {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let child = command
            .args(["-c", script])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the shell starts");
        Self {
            child,
            user: if me == 0 { NOBODY } else { me },
        }
    }

    fn proc(&self, name: &str) -> PathBuf {
        Path::new("/proc")
            .join(self.child.id().to_string())
            .join(name)
    }

    /// Waits until the shell has become this program.
    fn wait_for(&self, program: &str) {
        self.wait_until(|| {
            let name = fs::read_to_string(self.proc("comm"));
            name.is_ok_and(|name| name.trim_end() == program)
        });
    }

    /// Waits until the program sleeps for want of input.
    fn wait_for_sleep(&self) {
        self.wait_until(|| {
            let status = fs::read_to_string(self.proc("status"));
            status.is_ok_and(|status| status.contains("State:\tS"))
        });
    }

    fn wait_until(&self, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "it did not come to that");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The kernel gives what a process has in /proc to root when others of the same account
    /// may not look into it.
    fn is_opaque(&self) -> bool {
        let owner = fs::metadata(self.proc("mem")).expect("the process is there");
        owner.uid() != self.user
    }

    /// Whether its own account can open its memory.
    fn memory_opens(&self) -> bool {
        let same_account = Self::start("head --bytes=0 \"$0\"", &self.proc("mem"));
        let output = same_account.child.wait_with_output();
        output.expect("head ends").status.success()
    }

    /// The soft and the hard limit of core dumps.
    fn core_limits(&self) -> Vec<String> {
        let limits = fs::read_to_string(self.proc("limits")).expect("the process is there");
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max core file size"));
        let words = line.expect("a limit of core dumps").split_whitespace();
        words.take(2).map(str::to_owned).collect()
    }

    fn stop(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program where every account can start it.
fn program(folder: &Path) -> PathBuf {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("our own folder");
    let copy = folder.join("certstow");
    fs::copy(env!("CARGO_BIN_EXE_certstow"), &copy).expect("a copy of the program");
    copy
}

#[test]
fn memory_is_unreadable_while_awaiting_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = program(folder.path());
    let file = folder.path().join("some.p12");
    let sample = "tests/cmd/errors.in/files/pat.p12";
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join(sample);
    fs::copy(sample, &file).expect("a copy of the file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("our own file");

    // The limits and the account as certstow finds them, to tell what it does itself.
    let before = Running::start("ulimit -S -c \"$(ulimit -H -c)\"; exec sleep 600", &program);
    before.wait_for("sleep");
    assert!(!before.is_opaque(), "every process here is opaque");
    assert_ne!(
        before.core_limits(),
        ["0", "0"],
        "no process here dumps core"
    );
    before.stop();

    let script = format!(
        "ulimit -S -c \"$(ulimit -H -c)\"
         exec \"$0\" check '{}' --password-file -",
        file.display()
    );
    let certstow = Running::start(&script, &program);
    certstow.wait_for("certstow");
    certstow.wait_for_sleep();
    certstow.wait_until(|| certstow.is_opaque());
    assert_eq!(certstow.core_limits(), ["0", "0"]);
    assert!(!certstow.memory_opens());
    certstow.stop();
}
