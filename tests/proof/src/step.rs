// SPDX-License-Identifier: MIT OR Apache-2.0
//! The steps: each call of the production shim about the target, and what the target's guest can do by itself.

use std::cell::Cell;

use debug_shim::fake::ShimImage;
use debug_shim::{Armed, DEBUG_STATUS_WORDS, DebugRegister, Error, VcpuDebug};

use crate::arm;
use crate::hardware::{Hardware, Record, Registers};
use crate::layout::{Bank, Layout};
use crate::state::{CoreState, Named, OTHER, TARGET, Vcpu};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<const N: usize> {
    /// `enter`.
    Enter,
    /// `ready`, and `enter_ready` if it is; the kernel's fast path.
    EnterReady,
    /// The kernel enters a guest without hazards and calls nothing.
    EnterUnused,
    /// `leave_to_native`.
    Leave,
    /// `evict`; of the owner, whoever that is.
    Evict,
    /// `release`.
    Release,
    /// `release`, then another width.
    SetWidth,
    /// `attach_external`.
    Attach,
    /// `detach_external`.
    Detach,
    /// `read`.
    Read(DebugRegister),
    /// `write`; the flag is whether the state is dirty.
    Write(DebugRegister, u64, bool),
    /// `flag_dirty`.
    FlagDirty,
    /// `disarm`, in a panic: the kernel does nothing afterwards.
    Disarm,
    /// The guest writes all of the bank that it can reach, and the channel.
    GuestBank(Bank<N>),
    /// The guest writes `MDSCR_EL1`.
    GuestMdscr(u64),
    /// A 32-bit guest's BKPT.
    GuestMethodOfEntry(u64),
}

/// What a step led to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<const N: usize> {
    /// The state afterwards.
    pub state: CoreState<N>,
    /// What the call returned; a read's value.
    pub result: Result<u64, Error>,
    /// What was done to the hardware.
    pub record: Record,
    /// In which order.
    pub trail: u64,
    /// The status words of the target and of the other one.
    pub status: [[u64; DEBUG_STATUS_WORDS]; 2],
    /// The other one's object was asked for.
    pub is_other_reached: bool,
}

impl<const N: usize> Outcome<N> {
    /// Did the call look at nothing but the target's object and the shim's own fields, and change nothing but that object?
    /// Then it does the same whatever the hardware holds and whatever the other one is.
    pub fn is_local(&self, before: &CoreState<N>) -> bool {
        let [target, ..] = self.state.vcpus;
        let [_, other, third] = before.vcpus;
        let only_target = CoreState { vcpus: [target, other, third], ..*before };
        self.record.total == 0 && !self.is_other_reached && self.state == only_target
    }
}

/// Whether the kernel, or the guest, does that in such a state: the kernel's duties, which the proof assumes. A guest acts
/// while it executes; a kernel enters a guest when none executes, leaves the one that does, resets no vCPU while a guest
/// executes unarmed, and has no vCPU looked at while its guest executes unarmed.
pub fn is_due<const N: usize>(state: &CoreState<N>, step: &Step<N>) -> bool {
    let (is_here, is_idle) = (state.executing == Some(TARGET), state.executing.is_none());
    let parts = &state.vcpus[TARGET].parts;
    let is_watched = parts.running || !(is_here || state.away[TARGET]);
    match step {
        Step::Enter | Step::EnterReady => is_idle && !state.away[TARGET],
        Step::EnterUnused => is_idle && !state.away[TARGET] && parts.hazards == 0,
        Step::Leave => is_here,
        Step::Evict | Step::Disarm => true,
        Step::Release | Step::SetWidth => !state.away[TARGET] && (is_idle || state.armed != Armed::No),
        Step::Attach | Step::Detach | Step::Read(_) | Step::Write(..) | Step::FlagDirty => is_watched,
        Step::GuestBank(_) | Step::GuestMdscr(_) => is_here && state.armed == Armed::Direct,
        Step::GuestMethodOfEntry(_) => is_here && parts.aarch32,
    }
}

