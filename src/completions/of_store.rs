//! What may stand where a password of locked keys is given: the value, the name of a store before it, and
//! the value behind such a name and its equals sign.

use std::ffi::OsStr;
use std::time::Instant;

use certstow_platform::known_stores;
use certstow_platform::os::around_each_equals_sign;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::StoreInfo;
use clap_complete::CompletionCandidate;

use super::in_time::{PATIENCE, in_time};

/// Completes `word`; `values` completes the value alone. The stores are those that the line names.
pub(super) fn complete(
    word: &OsStr,
    stores: &[StoreSpec],
    values: impl Fn(&OsStr) -> Vec<CompletionCandidate>,
) -> Vec<CompletionCandidate> {
    let known = in_time(Instant::now() + PATIENCE, known_stores).unwrap_or_default();
    let mut nameable: Vec<_> = stores.iter().map(|store| (store.clone(), None)).collect();
    let known = known
        .into_iter()
        .filter(|known| known.unavailable.is_none());
    nameable.extend(known.map(|known| (known.spec, Some(known.description))));
    let is_nameable = |spec: &StoreSpec| {
        spec.stands_for_several() || nameable.iter().any(|(store, _)| store == spec)
    };
    let mut halves = around_each_equals_sign(word).into_iter().rev();
    let named = halves.find(|(name, _)| name.parse().is_ok_and(|spec| is_nameable(&spec)));
    if let Some((name, rest)) = named {
        let found = values(&rest).into_iter();
        let prefix = format!("{name}=");
        return found.map(|one| one.add_prefix(&prefix)).collect();
    }
    let mut found = values(word);
    let typed = word.to_str().unwrap_or_default();
    for (store, about) in nameable {
        let name = format!("{store}=");
        let is_there = found.iter().any(|one| one.get_value() == name.as_str());
        let protection = StoreInfo::new(store).key_protection;
        if name.starts_with(typed) && !is_there && protection.is_opened_by_password() {
            found.push(CompletionCandidate::new(name).help(about.map(Into::into)));
        }
    }
    found
}
