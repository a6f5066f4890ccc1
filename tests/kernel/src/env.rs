// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory and slots for cases. A case's objects come from one Untyped, which is revoked after it.

use core::sync::atomic::Ordering::SeqCst;

use sel4::{
    AbsoluteCPtr, BootInfoPtr, CPtr, Cap, CapRights, CapType, CapTypeForObjectOfFixedSize, Error, ObjectBlueprint,
    VmAttributes, cap, cap_type,
    init_thread::slot::{CNODE, TCB, VSPACE},
};

use crate::thread::NEVER;

/// Memory of a case.
pub const CASE_BITS: usize = 23;
/// Threads that a case can have.
pub const THREADS: usize = 4;
/// Where threads' stacks and IPC buffers are.
const THREAD_BASE: usize = 0x2000_0000;
const THREAD_SPACING: usize = 0x2_0000;
const STACK_PAGES: usize = 16;
/// Where cases may map pages: tables for 2 MiB from here on are there.
pub const SCRATCH: usize = 0x3000_0000;

/// Where boards have the virtual GIC's CPU interface.
const VIRTUAL_CPU_INTERFACES: [usize; 2] = [0x0804_0000, 0xff84_6000];
const TWO_GRANULES_BITS: usize = 13;

/// What a case works with.
pub struct Env {
    /// The case's memory.
    pub untyped: cap::Untyped,
    /// Configures scheduling contexts.
    pub control: cap::SchedControl,
    /// A device Untyped.
    pub device: cap::Untyped,
    /// The two pages of the virtual GIC's CPU interface, unless this is an unknown board.
    pub virtual_cpu_interface: Option<[cap::Granule; 2]>,
    /// The case's thread that runs when nobody else does, and tells so.
    pub last: Option<(cap::Notification, cap::Tcb)>,
    first: usize,
    next: usize,
    /// Frames of the threads' IPC buffers.
    buffers: [cap::Granule; THREADS],
}

/// A slot of the root CNode.
pub fn slot_at(index: usize) -> AbsoluteCPtr {
    CNODE.cap().absolute_cptr(CPtr::from_bits(index as u64))
}

/// The slot of a capability.
pub fn slot_of<T: CapType>(cap: Cap<T>) -> AbsoluteCPtr {
    CNODE.cap().absolute_cptr(cap)
}

fn retype(untyped: cap::Untyped, blueprint: ObjectBlueprint, slot: usize) -> sel4::Result<()> {
    untyped.untyped_retype(&blueprint, &CNODE.cap().absolute_cptr_for_self(), slot, 1)
}

impl Env {
    /// Sets memory aside.
    pub fn new(info: &BootInfoPtr) -> Self {
        let list = info.untyped_list();
        let largest = info.kernel_untyped_range().max_by_key(|index| list[*index].size_bits()).expect("memory");
        let device = info.device_untyped_range().max_by_key(|index| list[*index].size_bits()).expect("devices");
        let memory = info.untyped().index(largest).cap();
        let first = info.empty().start();
        let untyped = cap::Untyped::from_bits(first as u64);
        retype(memory, ObjectBlueprint::Untyped { size_bits: CASE_BITS }, first).expect("memory for cases");
        let mut env = Self {
            untyped: memory,
            control: info.sched_control().index(0).cap(),
            device: info.untyped().index(device).cap(),
            virtual_cpu_interface: None,
            last: None,
            first: first + 1,
            next: first + 1,
            buffers: [cap::Granule::from_bits(0); THREADS],
        };
        for thread in 0..THREADS {
            for page in 0..STACK_PAGES {
                env.map(THREAD_BASE + thread * THREAD_SPACING + page * 0x1000);
            }
            env.buffers[thread] = env.map(buffer_address(thread));
        }
        let page = env.map(SCRATCH);
        page.frame_unmap().expect("mapped just now");
        env.virtual_cpu_interface = VIRTUAL_CPU_INTERFACES.into_iter().find_map(|page| env.device_pages(info, page));
        NEVER.store(env.object::<cap_type::Notification>().bits(), SeqCst);
        // What was made so far stays.
        env.untyped = untyped;
        env.first = env.next;
        env
    }

