// SPDX-License-Identifier: MIT OR Apache-2.0
//! The distributor's registers (GICv2 architecture, chapter 4.3), as GIC-400 has them.

use super::{Gic, INTERRUPTS, Inputs, SGI_MASK, WORDS, set};

const CTLR: u16 = 0x000;
const TYPER: u16 = 0x004;
const IIDR: u16 = 0x008;
const IGROUPR: u16 = 0x080;
const ISENABLER: u16 = 0x100;
const ICENABLER: u16 = 0x180;
const ISPENDR: u16 = 0x200;
const ICPENDR: u16 = 0x280;
const ISACTIVER: u16 = 0x300;
const IPRIORITYR: u16 = 0x400;
const ITARGETSR: u16 = 0x800;
const ICFGR: u16 = 0xc00;
const NSACR: u16 = 0xe00;
const SGIR: u16 = 0xf00;
const CPENDSGIR: u16 = 0xf10;
const SPENDSGIR: u16 = 0xf20;
const ID: u16 = 0xfd0;

/// Lines of 32 interrupts minus one, one CPU, no security extension.
const TYPER_VALUE: u32 = WORDS as u32 - 1;
/// GIC-400 r0p1, Arm.
const IIDR_VALUE: u32 = 0x0200_143b;
/// Peripheral and component identification from 0xfd0: GICv2.
const ID_VALUES: [u8; 12] = [0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1];
/// The CPU interface has 32 priorities.
const PRIORITY_MASK: u8 = 0xf8;

