// SPDX-License-Identifier: MIT OR Apache-2.0
//! Capability pointers, bare and typed.

use core::{fmt, hash::Hash, marker::PhantomData};

use crate::{InvocationContext, IpcBuffer, NoExplicitInvocationContext, WORD_SIZE, cap, cap_type};

/// The word of a capability pointer.
pub type CPtrBits = crate::sys::CPtr;

/// A capability pointer, to be resolved at full depth. Corresponds to `seL4_CPtr`.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct CPtr {
    bits: CPtrBits,
}

impl CPtr {
    /// The word.
    pub const fn bits(self) -> CPtrBits {
        self.bits
    }

    /// From the word.
    pub const fn from_bits(bits: CPtrBits) -> Self {
        Self { bits }
    }

    /// Says what it points at; the kernel checks.
    pub const fn cast<T: CapType>(self) -> Cap<T> {
        Cap::from_cptr(self)
    }
}

/// A capability pointer with the number of bits to resolve.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct CPtrWithDepth {
    bits: CPtrBits,
    depth: usize,
}

impl CPtrWithDepth {
    /// From its parts.
    pub const fn from_bits_with_depth(bits: CPtrBits, depth: usize) -> Self {
        Self { bits, depth }
    }

    /// The word.
    pub const fn bits(&self) -> CPtrBits {
        self.bits
    }

    /// Bits to resolve.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Names the CNode that it is used with.
    pub const fn empty() -> Self {
        Self::from_bits_with_depth(0, 0)
    }
}

impl From<CPtr> for CPtrWithDepth {
    fn from(cptr: CPtr) -> Self {
        Self::from_bits_with_depth(cptr.bits(), WORD_SIZE)
    }
}

/// What kind of object a [`Cap`] points at.
pub trait CapType: Copy + Clone + Eq + PartialEq + Ord + PartialOrd + Hash {
    /// For messages.
    const NAME: &'static str;
}

/// A capability pointer with the kind of object in its type.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Cap<T: CapType, C = NoExplicitInvocationContext> {
    cptr: CPtr,
    invocation_context: C,
    kind: PhantomData<T>,
}

impl<T: CapType, C> Cap<T, C> {
    /// The pointer.
    pub const fn cptr(&self) -> CPtr {
        self.cptr
    }

    /// The pointer's word.
    pub const fn bits(&self) -> CPtrBits {
        self.cptr.bits()
    }

    /// Says that it points at another kind of object; the kernel checks.
    pub fn cast<T1: CapType>(self) -> Cap<T1, C> {
        Cap { cptr: self.cptr, invocation_context: self.invocation_context, kind: PhantomData }
    }

    /// With another invocation context.
    pub fn with<C1>(self, context: C1) -> Cap<T, C1> {
        Cap { cptr: self.cptr, invocation_context: context, kind: PhantomData }
    }

    /// With the implicit invocation context.
    pub fn without_context(self) -> Cap<T> {
        self.with(NoExplicitInvocationContext::new())
    }

    /// The context.
    pub fn into_invocation_context(self) -> C {
        self.invocation_context
    }

    /// Forgets the kind of object.
    pub fn upcast(self) -> cap::Unspecified<C> {
        self.cast()
    }
}

impl<C> Cap<cap_type::Unspecified, C> {
    /// Says what it points at; the kernel checks.
    pub fn downcast<T: CapType>(self) -> Cap<T, C> {
        self.cast()
    }
}

impl<T: CapType> Cap<T> {
    /// From the pointer.
    pub const fn from_cptr(cptr: CPtr) -> Self {
        Self { cptr, invocation_context: NoExplicitInvocationContext::new(), kind: PhantomData }
    }

    /// From the pointer's word.
    pub const fn from_bits(bits: CPtrBits) -> Self {
        Self::from_cptr(CPtr::from_bits(bits))
    }
}

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    #[inline]
    pub(crate) fn invoke<R>(mut self, f: impl FnOnce(CPtr, &mut IpcBuffer) -> R) -> R {
        let cptr = self.cptr;
        self.invocation_context.with_context(|ipc_buffer| f(cptr, ipc_buffer))
    }
}

impl<T: CapType, C> fmt::Debug for Cap<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(T::NAME).field(&self.bits()).finish()
    }
}

/// A slot: a CNode and a path from it. CNode operations are its methods.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct AbsoluteCPtr<C = NoExplicitInvocationContext> {
    root: cap::CNode<C>,
    path: CPtrWithDepth,
}

impl<C> AbsoluteCPtr<C> {
    /// From its parts.
    pub const fn new(root: cap::CNode<C>, path: CPtrWithDepth) -> Self {
        Self { root, path }
    }

    /// The CNode.
    pub const fn root(&self) -> &cap::CNode<C> {
        &self.root
    }

    /// The CNode.
    pub fn into_root(self) -> cap::CNode<C> {
        self.root
    }

    /// The path.
    pub const fn path(&self) -> &CPtrWithDepth {
        &self.path
    }

    /// With another invocation context.
    pub fn with<C1>(self, context: C1) -> AbsoluteCPtr<C1> {
        AbsoluteCPtr { root: self.root.with(context), path: self.path }
    }

    /// With the implicit invocation context.
    pub fn without_context(self) -> AbsoluteCPtr {
        self.with(NoExplicitInvocationContext::new())
    }
}

/// Anything that says where in a CSpace to look.
pub trait HasCPtrWithDepth {
    /// The path.
    fn cptr_with_depth(self) -> CPtrWithDepth;
}

impl HasCPtrWithDepth for CPtr {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self.into()
    }
}

impl<T: CapType, C> HasCPtrWithDepth for Cap<T, C> {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self.cptr().into()
    }
}

impl HasCPtrWithDepth for CPtrWithDepth {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self
    }
}

impl<C> cap::CNode<C> {
    /// The slot at `path`.
    pub fn absolute_cptr<P: HasCPtrWithDepth>(self, path: P) -> AbsoluteCPtr<C> {
        AbsoluteCPtr { root: self, path: path.cptr_with_depth() }
    }

    /// The slot at `bits`, of which `depth` are resolved.
    pub fn absolute_cptr_from_bits_with_depth(self, bits: CPtrBits, depth: usize) -> AbsoluteCPtr<C> {
        self.absolute_cptr(CPtrWithDepth::from_bits_with_depth(bits, depth))
    }

    /// The CNode itself, as Retype's destination.
    pub fn absolute_cptr_for_self(self) -> AbsoluteCPtr<C> {
        self.absolute_cptr(CPtrWithDepth::empty())
    }
}
