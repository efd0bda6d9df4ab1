//! What a command line leaves unsaid: `CERTSTOW_STORE` and a person's own options file, as scripts and
//! people run certstow.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use program::certstow;
use tempfile::TempDir;

/// The samples, by a path that is absolute under Wine, too.
fn samples() -> String {
    let samples = std::path::absolute(program::samples()).expect("a path");
    samples.display().to_string()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder.path(), mode).expect("the mode is set");
    }
    folder
}

/// certstow with this options file.
fn with_file(folder: &Path, text: &str) -> Command {
    let file = folder.join("own.toml");
    fs::write(&file, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("the mode is set");
    }
    let mut command = certstow(folder);
    command.env("CERTSTOW_CONFIG", file);
    command
}

/// Wine now and then fails to start one of many programs (ERROR_INTERNAL_ERROR, 1359).
fn started(command: &mut Command) -> Output {
    for _ in 0..5 {
        match command.output() {
            Err(error) if error.raw_os_error() == Some(1359) => {}
            output => return output.expect("it starts"),
        }
    }
    command.output().expect("it starts")
}

/// Its exit code, standard output and standard error.
fn outcome(command: &mut Command) -> (i32, String, String) {
    let output = started(command);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("a code");
    (code, text(output.stdout), text(output.stderr))
}

/// Each of the sources of an option names another folder; the first of those that are there is read.
#[test]
fn store_comes_from_first_source() {
    const SOURCES: [&str; 5] = ["typed", "environment", "config", "table", "all"];
    let folder = folder();
    for source in SOURCES {
        fs::create_dir(folder.path().join(source)).expect("a folder");
    }
    let config = "store = 'config'\n";
    fs::write(folder.path().join("c.toml"), config).expect("written");
    for there in 1_u8..32 {
        let has = |source: &str| {
            let at = SOURCES.iter().position(|one| *one == source);
            there >> at.expect("a source") & 1 == 1
        };
        let mut text = String::new();
        for (source, key) in [
            ("all", "store = 'all'\n"),
            ("table", "[backup]\nstore = 'table'\n"),
        ] {
            text += if has(source) { key } else { "" };
        }
        let mut certstow = with_file(folder.path(), &text);
        certstow.args(["-v", "backup", "--to", "b", "--password-env", "SECRET"]);
        if has("typed") {
            certstow.args(["--store", "typed"]);
        }
        if has("environment") {
            certstow.env("CERTSTOW_STORE", "environment");
        }
        if has("config") {
            certstow.args(["--config", "c.toml"]);
        }
        let (code, _, errors) = outcome(&mut certstow);
        assert_eq!(code, 10, "{errors}");
        let read: Vec<_> = errors
            .lines()
            .filter(|line| line.starts_with("certstow: read "))
            .collect();
        let first = SOURCES.into_iter().find(|source| has(source)).expect("one");
        assert!(
            read.len() == 1 && read[0].ends_with(first),
            "{there:b}: {errors}"
        );
    }
}

/// As a shell hands over what another program decrypts: `--config <(sops -d c.toml)`.
#[cfg(unix)]
#[test]
fn piped_config_is_read_once() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    fs::create_dir(folder.path().join("piped")).expect("a folder");
    let config = "store = 'piped'\nto = 'b'\npassword-env = 'SECRET'\n";
    let writing = std::thread::spawn(move || fs::write(pipe, config));
    let mut certstow = with_file(folder.path(), "store = 'own'\ntimeout = '20s'\n");
    let (code, _, errors) = outcome(certstow.args(["-v", "backup", "--config", "pipe"]));
    writing.join().expect("it ends").expect("written");
    assert!(code == 10 && errors.contains("piped"), "{errors}");
}

#[test]
fn no_config_leaves_file_and_variable_out() {
    let folder = folder();
    let mut certstow = with_file(folder.path(), "nonsense = ");
    certstow
        .env("CERTSTOW_STORE", "nowhere")
        .args(["list", "--no-config", "--store", "."]);
    let (code, _, errors) = outcome(&mut certstow);
    assert_eq!((code, errors.contains("nonsense")), (0, false), "{errors}");
}

#[test]
fn verbose_names_what_was_taken() {
    let folder = folder();
    let mut certstow = with_file(folder.path(), "timeout = '5s'\n[list]\nall = true\n");
    certstow.env("CERTSTOW_STORE", ".").args(["-v", "list"]);
    let (_, _, errors) = outcome(&mut certstow);
    let file = folder.path().join("own.toml");
    let expected = format!(
        "certstow: from CERTSTOW_STORE: store\ncertstow: from {}: timeout, all\n",
        file.display()
    );
    assert!(errors.starts_with(&expected), "{errors}");
}

/// What only the command itself refuses, it refuses by names that may be nobody's who typed.
#[test]
fn usage_error_names_file_of_options() {
    let folder = folder();
    let mut certstow = with_file(folder.path(), "[list]\ntree = true\n");
    let (code, _, errors) = outcome(certstow.args(["list", "--json", "--store", "."]));
    assert_eq!(code, 2, "{errors}");
    let told = "own.toml: tree; --no-config does without them)";
    assert!(errors.contains(told), "{errors}");
}

