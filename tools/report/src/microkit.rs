// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line with which Microkit's own tool builds the same system.

use std::path::Path;

use lazaret_board::Board;
use lazaret_programs::shell;
use lazaret_sdf::SearchPath;

/// `microkit SYSTEM --board ... --config ...`, for a POSIX shell.
///
/// Microkit looks for files in the folder that it runs in and in those named here.
pub fn command_line(system: &Path, board: &Board, files: &SearchPath) -> String {
    let mut words = vec!["microkit".to_string(), quote(system), "--board".into(), board.name.clone()];
    words.extend(["--config".into(), board.config.into()]);
    let own_folder = system.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folders = files.folders().iter().map(|folder| folder.as_path()).chain(own_folder);
    let mut named: Vec<&Path> = Vec::new();
    for folder in folders.filter(|folder| *folder != Path::new(".")) {
        if !named.contains(&folder) {
            named.push(folder);
        }
    }
    if !named.is_empty() {
        words.push("--search-path".into());
        words.extend(named.into_iter().map(quote));
    }
    words.join(" ")
}

fn quote(path: &Path) -> String {
    shell::quote(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config"), "qemu_virt_aarch64").unwrap()
    }

    #[test]
    fn names_board_configuration_and_folders() {
        let files = SearchPath::new(["build", "my guests"]);
        let line = command_line(Path::new("system.xml"), &board(), &files);
        assert_eq!(
            line,
            "microkit system.xml --board qemu_virt_aarch64 --config debug --search-path build 'my guests'"
        );
    }

    #[test]
    fn the_description_s_own_folder_is_named_once() {
        let line = command_line(Path::new("a/b.system"), &board(), &SearchPath::new(["a", "."]));
        assert!(line.ends_with("--config debug --search-path a"), "{line}");
        let bare = command_line(Path::new("b.system"), &board(), &SearchPath::new(["."]));
        assert!(bare.ends_with("--config debug"), "{bare}");
    }
}
