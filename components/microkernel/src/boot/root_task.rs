// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root task: its objects, its capabilities in seL4's order, and what BootInfo says about them.

use super::regions::Regions;
use super::start::BootError;
use crate::arch;
use crate::arch::Memory;
use crate::cap::{CNodeCap, Cap, FrameCap, FrameRights, FrameSize, Mapping, Slot, UntypedCap, derivation};
use crate::config::{BOOT_TIME_SLICE_US, ROOT_CNODE_SIZE_BITS};
use crate::kernel::Kernel;
use crate::object::asid::AsidPool;
use crate::object::page_table::{self, PageTable};
use crate::object::reference::{KernelObject, Ref};
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;
use sel4_abi::boot_info::{BootInfo, EXTRA_FDT, ExtraHeader, SlotRegion, UntypedDesc, slot};
use sel4_abi::object::{MAX_UNTYPED_BITS, MIN_SCHED_CONTEXT_BITS, SLOT_BITS, TCB_BITS, vm_attributes};
use sel4_abi::{MAX_PRIORITY, PAGE_BITS, WORD_BITS};
use zerocopy::{FromZeros as _, IntoBytes as _};

const PAGE: u64 = 1 << PAGE_BITS;
const PAGE_SIZE_BITS: u8 = PAGE_BITS as u8;
/// The first VSpace has the first ASID that there is.
const ASID: u16 = 1;
/// Refills of the smallest scheduling context.
const REFILLS: u16 = 2;

/// The root task's memory as the loader left it, and where it belongs.
#[derive(Clone, Copy)]
pub(super) struct Image {
    pub paddr: u64,
    pub size: u64,
    pub vaddr: u64,
    pub entry: u64,
}

impl Image {
    fn ipc_buffer(&self) -> u64 {
        self.vaddr + self.size
    }
    fn boot_info(&self) -> u64 {
        self.ipc_buffer() + PAGE
    }
    fn extra(&self) -> u64 {
        self.boot_info() + PAGE
    }
}

/// What became of the memory that boot does not need.
pub(super) struct Untypeds {
    /// Untyped capabilities that the root task has.
    pub count: u64,
    /// Bytes of RAM in pieces that BootInfo has no room to list. They stay unused.
    pub unlisted: u64,
}

/// The root task under construction.
pub(super) struct RootTask<'k> {
    kernel: &'k Kernel,
    image: Image,
    /// Memory that became objects.
    pub allocated: Regions,
    slots: Ref<Slot>,
    next_slot: u64,
    root: Ref<PageTable>,
    boot_info_paddr: u64,
    thread: Ref<Tcb>,
    info: BootInfo,
}

/// Zeroed memory for objects.
struct Allocator<'a> {
    kernel: &'a Kernel,
    free: &'a mut Regions,
    allocated: Regions,
}

impl Allocator<'_> {
    fn memory(&mut self, bits: u8, what: &'static str) -> Result<u64, BootError> {
        let paddr = self.free.allocate(bits).ok_or(BootError::NoMemoryFor(what))?;
        self.allocated.add(paddr..paddr + (1 << bits))?;
        self.kernel.cpu.arch.zero(paddr, 1 << bits);
        Ok(paddr)
    }

    fn object<T: KernelObject>(&mut self, bits: usize, what: &'static str) -> Result<Ref<T>, BootError> {
        Ref::from_addr(self.memory(bits as u8, what)?).ok_or(BootError::NoMemoryFor(what))
    }
}

