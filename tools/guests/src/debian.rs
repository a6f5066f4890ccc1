// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's kernels and user land of the day, kept in `target/guests`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::apt::{Apt, Package};
use super::initramfs::Initramfs;
use super::kernel::filter;
use super::kernel_package;
use super::library::resolve;
use super::{Arm64Image, INITRD, INITRD32, LINUX, LINUX32, Origin, userland, userland32};
use lazaret_diagnostic::write_file;
use lazaret_programs::lock::FolderLock;
use lazaret_programs::sha256;

/// After that, the archive is asked again.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// The unpacked user land.
const ROOT: &str = "root";
/// The package's device trees, in folders by manufacturer.
const DEVICE_TREES: &str = "device-trees";
/// Modules of the package's kernel that go into the initramfs.
const MODULES: &str = "modules";

/// Begins an initramfs with unpacked packages, busybox, and programs of ours.
type Builder = fn(&Path, &[u8], &[Vec<u8>]) -> anyhow::Result<Initramfs>;

/// One of Debian's architectures as a guest.
#[derive(Debug)]
pub struct Flavour {
    architecture: &'static str,
    /// The metapackage of the kernel.
    kernel: &'static str,
    /// The kernel's and the initramfs's file names.
    files: [&'static str; 2],
    userland: &'static [&'static str],
    /// From `vmlinuz` to what is loaded.
    unpack: fn(Vec<u8>) -> anyhow::Result<Vec<u8>>,
    build: Builder,
}

impl Flavour {
    /// By Debian's name.
    pub const fn architecture(&self) -> &'static str {
        self.architecture
    }
}

/// 64-bit.
pub static ARM64: Flavour = Flavour {
    architecture: "arm64",
    kernel: "linux-image-arm64",
    files: [LINUX, INITRD],
    userland: &["busybox-static", "gdb-minimal"],
    unpack: |file| Ok(Arm64Image::unpack(file)?.bytes),
    build: userland::build,
};

/// 32-bit; the kernel starts as it is packaged.
pub static ARMHF: Flavour = Flavour {
    architecture: "armhf",
    kernel: "linux-image-armmp-lpae",
    files: [LINUX32, INITRD32],
    userland: &["busybox-static"],
    unpack: Ok,
    build: |_, busybox, programs| userland32::build(busybox, programs),
};

/// Debian's archive, with a cache.
#[derive(Debug, Clone)]
pub struct Debian {
    folder: PathBuf,
    flavour: &'static Flavour,
}

/// What the cache holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stamp {
    kernel: String,
    kernel_version: String,
    userland: Vec<(String, String)>,
    /// SHA-256 of the unpacked kernel, and of the list of the user land's files with their sizes.
    kernel_sha256: String,
    userland_sha256: String,
    /// The modules that were looked for in the kernel's packages.
    #[serde(default)]
    modules: Vec<String>,
}

impl Debian {
    /// With its cache in a folder of `guests`.
    pub fn new(guests: PathBuf, flavour: &'static Flavour) -> Self {
        let folder =
            if flavour.architecture == ARM64.architecture { guests } else { guests.join(flavour.architecture) };
        Self { folder, flavour }
    }

    /// Where apt's own state is, in a cache.
    pub(super) fn apt_folder(folder: &Path) -> PathBuf {
        folder.join("apt")
    }

