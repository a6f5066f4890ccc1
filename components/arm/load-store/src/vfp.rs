// SPDX-License-Identifier: MIT OR Apache-2.0
//! Floating point and SIMD of AArch32, whose encodings A32 and T32 share: VLDR, VLDM, VLD1 to VLD4, and the stores
//! (Arm ARM, F4.1.8 and F4.1.14).

use crate::address::Indexing;
use crate::load_store::size_of_log2;
use crate::structure::{self, Structure};
use crate::{Amount, Base, Element, Instruction, LoadStore, Shift, bit, bits};
use arm_syndrome::AccessSize;

const fn base(rn: u32) -> Base {
    if rn == 15 { Base::Pc } else { Base::Register(rn as u8) }
}

/// Bits 27:25 are 0b110, and the coprocessor is 9, 10 or 11.
pub(crate) fn load_store(word: u32) -> Option<Instruction> {
    let (p, u, w, load) = (bit(word, 24), bit(word, 23), bit(word, 21), bit(word, 20));
    let (rn, immediate, bytes) = (bits(word, 19, 16), bits(word, 7, 0), 4 * i64::from(bits(word, 7, 0)));
    let coprocessor = bits(word, 11, 8);
    if p && !w {
        let bytes = if coprocessor == 9 { bytes / 2 } else { bytes };
        let amount = Amount::Constant(if u { bytes } else { -bytes });
        let access = LoadStore::new(load, base(rn), Indexing::Offset, amount);
        return match coprocessor {
            9 => access.with(Element::vector(4 * single(word), AccessSize::Halfword)).done(),
            10 => access.with(Element::vector(4 * single(word), AccessSize::Word)).done(),
            _ => access.with(Element::vector(8 * double(word), AccessSize::Doubleword)).done(),
        };
    }
    let amount = match (p, u, w) {
        (false, true, _) => Amount::ZERO,
        (true, false, true) => Amount::Constant(-bytes),
        // VMOV of two registers, or nothing.
        _ => return None,
    };
    let mut access = LoadStore::new(load, base(rn), Indexing::Offset, amount);
    access.writeback = w.then_some(Amount::Constant(if p { -bytes } else { bytes }));
    let (at, size, count, step) = match coprocessor {
        10 => (4 * single(word), AccessSize::Word, immediate, 4),
        11 => (8 * double(word), AccessSize::Doubleword, immediate / 2, 8),
        _ => return None,
    };
    let end = at + count * step;
    if count == 0 || end > if step == 4 { 128 } else { 256 } {
        return None;
    }
    (0..count).fold(access, |access, n| access.with(Element::vector(at + n * step, size))).done()
}

/// Vd:D, a single.
const fn single(word: u32) -> u32 {
    bits(word, 15, 12) << 1 | bits(word, 22, 22)
}

/// D:Vd, a double.
const fn double(word: u32) -> u32 {
    bits(word, 22, 22) << 4 | bits(word, 15, 12)
}

/// Structures: bits 23 and 21:0 as A32 has them.
pub(crate) fn structures(word: u32) -> Option<Instruction> {
    let (load, rm) = (bit(word, 21), bits(word, 3, 0));
    let structure = if bit(word, 23) { one(word, load)? } else { several(word)? };
    let bytes = i64::from(structure.bytes());
    let (indexing, amount) = match rm {
        15 => (Indexing::Offset, Amount::ZERO),
        13 => (Indexing::Post, Amount::Constant(bytes)),
        _ => (Indexing::Post, Amount::Register { register: rm as u8, shift: Shift::Lsl(0), subtract: false }),
    };
    let mut access = LoadStore::new(load, Base::Register(bits(word, 19, 16) as u8), indexing, amount);
    structure.push(&mut access);
    access.done()
}

fn several(word: u32) -> Option<Structure> {
    let (repeat, count, step) = match bits(word, 11, 8) {
        0b0111 => (1, 1, 1),
        0b1010 => (2, 1, 1),
        0b0110 => (3, 1, 1),
        0b0010 => (4, 1, 1),
        0b1000 => (1, 2, 1),
        0b1001 => (1, 2, 2),
        0b0011 => (2, 2, 2),
        0b0100 => (1, 3, 1),
        0b0101 => (1, 3, 2),
        0b0000 => (1, 4, 1),
        0b0001 => (1, 4, 2),
        _ => return None,
    };
    let (first, size) = (double(word), bits(word, 7, 6));
    let last = first + repeat - 1 + (count - 1) * step;
    if size == 3 && count != 1 || last > 31 {
        return None;
    }
    Some(Structure::Whole { first, repeat, count, step, size, bytes: 8, file: structure::D })
}

fn one(word: u32, load: bool) -> Option<Structure> {
    let (first, count, field) = (double(word), bits(word, 9, 8) + 1, bits(word, 7, 4));
    let file = structure::D;
    if bits(word, 11, 10) == 3 {
        // Four elements of a word may be aligned to 16 bytes, which is another size's encoding.
        let size = if count == 4 && field >> 2 == 3 { 2 } else { field >> 2 };
        let (t, a) = (field >> 1 & 1, field & 1);
        let (registers, step) = if count == 1 { (1 + t, 1) } else { (count, 1 + t) };
        let last = first + if count == 1 { t } else { (count - 1) * step };
        if !load || size == 3 || count == 3 && a != 0 || last > 31 {
            return None;
        }
        return Some(Structure::Copies { first, registers, count, step, size, bytes: 8, file });
    }
    let size = bits(word, 11, 10);
    let (index, step) = (field >> (size + 1), if size > 0 && field >> size & 1 != 0 { 2 } else { 1 });
    if count == 1 && size > 0 && step == 2 || first + (count - 1) * step > 31 {
        return None;
    }
    debug_assert!(matches!(size_of_log2(size).bytes(), 1 | 2 | 4));
    Some(Structure::Lane { first, count, step, size, index, file })
}
