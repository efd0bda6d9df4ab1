//! The file store: listing a folder of a thousand certificates and their keys.

use certstow_platform::spec::StoreSpec;
use certstow_platform::{OpenOptions, open};
use criterion::Criterion;

// The same files as the comparison with other programs uses.
#[path = "../xtask/src/certificates.rs"]
#[allow(dead_code, reason = "those measure more")]
mod certificates;

fn listing(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    certificates::fill(folder.path(), 1..=1_000, certificates::Validity::Long)
        .expect("the folder fills");
    let spec = StoreSpec::File(folder.path().to_owned());
    let mut group = criterion.benchmark_group("list");
    group.sample_size(20);
    group.bench_function("1,000 pairs", |bencher| {
        bencher.iter(|| {
            let store = open(&spec, &OpenOptions::default()).expect("the folder opens");
            let listing = store.list().expect("the folder is listed");
            assert_eq!(listing.entries.len(), 1_000);
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    listing(&mut criterion);
    criterion.final_summary();
}
