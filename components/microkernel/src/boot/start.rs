// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of boot.

use super::device_tree::{self, DeviceTreeError};
use super::memory::{self, Known, Usable};
use super::root_task::{Image, RootTask};
use crate::arch;
use crate::arch::arm::errata::{self, Erratum};
use crate::arch::arm::unsupported;
use crate::arch::{Clock, Identity, Machine, Memory};
use crate::board;
use crate::config;
use crate::debug::Console;
use crate::entry::start_first_thread;
use crate::kernel::Kernel;
use crate::payload::{self, BootPayload, PayloadError};
use core::fmt::{self, Write as _};
use core::ops::Range;
use lazaret_abi::console::FATAL;
use zerocopy::FromBytes as _;

/// Hz. The kernel divides by the counter's frequency; firmware that forgot to set it leaves 0.
const SLOWEST_COUNTER: u64 = 1_000_000;

/// Why the kernel does not boot.
#[derive(Debug)]
pub(super) enum BootError {
    DeviceTree(DeviceTreeError),
    /// The device tree is of another board: which one, in its own words.
    OtherBoard(&'static str),
    Payload(PayloadError),
    /// The counter's frequency in Hz is too low to tell microseconds apart.
    Counter(u64),
    /// The core has a feature that the kernel does not keep guests from.
    Feature(&'static str),
    /// A guest could use an error of the core.
    Core(&'static Erratum),
    /// RAM is too small or too fragmented for this.
    NoMemoryFor(&'static str),
    /// RAM in more pieces than boot can list.
    TooManyRegions,
    /// The kernel or the root task's image is not in the memory that the tree names.
    OutsideMemory,
}

impl From<DeviceTreeError> for BootError {
    fn from(error: DeviceTreeError) -> Self {
        Self::DeviceTree(error)
    }
}
impl From<super::regions::TooMany> for BootError {
    fn from(_: super::regions::TooMany) -> Self {
        Self::TooManyRegions
    }
}

/// Boots; `device_tree` is what the loader passed in x0.
pub fn boot(kernel: &Kernel, device_tree: u64) -> ! {
    kernel.cpu.arch.init();
    for irq in [board::TIMER_HYPERVISOR_PPI, board::TIMER_VIRTUAL_PPI, board::TIMER_MAINTENANCE_PPI] {
        kernel.shared.reserve_irq(irq as u16);
    }
    if let Err(error) = make_root_task(kernel, device_tree) {
        // The console never fails.
        let _ = writeln!(Console(kernel), "{FATAL}KRN|ERROR: cannot boot: {}", Reason(&error));
        arch::stop();
    }
    start_first_thread(kernel)
}

fn make_root_task(kernel: &Kernel, device_tree: u64) -> Result<(), BootError> {
    check_core(kernel)?;
    if kernel.cpu.arch.frequency() < SLOWEST_COUNTER {
        return Err(BootError::Counter(kernel.cpu.arch.frequency()));
    }
    let tree = find_device_tree(device_tree)?;
    if let Some(other) = device_tree::other_than(tree, board::MACHINE_COMPATIBLE)? {
        return Err(BootError::OtherBoard(other));
    }
    let remedy = if device_tree::has_firmware(tree)? { kernel.cpu.arch.find_remedy() } else { None };
    let named = device_tree::memory(tree)?;
    let known = Known {
        map_top: 1 << arch::arm::stage1::ADDRESS_BITS,
        physical_top: kernel.cpu.arch.physical_top(),
        kernel_devices: kernel_devices(),
        console: board::UART_BASE..board::UART_BASE + payload::ALIGN,
    };
    let Usable { mut ram, left_out, devices } = memory::usable(&named, known)?;
    let lost = memory::map(&mut ram, arch::kernel_start()..arch::kernel_end(), arch::map_ram)?;
    let image = find_image(kernel)?;
    let own = arch::kernel_start()..image.paddr.saturating_add(image.size);
    if !named.ram.contains(&own) {
        return Err(BootError::OutsideMemory);
    }

    let mut free = ram.clone();
    free.remove(own)?;
    let tree_pages = pages(device_tree..device_tree + tree.len() as u64);
    let mut untyped = free.clone();
    free.remove(tree_pages)?;

    let root = RootTask::new(kernel, &mut free, image, tree)?;
    // What boot has allocated is gone from `free` and must go from the untyped memory too.
    for range in root.allocated.iter() {
        untyped.remove(range)?;
    }
    let untypeds = root.start(&devices, &untyped);
    if config::PRINTING {
        let unused = left_out.saturating_add(lost).saturating_add(untypeds.unlisted);
        if unused > 0 {
            // The console never fails.
            let _ = writeln!(
                Console(kernel),
                "KRN|WARNING: {} KiB of RAM stay unused: {} KiB are beyond the kernel's reach, {} KiB in more pieces \
                 than its tables can map, {} KiB in more pieces than BootInfo can list",
                unused >> 10,
                left_out >> 10,
                lost >> 10,
                untypeds.unlisted >> 10
            );
        }
        // The console never fails.
        let _ = writeln!(
            Console(kernel),
            "KRN|INFO: Lazaret booted at tick {}: {} MiB of RAM, {} untyped capabilities, root task {} KiB",
            kernel.cpu.arch.now(),
            ram.size() >> 20,
            untypeds.count,
            image.size >> 10
        );
        // The console never fails.
        let _ = writeln!(
            Console(kernel),
            "KRN|INFO: {}; between guests the firmware is {}",
            errata::Summary(kernel.cpu.arch.midr()),
            if remedy.is_some() { "called" } else { "not called: it has no remedy for predictors" }
        );
    }
    Ok(())
}

fn check_core(kernel: &Kernel) -> Result<(), BootError> {
    let core = &kernel.cpu.arch;
    if let Some(feature) = unsupported::feature(|crm, op2| core.features(crm, op2)) {
        return Err(BootError::Feature(feature));
    }
    match errata::refusal(core.midr()).filter(|_| errata::ON_SILICON) {
        Some(erratum) => Err(BootError::Core(erratum)),
        None => Ok(()),
    }
}

fn find_device_tree(address: u64) -> Result<&'static [u8], BootError> {
    if !arch::is_mapped_ram(address) || !address.is_multiple_of(8) {
        return Err(DeviceTreeError::Absent.into());
    }
    let size = device_tree::total_size(arch::boot_bytes(address, device_tree::HEADER))?;
    Ok(arch::boot_bytes(address, size))
}

fn find_image(kernel: &Kernel) -> Result<Image, BootError> {
    let start = arch::kernel_end();
    let head = BootPayload::read_from_bytes(arch::boot_bytes(start, size_of::<BootPayload>()))
        .map_err(|_| BootError::Payload(PayloadError::Missing))?;
    head.check(kernel.cpu.arch.user_top()).map_err(BootError::Payload)?;
    Ok(Image { paddr: start + payload::ALIGN, size: head.image_size, vaddr: head.image_vaddr, entry: head.entry })
}

/// What user level must not map: it would be the kernel.
fn kernel_devices() -> impl Iterator<Item = Range<u64>> + Clone {
    [board::GIC_DISTRIBUTOR, board::GIC_CPU_INTERFACE, board::GIC_HYPERVISOR_INTERFACE]
        .into_iter()
        .map(|base| base..base + board::GIC_REGION_SIZE)
}

fn pages(range: Range<u64>) -> Range<u64> {
    range.start / payload::ALIGN * payload::ALIGN..range.end.next_multiple_of(payload::ALIGN)
}

struct Reason<'e>(&'e BootError);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            BootError::DeviceTree(error) => f.write_str(match error {
                DeviceTreeError::Absent => {
                    "the loader passed no device tree in x0 (U-Boot: booti ADDRESS - DEVICE_TREE)"
                }
                DeviceTreeError::Size => "the device tree's size is impossible, or over 2 MiB",
                DeviceTreeError::Broken => "the device tree is broken",
                DeviceTreeError::NoMemory => "the device tree names no memory",
                DeviceTreeError::TooManyRegions => "the device tree names too many pieces of memory",
            }),
            BootError::OtherBoard(other) => write!(
                f,
                "this image is for the board {} ({}), but the device tree is of {other}",
                board::NAME,
                board::MACHINE_COMPATIBLE
            ),
            BootError::Payload(error) => f.write_str(match error {
                PayloadError::Missing => "no root task follows the kernel: was it packed with `lazaret build`?",
                PayloadError::Version => "the boot payload is of another version than this kernel",
                PayloadError::Alignment => "the root task's image is empty or not page-aligned",
                PayloadError::Range => "the root task's image or entry is outside user space",
            }),
            BootError::Counter(frequency) => write!(
                f,
                "CNTFRQ_EL0 says {frequency} Hz, and less than {SLOWEST_COUNTER} cannot be: the firmware has to set it"
            ),
            BootError::Feature(name) => write!(f, "this core has {name}, which the kernel does not keep to one guest"),
            BootError::Core(Erratum { number, effect, .. }) => {
                write!(f, "this core has erratum {number}, which a guest can use: {effect}")
            }
            BootError::NoMemoryFor(what) => write!(f, "not enough memory for {what}"),
            BootError::TooManyRegions => f.write_str("memory is in too many pieces"),
            BootError::OutsideMemory => {
                f.write_str("the memory that the device tree names does not hold the kernel and the root task's image")
            }
        }
    }
}
