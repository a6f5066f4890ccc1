// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames and page tables.

use crate::{
    CapType, CapTypeForObjectOfFixedSize, ObjectBlueprint, ObjectBlueprintAArch64, ObjectBlueprintArm, cap_type,
};

/// Sizes of frames.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum FrameObjectType {
    SmallPage,
    LargePage,
    HugePage,
}

impl FrameObjectType {
    /// The smallest.
    pub const GRANULE: Self = Self::SmallPage;

    /// What to ask Retype for.
    pub const fn blueprint(self) -> ObjectBlueprint {
        ObjectBlueprint::Arch(match self {
            Self::SmallPage => ObjectBlueprintArm::SmallPage,
            Self::LargePage => ObjectBlueprintArm::LargePage,
            Self::HugePage => ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::HugePage),
        })
    }

    /// The frame of a size.
    pub const fn from_bits(bits: usize) -> Option<Self> {
        Some(match bits {
            12 => Self::SmallPage,
            21 => Self::LargePage,
            30 => Self::HugePage,
            _ => return None,
        })
    }

    /// Size as a power of two.
    pub const fn bits(self) -> usize {
        self.blueprint().physical_size_bits()
    }

    /// Size.
    pub const fn bytes(self) -> usize {
        1 << self.bits()
    }
}

/// A kind of capability that is a frame.
pub trait CapTypeForFrameObject: CapType {}

/// A frame of known size.
pub trait CapTypeForFrameObjectOfFixedSize: CapTypeForObjectOfFixedSize + CapTypeForFrameObject {
    /// The size.
    const FRAME_OBJECT_TYPE: FrameObjectType;
}

impl CapTypeForFrameObject for cap_type::UnspecifiedPage {}

macro_rules! frames {
    ($($name:ident),*) => {$(
        impl CapTypeForFrameObject for cap_type::$name {}

        impl CapTypeForFrameObjectOfFixedSize for cap_type::$name {
            const FRAME_OBJECT_TYPE: FrameObjectType = FrameObjectType::$name;
        }
    )*};
}
frames!(SmallPage, LargePage, HugePage);

/// Page tables.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum TranslationTableObjectType {
    PT,
    VSpace,
}

impl TranslationTableObjectType {
    /// What to ask Retype for.
    pub const fn blueprint(&self) -> ObjectBlueprint {
        ObjectBlueprint::Arch(match self {
            Self::PT => ObjectBlueprintArm::PT,
            Self::VSpace => ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::VSpace),
        })
    }

    /// Bits of an address that the table resolves.
    pub const fn index_bits(&self) -> usize {
        9
    }

    /// The table of a level, 0 being the root.
    pub const fn from_level(level: usize) -> Option<Self> {
        match level {
            0 => Some(Self::VSpace),
            1..vspace_levels::NUM_LEVELS => Some(Self::PT),
            _ => None,
        }
    }
}

/// A kind of capability that is a page table.
pub trait CapTypeForTranslationTableObject: CapTypeForObjectOfFixedSize {
    /// Which.
    const TRANSLATION_TABLE_OBJECT_TYPE: TranslationTableObjectType;
}

impl CapTypeForTranslationTableObject for cap_type::PT {
    const TRANSLATION_TABLE_OBJECT_TYPE: TranslationTableObjectType = TranslationTableObjectType::PT;
}

impl CapTypeForTranslationTableObject for cap_type::VSpace {
    const TRANSLATION_TABLE_OBJECT_TYPE: TranslationTableObjectType = TranslationTableObjectType::VSpace;
}

/// The shape of a VSpace.
pub mod vspace_levels {
    /// Levels of tables.
    pub const NUM_LEVELS: usize = 4;
    /// The first level whose entries can be frames.
    pub const HIGHEST_LEVEL_WITH_PAGE_ENTRIES: usize = 1;

    /// Address bits below a table of this level.
    pub const fn span_bits(level: usize) -> usize {
        step_bits(level) + 9
    }

    /// Address bits below an entry of a table of this level.
    pub const fn step_bits(level: usize) -> usize {
        assert!(level < NUM_LEVELS);
        12 + 9 * (NUM_LEVELS - 1 - level)
    }
}