impl<'k> RootTask<'k> {
    /// Makes everything but the untyped memory.
    pub fn new(kernel: &'k Kernel, free: &mut Regions, image: Image, tree: &[u8]) -> Result<Self, BootError> {
        let mut memory = Allocator { kernel, free, allocated: Regions::new() };
        let extra_len = size_of::<ExtraHeader>() + tree.len();
        let slots = memory.object(ROOT_CNODE_SIZE_BITS as usize + SLOT_BITS, "the root CNode")?;
        let extra_pages = (extra_len as u64).div_ceil(PAGE);
        let extra_bits = (extra_pages * PAGE).next_power_of_two().trailing_zeros() as u8;
        let extra = memory.memory(extra_bits, "the device tree's copy")?;
        let root: Ref<PageTable> = memory.object(PAGE_BITS, "the root VSpace")?;
        let pool: Ref<AsidPool> = memory.object(PAGE_BITS, "an ASID pool")?;
        let buffer = memory.memory(PAGE_SIZE_BITS, "the IPC buffer")?;
        let boot_info_paddr = memory.memory(PAGE_SIZE_BITS, "BootInfo")?;
        // These two share a page; what is left of it is lost.
        let page = memory.memory(PAGE_SIZE_BITS, "the root thread")?;
        let no_page = BootError::NoMemoryFor("the root thread");
        let thread: Ref<Tcb> = Ref::from_addr(page).ok_or(no_page)?;
        let sc: Ref<SchedContext> =
            Ref::from_addr(page + (1 << TCB_BITS)).ok_or(BootError::NoMemoryFor("its scheduling context"))?;

        let mut task = Self {
            kernel,
            image,
            allocated: Regions::new(),
            slots,
            next_slot: slot::NUM_INITIAL,
            root,
            boot_info_paddr,
            thread,
            info: BootInfo::new_zeroed(),
        };
        kernel.shared.asid_pools[0].set(Some(pool));
        pool.set(ASID, root);
        task.fixed_capabilities(pool, sc, buffer);
        task.info.user_image_paging = task.page_tables(&mut memory, extra_pages)?;
        task.info.extra_bi_pages = task.extra(extra, extra_pages, tree);
        task.info.extra_len = extra_len as u64;
        let control = task.give(Cap::SchedControl);
        task.info.sched_control = SlotRegion { start: control, end: control + 1 };
        task.info.user_image_frames = task.image_frames();
        task.map(buffer, image.ipc_buffer());
        task.map(boot_info_paddr, image.boot_info());
        task.thread(sc);
        task.allocated = memory.allocated;
        Ok(task)
    }

    /// Hands out all other memory, writes BootInfo and makes the thread the first to run.
    pub fn start(mut self, devices: &Regions, ram: &Regions) -> Untypeds {
        let start = self.next_slot;
        let mut unlisted = 0;
        for (regions, device) in [(devices, true), (ram, false)] {
            regions.carve(PAGE_SIZE_BITS, MAX_UNTYPED_BITS as u8, |paddr, bits| {
                if !self.untyped(start, paddr, bits, device) && !device {
                    unlisted += 1u64 << bits;
                }
            });
        }
        self.info.untyped = SlotRegion { start, end: self.next_slot };
        self.info.empty = SlotRegion { start: self.next_slot, end: 1 << ROOT_CNODE_SIZE_BITS };
        self.info.num_nodes = 1;
        self.info.ipc_buffer = self.image.ipc_buffer();
        self.info.init_thread_cnode_size_bits = u64::from(ROOT_CNODE_SIZE_BITS);
        arch::boot_write(self.boot_info_paddr, self.info.as_bytes());
        self.kernel.cpu.arch.publish_tables();
        self.kernel.start(self.thread);
        Untypeds { count: self.next_slot - start, unlisted }
    }

    /// One untyped capability, as long as BootInfo has room to list it.
    fn untyped(&mut self, first: u64, paddr: u64, bits: u8, device: bool) -> bool {
        let index = (self.next_slot - first) as usize;
        let Some(entry) = self.info.untyped_list.get_mut(index) else { return false };
        *entry = UntypedDesc { paddr, size_bits: bits, is_device: device.into(), padding: [0; 6] };
        self.give(Cap::Untyped(UntypedCap { paddr, bits, device, free: 0 }));
        true
    }

    fn slot(&self, number: u64) -> Ref<Slot> {
        self.slots.offset(number as usize)
    }

    fn put(&self, number: u64, cap: Cap) {
        derivation::insert_root(cap, self.slot(number));
    }

    /// Into the next free slot; returns its number.
    fn give(&mut self, cap: Cap) -> u64 {
        let number = self.next_slot;
        self.put(number, cap);
        self.next_slot += 1;
        number
    }

