"""Identifier slots: rare names become numbered placeholder tokens on the way in, names on the way out.

A small model copies long names badly, one letter at a time. A name that is not in the lexicon is therefore
written once in full, followed by a slot token, and from then on only as that token:

>>> coder = SlotCoder(frozenset({"input", "assign"}))
>>> coder.encode_prompt("input fifo_rdy, x9;\\nassign x9")
'input fifo_rdy<|s0|>, x9<|s1|>;\\nassign <|s1|>'
>>> coder.encode_answer(" = fifo_rdy & tmp_q;")
' = <|s0|> & tmp_q;'
>>> coder.decode(" = <|s0|> & tmp_q;")
' = fifo_rdy & tmp_q;'

A lexicon with the entry `NUMBERS` wants the same for the digits of long numbers, whatever stands before them:

>>> coder = SlotCoder(frozenset({"is", "from", "to", NUMBERS}))
>>> coder.encode_prompt("y9 is from 36 to 3733")
'y9<|s0|> is from 36 to 3733<|s1|>'
>>> coder.encode_answer("y9 <= 12'd3733")
"<|s0|> <= 12'd<|s1|>"

Training and inference share this file, so that both see the same text.
"""

from __future__ import annotations

import re
from collections.abc import Set

SLOTS = 96
"""Number of slot tokens in the vocabulary."""

END_OF_TEXT = "<|endoftext|>"
PAD = "<|pad|>"
SPEC = "<|spec|>"
MODULE = "<|module|>"
FIM_PREFIX = "<|fim_prefix|>"
FIM_SUFFIX = "<|fim_suffix|>"
FIM_MIDDLE = "<|fim_middle|>"
CONTROL_TOKENS = (END_OF_TEXT, PAD, SPEC, MODULE, FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE)
"""Tokens that steer the model, in the order of their ids; the slot tokens follow."""

NUMBERS = "#numbers"
"""No word but a wish, as an entry of a lexicon: numbers of three digits or more get slots too."""

_WORD = r"[A-Za-z_][A-Za-z0-9_$]*"
_NUMBER = r"[0-9][A-Za-z0-9_$]*|'[sS]?[bBoOdDhH][0-9a-fA-FxXzZ?_]+(?![A-Za-z0-9_$])"
_LONG_NUMBER = re.compile(r"('[sS]?[bBoOdDhH]|0[xX])([0-9a-fA-F_]{3,})|()([0-9]{3,})")
_LONGEST = 128

_GUARD = "\ue000"  # private use: stands between `<` and `|` where the user's own text spells a token
_NAMES = "|".join([*(re.escape(t[2:-2]) for t in CONTROL_TOKENS), r"s\d{1,3}"])
_ESCAPE = re.compile(rf"<({_GUARD}*\|(?:{_NAMES})\|>)")
_UNESCAPE = re.compile(rf"<{_GUARD}({_GUARD}*\|(?:{_NAMES})\|>)")
_PIECE = re.compile(rf"<{_GUARD}+\|(?:{_NAMES})\|>|{_NUMBER}|{_WORD}")
_SLOT = re.compile(r"<\|s(\d{1,3})\|>")
_UNFINISHED = re.compile(rf"<(?:{_GUARD}+|{_GUARD}*\|(?:[a-z_]{{0,16}}\d{{0,3}}\|?)?)?\Z")


def words(text: str) -> list[str]:
    """The identifiers and words of `text`, in order; numbers such as 8'hff and 0x1f are none.

    >>> words("assign y = 8'hff + $clog2(w2);")
    ['assign', 'y', 'clog2', 'w2']
    """
    return [piece for piece in _PIECE.findall(text) if _is_word(piece)]


def _is_word(piece: str) -> bool:
    return piece[0].isalpha() or piece[0] == "_"


def slot_token(index: int) -> str:
    """The token of slot `index`."""
    return f"<|s{index}|>"


