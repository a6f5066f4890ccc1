// SPDX-License-Identifier: MIT OR Apache-2.0
//! Protection domains: program, address space, CSpace, thread.

use microkit_abi::slot;
use system_spec::{Kind, OnFault, PAGE_SIZE, PASSIVE_BADGE, SEED_LENGTH};

use super::{
    ComponentPlan, FillFrames, Frames, IrqPlan, Mapped, ObjectId, PlanError, Program, Segment, Source, Space,
    ThreadPlan,
    builder::{Builder, rights},
    layout,
};
use crate::policy::{self, Rule};
use lazaret_sdf::limits::{MAX_PROGRAM_FILE, read_at_most};
use lazaret_sdf::model::{PdIndex, ProtectionDomain, SetVarValue, Trigger};

/// A variable of our VMM: its guest may share the debug registers, for it is alone or that is wanted. Only a kernel
/// that does not switch them makes it matter; a tool that does not know the variable leaves it off.
const SHARED_DEBUG: &str = "vmm_shared_debug";
/// The variable of a VMM that starts its guest when a debugger lets it.
const WAITS_FOR_DEBUGGER: &str = "vmm_waits_for_debugger";
/// A variable of our serial driver: its clients' names, padded with zeros. A tool that does not know the variable leaves
/// them to what clients say.
const CLIENT_NAMES: &str = "client_names";
/// A variable of our VMM: entropy of its own, which the root task has of the board at each start. A tool that does not know
/// the variable leaves it zero, which is none.
const SEED: &str = "vmm_seed";
/// How many the driver has, and how long they are there.
const CLIENTS: usize = 16;
const NAME_LENGTH: usize = 16;

/// Where a program has its seed, and whose it is.
#[derive(Clone, Copy)]
struct Seed {
    owner: u32,
    vaddr: u64,
}

/// Objects of a domain that others refer to.
pub(super) struct Domain {
    pub cnode: ObjectId,
    pub root_cnode: Option<ObjectId>,
    pub tcb: ObjectId,
    pub vspace: ObjectId,
    pub sched_context: ObjectId,
    pub notification: ObjectId,
    pub endpoint: Option<ObjectId>,
}

