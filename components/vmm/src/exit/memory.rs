// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage-2 aborts: emulated devices, and addresses where nothing is.

use super::{Handler, Next, inject};
use crate::console::Serial;
use crate::device::Outside;
use crate::trace::Outcome;
use crate::vcpu::KernelVcpu;
use arm_syndrome::{DataAbort, Direction, Esr, Syndrome, Transfer};

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// A VMFault.
    #[inline]
    pub(super) fn memory(&mut self, ipa: u64, fetch: bool, esr: u64) -> Next {
        let esr = Esr::new(esr);
        match esr.decode() {
            Syndrome::DataAbort(abort) if !fetch => self.data_abort(ipa, abort, esr),
            _ => {
                let (name, pc) = (self.platform.config.name, self.vcpu.registers.pc(self.kernel));
                let line = format_args!("{name}: fetch from {ipa:#x} (pc {pc:#x}): external abort");
                self.platform.warn_rate_limited(line);
                self.vcpu.note.outcome = Outcome::Abort;
                inject::instruction_abort(self.vcpu.registers, self.kernel);
                Next::Resume
            }
        }
    }

    #[inline]
    fn data_abort(&mut self, ipa: u64, abort: DataAbort, esr: Esr) -> Next {
        let Some(transfer) = abort.transfer else {
            self.external_abort(ipa, abort, esr);
            return Next::Resume;
        };
        let rt = transfer.rt.number();
        let value = if abort.direction.is_read() { 0 } else { self.vcpu.registers.x(rt, self.kernel) };
        match self.device(ipa, transfer, abort.direction, value) {
            Some(loaded) => {
                if abort.direction.is_read() {
                    self.vcpu.registers.set_x(rt, loaded);
                }
                self.advance(esr);
            }
            None => self.external_abort(ipa, abort, esr),
        }
        Next::Resume
    }

    /// A load from a device, or a store of Rt's value: what Rt is after a load. `None`: there is no device.
    #[inline]
    fn device(&mut self, ipa: u64, transfer: Transfer, direction: Direction, rt: u64) -> Option<u64> {
        let size = transfer.size.bytes() as u8;
        let (bus, mut outside) = (&mut self.platform.bus, Outside { console: &mut self.platform.console });
        match direction {
            Direction::Read => bus.read(ipa, size, &mut outside, self.kernel).map(|value| transfer.loaded(value)),
            Direction::Write => bus.write(ipa, size, transfer.stored(rt), &mut outside, self.kernel).map(|()| 0),
        }
    }

    fn external_abort(&mut self, ipa: u64, abort: DataAbort, esr: Esr) {
        let (name, pc) = (self.platform.config.name, self.vcpu.registers.pc(self.kernel));
        let what = match abort.direction {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        let size = abort.transfer.map_or(0, |transfer| transfer.size.bytes());
        let line = format_args!("{name}: {what} of {size} bytes at {ipa:#x} (pc {pc:#x}): external abort");
        self.platform.warn_rate_limited(line);
        self.vcpu.note.outcome = Outcome::Abort;
        inject::data_abort(ipa, abort.direction, esr, self.vcpu.registers, self.kernel);
    }
}
