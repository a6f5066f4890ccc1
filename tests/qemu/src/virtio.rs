// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices by Virtio under somebody else's drivers, the crate `virtio-drivers`, in a bare-metal guest.

use lazaret_build::Request;
use lazaret_machine::{Drive, Script};

use crate::Scenario;
use crate::disk::{Image, contents};
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("virtio-bare", bare)];

/// A disk, entropy, and a neighbour in the network: each check of the guest holds, and the image has what it wrote.
fn bare() -> anyhow::Result<()> {
    let image = Image::new()?;
    let built = machine::build(&Request::new(machine::description("virtio")))?;
    let qemu = machine::qemu(&built.board)?.with_drive(&Drive::open(image.path(), false)?)?;
    machine::follow(&built, qemu, Script::new().expect(r"GUEST virtio: 1\d\d passed, 0 failed"), 120)?;
    let mut expected = contents();
    for (sector, count) in [(16, 8), (27, 1), (101, 3)] {
        expected[512 * sector..512 * (sector + count)].fill(sector as u8);
    }
    anyhow::ensure!(std::fs::read(image.path())? == expected, "the image has something else");
    Ok(())
}
