// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every function that answers anything but NOT_SUPPORTED. Handler, documentation and tests come from here.

use super::{Action, answers};
use crate::vcpu::Width;
use smccc::arch;
use smccc::psci;

/// A function.
#[derive(Debug)]
pub struct Call {
    /// As Arm names it.
    pub name: &'static str,
    /// Of the form with arguments of 32 bits.
    pub function: u32,
    /// Whether there is a form with arguments of 64 bits, and the arguments that count, from x1 on.
    pub forms: Forms,
    /// The arguments that are looked at; those behind them have no effect.
    pub arguments: &'static [Argument],
    /// What says that it is there.
    pub known: &'static [Known],
    /// What it does.
    pub handler: Handler,
    /// The same in words.
    pub does: &'static str,
}

/// Which forms a function has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forms {
    /// SMC32, for callers of either width.
    Smc32,
    /// SMC32, and SMC64 for 64-bit callers.
    Both,
}

/// An argument, and how much of its register counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// 32 bits in either form.
    Word(&'static str),
    /// As many as the form has.
    AsWide(&'static str),
}

/// A function that says which functions are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// PSCI_FEATURES: of PSCI's functions, and of SMCCC_VERSION.
    PsciFeatures,
    /// SMCCC_ARCH_FEATURES: of the architecture's.
    ArchFeatures,
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// Answers the same each time.
    Constant(i32),
    /// By its arguments.
    Answer(fn([u64; MOST_ARGUMENTS], Width) -> Action),
    /// Does something to the vCPU or the VM.
    Act(Action),
}

/// No function has more arguments that count.
pub const MOST_ARGUMENTS: usize = 3;

/// PSCI 1.1.
const PSCI_1_1: i32 = 0x1_0001;
/// SMCCC 1.1.
const SMCCC_1_1: i32 = 0x1_0001;
/// MIGRATE_INFO_TYPE: a Trusted OS is not there, or need not migrate.
const NO_TRUSTED_OS: i32 = 2;

macro_rules! calls {
    ($($name:ident $function:path, $forms:ident, [$($argument:expr),*], [$($known:ident),*], $handler:expr, $does:literal;)*) => {
        $(const $name: &Call = &Call {
            name: stringify!($name),
            function: $function,
            forms: Forms::$forms,
            arguments: &[$($argument),*],
            known: &[$(Known::$known),*],
            handler: $handler,
            does: $does,
        };)*

        /// All of them.
        pub const CALLS: &[&Call] = &[$($name),*];

        /// The function of this SMC32 number.
        #[inline]
        pub(super) const fn row(function: u32) -> Option<&'static Call> {
            match function {
                $($function => Some($name),)*
                _ => None,
            }
        }
    };
}

use Argument::{AsWide, Word};
use Handler::{Act, Answer, Constant};

calls! {
    PSCI_VERSION psci::PSCI_VERSION, Smc32, [], [PsciFeatures], Constant(PSCI_1_1), "1.1";
    CPU_SUSPEND psci::PSCI_CPU_SUSPEND_32, Both, [], [PsciFeatures], Act(Action::Suspend),
        "waits for an interrupt, whichever power state is asked for, then SUCCESS";
    CPU_OFF psci::PSCI_CPU_OFF, Smc32, [], [PsciFeatures], Act(Action::TurnOff),
        "the vCPU runs no more; DENIED to the last one that is on";
    CPU_ON psci::PSCI_CPU_ON_32, Both,
        [AsWide("target_cpu"), AsWide("entry_point_address"), AsWide("context_id")], [PsciFeatures],
        Answer(answers::cpu_on),
        "the target starts and SUCCESS; ALREADY_ON if it is on, INVALID_PARAMETERS if it is none of the VM's vCPUs";
    AFFINITY_INFO psci::PSCI_AFFINITY_INFO_32, Both, [AsWide("target_affinity"), Word("lowest_affinity_level")], [PsciFeatures],
        Answer(answers::affinity_info),
        "0 if a vCPU is on whose fields from the lowest level up are the target's, 1 if all those are off, INVALID_PARAMETERS if there is none";
    MIGRATE_INFO_TYPE psci::PSCI_MIGRATE_INFO_TYPE, Smc32, [], [PsciFeatures], Constant(NO_TRUSTED_OS),
        "2: no Trusted OS that would have to migrate";
    SYSTEM_OFF psci::PSCI_SYSTEM_OFF, Smc32, [], [PsciFeatures], Act(Action::Off), "the machine ends";
    SYSTEM_RESET psci::PSCI_SYSTEM_RESET, Smc32, [], [PsciFeatures], Act(Action::Reset), "the machine starts again";
    PSCI_FEATURES psci::PSCI_FEATURES, Smc32, [Word("psci_func_id")], [PsciFeatures], Answer(answers::psci_features),
        "0 if the function is there for the caller, else NOT_SUPPORTED";
    SMCCC_VERSION arch::SMCCC_VERSION, Smc32, [], [PsciFeatures, ArchFeatures], Constant(SMCCC_1_1), "1.1";
    SMCCC_ARCH_FEATURES arch::SMCCC_ARCH_FEATURES, Smc32, [Word("arch_func_id")], [ArchFeatures],
        Answer(answers::arch_features), "0 if the function is there for the caller, else NOT_SUPPORTED";
}

/// The call that is looked for first, and its answer.
pub(super) const MOST_FREQUENT: (u32, i32) = match PSCI_VERSION {
    Call { function, handler: Constant(answer), arguments: [], .. } => (*function, *answer),
    _ => panic!("its answer depends on nothing"),
};

impl Call {
    /// Whether there is an SMC64 form.
    pub const fn has_both_forms(&self) -> bool {
        matches!(self.forms, Forms::Both)
    }

    /// Whether that function says that this one is there.
    pub fn known_to(&self, function: Known) -> bool {
        self.known.contains(&function)
    }
}

impl Argument {
    /// What counts of a register, in the SMC64 form or the other one.
    pub const fn of(self, register: u64, is_64: bool) -> u64 {
        match self {
            Self::AsWide(_) if is_64 => register,
            Self::AsWide(_) | Self::Word(_) => register & 0xffff_ffff,
        }
    }

    /// As Arm names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Word(name) | Self::AsWide(name) => name,
        }
    }
}
