// SPDX-License-Identifier: MIT OR Apache-2.0
//! System registers by name, as raw words: they go in and out of saved state, so fields are of no use here.
//!
//! Debug registers are not in this list: `debug.rs` alone may touch them.

macro_rules! registers {
    ($($(#[$doc:meta])* $name:ident = $asm:literal,)*) => {
        $($(#[$doc])*
        #[allow(dead_code, reason = "the list is uniform; not every register is both read and written")]
        pub mod $name {
            /// Reads the register.
            #[inline(always)]
            pub fn read() -> u64 {
                let value: u64;
                // SAFETY: reading this register has no side effect and touches no memory.
                unsafe { core::arch::asm!(concat!("mrs {}, ", $asm), out(reg) value, options(nomem, nostack, preserves_flags)) };
                value
            }

            /// Writes the register; it takes effect at the next context synchronisation (`isb`, `eret`).
            #[inline(always)]
            pub fn write(value: u64) {
                // SAFETY: the kernel's own translation and memory are unaffected, or the caller (boot) has made
                // them valid first; no `nomem`, so accesses stay on their side of the write.
                unsafe { core::arch::asm!(concat!("msr ", $asm, ", {}"), in(reg) value, options(nostack, preserves_flags)) };
            }
        })*
    };
}

registers! {
    /// Hypervisor configuration.
    hcr_el2 = "hcr_el2",
    /// Traps of floating point and trace.
    cptr_el2 = "cptr_el2",
    /// Traps of CP15 from 32-bit guests.
    hstr_el2 = "hstr_el2",
    /// Implementation-defined traps.
    hacr_el2 = "hacr_el2",
    /// Stage-2 translation control.
    vtcr_el2 = "vtcr_el2",
    /// Stage-2 table and VMID.
    vttbr_el2 = "vttbr_el2",
    /// MIDR_EL1 as a guest reads it.
    vpidr_el2 = "vpidr_el2",
    /// MPIDR_EL1 as a guest reads it.
    vmpidr_el2 = "vmpidr_el2",
    /// Auxiliary control: EL1's access to implementation-defined registers.
    actlr_el2 = "actlr_el2",
    /// Our translation: control.
    sctlr_el2 = "sctlr_el2",
    /// Our translation: attributes.
    mair_el2 = "mair_el2",
    /// Our translation: size and granule.
    tcr_el2 = "tcr_el2",
    /// Our translation: table.
    ttbr0_el2 = "ttbr0_el2",
    /// Our vectors.
    vbar_el2 = "vbar_el2",
    /// Syndrome of the exception taken to EL2.
    esr_el2 = "esr_el2",
    /// Virtual address of the fault.
    far_el2 = "far_el2",
    /// IPA of the fault.
    hpfar_el2 = "hpfar_el2",
    /// Return address.
    elr_el2 = "elr_el2",
    /// Saved PSTATE.
    spsr_el2 = "spsr_el2",
    /// Where this core's `Kernel` is.
    tpidr_el2 = "tpidr_el2",
    /// EL1's and EL0's access to the physical timer and counter.
    cnthctl_el2 = "cnthctl_el2",
    /// Offset of the virtual counter.
    cntvoff_el2 = "cntvoff_el2",
    /// The kernel's timer: control.
    cnthp_ctl_el2 = "cnthp_ctl_el2",
    /// The kernel's timer: compare value.
    cnthp_cval_el2 = "cnthp_cval_el2",
    /// Physical count.
    cntpct_el0 = "cntpct_el0",
    /// Frequency of the counters.
    cntfrq_el0 = "cntfrq_el0",
    /// EL0's access to the counters.
    cntkctl_el1 = "cntkctl_el1",
    /// Virtual timer: control.
    cntv_ctl_el0 = "cntv_ctl_el0",
    /// Virtual timer: compare value.
    cntv_cval_el0 = "cntv_cval_el0",
    /// Physical timer of EL1: control.
    cntp_ctl_el0 = "cntp_ctl_el0",
    /// Physical timer of EL1: compare value.
    cntp_cval_el0 = "cntp_cval_el0",
    /// System control.
    sctlr_el1 = "sctlr_el1",
    /// Coprocessor access.
    cpacr_el1 = "cpacr_el1",
    /// Translation table 0.
    ttbr0_el1 = "ttbr0_el1",
    /// Translation table 1.
    ttbr1_el1 = "ttbr1_el1",
    /// Translation control.
    tcr_el1 = "tcr_el1",
    /// Memory attributes.
    mair_el1 = "mair_el1",
    /// Auxiliary memory attributes.
    amair_el1 = "amair_el1",
    /// Context ID.
    contextidr_el1 = "contextidr_el1",
    /// Auxiliary control.
    actlr_el1 = "actlr_el1",
    /// Auxiliary fault status.
    afsr0_el1 = "afsr0_el1",
    /// Auxiliary fault status.
    afsr1_el1 = "afsr1_el1",
    /// Syndrome.
    esr_el1 = "esr_el1",
    /// Fault address.
    far_el1 = "far_el1",
    /// Result of an address translation.
    par_el1 = "par_el1",
    /// Vectors.
    vbar_el1 = "vbar_el1",
    /// Thread pointer of EL1.
    tpidr_el1 = "tpidr_el1",
    /// Stack pointer of EL1.
    sp_el1 = "sp_el1",
    /// Return address.
    elr_el1 = "elr_el1",
    /// Saved PSTATE.
    spsr_el1 = "spsr_el1",
    /// Cache selected for CCSIDR_EL1.
    csselr_el1 = "csselr_el1",
    /// Thread pointer of EL0.
    tpidr_el0 = "tpidr_el0",
    /// Thread pointer that EL0 can only read.
    tpidrro_el0 = "tpidrro_el0",
    /// 32-bit guests: domain access.
    dacr32_el2 = "dacr32_el2",
    /// 32-bit guests: instruction fault status.
    ifsr32_el2 = "ifsr32_el2",
    /// 32-bit guests: floating-point exception control.
    fpexc32_el2 = "fpexc32_el2",
    /// 32-bit guests: saved PSTATE of abort mode.
    spsr_abt = "spsr_abt",
    /// 32-bit guests: saved PSTATE of undefined mode.
    spsr_und = "spsr_und",
    /// 32-bit guests: saved PSTATE of IRQ mode.
    spsr_irq = "spsr_irq",
    /// 32-bit guests: saved PSTATE of FIQ mode.
    spsr_fiq = "spsr_fiq",
    /// Affinity of this core.
    mpidr_el1 = "mpidr_el1",
    /// Identification of this core.
    midr_el1 = "midr_el1",
    /// Memory features: PA size.
    id_aa64mmfr0_el1 = "id_aa64mmfr0_el1",
    /// Debug features and the version of the performance monitors.
    id_aa64dfr0_el1 = "id_aa64dfr0_el1",
    /// Execution states of each level.
    id_aa64pfr0_el1 = "id_aa64pfr0_el1",
    /// EL0's access to the performance monitors.
    pmuserenr_el0 = "pmuserenr_el0",
    /// Cache line sizes.
    ctr_el0 = "ctr_el0",
    /// Block size of `dc zva`.
    dczid_el0 = "dczid_el0",
    /// Exception level.
    current_el = "CurrentEL",
}

/// Makes register writes before it visible to what follows.
#[inline(always)]
pub fn isb() {
    // SAFETY: a barrier.
    unsafe { core::arch::asm!("isb", options(nostack, preserves_flags)) };
}

/// Waits until all earlier memory accesses and maintenance are complete.
#[inline(always)]
pub fn dsb() {
    // SAFETY: a barrier.
    unsafe { core::arch::asm!("dsb ish", options(nostack, preserves_flags)) };
}
