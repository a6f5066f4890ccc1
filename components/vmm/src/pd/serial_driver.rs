// SPDX-License-Identifier: MIT OR Apache-2.0
//! The serial driver's rings; without them, the kernel's console.

use super::regions;
use sel4_microkit::Channel;
use serial::ring::Ring;
use vmm::console::Serial;

/// The manifest's channel to the serial driver.
pub const CHANNEL: Channel = Channel::new(0);

/// Output and input of this VM.
pub struct SerialDriver {
    rings: Option<(&'static Ring, &'static Ring)>,
}

impl SerialDriver {
    /// Find the rings and sign the output with a name.
    pub fn new(name: &str) -> Self {
        let rings = regions::rings();
        if let Some((output, _)) = rings {
            output.set_name(name);
        }
        Self { rings }
    }
}

impl Serial for SerialDriver {
    fn has_room(&self, written: u32) -> bool {
        self.rings.is_none_or(|(output, _)| output.has_room_at(written))
    }

    fn put(&mut self, written: u32, byte: u8) {
        match self.rings {
            Some((output, _)) if output.has_room_at(written) => output.put_at(written, byte),
            Some(_) => {}
            None => sel4::debug_put_char(byte),
        }
    }

    fn get(&self, taken: u32) -> Option<u8> {
        self.rings.and_then(|(_, input)| input.peek(taken))
    }

    fn publish(&mut self, written: u32, taken: u32) {
        if let Some((output, input)) = self.rings {
            output.publish(written);
            input.consume(taken);
        }
    }

    fn is_watched(&self) -> bool {
        self.rings.is_none_or(|(output, _)| output.is_watched())
    }

    fn ring(&mut self) {
        if self.rings.is_some() {
            CHANNEL.notify();
        }
    }
}
