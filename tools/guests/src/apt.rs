// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian packages for another architecture, without touching the machine: apt with a state of its own.
//!
//! Mirrors, keys and proxies are those of the machine's own apt.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use lazaret_diagnostic::Problem;

/// An apt that knows one architecture and has installed nothing.
#[derive(Debug, Clone)]
pub struct Apt {
    folder: PathBuf,
    architecture: &'static str,
}

impl Apt {
    /// One whose state is in a folder; the architecture by Debian's name.
    pub fn new(folder: PathBuf, architecture: &'static str) -> anyhow::Result<Self> {
        for sub in ["state/lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(folder.join(sub)).with_context(|| folder.display().to_string())?;
        }
        let status = folder.join("state/status");
        if !status.exists() {
            std::fs::write(&status, "").with_context(|| status.display().to_string())?;
        }
        Ok(Self { folder, architecture })
    }

    /// Fetches the lists of packages.
    ///
    /// It fails if one of several cannot be had.
    pub fn update(&self) -> anyhow::Result<()> {
        self.get(&["update", "-qq"]).map(|_| ()).map_err(|error| self.unreachable(&error))
    }

    /// The package that a metapackage stands for: its dependency that starts with `prefix`.
    pub(super) fn dependency(&self, package: &str, prefix: &str) -> anyhow::Result<String> {
        // Without a network `update` only warns, and the lack shows here.
        self.dependencies(package)?.into_iter().find(|name| name.starts_with(prefix)).ok_or_else(|| {
            let architecture = self.architecture;
            self.unreachable(&anyhow::anyhow!("no package {package} for {architecture} in the archive"))
        })
    }

    /// What a package depends on.
    pub(super) fn dependencies(&self, package: &str) -> anyhow::Result<Vec<String>> {
        let query = ["depends", "--no-recommends", "--no-suggests", package];
        let text = self.run("apt-cache", &query).map_err(|error| self.unreachable(&error))?;
        let names = text.lines().filter_map(|line| line.trim().trim_start_matches('|').strip_prefix("Depends: "));
        Ok(names.map(|name| name.trim().to_string()).collect())
    }

    /// Are the lists here of the releases themselves, not only of what was added to them (updates, backports)? A newest
    /// kernel by part of the lists may be an old one, or one of another release.
    pub fn has_releases(&self) -> anyhow::Result<()> {
        let format = ["indextargets", "--format", "$(RELEASE) $(COMPONENT) $(FILENAME)", "Created-By: Packages"];
        let text = self.get(&format).map_err(|error| self.unreachable(&error))?;
        let missing = missing_releases(&text, |file| {
            let compressed = ["", ".lz4", ".xz", ".gz", ".zst"].map(|ending| format!("{file}{ending}"));
            compressed.iter().any(|file| Path::new(file).is_file())
        });
        if missing.is_empty() {
            return Ok(());
        }
        Err(self.unreachable(&anyhow::anyhow!("there is no list of {}", missing.join(", "))))
    }

    /// Fetches a package and nothing else.
    pub fn download(&self, package: &str) -> anyhow::Result<Package> {
        let folder = self.folder.join("single").join(package);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let mut command = self.command("apt-get");
        run(command.args(["-qq", "download", package]).current_dir(&folder))
            .map_err(|error| self.unreachable(&error))?;
        let packages = Package::all_in(&folder)?;
        packages.into_iter().next().with_context(|| format!("apt fetched no {package}"))
    }

    /// Fetches packages with all that they depend on.
    pub fn download_with_dependencies(&self, packages: &[&str]) -> anyhow::Result<Vec<Package>> {
        let archives = self.folder.join("cache/archives");
        for old in Package::all_in(&archives)? {
            std::fs::remove_file(old.path)?;
        }
        let mut arguments = vec!["-qq", "-y", "--no-install-recommends", "--download-only", "install"];
        arguments.extend(packages);
        self.get(&arguments).map_err(|error| self.unreachable(&error))?;
        Package::all_in(&archives)
    }

    /// The names of packages (patterns of apt's are allowed) and of all that they depend on.
    pub fn would_install(&self, packages: &[&str]) -> anyhow::Result<Vec<String>> {
        let mut arguments = vec!["-qq", "--no-install-recommends", "--simulate", "install"];
        arguments.extend(packages);
        let text = self.get(&arguments)?;
        let names = text.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
        Ok(names.map(Into::into).collect())
    }