#[test]
fn typed_option_replaces_what_it_excludes() {
    let folder = folder();
    let file = "[export]\npassword-file = 'nothing-there'\nprofile = 'legacy'\n";
    let mut certstow = with_file(folder.path(), file);
    let samples = samples();
    certstow.args([
        "export",
        "Ada Example",
        "--store",
        &samples,
        "--for",
        "windows2016",
    ]);
    certstow.args(["--password-env", "SECRET", "-o", "a.p12", "--json"]);
    let (code, report, errors) = outcome(&mut certstow);
    assert!(
        code == 0 && report.contains("\"compatible\""),
        "{report}{errors}"
    );
}

/// What a command cannot do without may come from the file; without it, the command is no other.
#[test]
fn file_gives_required_option() {
    let folder = folder();
    let restore = ["backup", "restore", "nowhere", "--password-env", "SECRET"];
    let all = "[backup]\nto = 'b'\npassword-env = 'SECRET'\n";
    let with_place = format!("{all}[backup.restore]\ninto = 'restored'\n");
    for (text, code, words) in [
        (all, 2, "--into <SPEC>"),
        (&with_place, 1, "nowhere cannot be read"),
    ] {
        let (found, _, errors) = outcome(with_file(folder.path(), text).args(restore));
        assert!(found == code && errors.contains(words), "{errors}");
    }
    let store = format!("store = '{}'", samples());
    for (text, code, words) in [
        ("timeout = '5s'", 2, "<SELECTOR>"),
        (&store, 11, "there are 3 identities"),
    ] {
        let (found, _, errors) = outcome(with_file(folder.path(), text).arg("show"));
        assert!(found == code && errors.contains(words), "{errors}");
    }
}

#[test]
fn completions_use_store_of_file() {
    let folder = folder();
    let ask = |words: &str, store: &str| {
        let mut certstow = with_file(folder.path(), &format!("store = '{store}'"));
        certstow.env("CERTSTOW_COMPLETE", "powershell");
        certstow.env("CERTSTOW_COMPLETE_WORDS", words.replace(' ', "\n"));
        outcome(certstow.arg("--")).1
    };
    let samples = samples();
    assert!(ask("certstow show Ada", &samples).contains("Ada Example"));
    assert!(!ask("certstow --no-config show Ada", &samples).contains("Ada Example"));
    assert_eq!(ask("certstow show Ada", "nowhere"), "");
}

#[test]
fn broken_file_ends_commands_but_not_help() {
    let folder = folder();
    let run = |words: &[&str]| outcome(with_file(folder.path(), "[lsit]").args(words));
    let wrong = "line 1: [lsit] is no command: did you mean [list]?";
    for words in [
        &["list"][..],
        &["backup", "verify", "x"],
        &["schedule", "show"],
        &["stores"],
        // They lack what the file might say.
        &["show"],
        &["backup", "restore", "x"],
        &["export"],
    ] {
        let (code, _, errors) = run(words);
        assert!(
            code == 2 && errors.contains(wrong) && errors.contains("--no-config"),
            "{errors}"
        );
    }
    for words in [
        &["--help"][..],
        &["-V"],
        &["list", "-h"],
        &["completions", "bash"],
        &["man", "m"],
    ] {
        let (code, _, errors) = run(words);
        assert!(code == 0 && !errors.contains("lsit"), "{errors}");
    }
    let (code, found, _) = run(&["doctor", "--store", "."]);
    assert_eq!(code, 2, "{found}");
    assert!(
        found.starts_with("failed   config") && found.contains(wrong),
        "{found}"
    );
    assert!(found.contains("ok       store"), "{found}");
}

#[test]
fn doctor_names_what_it_took() {
    let folder = folder();
    let file = "[backup]\nto = 'b'\nallow-unproven = true\n[doctor]\ntimeout = '9s'\n";
    let mut certstow = with_file(folder.path(), file);
    certstow.env("CERTSTOW_STORE", ".").args(["doctor"]);
    let (_, found, _) = outcome(&mut certstow);
    let file = folder.path().join("own.toml");
    let expected = format!(
        "ok       config    CERTSTOW_STORE: it gives store\nok       config    {}: it gives to, timeout\n",
        file.display()
    );
    assert!(found.starts_with(&expected), "{found}");
    assert!(found.contains("target    "), "{found}");
    let mut certstow = with_file(folder.path(), "[list]\nall = true\n");
    let (_, found, _) = outcome(certstow.args(["doctor", "--store", "."]));
    assert!(
        found.contains("own.toml: it says nothing about this"),
        "{found}"
    );
}

