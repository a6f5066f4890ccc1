// SPDX-License-Identifier: MIT OR Apache-2.0
//! KVM: Debian's arm64 kernel at EL2, our launcher as its only program, the guest and its device tree as files.

use std::path::PathBuf;

use anyhow::Context;

use crate::subject::{Bench, Job};
use lazaret_guests::{ARM64, Debian, Initramfs};
use lazaret_machine::Qemu;

const LAUNCHER: &str = "kvm-launcher";
/// As the launcher gives it.
const GUEST_RAM: u64 = 0x100_0000;
/// `nokaslr`: every boot is the same.
const ARGUMENTS: &str = "console=ttyAMA0 rdinit=/init nokaslr nosmp quiet loglevel=6";

/// QEMU and the kernel to start in it.
pub fn machine(bench: &Bench<'_>, job: Job<'_>) -> anyhow::Result<(Qemu, PathBuf)> {
    let folder = bench.folder()?;
    let kernel = folder.join("kvm-host.img");
    std::fs::write(&kernel, host_kernel(bench)?).with_context(|| kernel.display().to_string())?;
    let initramfs = folder.join("kvm-initrd.img");
    std::fs::write(&initramfs, archive(bench, job)?).with_context(|| initramfs.display().to_string())?;
    let mut qemu = bench.qemu()?;
    qemu.more.extend(["-smp", "1"].map(Into::into));
    qemu.more.extend(["-initrd".into(), initramfs.display().to_string(), "-append".into(), ARGUMENTS.into()]);
    Ok((qemu, kernel))
}

fn host_kernel(bench: &Bench<'_>) -> anyhow::Result<Vec<u8>> {
    match &bench.kvm_kernel {
        Some(path) => Ok(lazaret_guests::read_given(path)?.bytes),
        None => Ok(Debian::new(bench.workspace.guests(), &ARM64).kernel()?.0),
    }
}

fn archive(bench: &Bench<'_>, job: Job<'_>) -> anyhow::Result<Vec<u8>> {
    let launcher = bench.build(&[LAUNCHER])?.join(LAUNCHER);
    let mut archive = Initramfs::new();
    archive.folder("dev")?;
    archive.device("dev/console", 5, 1)?;
    archive.device("dev/kvm", 10, 232)?;
    archive.program("init", &std::fs::read(launcher)?)?;
    archive.file("guest.img", &bench.guest(job)?)?;
    archive.file("guest.dtb", tree(job.bootargs)?.as_ref())?;
    if let Some(second) = job.second {
        archive.file("guest2.dtb", tree(second)?.as_ref())?;
    }
    Ok(archive.finish()?)
}

/// The one that Lazaret's VMM gives.
fn tree(bootargs: &str) -> anyhow::Result<impl AsRef<[u8]> + use<>> {
    vmm::boot::fdt::build(1, GUEST_RAM, bootargs, None, None).map_err(|error| anyhow::anyhow!("device tree: {error}"))
}
