// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kinds of capabilities.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Markers for [`Cap`](crate::Cap), one a kind of object.
        pub mod cap_type {
            $(
                $(#[$doc])*
                #[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
                pub struct $name;

                impl crate::CapType for $name {
                    const NAME: &'static str = stringify!($name);
                }
            )*

            /// The smallest frame.
            pub type Granule = SmallPage;
        }

        /// Capabilities, one alias a kind of object.
        pub mod cap {
            use crate::{Cap, NoExplicitInvocationContext, cap_type};
            $(
                $(#[$doc])*
                pub type $name<C = NoExplicitInvocationContext> = Cap<cap_type::$name, C>;
            )*

            /// The smallest frame.
            pub type Granule<C = NoExplicitInvocationContext> = Cap<cap_type::Granule, C>;
        }
    };
}

kinds! {
    /// Memory without a kind yet.
    Untyped,
    /// Endpoint.
    Endpoint,
    /// Notification.
    Notification,
    /// Thread.
    Tcb,
    /// Table of capabilities.
    CNode,
    /// Makes handlers of interrupts.
    IrqControl,
    /// Handler of an interrupt.
    IrqHandler,
    /// Makes ASID pools.
    AsidControl,
    /// Gives VSpaces their ASID.
    AsidPool,
    /// Sets domains.
    DomainSet,
    /// Empty.
    Null,
    /// Any kind.
    Unspecified,
    /// A frame of any size.
    UnspecifiedPage,
    /// A page table of any level.
    UnspecifiedIntermediateTranslationTable,
    /// Reply object.
    Reply,
    /// Scheduling context.
    SchedContext,
    /// Configures scheduling contexts.
    SchedControl,
    /// Virtual CPU.
    VCpu,
    /// Frame of 4 KiB.
    SmallPage,
    /// Frame of 2 MiB.
    LargePage,
    /// Frame of 1 GiB.
    HugePage,
    /// Root of an address space.
    VSpace,
    /// Page table.
    PT,
}
