//! A task from beginning to end, with a service manager of a person's own.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::service_manager::{AS_NOBODY, BEGIN, VARIABLES};
use crate::succeeds;

/// Runs a story; what it prints.
pub(crate) fn tell(story: &str, folder: &Path) -> String {
    // Where nobody may run it.
    let certstow = folder.join("certstow");
    fs::copy(env!("CARGO_BIN_EXE_certstow"), &certstow).unwrap();
    let [unshare, arguments @ ..] = AS_NOBODY;
    let mut bash = Command::new(unshare);
    bash.args(arguments)
        .envs(VARIABLES)
        .env("STORY", format!("{BEGIN}{story}"))
        .env("CERTSTOW", certstow)
        .env("HOME", folder)
        .env("NO_COLOR", "1")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    let output = succeeds(&mut bash);
    String::from_utf8(output.stdout).unwrap()
}

/// A home folder with an identity in `keys` and a password.
fn home() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("keys");
    fs::create_dir(&store).unwrap();
    for file in ["ada-example.pem", "ada-example.key.pem"] {
        fs::copy(format!("examples/personal/{file}"), store.join(file)).unwrap();
    }
    fs::write(folder.path().join("password"), "correct horse").unwrap();
    folder
}

/// From nothing to a task that ran, and back to nothing.
#[test]
#[ignore = "needs systemd"]
fn schedule_installs_runs_removes_with_real_manager() {
    let folder = home();
    let certstow = folder.path().join("certstow").display().to_string();
    let said = tell(
        r#"
        chmod 600 password
        target='saved 100% $HOME "here"'
        mkdir "$target"
        "$CERTSTOW" schedule install --name nightly --weekly sun@03:15 \
            --to "$target" --store keys --password-file password
        # The same again is no other one; another one takes its place only with --force.
        "$CERTSTOW" schedule install --name nightly --weekly sun@03:15 \
            --to "$target" --store keys --password-file password
        cp -r .config/systemd/user before
        status=0
        "$CERTSTOW" schedule install --name nightly --daily 03:15 \
            --to "$target" --store keys --password-file password 2> refusal || status=$?
        echo "another $status: $(head -n 1 refusal)"
        diff -r before .config/systemd/user && echo 'nothing of it changed'
        "$CERTSTOW" schedule install --name nightly --daily 03:15 --force \
            --to "$target" --store keys --password-file password
        "$CERTSTOW" schedule show --name nightly 2>&1
        echo '-- it never ran'
        "$CERTSTOW" schedule show --name nightly --json
        systemctl --user start nightly.service
        echo "status $(systemctl --user show --property=ExecMainStatus nightly.service)"
        ls "$target"
        # It may write no home, and remembers the folder all the same.
        mv "$target" unmounted
        mkdir "$target"
        systemctl --user start nightly.service || true
        echo "emptied $(systemctl --user show --property=ExecMainStatus nightly.service)"
        ls -A "$target"
        rmdir "$target"
        mv unmounted "$target"
        "$CERTSTOW" doctor --store keys || true
        echo '-- all of them'
        "$CERTSTOW" schedule install --name twice --daily 8:05 --daily 18:00 --monthly last@03:15 \
            --random-delay 0 --to saved* --store keys --password-file password
        "$CERTSTOW" schedule list
        "$CERTSTOW" schedule list --json > list.json
        "$CERTSTOW" schedule list --machine
        # Somebody else's times.
        sed -i 's/^OnCalendar=.*08:05:00/OnCalendar=Mon..Fri 8:05/' .config/systemd/user/twice.timer
        systemctl --user daemon-reload
        "$CERTSTOW" schedule list | grep Mon
        "$CERTSTOW" schedule remove --name twice

        echo '-- what a task would do'
        mv password hidden
        status=0
        "$CERTSTOW" doctor --name nightly > looked || status=$?
        echo "looked $status: $(grep failed looked)"
        grep -c '  task  ' looked
        mv hidden password
        "$CERTSTOW" doctor --name nightly | grep target
        "$CERTSTOW" doctor --name other 2>&1 | head -n 1 || true

        # By a link, as packages have it, whose certstow an update takes away.
        mkdir -p opt/1 opt/2
        cp "$CERTSTOW" opt/1/certstow
        ln -s opt/1/certstow link
        ./link schedule install --name linked --to "$target" --store keys --password-file password
        mv opt/1/certstow opt/2/certstow
        ln -sf opt/2/certstow link
        systemctl --user start linked.service
        ./link doctor --store keys | grep linked
        rm link
        status=0
        "$CERTSTOW" doctor --store keys > gone || status=$?
        echo "link gone $status: $(grep failed gone)"
        "$CERTSTOW" schedule remove --name linked
        systemctl --user start nightly.service

        echo '-- the doctor in a task'
        systemd-run --user --quiet --wait --pipe --working-directory="$HOME" \
            "$CERTSTOW" doctor --store keys --to "$target" --password-file password --log log

        echo '-- a config with an error'
        echo 'to = "here"' > bad.toml
        echo 'iterations = "many"' >> bad.toml
        status=0
        "$CERTSTOW" schedule install --name bad --config bad.toml 2> refusal || status=$?
        echo "refused $status: $(head -n 1 refusal)"
        ls .config/systemd/user | grep bad || echo 'nothing of it is there'

        echo '-- another certstow, none, and other options'
        mv "$CERTSTOW" moved
        ./moved schedule show --name nightly --json
        : > "$CERTSTOW"
        ./moved schedule show --name nightly 2>&1
        sed -i s/--non-interactive/--no-such/ .config/systemd/user/nightly.service
        ./moved schedule show --name nightly 2>&1
        systemctl --user daemon-reload
        systemctl --user stop nightly.timer
        ./moved schedule show --name nightly 2>&1
        mv moved "$CERTSTOW"

        echo '-- the end'
        "$CERTSTOW" schedule remove --name nightly
        ls .config/systemd/user
        status=0
        "$CERTSTOW" schedule show --name nightly || status=$?
        echo "then $status"
        "#,
        folder.path(),
    );
    for part in [
        "Scheduled 'nightly'\n  when    every Sunday at 03:15",
        "Scheduled 'nightly', as it was already\n",
        "another 16: error: a task named 'nightly' is scheduled already\n",
        "nothing of it changed\n",
        "Scheduled 'nightly', in the place of the earlier task of that name\n  when    every day at \
         03:15",
        "\n  last    never\n  next    20",
        "\"when\": \"every day at 03:15\",\n",
        "\"last_run\": null,\n  \"last_exit\": null,\n  \"last_result\": \"never\",\n  \"next_run\": \"20",
        "  when    every day at 08:05 and 18:00, on the last day of every month at 03:15\n",
        "nightly\n  when    every day at 03:15\n  last    exit code 16, target exists or is not writable (20",
        "twice\n  when    every day at 08:05 and 18:00, on the last day of every month at 03:15\n  last    \
         never\n  next    20",
        "  when    Mon..Fri 8:05, *-*-* 18:00:00, *-*~01 03:15:00\n",
        "status ExecMainStatus=0",
        "emptied ExecMainStatus=16\n",
        "warning  task      nightly: runs [CERTSTOW]; its last run ended with exit code 16, target",
        "ok       task      linked: runs [FOLDER]/link; its last run ended with exit code 0, done (",
        "looked 17: failed   password  [FOLDER]/password: the password cannot be read",
        "\n1\nok       target    [FOLDER]/saved 100% $HOME \"here\": can be written; ",
        "error: no task named 'other' is scheduled\n",
        "link gone 1: failed   task      linked: the task runs [FOLDER]/link, which does not exist",
        "ok       task      nightly: runs [CERTSTOW]; its last run ended with exit code 0, done (",
        "certstow-manifest.json",
        ".p12",
        ", as the service run-",
        "ok       log       log: can be appended to",
        "names 1 saved identities",
        "refused 2: error: bad.toml, line 2: ",
        "nothing of it is there",
        "\"the task runs [CERTSTOW], which does not exist: install it anew with the certstow there is\"",
        "warning: the task runs another certstow than this one: [CERTSTOW]\n",
        "warning: nightly.service was changed since systemd read it",
        "warning: this certstow does not take the options of the task: unexpected argument \
         '--no-such' found",
        "warning: nightly.timer is stopped",
        "Removed 'nightly'",
        "then 10",
    ] {
        let part = part.replace("[CERTSTOW]", &certstow);
        let part = part.replace("[FOLDER]", &folder.path().display().to_string());
        assert!(said.contains(&part), "no {part} in {said}");
    }
    let list = fs::read(folder.path().join("list.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    assert_eq!(list["schema"], "certstow.schedule-list/1");
    let [nightly, twice] = [0, 1].map(|at| &list["tasks"][at]);
    assert_eq!(
        (&nightly["name"], &nightly["last_exit"]),
        (&"nightly".into(), &16.into())
    );
    assert_eq!(nightly["last_result"], "failed");
    for time in [
        &nightly["last_run"],
        &nightly["next_run"],
        &twice["next_run"],
    ] {
        let time = time.as_str().unwrap();
        assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    }
    assert!(
        twice["last_run"].is_null() && twice["machine"] == false,
        "{list}"
    );
    // As it was installed there is nothing to warn of.
    let (as_installed, _) = said.split_once("-- a config").unwrap();
    let other = |line: &str| line.contains("warning ") && !line.contains("exit code 16");
    assert!(!as_installed.lines().any(other), "{as_installed}");
    let (_, after) = said.split_once("Removed").unwrap();
    assert!(!after.contains("timers.target.wants/"), "{after}");
}

/// A command for the password does there what password managers do: it is found by its own words,
/// makes a connection and code, and cannot write the home.
#[test]
#[ignore = "needs systemd"]
fn password_command_runs_in_task_with_real_manager() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("keys");
    fs::create_dir(&store).unwrap();
    for file in ["ada-example.pem", "ada-example.key.pem"] {
        fs::copy(format!("examples/personal/{file}"), store.join(file)).unwrap();
    }
    let said = tell(
        r#"
        mkdir saved
        echo 'correct horse' > '100% $HOME "here"'
        cat > manager.py <<'PYTHON'
import mmap, socket, sys
socket.socket(socket.AF_INET)
mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
print(open(sys.argv[1]).read() + "and a note")
print("manager was asked", file=sys.stderr)
PYTHON
        "$CERTSTOW" schedule install --to saved --store keys --password-command \
            "/usr/bin/python3 $HOME/manager.py '$HOME/100% \$HOME \"here\"'"
        # The journal reads the unit from the control group of the process: one that ended first has none.
        run_until_said() {
            for run in {1..5}; do
                rm --force saved/*.p12
                systemctl --user start certstow.service || true
                for try in {1..30}; do
                    journalctl --user-unit certstow --output cat > journal
                    grep "$1" journal && return
                    sleep 0.1
                done
            done
        }
        run_until_said 'manager was asked'
        echo 'correct horse' > password
        "$CERTSTOW" backup verify saved --password-file password
        sed -i 's/^print(open.*/sys.exit(9)/' manager.py
        run_until_said 'it ended with exit code 9'
        cat journal
        echo "failed $(systemctl --user show --property=ExecMainStatus certstow.service)"
        "#,
        folder.path(),
    );
    for part in [
        "manager was asked",
        "saved: 1 file is whole and proven to restore",
        "failed ExecMainStatus=17",
        "the password cannot be read from the command 'python3'",
        "it ended with exit code 9",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
}

/// An alarm on the priority of the journal sounds on the first night on which something is not saved.
#[test]
#[ignore = "needs systemd"]
fn journal_of_partial_run_has_priorities() {
    let folder = home();
    let locked = "tests/cmd/errors.in/locked";
    for file in fs::read_dir(locked).unwrap() {
        let file = file.unwrap();
        fs::copy(
            file.path(),
            folder.path().join("keys").join(file.file_name()),
        )
        .unwrap();
    }
    let said = tell(
        r#"
        chmod 600 password
        mkdir saved
        "$CERTSTOW" schedule install --to saved --store keys --password-file password 2> warned
        grep 'Lotte Locked' warned
        # The journal reads the unit from the control group of the process: one that ended first has none.
        for run in {1..5}; do
            systemctl --user start certstow.service || true
            for try in {1..30}; do
                journalctl --user-unit certstow --output cat > journal
                grep --quiet 'is not right is listed above' journal && break 2
                sleep 0.1
            done
        done
        echo '-- 3'
        journalctl --user-unit certstow --priority err --identifier certstow --output cat | sort --unique
        echo '-- 4'
        journalctl --user-unit certstow --priority warning..warning --identifier certstow \
            --output cat | sort --unique
        "#,
        folder.path(),
    );
    let (_, levels) = said.split_once("-- 3\n").unwrap();
    let (errors, warnings) = levels.split_once("-- 4\n").unwrap();
    assert_eq!(errors.lines().count(), 1, "{said}");
    assert!(
        errors.starts_with("Lotte Locked  ") && errors.contains("  not saved: "),
        "{said}"
    );
    let expected = "1 of 2 identities are saved; what is not right is listed above.";
    assert!(warnings.lines().any(|line| line == expected), "{said}");
}

/// A timer that systemd enables and then does not start, as another file says that it has no times.
#[test]
#[ignore = "needs systemd"]
fn install_disables_unstartable_timer_with_real_manager() {
    let folder = home();
    let said = tell(
        r#"
        mkdir -p .config/systemd/user/bad.timer.d
        printf '[Timer]\nOnCalendar=\n' > .config/systemd/user/bad.timer.d/x.conf
        status=0
        "$CERTSTOW" schedule install --name bad --to . --store keys \
            --password-file password 2> refusal || status=$?
        echo "refused $status: $(grep -v warning: refusal | head -n 1)"
        find .config/systemd/user -name 'bad.*'
        "#,
        folder.path(),
    );
    let expected = "refused 1: error: the scheduler refused to start the timer\n\
                    .config/systemd/user/bad.timer.d\n";
    assert_eq!(said, expected);
}

/// Where no manager runs nothing is written.
#[test]
#[ignore = "needs systemd"]
fn install_without_service_manager_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args([
            "schedule",
            "install",
            "--store",
            "examples/personal",
            "--to",
        ])
        .arg(folder.path())
        .args(["--escrow", "examples/personal/issuers/sample-root.pem"])
        .env("HOME", folder.path())
        .env("XDG_RUNTIME_DIR", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [
        "error: the service manager of this account does not run",
        "caused by: systemctl ended with exit code 1: Failed to connect",
        "hint: run certstow in a session of the account itself, after 'loginctl enable-linger'",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
