// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual machine: built, filled, run until it powers itself off.

use crate::kvm::{self, CreateDevice, DeviceAttribute, IrqLevel, MemoryRegion, OneRegister, VcpuInit, run};
use crate::linux::{Errno, File, Memory, exit, fork, sleep, wait};

/// What was tried, and what Linux said.
type Result<T> = core::result::Result<T, (&'static str, Errno)>;

const RAM: u64 = 0x4000_0000;
const RAM_SIZE: usize = 0x100_0000;
/// The guest's Image header asks for it.
const TEXT_OFFSET: usize = 0x8_0000;
/// Where a zImage goes, and where its header says that it is one.
const TEXT_OFFSET32: usize = 0x8000;
const ZIMAGE: (usize, u32) = (TEXT_OFFSET32 + 0x24, 0x016f_2818);
const DEVICE_TREE: usize = RAM_SIZE - 0x1_0000;
const DISTRIBUTOR: u64 = 0x0800_0000;
const CPU_INTERFACE: u64 = 0x0801_0000;
const UART: u64 = 0x0900_0000;
const UART_FR: u64 = UART + 0x18;
const UART_IMSC: u64 = UART + 0x38;
const UART_ICR: u64 = UART + 0x44;
/// In both.
const TRANSMIT: u32 = 1 << 5;
/// As the guest's device tree says.
const UART_INTERRUPT: u32 = 33;
/// FR: both FIFOs are empty.
const IDLE: u64 = 0x90;
/// A host that has just booted has other things to do.
const SETTLE: u64 = 10;

/// Runs the guest, and beside it another one in a process of its own if there is `/guest2.dtb`.
pub fn run_all(complain: impl Fn(&'static str, Errno)) {
    sleep(SETTLE);
    let second = File::open(b"/guest2.dtb\0").is_ok();
    let is_child = second && fork().unwrap_or(false);
    let tree: &[u8] = if is_child { b"/guest2.dtb\0" } else { b"/guest.dtb\0" };
    if let Err((what, errno)) = run(tree) {
        complain(what, errno);
    }
    if is_child {
        exit();
    } else if second {
        wait();
    }
}

fn run(tree: &[u8]) -> Result<()> {
    let kvm = named("open /dev/kvm", File::open(b"/dev/kvm\0"))?;
    let vm = File::of(named("KVM_CREATE_VM", kvm.control(kvm::CREATE_VM, 0))?);
    let mut ram = named("mmap", Memory::new(RAM_SIZE))?;
    load(b"/guest.img\0", ram.from(TEXT_OFFSET32))?;
    let is_narrow = ram.load::<u32>(ZIMAGE.0) == ZIMAGE.1;
    if !is_narrow {
        load(b"/guest.img\0", ram.from(TEXT_OFFSET))?;
    }
    load(tree, ram.from(DEVICE_TREE))?;
    let address = ram.start as u64;
    let mut region = MemoryRegion { slot: 0, flags: 0, guest_address: RAM, size: RAM_SIZE as u64, address };
    named("KVM_SET_USER_MEMORY_REGION", vm.control_with(kvm::SET_MEMORY, &mut region))?;
    let vgic = create_vgic(vm)?;
    let vcpu = create_vcpu(vm, is_narrow)?;
    named("VGIC init", attribute(vgic, kvm::VGIC_CONTROL, 0, 0))?;
    let size = named("KVM_GET_VCPU_MMAP_SIZE", kvm.control(kvm::GET_VCPU_MMAP_SIZE, 0))?;
    let mut state = named("mmap vcpu", vcpu.map(size as usize))?;
    let mut uart = Uart { vm, line: Line { bytes: [0; LINE], used: 0 }, has_sent: false, mask: 0, is_high: false };
    while follow(vcpu, &mut state, &mut uart)? {}
    Ok(())
}

fn named<T>(what: &'static str, result: core::result::Result<T, Errno>) -> Result<T> {
    result.map_err(|errno| (what, errno))
}

fn load(path: &[u8], to: &mut [u8]) -> Result<()> {
    let file = named("open guest file", File::open(path))?;
    named("read guest file", file.read_all(to)).map(|_| ())
}

fn create_vgic(vm: File) -> Result<File> {
    let mut device = CreateDevice { kind: kvm::VGIC_V2, file: 0, flags: 0 };
    named("KVM_CREATE_DEVICE", vm.control_with(kvm::CREATE_DEVICE, &mut device))?;
    let vgic = File::of(device.file.into());
    for (number, address) in [DISTRIBUTOR, CPU_INTERFACE].iter().enumerate() {
        let address = core::ptr::from_ref(address) as u64;
        named("VGIC address", attribute(vgic, kvm::VGIC_ADDRESS, number as u64, address))?;
    }
    Ok(vgic)
}

fn attribute(device: File, group: u32, attribute: u64, address: u64) -> core::result::Result<u64, Errno> {
    device.control_with(kvm::SET_DEVICE_ATTR, &mut DeviceAttribute { flags: 0, group, attribute, address })
}

/// With the registers that arm64's or arm's boot protocol asks for.
fn create_vcpu(vm: File, is_narrow: bool) -> Result<File> {
    let vcpu = File::of(named("KVM_CREATE_VCPU", vm.control(kvm::CREATE_VCPU, 0))?);
    let mut init = VcpuInit { target: 0, features: [0; 7] };
    named("KVM_ARM_PREFERRED_TARGET", vm.control_with(kvm::PREFERRED_TARGET, &mut init))?;
    init.features[0] |= kvm::FEATURE_PSCI | if is_narrow { kvm::FEATURE_EL1_32BIT } else { 0 };
    named("KVM_ARM_VCPU_INIT", vcpu.control_with(kvm::VCPU_INIT, &mut init))?;
    let tree = RAM + DEVICE_TREE as u64;
    let registers = if is_narrow {
        [(kvm::PC, RAM + TEXT_OFFSET32 as u64), (kvm::X0, 0), (kvm::X1, u32::MAX.into()), (kvm::X2, tree)]
    } else {
        [(kvm::PC, RAM + TEXT_OFFSET as u64), (kvm::X0, tree), (kvm::X1, 0), (kvm::X2, 0)]
    };
    for (id, value) in registers {
        let mut register = OneRegister { id, address: core::ptr::from_ref(&value) as u64 };
        named("KVM_SET_ONE_REG", vcpu.control_with(kvm::SET_ONE_REG, &mut register))?;
    }
    Ok(vcpu)
}

/// One exit; false at the last.
fn follow(vcpu: File, state: &mut Memory, uart: &mut Uart) -> Result<bool> {
    named("KVM_RUN", vcpu.control(kvm::RUN, 0))?;
    match state.load::<u32>(run::REASON) {
        kvm::EXIT_MMIO => mmio(state, uart).map(|()| true),
        kvm::EXIT_INTR => Ok(true),
        kvm::EXIT_SYSTEM_EVENT => Ok(false),
        other => Err(("unexpected exit", Errno(other.into()))),
    }
}

/// The longest line that stays whole when two guests print.
const LINE: usize = 256;

/// A line of the guest's.
struct Line {
    bytes: [u8; LINE],
    used: usize,
}

impl Line {
    fn add(&mut self, byte: u8) {
        self.bytes[self.used] = byte;
        self.used += 1;
        if byte == b'\n' || self.used == LINE {
            File::OUTPUT.write(&self.bytes[..self.used]);
            self.used = 0;
        }
    }
}

/// The UART: it takes all and has nothing to say, but for an interrupt once it has sent something.
struct Uart {
    vm: File,
    line: Line,
    has_sent: bool,
    /// IMSC
    mask: u32,
    is_high: bool,
}

impl Uart {
    fn write(&mut self, address: u64, value: u32) -> Result<()> {
        match address {
            UART => {
                self.line.add(value as u8);
                self.has_sent = true;
            }
            UART_IMSC => self.mask = value,
            UART_ICR => self.has_sent &= value & TRANSMIT == 0,
            _ => (),
        }
        let high = self.has_sent && self.mask & TRANSMIT != 0;
        if core::mem::replace(&mut self.is_high, high) == high {
            return Ok(());
        }
        let mut level = IrqLevel { irq: kvm::SPI | UART_INTERRUPT, level: high.into() };
        named("KVM_IRQ_LINE", self.vm.control_with(kvm::IRQ_LINE, &mut level)).map(|_| ())
    }
}

fn mmio(state: &mut Memory, uart: &mut Uart) -> Result<()> {
    let address: u64 = state.load(run::ADDRESS);
    if state.load::<u8>(run::IS_WRITE) == 0 {
        state.store(run::DATA, if address == UART_FR { IDLE } else { 0 });
        return Ok(());
    }
    uart.write(address, state.load(run::DATA))
}
