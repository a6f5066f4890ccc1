// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual machines: one address space, and a thread for each vCPU that stays with the parent domain.

use microkit_abi::slot;
use system_spec::{Kind, Limits, OnFault};

use super::{
    ComponentPlan, ObjectId, Space, ThreadPlan,
    builder::{Builder, rights},
    layout,
    protection_domain::Domain,
};
use lazaret_sdf::model::{PdIndex, Vcpu, VirtualMachine};

impl Builder<'_> {
    pub(super) fn plan_machines(&mut self) {
        for (index, pd) in self.system.pds() {
            if let Some(machine) = &pd.virtual_machine {
                self.plan_machine(index, machine);
            }
        }
    }

    fn plan_machine(&mut self, parent: PdIndex, machine: &VirtualMachine) {
        let vspace = self.object(&machine.name, Kind::VSpace);
        let mut space = Space::new(vspace);
        for map in &machine.maps {
            self.map_region(&mut space, map);
        }
        self.finish_space(&machine.name, space);
        for (number, vcpu) in machine.vcpus.iter().enumerate() {
            self.plan_vcpu(parent, machine, vcpu, number, vspace);
        }
    }

    fn plan_vcpu(&mut self, parent: PdIndex, machine: &VirtualMachine, vcpu: &Vcpu, number: usize, vspace: ObjectId) {
        let name = format!("{}.vcpu{}", machine.name, vcpu.id);
        let tcb = self.object(&name, Kind::Tcb);
        let object = self.object(&name, Kind::Vcpu);
        let cspace = self.sized(&name, Kind::CNode, layout::VCPU_CNODE_BITS);
        let badge = layout::SCHED_CONTEXT_BADGE + number as u64;
        let sched_context = self.sched_context(&name, &machine.scheduling, badge);
        let &Domain { cnode, endpoint, .. } = &self.domains[parent.0];
        self.cap(cnode, slot::VM_TCB_BASE + u32::from(vcpu.id), tcb, rights::ALL, 0);
        self.cap(cnode, slot::VCPU_BASE + u32::from(vcpu.id), object, rights::ALL, 0);
        self.plan.threads.push(ThreadPlan {
            tcb,
            cspace,
            cspace_data: layout::guard_for(layout::VCPU_CNODE_BITS),
            vspace,
            ipc_buffer: None,
            sched_context,
            fault: (endpoint.unwrap_or(self.plan.monitor_endpoint), microkit_abi::FAULT_BADGE | u64::from(vcpu.id)),
            notification: None,
            vcpu: Some(object),
            priority: machine.scheduling.priority,
            entry: 0,
            sp: 0,
            resume: false,
            fpu_disabled: false,
        });
        self.plan.components.push(ComponentPlan {
            name,
            is_vcpu: true,
            passive: false,
            tcb,
            sched_context,
            notification: None,
            cspace,
            stack_bottom: 0,
            on_fault: OnFault::Stop,
            limits: Limits { restarts: 0, window_ms: 0, backoff_ms: 0, patience_ms: 0 },
        });
    }
}