impl Gic<'_> {
    /// A load of 1, 2, 4 or 8 bytes. Unimplemented registers read as zero.
    pub fn load(&self, offset: u16, size: u8) -> u64 {
        let shift = 8 * u32::from(offset & 3);
        let low = u64::from(self.read_word(offset & !3));
        match size {
            1 => (low >> shift) & 0xff,
            2 => (low >> shift) & 0xffff,
            8 => low | (u64::from(self.read_word((offset & !3).wrapping_add(4))) << 32),
            _ => low,
        }
    }

    /// A store of 1, 2, 4 or 8 bytes. Registers that cannot be written ignore it, and so do registers without
    /// byte access when it is narrower than a word. Call [`Self::deliver`] afterwards.
    pub fn store(&mut self, offset: u16, size: u8, value: u64) {
        match size {
            4 => self.write_word(offset & !3, value as u32),
            8 => {
                self.write_word(offset & !3, value as u32);
                self.write_word((offset & !3).wrapping_add(4), (value >> 32) as u32);
            }
            _ => {
                for n in 0..u16::from(size.min(2)) {
                    self.write_byte(offset.wrapping_add(n), (value >> (8 * n)) as u8);
                }
            }
        }
    }

    fn read_word(&self, offset: u16) -> u32 {
        let word = usize::from((offset & 0x7f) / 4);
        match offset {
            CTLR => self.inputs.control,
            TYPER => TYPER_VALUE,
            IIDR => IIDR_VALUE,
            IGROUPR..ISENABLER => bitmap(&self.inputs.group, word),
            ISENABLER..ISPENDR => bitmap(&self.inputs.enabled, word),
            ISPENDR..ISACTIVER if word < WORDS => {
                self.pending(word) | self.inputs.list.held(word) | self.held_timer(word)
            }
            IPRIORITYR..ITARGETSR => bytes(&self.routing.priority, offset - IPRIORITYR),
            ITARGETSR..ICFGR => bytes(&self.routing.target, offset - ITARGETSR),
            ICFGR..=0xcff => self.read_config(usize::from(offset - ICFGR) / 4),
            CPENDSGIR..=0xf2f => self.read_sgi_pending(offset & 0xc),
            ID..=0xfff => u32::from(ID_VALUES[usize::from(offset - ID) / 4]),
            _ => 0,
        }
    }

    fn write_word(&mut self, offset: u16, value: u32) {
        let word = usize::from((offset & 0x7f) / 4);
        match offset {
            CTLR => self.inputs.change().control = value & 3,
            SGIR => self.generate_sgi(value),
            ICFGR..NSACR => self.write_config(usize::from(offset - ICFGR) / 4, value),
            IPRIORITYR..ICFGR | CPENDSGIR..=0xf2f => {
                for n in 0..4 {
                    self.write_byte(offset + n, (value >> (8 * n)) as u8);
                }
            }
            IGROUPR..ISACTIVER if word < WORDS => self.write_bitmap(offset & !0x7f, word, value),
            _ => {}
        }
    }

    fn write_bitmap(&mut self, register: u16, word: usize, value: u32) {
        // SGIs are always enabled, and only SGIR and xPENDSGIR change their pending state.
        let without_sgis = if word == 0 { value & !SGI_MASK } else { value };
        let Inputs { group, enabled, latched, .. } = self.inputs.change();
        match register {
            IGROUPR => group[word] = value,
            ISENABLER => enabled[word] |= value,
            ICENABLER => enabled[word] &= !without_sgis,
            ISPENDR => latched[word] |= without_sgis,
            ICPENDR => latched[word] &= !without_sgis,
            _ => {}
        }
    }

    fn write_byte(&mut self, offset: u16, value: u8) {
        match offset {
            IPRIORITYR..ITARGETSR => {
                if let Some(priority) = self.routing.change().priority.get_mut(usize::from(offset - IPRIORITYR)) {
                    *priority = value & PRIORITY_MASK;
                }
            }
            // SGIs and PPIs have a fixed target.
            ITARGETSR..ICFGR => {
                let intid = usize::from(offset - ITARGETSR);
                if (32..INTERRUPTS).contains(&intid) {
                    self.routing.change().target[intid] = value & 1;
                }
            }
            CPENDSGIR..SPENDSGIR => {
                set(&mut self.inputs.change().latched[0], u32::from(value & 1) << (offset & 15), false)
            }
            SPENDSGIR..=0xf2f => set(&mut self.inputs.change().latched[0], u32::from(value & 1) << (offset & 15), true),
            _ => {}
        }
    }

    /// Two bits an interrupt; the upper one is "edge".
    fn read_config(&self, register: usize) -> u32 {
        let half = (bitmap(&self.inputs.edge, register / 2) >> (16 * (register % 2))) & 0xffff;
        (0..16).fold(0, |config, n| config | (((half >> n) & 1) << (2 * n + 1)))
    }

    /// SGIs are edge-triggered and PPIs level-sensitive for ever.
    fn write_config(&mut self, register: usize, value: u32) {
        if register < 2 {
            return;
        }
        let Some(edge) = self.inputs.change().edge.get_mut(register / 2) else { return };
        let half = (0..16).fold(0, |half, n| half | (((value >> (2 * n + 1)) & 1) << n));
        let shift = 16 * (register % 2);
        *edge = (*edge & !(0xffff << shift)) | (half << shift);
    }

    /// One byte an SGI; bit 0 is "from CPU 0", the only one.
    fn read_sgi_pending(&self, first: u16) -> u32 {
        let pending = (self.inputs.latched[0] | self.inputs.list.held(0)) >> first;
        (0..4).fold(0, |bytes, n| bytes | (((pending >> n) & 1) << (8 * n)))
    }

    fn generate_sgi(&mut self, value: u32) {
        let to_self = match (value >> 24) & 3 {
            0 => (value >> 16) & 1 != 0,
            2 => true,
            _ => false,
        };
        if to_self {
            self.inputs.change().latched[0] |= 1 << (value & 15);
        }
    }
}

fn bitmap(words: &[u32; WORDS], index: usize) -> u32 {
    words.get(index).copied().unwrap_or(0)
}

fn bytes(values: &[u8; INTERRUPTS], first: u16) -> u32 {
    let first = usize::from(first);
    (0..4).fold(0, |word, n| word | (u32::from(values.get(first + n).copied().unwrap_or(0)) << (8 * n)))
}
