r"""How BERT cuts a text into words: between blanks, and around each mark and each CJK character.

    "Ça va，\tmes Amis?"  ->  "ca" "va" "，" "mes" "amis" "?"
Blanks are lost, and so are capitals and accents, if one says so: ids do not give back the text.
Leaves out: pieces of words (wordpiece.py). Who calls it: wordpiece.py.
"""

from __future__ import annotations

import unicodedata

import regex

# Neither seen nor a blank: control and format characters, those for private use, and U+FFFD.
INVISIBLE = regex.compile(r"(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\uFFFD]")
# Chinese has no blanks between words. These are the blocks of its characters, which Japanese and
# Korean share. 2B820 to 2B91F are missing because they are missing in the library tokenizers.
IDEOGRAPH = regex.compile(
    r"[\u4E00-\u9FFF\u3400-\u4DBF\uF900-\uFAFF\U00020000-\U0002A6DF\U0002A700-\U0002B73F"
    r"\U0002B740-\U0002B81F\U0002B920-\U0002CEAF\U0002F800-\U0002FA1F]"
)
ACCENT = regex.compile(r"\p{Mn}")  # a mark that takes no room of its own
MARK = r"!-/:-@\[-`{-~\p{P}"  # punctuation, and of ASCII all but letters, digits and blanks
WORD = regex.compile(rf"[{MARK}]|[^\s{MARK}]+")


def words_of(text: str, lower: bool, strip_accents: bool) -> list[str]:
    r"""Cut a text into words.

    Source:    Devlin et al. 2019, "BERT: Pre-training of deep bidirectional transformers for
               language understanding": the class BasicTokenizer in its code

    >>> words_of("I'd say:\tÉté\u200b 2024!", lower=True, strip_accents=True)
    ['i', "'", 'd', 'say', ':', 'ete', '2024', '!']
    >>> words_of("東京 Tower", lower=False, strip_accents=False)
    ['東', '京', 'Tower']
    """
    text = INVISIBLE.sub("", text)
    text = IDEOGRAPH.sub(r" \g<0> ", text)
    if strip_accents:
        # NFD writes an accented letter as the letter, and its accents as characters of their own.
        text = ACCENT.sub("", unicodedata.normalize("NFD", text))
    if lower:
        text = text.replace("Σ", "\N{GREEK SMALL LETTER SIGMA}").lower()  # else a last Σ becomes ς
    return WORD.findall(text)
