// SPDX-License-Identifier: MIT OR Apache-2.0
//! BootInfo: what the root task finds.

use core::mem::{offset_of, size_of};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Entries of the untyped list.
pub const MAX_UNTYPED: usize = crate::sizes::MAX_UNTYPED;
/// Id of the extra chunk that holds the device tree.
pub const EXTRA_FDT: u64 = 6;

/// Slots of the root task's CNode. Corresponds to `seL4_RootCNodeCapSlots`.
pub mod slot {
    #![allow(missing_docs)]
    pub const NULL: u64 = 0;
    pub const TCB: u64 = 1;
    pub const CNODE: u64 = 2;
    pub const VSPACE: u64 = 3;
    pub const IRQ_CONTROL: u64 = 4;
    pub const ASID_CONTROL: u64 = 5;
    pub const ASID_POOL: u64 = 6;
    pub const IO_PORT_CONTROL: u64 = 7;
    pub const IO_SPACE: u64 = 8;
    pub const BOOT_INFO_FRAME: u64 = 9;
    pub const IPC_BUFFER: u64 = 10;
    pub const DOMAIN: u64 = 11;
    pub const SMMU_SID: u64 = 12;
    pub const SMMU_CB: u64 = 13;
    pub const SCHED_CONTEXT: u64 = 14;
    pub const SMC: u64 = 15;
    pub const NUM_INITIAL: u64 = 16;
}

/// A run of slots, `start..end`. Corresponds to `seL4_SlotRegion`.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct SlotRegion {
    /// First slot.
    pub start: u64,
    /// One past the last.
    pub end: u64,
}

/// Corresponds to `seL4_UntypedDesc`.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct UntypedDesc {
    /// Physical address.
    pub paddr: u64,
    /// Size as a power of two.
    pub size_bits: u8,
    /// 1 for a device.
    pub is_device: u8,
    /// Zero.
    pub padding: [u8; 6],
}

/// Corresponds to `seL4_BootInfo`.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug)]
#[repr(C)]
pub struct BootInfo {
    /// Bytes of the chunks that follow on the next page.
    pub extra_len: u64,
    /// Node.
    pub node_id: u64,
    /// Nodes.
    pub num_nodes: u64,
    /// IOMMU levels: 0.
    pub num_iopt_levels: u64,
    /// Address of the IPC buffer.
    pub ipc_buffer: u64,
    /// Slots that hold nothing.
    pub empty: SlotRegion,
    /// Frames shared between nodes: none.
    pub shared_frames: SlotRegion,
    /// Frames of the root task's image, in order of address.
    pub user_image_frames: SlotRegion,
    /// Page tables of the root task's image.
    pub user_image_paging: SlotRegion,
    /// IOMMU spaces: none.
    pub io_space_caps: SlotRegion,
    /// Frames of the extra chunks.
    pub extra_bi_pages: SlotRegion,
    /// Size of the root CNode as a power of two of slots.
    pub init_thread_cnode_size_bits: u64,
    /// Domain.
    pub init_thread_domain: u64,
    /// One SchedControl for each core.
    pub sched_control: SlotRegion,
    /// Untyped capabilities, in the order of `untyped_list`.
    pub untyped: SlotRegion,
    /// What they are.
    pub untyped_list: [UntypedDesc; MAX_UNTYPED],
}

/// Header of an extra chunk. Corresponds to `seL4_BootInfoHeader`.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug)]
#[repr(C)]
pub struct ExtraHeader {
    /// [`EXTRA_FDT`] for the device tree.
    pub id: u64,
    /// Bytes, header included.
    pub len: u64,
}

const _: () = {
    assert!(offset_of!(BootInfo, ipc_buffer) == 32);
    assert!(offset_of!(BootInfo, empty) == 40);
    assert!(offset_of!(BootInfo, sched_control) == 152);
    assert!(offset_of!(BootInfo, untyped) == 168);
    assert!(offset_of!(BootInfo, untyped_list) == 184);
    assert!(size_of::<BootInfo>() == 184 + 16 * MAX_UNTYPED);
};
