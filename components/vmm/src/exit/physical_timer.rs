// SPDX-License-Identifier: MIT OR Apache-2.0
//! The physical timer's registers, and the alarm by which the kernel tells of it and of the clock's while the guest does
//! not exit.
//!
//! The alarm is a guess of what comes first, and never more than that: whoever it wakes looks at the devices themselves. So
//! it is set after the commit, and anew by a VMM that takes over.

use super::{Handler, Next};
use crate::console::Serial;
use crate::device::gic::PHYSICAL_TIMER;
use crate::vcpu::{KernelVcpu, MAX_VCPUS, PowerState, VcpuReg};
use crate::vm::Phase;
use arm_trap_table::{Access, TimerRegister};

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// An access to the timer; the value of a read.
    pub(super) fn physical_timer(&mut self, register: TimerRegister, access: Access) -> Option<u64> {
        let count = self.count();
        match access {
            Access::Read => Some(self.vcpu.timer.read(register, count)),
            Access::Write(value) => {
                self.vcpu.timer.change().write(register, value, count);
                self.vcpu.alarm.is_stale = true;
                self.look_at_physical_timer();
                None
            }
        }
    }

    /// The guest's counter, which both its timers have.
    fn count(&mut self) -> u64 {
        self.kernel.ticks().wrapping_sub(self.kernel.read_system_register(VcpuReg::Cntvoff))
    }

    /// The interrupt controller learns whether the line is up.
    pub(super) fn look_at_physical_timer(&mut self) {
        let count = self.count();
        let gic = &mut self.platform.bus.gic;
        if gic.set_line(PHYSICAL_TIMER, self.vcpu.timer.line(count), self.kernel) {
            gic.deliver(self.kernel);
        }
    }

    /// The alarm came, and is none any more.
    pub(super) fn alarm(&mut self) -> Next {
        (self.vcpu.alarm.told, self.vcpu.alarm.is_stale) = (Some(None), true);
        self.look_at_physical_timer();
        self.platform.take_input(self.kernel);
        Next::Resume
    }

    /// For a kernel that has none.
    #[inline(always)]
    pub(super) fn poll_physical_timer(&mut self) {
        if self.vcpu.alarm.polls {
            self.look_at_physical_timer();
        }
    }

    /// Due after each commit.
    #[inline(always)]
    pub(crate) fn keep_alarm(&mut self) {
        if self.vcpu.alarm.is_stale | self.platform.bus.clock.is_touched {
            self.set_alarm();
        }
    }

    #[cold]
    #[inline(never)]
    fn set_alarm(&mut self) {
        let is_touched = core::mem::take(&mut self.platform.bus.clock.is_touched);
        self.vcpu.alarm.is_stale = false;
        let due = self.first_due();
        if !self.kernel.can_set_alarm() {
            self.vcpu.alarm.polls = due.is_some();
            return;
        }
        if MAX_VCPUS > 1 && is_touched {
            self.set_alarms_of_others();
        }
        if self.vcpu.alarm.told != Some(due) {
            self.kernel.set_alarm(due);
            self.vcpu.alarm.told = Some(due);
        }
    }

    /// The clock was touched, and any vCPU may be turned off: each that is on is told of it.
    fn set_alarms_of_others(&mut self) {
        let (this, clock) = (self.kernel.id(), self.clock_due());
        for (id, vcpu) in self.others.iter_mut().filter(|(_, vcpu)| vcpu.power.state() != PowerState::Off) {
            self.kernel.select(id);
            // A timer of its own that comes later is asked for when this one has come.
            let told = vcpu.alarm.told.flatten();
            if let Some(clock) = clock.filter(|clock| told.is_none_or(|told| *clock < told)) {
                self.kernel.set_alarm(Some(clock));
                vcpu.alarm.told = Some(Some(clock));
            }
        }
        self.kernel.select(this);
    }

    /// The first moment at which something happens that nobody would tell of, by the physical counter.
    pub(super) fn first_due(&mut self) -> Option<u64> {
        if self.platform.phase.get() != Phase::On {
            return None;
        }
        let is_up = self.platform.bus.gic.is_high(PHYSICAL_TIMER, self.kernel);
        let timer = self.vcpu.timer.due().filter(|_| !is_up);
        let offset = timer.map_or(0, |_| self.kernel.read_system_register(VcpuReg::Cntvoff));
        let timer = timer.map(|count| count.wrapping_add(offset));
        timer.into_iter().chain(self.clock_due()).min()
    }

    /// When the clock is to be looked at.
    fn clock_due(&self) -> Option<u64> {
        let clock = self.platform.bus.clock.due((self.platform.seconds)());
        clock.map(|seconds| self.kernel.ticks().saturating_add(ticks_until(seconds, self.kernel.frequency())))
    }
}

/// Ticks for which nobody need look at a clock that shows whole seconds. In the last one it is looked at eight times.
const fn ticks_until(seconds: u32, frequency: u64) -> u64 {
    (seconds.saturating_sub(1) as u64).saturating_mul(frequency).saturating_add(frequency / 8)
}

