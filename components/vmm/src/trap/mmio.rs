// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage-2 aborts: emulated devices, and addresses where nothing is.

use crate::console::Serial;
use crate::device::pl011::Pl011;
use crate::guest_map::{GICD, UART};
use crate::inject;
use crate::trace::Outcome;
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};
use arm_syndrome::{DataAbort, Direction, Esr, Syndrome, Transfer};

const PAGE: u64 = 0x1000;

impl<S: Serial> Vm<'_, S> {
    /// A VMFault.
    #[inline]
    pub(crate) fn memory(&mut self, ipa: u64, fetch: bool, esr: u64, vcpu: &mut impl Vcpu) -> Next {
        let esr = Esr::new(esr);
        match esr.decode() {
            Syndrome::DataAbort(abort) if !fetch => self.data_abort(ipa, abort, esr, vcpu),
            _ => {
                let (name, pc) = (self.config.name, self.frame.pc(vcpu));
                self.console.complain(format_args!("{name}: fetch from {ipa:#x} (pc {pc:#x}): external abort"));
                self.note.outcome = Outcome::Abort;
                inject::instruction_abort(self.frame, vcpu);
                Next::Resume
            }
        }
    }

    #[inline]
    fn data_abort(&mut self, ipa: u64, abort: DataAbort, esr: Esr, vcpu: &mut impl Vcpu) -> Next {
        let Some(transfer) = abort.transfer else {
            self.external_abort(ipa, abort, esr, vcpu);
            return Next::Resume;
        };
        let rt = transfer.rt.number();
        let stored = if abort.direction.is_read() { 0 } else { self.frame.x(rt, vcpu) };
        match self.device(ipa, transfer, abort.direction, stored, vcpu) {
            Some(loaded) => {
                if abort.direction.is_read() {
                    self.frame.set_x(rt, loaded);
                }
                inject::advance(esr, self.frame, vcpu);
            }
            None => self.external_abort(ipa, abort, esr, vcpu),
        }
        Next::Resume
    }

    /// A load from a device, or a store of Rt's value: what Rt is after a load. `None`: there is no device.
    #[inline]
    pub(crate) fn device(
        &mut self,
        ipa: u64,
        transfer: Transfer,
        direction: Direction,
        rt: u64,
        vcpu: &mut impl Vcpu,
    ) -> Option<u64> {
        let (page, offset) = (ipa & !(PAGE - 1), (ipa & (PAGE - 1)) as u16);
        let size = transfer.size.bytes() as u8;
        let value = match (page, direction) {
            (UART, Direction::Read) => self.read_uart(offset, size, vcpu),
            (UART, Direction::Write) => {
                self.uart.write(offset, size, transfer.stored(rt), &mut self.console);
                self.receive();
                self.update_uart_line(vcpu);
                0
            }
            (GICD, Direction::Read) => self.gic.read(offset, size),
            (GICD, Direction::Write) => {
                self.gic.write(offset, size, transfer.stored(rt));
                self.gic.deliver(vcpu);
                0
            }
            _ => return None,
        };
        Some(transfer.loaded(value))
    }

    fn read_uart(&mut self, offset: u16, size: u8, vcpu: &mut impl Vcpu) -> u64 {
        let value = self.uart.read(offset, size, &self.console);
        if Pl011::read_has_effect(offset) {
            self.receive();
            self.update_uart_line(vcpu);
        }
        value
    }

    /// What a load from a device finds, if that is all there is to it.
    #[inline]
    pub(crate) fn look(&mut self, ipa: u64, size: u8) -> Option<u64> {
        let (page, offset) = (ipa & !(PAGE - 1), (ipa & (PAGE - 1)) as u16);
        match page {
            UART if !Pl011::read_has_effect(offset) => Some(self.uart.read(offset, size, &self.console)),
            GICD => Some(self.gic.read(offset, size)),
            _ => None,
        }
    }

    fn external_abort(&mut self, ipa: u64, abort: DataAbort, esr: Esr, vcpu: &mut impl Vcpu) {
        let (name, pc) = (self.config.name, self.frame.pc(vcpu));
        let what = match abort.direction {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        let size = abort.transfer.map_or(0, |transfer| transfer.size.bytes());
        self.console.complain(format_args!("{name}: {what} of {size} bytes at {ipa:#x} (pc {pc:#x}): external abort"));
        self.note.outcome = Outcome::Abort;
        inject::data_abort(ipa, abort.direction, esr, self.frame, vcpu);
    }
}
