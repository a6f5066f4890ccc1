// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Retype can make.

use crate::{
    CapType, Word, cap_type,
    sys::object::{ASID_POOL_BITS, ObjectType},
};

/// Corresponds to `seL4_ObjectType` with the size where the type leaves it open.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum ObjectBlueprint {
    Untyped { size_bits: usize },
    Endpoint,
    Notification,
    CNode { size_bits: usize },
    Tcb,
    SchedContext { size_bits: usize },
    Reply,
    Arch(ObjectBlueprintArch),
}

/// Objects of the architecture.
pub type ObjectBlueprintArch = ObjectBlueprintArm;
/// Objects of the architecture's 64-bit form.
pub type ObjectBlueprintSeL4Arch = ObjectBlueprintAArch64;

/// Objects of Arm.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum ObjectBlueprintArm {
    SmallPage,
    LargePage,
    PT,
    VCpu,
    SeL4Arch(ObjectBlueprintSeL4Arch),
}

/// Objects of AArch64.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum ObjectBlueprintAArch64 {
    HugePage,
    VSpace,
}

impl ObjectBlueprint {
    /// The type number.
    pub const fn ty(self) -> ObjectType {
        match self {
            Self::Untyped { .. } => ObjectType::Untyped,
            Self::Endpoint => ObjectType::Endpoint,
            Self::Notification => ObjectType::Notification,
            Self::CNode { .. } => ObjectType::CNode,
            Self::Tcb => ObjectType::Tcb,
            Self::SchedContext { .. } => ObjectType::SchedContext,
            Self::Reply => ObjectType::Reply,
            Self::Arch(ObjectBlueprintArm::SmallPage) => ObjectType::SmallPage,
            Self::Arch(ObjectBlueprintArm::LargePage) => ObjectType::LargePage,
            Self::Arch(ObjectBlueprintArm::PT) => ObjectType::PageTable,
            Self::Arch(ObjectBlueprintArm::VCpu) => ObjectType::Vcpu,
            Self::Arch(ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::HugePage)) => ObjectType::HugePage,
            Self::Arch(ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::VSpace)) => ObjectType::VSpace,
        }
    }

    /// Retype's size argument, for types that take one.
    pub const fn api_size_bits(self) -> Option<usize> {
        match self {
            Self::Untyped { size_bits } | Self::CNode { size_bits } | Self::SchedContext { size_bits } => {
                Some(size_bits)
            }
            _ => None,
        }
    }

    /// Memory that the object takes, as a power of two.
    pub const fn physical_size_bits(self) -> usize {
        let size_bits = match self.api_size_bits() {
            Some(size_bits) => size_bits,
            None => 0,
        };
        self.ty().object_bits(size_bits)
    }

    /// The Untyped that an ASID pool is made from.
    pub const fn asid_pool() -> Self {
        Self::Untyped { size_bits: ASID_POOL_BITS }
    }

    pub(crate) fn words(self) -> [Word; 2] {
        [self.ty() as Word, self.api_size_bits().unwrap_or(0) as Word]
    }
}

impl From<ObjectBlueprintArch> for ObjectBlueprint {
    fn from(blueprint: ObjectBlueprintArch) -> Self {
        Self::Arch(blueprint)
    }
}

impl From<ObjectBlueprintSeL4Arch> for ObjectBlueprint {
    fn from(blueprint: ObjectBlueprintSeL4Arch) -> Self {
        Self::Arch(ObjectBlueprintArch::SeL4Arch(blueprint))
    }
}

/// A kind of capability that Retype makes.
pub trait CapTypeForObject: CapType {
    /// The type number.
    fn object_type() -> ObjectType;
}

/// A kind of capability whose object has one size.
pub trait CapTypeForObjectOfFixedSize: CapTypeForObject {
    /// What to ask Retype for.
    fn object_blueprint() -> ObjectBlueprint;
}

/// A kind of capability whose object's size is asked for.
pub trait CapTypeForObjectOfVariableSize: CapTypeForObject {
    /// What to ask Retype for.
    fn object_blueprint(size_bits: usize) -> ObjectBlueprint;
}

macro_rules! fixed {
    ($($kind:ident => $number:ident, $blueprint:expr;)*) => {$(
        impl CapTypeForObject for cap_type::$kind {
            fn object_type() -> ObjectType {
                ObjectType::$number
            }
        }

        impl CapTypeForObjectOfFixedSize for cap_type::$kind {
            fn object_blueprint() -> ObjectBlueprint {
                $blueprint
            }
        }
    )*};
}

macro_rules! variable {
    ($($kind:ident),*) => {$(
        impl CapTypeForObject for cap_type::$kind {
            fn object_type() -> ObjectType {
                ObjectType::$kind
            }
        }

        impl CapTypeForObjectOfVariableSize for cap_type::$kind {
            fn object_blueprint(size_bits: usize) -> ObjectBlueprint {
                ObjectBlueprint::$kind { size_bits }
            }
        }
    )*};
}

variable!(Untyped, CNode, SchedContext);
fixed! {
    Endpoint => Endpoint, ObjectBlueprint::Endpoint;
    Notification => Notification, ObjectBlueprint::Notification;
    Tcb => Tcb, ObjectBlueprint::Tcb;
    Reply => Reply, ObjectBlueprint::Reply;
    VCpu => Vcpu, ObjectBlueprintArm::VCpu.into();
    SmallPage => SmallPage, ObjectBlueprintArm::SmallPage.into();
    LargePage => LargePage, ObjectBlueprintArm::LargePage.into();
    PT => PageTable, ObjectBlueprintArm::PT.into();
    HugePage => HugePage, ObjectBlueprintAArch64::HugePage.into();
    VSpace => VSpace, ObjectBlueprintAArch64::VSpace.into();
}
