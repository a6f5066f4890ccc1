// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bus: which device answers at which address, and whose interrupt line goes where. [`crate::device`] has the table
//! of devices that it is made of.

use crate::console::Serial;
use crate::device::gic::Inject;
use crate::device::{Backing, Outside};
use crate::state::{Journal, Sections};

/// A device that loads and stores reach.
pub trait MmioDevice<'a>: Sized {
    /// What of it outlasts the VMM: sections of the state region.
    type Memory: Sections;
    /// How the guest's device tree describes it; `None` if the template has it already.
    const NODE: Option<Node>;

    /// On this memory.
    fn new(memory: &'a mut Self::Memory, journal: &'a Journal) -> Self;
    /// As after power-on.
    fn reset(&mut self, port: &mut impl Inject);
    /// Due before each commit, for each section.
    fn update_checksum(&mut self);

    /// Whether a read at this offset does more than to find a value.
    fn read_has_effect(offset: u16) -> bool;
    /// A load of so many bytes.
    fn read<S: Serial>(&mut self, offset: u16, size: u8, outside: &mut Outside<'_, 'a, S>) -> u64;
    /// A store of so many bytes.
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>);
    /// Due after each commit: what the guest is to see of it in its RAM. It may be done again.
    #[inline(always)]
    fn publish(&mut self, _backing: &Backing<'a>) {}
    /// Something may have come for it from outside.
    fn poll<S: Serial>(&mut self, _outside: &mut Outside<'_, 'a, S>) {}
    /// The level of its interrupt line.
    fn line(&self) -> bool {
        false
    }
}

/// What a load of so many bytes finds in the 32-bit register that its address lies in.
#[inline]
pub const fn part_of_word(register: u32, offset: u16, size: u8) -> u64 {
    let value = register >> (8 * (offset & 3));
    match size {
        1 => (value & 0xff) as u64,
        2 => (value & 0xffff) as u64,
        _ => value as u64,
    }
}

/// What a store of so many bytes writes to a 32-bit register.
#[inline]
pub const fn word_of_store(value: u64, size: u8) -> u32 {
    match size {
        1 => value as u32 & 0xff,
        2 => value as u32 & 0xffff,
        _ => value as u32,
    }
}

/// A device's node in the guest's tree: what the table of devices does not say.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Its name, without the address.
    pub name: &'static str,
    /// From the most special to the most general.
    pub compatible: &'static [&'static str],
    /// Names of its clocks, all of which are the one that the tree has.
    pub clocks: &'static [&'static str],
    /// It fetches from RAM and stores there, through the caches.
    pub is_coherent: bool,
}

/// A row of the table of devices.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The first address.
    pub base: u64,
    /// Bytes.
    pub size: u64,
    /// The interrupt that its line is, if it has one.
    pub interrupt: Option<u16>,
    /// Its node.
    pub node: Option<Node>,
}

impl Row {
    /// Where in the device an address is.
    #[inline(always)]
    pub const fn offset(&self, ipa: u64) -> Option<u16> {
        let offset = ipa.wrapping_sub(self.base);
        if offset < self.size { Some(offset as u16) } else { None }
    }
}

