// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest's vCPUs turn each other on, and themselves off: the Power State Coordination Interface (Arm DEN0022).

use super::{Handler, Next};
use crate::console::Serial;
use crate::vcpu::{Due, KernelVcpu, PowerState, Vcpu, VcpuId, Width, reset};
use smccc::psci::error::{ALREADY_ON, DENIED, INTERNAL_FAILURE, INVALID_PARAMETERS};

const SUCCESS: i32 = 0;
/// AFFINITY_INFO.
const ON: i32 = 0;
const OFF: i32 = 1;

/// The fields of an MPIDR in an argument: Aff3 in bits 39 to 32, Aff2 to Aff0 in bits 23 to 0. All others must be zero
/// (DEN0022, 5.1.4). A vCPU has its number in Aff0 and nothing in the others.
const AFFINITIES: u64 = 0xff_00ff_ffff;
/// Those that are left at each lowest level.
const AFFINITIES_FROM: [u64; 4] = [AFFINITIES, 0xff_00ff_ff00, 0xff_00ff_0000, 0xff_0000_0000];

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// CPU_ON. Once this exit is committed the kernel is told; until then nobody lets that vCPU run.
    pub(super) fn turn_on(&mut self, target: u64, entry: u64, context: u64) -> i32 {
        let this = self.kernel.id();
        let there = VcpuId::first(self.platform.config.vcpus).find(|id| id.index() as u64 == target);
        match (there, there.and_then(|id| self.others.get_mut(id))) {
            (None, _) => INVALID_PARAMETERS,
            (Some(_), None) => ALREADY_ON,
            (Some(_), Some(vcpu)) if vcpu.power.state() != PowerState::Off => ALREADY_ON,
            (Some(id), Some(vcpu)) => {
                let width = self.kernel.width();
                let entry = if width == Width::Aarch32 { entry & 0xffff_ffff } else { entry };
                self.kernel.select(id);
                let begins = reset::secondary(self.kernel, width, entry, context);
                self.kernel.select(this);
                let Some(begins) = begins else { return INTERNAL_FAILURE };
                vcpu.forget();
                vcpu.power.change().enter(PowerState::Running);
                vcpu.due = Due::Start(begins);
                SUCCESS
            }
        }
    }

    /// CPU_OFF. Somebody must be left who could turn it on again.
    pub(super) fn turn_off(&mut self) -> Next {
        if !self.others.iter_mut().any(|(_, vcpu)| is_on(vcpu)) {
            return self.answer(DENIED);
        }
        self.vcpu.forget();
        Next::Stop
    }

    /// AFFINITY_INFO: fields below the lowest level are not looked at, and one that is on is enough (DEN0022, 5.7).
    pub(super) fn affinity_info(&mut self, target: u64, lowest_level: u64) -> i32 {
        let fields = usize::try_from(lowest_level).ok().and_then(|level| AFFINITIES_FROM.get(level));
        let Some(fields) = fields.filter(|_| target & !AFFINITIES == 0) else { return INVALID_PARAMETERS };
        let this = self.kernel.id();
        let is_meant = |id: VcpuId| id.index() as u64 & fields == target & fields;
        let mut meant = VcpuId::first(self.platform.config.vcpus).filter(|id| is_meant(*id)).peekable();
        if meant.peek().is_none() {
            return INVALID_PARAMETERS;
        }
        let others = &mut self.others;
        let any_is_on = meant.any(|id| id == this || others.get_mut(id).is_some_and(|vcpu| is_on(vcpu)));
        if any_is_on { ON } else { OFF }
    }
}

fn is_on(vcpu: &mut Vcpu<'_>) -> bool {
    vcpu.power.state() != PowerState::Off
}
