//! Passwords with a blank at an end, as `echo` of cmd.exe writes them into files.

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod program;

use std::fs;

use program::{run, samples};

#[test]
fn blank_at_end_of_password_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    fs::write(folder.join("cmd.txt"), "secret \r\n").expect("a file");
    fs::write(folder.join("right.txt"), "secret\r\n").expect("a file");
    let store = samples();
    let cmd = ["--password-file", "cmd.txt"];
    let right = ["--password-file", "right.txt"];
    let export = |file: &str, password: [&str; 2]| {
        let few = ["--iterations", "2000", "-o", file];
        let export = ["export", "Grace", "--store", &store];
        run(folder, &[&export[..], &few, &password].concat())
    };
    let warning = "warning: the password ends with a blank";
    let (code, text) = export("blank.p12", cmd);
    assert!(code == Some(0) && text.contains(warning), "{text}");
    let (code, text) = export("right.p12", right);
    assert!(code == Some(0) && !text.contains("blank"), "{text}");

    let named = "a password that was given ends with a blank";
    for (password, says_so) in [(cmd, true), (right, false)] {
        let file = if says_so { "right.p12" } else { "blank.p12" };
        let check = ["check", file];
        let import = ["import", file, "--store", "new"];
        for command in [&check[..], &import] {
            let (code, text) = run(folder, &[command, &password[..]].concat());
            assert_eq!(code, Some(17), "{text}");
            assert_eq!(text.contains(named), says_so, "{text}");
        }
    }
    let import = ["import", "right.p12", "--store", "new"];
    let unlock = ["--unlock-password-file", "cmd.txt"];
    let (code, text) = run(folder, &[&import[..], &right, &unlock].concat());
    assert!(code == Some(0) && text.contains(warning), "{text}");
    let backup = ["backup", "--to", "copies", "--store", &store];
    let (code, text) = run(folder, &[&backup[..], &cmd].concat());
    assert_eq!(text.matches(warning).count(), 1, "{code:?} {text}");
}
