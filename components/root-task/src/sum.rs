// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the machine has memory enough, before anything is made: better one sum than the object that did not fit.

use core::fmt;

use system_spec::Kind;

use crate::{Cause, Failure, System, object::blueprint};

/// What the system needs against what there is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Memory of programs and guests.
    pub frames: u64,
    /// Page tables and all other objects.
    pub objects: u64,
    /// Untyped memory.
    pub available: u64,
}

impl Sum {
    /// Alignment can cost more; then an object says that it found no place.
    pub const fn fits(&self) -> bool {
        self.frames.saturating_add(self.objects) <= self.available
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        let needed = self.frames.saturating_add(self.objects);
        write!(
            f,
            "too little memory: the system needs {} MiB, {} of programs and guests",
            mib(needed),
            mib(self.frames)
        )?;
        write!(
            f,
            " and {} of kernel objects, but this machine has {} MiB left",
            mib(self.objects),
            self.available >> 20
        )
    }
}

impl<'a> System<'a> {
    pub(crate) fn check_memory(&self) -> Result<(), Failure<'a>> {
        let mut sum = Sum { available: self.pool.memory(), ..Sum::default() };
        for run in self.spec.objects {
            let Some(blueprint) = blueprint(run) else { continue };
            if run.paddr().is_some_and(|paddr| self.pool.is_device(paddr)) {
                continue;
            }
            let bytes = u64::from(run.count) << blueprint.physical_size_bits();
            match run.kind() {
                Some(Kind::SmallPage | Kind::LargePage) => sum.frames = sum.frames.saturating_add(bytes),
                _ => sum.objects = sum.objects.saturating_add(bytes),
            }
        }
        if sum.fits() {
            Ok(())
        } else {
            Err(Failure { step: "create", object: "system", cause: Cause::TooLittle(sum) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn says_what_the_sum_is_made_of() {
        let sum = Sum { frames: 1280 << 20, objects: (3 << 20) + 1, available: 959 << 20 };
        assert!(!sum.fits());
        let text = sum.to_string();
        assert!(text.contains("needs 1284 MiB, 1280 of") && text.contains("and 4 of"), "{text}");
        assert!(text.contains("has 959 MiB"), "{text}");
        assert!(Sum { available: 1284 << 20, ..sum }.fits());
    }
}
