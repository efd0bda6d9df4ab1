//! How long certstow waits for what does not answer.

use std::str::FromStr;
use std::time::Duration;

use certstow_core::time;

/// How long a wait may take, as the command line says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeout(Option<Duration>);

impl Timeout {
    /// `None` is for ever.
    pub(crate) fn limit(self) -> Option<Duration> {
        self.0
    }
}

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        time::parse_wait(text).map(Self)
    }
}