class SlotCoder:
    """Codes the parts of one prompt, in prompt order, and its answer; remembers which name has which slot.

    `lexicon` holds the words that stay as they are. Slots are given out in order of appearance from
    `offset`, modulo `slots`; names beyond that number, and names of absurd length, are spelled everywhere.
    Text that itself spells a token is guarded, so that it neither steers the model nor is lost.
    """

    def __init__(self, lexicon: Set[str], offset: int = 0, slots: int = SLOTS) -> None:
        self._lexicon = lexicon
        self._numbers = NUMBERS in lexicon
        self._offset = offset
        self._slots = slots
        self._slot_of: dict[str, int] = {}
        self._word_of: dict[int, str] = {}
        self._spelled: set[str] = set()

    @property
    def names(self) -> dict[int, str]:
        """Slot number → name, as coded so far."""
        return dict(self._word_of)

    def encode_prompt(self, text: str) -> str:
        """Code `text`, giving slots to names that appear for the first time."""
        return _PIECE.sub(self._prompt_word, _ESCAPE.sub(rf"<{_GUARD}\1", text))

    def encode_answer(self, text: str) -> str:
        """Code `text` with the slots given so far; other names are spelled, here and from now on."""
        return _PIECE.sub(self._answer_word, _ESCAPE.sub(rf"<{_GUARD}\1", text))

    def decode(self, text: str) -> str:
        """Undo either encoding. A slot without a name stays: no valid HDL, so the gate refuses it."""
        decoder = self.decoder()
        return decoder.push(text) + decoder.finish()

    def decoder(self) -> StreamDecoder:
        """A decoder for text that arrives in pieces."""
        return StreamDecoder(self._word_of)

    def _parts(self, piece: str) -> tuple[str, str] | None:
        """What stands before the part that may have a slot, and that part; None if nothing may."""
        if _is_word(piece):
            return "", piece
        number = _LONG_NUMBER.fullmatch(piece) if self._numbers else None
        return (number[1] or "", number[2] or number[4]) if number else None

    def _prompt_word(self, match: re.Match[str]) -> str:
        parts = self._parts(match[0])
        if parts is None:
            return match[0]
        lead, word = parts
        if word in self._slot_of:
            return lead + slot_token(self._slot_of[word])
        if word in self._lexicon or word in self._spelled:
            return match[0]
        if len(self._slot_of) >= self._slots or len(word) > _LONGEST:
            self._spelled.add(word)
            return match[0]
        slot = (self._offset + len(self._slot_of)) % self._slots
        self._slot_of[word] = slot
        self._word_of[slot] = word
        return match[0] + slot_token(slot)

    def _answer_word(self, match: re.Match[str]) -> str:
        parts = self._parts(match[0])
        if parts is None:
            return match[0]
        lead, word = parts
        if word in self._slot_of:
            return lead + slot_token(self._slot_of[word])
        if word not in self._lexicon:
            self._spelled.add(word)
        return match[0]


class StreamDecoder:
    """Decodes coded text piece by piece; holds back a tail that may be the start of a token.

    The pieces may be cut anywhere: the results of all `push` calls and of `finish` join to what one call of
    `SlotCoder.decode` gives for the whole text.
    """

    def __init__(self, word_of: dict[int, str]) -> None:
        self._word_of = word_of
        self._held = ""
        self._literal = ""  # text since the last slot: a name just spelled makes its slot a definition

    def push(self, text: str) -> str:
        """Take one more piece; return what can be shown already."""
        text = self._held + text
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return self._expand(text[:cut])

    def finish(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return self._expand(held)

    def _expand(self, text: str) -> str:
        parts: list[str] = []
        position = 0
        for match in _SLOT.finditer(text):
            literal = text[position : match.start()]
            word = self._word_of.get(int(match[1]), match[0])
            defines = (self._literal + literal).endswith(word)
            parts += [literal, "" if defines else word]
            self._literal = ""
            position = match.end()
        parts.append(text[position:])
        self._literal = (self._literal + text[position:])[-_LONGEST:]
        return _UNESCAPE.sub(r"<\1", "".join(parts))
