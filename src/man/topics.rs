//! What the manual says of each command beyond its options, which clap knows, and its examples.

/// What there is to say of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic {
    /// Paragraphs.
    pub(super) description: &'static [&'static str],
    /// Files it reads or writes that its command line does not name, and what they are.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// Commands beside those of its family that go with it.
    pub(super) related: &'static [&'static str],
}

/// That of a command, by what one types for it.
pub(super) fn of(command: &str) -> Option<&'static Topic> {
    let found = TOPICS.iter().find(|(name, _)| *name == command);
    found.map(|(_, topic)| topic)
}

/// What certstow takes from the environment, whatever the command.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "XDG_DATA_HOME",
        "On Linux, the folder that the personal folder lies in, ~/.local/share without it.",
    ),
    (
        "NO_COLOR",
        "If it is set and not empty, nothing is coloured.",
    ),
    (
        "CREDENTIALS_DIRECTORY",
        "On Linux, where systemd keeps the credentials of a service: each file in it is a password \
         that --password-vault and --unlock-password-vault find by its name.",
    ),
    (
        "STATE_DIRECTORY",
        "On Linux, the state folder that systemd makes for a service: there it remembers which folders \
         it saved to.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Where the system's trusted roots are looked for, which complete a certification path.",
    ),
];

const PERSONAL: (&str, &str) = (
    "~/.local/share/certstow/personal",
    "On Linux, the personal folder: a store of files, looked into once it exists. On macOS it is \
     certstow/personal in ~/Library/Application Support, on Windows in %APPDATA%.",
);
const DOTNET: (&str, &str) = (
    "~/.dotnet/corefx/cryptography/x509stores/my",
    "On Linux and macOS, .NET's personal store, dotnet:My.",
);
const MANIFEST: (&str, &str) = (
    "certstow-manifest.json",
    "In each folder of a backup: the name and the hash of every file that belongs there, and whose \
     it is. Nothing in it is secret.",
);
const CHANGES: (&str, &str) = (
    "certstow-manifest.changes",
    "In the folder of a large backup: what changed since the manifest was written.",
);
const DESTINATIONS: (&str, &str) = (
    "~/.local/share/certstow/destinations",
    "On Linux, which folders this account saved to. On macOS it is certstow/destinations in \
     ~/Library/Application Support, on Windows in %APPDATA%, in a service of systemd in its state \
     folder.",
);
const SERVICE: (&str, &str) = (
    "~/.config/systemd/user/certstow.service, certstow.timer",
    "On Linux, the task; with --machine, in /etc/systemd/system.",
);
const AGENT: (&str, &str) = (
    "~/Library/LaunchAgents/org.certstow.certstow.plist",
    "On macOS, the task; with --machine, in /Library/LaunchDaemons.",
);

