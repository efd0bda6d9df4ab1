//! What the manual has a reader type, typed: the `sh` blocks of a page, one after the other in one
//! shell, in the home folder of somebody who has the sample identities. A `text` block is what the
//! block above it shows; `[..]` stands for what differs with the day and the machine.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A block of commands, and what is to be seen after it, where the page says so.
struct Block {
    commands: String,
    shown: Option<String>,
}

/// The blocks of a page, in order.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            continue;
        };
        let inside = lines.by_ref().take_while(|line| *line != "```");
        let content = inside.fold(String::new(), |text, line| text + line + "\n");
        match (kind, blocks.last_mut()) {
            ("sh", _) => blocks.push(Block {
                commands: content,
                shown: None,
            }),
            ("text", Some(block)) => block.shown = Some(content),
            _ => {}
        }
    }
    blocks
}

/// Somebody's home folder.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a home folder");
        let personal = home.path().join(".local/share/certstow/personal");
        fs::create_dir_all(&personal).expect("the personal folder");
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal");
        for file in fs::read_dir(samples).expect("the samples") {
            let file = file.expect("a sample").path();
            let name = file.file_name().expect("a name");
            fs::copy(&file, personal.join(name)).expect("a copy of a sample");
        }
        Self(home)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Adds a certificate that is valid for so many days.
    fn add(&self, name: &str, days: u32) {
        self.run(&format!(
            "openssl req -quiet -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
             -subj '/CN={name} Example' -days {days} \
             -keyout .local/share/certstow/personal/{name}.key \
             -out .local/share/certstow/personal/{name}.crt || exit 1"
        ));
    }

    /// Runs a script, and gives what it showed.
    fn run(&self, script: &str) -> String {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_certstow"));
        let folder = program.parent().expect("the program's folder");
        let path = std::env::var("PATH").expect("a search path");
        let ended = Command::new("bash")
            .args(["-c", &format!("set -eu -o pipefail\nexec 2>&1\n{script}")])
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("bash starts");
        let shown = String::from_utf8(ended.stdout).expect("text");
        assert!(ended.status.success(), "{script}\nshows\n{shown}");
        shown
    }

    /// Types a page.
    fn type_page(&self, page: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
        let blocks = blocks(&fs::read_to_string(file).expect("the page"));
        assert!(blocks.iter().any(|block| block.shown.is_some()));
        const MARK: &str = "--- next block ---";
        let commands = blocks.iter().map(|block| block.commands.as_str());
        let script = commands.collect::<Vec<_>>().join(&format!("echo '{MARK}'\n"));
        let shown = self.run(&script);
        let shown: Vec<&str> = shown.split(&format!("{MARK}\n")).collect();
        assert_eq!(shown.len(), blocks.len(), "{shown:?}");
        for (block, shown) in blocks.iter().zip(shown) {
            if let Some(expected) = &block.shown {
                snapbox::assert_data_eq!(shown, expected.as_str());
            }
        }
    }
}

#[test]
#[ignore = "needs jq, restic and openssl"]
fn a_fleet_is_collected_and_asked() {
    let home = Home::new();
    home.add("Soon", 10);
    home.run(
        "openssl req -quiet -x509 -newkey rsa:2048 -noenc -subj '/CN=Escrow' -days 1000 \
         -keyout escrow.key -out escrow.pem\n\
         certstow backup --to Backups/certificates --escrow escrow.pem\n\
         echo 'of the repository' > restic-password",
    );
    home.add("New", 1000);
    home.type_page("fleet.md");
}
