// SPDX-License-Identifier: MIT OR Apache-2.0
//! The plan as a specification: objects in the order of their creation, everything else by number.

use std::cmp::Reverse;

use sel4_abi::object::{ObjectType, vm_attributes};
use system_spec::{
    Cap, Component, Fill, Irq, Kind, Mapping, NO_PADDR, NONE, ObjectRun, PAGE_SIZE, PageTable, Ref, SEED_LENGTH,
    SchedContext, Thread, Writer, flags, mapping_flags, thread_flags,
};

use super::{CapFill, ComponentPlan, Frames, Mapped, Object, ObjectId, Plan, Source, ThreadPlan, builder::rights};

pub(super) fn to_spec(plan: &Plan) -> Vec<u8> {
    let mut emitter = Emitter { writer: Writer::default(), numbers: vec![0; plan.objects.len()] };
    emitter.objects(&plan.objects);
    emitter.writer.flags = if plan.audit { flags::AUDIT } else { 0 };
    emitter.writer.monitor_endpoint = emitter.number(plan.monitor_endpoint);
    emitter.writer.monitor_reply = emitter.number(plan.monitor_reply);
    plan.caps.iter().chain(&plan.planted).for_each(|cap| emitter.cap(cap));
    emitter.memory(plan);
    emitter.times(plan);
    plan.threads.iter().for_each(|thread| emitter.thread(thread));
    plan.components.iter().for_each(|component| emitter.component(component));
    emitter.writer.finish(&plan.data)
}

/// Fixed addresses first, in order; then by size, so that no memory is lost to alignment.
pub(super) fn order(objects: &[Object]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..objects.len()).collect();
    order.sort_by_key(|&index| {
        let object = &objects[index];
        (object.paddr.is_none(), object.paddr, Reverse(size_bits(object)), object.kind, index)
    });
    order
}

struct Emitter {
    writer: Writer,
    /// Number of each object of the plan.
    numbers: Vec<u32>,
}

impl Emitter {
    fn objects(&mut self, objects: &[Object]) {
        let mut first = 0;
        for index in order(objects) {
            let Object { name, kind, size_bits, count, paddr } = &objects[index];
            self.numbers[index] = first;
            let name = self.writer.name(name);
            let paddr = paddr.unwrap_or(NO_PADDR);
            let (kind, size_bits, count) = (*kind as u8, *size_bits, *count);
            self.writer.objects.push(ObjectRun { paddr, first, count, name, kind, size_bits, reserved: 0 });
            first += count;
        }
    }

    fn number(&self, id: ObjectId) -> u32 {
        self.numbers[id.0]
    }

    fn optional(&self, id: Option<ObjectId>) -> u32 {
        id.map_or(NONE, |id| self.number(id))
    }

    fn cap(&mut self, cap: &CapFill) {
        let (cnode, object) = (self.number(cap.cnode), self.number(cap.object));
        let &CapFill { slot, rights, data, .. } = cap;
        self.writer.caps.push(Cap { data, cnode, slot, object, rights, reserved: [0; 3] });
    }

    fn memory(&mut self, plan: &Plan) {
        for (space, tables) in &plan.spaces {
            let (vspace, first) = (self.number(space.vspace), self.number(*tables));
            let rows = space.tables().zip(first..).map(|(vaddr, table)| PageTable { vaddr, vspace, table });
            self.writer.page_tables.extend(rows);
        }
        for mapped in &plan.mappings {
            let filled =
                plan.fills.iter().any(|fill| matches!(mapped.frames, Frames::Object { run, .. } if run == fill.run));
            self.mapping(mapped, filled);
        }
        for fill in &plan.fills {
            self.fill(&plan.objects[fill.run.0], self.number(fill.run), &fill.source);
        }
    }

    fn mapping(&mut self, mapped: &Mapped, filled: bool) {
        let (frame, is_data) = match mapped.frames {
            Frames::Object { run, first } => (Ref::Object(self.number(run) + first), false),
            Frames::Data { first } => (Ref::Data(first), true),
        };
        let mut flags = if mapped.fresh {
            mapping_flags::FRESH
        } else if mapped.copy || is_data {
            mapping_flags::COPY
        } else {
            0
        };
        if mapped.perms.execute && (is_data || filled) {
            flags |= mapping_flags::UNIFY;
        }
        let mut attributes =
            if mapped.cached { vm_attributes::PAGE_CACHEABLE | vm_attributes::PARITY_ENABLED } else { 0 };
        if !mapped.perms.execute {
            attributes |= vm_attributes::EXECUTE_NEVER;
        }
        self.writer.mappings.push(Mapping {
            vaddr: mapped.vaddr,
            vspace: self.number(mapped.vspace),
            frame: frame.to_word(),
            count: mapped.count,
            page_bits: mapped.page_bits,
            rights: rights::READ | if mapped.perms.write { rights::WRITE } else { 0 },
            attributes: attributes as u8,
            flags,
        });
    }

