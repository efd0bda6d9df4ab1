fn main() {
    let path = std::env::args().nth(1).unwrap();
    let store = certstow_platform::open(&certstow_platform::spec::StoreSpec::File(path.into()), &Default::default()).unwrap();
    let t = std::time::Instant::now();
    let l = store.list().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    println!("{} entries {} problems {:?} {peak}", l.entries.len(), l.problems.len(), t.elapsed());
}
