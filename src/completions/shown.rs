//! What a shell shows of a candidate.

use certstow_formats::sanitize::safe;
use clap_complete::CompletionCandidate;

/// The candidate as text that every shell shows as it is; `None` if it cannot be.
pub(super) fn value(candidate: &CompletionCandidate) -> Option<&str> {
    let value = candidate.get_value().to_str()?;
    (safe(value) == value).then_some(value)
}

/// What the candidate is, on one line.
pub(super) fn description(candidate: &CompletionCandidate) -> Option<String> {
    let help = candidate.get_help()?.to_string();
    let line = help.lines().next()?.trim();
    (!line.is_empty()).then(|| safe(line).into_owned())
}
