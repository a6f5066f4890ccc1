// SPDX-License-Identifier: MIT OR Apache-2.0
//! VSpaces with the virtual GIC's CPU interface in them.

use super::world::*;
use crate::board;
use crate::cap::{Cap, UntypedCap, derivation};
use crate::kernel::Kernel;
use crate::object::asid::{AsidPool, translation_base};
use crate::object::page_table::PageTable;
use crate::object::reference::Ref;
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;

const ADDRESS: u64 = 0x801_0000;
const READ_WRITE: u64 = 3;
/// More than there are VMIDs.
const MANY: u16 = 300;

/// A VSpace with tables for [`ADDRESS`].
struct Space {
    w: World,
    cap: u64,
    root: Ref<PageTable>,
    asid: u16,
}

impl Space {
    fn new() -> Self {
        let w = World::new();
        let cap = w.make(ObjectType::VSpace, 0);
        w.expect(slot::ASID_POOL, AsidPoolAssign, &[], &[cap]);
        for _ in 0..3 {
            let table = w.make(ObjectType::PageTable, 0);
            w.expect(table, PageTableMap, &[ADDRESS, 0], &[cap]);
        }
        let Cap::VSpace { object: root, asid } = w.slot(cap).cap() else { panic!("a VSpace") };
        Self { w, cap, root, asid }
    }

    /// Maps a page of a device.
    fn map(&self, paddr: u64, address: u64) -> Answer {
        let (memory, page) = (self.w.fresh(), self.w.fresh());
        let untyped = UntypedCap { paddr, bits: 12, device: true, free: 0 };
        derivation::insert_root(Cap::Untyped(untyped), self.w.slot(memory));
        assert_eq!(self.w.retype_at(memory, ObjectType::SmallPage, 0, page, 1), ok());
        self.w.call(page, PageMap, &[address, READ_WRITE, 0], &[self.cap])
    }

    fn base(&self, is_guest: bool) -> Option<u64> {
        translation_base(&self.w.kernel, self.root, self.asid, is_guest)
    }

    fn is_root(&self, base: Option<u64>) -> bool {
        base.is_some_and(|base| base & 0xffff_ffff_ffff == self.root.addr())
    }
}

#[test]
fn programs_do_not_translate_by_it() {
    for page in [0, board::GIC_REGION_SIZE - 0x1000] {
        let space = Space::new();
        assert!(space.is_root(space.base(false)) && space.is_root(space.base(true)));
        assert_eq!(space.map(board::GIC_VIRTUAL_CPU_INTERFACE + page, ADDRESS), ok());
        assert_eq!(space.base(false), None);
        assert!(space.is_root(space.base(true)));
    }
}

#[test]
fn its_neighbours_are_devices_like_others() {
    let space = Space::new();
    assert_eq!(space.map(board::GIC_VIRTUAL_CPU_INTERFACE - 0x1000, ADDRESS), ok());
    assert_eq!(space.map(board::GIC_VIRTUAL_CPU_INTERFACE + board::GIC_REGION_SIZE, ADDRESS + 0x1000), ok());
    assert!(space.is_root(space.base(false)));
}

#[test]
fn refused_map_changes_nothing() {
    let space = Space::new();
    assert_ne!(space.map(board::GIC_VIRTUAL_CPU_INTERFACE, ADDRESS + (1 << 30)), ok());
    assert!(space.is_root(space.base(false)));
}

/// A VSpace that loses its VMID to others stays what it is.
#[test]
fn others_take_its_vmid() {
    let space = Space::new();
    assert_eq!(space.map(board::GIC_VIRTUAL_CPU_INTERFACE, ADDRESS), ok());
    assert!(space.is_root(space.base(true)), "it has one to lose");
    take_all_vmids(&space.w.kernel, space.root);
    assert_eq!(space.base(false), None);
    assert!(space.is_root(space.base(true)));
}

fn take_all_vmids(kernel: &Kernel, root: Ref<PageTable>) {
    let pool: Ref<AsidPool> = kernel.shared.asid_pools[0].get().unwrap();
    for asid in 100..100 + MANY {
        pool.set(asid, root);
        assert!(translation_base(kernel, root, asid, true).is_some());
        assert!(translation_base(kernel, root, asid, false).is_some());
    }
}
