//! certstow's speed, size and memory beside other programs that do the same work, run in turn on
//! the same machine and printed as ratios with the target of each. It reports and judges; it
//! fails where it cannot measure, and where the cost of a command grows faster than what there is.

mod backup;
mod cost;
mod medians;
mod nss;
mod report;
mod scale;
mod scene;
mod subject;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{cargo, command, printed, program, root, run as run_command};
use crate::{files, setup};
use medians::{QUICK_RUNS, SLOW_RUNS, medians};
use report::{MEBIBYTE, cores, ratio, show, verdict};
use subject::Bench;

type Measure = fn(&Bench) -> Result<(), String>;

/// What can be measured, each on its own.
const PARTS: [(&str, Measure); 8] = [
    ("export", Bench::export),
    ("start", Bench::start),
    ("size", Bench::size),
    ("list", Bench::list),
    ("nss", nss::measure),
    ("backup", backup::measure),
    ("scale", scale::measure),
    ("parts", criterion),
];

/// Measures these, or everything; with `--beside`, the program of that path beside this one where
/// growth is measured.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let (names, beside) = match names {
        [names @ .., "--beside", other] => (names, Some(Path::new(other))),
        names => (names, None),
    };
    let known = PARTS.map(|(name, _)| name);
    if let Some(other) = names.iter().find(|name| !known.contains(name)) {
        let known = known.join(", ");
        return Err(format!("there is no bench '{other}', but {known}"));
    }
    setup::require(&setup::PEERS)?;
    let bench = Bench::prepare(beside)?;
    println!(
        "\nmeasured on {} cores, median of alternating runs\n",
        cores()
    );
    for (name, measure) in PARTS {
        if names.is_empty() || names.contains(&name) {
            measure(&bench)?;
        }
    }
    Ok(())
}

fn criterion(_: &Bench) -> Result<(), String> {
    println!("\nthe parts, by criterion:");
    let bench = "bench --locked --package certstow --bench encode --bench list";
    run_command(cargo().args(bench.split(' ')))
}

impl Bench {
    /// One RSA-2048 identity with a path of two certificates, at 600,000 iterations. certstow proves
    /// what it saved, so that the others open theirs, too.
    fn export(&self) -> Result<(), String> {
        let samples = root().join("examples/personal");
        let issuers = ["issuers/sample-issuing.pem", "issuers/sample-root.pem"];
        let path = self.join("path.pem", &samples, &issuers)?;
        // certtool takes one certificate from --load-ca-certificate, and all from here.
        let whole_path = ["ada-example.pem", issuers[0], issuers[1]];
        let whole_path = self.join("whole-path.pem", &samples, &whole_path)?;
        let [key, leaf] = ["ada-example.key.pem", "ada-example.pem"].map(|name| samples.join(name));
        let program = &self.certstow;
        let [out, gnutls_out, openssl_out] = ["certstow", "certtool", "openssl"]
            .map(|name| self.folder.join(name).with_extension("p12"));

        let certstow = command!(
            "{program} export 'Ada Example' --store {samples} --iterations 600000 --force
             --password-env BENCH_PASSWORD -o {out}"
        );
        let to_p12 = command!(
            "certtool --to-p12 --outder --p12-name=Ada --password=bench --load-privkey {key}
             --load-certificate {whole_path} --outfile {gnutls_out}"
        );
        let p12_info =
            command!("certtool --p12-info --inder --password=bench --infile {gnutls_out}");
        let openssl = command!(
            "openssl pkcs12 -export -iter 600000 -name Ada -passout env:BENCH_PASSWORD
             -inkey {key} -in {leaf} -certfile {path} -out {openssl_out}"
        );
        let openssl_in =
            command!("openssl pkcs12 -in {openssl_out} -noout -passin env:BENCH_PASSWORD");
        let mut jobs = [
            vec![certstow],
            vec![to_p12, p12_info],
            vec![openssl, openssl_in],
        ];
        let [ours, gnutls, theirs] = medians(&mut jobs, SLOW_RUNS)?;
        println!(
            "export at 600,000 iterations, saved and proven: {}",
            show(ours)
        );
        ratio("of certtool --to-p12, --p12-info", ours, gnutls, 0.45);
        ratio("of openssl pkcs12 -export, -in", ours, theirs, 0.30);
        Ok(())
    }

    /// Joins files of a folder into one of the bench's own.
    fn join(&self, name: &str, folder: &Path, parts: &[&str]) -> Result<PathBuf, String> {
        let file = self.folder.join(name);
        let joined = parts
            .iter()
            .map(|part| fs::read_to_string(folder.join(part)))
            .collect::<Result<String, _>>()
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        files::write(&file, joined)?;
        Ok(file)
    }

    /// What every command costs before it does anything.
    fn start(&self) -> Result<(), String> {
        let program = &self.certstow;
        let version = command!("{program} --version");
        let mut jobs = [version, command!("openssl version")].map(|command| vec![command]);
        let [ours, theirs] = medians(&mut jobs, QUICK_RUNS)?;
        println!("certstow --version: {}", show(ours));
        ratio("of openssl version", ours, theirs, 1.0);
        Ok(())
    }

    fn size(&self) -> Result<(), String> {
        let bytes = fs::metadata(&self.certstow)
            .map_err(|error| format!("{}: {error}", self.certstow.display()))?
            .len();
        println!("stripped release binary");
        verdict("MiB", bytes as f64 / MEBIBYTE, 8.0);
        Ok(())
    }

    /// A folder of 10,000 pairs of files, and one of 100,000.
    fn list(&self) -> Result<(), String> {
        let small = self.store(10_000)?;
        let [ours, cat] = medians(
            &mut [vec![self.list_of(&small)], vec![cat(&small)]],
            SLOW_RUNS,
        )?;
        println!("list --json of 10,000 pairs: {}", show(ours));
        ratio("of cat", ours, cat, 1.5);
        verdict("MiB of memory", self.memory(&small)?, 64.0);

        let large = self.store(100_000)?;
        let [tenfold] = medians(&mut [vec![self.list_of(&large)]], 3)?;
        println!("list --json of 100,000 pairs: {}", show(tenfold));
        ratio("of ten times 10,000", tenfold, ours * 10, 1.2);
        println!("         {:6.2} MiB of memory", self.memory(&large)?);
        Ok(())
    }

    fn list_of(&self, store: &Path) -> Command {
        let program = &self.certstow;
        command!("{program} list --json --store {store}")
    }

    /// The most memory that a listing held at once, in MiB.
    fn memory(&self, store: &Path) -> Result<f64, String> {
        let measure = "import resource, subprocess, sys\n\
            subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n\
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
        let program = &self.certstow;
        let kibibytes = printed(&mut command!(
            "python3 -c {measure} {program} list --json --store {store}"
        ))?;
        let kibibytes: f64 = kibibytes
            .trim()
            .parse()
            .map_err(|error| format!("python3 printed no number: {error}"))?;
        Ok(kibibytes / 1024.0)
    }
}

fn cat(store: &Path) -> Command {
    let mut command = program("find");
    command
        .arg(store)
        .args(["-type", "f", "-exec", "cat", "{}", "+"]);
    command
}
