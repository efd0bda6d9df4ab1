//! The value of an option that is a command. Its arguments may be nobody else's business, so that what is
//! wrong with it is told without them.

use std::ffi::OsStr;

use certstow_platform::os::CommandLine;
use clap::builder::TypedValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};

/// Reads a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommandParser;

impl TypedValueParser for CommandParser {
    type Value = CommandLine;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<CommandLine, Error> {
        let parsed = match value.to_str() {
            Some(text) => text.parse(),
            None => Err("it is no Unicode text"),
        };
        parsed.map_err(|why| {
            let option = argument.map(ToString::to_string).unwrap_or_default();
            let message = format!("the command for '{option}' makes no sense: {why}\n");
            let mut error = Error::raw(ErrorKind::ValueValidation, message).with_cmd(command);
            let why = ContextValue::String(why.to_owned());
            error.insert(ContextKind::Custom, why);
            error
        })
    }
}