    fn linux(&self) -> &'static str {
        self.flavour.files[0]
    }

    fn initrd(&self) -> &'static str {
        self.flavour.files[1]
    }

    pub fn kernel(&self) -> anyhow::Result<(Vec<u8>, Origin)> {
        let _lock = FolderLock::wait(&self.folder)?;
        let stamp = self.refresh()?;
        let image = std::fs::read(self.folder.join(self.linux())).context(self.linux())?;
        let from = format!("Debian {} {}", stamp.kernel, stamp.kernel_version);
        let origin = Origin { file: self.linux().into(), from, sha256: sha256(&image) };
        Ok((image, origin))
    }

    /// The initramfs with programs to debug; compressed, because it is copied more often than it is unpacked.
    pub fn initramfs(&self, programs: &[Vec<u8>]) -> anyhow::Result<(Vec<u8>, Vec<Origin>)> {
        let _lock = FolderLock::wait(&self.folder)?;
        let stamp = self.refresh()?;
        let root = self.folder.join(ROOT);
        let busybox = std::fs::read(resolve(&root, "bin/busybox").context("no busybox")?).context("busybox")?;
        let mut archive = (self.flavour.build)(&root, &busybox, programs)?;
        for module in kernel_package::MODULES {
            if let Ok(bytes) = std::fs::read(self.folder.join(MODULES).join(module)) {
                archive.file(&format!("lib/modules/{module}"), &bytes)?;
            }
        }
        let archive = archive.finish()?;
        let hash = sha256(&archive);
        let (kept, kept_hash) = (self.folder.join(self.initrd()), self.folder.join("linux-initrd.sha256"));
        let read = || Some((std::fs::read(&kept).ok()?, std::fs::read_to_string(&kept_hash).ok()?));
        // Of what, and that it is whole.
        let line = |compressed: &[u8]| format!("{hash} {}", sha256(compressed));
        let compressed = match read() {
            Some((compressed, kept_hash)) if kept_hash == line(&compressed) => compressed,
            _ => {
                let compressed = filter("gzip", &["-6nc"], &archive)?;
                write_file(&kept, &compressed)?;
                write_file(&kept_hash, line(&compressed))?;
                compressed
            }
        };
        let versions: Vec<_> = stamp.userland.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let from = format!("Debian {}", versions.join(", "));
        let origin = Origin { file: self.initrd().into(), from, sha256: sha256(&compressed) };
        Ok((compressed, vec![origin]))
    }

    /// A board's device tree from the kernel package, and where it is kept.
    pub fn device_tree(&self, name: &str) -> anyhow::Result<(PathBuf, Origin)> {
        let _lock = FolderLock::wait(&self.folder)?;
        let path = self.folder.join(DEVICE_TREES).join(name);
        let stamp = if path.exists() { self.refresh()? } else { self.fetch(None)? };
        let bytes = std::fs::read(&path).with_context(|| format!("{} has no device tree {name}", stamp.kernel))?;
        let from = format!("Debian {} {}", stamp.kernel, stamp.kernel_version);
        Ok((path, Origin { file: name.into(), from, sha256: sha256(&bytes) }))
    }

    fn stamp_path(&self) -> PathBuf {
        self.folder.join("packages.json")
    }

    fn stamp(&self) -> Option<Stamp> {
        let stamp: Stamp = serde_json::from_slice(&std::fs::read(self.stamp_path()).ok()?).ok()?;
        let kernel = std::fs::read(self.folder.join(self.linux())).ok()?;
        // A download or an unpacking that was cut off is as good as none.
        let is_whole =
            stamp.kernel_sha256 == sha256(&kernel) && stamp.userland_sha256 == listed(&self.folder.join(ROOT));
        let has_modules = stamp.modules == kernel_package::MODULES && self.folder.join(MODULES).is_dir();
        (is_whole && has_modules).then_some(stamp)
    }

    /// Asks the archive once a day; what is here is good enough when nobody answers.
    fn refresh(&self) -> anyhow::Result<Stamp> {
        let old = self.stamp();
        if let (Some(stamp), true) = (&old, is_fresh(&self.stamp_path())) {
            return Ok(stamp.clone());
        }
        match (self.fetch(old.as_ref()), old) {
            (Ok(stamp), _) => Ok(stamp),
            (Err(error), Some(stamp)) => {
                eprintln!("{error}: going on with what was fetched before");
                Ok(stamp)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn fetch(&self, old: Option<&Stamp>) -> anyhow::Result<Stamp> {
        let Flavour { architecture, userland: wanted, .. } = self.flavour;
        eprintln!("Asking Debian's archive for its {architecture} kernel and {} ...", wanted.join(", "));
        std::fs::create_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        let apt = Apt::new(Self::apt_folder(&self.folder), architecture)?;
        // One suite of several may be in the middle of a change at the mirror; the others' lists will do.
        let updated = apt.update();
        if let Err(error) = &updated {
            eprintln!("{error}: trying with the lists that came");
        }
        apt.has_releases()?;
        let kernel = match apt.dependency(self.flavour.kernel, "linux-image-") {
            Ok(kernel) => kernel,
            Err(error) => return Err(updated.err().unwrap_or(error)),
        };
        let package = apt.download(&kernel)?;
        if old.is_none_or(|o| o.kernel_version != package.version || !self.folder.join(self.linux()).exists()) {
            self.unpack_kernel(&apt, &package)?;
        }
        let packages = apt.download_with_dependencies(wanted)?;
        let root = self.folder.join(ROOT);
        let _ = std::fs::remove_dir_all(&root);
        packages.iter().try_for_each(|package| package.extract(&root))?;
        let userland_sha256 = listed(&root);
        let named = packages.iter().filter(|p| p.name == "libc6" || wanted.contains(&p.name.as_str()));
        let userland = named.map(|p| (p.name.clone(), p.version.clone())).collect();
        let kernel_sha256 = sha256(&std::fs::read(self.folder.join(self.linux())).context(self.linux())?);
        let kernel_version = package.version;
        let modules = kernel_package::MODULES.map(Into::into).into();
        let stamp = Stamp { kernel, kernel_version, userland, kernel_sha256, userland_sha256, modules };
        write_file(&self.stamp_path(), serde_json::to_vec_pretty(&stamp)?)?;
        let _ = std::fs::remove_dir_all(self.folder.join("apt/single"));
        Ok(stamp)
    }

    fn unpack_kernel(&self, apt: &Apt, package: &Package) -> anyhow::Result<()> {
        let unpacked = self.folder.join("kernel");
        kernel_package::unpack(apt, package, &unpacked)?;
        write_file(&self.folder.join(self.linux()), (self.flavour.unpack)(kernel_package::kernel(&unpacked)?)?)?;
        let device_trees = self.folder.join(DEVICE_TREES);
        let _ = std::fs::remove_dir_all(&device_trees);
        if let Some(found) = kernel_package::device_trees(&unpacked) {
            std::fs::rename(found, &device_trees).context("device trees")?;
        }
        // All of them or no folder.
        let (modules, new) = (self.folder.join(MODULES), self.folder.join("modules.new"));
        [&modules, &new].into_iter().for_each(|folder| drop(std::fs::remove_dir_all(folder)));
        std::fs::create_dir_all(&new).context(MODULES)?;
        for (name, module) in kernel_package::modules(&unpacked) {
            std::fs::copy(module, new.join(name)).context(name)?;
        }
        std::fs::rename(new, modules).context(MODULES)?;
        std::fs::remove_dir_all(unpacked)?;
        Ok(())
    }
}

/// SHA-256 of the files below a folder, by name and size.
fn listed(root: &Path) -> String {
    let (mut open, mut lines) = (vec![root.to_path_buf()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, metadata) = (entry.path(), entry.metadata());
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            match metadata {
                Ok(metadata) if metadata.is_dir() => open.push(path),
                Ok(metadata) => lines.push(format!("{} {name}\n", metadata.len())),
                Err(_) => {}
            }
        }
    }
    lines.sort();
    sha256(lines.concat().as_bytes())
}

pub(super) fn is_fresh(path: &Path) -> bool {
    let modified = path.metadata().and_then(|m| m.modified()).ok();
    modified.and_then(|at| SystemTime::now().duration_since(at).ok()).is_some_and(|age| age < FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_off_is_fetched_again() {
        let folder = std::env::temp_dir().join(format!("lazaret-debian-{}", std::process::id()));
        let debian = Debian::new(folder.clone(), &ARM64);
        std::fs::create_dir_all(folder.join(ROOT)).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        write(LINUX, "kernel");
        write("root/busybox", "program");
        let stamp = Stamp {
            kernel: "k".into(),
            kernel_version: "1".into(),
            userland: Vec::new(),
            kernel_sha256: sha256(b"kernel"),
            userland_sha256: listed(&folder.join(ROOT)),
            modules: kernel_package::MODULES.map(Into::into).into(),
        };
        write("packages.json", &serde_json::to_string(&stamp).unwrap());
        assert!(debian.stamp().is_none(), "without its modules' folder");
        std::fs::create_dir_all(folder.join(MODULES)).unwrap();
        assert!(debian.stamp().is_some());
        write(LINUX, "ker");
        assert!(debian.stamp().is_none());
        write(LINUX, "kernel");
        write("root/busybox", "prog");
        assert!(debian.stamp().is_none());
        write("root/busybox", "program");
        write("packages.json", "{\"kernel\": ");
        assert!(debian.stamp().is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
