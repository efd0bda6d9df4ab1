//! A service manager of a person's own, with a journal, for the length of a test: in a mount
//! namespace and a control group that it may have to itself, both of which take root to make.

/// Makes a place where `systemd --user` runs, and runs what follows in it as nobody.
const PLACE: &str = r#"
    set -eu
    mount -t tmpfs tmpfs /run
    mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR"
    chmod 700 "$XDG_RUNTIME_DIR"
    umount --recursive --lazy /sys/fs/cgroup
    mount -t cgroup2 none /sys/fs/cgroup
    mkdir -p /run/log /run/systemd/journal /run/systemd/journald.conf.d
    printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n' \
        > /run/systemd/journald.conf.d/test.conf
    install -d --group=systemd-journal --mode=2755 /run/log/journal
    /lib/systemd/systemd-journald &
    journal=$!
    for _ in $(seq 300); do
        test -S /run/systemd/journal/stdout && break
        sleep 0.1
    done
    group=/sys/fs/cgroup/certstowtest$$.slice
    # By this name the journal knows the manager, and its units below.
    inside=$group/user@65534.service
    mkdir -p "$inside"
    chown -R 65534:65534 "$group" "$XDG_RUNTIME_DIR" "$HOME"
    echo $$ > "$inside/cgroup.procs"
    status=0
    setpriv --reuid=65534 --regid=65534 --groups=systemd-journal bash -c "$STORY" || status=$?
    echo $$ > /sys/fs/cgroup/cgroup.procs
    kill $journal
    wait $journal || true
    find "$group" -depth -type d -exec rmdir {} + || true
    exit $status
"#;

/// Waits for the manager, and ends it with the story.
pub(crate) const BEGIN: &str = r#"
    set -eu
    cd "$HOME"
    /lib/systemd/systemd --user --unit=basic.target 2> manager.log &
    manager=$!
    trap 'kill $manager; wait $manager || true' EXIT
    for _ in $(seq 300); do
        systemctl --user show-environment > /dev/null 2>&1 && break
        sleep 0.1
    done
    systemctl --user show-environment > /dev/null
"#;

/// The command that runs what the variable `STORY` says as nobody, with [`VARIABLES`]. The home
/// folder becomes nobody's.
pub(crate) const AS_NOBODY: [&str; 5] = ["unshare", "--mount", "bash", "-c", PLACE];

/// What a service manager and its programs take from the environment.
pub(crate) const VARIABLES: [(&str, &str); 3] = [
    ("XDG_RUNTIME_DIR", "/run/user/65534"),
    ("SYSTEMD_LOG_TARGET", "console"),
    ("LC_ALL", "C.UTF-8"),
];