#[cfg(test)]
mod tests {
    use crate::exit::Exit;
    use crate::fake::{FakeSerial, FakeVcpu, set_seconds};
    use crate::vcpu::VcpuReg;
    use crate::vm::Vm;
    use crate::vm::tests::{GICD, Parts, exit};

    /// CRm and op2 of CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTPCT_EL0.
    const CONTROL: [u32; 2] = [2, 1];
    const COMPARE: [u32; 2] = [2, 2];
    const COUNT: [u32; 2] = [0, 1];
    const CLOCK: u64 = 0x0901_0000;
    /// A word to a register of a device, from x1.
    const STORE: u64 = 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 1 << 16 | 1 << 6 | 7;

    fn trap(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, [crm, op2]: [u32; 2], reads: bool) {
        let iss = 3 << 20 | op2 << 17 | 3 << 14 | 14 << 10 | 1 << 5 | crm << 1 | u32::from(reads);
        exit(vm, Exit::Vcpu { esr: 0x18 << 26 | 1 << 25 | u64::from(iss) }, vcpu);
    }

    fn write(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, register: [u32; 2], value: u64) {
        vcpu.set_x(1, value);
        trap(vm, vcpu, register, false);
    }

    fn read(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, register: [u32; 2]) -> u64 {
        trap(vm, vcpu, register, true);
        vcpu.x(1)
    }

    fn store(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu, ipa: u64, value: u64) {
        vcpu.set_x(1, value);
        exit(vm, Exit::Memory { ipa, fetch: false, esr: STORE }, vcpu);
    }

    /// The alarm comes, once.
    fn ring(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu) {
        vcpu.alarm = None;
        exit(vm, Exit::VirtualPpi { intid: 30 }, vcpu);
    }

    /// The interrupt is pending for the guest.
    fn is_pending(vm: &mut Vm<'_, FakeSerial>, vcpu: &mut FakeVcpu) -> bool {
        vm.platform.bus.gic.load(0x200, 4, vcpu) >> 30 & 1 != 0
    }

    #[test]
    fn the_guest_s_counter_has_the_vm_s_offset() {
        let parts = Parts::new();
        let (mut vm, mut vcpu) = parts.start();
        vcpu.system.insert(VcpuReg::Cntvoff as u64, 1000);
        vcpu.now = 5000;
        assert_eq!(read(&mut vm, &mut vcpu, COUNT), 4000);
        write(&mut vm, &mut vcpu, COMPARE, 4100);
        assert_eq!(vcpu.alarm, None, "it is off");
        write(&mut vm, &mut vcpu, CONTROL, 1);
        assert_eq!((vcpu.alarm, is_pending(&mut vm, &mut vcpu)), (Some(5100), false));
        vcpu.now = 5100;
        ring(&mut vm, &mut vcpu);
        assert_eq!((read(&mut vm, &mut vcpu, CONTROL), is_pending(&mut vm, &mut vcpu)), (5, true));
        write(&mut vm, &mut vcpu, CONTROL, 3);
        assert_eq!((vcpu.alarm, is_pending(&mut vm, &mut vcpu)), (None, false));
    }

    /// On a kernel that has none the timer is looked at in each exit.
    #[test]
    fn without_alarms_it_is_late() {
        let parts = Parts::new();
        let (mut vm, mut vcpu) = parts.start();
        vcpu.kernel_counts = false;
        write(&mut vm, &mut vcpu, COMPARE, 500);
        write(&mut vm, &mut vcpu, CONTROL, 1);
        vcpu.now = 600;
        assert!(vcpu.alarm.is_none() && !is_pending(&mut vm, &mut vcpu));
        store(&mut vm, &mut vcpu, GICD + 0x100, 1 << 30);
        assert!(is_pending(&mut vm, &mut vcpu));
    }

    /// The clock shows whole seconds: the alarm comes in the last one, and again until it rings.
    #[test]
    fn the_clock_has_an_alarm_as_well() {
        let parts = Parts::new();
        let (mut vm, mut vcpu) = parts.start();
        set_seconds(100);
        store(&mut vm, &mut vcpu, CLOCK + 4, 103);
        assert_eq!(vcpu.alarm, None, "it does not interrupt");
        store(&mut vm, &mut vcpu, CLOCK + 0x10, 1);
        assert_eq!(vcpu.alarm, Some(vcpu.now + 2000 + 125));
        // The first of the two.
        let soon = vcpu.now + 700;
        write(&mut vm, &mut vcpu, COMPARE, soon);
        write(&mut vm, &mut vcpu, CONTROL, 1);
        assert_eq!(vcpu.alarm, Some(soon));
        write(&mut vm, &mut vcpu, CONTROL, 0);
        vcpu.now += 2125;
        set_seconds(102);
        ring(&mut vm, &mut vcpu);
        assert_eq!((vcpu.alarm, vm.platform.bus.clock.is_touched), (Some(vcpu.now + 125), false));
        set_seconds(103);
        ring(&mut vm, &mut vcpu);
        assert_eq!(vcpu.alarm, None, "it rings");
        set_seconds(0);
    }
}
