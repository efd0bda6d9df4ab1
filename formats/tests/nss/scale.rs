//! Large databases: their time grows as their size does.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use certstow_formats::nss::{self, KeyState};

use super::material::{Profile, python};

const SCRIPT: &str = include_str!("multiply.py");

/// How long this thread has computed, where the system says so, else how late it is: others may be at
/// work, too.
fn time(began: Instant) -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = statistics
        .split(' ')
        .next()
        .and_then(|first| first.parse().ok());
    nanoseconds.map_or_else(|| began.elapsed(), Duration::from_nanos)
}

/// The shortest of three times that a database with so many identities takes.
fn time_to_read(count: usize) -> Duration {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    python(SCRIPT, &[profile.folder(), Path::new(&count.to_string())]);
    let times = (0..3).map(|_| {
        let (cert9, key4) = (profile.bytes("cert9.db"), profile.bytes("key4.db"));
        let began = Instant::now();
        let before = time(began);
        let database = nss::read(cert9, Some(key4)).unwrap();
        let took = time(began) - before;
        assert_eq!(database.problems, []);
        assert_eq!(database.certificates.len(), count);
        let has_key = |key: &KeyState| matches!(key, KeyState::Present(_));
        assert!(
            database
                .certificates
                .iter()
                .all(|listed| has_key(&listed.key))
        );
        took
    });
    times.min().unwrap()
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_takes_linear_time() {
    let [some, many] = [1_000, 10_000].map(time_to_read);
    // Ten times as long, where a search for each would take a hundred times.
    assert!(many < some * 30, "{some:?} {many:?}");
}
