//! Metrics in the text format of Prometheus ("Exposition formats", version 0.0.4), for the textfile
//! collector of node_exporter. Everybody may read them, so that nothing is in them of whom the
//! certificates are: destinations have their number and the last part of their path.
//!
//! All files of certstow say the same of what a metric is, and have the name of the file as a label: the
//! collector takes neither two meanings of one name nor two values of the same metric.

use std::path::Path;

use certstow_core::time::UnixTime;

use super::ended::{Before, DestinationBefore, Ended};

/// A metric's name and what it is. Each is a gauge.
type Metric = (&'static str, &'static str);

const LAST_RUN: Metric = (
    "certstow_last_run_timestamp_seconds",
    "When the last run ended.",
);
const LAST_SUCCESS: Metric = (
    "certstow_last_success_timestamp_seconds",
    "When a run last ended with exit code 0; 0 if none is known.",
);
const LAST_EXIT: Metric = ("certstow_last_exit_code", "The exit code of the last run.");
const SOONEST_END: Metric = (
    "certstow_soonest_end_timestamp_seconds",
    "When the first certificate ends of those that have not ended and are not renewed.",
);
const EXPIRED: Metric = (
    "certstow_certificates_expired",
    "Certificates that have ended and are not renewed.",
);
const SAVED: Metric = (
    "certstow_identities_saved",
    "Identities that were as they should be in a destination after the last run.",
);
const FAILED: Metric = (
    "certstow_identities_failed",
    "Identities that were not as they should be in a destination after the last run.",
);
const DESTINATION_SUCCESS: Metric = (
    "certstow_destination_last_success_timestamp_seconds",
    "When a run last left a destination as it should be; 0 if none is known.",
);

pub(super) fn bytes(run: &Ended<'_>, file: &Path) -> Vec<u8> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let run_labels = format!("command=\"{}\",run=\"{}\"", run.command, escaped(&stem));
    let of_destination = |number: usize, name: &str| {
        format!(
            "{run_labels},destination=\"{number}\",name=\"{}\"",
            escaped(name)
        )
    };
    let mut text = String::new();
    let seconds = |time: Option<UnixTime>| time.map_or(0, UnixTime::seconds);
    let one = |value: i64| vec![(run_labels.clone(), value)];
    write(&mut text, LAST_RUN, &one(run.ended.seconds()));
    write(&mut text, LAST_SUCCESS, &one(seconds(run.last_success())));
    write(&mut text, LAST_EXIT, &one(run.exit.into()));
    if let Some(ends) = run.found.ends {
        let soonest = ends.soonest.into_iter();
        let soonest: Vec<_> = soonest.flat_map(|end| one(end.seconds())).collect();
        write(&mut text, SOONEST_END, &soonest);
        write(&mut text, EXPIRED, &one(number_of(ends.expired)));
    }
    let (mut saved, mut failed, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (number, destination, success) in run.destinations() {
        let labels = of_destination(number, &destination.name());
        if let Some((good, bad)) = destination.identities {
            saved.push((labels.clone(), number_of(good)));
            failed.push((labels.clone(), number_of(bad)));
        }
        last.push((labels, seconds(success)));
    }
    for one in run.unknown_destinations() {
        let labels = of_destination(one.number, &one.name);
        last.push((labels, one.last_success.seconds()));
    }
    write(&mut text, SAVED, &saved);
    write(&mut text, FAILED, &failed);
    write(&mut text, DESTINATION_SUCCESS, &last);
    text.into_bytes()
}

fn number_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Nothing is said of a metric that has no value.
fn write(text: &mut String, (name, help): Metric, values: &[(String, i64)]) {
    if values.is_empty() {
        return;
    }
    text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
    for (labels, value) in values {
        text.push_str(&format!("{name}{{{labels}}} {value}\n"));
    }
}

/// The value of a label, between its quotation marks.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

/// When a run of this command last ended well, by the file of one before.
pub(super) fn before(command: &str, bytes: &[u8]) -> Before {
    let text = String::from_utf8_lossy(bytes);
    let of_command = format!("command=\"{command}\",");
    let of_command = of_command.as_str();
    let values = |metric: Metric| {
        let lines = text.lines();
        lines.filter_map(move |line| {
            let rest = line.strip_prefix(metric.0)?.strip_prefix('{')?;
            let (labels, value) = rest.strip_prefix(of_command)?.rsplit_once("} ")?;
            let value = value.parse().ok().filter(|seconds| *seconds > 0)?;
            Some((labels, UnixTime::new(value)))
        })
    };
    let destinations = values(DESTINATION_SUCCESS).filter_map(|(labels, when)| {
        let (_, labels) = labels.split_once(",destination=\"")?;
        let (number, name) = labels.split_once("\",name=\"")?;
        let name = unescaped(name.strip_suffix('"')?);
        Some(DestinationBefore {
            number: number.parse().ok()?,
            name,
            // No path is in the file.
            folder: None,
            last_success: when,
        })
    });
    Before {
        last_success: values(LAST_SUCCESS).map(|(_, when)| when).next(),
        destinations: destinations.collect(),
    }
}

fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some(other) => other,
                None => break,
            },
            character => character,
        });
    }
    text
}
