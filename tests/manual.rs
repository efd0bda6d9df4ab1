//! What the manual has a reader type, typed at a terminal: the `sh` blocks of a page, one after the
//! other in one shell, in the home folder of somebody who has a sample identity. A `text` block is
//! what the block above it shows; `[..]` stands for what differs with the day and the machine.

#![cfg(target_os = "linux")]

#[path = "support/service_manager.rs"]
mod service_manager;
#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use service_manager::{AS_NOBODY, BEGIN, VARIABLES};
use terminal::Terminal;

/// Runs what the variable `STORY` says.
const AS_MYSELF: [&str; 3] = ["bash", "-c", "eval \"$STORY\""];

/// A block of commands, and what is to be seen after it, where the page says so.
struct Block {
    commands: String,
    shown: Option<String>,
}

impl Block {
    /// Whether it takes a service manager.
    fn is_of_the_manager(&self) -> bool {
        ["systemctl", "journalctl", "certstow schedule"]
            .iter()
            .any(|word| self.commands.contains(word))
    }
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

/// Somebody's home folder, with certstow and what it shows beside it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self::of_a_new_account();
        let personal = home.folder().join(".local/share/certstow/personal");
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal");
        for name in [
            "ada-example.pem",
            "ada-example.key.pem",
            "issuers/sample-issuing.pem",
            "issuers/sample-root.pem",
        ] {
            copy(&samples.join(name), &personal.join(name));
        }
        home
    }

    /// Nothing is in it.
    fn of_a_new_account() -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        fs::create_dir(home.folder()).expect("the home folder");
        // Where everybody may run it.
        let certstow = Path::new(env!("CARGO_BIN_EXE_certstow"));
        copy(certstow, &home.0.path().join("bin/certstow"));
        fs::create_dir(home.screens()).expect("a folder for what is shown");
        home
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("home")
    }

    /// What each block shows is in a file here.
    fn screens(&self) -> PathBuf {
        self.0.path().join("screens")
    }

    /// Adds a certificate that is valid for so many days.
    fn add(&self, name: &str, days: u32) {
        self.prepare(&format!(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
             -subj '/CN={name} Example' -days {days} \
             -keyout .local/share/certstow/personal/{name}.key \
             -out .local/share/certstow/personal/{name}.crt"
        ));
    }

    /// Runs what a page takes for granted.
    fn prepare(&self, commands: &str) {
        let block = Block {
            commands: format!("{commands}\n"),
            shown: None,
        };
        self.type_blocks(&[block], &AS_MYSELF, &[]);
    }

    /// Types blocks, gives the prompts in them their answers, and compares what is shown.
    fn type_blocks(&self, blocks: &[Block], shell: &[&str], answers: &[(&str, &str)]) {
        let folder = self.folder().display().to_string();
        let path = std::env::var("PATH").expect("a search path");
        let path = format!("{}:{path}", self.0.path().join("bin").display());
        let story = self.story(blocks, shell == AS_NOBODY);
        let mut variables = vec![
            ("HOME", folder.as_str()),
            ("PATH", path.as_str()),
            ("STORY", story.as_str()),
        ];
        variables.extend(VARIABLES);
        let mut terminal = Terminal::run(&self.folder(), 120, &variables, shell.iter().copied());
        for (prompt, answer) in answers {
            terminal.wait_for(prompt);
            terminal.press(&format!("{answer}\n"));
        }
        let (code, complaint) = terminal.end();
        assert_eq!(code, Some(0), "{complaint}");
        for (number, block) in blocks.iter().enumerate() {
            if let Some(expected) = &block.shown {
                let shown = fs::read_to_string(self.screens().join(number.to_string()));
                let shown = shown.expect("what it shows");
                snapbox::assert_data_eq!(shown, expected.as_str());
            }
        }
    }

    /// The blocks as one script. What is compared goes into files, all else to the terminal; the last
    /// file is shown when a command fails.
    fn story(&self, blocks: &[Block], with_manager: bool) -> String {
        let screens = self.screens().display().to_string();
        let mut story = format!(
            "set -eu -o pipefail\n\
             trap 'cat {screens}/\"$number\" > /dev/tty 2> /dev/null' ERR\n\
             unset XDG_DATA_HOME XDG_CONFIG_HOME DBUS_SESSION_BUS_ADDRESS\n\
             export NO_COLOR=1\n"
        );
        if with_manager {
            story += BEGIN;
        }
        for (number, block) in blocks.iter().enumerate() {
            let commands = &block.commands;
            // The journal has a line some time after it was said. It reads the unit from the
            // control group of the process: one that ended first has none, and runs again.
            let last = block.shown.as_ref().and_then(|shown| shown.lines().last());
            if let (Some(last), true) = (last, commands.starts_with("journalctl")) {
                let is_there = format!(
                    "{} | grep --quiet --fixed-strings '{last}'",
                    commands.trim()
                );
                let run = &blocks[number - 1].commands;
                story += &format!(
                    "for run in {{1..5}}; do\n\
                     for try in {{1..30}}; do {is_there} && break 2; sleep 0.1; done\n\
                     {{\n{run}}} > /dev/null\n\
                     done\n"
                );
            }
            // Questions come to where a person sees what is said.
            let goes = match &block.shown {
                Some(_) => format!(" > {screens}/{number} 2>&1"),
                None => String::new(),
            };
            story += &format!("number={number}\n{{\n{commands}}}{goes}\n");
        }
        story
    }

    /// Gives all of it to nobody.
    fn give_away(&self) {
        let mut chown = Command::new("chown");
        chown.args(["--recursive", "nobody"]).arg(self.0.path());
        assert!(chown.status().expect("chown starts").success());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("the folder");
    fs::copy(from, to).expect("a copy");
}

