// SPDX-License-Identifier: MIT OR Apache-2.0
//! `graph`: a system as a picture in SVG.
//!
//! Three columns: memory regions and interrupts on the left, protection domains with their virtual machines in the
//! middle, channels as arcs on the right. What a box can do is a line in the box; the line's end is where the
//! connection leaves it.
#![forbid(unsafe_code)]

mod layout;
mod scene;
mod svg;

use std::io::Write;
use std::path::PathBuf;

use lazaret_board::Board;
use lazaret_sdf::{SearchPath, System};

/// What to draw, and where to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The description.
    pub system: PathBuf,
    /// The board that it is for.
    pub board: Board,
    /// Where its files are; a picture can do without them.
    pub files: SearchPath,
    /// The file to write; standard output without one.
    pub output: Option<PathBuf>,
}

/// Draws. The result is the exit code; nothing is written for a description with errors.
pub fn run(options: &Options, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<u8> {
    let loaded = lazaret_sdf::load(&options.system, &options.board, &options.files)
        .or_else(|_| lazaret_sdf::load(&options.system, &options.board, &SearchPath::unchecked()));
    let system = match loaded {
        Ok(system) => system,
        Err(errors) => {
            lazaret_diagnostic::print_all(&errors, false, err)?;
            return Ok(lazaret_diagnostic::EXIT_INVALID);
        }
    };
    let picture = draw(&system);
    match &options.output {
        Some(path) => lazaret_diagnostic::write_file(path, picture)?,
        None => out.write_all(picture.as_bytes())?,
    }
    Ok(0)
}

/// The picture.
pub fn draw(system: &System) -> String {
    let scene = scene::Scene::of(system);
    let layout = layout::Layout::of(&scene);
    svg::render(&scene, &layout)
}
