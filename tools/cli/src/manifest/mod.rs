// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system description: Microkit's format, read strictly, every error in one pass.

pub mod diagnostic;
pub mod image;
pub mod model;
pub mod search_path;
pub mod source;

use std::path::Path;

pub use diagnostic::Diagnostic;
pub use model::System;
pub use search_path::SearchPath;

use crate::board::Board;

/// Reads and checks a description.
pub fn load(_path: &Path, _board: &Board, _files: &SearchPath) -> Result<System, Vec<Diagnostic>> {
    todo!("parse")
}