fn read(file: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(file).expect("the page")
}

/// The blocks of a page of the manual; some of them have to be compared.
fn page(name: &str) -> Vec<Block> {
    let blocks = blocks(&read(&format!("docs/{name}")));
    assert!(blocks.iter().any(|block| block.shown.is_some()));
    blocks
}

#[test]
#[ignore = "needs jq, restic and openssl"]
fn fleet_page_commands_work() {
    let home = Home::new();
    home.add("Soon", 10);
    home.add("Renewed", 10);
    // Issued later by a second at least.
    home.prepare("sleep 1; cd .local/share/certstow/personal; for end in key crt; do mv Renewed.$end Old.$end; done");
    home.add("Renewed", 1000);
    let edith = "examples/personal/edith-example-2020.pem";
    let edith = Path::new(env!("CARGO_MANIFEST_DIR")).join(edith);
    copy(
        &edith,
        &home
            .folder()
            .join(".local/share/certstow/personal/edith.pem"),
    );
    home.prepare(
        "openssl req -x509 -newkey rsa:2048 -noenc -subj '/CN=Escrow' -days 1000 \
         -keyout escrow.key -out escrow.pem\n\
         mkdir Backups\n\
         certstow backup --to Backups/certificates --escrow escrow.pem",
    );
    home.add("New", 1000);
    home.type_blocks(&page("fleet.md"), &AS_MYSELF, &[]);
}

/// The primary password of a profile of Firefox.
const PRIMARY: &str = "fifteen grey herons";

/// Adds a database in this folder with one identity. Without a primary password, `password` is empty.
fn add_database(home: &Home, folder: &str, password: &str, name: &str) {
    let (create, import) = match password {
        "" => ("--empty-password".to_owned(), "-K ''".to_owned()),
        _ => ("-f primary.txt".to_owned(), "-k primary.txt".to_owned()),
    };
    home.prepare(&format!(
        "umask 077\n\
         printf %s '{password}' > primary.txt\n\
         mkdir -p {folder}\n\
         certutil -N -d sql:{folder} {create}\n\
         openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \
         -subj '/CN={name} Example' -keyout new.key -out new.pem\n\
         openssl pkcs12 -export -inkey new.key -in new.pem -name '{name} Example' -passout pass:in \
         -out new.p12\n\
         pk12util -i new.p12 -W in -d sql:{folder} {import}\n\
         rm new.*"
    ));
}

/// Says which profiles Firefox has, each by its folder and name.
fn add_profiles(home: &Home, profiles: &[(&str, &str)]) {
    let sections = profiles.iter().zip(0..).map(|((folder, name), number)| {
        format!("[Profile{number}]\nName={name}\nIsRelative=1\nPath={folder}\n\n")
    });
    let folder = home.folder().join(".mozilla/firefox");
    fs::create_dir_all(&folder).expect("the folder of Firefox");
    fs::write(folder.join("profiles.ini"), sections.collect::<String>()).expect("profiles.ini");
}

