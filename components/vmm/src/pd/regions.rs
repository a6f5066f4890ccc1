// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that the manifest maps into this protection domain.
#![allow(unsafe_code)]

use core::fmt;
use core::mem::MaybeUninit;
use core::slice;
use core::sync::atomic::AtomicU64;
use sddf_abi::block::{self, RequestQueue, ResponseQueue};
use sddf_abi::net::{self, Queue};
use sel4_microkit::var;
use serial::ring::Ring;
use vmm::boot::{Images, SEED_LENGTH, Seed};
use vmm::device::virtio::block::Backend;
use vmm::device::virtio::net::{Backend as Network, Pair};
use vmm::guest_ram::GuestRam;
use vmm::state::State;

/// All of it but the rings.
pub struct Regions {
    /// The `.vmmcfg` file.
    pub config: &'static [u8],
    /// Kernel and initrd.
    pub images: Images<'static>,
    /// What the guest has as RAM.
    pub ram: GuestRam<'static>,
    /// For the trace of exits.
    pub trace: &'static [AtomicU64],
    /// Its physical address.
    pub trace_paddr: u64,
}

impl Regions {
    /// From the variables that the build sets; a region that is not mapped is empty.
    pub fn find() -> Self {
        let ram = (*var!(guest_ram_vaddr: usize = 0), *var!(guest_ram_size: usize = 0));
        let config = (*var!(vmmcfg_vaddr: usize = 0), *var!(vmmcfg_size: usize = 0));
        let kernel = (*var!(kernel_vaddr: usize = 0), *var!(kernel_size: usize = 0));
        let initrd = (*var!(initrd_vaddr: usize = 0), *var!(initrd_size: usize = 0));
        let trace = (*var!(trace_vaddr: usize = 0), *var!(trace_size: usize = 0));
        Self {
            config: file(config),
            images: Images { kernel: file(kernel), initrd: file(initrd) },
            ram: GuestRam::new(words(ram), clean),
            trace: words(trace),
            trace_paddr: *var!(trace_paddr: usize = 0) as u64,
        }
    }
}

/// The VM's state.
pub struct StateRegion {
    /// Where it is.
    pub state: &'static mut State,
    /// It lasts longer than this program: only then can the VMM be started again.
    pub lasting: bool,
}

/// A state region that has not room for the state.
pub struct TooSmall {
    has: usize,
}

impl fmt::Display for TooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its state region has {:#x} bytes, and the state needs {:#x}", self.has, size_of::<State>())
    }
}

/// The VM's state, in the region that the manifest maps for it, of as many pages as it takes.
pub fn state() -> Result<StateRegion, TooSmall> {
    // In `.bss`, which a fresh program finds zeroed: a state that was never used.
    static mut SHORT_LIVED: MaybeUninit<State> = MaybeUninit::zeroed();
    let vaddr = *var!(vm_state_vaddr: usize = 0);
    let (lasting, has) = (vaddr != 0, *var!(vm_state_size: usize = 0));
    if lasting && has < size_of::<State>() {
        return Err(TooSmall { has });
    }
    let state = if lasting { vaddr as *mut State } else { (&raw mut SHORT_LIVED).cast::<State>() };
    // SAFETY: the build set the variables to a region of that size, mapped read-write for ever, that only this program
    // writes; otherwise it is the static, which nothing else names. Any bytes are a `State` (`FromBytes`). This is called
    // once.
    Ok(StateRegion { state: unsafe { &mut *state }, lasting })
}

/// The rings to and from the serial driver, if it is there.
pub fn rings() -> Option<(&'static Ring, &'static Ring)> {
    let (output, input) = (*var!(serial_tx_vaddr: usize = 0), *var!(serial_rx_vaddr: usize = 0));
    Some((shared((output, PAGE)).ok()?, shared((input, PAGE)).ok()?))
}

/// The rings to and from the debug line's driver, if it is there.
#[cfg(feature = "debugger")]
pub fn debug_rings() -> Option<(&'static Ring, &'static Ring)> {
    let (output, input) = (*var!(debug_tx_vaddr: usize = 0), *var!(debug_rx_vaddr: usize = 0));
    Some((shared((output, PAGE)).ok()?, shared((input, PAGE)).ok()?))
}

/// What is shared with a block driver, if the manifest maps it; `signal` tells the driver that there are requests. An error:
/// not all of it is there and large enough.
pub fn disk(signal: fn()) -> Result<Option<Backend<'static>>, Unfit> {
    let requests = (*var!(disk_requests_vaddr: usize = 0), *var!(disk_requests_size: usize = 0));
    if requests.0 == 0 {
        return Ok(None);
    }
    let page = shared((*var!(disk_info_vaddr: usize = 0), PAGE))?;
    let responses = shared((*var!(disk_responses_vaddr: usize = 0), PAGE))?;
    let data = words((*var!(disk_data_vaddr: usize = 0), *var!(disk_data_size: usize = 0)));
    let backend = Backend { page, requests: shared(requests)?, responses, data, signal };
    if backend.has_room() { Ok(Some(backend)) } else { Err(Unfit) }
}

