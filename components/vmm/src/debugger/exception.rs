// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debug exceptions of a guest that has a debugger: whose they are, and what becomes of them. Where both have a point, the
//! debugger's comes first.

use super::matching::Accessed;
use super::merge::Excluded;
use super::points::{LOADS, STORES, Watch};
use crate::console::Serial;
use crate::exit::{Handler, Next, inject};
use crate::guest_map::RAM;
use crate::stage1::Regime;
use crate::vcpu::{KernelVcpu, VcpuReg};
use arm_syndrome::{Class, Esr, Spsr};
use gdbstub::stub::BaseStopReason;
use gdbstub::target::ext::breakpoints::WatchKind;

/// The instruction that was stepped is known, and whether it was an exclusive load.
const KNOWN_STEP: u64 = 0b1 << 24 | 0b1 << 6;
const ERET: u32 = 0xd69f_03e0;
/// WnR.
const WRITES: u64 = 1 << 6;
/// The vectors of an exception level.
const VECTORS: u64 = 0x800;

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// A VCPUFault that is a debug exception, if it is.
    pub(crate) fn debug_exception(&mut self, esr: Esr) -> Option<Next> {
        if !self.platform.debugger.is_attached() {
            return None;
        }
        if self.platform.debugger.is_stopped() {
            // It was on its way when gdb stopped the guest, and comes again when that goes on.
            return Some(Next::Stop);
        }
        match esr.class() {
            Class::BREAKPOINT_LOWER => Some(self.breakpoint(esr)),
            Class::WATCHPOINT_LOWER => Some(self.watchpoint(esr)),
            Class::STEP_LOWER => Some(self.step(esr)),
            // The debugger has none: its breakpoints are registers.
            Class::BRK64 | Class::BKPT32 => Some(self.reflect(esr, None)),
            _ => None,
        }
    }

    fn breakpoint(&mut self, esr: Esr) -> Next {
        let moment = self.moment();
        let session = &*self.platform.debugger.session;
        let excluded = session.excluded();
        let wanted = session.points.break_at(moment.pc).filter(|_| !excluded.has(Excluded::BREAKS));
        if let Some(is_software) = wanted.map(|point| point.is_software()) {
            let reason = if is_software { BaseStopReason::SwBreak(()) } else { BaseStopReason::HwBreak(()) };
            return self.stop_for_debugger(Excluded::BREAKS, reason);
        }
        if moment.breaks(&session.guest) { self.reflect(esr, None) } else { self.step_over() }
    }

    fn watchpoint(&mut self, esr: Esr) -> Next {
        let moment = self.moment();
        let access = self.accessed(if esr.value() & WRITES != 0 { STORES } else { LOADS });
        let session = &*self.platform.debugger.session;
        let is_excluded = session.excluded().has(Excluded::WATCHES);
        let touched = |access: Accessed| {
            let touched = |watch: &Watch| Some((watch.touched(access.start, access.length, access.kind)?, watch.kind));
            session.points.watches().filter(|_| !is_excluded).find_map(touched)
        };
        if let Some((address, kind)) = access.and_then(touched) {
            return self.stop_at_watch(address, kind);
        }
        match access.map(|access| moment.watches(&session.guest, access)) {
            Some(Some(address)) => self.reflect(esr, Some(address)),
            Some(None) => self.step_over(),
            None => self.unknown_access(esr),
        }
    }

    /// An instruction that the decoder does not know: any of the watchpoints may be meant.
    fn unknown_access(&mut self, esr: Esr) -> Next {
        let moment = self.moment();
        let session = &*self.platform.debugger.session;
        let is_excluded = session.excluded().has(Excluded::WATCHES);
        let first = session.points.watches().next().filter(|_| !is_excluded);
        if let Some(&Watch { address, kind, .. }) = first {
            return self.stop_at_watch(address, kind);
        }
        let guests = session.guest.watchpoints.iter().find(|pair| pair.control & 1 != 0).map(|pair| pair.value);
        match guests.filter(|_| session.guest.is_enabled() && moment.takes(&session.guest)) {
            Some(address) => self.reflect(esr, Some(address)),
            None => self.step_over(),
        }
    }

    fn stop_at_watch(&mut self, addr: u64, kind: u64) -> Next {
        let kind = match kind {
            STORES => WatchKind::Write,
            LOADS => WatchKind::Read,
            _ => WatchKind::ReadWrite,
        };
        self.stop_for_debugger(Excluded::WATCHES, BaseStopReason::Watch { tid: (), kind, addr })
    }

    /// Over one instruction at which the guest has something that it would not take here.
    fn step_over(&mut self) -> Next {
        let session = self.platform.debugger.session.change();
        let excluded = session.excluded().0 | Excluded::GUEST;
        session.exclude(excluded);
        let moment = self.moment();
        let spsr = self.stepping_state(moment);
        self.vcpu.registers.set_spsr(spsr);
        self.load_merged();
        Next::Resume
    }

    /// An instruction was stepped, or the guest is where a step is due.
    fn step(&mut self, esr: Esr) -> Next {
        let mut moment = self.moment();
        let session = self.platform.debugger.session.change();
        let (was_forced, is_stepping, origin) = (session.is_forced(), session.is_stepping(), session.origin);
        let has_returned = was_forced && (moment.spsr.is_el0() || self.instruction(origin) == Some(ERET));
        let session = self.platform.debugger.session.change();
        session.exclude(0);
        session.set_forced(false);
        let guest_steps = session.guest.steps() && !moment.is_locked;
        let takes = moment.takes(&session.guest);
        if !guest_steps {
            self.clear_saved_step(origin);
        } else if takes && has_returned {
            // Without us the ERET would have brought SS along.
            let saved = self.kernel.read_system_register(VcpuReg::SpsrEl1);
            moment.spsr = Spsr(moment.spsr.0 & !Spsr::SS | saved & Spsr::SS);
            self.vcpu.registers.set_spsr(moment.spsr.0);
        }
        if is_stepping {
            return self.stop_for_debugger(0, BaseStopReason::DoneStep);
        }
        if guest_steps && takes && moment.spsr.0 & Spsr::SS == 0 {
            let known = if was_forced { esr.value() & !KNOWN_STEP } else { esr.value() };
            return self.reflect(Esr::new(known), None);
        }
        let spsr = self.stepping_state(moment);
        self.vcpu.registers.set_spsr(spsr);
        self.load_merged();
        Next::Resume
    }

    /// The word of A64 there.
    fn instruction(&mut self, at: u64) -> Option<u32> {
        let ram = &self.platform.backing.ram;
        let (mut bytes, place) = ([0; 4], Regime::of(self.kernel).translate(at, ram).ok()?);
        ram.read(place.ipa.checked_sub(RAM)?, &mut bytes).then(|| u32::from_le_bytes(bytes))
    }

    /// The instruction that was stepped may have taken an exception to EL1, which keeps PSTATE.SS in SPSR_EL1.
    fn clear_saved_step(&mut self, origin: u64) {
        let (pc, vectors) = (self.vcpu.registers.pc(self.kernel), self.kernel.read_system_register(VcpuReg::Vbar));
        let is_at_vector = pc.wrapping_sub(vectors & !(VECTORS - 1)) < VECTORS;
        if is_at_vector && self.kernel.read_system_register(VcpuReg::ElrEl1) == origin {
            let saved = self.kernel.read_system_register(VcpuReg::SpsrEl1);
            self.kernel.write_system_register(VcpuReg::SpsrEl1, saved & !Spsr::SS);
        }
    }

    /// The exception is the guest's own: it takes it as it would without us.
    fn reflect(&mut self, esr: Esr, address: Option<u64>) -> Next {
        let is_locked = self.is_locked();
        if !self.platform.debugger.session.guest.steps() || is_locked {
            let spsr = self.vcpu.registers.spsr(self.kernel);
            self.vcpu.registers.set_spsr(spsr & !Spsr::SS);
        }
        inject::debug(esr, address, self.vcpu.registers, self.kernel);
        // At the vector nothing was executed: what the debugger wants to step ends there.
        let pc = self.vcpu.registers.pc(self.kernel);
        self.platform.debugger.session.change().origin = pc;
        Next::Resume
    }
}
