// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects for rows of a table: slots of the root CNode as plain words.

use sel4::{
    CapRights, CapType, CapTypeForObjectOfFixedSize, ObjectBlueprint, VCpuReg, VmAttributes, cap, cap_type,
    init_thread::slot::{CNODE, IRQ_CONTROL},
    sys::rights::CapRights as Word,
};

use sel4_vcpu_debug::Parts;

use crate::env::{Env, SCRATCH, slot_at};

#[allow(missing_docs, reason = "each makes what its name says")]
impl Env {
    fn made<T: CapTypeForObjectOfFixedSize>(&mut self) -> u64 {
        self.object::<T>().bits()
    }

    fn sized<T: CapType>(&mut self, blueprint: ObjectBlueprint) -> u64 {
        self.make::<T>(blueprint).expect("memory for an object").bits()
    }

    pub fn fresh(&mut self) -> u64 {
        self.slot().path().bits()
    }
    pub fn tcb(&mut self) -> u64 {
        self.made::<cap_type::Tcb>()
    }
    pub fn endpoint(&mut self) -> u64 {
        self.made::<cap_type::Endpoint>()
    }
    pub fn notification(&mut self) -> u64 {
        self.made::<cap_type::Notification>()
    }
    pub fn reply(&mut self) -> u64 {
        self.made::<cap_type::Reply>()
    }
    pub fn vcpu(&mut self) -> u64 {
        self.made::<cap_type::VCpu>()
    }
    pub fn table(&mut self) -> u64 {
        self.made::<cap_type::PT>()
    }
    pub fn page(&mut self) -> u64 {
        self.made::<cap_type::Granule>()
    }
    pub fn large(&mut self) -> u64 {
        self.made::<cap_type::LargePage>()
    }
    /// Without an ASID.
    pub fn raw_vspace(&mut self) -> u64 {
        self.made::<cap_type::VSpace>()
    }
    pub fn assigned_vspace(&mut self) -> u64 {
        self.vspace().expect("an ASID").bits()
    }
    pub fn map_table(&mut self, table: u64, vspace: u64, vaddr: u64) {
        let table = cap::PT::from_bits(table);
        table.pt_map(cap::VSpace::from_bits(vspace), vaddr as usize, VmAttributes::DEFAULT).expect("nothing is there");
    }
    pub fn delete(&mut self, slot: u64) {
        slot_at(slot as usize).delete().expect("a slot of the root CNode");
    }
    /// Everything that was made of the case's memory is gone.
    pub fn revoke(&mut self) {
        slot_at(self.untyped.bits() as usize).revoke().expect("the case's memory");
    }
    pub fn cnode(&mut self, size_bits: usize) -> u64 {
        self.sized::<cap_type::CNode>(ObjectBlueprint::CNode { size_bits })
    }
    pub fn memory(&mut self, size_bits: usize) -> u64 {
        self.sized::<cap_type::Untyped>(ObjectBlueprint::Untyped { size_bits })
    }
    /// Not configured.
    pub fn sched(&mut self) -> u64 {
        self.sized::<cap_type::SchedContext>(ObjectBlueprint::SchedContext { size_bits: 8 })
    }
    /// Configured, and a stopped thread's.
    pub fn bound_sched(&mut self) -> u64 {
        let context = self.sched_context(1000, 1000, 0);
        context.bind(self.object::<cap_type::Tcb>()).expect("a fresh thread");
        context.bits()
    }
    /// A page at [`SCRATCH`].
    pub fn mapped(&mut self) -> u64 {
        self.map(SCRATCH).bits()
    }
    pub fn vcpu_with(&mut self, field: usize, value: u64) -> u64 {
        let vcpu: cap::VCpu = self.object();
        vcpu.vcpu_write_regs(VCpuReg::ALL[field], value).expect("a field");
        vcpu.bits()
    }
    /// A badged copy.
    pub fn badged(&mut self, from: u64, badge: u64) -> u64 {
        let to = self.slot();
        to.mint(&slot_at(from as usize), CapRights::all(), badge).expect("an empty slot");
        to.path().bits()
    }
    /// A copy with the rights of a word.
    pub fn weak(&mut self, from: u64, word: u64) -> u64 {
        let (to, word) = (self.slot(), Word(word));
        let rights = CapRights::new(word.grant_reply(), word.grant(), word.read(), word.write());
        to.copy(&slot_at(from as usize), rights).expect("an empty slot");
        to.path().bits()
    }
    /// An interrupt's handler.
    pub fn irq(&mut self, number: u64) -> u64 {
        let to = self.slot();
        IRQ_CONTROL.cap().irq_control_get(number, &to).expect("an interrupt that nobody has");
        to.path().bits()
    }
    /// What the kernel has that seL4 does not.
    pub fn parts(&mut self) -> Parts {
        let vcpu: cap::VCpu = self.object();
        let parts = sel4_vcpu_debug::probe(vcpu);
        CNODE.cap().absolute_cptr(vcpu).delete().expect("made just now");
        parts
    }
}