    /// The frames of a device's two pages.
    fn device_pages(&mut self, info: &BootInfoPtr, paddr: usize) -> Option<[cap::Granule; 2]> {
        let holds = |index: &usize| {
            let untyped = &info.untyped_list()[*index];
            (untyped.paddr()..untyped.paddr() + (1 << untyped.size_bits())).contains(&paddr)
        };
        let index = info.device_untyped_range().find(holds)?;
        let untyped = &info.untyped_list()[index];
        let (mut start, mut memory) = (untyped.paddr(), info.untyped().index(index).cap());
        for size_bits in (TWO_GRANULES_BITS..untyped.size_bits()).rev() {
            // One half after the other; what is below the wanted one stays unused.
            let lower = self.untyped_in(memory, size_bits).ok()?;
            let middle = start + (1 << size_bits);
            (start, memory) =
                if paddr < middle { (start, lower) } else { (middle, self.untyped_in(memory, size_bits).ok()?) };
        }
        Some([self.object_in(memory).ok()?, self.object_in(memory).ok()?])
    }

    fn untyped_in(&mut self, memory: cap::Untyped, size_bits: usize) -> sel4::Result<cap::Untyped> {
        let cap = self.empty();
        retype(memory, ObjectBlueprint::Untyped { size_bits }, cap.bits() as usize)?;
        Ok(cap)
    }

    /// Maps a fresh page in the root task, with the tables that it needs.
    pub fn map(&mut self, vaddr: usize) -> cap::Granule {
        let page: cap::Granule = self.object();
        loop {
            match page.frame_map(VSPACE.cap(), vaddr, CapRights::read_write(), VmAttributes::DEFAULT) {
                Ok(()) => return page,
                Err(Error::FailedLookup) => self
                    .object::<cap_type::PT>()
                    .pt_map(VSPACE.cap(), vaddr, VmAttributes::DEFAULT)
                    .expect("a table for the root task"),
                Err(error) => panic!("{vaddr:#x}: {error:?}"),
            }
        }
    }

    /// An empty slot.
    pub fn slot(&mut self) -> AbsoluteCPtr {
        self.next += 1;
        slot_at(self.next - 1)
    }

    /// An empty slot, as the capability that it will hold.
    pub fn empty<T: CapType>(&mut self) -> Cap<T> {
        Cap::from_bits(self.slot().path().bits())
    }

    /// Makes an object.
    pub fn make<T: CapType>(&mut self, blueprint: ObjectBlueprint) -> sel4::Result<Cap<T>> {
        let cap = self.empty();
        retype(self.untyped, blueprint, cap.bits() as usize)?;
        Ok(cap)
    }

    /// Makes an object that there is memory for.
    pub fn object<T: CapTypeForObjectOfFixedSize>(&mut self) -> Cap<T> {
        self.make(T::object_blueprint()).expect("memory for an object")
    }

    /// Makes an object in memory of the case's own.
    pub fn object_in<T: CapTypeForObjectOfFixedSize>(&mut self, memory: cap::Untyped) -> sel4::Result<Cap<T>> {
        let cap = self.empty();
        retype(memory, T::object_blueprint(), cap.bits() as usize)?;
        Ok(cap)
    }

    /// A copy of a capability with rights and, unless 0, a badge.
    pub fn mint<T: CapType>(&mut self, cap: Cap<T>, rights: CapRights, badge: u64) -> Cap<T> {
        let to = self.empty();
        let result = match badge {
            // Mint is refused on a badged capability even for badge 0.
            0 => slot_of(to).copy(&slot_of(cap), rights),
            _ => slot_of(to).mint(&slot_of(cap), rights, badge),
        };
        result.expect("an empty slot");
        to
    }

    /// A scheduling context, configured.
    pub fn sched_context(&mut self, budget: u64, period: u64, badge: u64) -> cap::SchedContext {
        let context = self.make(ObjectBlueprint::SchedContext { size_bits: 8 }).expect("memory");
        self.control.sched_control_configure_flags(context, budget, period, 0, badge, 0).expect("a good budget");
        context
    }

    /// A VSpace with an ASID.
    pub fn vspace(&mut self) -> sel4::Result<cap::VSpace> {
        let vspace = self.object();
        sel4::init_thread::slot::ASID_POOL.cap().asid_pool_assign(vspace)?;
        Ok(vspace)
    }

    /// Frame and address of a thread's IPC buffer.
    pub fn buffer(&self, thread: usize) -> (cap::Granule, usize) {
        (self.buffers[thread], buffer_address(thread))
    }

    /// Destroys what the case made.
    pub fn clean_up(&mut self) {
        slot_of(self.untyped).revoke().expect("the case's memory");
        for index in self.first..self.next {
            slot_at(index).delete().expect("a slot of the root CNode");
        }
        self.next = self.first;
        self.last = None;
        TCB.cap().tcb_unbind_notification().ok();
    }
}

/// One past a thread's stack.
pub fn stack_top(thread: usize) -> usize {
    THREAD_BASE + thread * THREAD_SPACING + STACK_PAGES * 0x1000
}

/// A page after a hole after the stack.
fn buffer_address(thread: usize) -> usize {
    stack_top(thread) + 0x1000
}
