// SPDX-License-Identifier: MIT OR Apache-2.0
//! gdb's `monitor` commands: what the VMM knows of its guest.

use super::target::Target;
use crate::console::Serial;
use crate::vcpu::KernelVcpu;
use core::convert::Infallible;
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, outputln};

impl<S: Serial, K: KernelVcpu> MonitorCmd for Target<'_, '_, S, K> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Infallible> {
        match command {
            b"guest" => self.show_guest(&mut out),
            b"traps" => self.show_traps(&mut out),
            _ => {
                outputln!(out, "monitor guest: the breakpoints and watchpoints that the guest itself has set");
                outputln!(out, "monitor traps: how often its accesses to debug registers trapped, and its bank moved");
            }
        }
        Ok(())
    }
}

impl<S: Serial, K: KernelVcpu> Target<'_, '_, S, K> {
    fn show_guest(&mut self, out: &mut ConsoleOutput<'_>) {
        let guest = &self.handler.platform.debugger.session.guest;
        outputln!(out, "MDSCR_EL1 {:#x}", guest.mdscr);
        for (kind, pairs) in [("breakpoint", &guest.breakpoints), ("watchpoint", &guest.watchpoints)] {
            for (n, pair) in pairs.iter().enumerate().filter(|(_, pair)| pair.control & 1 != 0) {
                outputln!(out, "{kind} {n}: {:#x}, control {:#x}", pair.value, pair.control);
            }
        }
    }

    fn show_traps(&mut self, out: &mut ConsoleOutput<'_>) {
        let traps = self.handler.vcpu.exits.traps();
        let used = self.handler.kernel.debug_use().unwrap_or_default();
        outputln!(out, "{traps} accesses, {} loads, {} saves, {} exits", used.loads, used.saves, used.exits);
    }
}
