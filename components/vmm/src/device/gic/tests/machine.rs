// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest with both halves of its interrupt controller, and the registers that it uses.

use super::*;

pub(super) const GROUPS: u16 = 0x080;
pub(super) const ENABLE: u16 = 0x100;
pub(super) const DISABLE: u16 = 0x180;
pub(super) const PEND: u16 = 0x200;
pub(super) const UNPEND: u16 = 0x280;
pub(super) const ACTIVATE: u16 = 0x300;
pub(super) const DEACTIVATE: u16 = 0x380;
pub(super) const PRIORITY: u16 = 0x400;
pub(super) const CONFIGURE: u16 = 0xc00;
pub(super) const SGI: u16 = 0xf00;
pub(super) const SGI_UNPEND: u16 = 0xf10;
pub(super) const SGI_PEND: u16 = 0xf20;
pub(super) const TO_SELF: u64 = 2 << 24;
pub(super) const NOTHING: u32 = crate::fake::SPURIOUS;

/// A guest with both halves of its interrupt controller.
pub(super) struct Machine {
    pub(super) gic: Gic<'static>,
    pub(super) port: Port,
}

impl Machine {
    pub(super) fn new(format: Format) -> Self {
        let mut machine = Self { gic: fresh(), port: Port::new(1, format) };
        machine.store(0, 1);
        machine
    }

    pub(super) fn store(&mut self, offset: u16, value: u64) {
        self.gic.store(offset, 4, value, &mut self.port);
        self.gic.deliver(&mut self.port);
    }

    pub(super) fn store_byte(&mut self, offset: u16, value: u64) {
        self.gic.store(offset, 1, value, &mut self.port);
        self.gic.deliver(&mut self.port);
    }

    pub(super) fn load(&mut self, offset: u16) -> u64 {
        self.gic.load(offset, 4, &mut self.port)
    }

    /// A store of an SPI's bit.
    pub(super) fn set(&mut self, register: u16, intid: u16) {
        self.store(register + intid / 32 * 4, 1 << (intid % 32));
    }

    pub(super) fn is(&mut self, register: u16, intid: u16) -> bool {
        self.load(register + intid / 32 * 4) >> (intid % 32) & 1 != 0
    }

    pub(super) fn line(&mut self, intid: u16, high: bool) {
        self.gic.set_line(intid, high, &mut self.port);
        self.gic.deliver(&mut self.port);
    }

    pub(super) fn take(&mut self) -> u32 {
        self.port.guest().acknowledge()
    }

    pub(super) fn end(&mut self, taken: u32) {
        self.port.guest().end(taken);
        self.port.settle(&mut self.gic);
    }

    /// All that comes, each ended at once.
    pub(super) fn drain(&mut self) -> Vec<u32> {
        core::iter::from_fn(|| Some(self.port.handle(&mut self.gic)).filter(|&taken| taken != NOTHING))
            .take(50)
            .collect()
    }
}
