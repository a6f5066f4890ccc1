// SPDX-License-Identifier: MIT OR Apache-2.0
//! The capability plan: every object and capability that a manifest means.
