// SPDX-License-Identifier: MIT OR Apache-2.0
//! CSpace addressing: from a capability pointer to a slot.

use crate::cap::{CNodeCap, Cap, Slot};
use crate::error::SyscallError;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use sel4_abi::WORD_BITS;

/// Why a capability pointer led nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupFailure {
    /// The root is no CNode.
    InvalidRoot,
    /// The slot is empty.
    MissingCapability {
        /// Bits not resolved.
        bits_left: u8,
    },
    /// Too few or too many bits.
    DepthMismatch {
        /// Bits not resolved.
        bits_left: u8,
        /// Bits that the CNode resolves.
        bits_found: u8,
    },
    /// The guard differs.
    GuardMismatch {
        /// Bits not resolved.
        bits_left: u8,
        /// The CNode's guard.
        guard: u64,
        /// Its size.
        bits_found: u8,
    },
}

impl LookupFailure {
    /// Type number and its words, as messages carry them; the count says how many of the four.
    pub fn words(self) -> ([u64; 4], usize) {
        match self {
            Self::InvalidRoot => ([1, 0, 0, 0], 1),
            Self::MissingCapability { bits_left } => ([2, bits_left.into(), 0, 0], 2),
            Self::DepthMismatch { bits_left, bits_found } => ([3, bits_left.into(), bits_found.into(), 0], 3),
            Self::GuardMismatch { bits_left, guard, bits_found } => {
                ([4, bits_left.into(), guard, bits_found.into()], 4)
            }
        }
    }
}

/// Where a pointer led, and how many of its bits were left over.
struct Resolved {
    slot: Ref<Slot>,
    bits_left: usize,
}

const fn low_bits(count: usize) -> u64 {
    if count >= WORD_BITS { u64::MAX } else { (1 << count) - 1 }
}

/// Follows `bits` low bits of a pointer from a CNode through further CNodes.
#[inline(always)]
fn resolve(root: CNodeCap, pointer: u64, bits: usize) -> Result<Resolved, LookupFailure> {
    let mut node = root;
    let mut bits_left = bits;
    loop {
        let (guard_bits, radix) = (node.guard_bits as usize, node.radix as usize);
        let level = guard_bits + radix;
        // Shifts by 64 are shifts by 0, of a guard that is masked to nothing.
        let found = (pointer >> (bits_left.wrapping_sub(guard_bits) % WORD_BITS)) & low_bits(guard_bits);
        if guard_bits > bits_left || found != node.guard {
            return Err(LookupFailure::GuardMismatch {
                bits_left: bits_left as u8,
                guard: node.guard,
                bits_found: guard_bits as u8,
            });
        }
        if level > bits_left {
            return Err(LookupFailure::DepthMismatch { bits_left: bits_left as u8, bits_found: level as u8 });
        }
        bits_left -= level;
        let slot = node.slots.offset(((pointer >> (bits_left % WORD_BITS)) & low_bits(radix)) as usize);
        if bits_left == 0 {
            return Ok(Resolved { slot, bits_left });
        }
        match slot.cnode() {
            Some(next) => node = next,
            None => return Ok(Resolved { slot, bits_left }),
        }
    }
}

/// The slot that a pointer of a thread names. Bits left over below a capability that is no CNode are ignored.
#[inline(always)]
pub fn lookup_slot(thread: Ref<Tcb>, pointer: u64) -> Result<Ref<Slot>, LookupFailure> {
    match lookup_flat(thread, pointer) {
        Some(slot) => Ok(slot),
        None => lookup_deep(thread, pointer),
    }
}

#[inline(never)]
fn lookup_deep(thread: Ref<Tcb>, pointer: u64) -> Result<Ref<Slot>, LookupFailure> {
    match thread.cspace.cnode() {
        Some(root) => Ok(resolve(root, pointer, WORD_BITS)?.slot),
        None => Err(LookupFailure::InvalidRoot),
    }
}

/// As [`lookup_slot`] for a CSpace of one CNode, in a few instructions; `None`: ask [`lookup_slot`].
#[inline(always)]
pub(crate) fn lookup_flat(thread: Ref<Tcb>, pointer: u64) -> Option<Ref<Slot>> {
    let root = thread.cspace.cnode()?;
    let (guard_bits, radix) = (root.guard_bits as usize, root.radix as usize);
    let flat = guard_bits + radix == WORD_BITS && radix > 0 && guard_bits > 0;
    if flat && pointer >> (radix % WORD_BITS) == root.guard {
        Some(root.slots.offset((pointer & low_bits(radix)) as usize))
    } else {
        None
    }
}

/// The slot at exactly `depth` bits below a CNode, for operations on slots.
pub fn lookup_target(root: &Cap, index: u64, depth: u64, source: bool) -> Result<Ref<Slot>, SyscallError> {
    let failed = |failure| SyscallError::FailedLookup { source, failure };
    let Cap::CNode(node) = *root else { return Err(failed(LookupFailure::InvalidRoot)) };
    if depth < 1 || depth > WORD_BITS as u64 {
        return Err(SyscallError::RangeError(1, WORD_BITS as u64));
    }
    let resolved = resolve(node, index, depth as usize).map_err(failed)?;
    if resolved.bits_left != 0 {
        let bits_left = resolved.bits_left as u8;
        return Err(failed(LookupFailure::DepthMismatch { bits_left, bits_found: 0 }));
    }
    Ok(resolved.slot)
}

/// As [`lookup_target`], and the slot must be empty.
pub fn lookup_empty(root: &Cap, index: u64, depth: u64) -> Result<Ref<Slot>, SyscallError> {
    let slot = lookup_target(root, index, depth, false)?;
    if slot.is_empty() { Ok(slot) } else { Err(SyscallError::DeleteFirst) }
}
