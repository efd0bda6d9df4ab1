//! The workflows in `.github/workflows`, linted where they don't run: their syntax, expressions and
//! permissions by jactionlint, which grew out of actionlint, and that every xtask they name exists.

use crate::command::{command, ensure, root, run};
use crate::{files, pip};

/// The linter, as [`pip`] calls it.
pub(crate) const LINTER: &str = "jactionlint";

/// Lints, with whatever is found an error. `usage` names the commands of this program.
pub(crate) fn lint(usage: &str) -> Result<(), String> {
    check(usage)?;
    // The steps are one command each, which leaves nothing for shellcheck.
    run(
        command!("python3 -m jactionlint --strict-exit --shellcheck=")
            .env("PYTHONPATH", pip::folder(LINTER)?),
    )
}

/// An error unless every `cargo xtask` in the workflows is a command of this program, and every
/// action is a commit, with its version beside it.
fn check(usage: &str) -> Result<(), String> {
    let folder = root().join(".github").join("workflows");
    let mut findings = Vec::new();
    for file in files::in_folder(folder)? {
        let text = files::read_text(&file)?;
        for (number, line) in text.lines().enumerate() {
            if let Some(finding) = finding(line, usage) {
                findings.push(format!("{}:{}: {finding}", file.display(), number + 1));
            }
        }
    }
    ensure(findings.is_empty(), || findings.join("\n"))
}

fn finding(line: &str, usage: &str) -> Option<String> {
    if let Some((_, command)) = line.split_once("cargo xtask ") {
        let name = command.split_whitespace().next().unwrap_or_default();
        if !usage.contains(&format!("cargo xtask {name} ")) {
            return Some(format!("there is no cargo xtask {name}"));
        }
    }
    let (_, action) = line.split_once("uses: ")?;
    let (_, commit) = action.split_once('@').unwrap_or_default();
    let (commit, version) = commit.split_once(" # v").unwrap_or_default();
    let pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!pinned || version.is_empty())
        .then(|| format!("{action} is not a commit with its version in a comment"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::USAGE;

    #[test]
    fn check_accepts_committed_workflows() {
        check(USAGE).unwrap();
    }

    #[test]
    fn finding_reports_action_not_pinned_by_commit() {
        let commit = "de0fac2e4500dabe0009e67214ff5f5447ce83dd";
        assert!(finding("  - uses: actions/checkout@v6", USAGE).is_some());
        assert!(finding(&format!("  - uses: actions/checkout@{commit}"), USAGE).is_some());
        assert!(
            finding(
                &format!("  - uses: actions/checkout@{commit} # v6.0.2"),
                USAGE
            )
            .is_none()
        );
    }

    #[test]
    fn finding_reports_unknown_xtask_command() {
        assert!(finding("run: cargo xtask hosted", USAGE).is_none());
        assert!(finding("run: cargo xtask nothing", USAGE).is_some());
    }
}
