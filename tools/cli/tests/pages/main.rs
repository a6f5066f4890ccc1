// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the pages (README.md, CONTRIBUTING.md, CHANGELOG.md) say is true: commands parse, paths and links lead
//! somewhere, figures are the measured ones, and no crate is without a page.

mod commands;
mod crates;
mod figures;
mod machine_code;
mod page;
mod paths;
mod walks;

use page::Page;

/// The front page is short enough to be read.
#[test]
fn the_front_page_is_short() {
    const MOST_WORDS: usize = 1200;
    let words = Page::read("README.md").text.split_whitespace().count();
    assert!(words <= MOST_WORDS, "README.md has {words} words, more than {MOST_WORDS}");
}