    fn fixed_capabilities(&self, pool: Ref<AsidPool>, sc: Ref<SchedContext>, buffer: u64) {
        self.put(slot::TCB, Cap::Thread(self.thread));
        let guard_bits = WORD_BITS as u8 - ROOT_CNODE_SIZE_BITS;
        let root = CNodeCap { slots: self.slots, radix: ROOT_CNODE_SIZE_BITS, guard_bits, guard: 0 };
        self.kernel.shared.root_cnode.set(Some(root));
        self.put(slot::CNODE, Cap::CNode(root));
        self.put(slot::VSPACE, Cap::VSpace { object: self.root, asid: ASID });
        self.put(slot::IRQ_CONTROL, Cap::IrqControl);
        self.put(slot::ASID_CONTROL, Cap::AsidControl);
        self.put(slot::ASID_POOL, Cap::AsidPool { object: pool, base: 0 });
        self.put(slot::BOOT_INFO_FRAME, frame(self.boot_info_paddr, self.image.boot_info()));
        self.put(slot::IPC_BUFFER, frame(buffer, self.image.ipc_buffer()));
        self.put(slot::DOMAIN, Cap::Domain);
        self.put(slot::SCHED_CONTEXT, Cap::SchedContext { object: sc, bits: MIN_SCHED_CONTEXT_BITS as u8 });
    }

    /// The tables for image, IPC buffer, BootInfo and extra pages, top level first.
    fn page_tables(&mut self, memory: &mut Allocator<'_>, extra_pages: u64) -> Result<SlotRegion, BootError> {
        let start = self.next_slot;
        let end = self.image.extra() + extra_pages * PAGE;
        for shift in [39, 30, 21] {
            for number in self.image.vaddr >> shift..=(end - 1) >> shift {
                let table: Ref<PageTable> = memory.object(PAGE_BITS, "the root task's page tables")?;
                let vaddr = number << shift;
                page_table::boot_enter(self.root, vaddr, table);
                self.give(Cap::PageTable { object: table, mapping: Some(Mapping { asid: ASID, vaddr }) });
            }
        }
        Ok(SlotRegion { start, end: self.next_slot })
    }

    /// Copies the device tree and maps the copy.
    fn extra(&mut self, paddr: u64, pages: u64, tree: &[u8]) -> SlotRegion {
        let header = ExtraHeader { id: EXTRA_FDT, len: (size_of::<ExtraHeader>() + tree.len()) as u64 };
        arch::boot_write(paddr, header.as_bytes());
        arch::boot_write(paddr + size_of::<ExtraHeader>() as u64, tree);
        self.frames(paddr, self.image.extra(), pages)
    }

    /// In place: the loader has written the image back to memory, and entry has emptied the instruction cache.
    fn image_frames(&mut self) -> SlotRegion {
        self.frames(self.image.paddr, self.image.vaddr, self.image.size / PAGE)
    }

    fn frames(&mut self, paddr: u64, vaddr: u64, pages: u64) -> SlotRegion {
        let start = self.next_slot;
        for offset in (0..pages).map(|n| n * PAGE) {
            self.map(paddr + offset, vaddr + offset);
            self.give(frame(paddr + offset, vaddr + offset));
        }
        SlotRegion { start, end: self.next_slot }
    }

    fn map(&self, paddr: u64, vaddr: u64) {
        if let Cap::Frame(frame) = frame(paddr, vaddr) {
            // The tables are there: `page_tables` made them for exactly this range.
            page_table::boot_map(self.root, vaddr, &frame, vm_attributes::DEFAULT);
        }
    }

    fn thread(&self, sc: Ref<SchedContext>) {
        let (kernel, thread) = (self.kernel, self.thread);
        thread.context.x[0].set(self.image.boot_info());
        thread.context.elr.set(self.image.entry);
        thread.context.spsr.set(arch::USER_SPSR);
        thread.priority.set(MAX_PRIORITY);
        thread.mcp.set(MAX_PRIORITY);
        thread.ipc_buffer.set(self.image.ipc_buffer());
        for (number, own) in
            [(slot::CNODE, &thread.cspace), (slot::VSPACE, &thread.vspace), (slot::IPC_BUFFER, &thread.buffer_frame)]
        {
            let source = self.slot(number);
            if let Ok(copy) = source.cap().derive(source) {
                derivation::insert(copy, source, Ref::to_part(own));
            }
        }
        kernel.init_time();
        let slice = arch::ticks_from_us(&kernel.cpu.arch, BOOT_TIME_SLICE_US);
        sc.refill_new(REFILLS, slice, 0, kernel.cpu.now.get());
        kernel.bind_thread(sc, thread);
    }
}

/// A page of the root task's, mapped where it is.
fn frame(paddr: u64, vaddr: u64) -> Cap {
    Cap::Frame(FrameCap {
        paddr,
        size: FrameSize::Small,
        rights: FrameRights::ReadWrite,
        device: false,
        mapping: Some(Mapping { asid: ASID, vaddr }),
    })
}
