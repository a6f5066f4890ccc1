// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage-2 aborts: emulated devices, and addresses where nothing is.

use crate::console::Serial;
use crate::guest_map::{GICD, UART};
use crate::inject;
use crate::trace::Outcome;
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};
use esr::{DataAbort, Direction, Esr, Syndrome, Transfer};

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
        let page = ipa & !(PAGE - 1);
        match abort.transfer {
            Some(transfer) if page == UART || page == GICD => {
                self.device(ipa, transfer, abort.direction, vcpu);
                inject::advance(esr, self.frame, vcpu);
            }
            _ => self.external_abort(ipa, abort, esr, vcpu),
        }
        Next::Resume
    }

    #[inline]
    fn device(&mut self, ipa: u64, transfer: Transfer, direction: Direction, vcpu: &mut impl Vcpu) {
        let (offset, size) = ((ipa & (PAGE - 1)) as u16, transfer.size.bytes() as u8);
        let rt = transfer.rt.number();
        if direction.is_read() {
            let value = if ipa & !(PAGE - 1) == GICD {
                self.gic.read(offset, size)
            } else {
                self.read_uart(offset, size, vcpu)
            };
            self.frame.set_x(rt, transfer.loaded(value));
        } else {
            let value = transfer.stored(self.frame.x(rt, vcpu));
            if ipa & !(PAGE - 1) == GICD {
                self.gic.write(offset, size, value);
                self.gic.deliver(vcpu);
            } else {
                self.uart.write(offset, size, value, &mut self.console);
                self.receive();
                self.update_uart_line(vcpu);
            }
        }
    }

    fn read_uart(&mut self, offset: u16, size: u8, vcpu: &mut impl Vcpu) -> u64 {
        let value = self.uart.read(offset, size, &self.console);
        self.receive();
        self.update_uart_line(vcpu);
        value
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