/// What is shared with a switch, if the manifest maps it; `signal` tells the switch that there are frames. An error: not
/// all of it is there and large enough.
pub fn network(signal: fn()) -> Result<Option<Network<'static>>, Unfit> {
    let (vaddr, size) = (*var!(net_queues_vaddr: usize = 0), *var!(net_queues_size: usize = 0));
    if vaddr == 0 {
        return Ok(None);
    }
    let page = shared((*var!(net_info_vaddr: usize = 0), PAGE))?;
    let queue = |n: usize| shared::<Queue>((vaddr + n * PAGE, size.saturating_sub(n * PAGE)));
    let (rx, tx) = (
        words((*var!(net_rx_vaddr: usize = 0), *var!(net_rx_size: usize = 0))),
        words((*var!(net_tx_vaddr: usize = 0), *var!(net_tx_size: usize = 0))),
    );
    let receive = Pair { free: queue(0)?, active: queue(1)?, data: rx };
    let send = Pair { free: queue(2)?, active: queue(3)?, data: tx };
    let has_room = receive.has_room() && send.has_room();
    if has_room { Ok(Some(Network { page, receive, send, signal })) } else { Err(Unfit) }
}

/// Bytes of the smallest region.
const PAGE: usize = 0x1000;

/// What is shared with a driver is not there, or not as it has to be.
pub struct Unfit;

/// Types of which all bytes are atomics.
trait Shared {}
impl Shared for Ring {}
impl Shared for block::InfoPage {}
impl Shared for RequestQueue {}
impl Shared for ResponseQueue {}
impl Shared for net::InfoPage {}
impl Shared for Queue {}

fn shared<T: Shared>((vaddr, size): (usize, usize)) -> Result<&'static T, Unfit> {
    if vaddr == 0 || !vaddr.is_multiple_of(align_of::<T>()) || size < size_of::<T>() {
        return Err(Unfit);
    }
    // SAFETY: the build set the variables to a region of `size` bytes, mapped for ever; the other side may change it at any
    // moment, and it is all atomics.
    Ok(unsafe { &*(vaddr as *const T) })
}

/// The VM's entropy, if the root task has any: it writes the variable before each start of this program.
pub fn seed() -> Option<Seed> {
    Seed::new(*var!(vmm_seed: [u64; SEED_LENGTH / 8] = [0; SEED_LENGTH / 8]))
}

/// A register of the board's real-time clock, if the manifest maps it.
pub fn clock_register(offset: usize) -> Option<u32> {
    let vaddr = *var!(clock_vaddr: usize = 0);
    if vaddr == 0 || offset >= PAGE {
        return None;
    }
    // SAFETY: the build set the variable to a page of a device that is mapped for ever, read-only; the place is in it and
    // aligned, and a read of any register of a PL031 only finds its value.
    Some(unsafe { ((vaddr + (offset & !3)) as *const u32).read_volatile() })
}

fn file((vaddr, size): (usize, usize)) -> &'static [u8] {
    if vaddr == 0 || size == 0 {
        return &[];
    }
    // SAFETY: the build set the variables to a region of at least `size` bytes, mapped read-only for ever, that
    // nobody else has.
    unsafe { slice::from_raw_parts(vaddr as *const u8, size) }
}

fn words((vaddr, size): (usize, usize)) -> &'static [AtomicU64] {
    if vaddr == 0 || !vaddr.is_multiple_of(8) {
        return &[];
    }
    // SAFETY: the build set the variables to a region of `size` bytes, mapped read-write for ever. Others write or read
    // it as well, so it is atomics.
    unsafe { slice::from_raw_parts(vaddr as *const AtomicU64, size / 8) }
}

/// The smallest cache line of the cores that we run on.
const LINE: usize = 64;

/// Clean and invalidate to the point of coherency, and forget instructions that were here: of the guest's last run.
fn clean(memory: &[AtomicU64]) {
    let range = memory.as_ptr_range();
    let (start, end) = (range.start.addr() & !(LINE - 1), range.end.addr());
    if start >= end {
        return;
    }
    // SAFETY: the kernel lets programs clean what they have mapped, and this changes no value.
    unsafe {
        core::arch::asm!(
            "mov {at}, {start}",
            "2: dc civac, {at}",
            "add {at}, {at}, #{line}",
            "cmp {at}, {end}",
            "b.lo 2b",
            "dsb sy",
            "3: ic ivau, {start}",
            "add {start}, {start}, #{line}",
            "cmp {start}, {end}",
            "b.lo 3b",
            "dsb sy",
            "isb",
            start = inout(reg) start => _,
            end = in(reg) end,
            at = out(reg) _,
            line = const LINE,
            options(nostack)
        );
    }
}