const TOPICS: &[(&str, Topic)] = &[
    (
        "certstow",
        Topic {
            description: &[
                "certstow finds the certificates that belong to a person or a machine, each with its \
                 private key, in the stores where the operating system and programs keep them, and \
                 saves them as password-protected PKCS#12 files. It says that a file is saved only \
                 after it has read it back from the disk and seen that the key in it signs for the \
                 certificate in it.",
                "A certificate and its private key are called an identity. One is chosen by the first \
                 digits of its thumbprint, six or more, or by text in its label, its subject, its \
                 e-mail addresses or its DNS names. It has to be exactly one: where several match, \
                 they are listed with their thumbprints.",
                "Without --store, every store found on the machine is looked into. A store is named \
                 windows:CurrentUser\\My, keychain:login, dotnet:My or file:DIR; anything else is the \
                 path of a folder or file.",
                "certstow without a command, at a terminal, is a wizard: it asks for everything that an \
                 export needs, step by step, and shows the same as a command line before it begins. \
                 Esc goes back a step, Ctrl-C ends it and leaves nothing behind. With --plain, the \
                 questions are numbered lines, which a screen reader reads well.",
                "A password never stands on the command line. It is asked for at the terminal, or \
                 comes from a file, the environment, a file descriptor or the operating system's \
                 vault.",
            ],
            files: &[PERSONAL, DOTNET],
            related: &[],
        },
    ),
    (
        "certstow list",
        Topic {
            description: &[
                "Lists what the stores hold: the name, the issuer, until when it is valid, the private \
                 key and whether it can be exported, the thumbprint and the store. What cannot be read \
                 is warned about, and the rest is listed.",
                "At a terminal, a bar shows how much of each validity is left. --tree shows each \
                 identity below the authorities that issued it.",
                "Listing opens no private key, asks for nothing and uses no network.",
            ],
            files: &[PERSONAL, DOTNET],
            related: &["show", "export", "stores"],
        },
    ),
    (
        "certstow show",
        Topic {
            description: &[
                "Says of one identity, in plain words, whose it is, who vouches for it, what it is for, \
                 how long, where it is kept and whether it can be saved, with what to do if not; then \
                 the certification path as a tree. --technical shows everything there is to know: \
                 serial number, thumbprints, provider, extensions.",
            ],
            files: &[PERSONAL, DOTNET],
            related: &["list", "export"],
        },
    ),
    (
        "certstow report",
        Topic {
            description: &[
                "Writes one page of HTML to look at: every identity on a time line of its validity, by \
                 how near its end is, whether its private key can be exported, and whether a backup \
                 has it. The page needs nothing else, loads nothing, and can be filtered and printed.",
                "Nothing secret is in it, but names, e-mail addresses and serial numbers are: the file \
                 is written private.",
            ],
            files: &[PERSONAL, DOTNET, MANIFEST],
            related: &["list", "backup"],
        },
    ),
    (
        "certstow export",
        Topic {
            description: &[
                "Saves one identity, private key and certification path included, to a file that is \
                 protected by a password. The file is written beside its place under a temporary name, \
                 private from the start, read back from the disk and opened; its key has to sign for \
                 its certificate. Only then does it get its name. Whatever fails on the way leaves the \
                 target as it was.",
                "The default protection opens in programs of today. For an older one, --for names the \
                 program and picks what it can read.",
                "Without a selector, at a terminal, certstow asks for everything step by step; what is \
                 given by options is not asked for.",
                "Of an identity that several stores have, the first that gives the key out is used, \
                 and named.",
            ],
            files: &[PERSONAL, DOTNET],
            related: &["list", "check", "import", "backup"],
        },
    ),
    (
        "certstow import",
        Topic {
            description: &[
                "Puts every identity of some files into one store, and reads each back from there. The \
                 files may be PKCS#12, PEM, DER or PKCS#7, or folders of such; a certificate and its \
                 key may lie in different ones.",
                "What the store has already stays, unless you say otherwise when asked, or give \
                 --force; the old key goes only when the new one is in place.",
            ],
            files: &[PERSONAL],
            related: &["export", "stores"],
        },
    ),
    (
        "certstow backup",
        Topic {
            description: &[
                "Saves every identity that has a private key, each as a PKCS#12 file of its own, into \
                 one folder or several. A later run writes what is new, missing or damaged, and leaves \
                 the rest as it is. Each file is read back and proven before it gets its name; a run \
                 that is cut off leaves whole files, and the next one goes on from there.",
                "Each folder succeeds or fails by itself; what failed is named, and the run ends with \
                 14. After a change of the password, --rewrite writes every file anew.",
                "A folder that held a backup when this account last saved to it, and is empty now, is \
                 refused: its disk may not be mounted. --accept-empty begins a new backup there. What \
                 is in the backup and in no store any more is named in each run. A private key that \
                 certstow has no way to prove counts as a problem, until --allow-unproven accepts it.",
                "With --escrow, each file gets a random password of its own, which lies beside it \
                 encrypted to a certificate: the machine then holds nothing that opens its own \
                 backups.",
                "One run at a time writes to a folder. While another certstow is using it, a run waits, as \
                 verify and restore do: for 10 minutes, or as long as --timeout says.",
            ],
            files: &[
                MANIFEST,
                CHANGES,
                (
                    ".certstow-lock, .certstow-turn",
                    "In each folder of a backup: locked while a run goes on, or waits.",
                ),
                DESTINATIONS,
                PERSONAL,
            ],
            related: &["schedule", "doctor", "check"],
        },
    ),
    (
        "certstow backup verify",
        Topic {
            description: &[
                "Compares every file of a backup with the hash in its manifest. With the password, or \
                 the private key of the escrow certificate, it also opens each file, compares its \
                 certificate with the manifest's thumbprint, and has its key sign for it.",
                "With --store, every identity of these stores has to be in the backup. That finds out \
                 what a manifest cannot tell: that somebody who may write to the folder changed it, and \
                 the files with it.",
            ],
            files: &[MANIFEST],
            related: &["check"],
        },
    ),
    (
        "certstow backup restore",
        Topic {
            description: &[
                "Puts the identities of a backup, or those that are named, into a store, and reads \
                 each back from there. What the store has already stays, unless --force is given.",
                "Whatever the manifest names and did not come out of its file is named, with the \
                 reason, and the run ends with 14. What it does not name is left out without \
                 --unnamed; where there is no manifest, every file that opens is taken.",
            ],
            files: &[MANIFEST],
            related: &["import"],
        },
    ),
    (
        "certstow check",
        Topic {
            description: &[
                "Says of PKCS#12 files, whoever wrote them, how they are protected, what is weak \
                 about that, and which programs can open them; for this no password is needed. With \
                 the password it proves that a file restores: everything in it opens, the key signs \
                 for the certificate, the certification path links.",
            ],
            files: &[],
            related: &["export", "backup-verify"],
        },
    ),
    (
        "certstow schedule",
        Topic {
            description: &[
                "Has the system's own scheduler run a backup at set times: Task Scheduler on Windows, \
                 systemd on Linux, launchd on macOS. The task runs as you, and can use your keys.",
            ],
            files: &[SERVICE, AGENT],
            related: &["backup", "doctor"],
        },
    ),
    (
        "certstow schedule install",
        Topic {
            description: &[
                "Takes the options of a backup, writes them into a task, and hands it to the system's \
                 scheduler. An option that needs somebody at a terminal is refused. A task of the same \
                 name is replaced.",
                "With --print, the files for the scheduler are written to standard output or into a \
                 folder, for Group Policy, Intune, Ansible and their like, and nothing is installed.",
            ],
            files: &[SERVICE, AGENT],
            related: &["backup", "doctor", "password"],
        },
    ),
    (
        "certstow schedule show",
        Topic {
            description: &[
                "Shows what the scheduler knows of the task: when it runs, when it last ran, and how \
                 that ended.",
            ],
            files: &[SERVICE, AGENT],
            related: &[],
        },
    ),
    (
        "certstow schedule remove",
        Topic {
            description: &["Takes the task away from the scheduler. What it saved stays."],
            files: &[SERVICE, AGENT],
            related: &[],
        },
    ),
    (
        "certstow doctor",
        Topic {
            description: &[
                "Tries everything a backup depends on and says what to do about what fails: who \
                 certstow runs as, which stores can be reached, whether a private key really comes \
                 out, whether the password is there, and whether the targets are writable and private; \
                 and names what runs that were killed left behind. \
                 Run it by hand, and in the place where the task will run. It changes nothing.",
            ],
            files: &[PERSONAL, DOTNET],
            related: &["backup", "schedule", "stores"],
        },
    ),
    (
        "certstow password",
        Topic {
            description: &[
                "Keeps passwords in the operating system's vault, for runs with nobody there: \
                 Credential Manager on Windows, the login keychain on macOS, the Secret Service on a \
                 Linux desktop where certstow was built for it. --password-vault NAME takes one from \
                 there.",
            ],
            files: &[],
            related: &["backup", "export"],
        },
    ),
    (
        "certstow password set",
        Topic {
            description: &[
                "Keeps a password under a name, and reads it back before it says so. One that has the \
                 name already stays, unless --force is given.",
            ],
            files: &[],
            related: &[],
        },
    ),
    (
        "certstow password forget",
        Topic {
            description: &[
                "Removes a password from the vault. Files that it protects need it all the same: keep \
                 it elsewhere first.",
            ],
            files: &[],
            related: &[],
        },
    ),
    (
        "certstow password list",
        Topic {
            description: &[
                "Lists the names of the passwords that are kept, and where each is. The passwords \
                 themselves are not read.",
            ],
            files: &[],
            related: &[],
        },
    ),
    (
        "certstow stores",
        Topic {
            description: &[
                "Lists the stores that certstow looks into without --store, and says of one that \
                 cannot be used why.",
            ],
            files: &[PERSONAL, DOTNET],
            related: &["list"],
        },
    ),
    (
        "certstow completions",
        Topic {
            description: &[
                "Prints a script that has the Tab key of a shell complete commands, options, \
                 identities, stores and paths. In bash, zsh, fish and PowerShell it asks certstow \
                 itself, which has to be in PATH; completing opens no private key, asks for nothing \
                 and ends within seconds.",
            ],
            files: &[],
            related: &[],
        },
    ),
    (
        "certstow man",
        Topic {
            description: &[
                "Writes this manual into a folder: a page for certstow, and one for each command.",
            ],
            files: &[],
            related: &[],
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_a_command_of_which_there_are_examples() {
        for (name, topic) in TOPICS {
            assert!(!crate::examples::of(name).is_empty(), "{name}");
            for related in topic.related {
                let related = format!("certstow {}", related.replace('-', " "));
                assert!(of(&related).is_some(), "{name}: {related}");
            }
        }
    }
}
