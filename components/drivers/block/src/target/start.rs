// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is done once: the disk is found, and divided among the clients.
//!
//! Here alone the driver looks whether the disk is ready, and has no interrupt for it; it gives others the processor
//! meanwhile, and up after some seconds.

use block::partition::{Block, SECTORS, Source, divide as ranges};
use block::{MAX_CLIENTS, Range};
use sddf_abi::block::{BLOCK_SIZE, Description};
use sel4_microkit::debug_println;

use super::disk::{self, GET_ID, ID_SIZE, IN, VirtioDisk};
use super::hal::{self, Page};
use super::regions;

/// The tag of the driver's own requests.
const OWN: usize = MAX_CLIENTS;
/// Seconds that a disk may take for one.
const PATIENCE: u64 = 10;

/// The disk, or a line that says why there is none.
pub fn disk() -> Option<VirtioDisk> {
    let Some(registers) = regions::registers().and_then(disk::find) else {
        debug_println!("block: no disk: start with --drive");
        return None;
    };
    VirtioDisk::new(registers).map_err(|why| debug_println!("block: no disk: {why}")).ok()
}

/// What the clients have of it, and what is the same for all of them.
pub fn divide(
    disk: &mut Option<VirtioDisk>,
    clients: [bool; MAX_CLIENTS],
) -> (Description, [Option<Range>; MAX_CLIENTS]) {
    let mut description = Description { serial: [0; 64], is_read_only: true, sector_size: 512, capacity: 0 };
    let Some(device) = disk.as_mut() else { return (description, [None; MAX_CLIENTS]) };
    let Some(page) = Page::new() else {
        debug_println!("block: no disk: no room for the partition table");
        return (description, [None; MAX_CLIENTS]);
    };
    let (blocks, rest) = (device.sectors() / SECTORS, device.sectors() % SECTORS);
    if rest != 0 {
        debug_println!("block: the disk's last {} bytes are left out: blocks have {BLOCK_SIZE}", rest * 512);
    }
    let is_read_only = device.is_read_only();
    let mut start = Start { disk: device, page };
    start.identify(&mut description.serial);
    let mut bytes = [0; BLOCK_SIZE as usize];
    let shares = ranges(&mut start, &mut bytes, blocks, is_read_only, clients);
    device.acknowledge();
    let mut numbers = 0..;
    let range = |share: Option<Result<Range, _>>| {
        let number = numbers.next().unwrap_or(0);
        share?.map_err(|why| debug_println!("block: client {number} has no partition {}: {why}", number + 1)).ok()
    };
    (description, shares.map(range))
}

/// The disk with a page that it can use.
struct Start<'a> {
    disk: &'a mut VirtioDisk,
    page: Page,
}

impl Start<'_> {
    /// Waits for the end of a request.
    fn run(&mut self, kind: u32, sector: u64, length: usize) -> bool {
        if !self.page.part(length).is_some_and(|data| self.disk.begin(OWN, kind, sector, Some(data))) {
            return false;
        }
        let (start, frequency) = hal::time();
        let patience = PATIENCE.saturating_mul(frequency);
        while hal::time().0.wrapping_sub(start) < patience {
            match self.disk.end() {
                Some((OWN, is_done)) => return is_done,
                _ => sel4::r#yield(),
            }
        }
        self.disk.give_up();
        false
    }

    /// The serial number, if the disk says it.
    fn identify(&mut self, serial: &mut [u8; 64]) {
        if self.run(GET_ID, 0, ID_SIZE) {
            let place = serial.iter_mut().zip(self.page.bytes());
            place.take(ID_SIZE).take_while(|(_, byte)| *byte != 0).for_each(|(place, byte)| *place = byte);
        }
    }
}

impl Source for Start<'_> {
    fn read(&mut self, block: u64, bytes: &mut Block) -> bool {
        let is_read = block.checked_mul(SECTORS).is_some_and(|sector| self.run(IN, sector, bytes.len()));
        bytes.iter_mut().zip(self.page.bytes()).for_each(|(place, byte)| *place = byte);
        is_read
    }
}
