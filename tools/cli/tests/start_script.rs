// SPDX-License-Identifier: MIT OR Apache-2.0
//! The start script on machines that lack things, played by programs of a few lines in a PATH of their own.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

/// What the script may take from any machine.
const ALWAYS: [&str; 15] = [
    "bash", "dirname", "readlink", "sed", "awk", "sort", "head", "mkdir", "touch", "find", "mv", "rm", "id", "env",
    "grep",
];

/// Says what it was called with, and writes the command line's stand-in when it is to build it.
const CARGO: &str = r#"
case $1 in
    --version) echo "cargo 1.95.0" ;;
    metadata) echo '{"target_directory":"'"$FAKE_TARGET"'"}' ;;
    build)
        mkdir -p "$CARGO_TARGET_DIR/debug"
        printf '#!/bin/bash\necho "CLI $*"\n' >"$CARGO_TARGET_DIR/debug/lazaret-cli"
        /bin/chmod +x "$CARGO_TARGET_DIR/debug/lazaret-cli" ;;
esac"#;
/// A compiler whose targets' libraries are in a folder each.
const RUSTC: &str = r#"[[ $1 == --version ]] && echo "rustc 1.95.0" || echo "$FAKE_LIBRARIES/$4""#;

struct Machine {
    folder: PathBuf,
}

impl Machine {
    /// With cargo, rustc and a C compiler, and nothing else.
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("lazaret-start-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let machine = Self { folder };
        std::fs::create_dir_all(machine.folder.join("bin")).unwrap();
        for program in ALWAYS {
            machine.borrow(program);
        }
        machine.program("cargo", CARGO);
        machine.program("rustc", RUSTC);
        machine.program("cc", "");
        machine
    }

    /// A program of this machine.
    fn borrow(&self, program: &str) {
        let path = std::env::var("PATH").unwrap();
        let found = path.split(':').map(|folder| Path::new(folder).join(program)).find(|file| file.exists());
        symlink(found.unwrap_or_else(|| panic!("no {program} here")), self.folder.join("bin").join(program)).unwrap();
    }

    /// A program that writes its arguments to `calls` and then does this.
    fn program(&self, name: &str, does: &str) {
        let file = self.folder.join("bin").join(name);
        let log = self.folder.join("calls");
        std::fs::write(&file, format!("#!/bin/bash\necho \"{name} $*\" >>{}\n{does}\n", log.display())).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn with_targets(self) -> Self {
        for target in ["aarch64-unknown-none-softfloat", "armv7a-none-eabi"] {
            let folder = self.folder.join("libraries").join(target);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("libcore-0.rlib"), "").unwrap();
        }
        self
    }

    fn start(&self, arguments: &[&str], more: &[(&str, &str)]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lazaret");
        let mut command = Command::new("bash");
        command.arg(script).args(arguments).current_dir(&self.folder).stdin(std::process::Stdio::null());
        command.env_clear().env("PATH", self.folder.join("bin")).env("HOME", &self.folder);
        command.env("FAKE_TARGET", self.folder.join("target")).env("FAKE_LIBRARIES", self.folder.join("libraries"));
        command.envs(more.iter().copied()).output().unwrap()
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.folder.join("calls")).unwrap_or_default()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

#[test]
fn commands_that_start_no_machine_need_only_cargo() {
    let machine = Machine::new("cargo");
    machine.program("rustup", "exit 1");
    machine.program("apt-get", "exit 1");
    for arguments in
        [&["--help"][..], &["check"], &["graph", "-o", "g.svg"], &["docs", "traps"], &["run", "--help"], &[]]
    {
        let output = machine.start(arguments, &[("CI", "true")]);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(&format!("CLI {}", arguments.join(" "))));
    }
    assert!(!machine.calls().contains("rustup") && !machine.calls().contains("apt-get"), "{}", machine.calls());
}

#[test]
fn only_consent_is_consent() {
    let machine = Machine::new("consent").with_targets();
    machine.program("apt-get", "echo bookworm-backports");
    machine.program("sudo", "");
    for value in ["false", "0", "no", ""] {
        let output = machine.start(&["run"], &[("CI", value)]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("nobody can be asked"), "{}", said(&output));
    }
    assert!(!machine.calls().contains("apt-get install"), "{}", machine.calls());
}