/// A profile under a primary password, and a file that `pk12util` writes as Firefox does.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn firefox_page_commands_work() {
    let home = Home::of_a_new_account();
    add_profiles(&home, &[("x7k2m9qa.default-release", "default-release")]);
    let folder = ".mozilla/firefox/x7k2m9qa.default-release";
    add_database(&home, folder, PRIMARY, "Ada");
    home.prepare(&format!(
        "pk12util -o firefox.p12 -n 'Ada Example' -W '{FILE_PASSWORD}' -d sql:{folder} -k primary.txt"
    ));
    let primary = (
        "Primary password of Firefox profile default-release:",
        PRIMARY,
    );
    let answers = [&[primary][..], &NEW_FILE, &[CHECK, CHECK]].concat();
    home.type_blocks(&blocks(&read("docs/firefox.md")), &AS_MYSELF, &answers);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn stores_page_commands_work() {
    let home = Home::of_a_new_account();
    let profiles = [
        ("x7k2m9qa.default-release", "default-release"),
        ("l2v5t0rd.work", "work"),
    ];
    add_profiles(&home, &profiles);
    let folder = |name| format!(".mozilla/firefox/{name}");
    add_database(&home, &folder(profiles[0].0), "", "Ada");
    add_database(&home, ".pki/nssdb", "", "Carl");
    add_database(&home, &folder(profiles[1].0), PRIMARY, "Bert");
    let answers = [
        ("Primary password of Firefox profile work:", PRIMARY),
        ("Password for the file of Bert Example:", FILE_PASSWORD),
        ("The same password again:", FILE_PASSWORD),
        ("Password for the files of this backup:", FILE_PASSWORD),
        ("The same password again:", FILE_PASSWORD),
    ];
    home.type_blocks(&page("stores.md"), &AS_MYSELF, &answers);
}

/// What is typed at the prompts of the page on scheduled backups.
const ANSWERS: [(&str, &str); 3] = [
    ("Enter PEM pass phrase:", "of the escrow key"),
    ("Verifying - Enter PEM pass phrase:", "of the escrow key"),
    ("Password that unlocks escrow.key.pem:", "of the escrow key"),
];

/// All that takes no service manager, by any account.
#[test]
#[ignore = "needs openssl"]
fn scheduled_backup_page_works_without_manager() {
    let home = Home::new();
    let mut blocks = page("scheduled-backup.md");
    let all = blocks.len();
    blocks.retain(|block| !block.is_of_the_manager());
    assert!(blocks.len() < all);
    assert!(
        blocks
            .iter()
            .any(|block| block.commands.contains("backup restore"))
    );
    home.type_blocks(&blocks, &AS_MYSELF, &ANSWERS);
}

/// The whole page.
#[test]
#[ignore = "needs systemd and openssl"]
fn scheduled_backup_page_works_with_real_manager() {
    let home = Home::new();
    home.give_away();
    home.type_blocks(&page("scheduled-backup.md"), &AS_NOBODY, &ANSWERS);
}

/// The commands of the README that take a service manager.
#[test]
#[ignore = "needs systemd and openssl"]
fn readme_schedule_commands_work_with_real_manager() {
    let home = Home::new();
    // The page has made both by then.
    home.prepare(
        "openssl req -x509 -newkey rsa:2048 -noenc -subj '/CN=Escrow' -days 1000 \
         -keyout escrow.key -out escrow.pem\n\
         mkdir Backups",
    );
    home.give_away();
    let mut blocks = blocks(&read("README.md"));
    blocks.retain(Block::is_of_the_manager);
    assert_eq!(blocks.len(), 1);
    home.type_blocks(&blocks, &AS_NOBODY, &[]);
}

/// What is typed at the prompts of certstow and OpenSSL.
const FILE_PASSWORD: &str = "blue elephants dance at night";
const NEW_FILE: [(&str, &str); 2] = [
    ("Password for the file of Ada Example:", FILE_PASSWORD),
    ("The same password again:", FILE_PASSWORD),
];
const REQUEST: [(&str, &str); 5] = [
    ("(empty for none):", FILE_PASSWORD),
    ("The same password again:", FILE_PASSWORD),
    ("Password for the file that is saved:", FILE_PASSWORD),
    ("The same password again:", FILE_PASSWORD),
    UNLOCK,
];
const UNLOCK: (&str, &str) = ("Password that unlocks ", FILE_PASSWORD);
const NEW_ESCROW: [(&str, &str); 2] = [ANSWERS[0], ANSWERS[1]];
const CHECK: (&str, &str) = ("Password of the files:", FILE_PASSWORD);
const IMPORT: [(&str, &str); 4] = [
    ("Password that unlocks ", FILE_PASSWORD),
    ("Number [1]:", ""),
    ("(empty for none):", ""),
    ("The same password again:", ""),
];
const OPENED: [(&str, &str); 2] = [
    ("Enter PEM pass phrase:", "of the opened key"),
    ("Verifying - Enter PEM pass phrase:", "of the opened key"),
];

