// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditions: `KEY`, `KEY = "value"`, `not(..)`, `all(..)`, `any(..)`.

use proc_macro::{Delimiter, TokenStream, TokenTree};

use crate::options::{self, Value};

/// Splits at the commas of the outermost level; a trailing comma is allowed.
pub fn split_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => parts.push(Vec::new()),
            _ => parts.last_mut().expect("never empty").push(token),
        }
    }
    if parts.last().is_some_and(Vec::is_empty) {
        parts.pop();
    }
    parts
}

/// Whether the condition holds in the active configuration.
pub fn holds(tokens: &[TokenTree]) -> Result<bool, String> {
    match tokens {
        [TokenTree::Ident(key)] => match options::get(&key.to_string())? {
            Value::Bool(value) => Ok(value),
            Value::Text(_) => Err(format!("`{key}` is not a boolean: compare it with `{key} = \"..\"`")),
        },
        [TokenTree::Ident(key), TokenTree::Punct(equals), TokenTree::Literal(literal)] if equals.as_char() == '=' => {
            let wanted = literal.to_string();
            match options::get(&key.to_string())? {
                Value::Text(value) => Ok(wanted.trim_matches('"') == value),
                Value::Bool(_) => Err(format!("`{key}` is a boolean")),
            }
        }
        [TokenTree::Ident(operator), TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            let mut values = Vec::new();
            for part in split_commas(group.stream()) {
                values.push(holds(&part)?);
            }
            match (operator.to_string().as_str(), values.as_slice()) {
                ("not", [value]) => Ok(!value),
                ("all", values) => Ok(values.iter().all(|value| *value)),
                ("any", values) => Ok(values.iter().any(|value| *value)),
                (other, _) => Err(format!("`{other}(..)` is not a condition")),
            }
        }
        _ => Err("expected KEY, KEY = \"value\", not(..), all(..) or any(..)".into()),
    }
}
