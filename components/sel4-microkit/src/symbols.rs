// SPDX-License-Identifier: MIT OR Apache-2.0
//! Variables that the build tool sets in the ELF.
#![allow(unsafe_code)]

use core::{
    cell::UnsafeCell,
    hint::black_box,
    str::{self, Utf8Error},
};

/// A value that differs from what the compiler saw.
#[repr(transparent)]
pub struct PatchedCell<T>(UnsafeCell<T>);

// SAFETY: nobody writes it while the program runs.
unsafe impl<T: Sync> Sync for PatchedCell<T> {}

impl<T> PatchedCell<T> {
    /// With the value of a program that no tool has seen.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value that the tool wrote.
    pub fn get(&self) -> &T {
        // SAFETY: only the tool writes it, before the program runs. `black_box` hides where the pointer comes from,
        // so that the initial value is not taken for the value.
        unsafe { &*black_box(self.0.get()) }
    }
}

/// Declares a symbol that the build tool sets (`setvar_*`), and returns a reference to its value.
#[macro_export]
macro_rules! var {
    ($(#[$attributes:meta])* $symbol:ident: $ty:ty = $default:expr) => {{
        $(#[$attributes])*
        #[allow(non_upper_case_globals)]
        #[cfg_attr(target_os = "none", unsafe(no_mangle), unsafe(link_section = ".data"))]
        static $symbol: $crate::_private::PatchedCell<$ty> = $crate::_private::PatchedCell::new($default);
        $symbol.get()
    }};
}

/// Declares a symbol that the build tool sets to an address (`setvar_vaddr`), and returns a pointer; panics when it
/// is null.
#[macro_export]
macro_rules! memory_region_symbol {
    ($(#[$attributes:meta])* $symbol:ident: *mut [$ty:ty], n = $n:expr $(,)?) => {
        ::core::ptr::NonNull::slice_from_raw_parts(
            $crate::memory_region_symbol!($(#[$attributes])* $symbol: *mut $ty),
            $n,
        )
    };
    ($(#[$attributes:meta])* $symbol:ident: *mut $ty:ty $(,)?) => {
        ::core::ptr::NonNull::new(::core::ptr::with_exposed_provenance_mut::<$ty>(
            *$crate::var!($(#[$attributes])* $symbol: usize = 0),
        ))
        .unwrap_or_else(|| panic!("{} is null", stringify!($symbol)))
    };
}

/// Whether the PD gives its scheduling context back after `init`.
pub fn pd_is_passive() -> bool {
    // A byte, for the tool may write any.
    *var!(microkit_passive: u8 = 0) != 0
}

pub(crate) fn pd_irqs() -> u64 {
    *var!(microkit_irqs: u64 = 0)
}

pub(crate) fn pd_notifications() -> u64 {
    *var!(microkit_notifications: u64 = 0)
}

pub(crate) fn pd_pps() -> u64 {
    *var!(microkit_pps: u64 = 0)
}

const PD_NAME_LENGTH: usize = 64;

/// The PD's name.
pub fn pd_name_bytes() -> &'static [u8] {
    let bytes = var!(microkit_name: [u8; PD_NAME_LENGTH] = [0; PD_NAME_LENGTH]);
    let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(PD_NAME_LENGTH);
    &bytes[..length]
}

/// The PD's name.
pub fn pd_name() -> Result<&'static str, Utf8Error> {
    str::from_utf8(pd_name_bytes())
}