/// Commands that this machine cannot type, by what is in their block, and why.
const NOT_TYPED: [(&str, &str, &str); 8] = [
    ("README.md", "cargo run", "it builds certstow"),
    ("README.md", "cargo install", "it builds certstow"),
    (
        "README.md",
        "cargo add",
        "it is for the source of another program",
    ),
    ("README.md", "cargo xtask", "it runs these tests"),
    (
        "README.md",
        "schedule install",
        "readme_schedule_commands_work_with_real_manager types it",
    ),
    ("passwords.md", "cargo install", "it builds certstow"),
    (
        "passwords.md",
        "systemd-creds",
        "it changes /etc, and needs a TPM or the machine's key",
    ),
    (
        "scheduled-backup.md",
        "",
        "scheduled_backup_page_works_with_real_manager types it",
    ),
];

/// The backup with escrow that a page takes for granted.
const BACKUP: &str = "openssl req -x509 -newkey rsa:2048 -noenc -subj '/CN=Escrow' -days 1000 \
                      -keyout escrow.key.pem -out escrow.pem\n\
                      certstow backup --to Backups --escrow escrow.pem";

/// A page, who types it, what is done before that, and what is answered.
type Page<'a> = (&'a str, Home, Option<&'a str>, &'a [(&'a str, &'a str)]);

/// README and each page with commands, typed from top to bottom in the home folder of an account of its
/// own: a new one, or one that has Ada's identity and what the page says it begins with.
#[test]
#[ignore = "needs openssl"]
#[allow(
    clippy::print_stdout,
    reason = "what is not typed is not to look as if it were"
)]
fn pages_work_from_top_to_bottom() {
    let readme = [&NEW_FILE[..], &[CHECK], &IMPORT, &NEW_ESCROW].concat();
    let profiles = [&NEW_FILE[..], &NEW_FILE, &NEW_FILE, &[CHECK]].concat();
    let unlock = ("Enter pass phrase for escrow.key.pem:", ANSWERS[0].1);
    let passwords = [&NEW_ESCROW[..], &[unlock]].concat();
    let enrolment = [&REQUEST[..], &[UNLOCK], &NEW_FILE, &[CHECK]].concat();
    let pages: [Page<'_>; 6] = [
        ("README.md", Home::of_a_new_account(), None, &readme),
        ("docs/backup.md", Home::new(), Some(BACKUP), &OPENED),
        ("docs/completions.md", Home::of_a_new_account(), None, &[]),
        (
            "docs/enrolment.md",
            Home::of_a_new_account(),
            None,
            &enrolment,
        ),
        ("docs/passwords.md", Home::new(), None, &passwords),
        ("docs/profiles.md", Home::new(), None, &profiles),
    ];
    // Typed by tests of their own, since they need more than others.
    let others = [
        "docs/firefox.md",
        "docs/fleet.md",
        "docs/monitoring.md",
        "docs/scheduled-backup.md",
        "docs/stores.md",
    ];
    let known = pages.iter().map(|page| page.0).chain(others);
    let known: Vec<String> = known.map(str::to_owned).collect();
    assert_eq!(
        known.iter().collect::<std::collections::BTreeSet<_>>(),
        with_commands().iter().collect()
    );
    let mut skipped = std::collections::BTreeSet::new();
    for (page, home, before, answers) in &pages {
        if *page == "README.md" {
            home.prepare(&format!("cp -r {}/examples .", env!("CARGO_MANIFEST_DIR")));
        }
        if let Some(before) = before {
            home.prepare(before);
        }
        let mut blocks = blocks(&read(page));
        blocks.retain(|block| match not_typed(page, block) {
            Some((what, why)) => {
                println!("{page}: not typed: {what}: {why}");
                skipped.insert((*page, what));
                false
            }
            None => true,
        });
        assert!(!blocks.is_empty(), "{page}");
        println!("{page}: {} blocks", blocks.len());
        home.type_blocks(&blocks, &AS_MYSELF, answers);
    }
    // Nothing is in the table that is on no page; one page is left out as a whole.
    assert_eq!(skipped.len(), NOT_TYPED.len() - 1, "{skipped:?}");
}

fn not_typed(page: &str, block: &Block) -> Option<(&'static str, &'static str)> {
    let mut table = NOT_TYPED.iter();
    let found = table.find(|(of, what, _)| page.ends_with(of) && block.commands.contains(what));
    found.map(|(_, what, why)| (*what, *why))
}

/// The pages that have something to type.
fn with_commands() -> Vec<String> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let pages = fs::read_dir(docs).expect("the pages");
    let pages = pages.map(|page| {
        page.expect("a page")
            .file_name()
            .into_string()
            .expect("text")
    });
    let mut pages: Vec<_> = pages.map(|page| format!("docs/{page}")).collect();
    pages.push("README.md".to_owned());
    pages.retain(|page| page.ends_with(".md") && !blocks(&read(page)).is_empty());
    pages.sort();
    pages
}
