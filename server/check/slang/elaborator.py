"""pyslang on closed text, with the project's syntax trees cached. Runs in the sandboxed worker only."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyslang
from pyslang import analysis, ast, parsing, syntax

from rtlwright.server.check.slang import usage
from rtlwright.server.check.slang.ports import Interface
from rtlwright.server.check.slang.raw import GRAVE, Parsed, Raw
from rtlwright.server.check.text.language import has_systemverilog_words
from rtlwright.server.check.text.lexer import identifiers
from rtlwright.server.check.worker.project import Project, Source

_MAX_TEXT = 2**20
"""A source manager keeps every text it was given; after so many characters a fresh one is begun, or after
some times those of the project, whose files have to be parsed again then."""
_PROJECTS = 4
_ELABORATION = (
    ast.CompilationFlags.AllowUseBeforeDeclare
    | ast.CompilationFlags.AllowTopLevelIfacePorts
    | ast.CompilationFlags.AllowInvalidTop
    | ast.CompilationFlags.CheckUninstantiated
)
VERSIONS = {
    "2005": pyslang.LanguageVersion.v1364_2005,
    "2012": pyslang.LanguageVersion.v1800_2017,
    "2017": pyslang.LanguageVersion.v1800_2017,
}
_NUMBER = re.compile(r"@\d+\Z")
"""Behind the path of each buffer of the project; one of the document has `#`."""
_HARMLESS = frozenset({"MissingTimeScale", "TopModuleIfacePort", "InvalidTopModule"})
"""Errors of slang that no other tool and no engineer calls one."""
_BY_VALUE = frozenset(
    {"ParamHasNoValue", "GenvarDuplicate", "GenvarUnknownBits", "MaxGenerateStepsExceeded", "StaticAssert"}
    | {"FatalTask", "ErrorTask", "ConstEvalExceededMaxSteps"}
)
"""Errors that a parameter's value makes: none in a branch, or a module, that nothing elaborates."""
_VERILOG = (".v", ".vh")
_DRIVERS = frozenset({"MultipleContAssigns", "MultipleAlwaysAssigns", "MixedVarAssigns"})
"""Found by slang's analysis; errors by IEEE 1800-2017 (6.5, 9.2.2.2, 9.2.2.4) that its users may lower."""
_PREPROCESSOR = frozenset({"CouldNotOpenIncludeFile", "UnknownDirective", "ExceededMaxIncludeDepth"})
"""Found while parsing, but about names: the parser goes on behind them."""


class _TreeName(NamedTuple):
    """What a file's tree depends on."""

    path: str
    digest: str
    prelude: str
    includes: str


@dataclass(frozen=True, slots=True)
class _Tree:
    tree: Any
    mixed: bool = False
    """A `.v` file that is no Verilog-2005."""


