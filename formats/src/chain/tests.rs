use super::*;
use crate::testing::chain::{certificate, certificates};

/// 2060-01-01, when nothing has expired but the certificate made to.
const IN_2060: UnixTime = UnixTime::new(2_840_140_800);

fn candidates(names: &[&str]) -> Candidates {
    Candidates::new(names.iter().map(|name| certificate(name)))
}

fn named(names: &[&str]) -> Vec<Certificate> {
    names.iter().map(|name| certificate(name)).collect()
}

#[track_caller]
fn assert_complete(path: &Path, names: &[&str]) {
    assert_eq!(path.end, PathEnd::Root);
    assert_eq!(path.certificates, named(names));
    assert_eq!(Path::links(&path.certificates), Ok(()));
}

fn no_roots() -> NativeRoots {
    panic!("the platform's roots were read although nobody needed them")
}

/// A path at a time when all samples but those said to be expired are valid.
fn build_now(leaf: &Certificate, candidates: &Candidates) -> Path {
    const IN_2026: UnixTime = UnixTime::new(1_795_651_200);
    build(leaf, candidates, IN_2026)
}

#[test]
fn build_orders_path_regardless_of_candidates() {
    for names in [
        ["root", "intermediate", "leaf"],
        ["leaf", "intermediate", "root"],
    ] {
        let path = build_now(
            &certificate("leaf"),
            &candidates(&names).with_system_roots(no_roots),
        );
        assert_complete(&path, &["leaf", "intermediate", "root"]);
    }
}

#[test]
fn build_ends_at_a_self_signed_leaf() {
    let leaf = certificate("root");
    for candidates in [
        Candidates::default(),
        candidates(&["root", "cross", "other-root"]),
    ] {
        let path = build_now(&leaf, &candidates.with_system_roots(no_roots));
        assert_complete(&path, &["root"]);
        assert!(path.issuers(Include::Full).is_empty());
        assert!(path.issuers(Include::NoRoot).is_empty());
    }
}

#[test]
fn build_names_a_missing_issuer() {
    let path = build_now(&certificate("leaf"), &Candidates::default());
    let name_der = certificate("intermediate").subject_der().to_vec();
    assert_eq!(path.certificates, named(&["leaf"]));
    assert_eq!(path.end, PathEnd::MissingIssuer { name_der });

    let path = build_now(&certificate("leaf"), &candidates(&["intermediate"]));
    let name_der = certificate("root").subject_der().to_vec();
    assert_eq!(path.certificates, named(&["leaf", "intermediate"]));
    assert_eq!(path.end, PathEnd::MissingIssuer { name_der });
}

#[test]
fn build_rejects_namesake_with_another_key() {
    for namesake in ["namesake", "namesake-no-id"] {
        let path = build_now(
            &certificate("leaf"),
            &candidates(&["intermediate", namesake]),
        );
        assert_eq!(path.certificates, named(&["leaf", "intermediate"]));
        let PathEnd::Unverified {
            name_der, reason, ..
        } = path.end
        else {
            panic!("{:?}", path.end);
        };
        assert_eq!(name_der, certificate("root").subject_der());
        assert!(reason.contains("does not match"), "{reason}");

        let path = build_now(
            &certificate("leaf"),
            &candidates(&[namesake, "intermediate", "root"]),
        );
        assert_complete(&path, &["leaf", "intermediate", "root"]);
    }
}

#[test]
fn build_prefers_the_shorter_complete_path() {
    let all = candidates(&["cross", "other-root", "intermediate", "root"]);
    assert_complete(
        &build_now(&certificate("leaf"), &all),
        &["leaf", "intermediate", "root"],
    );
}

#[test]
fn build_follows_a_cross_signed_root() {
    let crossed = candidates(&["cross", "other-root", "intermediate"]);
    let path = build_now(&certificate("leaf"), &crossed);
    assert_complete(&path, &["leaf", "intermediate", "cross", "other-root"]);
}

#[test]
fn build_prefers_complete_over_longer_incomplete() {
    let crossed = candidates(&["cross", "intermediate"]);
    let path = build_now(&certificate("leaf"), &crossed);
    assert_eq!(path.certificates, named(&["leaf", "intermediate", "cross"]));
    assert!(matches!(path.end, PathEnd::MissingIssuer { .. }));

    let crossed = candidates(&["cross", "intermediate", "root"]);
    assert_complete(
        &build_now(&certificate("leaf"), &crossed),
        &["leaf", "intermediate", "root"],
    );
}

#[test]
fn build_takes_expired_issuer_only_as_fallback() {
    let leaf = certificate("leaf");
    let path = build(
        &leaf,
        &candidates(&["short", "intermediate", "root"]),
        IN_2060,
    );
    assert_complete(&path, &["leaf", "intermediate", "root"]);
    let path = build(&leaf, &candidates(&["short", "root"]), IN_2060);
    assert_complete(&path, &["leaf", "short", "root"]);
    // Complete comes first even so.
    let path = build(
        &leaf,
        &candidates(&["short", "root", "intermediate"]),
        UnixTime::new(i64::MAX),
    );
    assert_eq!(path.end, PathEnd::Root);
}

