// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that is made of sections. Each part of a VM declares its own: nobody keeps a list of all of them.

use super::Damaged;

/// Memory in the state region that is one section, or several.
pub trait Sections {
    /// As they are in a VM that was never started.
    fn new() -> Self;

    /// Undoes what was not committed in this epoch, and checks the rest.
    fn roll_back(&mut self, epoch: u64) -> Result<(), Damaged>;

    /// Shows the name and the bytes of each section: tests damage them.
    #[cfg(any(test, feature = "fake"))]
    fn visit(&mut self, each: &mut dyn FnMut(&'static str, &mut [u8]));
}

impl<T: Sections, const N: usize> Sections for [T; N] {
    fn new() -> Self {
        core::array::from_fn(|_| T::new())
    }

    fn roll_back(&mut self, epoch: u64) -> Result<(), Damaged> {
        self.iter_mut().try_for_each(|sections| sections.roll_back(epoch))
    }

    #[cfg(any(test, feature = "fake"))]
    fn visit(&mut self, each: &mut dyn FnMut(&'static str, &mut [u8])) {
        self.iter_mut().for_each(|sections| sections.visit(each));
    }
}

/// Declares a struct all of whose fields are [`Sections`], and makes it such itself.
macro_rules! sections {
    ($(#[$about:meta])* $visibility:vis struct $name:ident $(<const $count:ident: usize>)? { $($(#[$note:meta])* $seen:vis $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(zerocopy::FromBytes, zerocopy::KnownLayout)]
        #[cfg_attr(test, derive(Clone))]
        #[repr(C)]
        $visibility struct $name $(<const $count: usize>)? {
            $($(#[$note])* $seen $field: $type,)*
        }

        impl $(<const $count: usize>)? $crate::state::Sections for $name $(<$count>)? {
            fn new() -> Self {
                Self { $($field: $crate::state::Sections::new(),)* }
            }

            fn roll_back(&mut self, epoch: u64) -> Result<(), $crate::state::Damaged> {
                $($crate::state::Sections::roll_back(&mut self.$field, epoch)?;)*
                Ok(())
            }

            #[cfg(any(test, feature = "fake"))]
            fn visit(&mut self, each: &mut dyn FnMut(&'static str, &mut [u8])) {
                $($crate::state::Sections::visit(&mut self.$field, each);)*
            }
        }
    };
}

pub(crate) use sections;
