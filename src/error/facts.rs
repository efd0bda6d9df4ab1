//! What an error is to a script and to a person, beside what happened: the exit code, the word in
//! JSON, and what to do next. Each kind of error gives these facts in one table.

use std::borrow::Cow;
use std::error::Error;

use certstow_core::error::Candidate;
use certstow_platform::os;

use crate::exit::Exit;

/// What an error is to a script and to a person.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The word for it in JSON: "not-found", "ambiguous" and so on.
    pub(crate) code: &'static str,
    /// What to do next; nothing after a person gave up.
    pub(crate) hint: Option<Hint>,
    /// The answer in the wizard that has to change, where it is one of them.
    pub(crate) answer: Option<Answer>,
}

impl Facts {
    pub(crate) fn new(exit: Exit, code: &'static str, hint: impl Into<Hint>) -> Self {
        Self {
            exit,
            code,
            hint: Some(hint.into()),
            answer: None,
        }
    }

    /// Of a command line that makes no sense.
    pub(crate) fn usage() -> Self {
        let hint = "'certstow COMMAND --help' describes every option";
        Self::new(Exit::Usage, "usage", Hint::on_command_line(hint))
    }

    /// Of a person who gave up.
    pub(crate) fn cancelled() -> Self {
        Self {
            exit: Exit::Cancelled,
            code: "cancelled",
            hint: None,
            answer: None,
        }
    }

    /// The same, of an error that another answer in the wizard may mend.
    pub(crate) fn about(self, answer: Answer) -> Self {
        Self {
            answer: Some(answer),
            ..self
        }
    }
}

/// An answer that was given in the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Which identity to save.
    Identity,
    /// The password of the file.
    Password,
    /// Where to save it.
    File,
}

/// What to do next. The wizard has no options, so its words name none.
#[derive(Debug)]
pub(crate) struct Hint {
    on_command_line: Cow<'static, str>,
    in_wizard: Option<Cow<'static, str>>,
    /// Whether it is about what a person types where it is asked for.
    of_typing: bool,
}

impl Hint {
    /// In words that name options; the wizard says nothing instead.
    pub(crate) fn on_command_line(words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            on_command_line: words.into(),
            in_wizard: None,
            of_typing: false,
        }
    }

    /// The same, with what the wizard says instead.
    pub(crate) fn in_wizard(self, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            in_wizard: Some(words.into()),
            ..self
        }
    }

    /// The same, and then what else may help, in words that name options.
    pub(crate) fn and(self, words: &str) -> Self {
        Self {
            on_command_line: format!("{}; {words}", self.on_command_line).into(),
            ..self
        }
    }

    /// The same; if it is of a file that may not be read, with what the system has for that.
    pub(crate) fn of_denied(self, is_denied: bool) -> Self {
        match os::way_to_files_of_another_computer().filter(|_| is_denied) {
            Some(way) => {
                let and = |words: Cow<'static, str>| format!("{words}; {way}").into();
                Self {
                    on_command_line: and(self.on_command_line),
                    in_wizard: self.in_wizard.map(and),
                    ..self
                }
            }
            None => self,
        }
    }

    /// The same, of what a person types where it is asked for: at a terminal, too, the words of the
    /// wizard are said.
    pub(crate) fn of_typing(self) -> Self {
        Self {
            of_typing: true,
            ..self
        }
    }

    /// In words for one of them.
    fn worded(self, wording: Wording) -> Option<String> {
        let without_options = match wording {
            Wording::CommandLine | Wording::OutOfSight => false,
            Wording::Terminal => self.of_typing,
            Wording::Wizard => true,
        };
        let words = match without_options {
            true => self.in_wizard?,
            false => self.on_command_line,
        };
        Some(words.into_owned())
    }
}

/// Words that name no option serve everywhere.
impl<T: Into<Cow<'static, str>>> From<T> for Hint {
    fn from(words: T) -> Self {
        let words = words.into();
        Self {
            in_wizard: Some(words.clone()),
            on_command_line: words,
            of_typing: false,
        }
    }
}

/// How an identity gets into a store where there is none.
pub(crate) const GETS_IN: &str =
    "'certstow import FILE' takes in a certificate that was saved to a file (.p12, .pfx, .pem)";

/// What EPERM of macOS asks for, beside rare flags of files.
pub(super) const FULL_DISK_ACCESS: &str = "give the program that runs it, certstow in a task or the terminal, \
                                Full Disk Access in System Settings, Privacy & Security";

/// What to do where questions are shown in a console that nobody sees.
const TO_BE_ASKED: &str = "this window (as Git Bash, MSYS2 and PowerShell ISE have) shows no questions: to \
                           be asked, start it as 'winpty certstow ...', or in Windows Terminal, cmd or \
                           PowerShell, and without redirecting both outputs";

/// Whom the words of a hint are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wording {
    /// Programs, and the author of a command line that runs unattended.
    CommandLine,
    /// A person who typed a command line and can be asked.
    Terminal,
    /// A person who cannot be asked in the window that shows the output
    /// ([`certstow_platform::os::Asking::OutOfSight`]).
    OutOfSight,
    /// A person who answers the questions of the wizard.
    Wizard,
}

/// An error that knows these facts.
pub(crate) trait Explain: Error {
    fn facts(&self) -> Facts;

    /// The identities to choose from, when several matched, or none and these nearly did.
    fn candidates(&self) -> &[Candidate] {
        &[]
    }

    /// The exit code.
    fn exit(&self) -> Exit {
        self.facts().exit
    }

    /// The word for it in JSON.
    fn code(&self) -> &'static str {
        self.facts().code
    }

    /// What to do next, for the command line.
    fn hint(&self) -> Option<String> {
        self.hint_for(Wording::CommandLine)
    }

    /// What to do next, in words for one of them.
    fn hint_for(&self, wording: Wording) -> Option<String> {
        let Facts { exit, hint, .. } = self.facts();
        let hint = hint?.worded(wording)?;
        match (wording, exit) {
            (Wording::OutOfSight, Exit::InteractionRequired) => {
                Some(format!("{TO_BE_ASKED}; otherwise {hint}"))
            }
            _ => Some(hint),
        }
    }
}

/// Without the numbers of errors that Rust's texts of them have, for people who cannot look them up.
pub(crate) fn without_numbers(text: &str) -> String {
    const NUMBER: &str = " (os error ";
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(NUMBER) {
        out.push_str(before);
        rest = match after.split_once(')') {
            Some((number, after)) if number.parse::<i32>().is_ok() => after,
            _ => {
                out.push_str(NUMBER);
                after
            }
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_numbers_removes_numbers_of_errors_alone() {
        for (text, expected) in [
            ("no: No such file (os error 2).", "no: No such file."),
            ("(os error 5) a (os error 5)", "(os error 5) a"),
            ("file (os error x) y", "file (os error x) y"),
        ] {
            assert_eq!(without_numbers(text), expected);
        }
    }
}