/// The production objects of a state: made once, copied for each step.
pub fn build<const N: usize>(state: &CoreState<N>, layout: &Layout) -> [VcpuDebug; 2] {
    [TARGET, OTHER].map(|name| state.vcpus[name].build(layout))
}

/// Takes a step.
pub fn take<const N: usize>(
    before: &CoreState<N>,
    objects: &[VcpuDebug; 2],
    step: &Step<N>,
    layout: &Layout,
) -> Outcome<N> {
    let objects = objects.clone();
    let is_other_reached = Cell::new(false);
    let named = |name: usize| Named { name, debug: &objects[name], is_other_reached: &is_other_reached };
    let shim = before.shim(layout, named);
    let hw = Hardware::new(layout, &before.registers);
    let target = named(TARGET);
    let mut executing = before.executing;
    let mut by_hand = None;
    let done = Ok(0);
    let result = match *step {
        Step::Enter => shim.enter(target, &hw).map(|may_run| {
            executing = Some(may_run.vcpu().name);
            0
        }),
        Step::EnterReady => {
            if let Some(ready) = shim.ready(target) {
                executing = Some(shim.enter_ready(ready, &hw).vcpu().name);
            }
            done
        }
        Step::EnterUnused => {
            executing = Some(TARGET);
            done
        }
        Step::Leave => {
            shim.leave_to_native(target, &hw);
            executing = None;
            done
        }
        Step::Evict => shim.evict(&hw).and(done),
        Step::Release => reset(&mut executing, shim.release(target, &hw)),
        Step::SetWidth => {
            let result = reset(&mut executing, shim.release(target, &hw));
            if result.is_ok() {
                target.debug.set_aarch32(!before.vcpus[TARGET].parts.aarch32);
            }
            result
        }
        Step::Attach => shim.attach_external(target).and(done),
        Step::Detach => shim.detach_external(target).and(done),
        Step::Read(register) => shim.read(target, register, &hw),
        Step::Write(register, value, dirty) => shim.write(target, register, value, dirty, &hw).and(done),
        Step::FlagDirty => shim.flag_dirty(target).and(done),
        Step::Disarm => {
            shim.disarm(&hw);
            done
        }
        Step::GuestBank(_) | Step::GuestMdscr(_) | Step::GuestMethodOfEntry(_) => {
            by_hand = Some(by_guest(before, step, layout));
            done
        }
    };
    let image = ShimImage::of(&shim, |vcpu: Named<'_>| vcpu.name);
    let [first, second] = [TARGET, OTHER].map(|name| Vcpu::of(&objects[name], layout));
    Outcome {
        state: CoreState {
            vcpus: [first, second, before.vcpus[2]],
            owner: image.owner,
            armed: image.armed,
            executing,
            registers: by_hand.unwrap_or_else(|| hw.registers()),
            ..*before
        },
        result,
        record: hw.record(),
        trail: hw.trail(),
        status: [TARGET, OTHER].map(|name| objects[name].status(layout.counts())),
        is_other_reached: is_other_reached.get(),
    }
}

/// A guest that was executing does not, once its vCPU is reset.
fn reset(executing: &mut Option<usize>, result: Result<(), Error>) -> Result<u64, Error> {
    result.map(|()| {
        executing.take_if(|name| *name == TARGET);
        0
    })
}

/// What the guest's own instructions do to the hardware.
fn by_guest<const N: usize>(before: &CoreState<N>, step: &Step<N>, layout: &Layout) -> Registers<N> {
    let mut registers = before.registers;
    match *step {
        Step::GuestBank(values) => {
            let old = registers.bank[layout.vcr32()];
            registers.bank = layout.make(|place| layout.kept(place, values[place]));
            // DBGVCR32_EL2 is undefined at a 64-bit EL1; DBGVCR is 32-bit software's name of it.
            if !before.vcpus[TARGET].parts.aarch32 {
                registers.bank[layout.vcr32()] = old;
            }
            registers.channel = [9, 10];
        }
        Step::GuestMdscr(value) => registers.mdscr = value,
        Step::GuestMethodOfEntry(value) => registers.mdscr = registers.mdscr & !arm::MOE | value & arm::MOE,
        _ => (),
    }
    registers
}