class Elaborator:
    """Parses and elaborates texts that stand in for the project's document."""

    def __init__(self, project: Project, standard: str):
        self.project = project
        self.version = VERSIONS.get(standard, VERSIONS["2017"])
        self.parses = 0
        """Files of the project that were parsed."""
        self._trees: dict[_TreeName, _Tree] = {}
        self._fresh()

    def parse(self, text: str, prelude: str = "") -> Parsed:
        self._buffers += 1
        self._kept += len(text)
        if self._kept > 2 * self._limit:
            self._fresh()
        # The tools are given UTF-8; a lone surrogate of a broken client has none.
        text = text.encode(errors="replace").decode()
        name = str(self.project.directory / self.project.document_path)
        tree = syntax.SyntaxTree.fromText(
            prelude + text,
            self._manager,
            f"{name}#{self._buffers}",
            f"{name}#{self._buffers}",
            self._bag(self.version),
        )
        place = _Places(prelude + text, len(prelude.encode()))
        found = [self._raw(d, place, syntax=True) for d in tree.diagnostics if _counts(d)]
        errors = tuple(error for error in found if error.code not in _PREPROCESSOR)
        names = tuple(error for error in found if error.code in _PREPROCESSOR)
        return Parsed(text, tree, errors, names, len(prelude.encode()))

    def elaborate(self, parsed: Parsed, sources: tuple[Source, ...], tops: frozenset[str]) -> tuple[Raw, ...]:
        """Semantic errors of `parsed` among `sources`, with `tops` as top modules (if empty, all roots)."""
        compilation = ast.Compilation(self._bag(VERSIONS["2017"], tops))
        for source in sources:
            compilation.addSyntaxTree(self._tree(source))
        compilation.addSyntaxTree(parsed.tree)
        text = "\0" * parsed.prelude + parsed.text if parsed.prelude else parsed.text
        place = _Places(text, parsed.prelude)
        found = (*compilation.getSemanticDiagnostics(), *_drivers(compilation))
        return (*parsed.names, *(self._raw(d, place, syntax=False) for d in found if _counts(d)))

    def whole(self, sources: tuple[Source, ...], tops: frozenset[str]) -> tuple[Raw, ...]:
        """Every error of files as they are, syntax first."""
        trees = [self._tree(source) for source in sources]
        place = _Places("", 0)
        found = [self._raw(d, place, syntax=True) for tree in trees for d in tree.diagnostics if _counts(d)]
        compilation = ast.Compilation(self._bag(VERSIONS["2017"], tops))
        for tree in trees:
            compilation.addSyntaxTree(tree)
        semantic = (*compilation.getSemanticDiagnostics(), *_drivers(compilation))
        return (*found, *(self._raw(d, place, syntax=False) for d in semantic if _counts(d)))

    def included(self, source: Source) -> frozenset[str]:
        """The project's files that a source includes, directly or not, under the macros there are."""
        directives = self._tree(source).getIncludeDirectives()
        paths = (self._manager.getRawFileName(directive.buffer.id) for directive in directives)
        return frozenset(_NUMBER.sub("", path.removeprefix(f"{self.project.directory}/")) for path in paths)

    def interface(self, source: Source, others: tuple[Source, ...], module: str) -> Interface:
        """The ports of `module` with its default parameters, and their uses; without any if it has none."""
        compilation = ast.Compilation(self._bag(VERSIONS["2017"], frozenset({module})))
        for each in (*others, source):
            compilation.addSyntaxTree(self._tree(each))
        for instance in compilation.getRoot().topInstances:
            if instance.name == module:
                return usage.interface(instance)
        return Interface(())

    def own_errors(self, text: str) -> int:
        """How many syntax errors and undeclared names `text` has: the measure for the language it is in."""
        names = identifiers(text)
        prelude = self.project.macro_prelude(names)
        parsed = self.parse(text, prelude)
        visible = "`include" not in text and not has_systemverilog_words(prelude + text)
        if visible and not parsed.errors and self.version == VERSIONS["2005"]:
            return 0  # without such words it means the same in every standard: no other one fits better
        found = self.elaborate(parsed, self.project.needed(names), frozenset())
        return len(parsed.errors) + sum(error.code == "UndeclaredIdentifier" for error in found)

    def expanded(self, parsed: Parsed) -> str:
        """The text as its macros and includes have made it: what it does stands there, whatever hid it."""
        return str(parsed.tree.root)

    def follow(self, project: Project) -> None:
        """Go on with another state of the project: the trees of files that are as they were stay."""
        old, self.project = self.project, project
        if old.includes_digest != project.includes_digest:
            self._fresh()  # the source manager remembers what it has included
        wanted = {source.file.digest for source in project.sources}
        self._trees = {name: tree for name, tree in self._trees.items() if name.digest in wanted}

    def tidy(self) -> None:
        """Begin afresh if much has piled up, and parse the project's files again while nobody waits."""
        if self._kept > self._limit:
            known = {name.path for name in self._trees}
            self._fresh()
            for source in self.project.sources:
                if source.file.path in known:
                    self._tree(source)

    @property
    def _limit(self) -> int:
        return max(_MAX_TEXT, _PROJECTS * sum(len(source.file.text) for source in self.project.sources))

    def _tree(self, source: Source) -> Any:
        return self._file(source).tree

    def _file(self, source: Source) -> _Tree:
        prelude = self.project.prelude_of(source)
        includes = self.project.includes_digest if "`include" in source.file.text else ""
        name = _TreeName(source.file.path, source.file.digest, prelude, includes)
        if name not in self._trees:
            path = str(self.project.directory / source.file.path)
            # A line directive keeps the file's own line numbers behind the macros of earlier files.
            text = f'{prelude}`line 1 "{path}" 0\n{source.file.text}' if prelude else source.file.text
            self._kept += len(text)
            self.parses += 1
            self._trees[name] = self._read(text, path)
        return self._trees[name]

    def _read(self, text: str, path: str) -> _Tree:
        """In the language of the file's suffix; a `.v` file that is SystemVerilog all the same, as that."""
        if not path.endswith(_VERILOG):
            return _Tree(self._parsed(text, path, "2017"))
        first, second = ("2017", "2005") if has_systemverilog_words(text) else ("2005", "2017")
        tree = self._parsed(text, path, first)
        if wrong := _mistakes(tree):
            other = self._parsed(text, path, second)
            if _mistakes(other) < wrong:
                first, tree = second, other
        return _Tree(tree, mixed=first == "2017")

    def _parsed(self, text: str, path: str, standard: str) -> Any:
        self._buffers += 1
        buffer = f"{path}@{self._buffers}"  # no manager takes a path twice
        return syntax.SyntaxTree.fromText(text, self._manager, buffer, buffer, self._bag(VERSIONS[standard]))

    def mixes_languages(self) -> bool:
        """Some `.v` file of the project is no Verilog-2005."""
        return any(map(self.is_mixed, self.project.sources))

    def is_mixed(self, source: Source) -> bool:
        """Its suffix says Verilog, and its text SystemVerilog."""
        return source.file.path.endswith(_VERILOG) and self._file(source).mixed

    def _fresh(self) -> None:
        self._manager = pyslang.SourceManager()
        self._manager.setDisableProximatePaths(True)
        for path in self.project.search_path:
            with contextlib.suppress(Exception):
                self._manager.addUserDirectories(str(path))
        self._trees = {}
        self._engine = pyslang.DiagnosticEngine(self._manager)
        self._buffers = self._kept = 0
        self._bags: dict[object, Any] = {}

    def _bag(self, version: Any, tops: frozenset[str] = frozenset()) -> Any:
        key = (str(version), tops)
        if key not in self._bags:
            if len(self._bags) > 64:
                self._bags.clear()
            self._bags[key] = _options(version, tops, self.project.defines)
        return self._bags[key]

    def _raw(self, diagnostic: Any, place: _Places, *, syntax: bool) -> Raw:
        code = _code(diagnostic)
        location = self._manager.getFullyExpandedLoc(diagnostic.location)
        message = self._engine.formatMessage(diagnostic)
        names = tuple(str(arg) for arg in diagnostic.args if isinstance(arg, str))
        file = self._manager.getRawFileName(location.buffer)
        own = f"{self.project.directory / self.project.document_path}#"
        if file.startswith(own):
            return Raw(code, message, place.code_point(location.offset), syntax=syntax, names=names)
        relative = _NUMBER.sub("", file.removeprefix(f"{self.project.directory}/"))
        line = self._manager.getLineNumber(location) if file else 0
        column = self._manager.getColumnNumber(location) if file else 0
        return Raw(code, message, -1, relative, line, column, syntax, names)