    /// One row for each frame.
    fn fill(&mut self, object: &Object, first: u32, source: &Source) {
        let page = 1u64 << object.kind.page_bits().unwrap_or(12);
        let (base, len, boot_info_id) = match *source {
            Source::Data(page, len) => (u64::from(page) * PAGE_SIZE as u64, len, 0),
            Source::BootInfo(id) => (0, page * u64::from(object.count), id),
            Source::Seed(owner, at) => return self.seed(first, owner, at),
        };
        for frame in 0..object.count {
            let from = u64::from(frame) * page;
            if from < len {
                let part = page.min(len - from) as u32;
                self.writer.fills.push(Fill {
                    from: base + from,
                    frame: first + frame,
                    to: 0,
                    len: part,
                    boot_info_id,
                });
            }
        }
    }

    /// In small pages; it may lie over the border between two.
    fn seed(&mut self, first: u32, owner: u32, at: u64) {
        let page = PAGE_SIZE as u64;
        let (mut from, size) = (0, SEED_LENGTH as u64);
        while from < size {
            let (frame, to) = ((at + from) / page, (at + from) % page);
            let len = (page - to).min(size - from);
            let (frame, boot_info_id) = (first + frame as u32, Fill::SEED | owner);
            self.writer.fills.push(Fill { from, frame, to: to as u32, len: len as u32, boot_info_id });
            from += len;
        }
    }

    fn times(&mut self, plan: &Plan) {
        for sc in &plan.sched_contexts {
            let extra_refills = if sc.budget == sc.period { 0 } else { 8 };
            let object = self.number(sc.object);
            let row = SchedContext { budget: sc.budget, period: sc.period, badge: sc.badge, object, extra_refills };
            self.writer.sched_contexts.push(row);
        }
        for irq in &plan.irqs {
            let (handler, notification) = (self.number(irq.handler), self.number(irq.notification));
            let trigger = u32::from(irq.edge);
            self.writer.irqs.push(Irq { badge: irq.badge, irq: irq.irq, trigger, handler, notification });
        }
    }

    fn thread(&mut self, thread: &ThreadPlan) {
        let (buffer, ipc_buffer_vaddr) = thread.ipc_buffer.map_or((None, 0), |(frame, vaddr)| (Some(frame), vaddr));
        let mut flags = if thread.resume { thread_flags::RESUME } else { 0 };
        if thread.fpu_disabled {
            flags |= thread_flags::FPU_DISABLED;
        }
        self.writer.threads.push(Thread {
            cspace_data: thread.cspace_data,
            ipc_buffer_vaddr,
            fault_badge: thread.fault.1,
            entry: thread.entry,
            sp: thread.sp,
            x0: 0,
            tcb: self.number(thread.tcb),
            cspace: self.number(thread.cspace),
            vspace: self.number(thread.vspace),
            ipc_buffer: self.optional(buffer),
            sched_context: self.number(thread.sched_context),
            fault_endpoint: self.number(thread.fault.0),
            notification: self.optional(thread.notification),
            vcpu: self.optional(thread.vcpu),
            flags,
            priority: thread.priority,
            mcp: thread.priority,
            reserved: 0,
        });
    }

    fn component(&mut self, component: &ComponentPlan) {
        let name = self.writer.name(&component.name);
        self.writer.components.push(Component {
            stack_bottom: component.stack_bottom,
            name,
            tcb: self.number(component.tcb),
            sched_context: self.number(component.sched_context),
            notification: self.optional(component.notification),
            cspace: self.number(component.cspace),
            kind: u8::from(component.is_vcpu),
            passive: u8::from(component.passive),
            on_fault: component.on_fault as u8,
            reserved: 0,
            limits: component.limits,
        });
    }
}

/// Memory that an object takes, as a power of two; 0 for interrupt handlers, which take none.
pub fn size_bits(object: &Object) -> usize {
    let kind = match object.kind {
        Kind::Endpoint => ObjectType::Endpoint,
        Kind::Notification => ObjectType::Notification,
        Kind::Reply => ObjectType::Reply,
        Kind::Tcb => ObjectType::Tcb,
        Kind::Vcpu => ObjectType::Vcpu,
        Kind::SchedContext => ObjectType::SchedContext,
        Kind::CNode => ObjectType::CNode,
        Kind::VSpace => ObjectType::VSpace,
        Kind::PageTable => ObjectType::PageTable,
        Kind::SmallPage => ObjectType::SmallPage,
        Kind::LargePage => ObjectType::LargePage,
        Kind::IrqHandler => return 0,
    };
    kind.object_bits(object.size_bits.into())
}
