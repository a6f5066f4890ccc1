// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects of the plan, and what refers to them.

use system_spec::{Kind, Limits, OnFault};

/// One object, or a run of frames.
#[derive(Clone, Debug)]
pub struct Object {
    /// Unique among those of its kind.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Of CNodes and scheduling contexts; otherwise 0.
    pub size_bits: u8,
    /// How many, one after the other.
    pub count: u32,
    /// Physical address of the first, if it matters.
    pub paddr: Option<u64>,
}

/// An object of the plan, by its place in [`super::Plan::objects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub usize);

/// Frames: an object of its own, or pages of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// Frames `first..` of a run.
    Object {
        run: ObjectId,
        /// Frame in the run.
        first: u32,
    },
    /// Pages of the data that the image carries.
    Data {
        /// Page in the data.
        first: u32,
    },
}

/// A filled slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapFill {
    pub cnode: ObjectId,
    pub slot: u32,
    /// To what.
    pub object: ObjectId,
    /// seL4's rights word.
    pub rights: u8,
    /// Badge, or a CNode's guard word.
    pub data: u64,
}

/// A run of equal pages in an address space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub vspace: ObjectId,
    /// Address.
    pub vaddr: u64,
    /// What.
    pub frames: Frames,
    /// How many.
    pub count: u32,
    /// 12 or 21.
    pub page_bits: u8,
    /// Readable, writable, executable.
    pub perms: Perms,
    /// Normal memory; device memory otherwise.
    pub cached: bool,
    /// The frames have another mapping before this one.
    pub copy: bool,
    /// What they held at first is put back when their component is started again.
    pub fresh: bool,
}

impl Mapped {
    /// Bytes.
    pub fn len(&self) -> u64 {
        u64::from(self.count) << self.page_bits
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// What a mapping allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Perms {
    /// Loads.
    pub read: bool,
    /// Stores.
    pub write: bool,
    /// Instruction fetches.
    pub execute: bool,
}

impl Perms {
    /// Data.
    pub const RW: Self = Self { read: true, write: true, execute: false };

    /// `rwx` with dashes.
    pub fn letters(self) -> String {
        [(self.read, 'r'), (self.write, 'w'), (self.execute, 'x')]
            .map(|(has, c)| if has { c } else { '-' })
            .iter()
            .collect()
    }
}

/// Bytes to copy into frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillFrames {
    /// Run of frames.
    pub run: ObjectId,
    /// What to copy, to its start if it does not say where.
    pub source: Source,
}

/// Where bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Pages of the data, and how many bytes.
    Data(u32, u64),
    /// An extra boot information chunk, as much as fits.
    BootInfo(u32),
    /// An owner's entropy, to this byte of the run.
    Seed(u32, u64),
}

/// A thread.
#[derive(Clone, Debug)]
pub struct ThreadPlan {
    pub tcb: ObjectId,
    /// Root of its CSpace.
    pub cspace: ObjectId,
    /// Guard word for it.
    pub cspace_data: u64,
    pub vspace: ObjectId,
    /// Frame and address of its IPC buffer.
    pub ipc_buffer: Option<(ObjectId, u64)>,
    /// Scheduling context.
    pub sched_context: ObjectId,
    /// Endpoint and badge of its faults.
    pub fault: (ObjectId, u64),
    /// Bound notification.
    pub notification: Option<ObjectId>,
    pub vcpu: Option<ObjectId>,
    pub priority: u8,
    /// Entry point.
    pub entry: u64,
    /// Stack pointer.
    pub sp: u64,
    /// Runs from the start.
    pub resume: bool,
    /// May not use FP and SIMD.
    pub fpu_disabled: bool,
}

/// A scheduling context's parameters.
#[derive(Clone, Debug)]
pub struct SchedPlan {
    pub object: ObjectId,
    /// Microseconds.
    pub budget: u64,
    /// Microseconds.
    pub period: u64,
    pub badge: u64,
}

/// An interrupt.
#[derive(Clone, Debug)]
pub struct IrqPlan {
    /// Handler object.
    pub handler: ObjectId,
    /// INTID.
    pub irq: u32,
    /// Edge-triggered.
    pub edge: bool,
    pub notification: ObjectId,
    /// Badge of the signals.
    pub badge: u64,
}

/// A protection domain or vCPU, as messages and the audit name it.
#[derive(Clone, Debug)]
pub struct ComponentPlan {
    pub name: String,
    /// vCPU rather than protection domain.
    pub is_vcpu: bool,
    /// Gives its scheduling context up after initialisation.
    pub passive: bool,
    pub tcb: ObjectId,
    /// Scheduling context.
    pub sched_context: ObjectId,
    pub notification: Option<ObjectId>,
    /// CNode with its capabilities.
    pub cspace: ObjectId,
    /// Lowest stack address, 0 = none.
    pub stack_bottom: u64,
    /// What is done when it faults.
    pub on_fault: OnFault,
    /// How often it may be started again.
    pub limits: Limits,
}