def _syntactic(diagnostic: Any) -> bool:
    return bool(diagnostic.isError()) and _code(diagnostic) not in _PREPROCESSOR


def _mistakes(tree: Any) -> int:
    return sum(_syntactic(diagnostic) for diagnostic in tree.diagnostics)


def _counts(diagnostic: Any) -> bool:
    code = _code(diagnostic)
    if code in _BY_VALUE and getattr(diagnostic.symbol, "isUninstantiated", False):
        return False
    return (diagnostic.isError() and code not in _HARMLESS) or code in GRAVE or code in _DRIVERS


def _drivers(compilation: Any) -> Any:
    """What is wrong with who drives what: a walk over all statements, some tenths of what elaboration takes.

    A register that an `initial` block sets as well is common and let pass.
    """
    options = analysis.AnalysisOptions()
    options.flags = analysis.AnalysisFlags.AllowDupInitialDrivers
    manager = analysis.AnalysisManager(options)
    compilation.freeze()
    manager.analyze(compilation)
    return manager.getDiagnostics()


def _code(diagnostic: Any) -> str:
    return str(diagnostic.code)[len("DiagCode(") : -1]


def _options(version: Any, tops: frozenset[str], defines: Mapping[str, str]) -> Any:
    pre, lex = parsing.PreprocessorOptions(), parsing.LexerOptions()
    parser, compilation = parsing.ParserOptions(), ast.CompilationOptions()
    for options in (pre, lex, parser, compilation):
        options.languageVersion = version
    pre.predefines = [f"{name}={value}" if value else name for name, value in defines.items()]
    pre.maxIncludeDepth = 32
    parser.maxRecursionDepth = 512
    compilation.flags |= _ELABORATION
    compilation.errorLimit = 1000
    compilation.maxInstanceDepth = 64
    compilation.maxGenerateSteps = 20_000
    compilation.maxConstexprSteps = 200_000
    compilation.maxInstanceArray = 20_000
    if tops:
        compilation.topModules = set(tops)
    return pyslang.Bag([pre, lex, parser, compilation])


class _Places:
    """Byte offsets, as slang has them, to code points of the text behind the prelude."""

    def __init__(self, text: str, prelude: int):
        self._prelude = prelude
        self._bytes = None if text.isascii() else text.encode()

    def code_point(self, offset: int) -> int:
        if offset < self._prelude:
            return 0
        if self._bytes is None:
            return offset - self._prelude
        return len(self._bytes[self._prelude : offset].decode(errors="ignore"))
