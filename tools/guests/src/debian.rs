// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's kernels and user land of the day, kept in `target/guests`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::apt::{Apt, Package};
use super::kernel::filter;
use super::{Arm64Image, INITRD, INITRD32, LINUX, LINUX32, Origin, userland, userland32};
use lazaret_programs::sha256;

/// After that, the archive is asked again.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// The package's device trees, in folders by manufacturer.
const DEVICE_TREES: &str = "device-trees";

/// Makes an initramfs of unpacked packages, busybox, and programs of ours.
type Builder = fn(&Path, &[u8], &[Vec<u8>]) -> anyhow::Result<Vec<u8>>;

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
        let stamp = self.refresh()?;
        let image = std::fs::read(self.folder.join(self.linux())).context(self.linux())?;
        let from = format!("Debian {} {}", stamp.kernel, stamp.kernel_version);
        let origin = Origin { file: self.linux().into(), from, sha256: sha256(&image) };
        Ok((image, origin))
    }

    /// The initramfs with programs to debug; compressed, because it is copied more often than it is unpacked.
    pub fn initramfs(&self, programs: &[Vec<u8>]) -> anyhow::Result<(Vec<u8>, Vec<Origin>)> {
        let stamp = self.refresh()?;
        let root = self.folder.join("root");
        let busybox = std::fs::read(root.join("bin/busybox")).context("busybox")?;
        let archive = (self.flavour.build)(&root, &busybox, programs)?;
        let hash = sha256(&archive);
        let (kept, kept_hash) = (self.folder.join(self.initrd()), self.folder.join("linux-initrd.sha256"));
        if std::fs::read_to_string(&kept_hash).ok().as_deref() != Some(&hash) {
            std::fs::write(&kept, filter("gzip", &["-6nc"], &archive)?)?;
            std::fs::write(&kept_hash, &hash)?;
        }
        let compressed = std::fs::read(&kept)?;
        let versions: Vec<_> = stamp.userland.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let from = format!("Debian {}", versions.join(", "));
        let origin = Origin { file: self.initrd().into(), from, sha256: sha256(&compressed) };
        Ok((compressed, vec![origin]))
    }

    /// A board's device tree from the kernel package, and where it is kept.
    pub fn device_tree(&self, name: &str) -> anyhow::Result<(PathBuf, Origin)> {
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
        serde_json::from_slice(&std::fs::read(self.stamp_path()).ok()?).ok()
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
        let kernel = match apt.dependency(self.flavour.kernel, "linux-image-") {
            Ok(kernel) => kernel,
            Err(error) => return Err(updated.err().unwrap_or(error)),
        };
        let package = apt.download(&kernel)?;
        if old.is_none_or(|o| o.kernel_version != package.version || !self.folder.join(self.linux()).exists()) {
            self.unpack_kernel(&package)?;
        }
        let packages = apt.download_with_dependencies(wanted)?;
        let root = self.folder.join("root");
        let _ = std::fs::remove_dir_all(&root);
        packages.iter().try_for_each(|package| package.extract(&root))?;
        let named = packages.iter().filter(|p| p.name == "libc6" || wanted.contains(&p.name.as_str()));
        let userland = named.map(|p| (p.name.clone(), p.version.clone())).collect();
        let stamp = Stamp { kernel, kernel_version: package.version, userland };
        std::fs::write(self.stamp_path(), serde_json::to_vec_pretty(&stamp)?)?;
        let _ = std::fs::remove_dir_all(self.folder.join("apt/single"));
        Ok(stamp)
    }

    fn unpack_kernel(&self, package: &Package) -> anyhow::Result<()> {
        let unpacked = self.folder.join("kernel");
        let _ = std::fs::remove_dir_all(&unpacked);
        package.extract(&unpacked)?;
        let boot = std::fs::read_dir(unpacked.join("boot")).context("the kernel package has no /boot")?;
        let is_kernel = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("vmlinuz"));
        let path = boot.flatten().map(|e| e.path()).find(is_kernel).context("the kernel package has no vmlinuz")?;
        std::fs::write(self.folder.join(self.linux()), (self.flavour.unpack)(std::fs::read(path)?)?)?;
        let device_trees = self.folder.join(DEVICE_TREES);
        let _ = std::fs::remove_dir_all(&device_trees);
        std::fs::rename(unpacked.join("usr/lib").join(&package.name), &device_trees).context("no device trees")?;
        std::fs::remove_dir_all(unpacked)?;
        Ok(())
    }
}

pub(super) fn is_fresh(path: &Path) -> bool {
    let modified = path.metadata().and_then(|m| m.modified()).ok();
    modified.and_then(|at| SystemTime::now().duration_since(at).ok()).is_some_and(|age| age < FRESH)
}
