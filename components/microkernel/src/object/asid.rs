// SPDX-License-Identifier: MIT OR Apache-2.0
//! ASIDs: the kernel's names for VSpaces, and the few VMIDs that the hardware has for them.

use crate::arch::{Memory, ThreadSwitch};
use crate::board;
use crate::kernel::Kernel;
use crate::object::page_table::PageTable;
use crate::object::reference::Ref;
use core::cell::Cell;
use core::ops::Range;

/// VSpaces of a pool.
pub const POOL_ENTRIES: usize = 512;
/// VMIDs that every core has; 0 is kept for the empty VSpace.
const VMIDS: usize = 256;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
const VMID_SHIFT: u32 = 48;
/// The VSpace has the virtual GIC's CPU interface in it.
const GUESTS_ONLY: u64 = 1;

/// 512 VSpaces by ASID.
#[repr(C, align(4096))]
pub struct AsidPool {
    /// Each word as VTTBR_EL2 wants it: table, VMID (0: none yet); 0 is a free ASID. Bit 0 is [`GUESTS_ONLY`].
    entries: [Cell<u64>; POOL_ENTRIES],
}

impl AsidPool {
    #[inline(always)]
    fn entry(&self, asid: u16) -> &Cell<u64> {
        &self.entries[asid as usize % POOL_ENTRIES]
    }

    /// Enters a VSpace under an ASID of this pool.
    pub fn set(&self, asid: u16, root: Ref<PageTable>) {
        self.entry(asid).set(root.addr());
    }

    /// The lowest free ASID above `base`, the pool's first; never 0.
    pub fn free_asid(&self, base: u16) -> Option<u16> {
        (0..POOL_ENTRIES as u16).map(|i| base + i).find(|&asid| asid != 0 && self.entry(asid).get() == 0)
    }
}

/// Which ASID has which VMID.
pub struct Vmids {
    owners: [Cell<u16>; VMIDS],
    next: Cell<u8>,
}

impl Default for Vmids {
    fn default() -> Self {
        Self::new()
    }
}

impl Vmids {
    /// All free.
    pub const fn new() -> Self {
        Self { owners: [const { Cell::new(0) }; VMIDS], next: Cell::new(1) }
    }

    /// The next VMID, and the ASID that loses it (0: nobody).
    fn take(&self, asid: u16) -> (u8, u16) {
        let vmid = self.next.get();
        self.next.set(if vmid == u8::MAX { 1 } else { vmid + 1 });
        (vmid, self.owners[vmid as usize].replace(asid))
    }

    fn give_back(&self, vmid: u8) {
        self.owners[vmid as usize].set(0);
    }
}

/// The entry's value; 0 without a pool.
#[inline(always)]
fn entry(kernel: &Kernel, asid: u16) -> u64 {
    kernel.shared.asid_pools[asid as usize / POOL_ENTRIES].get().map_or(0, |pool| pool.entry(asid).get())
}

fn set_entry(kernel: &Kernel, asid: u16, word: u64) {
    if let Some(pool) = kernel.shared.asid_pools[asid as usize / POOL_ENTRIES].get() {
        pool.entry(asid).set(word);
    }
}

/// The VSpace of an ASID.
pub fn find(kernel: &Kernel, asid: u16) -> Option<Ref<PageTable>> {
    Ref::from_addr(entry(kernel, asid) & ADDRESS)
}

/// VTTBR_EL2 for a VSpace: `None` unless `asid` means `root`, and for a thread that is no guest of a VSpace that only
/// guests may use. Gives it a VMID if it has none.
#[inline(always)]
pub fn translation_base(kernel: &Kernel, root: Ref<PageTable>, asid: u16, is_guest: bool) -> Option<u64> {
    let word = entry(kernel, asid);
    if word & ADDRESS != root.addr() || (word & GUESTS_ONLY != 0 && !is_guest) {
        return None;
    }
    let word = if word >> VMID_SHIFT != 0 { word } else { give_vmid(kernel, asid, word) };
    Some(word & !GUESTS_ONLY)
}

