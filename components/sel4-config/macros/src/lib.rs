// SPDX-License-Identifier: MIT OR Apache-2.0
//! The macros of `sel4-config`; use them through that crate.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod condition;
mod options;

use std::fmt::Write;

use condition::{holds, split_commas};
use options::{OPTIONS, Value};
use proc_macro::{Delimiter, Literal, TokenStream, TokenTree};

fn parse(text: &str) -> TokenStream {
    text.parse().expect("written here")
}

fn or_error(result: Result<TokenStream, String>) -> TokenStream {
    result.unwrap_or_else(|message| parse(&format!("::core::compile_error!({message:?});")))
}

fn or_error_expression(result: Result<TokenStream, String>) -> TokenStream {
    result.unwrap_or_else(|message| parse(&format!("{{ ::core::compile_error!({message:?}) }}")))
}

fn text_of(input: TokenStream) -> Result<&'static str, String> {
    let key = input.to_string();
    match options::get(&key)? {
        Value::Text(value) => Ok(value),
        Value::Bool(_) => Err(format!("`{key}` is a boolean")),
    }
}

/// The option as a `bool`, or a condition's value.
#[proc_macro]
pub fn sel4_cfg_bool(input: TokenStream) -> TokenStream {
    let tokens: Vec<_> = input.into_iter().collect();
    or_error_expression(holds(&tokens).map(|value| parse(if value { "true" } else { "false" })))
}

/// The option as a `&'static str`.
#[proc_macro]
pub fn sel4_cfg_str(input: TokenStream) -> TokenStream {
    or_error_expression(text_of(input).map(|value| TokenTree::from(Literal::string(value)).into()))
}

fn number(input: TokenStream, suffix: &str) -> Result<TokenStream, String> {
    let key = input.to_string();
    let text = text_of(input)?;
    let value: u64 = text.parse().map_err(|_| format!("`{key}` is not a number: {text}"))?;
    Ok(parse(&format!("{value}{suffix}")))
}

/// The option as a `usize`.
#[proc_macro]
pub fn sel4_cfg_usize(input: TokenStream) -> TokenStream {
    or_error_expression(number(input, "usize"))
}

/// The option as a `u64`.
#[proc_macro]
pub fn sel4_cfg_word(input: TokenStream) -> TokenStream {
    or_error_expression(number(input, "u64"))
}

/// Keeps the item only when the condition holds.
#[proc_macro_attribute]
pub fn sel4_cfg(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let condition: Vec<_> = attribute.into_iter().collect();
    or_error(holds(&condition).map(|value| if value { item } else { TokenStream::new() }))
}

/// Gives the item the attributes that follow the condition only when it holds.
#[proc_macro_attribute]
pub fn sel4_cfg_attr(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut parts = split_commas(attribute).into_iter();
    let condition = parts.next().unwrap_or_default();
    or_error(holds(&condition).map(|value| {
        let mut out = TokenStream::new();
        for part in parts.filter(|_| value) {
            let part: TokenStream = part.into_iter().collect();
            out.extend(parse(&format!("#[{part}]")));
        }
        out.extend(item);
        out
    }))
}

fn choose_branch(input: TokenStream) -> Result<TokenStream, String> {
    const FORM: &str = "expected `if #[sel4_cfg(..)] {..} else if #[sel4_cfg(..)] {..} else {..}`";
    let tokens: Vec<_> = input.into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut chosen = None;
    loop {
        let [
            TokenTree::Ident(word),
            TokenTree::Punct(hash),
            TokenTree::Group(attribute),
            TokenTree::Group(body),
            tail @ ..,
        ] = rest
        else {
            return Err(FORM.into());
        };
        if word.to_string() != "if" || hash.as_char() != '#' || body.delimiter() != Delimiter::Brace {
            return Err(FORM.into());
        }
        let attribute: Vec<_> = attribute.stream().into_iter().collect();
        let [TokenTree::Ident(_), TokenTree::Group(condition)] = attribute.as_slice() else {
            return Err(FORM.into());
        };
        let condition: Vec<_> = condition.stream().into_iter().collect();
        if holds(&condition)? && chosen.is_none() {
            chosen = Some(body.stream());
        }
        match tail {
            [] => return Ok(chosen.unwrap_or_default()),
            [TokenTree::Ident(_), TokenTree::Group(body)] => return Ok(chosen.unwrap_or_else(|| body.stream())),
            [TokenTree::Ident(_), more @ ..] => rest = more,
            _ => return Err(FORM.into()),
        }
    }
}

/// Picks the first branch whose condition holds.
#[proc_macro]
pub fn sel4_cfg_if(input: TokenStream) -> TokenStream {
    or_error(choose_branch(input))
}

/// One constant for each option.
#[proc_macro]
pub fn declare_consts(_input: TokenStream) -> TokenStream {
    let mut out = String::new();
    for (key, value) in OPTIONS {
        let (kind, value) = match value {
            Value::Bool(value) => ("bool", format!("{value}")),
            Value::Text(value) => ("&str", format!("{value:?}")),
        };
        writeln!(out, "/// `{key}`\npub const {key}: {kind} = {value};").expect("strings take everything");
    }
    parse(&out)
}
