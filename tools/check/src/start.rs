// SPDX-License-Identifier: MIT OR Apache-2.0
//! Would the root task get through? The kernel's own sets of memory and the root task's own choice of memory and slots are
//! gone through here, over what the board has.
//!
//! What is not known before the image is there counts at its most, so what is accepted here starts.

use lazaret_board::Board;
use lazaret_diagnostic::{Diagnostic, Span};
use lazaret_plan::{Object, Plan, size_bits};
use lazaret_sdf::System;
use microkernel::boot::regions::{Regions, TooMany};
use root_task::{Cause, Pool, Slots, Step};
use sel4_abi::boot_info::{MAX_UNTYPED, slot};
use sel4_abi::object::{MAX_UNTYPED_BITS, MIN_UNTYPED_BITS, SLOT_BITS};
use system_spec::Kind;

const PAGE: u64 = 4096;
/// The kernel's memory, and the root task's without what it carries: more than either has.
const KERNEL: u64 = 1 << 20;
const ROOT_TASK: u64 = 1 << 20;
/// A copy of the largest device tree that the kernel takes, and the root task's own objects.
const BOOT_OBJECTS: u64 = (2 << 20) + (1 << 20);
/// A page table of the root task maps so much of its image.
const TABLE: u64 = 2 << 20;
/// Slots for the root task's few objects beside the plan's.
const MORE_SLOTS: usize = 64;
/// Untyped capabilities, with those that are cut on the way to fixed addresses.
const UNTYPEDS: usize = MAX_UNTYPED + 128;
/// Kernel memory that a board's description does not name: it has no RAM there.
const PHYSICAL_TOP: u64 = 1 << 44;

/// What the root task would refuse at boot, with our kernel below it.
pub fn check(system: &System, plan: &Plan, board: &Board) -> Option<Diagnostic> {
    if !board.kernel_is_ours {
        return None;
    }
    let image = ROOT_TASK + plan.spec_size();
    let start = || -> Result<(), Refusal> {
        let (ram, devices) = memory(board, image).map_err(|TooMany| Refusal::image())?;
        let mut pool = Pool::<UNTYPEDS>::new();
        let mut slot = 0;
        for (regions, is_device) in [(&devices, true), (&ram, false)] {
            regions.carve(MIN_UNTYPED_BITS as u8, MAX_UNTYPED_BITS as u8, |paddr, bits| {
                pool.add(slot, paddr, bits.into(), is_device);
                slot += 1;
            });
        }
        let mut slots = slots(plan, board, image, slot)?;
        plan.in_order_of_creation().try_for_each(|object| create(&mut pool, &mut slots, object))?;
        // Each further mapping of a frame needs a capability of its own.
        let copies = plan.mappings.iter().filter(|mapped| mapped.copy).map(|mapped| mapped.count as usize).sum();
        take(&mut slots, copies).map_err(|cause| Refusal { object: None, cause })
    };
    start().err().map(|refusal| refusal.into_diagnostic(system))
}

struct Refusal {
    object: Option<String>,
    cause: Cause,
}

impl Refusal {
    fn image() -> Self {
        Self { object: None, cause: Cause::NotInImage }
    }

    fn into_diagnostic(self, system: &System) -> Diagnostic {
        let region = self.object.as_ref().and_then(|name| system.memory_regions.iter().find(|r| r.name == *name));
        let first = system.protection_domains.first().map_or(Span::default(), |pd| pd.span);
        let (span, name) = (region.map_or(first, |region| region.span), self.object.unwrap_or("the system".into()));
        let (what, help) = match self.cause {
            Cause::NoMemoryAt { paddr } => (
                format!("There is nothing free at {paddr:#x}, where '{name}' is to be"),
                "the kernel and the image that it is started with are at the beginning of memory, what the kernel makes at \
                 boot at its end",
            ),
            Cause::OutOfSlots => (
                "The system needs more capabilities than the root task has room for".into(),
                "larger pages need fewer: page_size=\"0x200_000\" for large regions",
            ),
            Cause::OutOfMemory { .. } => (
                format!("Memory ends before '{name}' is made: the kernel and the image have their part of it"),
                "make a region smaller; a region with prefill_path is in the image as well",
            ),
            _ => ("The image does not fit into memory".into(), "a region with prefill_path is in the image"),
        };
        Diagnostic::error(system.source.clone(), span, what).help(help)
    }
}

/// RAM and devices that become untyped memory.
fn memory(board: &Board, image: u64) -> Result<(Regions, Regions), TooMany> {
    let (mut ram, mut devices) = (Regions::new(), Regions::new());
    board.memory.iter().cloned().try_for_each(|range| ram.add(range))?;
    ram.remove(0..PAGE)?;
    devices.add(0..PHYSICAL_TOP)?;
    board.memory.iter().cloned().try_for_each(|range| devices.remove(range))?;
    board.devices.iter().filter(|device| device.kernel).try_for_each(|device| devices.remove(device.range()))?;
    let own = board.kernel_base..board.kernel_base.saturating_add(KERNEL + PAGE + image);
    if !ram.contains(&own) {
        return Err(TooMany);
    }
    ram.remove(own)?;
    // As the kernel does it: the root CNode first, then smaller things.
    ram.allocate(board.root_cnode_bits + SLOT_BITS as u8).ok_or(TooMany)?;
    for bits in pieces(BOOT_OBJECTS + image.div_ceil(TABLE) * PAGE) {
        ram.allocate(bits).ok_or(TooMany)?;
    }
    Ok((ram, devices))
}

/// Powers of two that are so many bytes, the largest first.
fn pieces(bytes: u64) -> impl Iterator<Item = u8> {
    (12..u64::BITS as u8).rev().filter(move |bits| bytes.next_multiple_of(PAGE) & 1 << bits != 0)
}

fn slots(plan: &Plan, board: &Board, image: u64, untypeds: usize) -> Result<Slots, Refusal> {
    let frames = (image + BOOT_OBJECTS) / PAGE + image.div_ceil(TABLE);
    let taken = slot::NUM_INITIAL as usize + untypeds.max(MAX_UNTYPED) + frames as usize + MORE_SLOTS;
    let objects = plan.objects.iter().map(|object| u64::from(object.count)).sum::<u64>();
    let full = Refusal { object: None, cause: Cause::OutOfSlots };
    let empty = taken..1usize << board.root_cnode_bits;
    match u32::try_from(objects) {
        Ok(objects) if !empty.is_empty() => Slots::new(empty, objects).map_err(|cause| Refusal { cause, ..full }),
        _ => Err(full),
    }
}

/// As the root task does it.
fn create(pool: &mut Pool<UNTYPEDS>, slots: &mut Slots, object: &Object) -> Result<(), Refusal> {
    if object.kind == Kind::IrqHandler {
        return Ok(());
    }
    let refused = |cause| Refusal { object: Some(object.name.clone()), cause };
    let bits = size_bits(object);
    let mut done = 0;
    while done < object.count {
        let chunk = match object.paddr {
            None => pool.anywhere(bits, object.count - done).map_err(refused)?,
            Some(paddr) => loop {
                let at = paddr + (u64::from(done) << bits);
                let pad = slots.take().map_err(refused)?;
                if let Step::Make(chunk) = pool.at(at, bits, object.count - done, pad).map_err(refused)? {
                    break chunk;
                }
            },
        };
        done += chunk.count;
    }
    Ok(())
}

fn take(slots: &mut Slots, count: usize) -> Result<(), Cause> {
    (0..count).try_for_each(|_| slots.take().map(drop))
}
