//! What a run may show and to whom: results on standard output, everything else on standard
//! error; colours only for terminals that want them.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use certstow::error::Error;
use certstow::platform::store::Interaction;
use certstow::sanitize::safe;

use super::args::Global;
use super::render::json;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();
pub(crate) const HEADING: Style = Style::new().bold();

/// The way to the person or program that started certstow.
pub(crate) struct Screen {
    pub(crate) json: bool,
    quiet: bool,
    verbose: bool,
    interactive: bool,
}

impl Screen {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            interactive: !global.non_interactive && io::stdin().is_terminal(),
        }
    }

    /// For errors before the options are known.
    pub(crate) fn for_errors(json: bool) -> Self {
        Self {
            json,
            quiet: false,
            verbose: false,
            interactive: false,
        }
    }

    /// Whether somebody may be asked.
    pub(crate) fn interaction(&self) -> Interaction {
        if self.interactive {
            Interaction::Allowed
        } else {
            Interaction::Never
        }
    }

    /// Whether only what went wrong is to be said.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether moving progress may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && !self.json && io::stderr().is_terminal()
    }

    /// Whether standard output takes colours.
    pub(crate) fn colors(&self) -> bool {
        AutoStream::choice(&io::stdout()) != ColorChoice::Never
    }

    /// Writes a result to standard output.
    pub(crate) fn print(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut out = io::BufWriter::with_capacity(64 * 1024, anstream::stdout().lock());
        printed(write(&mut out).and_then(|()| out.flush()))
    }

    /// Writes an object of JSON to standard output.
    pub(crate) fn print_json(&self, value: &impl serde::Serialize) -> Result<(), Error> {
        // Past anstream, which would look for escape sequences in every byte.
        let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
        printed(json::write(&mut out, value).and_then(|()| out.flush()))
    }

    /// Says something beside the result; not with `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.line(format_args!("{}", safe(text)));
        }
    }

    /// Warns; with `--quiet` too, since something may go wrong later.
    pub(crate) fn warn(&self, text: &str) {
        self.line(format_args!("{WARNING}warning:{WARNING:#} {}", safe(text)));
    }

    /// Explains what is done, with `-v`.
    pub(crate) fn explain(&self, text: &str) {
        if self.verbose {
            self.line(format_args!("certstow: {}", safe(text)));
        }
    }

    /// Prints an error, what caused it and what to do next.
    pub(crate) fn error(&self, error: &Error) {
        if self.json {
            let mut line = Vec::new();
            if json::write(&mut line, &json::error(error)).is_ok() {
                // Where standard error is closed there is nobody left to tell.
                let _ = io::stderr().write_all(&line);
            }
            return;
        }
        self.line(format_args!("{ERROR}error:{ERROR:#} {error}"));
        for candidate in error.candidates() {
            self.line(format_args!(
                "  {}  {}, until {}, in {}",
                candidate.thumbprint,
                safe(&candidate.label),
                &candidate.not_after[..candidate.not_after.len().min(10)],
                safe(&candidate.store)
            ));
        }
        let mut cause = std::error::Error::source(error);
        while let Some(underneath) = cause {
            self.line(format_args!(
                "  caused by: {}",
                safe(&underneath.to_string())
            ));
            cause = underneath.source();
        }
        if let Some(hint) = error.hint() {
            self.line(format_args!("{HEADING}hint:{HEADING:#} {hint}"));
        }
    }

    fn line(&self, text: std::fmt::Arguments<'_>) {
        // Where standard error is closed there is nobody left to tell.
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }
}

/// A reader that has seen enough and gone away, such as `head`, is no failure.
fn printed(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(Error::Io {
            place: "standard output".to_owned(),
            source,
        }),
        Ok(()) => Ok(()),
    }
}