#[test]
fn build_ends_a_loop_as_missing_issuer() {
    let path = build_now(
        &certificate("loop-leaf"),
        &candidates(&["loop-a", "loop-b"]),
    );
    assert_eq!(path.certificates, named(&["loop-leaf", "loop-a", "loop-b"]));
    assert!(
        matches!(path.end, PathEnd::MissingIssuer { .. }),
        "{:?}",
        path.end
    );
}

#[test]
fn build_accepts_a_leaf_within_a_loop() {
    let path = build_now(&certificate("loop-a"), &candidates(&["loop-a", "loop-b"]));
    assert_eq!(path.certificates, named(&["loop-a", "loop-b"]));
}

#[test]
fn name_same_ignores_type_case_and_spacing() {
    let (printable, utf8) = (certificate("printable-root"), certificate("utf8-root"));
    assert_ne!(printable.subject_der(), utf8.subject_der());
    assert!(name::same(printable.subject_der(), utf8.subject_der()));
    let path = build_now(
        &certificate("spelling-leaf"),
        &candidates(&["printable-root"]),
    );
    assert_complete(&path, &["spelling-leaf", "printable-root"]);
}

#[test]
fn name_same_rejects_other_names() {
    let names = [
        "root",
        "intermediate",
        "leaf",
        "other-root",
        "loop-a",
        "printable-root",
    ];
    for (at, a) in names.iter().enumerate() {
        for b in &names[at + 1..] {
            let (a, b) = (certificate(a), certificate(b));
            assert!(!name::same(a.subject_der(), b.subject_der()));
        }
    }
}

#[test]
fn name_same_compares_malformed_names_bytewise() {
    assert!(name::same(b"\x30\x03abc", b"\x30\x03abc"));
    assert!(!name::same(b"\x30\x03abc", b"\x30\x03ABC"));
}

#[test]
fn build_names_an_unsupported_signature_algorithm() {
    let path = build_now(&certificate("ed448-root"), &Candidates::default());
    let PathEnd::Unverified { reason, .. } = path.end else {
        panic!("{:?}", path.end)
    };
    assert!(reason.contains("1.3.101.113"), "{reason}");
}

#[test]
fn build_completes_path_with_system_roots() {
    let leaf = certificate("leaf");
    let native = || (named(&["root"]), vec!["one file was unreadable".to_owned()]);
    let candidates = candidates(&["intermediate"]).with_system_roots(native);
    assert!(candidates.native_problems().is_empty(), "not read yet");
    assert_complete(
        &build_now(&leaf, &candidates),
        &["leaf", "intermediate", "root"],
    );
    assert_eq!(candidates.native_problems(), ["one file was unreadable"]);
}

#[test]
fn build_trusts_system_root_with_unverifiable_signature() {
    let leaf = certificate("under-md5");
    let own = || candidates(&["rsa-md5"]);
    let path = build_now(&leaf, &own());
    assert_eq!(path.certificates, named(&["under-md5", "rsa-md5"]));
    assert!(
        matches!(path.end, PathEnd::Unverified { .. }),
        "{:?}",
        path.end
    );

    let native = || (named(&["rsa-md5"]), Vec::new());
    for candidates in [Candidates::default(), own()] {
        let path = build_now(&leaf, &candidates.with_system_roots(native));
        assert_complete(&path, &["under-md5", "rsa-md5"]);
    }
}

/// Thousands of certificates that say "Example Root", are all different, and signed nothing.
fn namesakes(of: &str) -> Vec<Certificate> {
    let namesake = certificate(of);
    let varied = (0..2000_u16).map(|number| {
        let mut der = namesake.der().to_vec();
        let end = der.len();
        der[end - 2..].copy_from_slice(&number.to_be_bytes());
        Certificate::from_der(&der).unwrap()
    });
    varied.collect()
}

#[test]
fn build_bounds_signatures_for_many_namesakes() {
    let all = namesakes("namesake-no-id")
        .into_iter()
        .chain(named(&["intermediate"]));
    let path = build_now(&certificate("leaf"), &Candidates::new(all));
    assert_eq!(path.certificates, named(&["leaf", "intermediate"]));
    let PathEnd::Unverified { reason, .. } = path.end else {
        panic!("{:?}", path.end)
    };
    assert!(reason.contains("likeliest 32 of 2000"), "{reason}");
}

#[test]
fn build_tries_matching_key_identifier_first() {
    for namesake in ["namesake", "namesake-no-id"] {
        let all = namesakes(namesake)
            .into_iter()
            .chain(named(&["intermediate", "root"]));
        let path = build_now(&certificate("leaf"), &Candidates::new(all));
        assert_complete(&path, &["leaf", "intermediate", "root"]);
    }
}

