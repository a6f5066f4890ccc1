// SPDX-License-Identifier: MIT OR Apache-2.0
//! What appears on the line, and who gets what is typed.

mod hostile;

use super::{Client, ESCAPE, Mux};
use crate::{MAX_CLIENTS, Names};

/// Milliseconds are its ticks.
const FREQUENCY: u64 = 1000;

struct Bench {
    mux: Mux,
    clients: Vec<Client>,
    screen: Vec<u8>,
}

impl Bench {
    /// Clients that call themselves so.
    fn new(names: &[&str]) -> Self {
        Self::described(names, &[])
    }

    /// What they say, and what the description says.
    fn described(names: &[&str], described: &[&str]) -> Self {
        let mut clients = Vec::new();
        for name in names {
            let client = Client { tx: Box::leak(Box::default()), rx: Box::leak(Box::default()) };
            client.tx.set_name(name);
            clients.push(client);
        }
        let mut table = [None; MAX_CLIENTS];
        clients.iter().enumerate().for_each(|(index, client)| table[index] = Some(*client));
        let mut names = Names::default();
        names.iter_mut().zip(described).for_each(|(name, text)| name[..text.len()].copy_from_slice(text.as_bytes()));
        Self { mux: Mux::new(table, &names, FREQUENCY), clients, screen: Vec::new() }
    }

    /// Which is shown at once.
    fn say(&mut self, index: usize, text: &str) -> &mut Self {
        self.say_at(None, index, text.as_bytes())
    }

    fn say_at(&mut self, now: Option<u64>, index: usize, text: &[u8]) -> &mut Self {
        text.iter().for_each(|&byte| assert!(self.clients[index].tx.push(byte)));
        self.mux.output(index, now, &mut |byte| self.screen.push(byte));
        self
    }

    /// The time is this now.
    fn look(&mut self, now: u64) -> &str {
        self.mux.output_all(Some(now), &mut |byte| self.screen.push(byte));
        self.screen()
    }

    fn type_in(&mut self, bytes: &[u8]) -> Vec<Option<usize>> {
        bytes.iter().map(|byte| self.mux.input(*byte, &mut |byte| self.screen.push(byte))).collect()
    }

    fn screen(&self) -> &str {
        std::str::from_utf8(&self.screen).unwrap()
    }

    fn received(&self, index: usize) -> Vec<u8> {
        self.clients[index].rx.drain().collect()
    }
}

#[test]
fn one_client_has_the_line_to_itself() {
    let mut bench = Bench::new(&["linux"]);
    bench.say(0, "Booting\nlogin: ").say(0, "root\r\n");
    assert_eq!(bench.screen(), "Booting\r\nlogin: root\r\n");
    assert_eq!(bench.type_in(&[ESCAPE, b'1']), [Some(0), Some(0)]);
    assert_eq!(bench.received(0), [ESCAPE, b'1']);
}

#[test]
fn lines_carry_names() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(0, "a\nb\n").say(1, "c\r\n\n");
    assert_eq!(bench.screen(), "linux| a\r\nlinux| b\r\nbare| c\r\nbare| \r\n");
}

#[test]
fn a_prompt_goes_on_where_it_was() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(0, "login: ").say(0, "root\n");
    assert_eq!(bench.screen(), "linux| login: root\r\n");
}

#[test]
fn a_prompt_appears_in_time_and_lines_do_not_wait() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say_at(Some(100), 0, b"=> ").say_at(Some(105), 1, b"tick\n");
    assert!(bench.mux.holds_back());
    assert_eq!(bench.look(119), "bare| tick\r\n");
    assert_eq!(bench.look(120), "bare| tick\r\nlinux| => ");
    assert!(!bench.mux.holds_back());
    // What is typed is echoed sooner: its line is there already.
    bench.say_at(Some(500), 0, b"l");
    assert!(!bench.look(501).ends_with('l'));
    assert!(bench.look(502).ends_with("=> l"));
    bench.say_at(Some(900), 0, b"s\n$ ");
    assert!(bench.screen().ends_with("=> ls\r\n"));
    assert!(bench.look(919).ends_with("=> ls\r\n"));
    assert!(bench.look(920).ends_with("ls\r\nlinux| $ "));
}

#[test]
fn two_lines_that_grow_at_once_are_not_mixed() {
    let mut bench = Bench::new(&["linux", "bare"]);
    for now in 0..15 {
        bench.say_at(Some(now), 0, b"a").say_at(Some(now), 1, b"b");
    }
    bench.say_at(Some(15), 1, b"\n").say_at(Some(16), 0, b"\n");
    assert_eq!(bench.screen(), "bare| bbbbbbbbbbbbbbb\r\nlinux| aaaaaaaaaaaaaaa\r\n");
}

#[test]
fn a_clock_that_jumps_holds_nothing_for_ever() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say_at(Some(u64::MAX - 1), 0, b"x");
    assert_eq!(bench.look(17), "");
    assert_eq!(bench.look(18), "linux| x");
    bench.say_at(Some(1000), 1, b"y").look(3);
    assert!(bench.screen().ends_with("bare| y"));
    bench.say_at(Some(2000), 0, &[b'z'; 1024]);
    assert!(bench.screen().ends_with("zzz"), "half a ring waits for nobody");
}

#[test]
fn clients_are_told_whether_they_have_to_signal() {
    let bench = Bench::new(&["linux", "bare"]);
    for watched in [true, false] {
        bench.mux.watch(watched);
        assert!(bench.clients.iter().all(|client| client.tx.is_watched() == watched));
    }
}

