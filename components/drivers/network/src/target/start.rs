// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is done once: the card is found.

use sel4_microkit::debug_println;

use super::card::{self, DMA_SIZE, VirtioCard};
use super::regions;

/// The card, or a line that says why there is none.
pub fn card() -> Option<VirtioCard> {
    // A description without one wants a switch alone.
    let page = regions::registers()?;
    let Some(registers) = card::find(page) else {
        debug_println!("network: no card: start with a virtio-net-device");
        return None;
    };
    if regions::dma().size < DMA_SIZE {
        debug_println!("network: no card: it needs {DMA_SIZE:#x} bytes of memory of its own");
        return None;
    }
    VirtioCard::new(registers).map_err(|why| debug_println!("network: no card: {why}")).ok()
}
