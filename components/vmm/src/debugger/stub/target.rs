// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stopped guest as `gdbstub` wants it.

use super::architecture::{Aarch64, CoreRegisters};
use crate::console::Serial;
use crate::debugger::points::{Asked, LOADS, STORES, Watch};
use crate::exit::Handler;
use crate::guest_map::RAM;
use crate::stage1::Regime;
use crate::vcpu::KernelVcpu;
use core::convert::Infallible;
use gdbstub::common::Signal;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::single_register_access::SingleRegisterAccessOps;
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadResume, SingleThreadResumeOps, SingleThreadSingleStep, SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint,
    SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::monitor_cmd::MonitorCmdOps;
use gdbstub::target::{TargetError, TargetResult};

/// Bytes of a page of the guest's tables.
const PAGE: u64 = 4096;
/// EFAULT: nothing is there.
const NOTHING_THERE: u8 = 14;

/// One vCPU's handler, for a packet.
pub(super) struct Target<'h, 'a, S, K> {
    pub(super) handler: Handler<'h, 'a, S, K>,
    /// gdb lets the guest go on for one instruction.
    pub(super) steps: bool,
}

impl<'h, 'a, S, K> Target<'h, 'a, S, K> {
    pub(super) const fn new(handler: Handler<'h, 'a, S, K>) -> Self {
        Self { handler, steps: false }
    }
}

impl<S: Serial, K: KernelVcpu> gdbstub::target::Target for Target<'_, '_, S, K> {
    type Arch = Aarch64;
    type Error = Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, Aarch64, Infallible> {
        BaseOps::SingleThread(self)
    }

    /// gdb sends again what was not acknowledged: nothing is lost when the VMM dies.
    fn use_no_ack_mode(&self) -> bool {
        false
    }

    /// For lldb alone, and not small.
    fn use_lldb_register_info(&self) -> bool {
        false
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }
}

impl<S: Serial, K: KernelVcpu> Target<'_, '_, S, K> {
    /// Where a virtual address is in the guest's RAM, and how many bytes from there on are in one page.
    fn in_ram(&mut self, address: u64) -> Option<(u64, usize)> {
        let ram = &self.handler.platform.backing.ram;
        let ipa = Regime::of(self.handler.kernel).translate(address, ram).ok()?.ipa;
        let offset = ipa.checked_sub(RAM).filter(|&offset| offset < ram.size())?;
        Some((offset, (PAGE - address % PAGE).min(ram.size() - offset) as usize))
    }

    /// What the debugger wants has changed: it is on the hardware from the next resume on, if there is room.
    fn has_room_or(&mut self, undo: impl FnOnce(&mut Self)) -> bool {
        let has_room = self.handler.has_room();
        if !has_room {
            undo(self);
        }
        has_room
    }

    fn add_break(&mut self, address: u64, asked: Asked) -> bool {
        let had = self.handler.platform.debugger.session.points.break_at(address).is_some();
        self.handler.platform.debugger.session.change().points.add_break(address, asked)
            && (had || self.has_room_or(|target| _ = target.remove_break(address, asked)))
    }

    fn remove_break(&mut self, address: u64, asked: Asked) -> bool {
        self.handler.platform.debugger.session.change().points.remove_break(address, asked)
    }
}

impl<S: Serial, K: KernelVcpu> SingleThreadBase for Target<'_, '_, S, K> {
    fn read_registers(&mut self, registers: &mut CoreRegisters) -> TargetResult<(), Self> {
        self.read_core(registers);
        Ok(())
    }

    fn write_registers(&mut self, registers: &CoreRegisters) -> TargetResult<(), Self> {
        self.write_core(registers);
        Ok(())
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, (), Self>> {
        Some(self)
    }

    /// As far as there is memory.
    fn read_addrs(&mut self, start: u64, data: &mut [u8]) -> TargetResult<usize, Self> {
        let mut done = 0;
        while done < data.len() {
            let Some((offset, there)) = self.in_ram(start.wrapping_add(done as u64)) else { break };
            let end = data.len().min(done + there);
            if !self.handler.platform.backing.ram.read(offset, &mut data[done..end]) {
                break;
            }
            done = end;
        }
        if done == 0 && !data.is_empty() { Err(TargetError::Errno(NOTHING_THERE)) } else { Ok(done) }
    }

    fn write_addrs(&mut self, start: u64, data: &[u8]) -> TargetResult<(), Self> {
        let mut done = 0;
        while done < data.len() {
            let place = self.in_ram(start.wrapping_add(done as u64));
            let (offset, there) = place.ok_or(TargetError::Errno(NOTHING_THERE))?;
            let end = data.len().min(done + there);
            if !self.handler.platform.backing.ram.write(offset, &data[done..end]) {
                return Err(TargetError::Errno(NOTHING_THERE));
            }
            done = end;
        }
        Ok(())
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

impl<S: Serial, K: KernelVcpu> SingleThreadResume for Target<'_, '_, S, K> {
    /// It goes on when the packet is committed. A signal means nothing to a machine.
    fn resume(&mut self, _: Option<Signal>) -> Result<(), Infallible> {
        self.steps = false;
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }
}

impl<S: Serial, K: KernelVcpu> SingleThreadSingleStep for Target<'_, '_, S, K> {
    fn step(&mut self, _: Option<Signal>) -> Result<(), Infallible> {
        self.steps = true;
        Ok(())
    }
}

impl<S: Serial, K: KernelVcpu> Breakpoints for Target<'_, '_, S, K> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<HwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl<S: Serial, K: KernelVcpu> SwBreakpoint for Target<'_, '_, S, K> {
    fn add_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.add_break(address, Asked::Software))
    }

    fn remove_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.remove_break(address, Asked::Software))
    }
}

impl<S: Serial, K: KernelVcpu> HwBreakpoint for Target<'_, '_, S, K> {
    fn add_hw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.add_break(address, Asked::Hardware))
    }

    fn remove_hw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.remove_break(address, Asked::Hardware))
    }
}

fn watch(address: u64, length: u64, kind: WatchKind) -> Watch {
    let kind = match kind {
        WatchKind::Write => STORES,
        WatchKind::Read => LOADS,
        WatchKind::ReadWrite => LOADS | STORES,
    };
    Watch { address, length, kind }
}

impl<S: Serial, K: KernelVcpu> HwWatchpoint for Target<'_, '_, S, K> {
    fn add_hw_watchpoint(&mut self, address: u64, length: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        let watch = watch(address, length, kind);
        let session = self.handler.platform.debugger.session.change();
        let is_there = session.points.watches().any(|other| *other == watch);
        let undo = |target: &mut Self| {
            target.handler.platform.debugger.session.change().points.remove_watch(watch);
        };
        Ok(length != 0 && (is_there || session.points.add_watch(watch) && self.has_room_or(undo)))
    }

    fn remove_hw_watchpoint(&mut self, address: u64, length: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        let session = self.handler.platform.debugger.session.change();
        Ok(session.points.remove_watch(watch(address, length, kind)))
    }
}
