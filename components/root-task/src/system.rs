// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system under construction.

use sel4::init_thread::slot::CNODE;
use sel4::{AbsoluteCPtr, BootInfoPtr, CPtr, Cap, CapType, cap};
use system_spec::{ComponentKind, NONE, Ref, Spec, flags};

use crate::{Failure, Image, Pool, Slots, failure::Context, fill::device_tree, seed::Seed, slots::slot_of};

/// Untyped capabilities that are used: those of the boot information, and pads.
const MAX_UNTYPEDS: usize = sel4_abi::boot_info::MAX_UNTYPED + 128;

/// Bytes before what a chunk of the boot information holds: its kind and its length.
const CHUNK_HEADER: usize = 16;

/// State of the construction.
pub struct System<'a> {
    pub(crate) spec: Spec<'a>,
    pub(crate) boot_info: &'a BootInfoPtr,
    pub(crate) slots: Slots,
    pub(crate) image: Image,
    pub(crate) pool: Pool<MAX_UNTYPEDS>,
    /// The board's entropy, if it has any.
    pub(crate) seed: Option<Seed<'a>>,
}

impl<'a> System<'a> {
    /// Takes stock of what the kernel gave.
    pub fn new((spec, vaddr): (Spec<'a>, usize), boot_info: &'a BootInfoPtr) -> Result<Self, Failure<'a>> {
        let slots = Slots::new(boot_info.empty().range(), spec.object_count()).step("use", "root CNode")?;
        let ipc_buffer = boot_info.ipc_buffer().addr();
        let frames = boot_info.user_image_frames().range();
        let image = Image::new(frames, ipc_buffer, vaddr, &spec).step("find", "specification data")?;
        let mut pool = Pool::new();
        for (slot, untyped) in boot_info.untyped().range().zip(boot_info.untyped_list()) {
            pool.add(slot, untyped.paddr() as u64, untyped.size_bits(), untyped.is_device());
        }
        let seed = device_tree(boot_info).and_then(|chunk| Seed::find(chunk, CHUNK_HEADER));
        Ok(Self { spec, boot_info, slots, image, pool, seed })
    }

    /// Creates everything, starts it, and watches.
    pub fn run(mut self) -> Result<(), Failure<'a>> {
        self.check_memory()?;
        self.create_objects()?;
        self.create_irq_handlers()?;
        self.assign_asids()?;
        self.tell_of_missing_seed();
        self.fill_frames()?;
        self.map_page_tables()?;
        self.map_frames()?;
        self.watch_fresh_frames()?;
        self.fill_cnodes()?;
        self.configure_sched_contexts()?;
        self.connect_irqs()?;
        self.configure_threads()?;
        if self.spec.flags() & flags::AUDIT != 0 {
            self.audit();
        }
        if self.guests().any(|guest| guest.is_known()) {
            self.start_ticker()?;
        }
        self.start_threads()?;
        let domains =
            self.spec.components.iter().filter(|component| component.kind() == ComponentKind::ProtectionDomain);
        let (domains, machines) = (domains.count(), self.machine_count());
        sel4::debug_println!("MON|INFO: system started: {domains} protection domains, {machines} virtual machines");
        self.monitor()
    }

    /// Address spaces that vCPUs run in.
    fn machine_count(&self) -> usize {
        let vcpus = || self.spec.threads.iter().filter(|thread| thread.vcpu != NONE);
        vcpus().enumerate().filter(|(n, vcpu)| vcpus().take(*n).all(|other| other.vspace != vcpu.vspace)).count()
    }

    /// An object's capability.
    pub(crate) fn object<T: CapType>(&self, number: u32) -> Cap<T> {
        cap_at(self.slots.object(number))
    }

    /// An object's capability, or the null capability for no object.
    pub(crate) fn optional<T: CapType>(&self, number: u32) -> Cap<T> {
        match Ref::from_word(number) {
            Some(reference) => cap_at(slot_of(&self.slots, &self.image, reference)),
            None => cap_at(0),
        }
    }

    /// Runs `with` on a badged, weakened copy of an endpoint's or notification's capability.
    pub(crate) fn with_badged<R>(
        &self,
        object: u32,
        rights: sel4::CapRights,
        badge: u64,
        with: impl FnOnce(CPtr) -> sel4::Result<R>,
    ) -> sel4::Result<R> {
        let scratch = self.slots.scratch();
        let copy = path(scratch);
        copy.mint(&path(self.slots.object(object)), rights, badge)?;
        let result = with(CPtr::from_bits(scratch as u64));
        copy.delete()?;
        result
    }
}

/// The capability in a slot of the root CNode.
pub(crate) fn cap_at<T: CapType>(slot: usize) -> Cap<T> {
    Cap::from_bits(slot as u64)
}

/// A slot of the root CNode.
pub(crate) fn path(slot: usize) -> AbsoluteCPtr {
    CNODE.cap().absolute_cptr(CPtr::from_bits(slot as u64))
}

/// A slot of another CNode.
pub(crate) fn path_in(cnode: cap::CNode, slot: u32, size_bits: u8) -> AbsoluteCPtr {
    cnode.absolute_cptr_from_bits_with_depth(slot.into(), size_bits.into())
}

/// seL4's rights word.
pub(crate) fn rights(word: u8) -> sel4::CapRights {
    let has = |bit: u64| u64::from(word) & bit != 0;
    use sel4_abi::rights::CapRights as Word;
    sel4::CapRights::new(has(Word::GRANT_REPLY), has(Word::GRANT), has(Word::READ), has(Word::WRITE))
}