    /// Lines of a list of sources, for Debian's own archive as this machine reaches it.
    pub fn sources(&self) -> anyhow::Result<Vec<String>> {
        let format =
            ["indextargets", "--format", "$(ORIGIN) deb $(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"];
        let text = self.get(&format).map_err(|error| self.unreachable(&error))?;
        let of_debian =
            |line: &str| line.starts_with("Debian").then(|| line.find("deb ").map(|at| line[at..].to_string()));
        Ok(text.lines().filter_map(|line| of_debian(line).flatten()).collect())
    }

    fn get(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run("apt-get", arguments)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        run(self.command(program).args(arguments))
    }

    fn command(&self, program: &str) -> Command {
        let path = |sub: &str| self.folder.join(sub).display().to_string();
        let options = [
            format!("APT::Architecture={}", self.architecture),
            format!("APT::Architectures::={}", self.architecture),
            format!("Dir::State={}", path("state")),
            format!("Dir::State::lists={}", path("state/lists")),
            format!("Dir::State::status={}", path("state/status")),
            format!("Dir::Cache={}", path("cache")),
            format!("Dir::Cache::archives={}", path("cache/archives")),
            "APT::Sandbox::User=root".into(),
            "APT::Keep-Downloaded-Packages=true".into(),
            "Debug::NoLocking=true".into(),
            "Acquire::Languages=none".into(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".into(),
            "Acquire::Retries=3".into(),
        ];
        let mut command = Command::new(program);
        command.args(options.iter().flat_map(|option| ["-o", option]));
        command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    pub(super) fn unreachable(&self, error: &anyhow::Error) -> anyhow::Error {
        Problem::new(
            format!("Debian's {} packages cannot be had: {error:#}", self.architecture),
            "needed are apt-get, a Debian archive in its sources, and the network.\n\
             --guest-kernel FILE takes an arm64 kernel that is here already;\n\
             a description without linux.img, linux-initrd.img, linux32.img and linux32-initrd.img needs neither",
        )
    }
}

fn run(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Releases by their own name whose main list is not here; a line is `RELEASE COMPONENT FILE`.
fn missing_releases(targets: &str, has: impl Fn(&str) -> bool) -> Vec<String> {
    let fields = targets.lines().filter_map(|line| {
        let mut words = line.splitn(3, ' ');
        Some((words.next()?, words.next()?, words.next()?))
    });
    let own = fields.filter(|(release, component, _)| *component == "main" && !release.contains('-'));
    own.filter(|(_, _, file)| !has(file)).map(|(release, ..)| release.to_string()).collect()
}

/// A fetched package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its file.
    pub path: PathBuf,
    pub name: String,
    pub version: String,
}

impl Package {
    fn all_in(folder: &Path) -> anyhow::Result<Vec<Self>> {
        let mut paths: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        Ok(paths.into_iter().filter_map(Self::from_path).collect())
    }

    /// `name_version_architecture.deb`, colons written `%3a`.
    fn from_path(path: PathBuf) -> Option<Self> {
        let stem = path.file_name()?.to_str()?.strip_suffix(".deb")?;
        let mut parts = stem.split('_');
        let (name, version) = (parts.next()?.to_string(), parts.next()?.replace("%3a", ":"));
        Some(Self { name, version, path })
    }

    /// Unpacks its files.
    pub fn extract(&self, to: &Path) -> anyhow::Result<()> {
        run(Command::new("dpkg-deb").arg("-x").args([&self.path, to])).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_s_own_list_must_be_there() {
        let targets = "bookworm main /l/bookworm_main\nbookworm contrib /l/contrib\nbookworm-backports main /l/bpo\n";
        assert_eq!(missing_releases(targets, |file| file != "/l/bookworm_main"), ["bookworm"]);
        assert!(missing_releases(targets, |file| file == "/l/bookworm_main").is_empty());
    }

    #[test]
    fn file_names_tell_name_and_version() {
        let package = Package::from_path("busybox-static_1%3a1.35.0-4+b1_arm64.deb".into()).unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("busybox-static", "1:1.35.0-4+b1"));
        assert!(Package::from_path("lock".into()).is_none());
    }
}
