//! The encoder: what a file costs beside its key derivations, and what these cost.

use std::path::Path;
use std::time::Duration;

use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::attributes::Attributes;
use certstow_formats::pkcs12::encode::{Content, encode};
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::secret::{Password, PrivateKey};
use criterion::{BenchmarkId, Criterion};

fn der(file: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/personal")
        .join(file);
    let pem = std::fs::read(file).expect("the sample store");
    pem_rfc7468::decode_vec(&pem).expect("PEM").1
}

fn encoding(criterion: &mut Criterion) {
    let key = PrivateKey::from_pkcs8_der(der("ada-example.key.pem").into());
    let certificate = |file| Certificate::from_der(&der(file)).expect("a certificate");
    let leaf = certificate("ada-example.pem");
    let issuers = ["issuers/sample-issuing.pem", "issuers/sample-root.pem"].map(certificate);
    let attributes = Attributes::default();
    let content = Content {
        key: &key,
        leaf: &leaf,
        issuers: &issuers,
        attributes: &attributes,
    };
    let password = Password::new("correct horse battery staple".to_owned());

    let mut group = criterion.benchmark_group("encode");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for (profile, count) in [
        (Profile::Modern, 1),
        (Profile::Modern, Profile::Modern.default_iterations()),
        (
            Profile::Compatible,
            Profile::Compatible.default_iterations(),
        ),
    ] {
        let iterations = Iterations::new(count).expect("a count in bounds");
        group.bench_function(BenchmarkId::new(profile.name(), count), |bencher| {
            bencher.iter(|| encode(&content, profile, iterations, &password));
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    encoding(&mut criterion);
    criterion.final_summary();
}
