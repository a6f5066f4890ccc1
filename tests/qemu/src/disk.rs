// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest's disk: what Linux reads is in the image, and what it writes is in the image afterwards.

use std::path::{Path, PathBuf};

use lazaret_build::Request;
use lazaret_machine::{Drive, Run, Script};
use lazaret_programs::sha256;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] =
    &[("disk-linux", linux), ("disk-read-only", read_only), ("disk-absent", absent), ("disk-kills", kills)];

/// Bytes of the image.
const SIZE: usize = 4 << 20;
const PROMPT: &str = "/ # ?$";

/// A file of the test's own.
pub struct Image(PathBuf);

impl Image {
    /// With bytes of which no two sectors are the same.
    pub fn new() -> anyhow::Result<Self> {
        let path = machine::new_folder()?.join("disk.img");
        std::fs::write(&path, contents())?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// What is on a new one.
pub fn contents() -> Vec<u8> {
    // Knuth's multiplicative hash of a word's number.
    (0..SIZE as u32 / 4).flat_map(|word| word.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

/// To the shell, with the disk's driver.
fn with_driver() -> Script {
    Script::new()
        .step("Please press Enter", "\r")
        .step(PROMPT, "insmod /lib/modules/virtio_mmio.ko; insmod /lib/modules/virtio_blk.ko\r")
}

fn run(image: Option<&Image>, is_read_only: bool, script: Script) -> anyhow::Result<Run> {
    let workspace = Workspace::find();
    let built = machine::build(&Request::new(workspace.root().join("components/examples/disk.system")))?;
    let mut qemu = machine::qemu(&built.board)?;
    if let Some(Image(path)) = image {
        qemu = qemu.with_drive(&Drive::open(path, is_read_only)?)?;
    }
    machine::follow(&built, qemu, script, 300)
}

/// Whole blocks, single sectors beside each other, a large piece, zeros without data: each is where it was written, and
/// nothing else has changed. Linux reads it back from the disk, and the image has it.
fn linux() -> anyhow::Result<()> {
    let image = Image::new()?;
    let mut expected = contents();
    let before = sha256(&expected);
    let mut script = with_driver().step(PROMPT, "sha256sum /dev/vda\r").expect(&before);
    for (byte, sector, count) in [("A", 16, 8), ("B", 27, 1), ("C", 28, 3), ("D", 1001, 1500)] {
        expected[512 * sector..512 * (sector + count)].fill(byte.as_bytes()[0]);
        // `tr` makes the byte; each sector is a request of its own or a part of a large one.
        let size = if count > 100 { "bs=768000 count=1" } else { &*format!("bs=512 count={count}") };
        let write = format!(
            "tr '\\0' {byte} </dev/zero | head -c {bytes} >/tmp/{byte}; dd if=/tmp/{byte} of=/dev/vda {size} seek={sector} oflag=direct,seek_bytes\r",
            bytes = 512 * count,
            sector = 512 * sector,
        );
        script = script.step(PROMPT, &write).expect("records out");
    }
    let after = sha256(&expected);
    let script = script
        .step(PROMPT, "sync; echo 3 >/proc/sys/vm/drop_caches; sha256sum /dev/vda\r")
        .expect(&after)
        .step(PROMPT, "grep -c virtio /proc/interrupts; cat /sys/block/vda/size /sys/block/vda/ro\r")
        .expect("^.*8192")
        .step(PROMPT, "poweroff\r")
        .expect("reboot: Power down");
    run(Some(&image), false, script)?;
    anyhow::ensure!(sha256(&std::fs::read(&image.0)?) == after, "the image has something else");
    Ok(())
}

/// A disk that cannot be written is one to the guest as well.
fn read_only() -> anyhow::Result<()> {
    let image = Image::new()?;
    let script = with_driver()
        .step(PROMPT, "cat /sys/block/vda/ro\r")
        .expect("^1")
        .step(PROMPT, "dd if=/dev/zero of=/dev/vda bs=4096 count=1\r")
        .expect("Operation not permitted|Read-only")
        .step(PROMPT, "sha256sum /dev/vda\r")
        .expect(&sha256(&contents()));
    run(Some(&image), true, script)?;
    anyhow::ensure!(std::fs::read(&image.0)? == contents(), "it was written");
    Ok(())
}

/// Without a disk the driver says so, and the guest starts all the same. The driver signals while the VMM starts, whose
/// scheduling context must not be taken in that moment: it would have to be started again.
fn absent() -> anyhow::Result<()> {
    let script = Script::new().expect("block: no disk").expect("Booting Linux");
    let run = run(None, false, script)?;
    anyhow::ensure!(!run.output.contains("MON|WARN"), "{}", run.output);
    Ok(())
}

/// A Linux writes its disk and reads it back, while its VMM and the driver are killed.
fn kills() -> anyhow::Result<()> {
    let wanted = if std::env::var_os("LAZARET_FULL").is_some() { 1000 } else { 12 };
    let found = lazaret_inject::disk::run(&Workspace::find(), wanted, 1)?;
    println!("  {found:?}");
    let [vmm, driver] = found.kills;
    anyhow::ensure!(found.missed.is_empty() && found.differ.is_empty(), "what was written is not there");
    anyhow::ensure!(vmm > 0 && driver > 0, "one of the two was not killed");
    Ok(())
}
