// SPDX-License-Identifier: MIT OR Apache-2.0
//! The serial driver's rings; without them, the kernel's console.

use core::fmt::{self, Write};

use super::regions;
use sel4_microkit::Channel;
use serial::ring::Ring;
use vmm::console::Serial;

/// The manifest's channel to the serial driver.
pub const CHANNEL: Channel = Channel::new(0);

/// The manifest's channel to the debug line's driver.
#[cfg(feature = "debugger")]
pub const DEBUG_CHANNEL: Channel = Channel::new(3);

/// Output and input of this VM: its console's, or its debugger's.
pub struct SerialDriver {
    rings: Option<(&'static Ring, &'static Ring)>,
    channel: Channel,
}

impl SerialDriver {
    /// Find the rings and sign the output with a name.
    pub fn new(name: &str) -> Self {
        let rings = regions::rings();
        if let Some((output, _)) = rings {
            output.set_name(name);
        }
        Self { rings, channel: CHANNEL }
    }

    /// The line on which a debugger may come, if the manifest maps it.
    #[cfg(feature = "debugger")]
    pub fn for_debugger() -> Option<Self> {
        Some(Self { rings: Some(regions::debug_rings()?), channel: DEBUG_CHANNEL })
    }
}

/// Why there is no VM, as a line of its own: the console is shared, and a release build of seL4 prints nothing.
pub fn refuse(why: fmt::Arguments<'_>) {
    let mut line = Line(regions::rings().map(|(output, _)| output));
    let _ = write!(line, "\nVMM|ERROR: {why}\n");
    if line.0.is_some() {
        CHANNEL.notify();
    }
}

/// What is written goes to the driver at once, as far as there is room.
struct Line(Option<&'static Ring>);

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match self.0 {
                Some(output) => drop(output.push(byte)),
                None => sel4::debug_put_char(byte),
            }
        }
        Ok(())
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

    fn await_room(&mut self, written: u32) -> bool {
        self.rings.is_none_or(|(output, _)| {
            output.await_room();
            output.has_room_at(written)
        })
    }

    fn ring(&mut self) {
        if self.rings.is_some() {
            self.channel.notify();
        }
    }
}