/// How many signatures were computed so far.
fn computed(candidates: &Candidates) -> usize {
    let computed = &candidates.verified.computed;
    computed.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn build_verifies_shared_signatures_once() {
    let candidates = candidates(&["intermediate", "root"]);
    let leaf = certificate("leaf");
    assert_complete(
        &build_now(&leaf, &candidates),
        &["leaf", "intermediate", "root"],
    );
    assert_eq!(computed(&candidates), 3);
    let other = build_now(&certificate("intermediate"), &candidates);
    assert_complete(&other, &["intermediate", "root"]);
    assert_eq!(computed(&candidates), 3);
    // Another leaf costs its own signature.
    let mut der = leaf.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let path = build_now(&Certificate::from_der(&der).unwrap(), &candidates);
    assert!(matches!(path.end, PathEnd::Unverified { .. }));
    assert_eq!(computed(&candidates), 4);
}

#[test]
fn build_tries_no_namesake_of_the_signer() {
    for namesake in ["namesake", "namesake-no-id"] {
        let all = namesakes(namesake)
            .into_iter()
            .chain(named(&["intermediate", "root"]));
        let candidates = Candidates::new(all);
        let path = build_now(&certificate("leaf"), &candidates);
        assert_complete(&path, &["leaf", "intermediate", "root"]);
        assert_eq!(computed(&candidates), 3, "{namesake}");
    }
}

#[test]
fn build_verifies_once_per_distinct_key() {
    let all = namesakes("namesake-no-id")
        .into_iter()
        .chain(named(&["intermediate"]));
    let candidates = Candidates::new(all);
    let path = build_now(&certificate("leaf"), &candidates);
    assert!(matches!(path.end, PathEnd::Unverified { .. }));
    // The namesakes differ, and have one key.
    assert_eq!(computed(&candidates), 2);
}

#[test]
fn build_ends_real_chain_at_nearest_root() {
    let chain = certificates("public/amazon-server");
    let all = |extra: &[&str]| Candidates::new(chain.iter().cloned().chain(named(extra)));
    // The server's own four certificates lead to a root they do not include.
    let path = build_now(&chain[0], &all(&[]));
    assert_eq!(path.certificates, chain);
    let name_der = certificate("public/starfield-class-2")
        .subject_der()
        .to_vec();
    assert_eq!(path.end, PathEnd::MissingIssuer { name_der });

    let path = build_now(&chain[0], &all(&["public/starfield-class-2"]));
    assert_eq!(path.end, PathEnd::Root);
    assert_eq!(path.certificates.len(), 5);
    assert_eq!(Path::links(&path.certificates), Ok(()));

    let path = build_now(
        &chain[0],
        &all(&["public/starfield-class-2", "public/amazon-root-ca-1"]),
    );
    assert_eq!(path.end, PathEnd::Root);
    assert_eq!(path.certificates.len(), 3);
    assert_eq!(path.certificates[2], certificate("public/amazon-root-ca-1"));
}

#[test]
#[ignore = "needs ca-certificates"]
fn build_completes_real_chain_from_machine_roots() {
    fn roots() -> NativeRoots {
        let found = rustls_native_certs::load_native_certs().certs;
        let roots = found
            .iter()
            .filter_map(|der| Certificate::from_der(der).ok());
        (roots.collect(), Vec::new())
    }
    let chain = certificates("public/amazon-server");
    let candidates = Candidates::new(chain[1..2].to_vec()).with_system_roots(roots);
    let path = build_now(&chain[0], &candidates);
    assert_eq!(
        path.end,
        PathEnd::Root,
        "{:?}",
        candidates.native_problems()
    );
    assert_eq!(path.certificates.len(), 3);
}

#[test]
fn issuers_follow_the_include_option() {
    let certificates = named(&["leaf", "intermediate", "root"]);
    let missing = PathEnd::MissingIssuer {
        name_der: Vec::new(),
    };
    for (end, without_root) in [(PathEnd::Root, 1), (missing, 2)] {
        let path = Path {
            certificates: certificates.clone(),
            end,
        };
        assert_eq!(path.issuers(Include::Full), &certificates[1..]);
        assert_eq!(
            path.issuers(Include::NoRoot),
            &certificates[1..=without_root]
        );
        assert!(path.issuers(Include::None).is_empty());
    }
}

#[test]
fn links_names_the_first_broken_link() {
    assert_eq!(Path::links(&[]), Ok(()));
    assert_eq!(Path::links(&named(&["leaf"])), Ok(()));
    let swapped = Path::links(&named(&["leaf", "root", "intermediate"])).unwrap_err();
    assert!(
        swapped.contains("certificate 2") && swapped.contains("certificate 1"),
        "{swapped}"
    );
    let forged = Path::links(&named(&["leaf", "intermediate", "namesake"])).unwrap_err();
    assert!(
        forged.starts_with("certificate 2") && forged.contains("does not match"),
        "{forged}"
    );
}
