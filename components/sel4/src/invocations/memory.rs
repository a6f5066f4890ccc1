// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of Untypeds, frames, page tables and ASIDs.

use crate::{
    AbsoluteCPtr, Cap, CapRights, CapTypeForFrameObject, InvocationContext, ObjectBlueprint, Result,
    TranslationTableObjectType, VmAttributes, Word, cap, cap_type, sys::invocation::Invocation,
};

impl<C: InvocationContext> cap::Untyped<C> {
    /// Corresponds to `seL4_Untyped_Retype`.
    pub fn untyped_retype(
        self,
        blueprint: &ObjectBlueprint,
        dst: &AbsoluteCPtr,
        dst_offset: usize,
        num_objects: usize,
    ) -> Result<()> {
        let [kind, size] = blueprint.words();
        let path = dst.path();
        let words = [kind, size, path.bits(), path.depth() as Word, dst_offset as Word, num_objects as Word];
        self.run(Invocation::UntypedRetype, &words, &[dst.root().bits()])
    }
}

impl<T: CapTypeForFrameObject, C: InvocationContext> Cap<T, C> {
    /// Corresponds to `seL4_ARM_Page_Map`.
    pub fn frame_map(self, vspace: cap::VSpace, vaddr: usize, rights: CapRights, attrs: VmAttributes) -> Result<()> {
        let words = [vaddr as Word, rights.into_word(), attrs.into_word()];
        self.run(Invocation::PageMap, &words, &[vspace.bits()])
    }

    /// Corresponds to `seL4_ARM_Page_Unmap`.
    pub fn frame_unmap(self) -> Result<()> {
        self.run(Invocation::PageUnmap, &[], &[])
    }

    /// Corresponds to `seL4_ARM_Page_GetAddress`.
    pub fn frame_get_address(self) -> Result<usize> {
        self.invoke_raw(Invocation::PageGetAddress.label(), &[], &[]).map(|paddr| paddr as usize)
    }

    /// Corresponds to `seL4_ARM_Page_Clean_Data`; offsets in the frame.
    pub fn frame_clean_data(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::PageCleanData, &[start as Word, end as Word], &[])
    }

    /// Corresponds to `seL4_ARM_Page_Invalidate_Data`; offsets in the frame.
    pub fn frame_invalidate_data(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::PageInvalidateData, &[start as Word, end as Word], &[])
    }

    /// Corresponds to `seL4_ARM_Page_CleanInvalidate_Data`; offsets in the frame.
    pub fn frame_clean_invalidate_data(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::PageCleanInvalidateData, &[start as Word, end as Word], &[])
    }

    /// Corresponds to `seL4_ARM_Page_Unify_Instruction`; offsets in the frame.
    pub fn frame_unify_instruction(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::PageUnifyInstruction, &[start as Word, end as Word], &[])
    }
}

impl<C: InvocationContext> cap::VSpace<C> {
    /// Corresponds to `seL4_ARM_VSpace_Clean_Data`.
    pub fn vspace_clean_data(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::VSpaceCleanData, &[start as Word, end as Word], &[])
    }

    /// Corresponds to `seL4_ARM_VSpace_Invalidate_Data`.
    pub fn vspace_invalidate_data(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::VSpaceInvalidateData, &[start as Word, end as Word], &[])
    }

    /// Corresponds to `seL4_ARM_VSpace_CleanInvalidate_Data`.
    pub fn vspace_clean_invalidate_data(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::VSpaceCleanInvalidateData, &[start as Word, end as Word], &[])
    }

    /// Corresponds to `seL4_ARM_VSpace_Unify_Instruction`.
    pub fn vspace_unify_instruction(self, start: usize, end: usize) -> Result<()> {
        self.run(Invocation::VSpaceUnifyInstruction, &[start as Word, end as Word], &[])
    }
}

impl<C: InvocationContext> cap::PT<C> {
    /// Corresponds to `seL4_ARM_PageTable_Map`.
    pub fn pt_map(self, vspace: cap::VSpace, vaddr: usize, attr: VmAttributes) -> Result<()> {
        self.run(Invocation::PageTableMap, &[vaddr as Word, attr.into_word()], &[vspace.bits()])
    }

    /// Corresponds to `seL4_ARM_PageTable_Unmap`.
    pub fn pt_unmap(self) -> Result<()> {
        self.run(Invocation::PageTableUnmap, &[], &[])
    }
}

impl<C: InvocationContext> cap::UnspecifiedIntermediateTranslationTable<C> {
    /// Maps a table of the given kind.
    pub fn generic_intermediate_translation_table_map(
        self,
        ty: TranslationTableObjectType,
        vspace: cap::VSpace,
        vaddr: usize,
        attr: VmAttributes,
    ) -> Result<()> {
        assert_eq!(ty, TranslationTableObjectType::PT);
        self.cast::<cap_type::PT>().pt_map(vspace, vaddr, attr)
    }
}

impl<C: InvocationContext> cap::AsidControl<C> {
    /// Corresponds to `seL4_ARM_ASIDControl_MakePool`.
    pub fn asid_control_make_pool(self, untyped: cap::Untyped, dst: &AbsoluteCPtr) -> Result<()> {
        let words = [dst.path().bits(), dst.path().depth() as Word];
        self.run(Invocation::AsidControlMakePool, &words, &[untyped.bits(), dst.root().bits()])
    }
}

impl<C: InvocationContext> cap::AsidPool<C> {
    /// Corresponds to `seL4_ARM_ASIDPool_Assign`.
    pub fn asid_pool_assign(self, vspace: cap::VSpace) -> Result<()> {
        self.run(Invocation::AsidPoolAssign, &[], &[vspace.bits()])
    }
}
