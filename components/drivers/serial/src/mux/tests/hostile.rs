// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clients that send whatever they like, on a terminal that does what it is told: nobody writes anywhere but behind the
//! own name in the last line.

use super::{Bench, ESCAPE};
use proptest::prelude::*;

/// The lines of a terminal that is wide enough. It knows what the driver lets through, and panics at anything else.
struct Terminal {
    rows: Vec<Vec<char>>,
    column: usize,
}

impl Terminal {
    /// With this on it.
    fn showing(output: &[u8]) -> Self {
        let mut terminal = Self { rows: vec![Vec::new()], column: 0 };
        let text = std::str::from_utf8(output).expect("no character is cut, and no byte is C1");
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '\x1b' => {
                    assert_eq!(rest.next(), Some('['));
                    let parameters: String =
                        std::iter::from_fn(|| rest.next_if(|c| c.is_ascii_digit() || *c == ';')).collect();
                    terminal.command(&parameters, rest.next().expect("complete"));
                }
                '\r' => terminal.column = 0,
                '\n' => terminal.rows.push(Vec::new()),
                '\x08' => terminal.column = terminal.column.saturating_sub(1),
                '\x07' => {}
                '\t' => terminal.column = (terminal.column / 8 + 1) * 8,
                _ => terminal.write(character),
            }
        }
        terminal
    }

    fn row(&mut self) -> &mut Vec<char> {
        self.rows.last_mut().expect("there is always one")
    }

    fn write(&mut self, character: char) {
        assert!(!character.is_control(), "{character:?}");
        let column = self.column;
        let row = self.row();
        row.resize(row.len().max(column + 1), ' ');
        row[column] = character;
        self.column += 1;
    }

    fn command(&mut self, parameters: &str, command: char) {
        let count = parameters.split(';').next().unwrap_or("").parse::<usize>().unwrap_or(0).max(1);
        let column = self.column;
        match command {
            'm' => {}
            'K' => self.row().truncate(column),
            'C' => self.column += count.min(200),
            'D' => self.column = self.column.saturating_sub(count),
            'P' => {
                let end = self.row().len().min(column.saturating_add(count));
                self.row().drain(column.min(end)..end);
            }
            '@' => {
                let row = self.row();
                row.resize(row.len().max(column), ' ');
                row.splice(column..column, std::iter::repeat_n(' ', count.min(200)));
            }
            _ => panic!("{command:?}"),
        }
    }
}

/// What hostile bytes are made of.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "\x1b[",
        "\x1b]0;",
        "\x1b",
        "\x1bP",
        "\u{9b}",
        "\x07",
        "\x1b\\",
        "2J",
        "1;1H",
        "A",
        "5D",
        "99D",
        "m",
        "31m",
        "K",
        "1K",
        "J",
        "C",
        "3P",
        "7@",
        "?1049h",
        "\r",
        "\n",
        "\r\n",
        "\t",
        "\x08",
        "\x08\x08\x08\x08",
        "a",
        "linux| ",
        "bare| x",
        "MON|INFO: ",
        "[serial: ",
        "é",
        "\u{202e}",
        "\u{85}",
        "\u{2028}",
        "🦀",
        "\x0b",
        "\x0c",
        "\x18",
    ]);
    let piece =
        prop_oneof![4 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => any::<u8>().prop_map(|byte| vec![byte])];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// What a row begins with, and so whose it is.
fn owner(row: &str) -> Option<&str> {
    ["linux", "bare", "[serial"].into_iter().find(|name| {
        let rest = row.strip_prefix(name).unwrap_or_default();
        rest.starts_with("| ") || rest.starts_with("+ ") || (*name == "[serial" && rest.starts_with(": "))
    })
}

proptest! {
    /// Rows are compared after each piece: only the last may change, and no row loses its owner.
    #[test]
    fn nobody_leaves_the_own_line(said in prop::collection::vec((0..3usize, bytes()), 1..12)) {
        let mut bench = Bench::described(&["", ""], &["linux", "bare"]);
        let mut before: Vec<String> = vec![String::new()];
        let mut focus = 0;
        for (who, bytes) in said {
            match who {
                2 => {
                    focus = 1 - focus;
                    bench.type_in(&[ESCAPE, b'0' + focus]);
                }
                _ => _ = bench.say_at(None, who, &bytes),
            }
            let after: Vec<String> = Terminal::showing(&bench.screen).rows.iter().map(|row| row.iter().collect()).collect();
            prop_assert!(after.len() >= before.len());
            let done = before.len() - 1;
            prop_assert_eq!(&after[..done], &before[..done]);
            for (index, row) in after.iter().enumerate() {
                prop_assert!(owner(row).is_some() || (row.is_empty() && index + 1 == after.len()), "{row:?}");
            }
            let names = ["linux", "bare", "[serial"];
            for row in &after[before.len()..] {
                let mine = owner(row);
                prop_assert!(mine.is_none() || mine == Some(names[who]), "{row:?} of {who}");
            }
            prop_assert!(owner(&before[done]).is_none() || owner(&before[done]) == owner(&after[done]));
            before = after;
        }
    }

    /// What has not the input comes as ASCII without any control character but tabs and the ends of lines.
    #[test]
    fn nothing_of_an_unfocused_client_acts(said in prop::collection::vec(bytes(), 1..8), raw in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bench = Bench::described(&["", ""], &["linux", "bare"]);
        for bytes in said.iter().chain([&raw]) {
            bench.say_at(None, 1, bytes);
        }
        let screen = String::from_utf8(bench.screen).unwrap();
        for line in screen.split("\r\n").filter(|line| !line.is_empty()) {
            for part in line.split('\r') {
                prop_assert!(part.starts_with("bare| ") || part.starts_with("bare+ "), "{line:?}");
                prop_assert!(part.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')), "{part:?}");
            }
        }
    }
}
