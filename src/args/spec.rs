//! The value of an option that is a store's name. One with a PIN in it is refused without repeating it:
//! what is said goes to logs.

use std::ffi::OsStr;

use certstow_platform::spec::StoreSpec;
use clap::builder::{StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// Reads the name of a store.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpecParser;

impl TypedValueParser for SpecParser {
    type Value = StoreSpec;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<StoreSpec, Error> {
        let text = value.to_string_lossy();
        if let Err(wrong) = text.parse::<StoreSpec>() {
            let message = wrong.to_string();
            if !message.contains(&*text) {
                let message = format!("{message}\n");
                return Err(Error::raw(ErrorKind::ValueValidation, message).with_cmd(command));
            }
        }
        let parser = StringValueParser::new().try_map(|text| text.parse());
        parser.parse_ref(command, argument, value)
    }
}
