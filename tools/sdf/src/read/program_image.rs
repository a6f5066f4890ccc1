// SPDX-License-Identifier: MIT OR Apache-2.0
//! `program_image`.

use std::path::PathBuf;

use super::super::element::{Element, Found};
use super::super::image::ProgramElf;
use super::super::model::ProgramImage;
use lazaret_diagnostic::Span;

pub(super) fn read(element: &Element<'_, '_>) -> ProgramImage {
    element.allow_only_attributes(&["path", "path_for_symbols"]);
    let program = element.required("path");
    let symbols = element.text("path_for_symbols");
    let program_file = program.and_then(|name| open(element, name));
    let symbols_file = symbols.and_then(|name| open(element, name));
    let elf = program_file.as_ref().and_then(|(_, elf)| elf.clone());
    let elf = match (elf, &symbols_file) {
        (Some(elf), Some((_, Some(other)))) => Some(ProgramElf { symbols: other.symbols.clone(), ..elf }),
        (elf, _) => elf,
    };
    ProgramImage {
        name: program.map_or("", |name| name.value).into(),
        path: program_file.map(|(path, _)| path).unwrap_or_default(),
        symbols_name: symbols.map(|name| name.value.into()),
        symbols_path: symbols_file.map(|(path, _)| path),
        elf,
        span: program.map_or(element.span(), |name| name.span),
    }
}

/// What stands in for an image that is missing.
pub(super) fn none(span: Span) -> ProgramImage {
    ProgramImage { name: String::new(), path: PathBuf::new(), symbols_name: None, symbols_path: None, elf: None, span }
}

fn open(element: &Element<'_, '_>, name: Found<&str>) -> Option<(PathBuf, Option<ProgramElf>)> {
    let cx = element.cx();
    if cx.files.is_pending(name.value) {
        return Some((PathBuf::new(), None));
    }
    let Some(path) = cx.files.find(name.value) else {
        let error = element.error(name.span, format!("Program image '{}' not found", name.value));
        cx.report(error.help(format!("looked in: {}", cx.files.describe())));
        return None;
    };
    match cx.program(&path) {
        Ok(elf) => Some((path, Some(elf))),
        Err(why) => {
            let error = element.error(name.span, format!("Program image '{}' {why}", name.value));
            cx.report(error.help("a program image is a statically linked 64-bit little-endian AArch64 ELF executable"));
            None
        }
    }
}
