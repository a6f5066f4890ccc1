// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a board is started from: a folder to copy onto a card, with the board's own files beside the image.
//!
//! The files of `card` in the board's folder are texts with `{words}` that stand for facts of this build.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;

use lazaret_board::Board;
use lazaret_diagnostic::Problem;
use lazaret_programs::sha256;
use lazaret_programs::workspace::Workspace;

/// Asks whether a card's folder that is there already may be written to; no answer is no.
pub fn may_write(folder: &Path, force: bool) -> anyhow::Result<()> {
    let is_empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if force || is_empty {
        return Ok(());
    }
    let what = format!("{} is there already", folder.display());
    if std::io::stdin().is_terminal() {
        eprint!("{what}: write into it? [y/N] ");
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if answer.trim_start().starts_with(['y', 'Y']) {
            return Ok(());
        }
    }
    Err(Problem::new(what, "--force writes into it; files of other names stay"))
}

/// Writes the device tree and the board's own files; gives their names. `system` is what the image is.
pub fn write(
    workspace: &Workspace,
    board: &Board,
    system: &str,
    image: &[u8],
    folder: &Path,
) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut words = vec![
        ("board", board.name.clone()),
        ("image", board.image.clone()),
        ("kernel_base", format!("{:#x}", board.kernel_base)),
        ("uart_clock", board.uart_clock.to_string()),
        ("system", system.into()),
        ("sha256", sha256(image)),
    ];
    if let Some(device_tree) = &board.device_tree {
        let (path, origin) = lazaret_guests::device_tree(workspace, device_tree)?;
        let name = path.file_name().context("a device tree without a name")?.to_string_lossy().into_owned();
        std::fs::copy(&path, folder.join(&name)).with_context(|| name.clone())?;
        words.extend([("device_tree", name.clone()), ("device_tree_from", origin.from)]);
        names.push(name);
    }
    let own = board.folder.join("card");
    for entry in std::fs::read_dir(&own).with_context(|| own.display().to_string())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(entry.path()).with_context(|| name.clone())?;
        std::fs::write(folder.join(&name), fill_in(&text, &words)).with_context(|| name.clone())?;
        names.push(name);
    }
    names.sort();
    Ok(names)
}

fn fill_in(text: &str, words: &[(&str, String)]) -> String {
    words.iter().fold(text.to_string(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_in() {
        let words = [("image", "kernel8.img".to_string()), ("board", "x".into())];
        assert_eq!(fill_in("kernel={image} {board} {other}", &words), "kernel=kernel8.img x {other}");
    }

    #[test]
    fn a_folder_with_something_in_it_is_asked_about() {
        let folder = std::env::temp_dir().join(format!("lazaret-card-{}", std::process::id()));
        assert!(may_write(&folder, false).is_ok());
        std::fs::create_dir_all(&folder).unwrap();
        assert!(may_write(&folder, false).is_ok());
        std::fs::write(folder.join("x"), "").unwrap();
        // `cargo test` may have a terminal; then it would ask.
        if !std::io::stdin().is_terminal() {
            assert!(may_write(&folder, false).unwrap_err().to_string().contains("is there already"));
        }
        assert!(may_write(&folder, true).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