#[test]
fn a_return_stays_behind_the_name() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(1, "10%\r20%\r\n");
    assert_eq!(bench.screen(), "bare| 10%\rbare| 20%\r\n");
    bench.screen.clear();
    bench.say(1, "30%").say(0, "x\n").say(1, "\r40%\n");
    assert_eq!(bench.screen(), "bare| 30%\r\nlinux| x\r\nbare| 40%\r\n");
}

#[test]
fn colours_end_with_the_line() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(0, "\x1b[31mred").say(1, "x\n").say(0, " more\n");
    assert_eq!(bench.screen(), "linux| \x1b[31mred\x1b[0m\r\nbare| x\r\nlinux+  more\r\n");
    bench.screen.clear();
    bench.say(0, "\x1b[8m");
    bench.type_in(&[ESCAPE, b'1']);
    assert_eq!(bench.screen(), "linux| \x1b[8m\x1b[0m\r\n[serial: input goes to bare]\r\n");
    // From now on it has not the input.
    bench.say(0, "\x1b[31mplain\n");
    assert!(bench.screen().ends_with("]\r\nlinux+ plain\r\n"));
}

#[test]
fn the_only_client_may_do_with_its_terminal_what_it_likes() {
    let mut bench = Bench::new(&["linux"]);
    bench.say(0, "\x1b[2J\x1b[1;1Ha\rb\x08\n");
    assert_eq!(bench.screen(), "\x1b[2J\x1b[1;1Ha\rb\x08\r\n");
}

#[test]
fn names_are_the_descriptions() {
    let mut bench = Bench::described(&["MON", "linux"], &["linux", "bare", "bare"]);
    bench.say(0, "a\n").say(1, "b\n");
    assert_eq!(bench.screen(), "linux| a\r\nbare| b\r\n");
    let mut bench = Bench::described(&["x", "", "linux"], &["linux", "", "linux"]);
    bench.say(0, "a\n").say(1, "b\n").say(2, "c\n");
    assert_eq!(bench.screen(), "linux| a\r\n1| b\r\n2| c\r\n");
    let mut bench = Bench::new(&["a|b", "\x1b[2J"]);
    bench.say(0, "a\n").say(1, "b\n");
    assert_eq!(bench.screen(), "a| a\r\n1| b\r\n");
}

#[test]
fn another_client_cuts_a_line_and_one_sees_where_it_goes_on() {
    let mut bench = Bench::new(&["linux", ""]);
    bench.say(0, "login: ").say(1, "tick\n").say(0, "root\n").say(0, "$ ").say(1, "tack");
    assert_eq!(bench.screen(), "linux| login: \r\n1| tick\r\nlinux+ root\r\nlinux| $ \r\n1| tack");
    bench.say(0, "\n").say(1, "\n").say(0, "end\n");
    assert!(bench.screen().ends_with("1| tack\r\nlinux+ \r\n1+ \r\nlinux| end\r\n"));
}

#[test]
fn nobody_takes_another_name() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(0, "a\n").say(1, "b\n");
    bench.clients[1].tx.set_name("linux");
    bench.say(1, "c\n");
    assert_eq!(bench.screen(), "linux| a\r\nbare| b\r\nbare| c\r\n");
    let mut bench = Bench::new(&["linux", "linux"]);
    bench.say(0, "a\n").say(1, "b\n");
    assert_eq!(bench.screen(), "linux| a\r\n1| b\r\n");
}

#[test]
fn nobody_makes_up_a_line_of_the_system_s_own() {
    for names in [&["linux"][..], &["linux", "\u{1e}MON"]] {
        let mut bench = Bench::new(names);
        bench.say(0, "\u{1e}MON|ERROR: x\n");
        names.iter().skip(1).for_each(|_| _ = bench.say(1, "\u{1e}\u{1e}y\n"));
        assert!(bench.screen().contains("MON|ERROR: x") && !bench.screen().contains('\u{1e}'), "{}", bench.screen());
    }
}

#[test]
fn input_follows_the_focus() {
    let mut bench = Bench::new(&["linux", "bare"]);
    assert_eq!(bench.type_in(b"a"), [Some(0)]);
    assert_eq!(bench.type_in(&[ESCAPE, b'1', b'b', ESCAPE, ESCAPE]), [None, None, Some(1), None, Some(1)]);
    assert_eq!((bench.received(0), bench.received(1)), (vec![b'a'], vec![b'b', ESCAPE]));
    assert_eq!(bench.screen(), "[serial: input goes to bare]\r\n");
}

#[test]
fn a_console_that_is_not_there_is_not_selected() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(1, "> ");
    bench.type_in(&[ESCAPE, b'9', b'x', ESCAPE, b'?']);
    assert_eq!(bench.received(0), [b'x']);
    assert!(bench.screen().starts_with("bare| > \r\n[serial: no such console]\r\n[serial: keys"));
}

#[test]
fn each_of_sixteen_has_its_key() {
    let mut bench = Bench::new(&["vm"; MAX_CLIENTS]);
    for (index, key) in (b'0'..=b'9').chain(b'a'..=b'f').enumerate() {
        assert_eq!(bench.type_in(&[ESCAPE, key, key]), [None, None, Some(index)]);
        assert_eq!(bench.received(index), [key]);
    }
    bench.type_in(&[ESCAPE, b'g', b'x']);
    assert_eq!(bench.received(MAX_CLIENTS - 1), [b'x']);
}

#[test]
fn without_clients_nothing_happens() {
    let mut bench = Bench::new(&[]);
    assert_eq!(bench.type_in(b"x"), [None]);
    bench.mux.output(3, Some(1), &mut |_: u8| panic!());
    assert!(!bench.mux.holds_back());
}
