// SPDX-License-Identifier: MIT OR Apache-2.0
//! A debugger comes, and goes.

use super::guest_bank::GuestBank;
use super::merge::{Excluded, Hardware, merge};
use crate::console::Serial;
use crate::exit::Handler;
use crate::vcpu::{DebugRegister, KernelVcpu, Width};
use gdbstub::stub::BaseStopReason;

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// The debugger takes the stopped vCPU: from here on the guest's registers are kept here. False if it cannot.
    pub(super) fn attach_debugger(&mut self) -> bool {
        if self.kernel.width() == Width::Aarch32 || !self.kernel.attach_debugger(true) {
            return false;
        }
        // Another VMM may have attached, and have died before it said so: what the kernel has is the guest's still.
        let Ok(guest) = GuestBank::read(self.kernel) else { return false };
        let session = self.platform.debugger.session.change();
        session.guest = guest;
        session.set_attached(true);
        true
    }

    /// The debugger lets go: the guest's registers are the hardware's again.
    pub(super) fn detach_debugger(&mut self) {
        let session = &*self.platform.debugger.session;
        let _ = Hardware::of_guest(&session.guest).write(None, self.kernel);
        self.kernel.attach_debugger(false);
        self.platform.debugger.session.change().end();
    }

    /// What both want goes on the hardware.
    pub(super) fn load_merged(&mut self) {
        let locked = self.is_locked();
        let session = &*self.platform.debugger.session;
        let counts = self.kernel.counts();
        let steps = session.steps_unseen();
        let all = merge(&session.guest, locked, &session.points, session.excluded(), steps, counts);
        let is_short = all.is_short && session.excluded() == Excluded::NONE;
        let refused = all.write(None, self.kernel).is_err();
        if refused || is_short {
            let name = self.platform.config.name;
            self.platform.warn_rate_limited(format_args!(
                "{name}: the guest uses registers that its debugger had: not all breakpoints and watchpoints of that are set"
            ));
        }
    }

    /// The guest's OS lock, which stays in the kernel.
    pub(super) fn is_locked(&mut self) -> bool {
        let locked = match self.vcpu.os_lock {
            Some(locked) => locked,
            None => self.kernel.read(DebugRegister::OsLock).unwrap_or(0),
        };
        self.vcpu.os_lock = Some(locked);
        locked & 1 != 0
    }

    /// Whether all that the debugger wants has a register.
    pub(super) fn has_room(&mut self) -> bool {
        let (locked, counts) = (self.is_locked(), self.kernel.counts());
        let session = &*self.platform.debugger.session;
        !merge(&session.guest, locked, &session.points, Excluded::NONE, false, counts).is_short
    }

    /// The guest starts anew, with its registers as after a reset; the debugger stays.
    pub(crate) fn tell_debugger_of_reset(&mut self) {
        if self.platform.debugger.is_attached() {
            let session = self.platform.debugger.session.change();
            session.guest = GuestBank::default();
            (session.origin, session.hit) = (0, 0);
            session.exclude(0);
            session.set_forced(false);
            self.kernel.attach_debugger(true);
            self.load_merged();
        }
    }

    /// The guest has ended: so has the session.
    pub(crate) fn tell_debugger_of_end(&mut self) {
        if self.platform.debugger.is_attached() {
            if !self.platform.debugger.is_stopped() {
                self.report_to_debugger(BaseStopReason::Exited(0));
            }
            self.detach_debugger();
        }
    }
}
