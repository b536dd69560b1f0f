//! Given the name of a member, says whether its whole value is a secret.
//!
//! `password`, `apiKey`, `X-Api-Key`, `DB_PASSWORD` and `client_secret` are; `tokens_input`,
//! `max_tokens`, `secretary`, `public_key` and `next_page_token` are not. A name counts by how it
//! ends, in any case and in snake, kebab, dotted or camel style.

/// Is the whole value of a member of this name a secret?
pub(super) fn sensitive(name: &str) -> bool {
    let Some(tail) = name.as_bytes().last_chunk() else { return false };
    let tail = folded(*tail);
    if TAILS & bit_of(tail) == 0 {
        return false;
    }
    ENDINGS.iter().any(|ending| {
        ending.tail == tail
            && before(name, ending.words).is_some_and(|before| {
                let starts_word = before.is_empty() || !ending.whole || word_ends(before, name);
                starts_word && !harmless(before, ending.harmless)
            })
    })
}

/// A sensitive name ends in one of these, whatever stands before.
#[cfg(test)]
pub(super) fn last_words() -> impl Iterator<Item = &'static str> {
    ENDINGS.iter().filter_map(|ending| ending.words.last().copied())
}

struct Ending {
    /// The last words of a name, in lower case; one separator or none stands between two.
    words: &'static [&'static str],
    /// The last three bytes, which tell most names apart at once.
    tail: u32,
    /// The first of them begins a word: `pwd` and `db_pwd`, not `forpwd`.
    whole: bool,
    /// With one of these words right before, the name is harmless: `next_page_token`.
    harmless: &'static [&'static str],
}

const fn ending(words: &'static [&'static str]) -> Ending {
    let tail = match words {
        [.., last] => match last.as_bytes().last_chunk() {
            Some(tail) => folded(*tail),
            None => 0,
        },
        [] => 0,
    };
    Ending { words, tail, whole: false, harmless: &[] }
}

/// As one number, upper case as lower.
const fn folded([one, two, three]: [u8; 3]) -> u32 {
    u32::from_le_bytes([one | 0x20, two | 0x20, three | 0x20, 0])
}

impl Ending {
    const fn whole(self) -> Ending {
        Ending { whole: true, ..self }
    }

    const fn unless_after(self, harmless: &'static [&'static str]) -> Ending {
        Ending { harmless, ..self }
    }
}

/// Each last word has at least three letters, so that with the closing quote it is an anchor.
const ENDINGS: &[Ending] = &[
    ending(&["password"]),
    ending(&["password1"]),
    ending(&["password2"]),
    ending(&["passwords"]),
    ending(&["pass", "word"]),
    ending(&["passwd"]),
    ending(&["pwd"]).whole().unless_after(&["old"]),
    ending(&["passphrase"]),
    ending(&["pass", "phrase"]),
    ending(&["passcode"]),
    ending(&["password", "hash"]),
    ending(&["password", "confirmation"]),
    ending(&["password", "salt"]),
    ending(&["secret"]),
    ending(&["secrets"]),
    ending(&["token"]).unless_after(PLAIN_TOKENS),
    ending(&["access", "tokens"]),
    ending(&["refresh", "tokens"]),
    ending(&["auth", "tokens"]),
    ending(&["api", "tokens"]),
    ending(&["api", "key"]),
    ending(&["api", "keys"]),
    ending(&["app", "key"]).whole(),
    ending(&["application", "key"]),
    ending(&["secret", "key"]),
    ending(&["secret", "keys"]),
    ending(&["access", "key"]),
    ending(&["access", "keys"]),
    ending(&["account", "key"]),
    ending(&["auth", "key"]),
    ending(&["private", "key"]),
    ending(&["private", "keys"]),
    ending(&["ssh", "key"]).unless_after(&["public"]),
    ending(&["signing", "key"]),
    ending(&["encryption", "key"]),
    ending(&["decryption", "key"]),
    ending(&["master", "key"]),
    ending(&["shared", "key"]),
    ending(&["session", "key"]),
    ending(&["subscription", "key"]),
    ending(&["connection", "string"]),
    ending(&["authorization"]),
    ending(&["cookie"]),
    ending(&["cookie2"]),
    ending(&["cookies"]),
    ending(&["credential"]),
    ending(&["credentials"]),
    ending(&["bearer"]).whole(),
    ending(&["jwt"]).whole(),
    ending(&["otp"]).whole(),
    ending(&["backup", "codes"]),
    ending(&["recovery", "codes"]),
    ending(&["recovery", "phrase"]),
    ending(&["seed", "phrase"]),
    ending(&["mnemonic"]).whole(),
    ending(&["client", "assertion"]),
    ending(&["cvv"]).whole(),
    ending(&["cvv2"]).whole(),
    ending(&["cvc"]).whole(),
    ending(&["card", "number"]),
    ending(&["ssn"]).whole(),
    ending(&["social", "security", "number"]),
];