impl Builder<'_> {
    pub(super) fn plan_domains(&mut self) {
        let system = self.system;
        for (index, pd) in system.pds() {
            let domain = self.domain_objects(index, pd);
            self.domains.push(domain);
        }
        for (index, pd) in system.pds() {
            self.plan_domain(index, pd);
        }
    }

    fn domain_objects(&mut self, index: PdIndex, pd: &ProtectionDomain) -> Domain {
        let badge = layout::SCHED_CONTEXT_BADGE + index.0 as u64;
        let shares = !pd.shared_caps.is_empty();
        Domain {
            cnode: self.sized(&pd.name, Kind::CNode, microkit_abi::CNODE_BITS),
            root_cnode: shares
                .then(|| self.sized(&format!("{}.root", pd.name), Kind::CNode, microkit_abi::ROOT_CNODE_BITS)),
            tcb: self.object(&pd.name, Kind::Tcb),
            vspace: self.object(&pd.name, Kind::VSpace),
            sched_context: self.sched_context(&pd.name, &pd.scheduling, badge),
            notification: self.object(&pd.name, Kind::Notification),
            endpoint: self.system.needs_endpoint(index).then(|| self.object(&pd.name, Kind::Endpoint)),
        }
    }

    fn plan_domain(&mut self, index: PdIndex, pd: &ProtectionDomain) {
        let mut space = Space::new(self.domains[index.0].vspace);
        let entry = match self.program(index, pd) {
            Ok(program) => {
                let seed = program.symbol(SEED).filter(|(_, size)| *size >= SEED_LENGTH as u64);
                let seed = seed.map(|(vaddr, _)| Seed { owner: index.0 as u32, vaddr });
                for segment in &program.segments {
                    self.map_segment(&mut space, pd, segment, seed);
                }
                program.entry
            }
            Err(error) => {
                self.error(error);
                0
            }
        };
        let stack_bottom = microkit_abi::STACK_TOP - pd.stack_size;
        let pages = (pd.stack_size / PAGE_SIZE as u64) as u32;
        let fresh = self.restarts(pd);
        self.map_private(&mut space, "stack", stack_bottom, pages, fresh, pd.span);
        let buffer = self.map_private(&mut space, "IPC buffer", microkit_abi::IPC_BUFFER, 1, fresh, pd.span);
        for map in &pd.maps {
            self.map_region(&mut space, map);
        }
        self.finish_space(&pd.name, space);
        self.fill_cspace(index, pd);
        self.plan_irqs(index, pd);
        self.plan_thread(index, pd, entry, buffer);
        self.component(index, pd, stack_bottom);
    }

    fn map_segment(&mut self, space: &mut Space, pd: &ProtectionDomain, segment: &Segment, seed: Option<Seed>) {
        let page = PAGE_SIZE as u64;
        let start = segment.vaddr & !(page - 1);
        let mut bytes = vec![0; (segment.vaddr - start) as usize];
        bytes.extend_from_slice(&segment.bytes);
        let pages: Vec<&[u8]> = bytes.chunks(PAGE_SIZE).collect();
        let is_zero = |page: &&[u8]| page.iter().all(|&byte| byte == 0);
        let fresh = segment.perms.write && self.restarts(pd);
        let mut first = 0;
        for run in pages.chunk_by(|a, b| is_zero(a) == is_zero(b)) {
            let count = run.len() as u32;
            let vaddr = start + first * page;
            let seed = seed.filter(|seed| (vaddr..vaddr + run.len() as u64 * page).contains(&seed.vaddr));
            let frames = if is_zero(&run[0]) {
                let run = self.run_of(&format!("{} bss", pd.name), Kind::SmallPage, 0, count, None);
                Frames::Object { run, first: 0 }
            } else if fresh || seed.is_some() {
                // The image's pages stay as they are, for the next time, and so that what is in it is in no image.
                let object = self.run_of(&format!("{} data", pd.name), Kind::SmallPage, 0, count, None);
                let source = Source::Data(self.data(&run.concat()), u64::from(count) * page);
                self.plan.fills.push(FillFrames { run: object, source });
                Frames::Object { run: object, first: 0 }
            } else {
                Frames::Data { first: self.data(&run.concat()) }
            };
            if let (Some(Seed { owner, vaddr: at }), Frames::Object { run, .. }) = (seed, frames) {
                self.plan.fills.push(FillFrames { run, source: Source::Seed(owner, at - vaddr) });
            }
            let vspace = space.vspace;
            let perms = segment.perms;
            let mapped =
                Mapped { vspace, vaddr, frames, count, page_bits: 12, perms, cached: true, copy: false, fresh };
            self.map(space, mapped, "a segment of the program", pd.program.span);
            first += u64::from(count);
        }
    }

    fn fill_cspace(&mut self, index: PdIndex, pd: &ProtectionDomain) {
        let reply = self.object(&pd.name, Kind::Reply);
        let &Domain { cnode, root_cnode, vspace, endpoint, notification, tcb, .. } = &self.domains[index.0];
        self.cap(cnode, slot::INPUT, endpoint.unwrap_or(notification), rights::READ, 0);
        self.cap(cnode, slot::VSPACE, vspace, rights::ALL, 0);
        self.cap(cnode, slot::REPLY, reply, rights::ALL, 0);
        if self.is_passive(pd) {
            let monitor = self.plan.monitor_endpoint;
            self.cap(cnode, slot::MONITOR_ENDPOINT, monitor, rights::WRITE, PASSIVE_BADGE | (index.0 as u64 + 1));
        }
        if let Some(parent) = &pd.parent {
            let parent_cnode = self.domains[parent.pd.0].cnode;
            self.cap(parent_cnode, slot::CHILD_TCB_BASE + u32::from(parent.id), tcb, rights::ALL, 0);
        }
        if let Some(root) = root_cnode {
            let guard = layout::guard_for(microkit_abi::CNODE_BITS + microkit_abi::ROOT_CNODE_BITS);
            self.cap(root, 0, cnode, rights::ALL, guard);
        }
    }

    fn plan_irqs(&mut self, index: PdIndex, pd: &ProtectionDomain) {
        for irq in &pd.irqs {
            let handler = self.object(&format!("irq {}", irq.number), Kind::IrqHandler);
            let &Domain { cnode, notification, .. } = &self.domains[index.0];
            self.cap(cnode, slot::IRQ_BASE + u32::from(irq.id), handler, rights::ALL, 0);
            let edge = irq.trigger == Trigger::Edge;
            self.plan.irqs.push(IrqPlan { handler, irq: irq.number, edge, notification, badge: 1 << irq.id });
        }
    }

    fn plan_thread(&mut self, index: PdIndex, pd: &ProtectionDomain, entry: u64, buffer: ObjectId) {
        let fault = match &pd.parent {
            Some(parent) => (
                self.domains[parent.pd.0].endpoint.unwrap_or(self.plan.monitor_endpoint),
                microkit_abi::FAULT_BADGE | u64::from(parent.id),
            ),
            None => (self.plan.monitor_endpoint, index.0 as u64 + 1),
        };
        let domain = &self.domains[index.0];
        let bits = if domain.root_cnode.is_some() { microkit_abi::ROOT_CNODE_BITS } else { microkit_abi::CNODE_BITS };
        let guard = if domain.root_cnode.is_some() { 0 } else { layout::guard_for(bits) };
        self.plan.threads.push(ThreadPlan {
            tcb: domain.tcb,
            cspace: domain.root_cnode.unwrap_or(domain.cnode),
            cspace_data: guard,
            vspace: domain.vspace,
            ipc_buffer: Some((buffer, microkit_abi::IPC_BUFFER)),
            sched_context: domain.sched_context,
            fault,
            notification: Some(domain.notification),
            vcpu: None,
            priority: pd.scheduling.priority,
            entry,
            sp: microkit_abi::STACK_TOP,
            resume: true,
            fpu_disabled: !pd.fpu,
        });
    }

    fn component(&mut self, index: PdIndex, pd: &ProtectionDomain, stack_bottom: u64) {
        let domain = &self.domains[index.0];
        self.plan.components.push(ComponentPlan {
            name: pd.name.clone(),
            is_vcpu: false,
            passive: self.is_passive(pd),
            tcb: domain.tcb,
            sched_context: domain.sched_context,
            notification: Some(domain.notification),
            cspace: domain.cnode,
            stack_bottom,
            on_fault: self.rule(pd).on_fault,
            limits: self.rule(pd).limits,
        });
    }

    /// What the policy says of a domain.
    fn rule(&self, pd: &ProtectionDomain) -> Rule {
        let keeps_state = pd.setvars.iter().any(|setvar| setvar.symbol == policy::STATE_SYMBOL);
        self.options.policy.rule(&pd.name, keeps_state)
    }

    fn restarts(&self, pd: &ProtectionDomain) -> bool {
        self.rule(pd).on_fault == OnFault::Restart
    }

    /// The program image, with its variables set.
    fn program(&mut self, index: PdIndex, pd: &ProtectionDomain) -> Result<Program, PlanError> {
        let fail = |message: String| PlanError::new(pd.program.span, message);
        let read = |path: &std::path::Path| {
            let bytes = read_at_most(path, MAX_PROGRAM_FILE);
            bytes.map_err(|why| fail(format!("program image {} {why}", path.display())))
        };
        let broken = |path: &std::path::Path, error| fail(format!("program image {} {error}", path.display()));
        let path = &pd.program.path;
        let mut program = Program::parse(&read(path)?).map_err(|error| broken(path, error))?;
        if let Some(path) = &pd.program.symbols_path {
            program.take_symbols_of(&read(path)?).map_err(|error| broken(path, error))?;
        }
        self.set_microkit_variables(index, pd, &mut program)?;
        for setvar in &pd.setvars {
            let value = match setvar.value {
                SetVarValue::Vaddr(value)
                | SetVarValue::Size(value)
                | SetVarValue::PrefillSize(value)
                | SetVarValue::Id(value) => value,
                SetVarValue::RegionPaddr(region) => self.regions[region.0].paddr.unwrap_or(0),
            };
            let place = |error| PlanError::new(setvar.span, format!("program image '{}' {error}", pd.program.name));
            program.set_word(&setvar.symbol, value).map_err(place)?;
        }
        Ok(program)
    }

    fn is_passive(&self, pd: &ProtectionDomain) -> bool {
        pd.passive && !(self.options.vmms_stay_active && pd.virtual_machine.is_some())
    }

    fn set_microkit_variables(
        &self,
        index: PdIndex,
        pd: &ProtectionDomain,
        program: &mut Program,
    ) -> Result<(), PlanError> {
        let bits = |ids: &mut dyn Iterator<Item = u8>| ids.fold(0u64, |word, id| word | 1 << id).to_le_bytes();
        let ends = || self.system.ends(index).map(|(own, _)| own);
        let mut name = [0; 64];
        let len = pd.name.len().min(63);
        name[..len].copy_from_slice(&pd.name.as_bytes()[..len]);
        program.set_bytes("microkit_name", &name);
        program.set_bytes("microkit_irqs", &bits(&mut pd.irqs.iter().map(|irq| irq.id)));
        program.set_bytes("microkit_notifications", &bits(&mut ends().filter(|end| end.notify).map(|end| end.id)));
        program.set_bytes("microkit_pps", &bits(&mut ends().filter(|end| end.pp).map(|end| end.id)));
        program.set_bytes(CLIENT_NAMES, self.client_names(index).as_flattened());
        let machines = self.system.protection_domains.iter().filter(|pd| pd.virtual_machine.is_some()).count();
        let shared_debug = machines <= 1 || self.options.allow_shared_debug;
        program.set_bytes(SHARED_DEBUG, &u64::from(shared_debug).to_le_bytes());
        let machine = pd.virtual_machine.as_ref().map(|machine| &machine.name);
        let waits = machine.is_some() && machine == self.options.waits_for_debugger.as_ref();
        program.set_bytes(WAITS_FOR_DEBUGGER, &u64::from(waits).to_le_bytes());
        if !program.set_bytes("microkit_passive", &[u8::from(self.is_passive(pd))]) && self.is_passive(pd) {
            let message =
                format!("program image '{}' cannot be passive: it has no variable `microkit_passive`", pd.program.name);
            return Err(PlanError::new(pd.program.span, message).help("link it with sel4-microkit or libmicrokit"));
        }
        Ok(())
    }

    /// What a serial driver calls its clients: each is a channel, with the name of the machine at its other end, or of the
    /// protection domain that has none.
    fn client_names(&self, index: PdIndex) -> [[u8; NAME_LENGTH]; CLIENTS] {
        let mut names = [[0; NAME_LENGTH]; CLIENTS];
        for (own, other) in self.system.ends(index) {
            if let Some(bytes) = names.get_mut(usize::from(own.id)) {
                bytes
                    .iter_mut()
                    .zip(self.system.name_at(other).bytes())
                    .for_each(|(byte, character)| *byte = character);
            }
        }
        names
    }
}
