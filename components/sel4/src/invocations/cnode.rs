// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of CNodes.

use crate::{AbsoluteCPtr, CPtrBits, CapRights, InvocationContext, Result, Word, sys::invocation::Invocation};

/// A source or pivot of CNode_Rotate with its new badge or guard.
pub type BadgedSlot<'a> = (&'a AbsoluteCPtr, Word);

impl<C: InvocationContext> AbsoluteCPtr<C> {
    fn words(&self) -> [Word; 2] {
        [self.path().bits(), self.path().depth() as Word]
    }

    fn run(self, invocation: Invocation, rest: &[Word], caps: &[CPtrBits]) -> Result<()> {
        let mut words = [0; 8];
        words[..2].copy_from_slice(&self.words());
        words[2..2 + rest.len()].copy_from_slice(rest);
        self.into_root().run(invocation, &words[..2 + rest.len()], caps)
    }

    fn run_from(self, invocation: Invocation, source: &AbsoluteCPtr, rest: &[Word]) -> Result<()> {
        let mut words = [0; 4];
        words[..2].copy_from_slice(&source.words());
        words[2..2 + rest.len()].copy_from_slice(rest);
        self.run(invocation, &words[..2 + rest.len()], &[source.root().bits()])
    }

    /// Corresponds to `seL4_CNode_Revoke`.
    pub fn revoke(self) -> Result<()> {
        self.run(Invocation::CNodeRevoke, &[], &[])
    }

    /// Corresponds to `seL4_CNode_Delete`.
    pub fn delete(self) -> Result<()> {
        self.run(Invocation::CNodeDelete, &[], &[])
    }

    /// Corresponds to `seL4_CNode_CancelBadgedSends`.
    pub fn cancel_badged_sends(self) -> Result<()> {
        self.run(Invocation::CNodeCancelBadgedSends, &[], &[])
    }

    /// Corresponds to `seL4_CNode_Copy`.
    pub fn copy(self, src: &AbsoluteCPtr, rights: CapRights) -> Result<()> {
        self.run_from(Invocation::CNodeCopy, src, &[rights.into_word()])
    }

    /// Corresponds to `seL4_CNode_Mint`.
    pub fn mint(self, src: &AbsoluteCPtr, rights: CapRights, badge: Word) -> Result<()> {
        self.run_from(Invocation::CNodeMint, src, &[rights.into_word(), badge])
    }

    /// Corresponds to `seL4_CNode_Move`.
    pub fn move_(self, src: &AbsoluteCPtr) -> Result<()> {
        self.run_from(Invocation::CNodeMove, src, &[])
    }

    /// Corresponds to `seL4_CNode_Mutate`.
    pub fn mutate(self, src: &AbsoluteCPtr, badge: Word) -> Result<()> {
        self.run_from(Invocation::CNodeMutate, src, &[badge])
    }

    /// Corresponds to `seL4_CNode_Rotate`: source to pivot, pivot to `self`.
    pub fn rotate(self, badge: Word, pivot: BadgedSlot<'_>, src: &AbsoluteCPtr) -> Result<()> {
        let [pivot_index, pivot_depth] = pivot.0.words();
        let [source_index, source_depth] = src.words();
        let rest = [badge, pivot_index, pivot_depth, pivot.1, source_index, source_depth];
        self.run(Invocation::CNodeRotate, &rest, &[pivot.0.root().bits(), src.root().bits()])
    }
}