/// The tails of all endings, for one look: most names are not sensitive.
const TAILS: u64 = {
    let mut bits = 0;
    let mut rest = ENDINGS;
    while let [ending, after @ ..] = rest {
        bits |= bit_of(ending.tail);
        rest = after;
    }
    bits
};

const fn bit_of(tail: u32) -> u64 {
    1 << (tail.wrapping_mul(0x9e37_79b1) >> 26)
}

/// Tokens that are marks in a text, places in a list or amounts.
const PLAIN_TOKENS: &[&str] = &[
    "bos",
    "cancel",
    "cancellation",
    "cls",
    "continuation",
    "cost",
    "cursor",
    "end",
    "eos",
    "first",
    "image",
    "input",
    "last",
    "mask",
    "max",
    "min",
    "next",
    "output",
    "pad",
    "page",
    "per",
    "price",
    "resume",
    "sep",
    "special",
    "start",
    "stop",
    "sync",
    "total",
    "unk",
];

/// A name that asks or tells about a secret instead of holding it: `has_password`.
const ABOUT: &[&str] = &[
    "allow", "allows", "disable", "disabled", "enable", "enabled", "forgot", "has", "hide", "is",
    "missing", "need", "needs", "no", "num", "reset", "require", "required", "requires", "show",
    "supports", "use", "uses", "with", "without",
];

const SEPARATORS: &[char] = &['_', '-', '.', ' '];

/// What stands before these last words, if the name ends in them.
fn before<'a>(name: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut rest = name;
    for (place, word) in words.iter().rev().enumerate() {
        if place > 0 {
            rest = rest.strip_suffix(SEPARATORS).unwrap_or(rest);
        }
        let (head, tail) = rest.split_at_checked(rest.len().checked_sub(word.len())?)?;
        if !tail.eq_ignore_ascii_case(word) {
            return None;
        }
        rest = head;
    }
    Some(rest)
}

/// Does a word end where `before` ends: at a separator, or before a capital (`dbPwd`)?
fn word_ends(before: &str, name: &str) -> bool {
    let next = name.get(before.len()..).and_then(|rest| rest.chars().next());
    let last = before.chars().next_back();
    !last.is_some_and(char::is_alphanumeric)
        || (last.is_some_and(|last| !last.is_uppercase()) && next.is_some_and(char::is_uppercase))
}

fn harmless(before: &str, harmless: &[&str]) -> bool {
    let among = |words: &[&str], word: &str| words.iter().any(|w| word.eq_ignore_ascii_case(w));
    let words = || before.split(|letter: char| !letter.is_alphanumeric()).filter(|w| !w.is_empty());
    let last = words().next_back().map_or("", last_hump);
    let first = words().next().map_or("", first_hump);
    among(harmless, last) || among(ABOUT, first)
}

/// `nextPage` -> `Page`, `PAGE` -> `PAGE`.
fn last_hump(word: &str) -> &str {
    let lower = word.trim_end_matches(|letter: char| !letter.is_uppercase());
    let start = if lower.is_empty() || lower.len() == word.len() { 0 } else { lower.len() - 1 };
    word.get(start..).unwrap_or(word)
}

/// `hasDb` -> `has`, `HAS` -> `HAS`.
fn first_hump(word: &str) -> &str {
    let mut letters = word.char_indices().skip_while(|(_, letter)| letter.is_uppercase());
    let hump = letters.find(|(_, letter)| letter.is_uppercase());
    hump.and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

#[cfg(test)]
mod tests;