#[test]
fn variables_that_make_no_sense_are_refused() {
    let folder = folder();
    for (variable, value, code, words) in [
        ("CERTSTOW_STORE", "windows:Nowhere", 2, "CERTSTOW_STORE: "),
        ("CERTSTOW_STORE", "", 0, ""),
        (
            "CERTSTOW_CONFIG",
            "not-there.toml",
            1,
            "not-there.toml cannot be read",
        ),
        ("CERTSTOW_CONFIG", "", 0, ""),
    ] {
        let mut certstow = certstow(folder.path());
        certstow
            .env(variable, value)
            .arg("stores")
            .env("HOME", folder.path());
        let (found, ..) = outcome(&mut certstow);
        let (_, _, errors) = outcome(certstow.args(["--timeout", "20s"]));
        assert_eq!(found, code, "{errors}");
        let mut certstow = self::certstow(folder.path());
        certstow
            .env(variable, value)
            .env("HOME", folder.path())
            .args(["list"]);
        let (_, _, errors) = outcome(&mut certstow);
        assert!(errors.contains(words), "{errors}");
    }
}

/// The task has it all, and reads none of it.
#[cfg(target_os = "linux")]
#[test]
fn schedule_writes_defaults_into_task() {
    let folder = folder();
    let file = "timeout = '20s'\n[backup]\nto = 'b'\nescrow = 'e.pem'\nprofile = 'compatible'\n\
                [schedule.install]\ndaily = '08:05'\n";
    let mut certstow = with_file(folder.path(), file);
    let folder_name = std::path::absolute(folder.path()).expect("a path");
    certstow.current_dir(&folder_name);
    certstow
        .env("CERTSTOW_STORE", "s")
        .args(["schedule", "install", "--print", "--system", "systemd"]);
    let to = folder_name.join("c");
    certstow.arg("--to").arg(&to);
    fs::write(folder.path().join("e.pem"), "").expect("written");
    let (code, task, errors) = outcome(&mut certstow);
    assert_eq!(code, 0, "{errors}");
    let at = |name: &str| folder_name.join(name).display().to_string();
    let line = format!(
        "backup --non-interactive --no-config --to {} --profile compatible --escrow {} --store file:{} \
         --timeout 20s\n",
        at("c"),
        folder.path().join("e.pem").display(),
        at("s")
    );
    assert!(task.contains(&line), "{task}");
    assert!(task.contains("OnCalendar=*-*-* 08:05:00"), "{task}");
    // What another machine is to do stands on the command line.
    certstow.args(["--program", "/usr/bin/certstow", "--password-vault", "v"]);
    let (code, task, errors) = outcome(&mut certstow);
    assert_eq!(code, 0, "{errors}");
    let line = format!(
        "certstow backup --non-interactive --no-config --to {} --password-vault v\n",
        to.display()
    );
    assert!(task.contains(&line), "{task}");
}

#[cfg(unix)]
#[test]
fn pipe_is_no_file_of_options() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(&pipe)
        .status();
    assert!(made.expect("mkfifo starts").success());
    let mut certstow = certstow(folder.path());
    certstow.env("CERTSTOW_CONFIG", pipe).args(["list"]);
    let (code, _, errors) = outcome(&mut certstow);
    assert!(
        code == 2 && errors.contains("pipe: it is no regular file"),
        "{errors}"
    );
}

#[cfg(unix)]
#[test]
fn file_that_others_may_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder();
    let mut certstow = with_file(folder.path(), "timeout = '9s'");
    certstow.args(["list", "--store", "."]);
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode is set");
    };
    assert_eq!(outcome(&mut certstow).0, 0);
    open(&folder.path().join("own.toml"), 0o620);
    let (code, _, errors) = outcome(&mut certstow);
    assert!(
        code == 2 && errors.contains("own.toml: other accounts may write to it"),
        "{errors}"
    );
    assert!(errors.contains("chmod go-w"), "{errors}");
    open(&folder.path().join("own.toml"), 0o600);
    open(folder.path(), 0o770);
    let (code, _, errors) = outcome(&mut certstow);
    assert!(
        code == 2 && errors.contains("put another file in its place"),
        "{errors}"
    );
}

/// The file that nobody names, where each system has it.
#[test]
fn file_of_the_person_is_found() {
    let folder = folder();
    let (variable, inside) = match () {
        () if cfg!(windows) => ("APPDATA", "certstow/config.toml"),
        () if cfg!(target_os = "macos") => {
            ("HOME", "Library/Application Support/certstow/config.toml")
        }
        () => ("HOME", ".config/certstow/config.toml"),
    };
    let file = folder.path().join(inside);
    fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
    fs::write(&file, "[list]\nall = true\n").expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for path in file.ancestors().take_while(|path| *path != folder.path()) {
            let mode = fs::metadata(path)
                .expect("it is there")
                .permissions()
                .mode();
            let mode = fs::Permissions::from_mode(mode & 0o755);
            fs::set_permissions(path, mode).expect("the mode is set");
        }
    }
    let mut certstow = certstow(folder.path());
    certstow
        .env(variable, folder.path())
        .env_remove("CERTSTOW_CONFIG")
        .env_remove("XDG_CONFIG_HOME");
    let (_, _, errors) = outcome(certstow.args(["-v", "list", "--store", "."]));
    assert!(errors.contains("config.toml: all"), "{errors}");
}
