// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the files of a Debian kernel are in its packages: one package has all of them, or, in newer releases and in
//! backports, `linux-image-V` only depends on `linux-binary-V`, which has them.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::apt::{Apt, Package};
use super::library::resolve;

/// Modules that a guest wants: of Virtio, whose bus and devices are none of a packaged kernel's own, and of a disk's file
/// system, each with what it wants.
pub const MODULES: [&str; 12] = [
    "virtio_mmio.ko",
    "virtio_console.ko",
    "virtio_blk.ko",
    "failover.ko",
    "net_failover.ko",
    "virtio_net.ko",
    "virtio-rng.ko",
    "crc16.ko",
    "crc32c_generic.ko",
    "mbcache.ko",
    "jbd2.ko",
    "ext4.ko",
];

/// Beginning of the name of the package that has a split kernel's files.
const BINARY: &str = "linux-binary-";

/// Fetches what the kernel's package does not have itself, and unpacks all of it.
pub fn unpack(apt: &Apt, package: &Package, to: &Path) -> anyhow::Result<()> {
    let _ = std::fs::remove_dir_all(to);
    package.extract(to)?;
    if vmlinuz(to).is_none() {
        for part in apt.dependencies(&package.name)?.iter().filter(|name| name.starts_with(BINARY)) {
            apt.download(part)?.extract(to)?;
        }
    }
    Ok(())
}

/// The kernel in the unpacked packages.
pub fn kernel(unpacked: &Path) -> anyhow::Result<Vec<u8>> {
    let path = vmlinuz(unpacked).context("the kernel's packages have no vmlinuz")?;
    std::fs::read(&path).with_context(|| path.display().to_string())
}

/// In `/boot`, or beside the modules.
fn vmlinuz(unpacked: &Path) -> Option<PathBuf> {
    let modules = names(unpacked, "usr/lib/modules").chain(names(unpacked, "lib/modules"));
    let beside = modules.map(|folder| format!("{folder}/vmlinuz"));
    let boot = names(unpacked, "boot").filter(|path| path.starts_with("boot/vmlinuz"));
    boot.chain(beside).find_map(|path| resolve(unpacked, &path))
}

/// The folder of device trees, if there are any: `usr/lib/linux-image-V`, whichever package they come in.
pub fn device_trees(unpacked: &Path) -> Option<PathBuf> {
    let folder = names(unpacked, "usr/lib").find(|path| path.starts_with("usr/lib/linux-"))?;
    Some(unpacked.join(folder)).filter(|folder| folder.is_dir() && !folder.is_symlink())
}

/// Those of [`MODULES`] that are there, in whatever folder, and where.
pub fn modules(unpacked: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut open: Vec<_> = ["lib/modules", "usr/lib/modules"].map(|folder| unpacked.join(folder)).into();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else if let Some(name) = MODULES.iter().find(|name| path.ends_with(name)) {
                found.push((*name, path));
            }
        }
    }
    found
}

/// What is in a folder, by paths below the root, in order.
fn names(unpacked: &Path, folder: &str) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(unpacked.join(folder)).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy())).collect();
    names.sort();
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(name: &str, files: &[&str]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("lazaret-kernel-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        for file in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        root
    }

    #[test]
    fn modules_are_found_wherever_they_are() {
        let file = "lib/modules/6/kernel/drivers/virtio/virtio_mmio.ko";
        let root = unpacked("modules", &[file, "lib/modules/6/kernel/drivers/net/tun.ko"]);
        assert_eq!(modules(&root), [("virtio_mmio.ko", root.join(file))]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_kernel_is_found_in_either_kind_of_package() {
        let tree = "usr/lib/linux-image-6/broadcom/x.dtb";
        for (name, files, wanted) in [
            ("one", &["boot/vmlinuz-6", "boot/config-6", tree][..], "boot/vmlinuz-6"),
            ("split", &["usr/lib/modules/6/vmlinuz", tree], "usr/lib/modules/6/vmlinuz"),
        ] {
            let root = unpacked(name, files);
            assert_eq!(kernel(&root).unwrap(), wanted.as_bytes());
            assert!(device_trees(&root).unwrap().join("broadcom/x.dtb").is_file());
            std::fs::remove_dir_all(root).unwrap();
        }
        let root = unpacked("none", &["usr/share/doc/linux-image-6/copyright"]);
        assert!(kernel(&root).is_err() && device_trees(&root).is_none());
        std::fs::remove_dir_all(root).unwrap();
    }
}