/// Makes the bus, its memory and its rows of the table of devices. The one that is called `gic` is the interrupt
/// controller: the others' lines go there.
macro_rules! devices {
    ($($(#[$about:meta])* $name:ident: $Device:ident at $base:expr, $size:expr, $interrupt:expr;)*) => {
        $crate::state::sections! {
            /// What of the devices outlasts the VMM.
            pub struct DeviceMemory {
                $($name: <$Device<'static> as $crate::bus::MmioDevice<'static>>::Memory,)*
            }
        }

        /// The devices of a VM.
        pub struct Bus<'a> {
            $($(#[$about])* pub $name: $Device<'a>,)*
        }

        /// The table.
        pub const ROWS: &[$crate::bus::Row] = &[$(rows::$name,)*];

        #[allow(non_upper_case_globals, reason = "they have the devices' names")]
        mod rows {
            use super::*;
            use $crate::bus::{MmioDevice, Row};

            $(pub const $name: Row = Row {
                base: $base,
                size: $size,
                interrupt: $interrupt,
                node: <$Device<'static> as MmioDevice<'static>>::NODE,
            };)*
        }

        impl<'a> Bus<'a> {
            /// On this memory.
            pub fn new(memory: &'a mut DeviceMemory, journal: &'a $crate::state::Journal) -> Self {
                Self { $($name: MmioDevice::new(&mut memory.$name, journal),)* }
            }

            /// As after power-on.
            pub fn reset(&mut self, port: &mut impl Inject) {
                $(MmioDevice::reset(&mut self.$name, port);)*
            }

            /// Due before each commit.
            #[inline]
            pub fn update_checksums(&mut self) {
                $(self.$name.update_checksum();)*
            }

            /// Due after each commit.
            #[inline(always)]
            pub fn publish(&mut self, backing: &Backing<'a>) {
                $(MmioDevice::publish(&mut self.$name, backing);)*
            }

            /// A load; `None` if there is no device.
            #[inline]
            pub fn read<S: Serial>(
                &mut self,
                ipa: u64,
                size: u8,
                outside: &mut Outside<'_, 'a, S>,
            ) -> Option<u64> {
                $(if let Some(offset) = rows::$name.offset(ipa) {
                    let value = MmioDevice::read(&mut self.$name, offset, size, outside);
                    if $Device::read_has_effect(offset) {
                        self.accessed(rows::$name.interrupt, self.$name.line(), outside.port);
                    }
                    return Some(value);
                })*
                None
            }

            /// A store; `None` if there is no device.
            #[inline]
            pub fn write<S: Serial>(
                &mut self,
                ipa: u64,
                size: u8,
                value: u64,
                outside: &mut Outside<'_, 'a, S>,
            ) -> Option<()> {
                $(if let Some(offset) = rows::$name.offset(ipa) {
                    MmioDevice::write(&mut self.$name, offset, size, value, outside);
                    self.accessed(rows::$name.interrupt, self.$name.line(), outside.port);
                    return Some(());
                })*
                None
            }

            /// What a load finds, if that is all there is to it: the fast path's.
            #[inline(always)]
            pub fn peek<S: Serial>(&mut self, ipa: u64, size: u8, outside: &mut Outside<'_, 'a, S>) -> Option<u64> {
                $(if let Some(offset) = rows::$name.offset(ipa) {
                    let plain = !$Device::read_has_effect(offset);
                    return plain.then(|| MmioDevice::read(&mut self.$name, offset, size, outside));
                })*
                None
            }

            /// Something may have come from outside.
            pub fn poll<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) {
                $(
                    self.$name.poll(outside);
                    self.drive_line(rows::$name.interrupt, self.$name.line(), outside.port);
                )*
                self.gic.deliver(outside.port);
            }

            /// A device was accessed. Only a line that has changed gives the interrupt controller anything to do, unless the
            /// device, which then has no line, is the interrupt controller.
            #[inline(always)]
            fn accessed(&mut self, interrupt: Option<u16>, level: bool, port: &mut dyn Inject) {
                if self.drive_line(interrupt, level, port) {
                    self.gic.deliver(port);
                }
            }

            /// False: the device's line is as it was.
            #[inline(always)]
            fn drive_line(&mut self, interrupt: Option<u16>, level: bool, port: &mut dyn Inject) -> bool {
                interrupt.is_none_or(|intid| self.gic.set_line(intid, level, port))
            }
        }

        /// No two devices at one address, no two with one interrupt; an offset is 16 bits.
        const _: () = {
            let mut i = 0;
            while i < ROWS.len() {
                let row = &ROWS[i];
                assert!(row.size > 0 && row.size <= 0x1_0000 && row.base.checked_add(row.size).is_some());
                let mut j = 0;
                while j < i {
                    let other = &ROWS[j];
                    assert!(row.base >= other.base + other.size || other.base >= row.base + row.size, "they overlap");
                    if let (Some(one), Some(two)) = (row.interrupt, other.interrupt) {
                        assert!(one != two, "one interrupt of two devices");
                    }
                    j += 1;
                }
                i += 1;
            }
        };
    };
}

pub(crate) use devices;
