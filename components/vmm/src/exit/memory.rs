// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage-2 aborts: emulated devices, and addresses where nothing is.

use super::{Handler, Next, inject};
use crate::console::Serial;
use crate::stage1::{Regime, WalkError};
use crate::trace::Outcome;
use crate::vcpu::KernelVcpu;
use arm_syndrome::inject::DataFault;
use arm_syndrome::{
    AccessSize, DataAbort, Direction, Esr, FaultStatus, InstructionAbort, Register, Spsr, Syndrome, Transfer,
};

/// PC as the number of a register in AArch32, which no syndrome of the architecture has.
const PC32: Register = Register::new(15);

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// A VMFault.
    #[inline]
    pub(super) fn memory(&mut self, ipa: u64, fetch: bool, esr: u64) -> Next {
        let esr = Esr::new(esr);
        match esr.decode() {
            Syndrome::DataAbort(abort) if !fetch => self.data_abort(ipa, abort, esr),
            _ => self.fetch_abort(ipa, esr),
        }
        Next::Resume
    }

    fn fetch_abort(&mut self, ipa: u64, esr: Esr) {
        let (name, pc) = (self.platform.config.name, self.vcpu.registers.pc(self.kernel));
        let line = format_args!("{name}: fetch from {ipa:#x} (pc {pc:#x}): external abort");
        self.platform.warn_rate_limited(line);
        self.vcpu.note.outcome = Outcome::Abort;
        let on_walk = InstructionAbort::from_iss(esr.iss()).table_walk;
        let status = if on_walk { self.walk_status(pc) } else { None };
        let status = status.unwrap_or(FaultStatus::EXTERNAL);
        inject::instruction_abort(status, self.vcpu.registers, self.kernel);
    }

    #[inline]
    fn data_abort(&mut self, ipa: u64, abort: DataAbort, esr: Esr) {
        let Some(transfer) = abort.transfer else {
            return self.undescribed(ipa, abort, esr);
        };
        let is_read = abort.direction.is_read();
        // First, because it brings PC and SPSR along.
        let value = if is_read { 0 } else { self.vcpu.registers.x(transfer.rt.number(), self.kernel) };
        let spsr = Spsr(self.vcpu.registers.spsr(self.kernel));
        if spsr.is_aarch32() {
            return self.data_abort_aarch32(ipa, abort, transfer, esr);
        }
        match self.device(ipa, transfer.size, abort.direction, transfer.stored(value)) {
            Some(loaded) => {
                if is_read {
                    self.vcpu.registers.set_x(transfer.rt.number(), transfer.loaded(loaded));
                }
                self.advance(esr);
            }
            None => self.nothing_there(ipa, transfer.size.bytes(), abort, esr),
        }
    }

    /// The same of AArch32, where the register may be a mode's own, and data may be big-endian.
    #[inline(never)]
    fn data_abort_aarch32(&mut self, ipa: u64, abort: DataAbort, transfer: Transfer, esr: Esr) {
        let spsr = Spsr(self.vcpu.registers.spsr(self.kernel));
        let rt = transfer.rt.in_mode_of(spsr);
        if rt == PC32 {
            return self.undescribed(ipa, abort, esr);
        }
        let value = transfer.stored(self.vcpu.registers.x(rt.number(), self.kernel));
        match self.device(ipa, transfer.size, abort.direction, in_memory(value, transfer.size, spsr)) {
            Some(loaded) => {
                if abort.direction.is_read() {
                    let loaded = transfer.loaded(in_memory(loaded, transfer.size, spsr));
                    self.vcpu.registers.set_x(rt.number(), loaded);
                }
                self.advance(esr);
            }
            None => self.nothing_there(ipa, transfer.size.bytes(), abort, esr),
        }
    }

    /// A load from a device, or a store: the value that a load finds. `None`: there is no device.
    #[inline]
    pub(super) fn device(&mut self, ipa: u64, size: AccessSize, direction: Direction, value: u64) -> Option<u64> {
        let size = size.bytes() as u8;
        let (bus, mut outside) = self.platform.devices(self.kernel);
        match direction {
            Direction::Read => bus.read(ipa, size, &mut outside),
            Direction::Write => bus.write(ipa, size, value, &mut outside).map(|()| 0),
        }
    }

    /// An external abort, of an access that the syndrome describes.
    fn nothing_there(&mut self, ipa: u64, bytes: u64, abort: DataAbort, esr: Esr) {
        self.note_abort(ipa, bytes, abort.direction, "external abort");
        let address = self.address_of(ipa);
        let fault = DataFault { status: FaultStatus::EXTERNAL, direction: abort.direction };
        inject::data_abort(address, fault, esr, self.vcpu.registers, self.kernel);
    }

    /// One line of the log about an access that the guest gets a data abort for.
    pub(super) fn note_abort(&mut self, ipa: u64, bytes: u64, direction: Direction, what: &str) {
        let (name, pc) = (self.platform.config.name, self.vcpu.registers.pc(self.kernel));
        let access = match direction {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        let line = format_args!("{name}: {access} of {bytes} bytes at {ipa:#x} (pc {pc:#x}): {what}");
        self.platform.warn_rate_limited(line);
        self.vcpu.note.outcome = Outcome::Abort;
    }

    /// Where a walk to an address leaves the guest's RAM: the status of the abort that it ends with.
    pub(super) fn walk_status(&mut self, address: u64) -> Option<FaultStatus> {
        match Regime::of(self.kernel).translate(address, &self.platform.backing.ram) {
            Err(WalkError::TableOutsideRam { level }) => Some(FaultStatus::external_on_walk(level)),
            _ => None,
        }
    }
}

/// A value of a big-endian guest, as it is in memory, or the other way round. Only AArch32 has the endianness in its
/// program status; in AArch64 data are little-endian here.
#[inline(always)]
pub(super) const fn in_memory(value: u64, size: AccessSize, spsr: Spsr) -> u64 {
    if spsr.is_aarch32() && spsr.0 & Spsr::E != 0 { value.swap_bytes() >> (64 - size.bits()) } else { value }
}
