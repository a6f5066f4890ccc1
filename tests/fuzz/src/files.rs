// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that a user writes.

use std::path::Path;
use std::sync::LazyLock;

use lazaret_board::Board;
use lazaret_sdf::{SearchPath, load_text};

static BOARD: LazyLock<Board> = LazyLock::new(|| {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
    Board::load(&boards, "qemu_virt_aarch64").unwrap_or_else(|error| panic!("{error}"))
});

/// A description is either a system, or each error has a place in it that can be shown.
pub fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let files = SearchPath::new([] as [std::path::PathBuf; 0]);
    if let Err(errors) = load_text(Path::new("fuzz.system"), text, &BOARD, &files) {
        assert!(!errors.is_empty(), "refused without a reason");
        errors.iter().for_each(|error| assert!(!error.to_string().is_empty()));
    }
}

/// A VM's file is either read, or the error says where it is wrong.
pub fn vmmcfg(bytes: &[u8]) {
    if let Err(error) = vmm::config::Config::parse(bytes) {
        assert!(error.to_string().starts_with("vmmcfg"));
    }
}
