"""Owns the grammar: from the text of a query to its parts."""

from datetime import UTC, date, datetime

from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.soql.lexing import Token, malformed, tokens, unquoted
from crm_mappings.emulator.soql.spans import COUNTED, PLAIN
from crm_mappings.emulator.soql.syntax import (
    Aggregate,
    Both,
    Comparison,
    Condition,
    DateWord,
    Either,
    Everything,
    Membership,
    Negation,
    Order,
    Path,
    Query,
    Scalar,
    Selected,
)

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})
SIGNS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"})
RESERVED = frozenset(
    {
        *("AND", "ASC", "DESC", "EXCLUDES", "FROM", "GROUP", "HAVING", "IN"),
        *("INCLUDES", "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OFFSET", "OR"),
        *("ORDER", "SELECT", "USING", "WHERE", "WITH", "TRUE", "FALSE"),
    }
)
DEEPEST = 50


def parse(text: str) -> Query:
    if len(text) > 100_000:
        raise Refusal("QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer")
    parser = Parser(text)
    query = parser.query()
    parser.expect_end()
    return query


class Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0
        self._depth = 0

    # -- words

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        if token.kind == "end":
            raise self._unexpected()
        self._next += 1
        return token

    def _accept(self, *words: str) -> bool:
        """Take the words if they come next, all of them."""
        coming = self._tokens[self._next : self._next + len(words)]
        if [token.word for token in coming] != list(words):
            return False
        self._next += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _unexpected(self, problem: str = "") -> Refusal:
        return malformed(self._text, self._token, problem)

    def expect_end(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected()

    # -- clauses

    def query(self) -> Query:
        self._expect("SELECT")
        selected = self._list_of_selected()
        self._expect("FROM")
        source = self._name()
        self._alias()
        where = self._condition() if self._accept("WHERE") else None
        groups = self._paths() if self._accept("GROUP", "BY") else ()
        order = self._orders() if self._accept("ORDER", "BY") else ()
        limit = self._count() if self._accept("LIMIT") else None
        offset = self._count() if self._accept("OFFSET") else 0
        return Query(
            text=self._text,
            selected=selected,
            source=str(source),
            source_at=source.at,
            where=where,
            groups=groups,
            order=order,
            limit=limit,
            offset=offset,
        )

    def _alias(self) -> None:
        if self._token.kind == "name" and self._token.word not in RESERVED:
            raise self._unexpected("alias of an object is not supported here")

    def _list_of_selected(self) -> tuple[Selected, ...]:
        found = [self._selected()]
        while self._accept(","):
            found.append(self._selected())
        bare = [each for each in found if isinstance(each, Aggregate) and not each.path]
        if bare and len(found) > 1:
            raise self._unexpected(
                "COUNT() must be the only element in the SELECT list"
            )
        return tuple(found)

    def _selected(self) -> Selected:
        if self._accept("("):
            query = self.query()
            self._expect(")")
            return query
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        if following.text == "(":
            return self._function()
        return self._name()

    def _function(self) -> Selected:
        word = self._token.word
        if word == "FIELDS":
            return self._fields()
        if word not in AGGREGATES:
            raise self._unexpected()
        self._next += 2
        path = None if self._token.text == ")" and word == "COUNT" else self._name()
        self._expect(")")
        alias = None
        if path and self._token.kind == "name" and self._token.word not in RESERVED:
            alias = self._take().text
        return Aggregate(word, path, alias)

    def _fields(self) -> Everything:
        self._next += 2
        kind = self._token.word
        if kind not in {"ALL", "STANDARD", "CUSTOM"}:
            raise self._unexpected()
        self._next += 1
        self._expect(")")
        return Everything(kind)

    def _name(self) -> Path:
        token = self._token
        if token.kind != "name" or token.word in RESERVED:
            raise self._unexpected()
        self._next += 1
        return Path(tuple(token.text.split(".")), token.at)

    def _paths(self) -> tuple[Path, ...]:
        found = [self._name()]
        while self._accept(","):
            found.append(self._name())
        return tuple(found)

    def _orders(self) -> tuple[Order, ...]:
        found = [self._order()]
        while self._accept(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        path = self._name()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        last = self._accept("NULLS", "LAST")
        if not last:
            self._accept("NULLS", "FIRST")
        return Order(path, descending, last)

    def _count(self) -> int:
        token = self._token
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected()
        self._next += 1
        return int(token.text)

    # -- conditions

    def _condition(self) -> Condition:
        """AND and OR may be mixed only with parentheses, as in SOQL."""
        first = self._part()
        for word, kind in (("AND", Both), ("OR", Either)):
            if self._token.word == word:
                parts = [first]
                while self._accept(word):
                    parts.append(self._part())
                if self._token.word in {"AND", "OR"}:
                    raise self._unexpected()
                return kind(tuple(parts))
        return first

    def _part(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._unexpected("the condition is nested too deeply")
        try:
            return self._negation_or_group()
        finally:
            self._depth -= 1

    def _negation_or_group(self) -> Condition:
        if self._accept("NOT"):
            return Negation(self._part())
        if self._accept("("):
            condition = self._condition()
            self._expect(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Condition:
        path = self._name()
        if self._accept("NOT", "IN"):
            return Membership(path, "NOT IN", self._set())
        for word in ("IN", "INCLUDES", "EXCLUDES"):
            if self._accept(word):
                return Membership(path, word, self._set())
        if self._token.word not in SIGNS:
            raise self._unexpected()
        sign = self._take().word
        return Comparison(path, "!=" if sign == "<>" else sign, self._value())

    def _set(self) -> "tuple[Scalar | DateWord, ...] | Query":
        self._expect("(")
        if self._token.word == "SELECT":
            query = self.query()
            self._expect(")")
            return query
        found = [self._value()]
        while self._accept(","):
            found.append(self._value())
        self._expect(")")
        return tuple(found)

    def _value(self) -> Scalar | DateWord:
        token = self._token
        if token.kind == "name":
            return self._word()
        self._take()
        if token.kind == "text":
            return unquoted(token.text)
        if token.kind == "number":
            return float(token.text) if not _whole(token.text) else int(token.text)
        if token.kind in {"moment", "day"}:
            return self._time(token)
        self._next -= 1
        raise self._unexpected()

    def _time(self, token: Token) -> date | datetime:
        try:
            if token.kind == "day":
                return date.fromisoformat(token.text)
            return datetime.fromisoformat(token.text).astimezone(UTC)
        except (ValueError, OverflowError):
            raise malformed(self._text, token) from None

    def _word(self) -> Scalar | DateWord:
        token = self._token
        fixed = {"NULL": None, "TRUE": True, "FALSE": False}
        if token.word in fixed:
            self._next += 1
            return fixed[token.word]
        if token.word in PLAIN:
            self._next += 1
            return DateWord(token.word)
        if token.word in COUNTED:
            self._next += 1
            self._expect(":")
            return DateWord(token.word, self._count())
        raise self._unexpected()


def _whole(text: str) -> bool:
    return text.lstrip("+-").isdigit()