/// A frame of this physical range was mapped in a VSpace. With the virtual GIC's CPU interface in it the VSpace
/// translates for guests only, for good: that page is whichever guest's the core has last run, and to take it away from
/// a program at each exit would cost every exit.
pub fn frame_mapped(kernel: &Kernel, asid: u16, frame: Range<u64>) {
    const INTERFACE: u64 = board::GIC_VIRTUAL_CPU_INTERFACE;
    if frame.start < INTERFACE + board::GIC_REGION_SIZE && INTERFACE < frame.end {
        set_entry(kernel, asid, entry(kernel, asid) | GUESTS_ONLY);
        kernel.cpu.arch.reload(kernel);
    }
}

/// The next VMID, from whoever has it.
#[cold]
fn give_vmid(kernel: &Kernel, asid: u16, word: u64) -> u64 {
    let (vmid, loser) = kernel.shared.vmids.take(asid);
    if loser != 0 {
        set_entry(kernel, loser, entry(kernel, loser) & (ADDRESS | GUESTS_ONLY));
        kernel.cpu.arch.invalidate_vmid(vmid);
    }
    let word = word | u64::from(vmid) << VMID_SHIFT;
    set_entry(kernel, asid, word);
    word
}

/// The VMID of an ASID; `None` if it has none, and so nothing in the TLB.
pub fn vmid(kernel: &Kernel, asid: u16) -> Option<u8> {
    let vmid = (entry(kernel, asid) >> VMID_SHIFT) as u8;
    (vmid != 0).then_some(vmid)
}

/// A VSpace is deleted: its ASID is free again, if it still is its own.
pub fn delete(kernel: &Kernel, asid: u16, root: Ref<PageTable>) {
    if find(kernel, asid) != Some(root) {
        return;
    }
    drop_vmid(kernel, asid);
    set_entry(kernel, asid, 0);
    kernel.cpu.arch.reload(kernel);
}

/// A pool is deleted, with all its ASIDs.
pub fn delete_pool(kernel: &Kernel, base: u16, pool: Ref<AsidPool>) {
    let place = &kernel.shared.asid_pools[base as usize / POOL_ENTRIES];
    if place.get() != Some(pool) {
        return;
    }
    for asid in base..=base + (POOL_ENTRIES as u16 - 1) {
        drop_vmid(kernel, asid);
    }
    place.set(None);
    kernel.cpu.arch.reload(kernel);
}

fn drop_vmid(kernel: &Kernel, asid: u16) {
    if let Some(vmid) = vmid(kernel, asid) {
        kernel.cpu.arch.invalidate_vmid(vmid);
        kernel.shared.vmids.give_back(vmid);
    }
}

/// Every ASID names a VSpace that there is, and the VMIDs are those of their owners (`invariants`).
pub(crate) fn check(kernel: &Kernel, is_alive: &dyn Fn(u64) -> bool) {
    let vmids = &kernel.shared.vmids.owners;
    for (number, pool) in kernel.shared.asid_pools.iter().enumerate() {
        let Some(pool) = pool.get() else { continue };
        for (at, entry) in pool.entries.iter().enumerate() {
            let asid = (number * POOL_ENTRIES + at) as u16;
            let (root, vmid) = (entry.get() & ADDRESS, entry.get() >> VMID_SHIFT);
            assert!(root == 0 || is_alive(root), "ASID {asid} names {root:x}, which is gone");
            assert!(vmid == 0 || vmids.get(vmid as usize).is_some_and(|owner| owner.get() == asid));
        }
    }
    for (vmid, owner) in vmids.iter().enumerate() {
        let owner = owner.get();
        assert!(owner == 0 || entry(kernel, owner) >> VMID_SHIFT == vmid as u64, "VMID {vmid} is not {owner}'s");
    }
}
