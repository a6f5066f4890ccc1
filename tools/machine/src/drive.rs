// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine's disk: a file of the user's.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use lazaret_diagnostic::Problem;

use crate::Qemu;

/// What a system counts the disk in, in bytes.
const BLOCK: u64 = 4096;
/// How a qcow2 file begins.
const QCOW2: &[u8] = b"QFI\xfb";

/// A disk image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    path: PathBuf,
    format: &'static str,
    is_read_only: bool,
}

impl Drive {
    /// The image in a file, if it can be one. Whoever may not write it gets a disk that cannot be written.
    pub fn open(path: &Path, is_read_only: bool) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let empty = || format!("an empty disk of 64 MiB: truncate -s 64M {}", named());
        let metadata =
            path.metadata().map_err(|error| Problem::new(format!("--drive: {}: {error}", named()), empty()))?;
        if !metadata.is_file() {
            return Err(Problem::new(format!("--drive: {} is no file", named()), "give a disk image"));
        }
        let format = if begins(path, QCOW2).with_context(named)? { "qcow2" } else { "raw" };
        let is_whole = metadata.len() > 0 && metadata.len().is_multiple_of(BLOCK);
        if format == "raw" && !is_whole {
            let what = format!("--drive: {} has {} bytes, no whole number of {BLOCK}", named(), metadata.len());
            let longer = || format!("make it longer: truncate -s %{BLOCK} {}", named());
            let help = if metadata.len() == 0 { empty() } else { longer() };
            return Err(Problem::new(what, help));
        }
        let can_be_written = OpenOptions::new().write(true).open(path).is_ok();
        Ok(Self { path: path.into(), format, is_read_only: is_read_only || !can_be_written })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// That the system cannot write it.
    pub const fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// QEMU's arguments, for a device of this kind at this place.
    pub fn arguments(&self, device: &str) -> [String; 4] {
        let (path, format) = (Qemu::in_option(&self.path), self.format);
        let access = if self.is_read_only { ",readonly=on" } else { "" };
        let drive = format!("if=none,id=lazaret-disk,format={format},file={path}{access}");
        ["-drive".into(), drive, "-device".into(), format!("{device},drive=lazaret-disk")]
    }
}

fn begins(path: &Path, with: &[u8]) -> std::io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(with.len() as u64).read_to_end(&mut start)?;
    Ok(start == with)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("lazaret-drive-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn refused(path: &Path) -> String {
        Drive::open(path, false).unwrap_err().to_string()
    }

    #[test]
    fn images_are_told_by_what_is_in_them() {
        let raw = file("raw,1", &[0; 4096]);
        let drive = Drive::open(&raw, false).unwrap();
        assert_eq!((drive.format, drive.is_read_only()), ("raw", false));
        let [_, options, _, device] = drive.arguments("virtio-blk-device,bus=b.0");
        assert!(options.contains("format=raw,file=") && options.ends_with("raw,,1"), "{options}");
        assert_eq!(device, "virtio-blk-device,bus=b.0,drive=lazaret-disk");
        let qcow2 = file("qcow2", b"QFI\xfb and so on");
        let drive = Drive::open(&qcow2, true).unwrap();
        assert_eq!((drive.format, drive.is_read_only()), ("qcow2", true));
        assert!(drive.arguments("d")[1].ends_with(",readonly=on"));
        [raw, qcow2].into_iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }

    #[test]
    fn what_is_no_image_is_refused_by_name() {
        assert!(refused(Path::new("/nowhere/disk.img")).contains("/nowhere/disk.img"));
        assert!(refused(&std::env::temp_dir()).contains("is no file"));
        for size in [0, 1, 4095, 4097] {
            let odd = file(&format!("odd{size}"), &vec![0; size]);
            assert!(refused(&odd).contains(&format!("has {size} bytes")));
            std::fs::remove_file(odd).unwrap();
        }
    }
}
