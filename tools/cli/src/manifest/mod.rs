// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system description: parsed strictly, every error in one pass.