#[test]
fn a_machine_without_apt_gets_advice_that_it_can_follow() {
    let machine = Machine::new("apt").with_targets();
    let output = machine.start(&["run", "--yes"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("there is no apt-get") && said(&output).contains("qemu-system-arm"),
        "{}",
        said(&output)
    );
}

#[test]
fn doctor_without_cargo_advises_what_can_be_done() {
    let machine = Machine::new("doctor");
    for program in ["cargo", "cc"] {
        std::fs::remove_file(machine.folder.join("bin").join(program)).unwrap();
    }
    let output = machine.start(&["doctor"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    assert!(text.contains("install rustup") && text.contains("what Debian has as: gcc libc6-dev"), "{text}");
    assert!(!text.contains("apt-get") && !text.contains("installs what is missing"), "{text}");
    machine.program("apt-get", "");
    assert!(said(&machine.start(&["doctor"], &[])).contains("apt-get install gcc libc6-dev"));
}

#[test]
fn a_missing_timeout_is_no_failure_of_rustup() {
    let machine = Machine::new("timeout");
    let libraries = machine.folder.join("libraries");
    let folders = ["aarch64-unknown-none-softfloat", "armv7a-none-eabi"].map(|target| libraries.join(target));
    let [a, b] = folders.each_ref().map(|folder| folder.display());
    machine.program("rustup", &format!("mkdir -p {a} {b}; touch {a}/libcore-0.rlib {b}/libcore-0.rlib"));
    machine.program("qemu-system-aarch64", "");
    let output = machine.start(&["run"], &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(machine.calls().contains("rustup target add aarch64-unknown-none-softfloat armv7a-none-eabi"));
    assert!(!machine.folder.join("target/lazaret/setup/no-rustup-target").exists());
}

#[test]
fn a_failure_is_remembered_for_a_day() {
    let machine = Machine::new("day");
    machine.program("rustup", "exit 1");
    machine.program("apt-get", "exit 1");
    machine.program("sudo", "exit 1");
    let asked = || machine.calls().matches("rustup target add").count();
    let start = || machine.start(&["run"], &[("CI", "true")]);
    start();
    start();
    assert_eq!(asked(), 1, "the second start takes the first one's word");
    let note = machine.folder.join("target/lazaret/setup/no-rustup-target");
    let file = std::fs::File::options().write(true).open(&note).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(25 * 3600)).unwrap();
    start();
    assert_eq!(asked(), 2, "a day later it is tried again");
}

#[test]
fn targets_that_went_away_are_got_again() {
    let machine = Machine::new("again").with_targets();
    machine.program("qemu-system-aarch64", "");
    machine.program("rustup", "exit 1");
    assert!(machine.start(&["run"], &[]).status.success());
    assert!(!machine.calls().contains("rustup"));
    std::fs::remove_dir_all(machine.folder.join("libraries")).unwrap();
    machine.start(&["run"], &[]);
    assert!(machine.calls().contains("rustup target add"), "{}", machine.calls());
}

#[test]
fn what_is_built_goes_where_cargo_would_put_it() {
    let machine = Machine::new("target");
    let path = |name: &str| machine.folder.join(name).display().to_string();
    let (absolute, nowhere) = (path("absolute"), path("calls/below-a-file"));
    for (variables, folder) in [
        (&[][..], "target"),
        (&[("CARGO_TARGET_DIR", "relative/one")], "relative/one"),
        (&[("CARGO_TARGET_DIR", absolute.as_str())], "absolute"),
        (&[("CARGO_BUILD_TARGET_DIR", "relative/two")], "relative/two"),
    ] {
        assert!(machine.start(&["check"], variables).status.success());
        assert!(machine.folder.join(folder).join("debug/lazaret-cli").exists(), "{variables:?}");
    }
    let output = machine.start(&["check"], &[("CARGO_TARGET_DIR", &nowhere)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("set CARGO_TARGET_DIR to a folder that can be written"), "{}", said(&output));
}
