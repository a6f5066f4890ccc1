// SPDX-License-Identifier: MIT OR Apache-2.0
//! KVM's numbers and structures, as far as they are used here.

/// `KVM_CREATE_VM`
pub const CREATE_VM: u64 = 0xae01;
/// `KVM_GET_VCPU_MMAP_SIZE`
pub const GET_VCPU_MMAP_SIZE: u64 = 0xae04;
/// `KVM_CREATE_VCPU`
pub const CREATE_VCPU: u64 = 0xae41;
/// `KVM_RUN`
pub const RUN: u64 = 0xae80;
/// `KVM_SET_USER_MEMORY_REGION`
pub const SET_MEMORY: u64 = 0x4020_ae46;
/// `KVM_IRQ_LINE`
pub const IRQ_LINE: u64 = 0x4008_ae61;
/// `KVM_SET_ONE_REG`
pub const SET_ONE_REG: u64 = 0x4010_aeac;
/// `KVM_ARM_VCPU_INIT`
pub const VCPU_INIT: u64 = 0x4020_aeae;
/// `KVM_ARM_PREFERRED_TARGET`
pub const PREFERRED_TARGET: u64 = 0x8020_aeaf;
/// `KVM_CREATE_DEVICE`
pub const CREATE_DEVICE: u64 = 0xc00c_aee0;
/// `KVM_SET_DEVICE_ATTR`
pub const SET_DEVICE_ATTR: u64 = 0x4018_aee1;

/// `KVM_ARM_VCPU_PSCI_0_2`, as a bit.
pub const FEATURE_PSCI: u32 = 1 << 2;
/// `KVM_ARM_VCPU_EL1_32BIT`, as a bit.
pub const FEATURE_EL1_32BIT: u32 = 1 << 1;
/// `KVM_DEV_TYPE_ARM_VGIC_V2`
pub const VGIC_V2: u32 = 5;
/// `KVM_DEV_ARM_VGIC_GRP_ADDR`: 0 is the distributor, 1 the CPU interface.
pub const VGIC_ADDRESS: u32 = 0;
/// `KVM_DEV_ARM_VGIC_GRP_CTRL`: 0 is "ready".
pub const VGIC_CONTROL: u32 = 4;

/// `KVM_ARM_IRQ_TYPE_SPI`, in its place of an interrupt's number.
pub const SPI: u32 = 1 << 24;

/// `KVM_EXIT_MMIO`
pub const EXIT_MMIO: u32 = 6;
/// `KVM_EXIT_INTR`
pub const EXIT_INTR: u32 = 10;
/// `KVM_EXIT_SYSTEM_EVENT`
pub const EXIT_SYSTEM_EVENT: u32 = 24;

/// Offsets in `struct kvm_run`.
pub mod run {
    /// `exit_reason`
    pub const REASON: usize = 8;
    /// `mmio.phys_addr`
    pub const ADDRESS: usize = 32;
    /// `mmio.data`
    pub const DATA: usize = 40;
    /// `mmio.is_write`
    pub const IS_WRITE: usize = 52;
}

/// X0, as a register's number.
pub const X0: u64 = 0x6030_0000_0010_0000;
/// X1 and X2.
pub const X1: u64 = X0 + 2;
pub const X2: u64 = X0 + 4;
pub const PC: u64 = X0 + 2 * 32;

/// `struct kvm_userspace_memory_region`
#[repr(C)]
pub struct MemoryRegion {
    /// Number of the region.
    pub slot: u32,
    /// None.
    pub flags: u32,
    /// For the guest.
    pub guest_address: u64,
    /// In bytes.
    pub size: u64,
    /// For us.
    pub address: u64,
}

/// `struct kvm_vcpu_init`
#[repr(C)]
pub struct VcpuInit {
    /// The CPU's model.
    pub target: u32,
    /// Bits.
    pub features: [u32; 7],
}

/// `struct kvm_create_device`
#[repr(C)]
pub struct CreateDevice {
    /// Which.
    pub kind: u32,
    /// The answer.
    pub file: u32,
    /// None.
    pub flags: u32,
}

/// `struct kvm_device_attr`
#[repr(C)]
pub struct DeviceAttribute {
    /// None.
    pub flags: u32,
    /// Of attributes.
    pub group: u32,
    /// Which of the group.
    pub attribute: u64,
    /// Its value's address.
    pub address: u64,
}

/// `struct kvm_one_reg`
#[repr(C)]
pub struct OneRegister {
    /// Which.
    pub id: u64,
    /// Its value's address.
    pub address: u64,
}

/// `struct kvm_irq_level`
#[repr(C)]
pub struct IrqLevel {
    /// Kind and number.
    pub irq: u32,
    /// 1 is high.
    pub level: u32,
}
