"""Who may ask: tokens, rates, slots, addresses. What is kept: contents, by their own digests."""

from __future__ import annotations

import asyncio
import stat
import subprocess
from pathlib import Path

import pytest

from rtlwright.server.app.contents import Contents
from rtlwright.server.app.guard import _hosts, _is_address, _name, is_loopback
from rtlwright.server.app.limits import RateLimit
from rtlwright.server.app.listen import check_safe, listening
from rtlwright.server.app.slots import Busy, Slots
from rtlwright.server.app.token_table import _MIGRATIONS, SqlTokens
from rtlwright.server.app.tokens import Tokens, create, revoke
from rtlwright.server.config import ServeConfig
from rtlwright.server.errors import UserError
from rtlwright.server.feedback.driver import SqliteFile
from rtlwright.server.types import SourceFile

NOW = 2_000_000_000.0


@pytest.fixture
def table(tmp_path: Path) -> SqlTokens:
    return SqlTokens(SqliteFile(tmp_path / "tokens.sqlite3", _MIGRATIONS))


def known(table: SqlTokens, text: str, now: float = NOW) -> str | None:
    tokens = Tokens(table, clock=lambda: now)
    tokens.read()
    found = tokens.check(text)
    return found.name if found else None


def test_a_token_is_good_until_it_is_revoked(table: SqlTokens) -> None:
    alice, bob = create(table, "alice", now=NOW), create(table, "bob", now=NOW)
    assert (known(table, alice), known(table, bob)) == ("alice", "bob")
    for wrong in ("", "rtw_", alice[:-1], alice + "x", alice[:17] + bob[17:], "rtw_" + "0" * 12 + alice[16:]):
        assert known(table, wrong) is None
    revoke(table, "alice", now=NOW)
    assert (known(table, alice), known(table, bob)) == (None, "bob")
    again = create(table, "alice", now=NOW)
    assert known(table, again) == "alice" and known(table, alice) is None


def test_a_token_expires(table: SqlTokens) -> None:
    text = create(table, "ci", expires=NOW + 60, now=NOW)
    assert known(table, text, NOW + 59) == "ci" and known(table, text, NOW + 61) is None


def test_no_secret_is_at_rest(table: SqlTokens, tmp_path: Path) -> None:
    text = create(table, "alice")
    file = tmp_path / "tokens.sqlite3"
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert text.split("_", 2)[2].encode() not in kept and b"alice" in kept
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "a\n"])
def test_a_name_is_a_name(table: SqlTokens, name: str) -> None:
    with pytest.raises(UserError, match="name has letters"):
        create(table, name)


def test_names_are_taken_once(table: SqlTokens) -> None:
    create(table, "alice")
    with pytest.raises(UserError, match="already; revoke it first: rtlwright token revoke alice"):
        create(table, "alice")
    with pytest.raises(UserError, match="no valid token 'carol'"):
        revoke(table, "carol")


def test_tokens_stay_known_while_the_database_is_away(table: SqlTokens, tmp_path: Path) -> None:
    text = create(table, "alice")
    tokens = Tokens(table)
    tokens.read()
    file = tmp_path / "tokens.sqlite3"
    file.rename(tmp_path / "elsewhere")
    file.mkdir()
    tokens.read()
    assert tokens.check(text) is not None
    with pytest.raises(UserError):
        Tokens(table).read()


def test_a_bucket_of_requests() -> None:
    now = 0.0
    limit = RateLimit(rate=2.0, burst=3, clock=lambda: now)
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait_s("a") == pytest.approx(0.5) and limit.wait_s("b") == 0
    now = 0.5
    assert limit.wait_s("a") == 0 and limit.wait_s("a") > 0
    now = 100.0
    assert [limit.wait_s("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_the_newest_gets_the_slot() -> None:
    order: list[int] = []

    async def one(slots: Slots, number: int) -> None:
        try:
            await slots.take(5)
        except Busy as busy:
            assert busy.retry_after_s >= 1
            order.append(-number)
            return
        order.append(number)
        await asyncio.sleep(0)
        slots.give_back()

    async def main() -> None:
        slots = Slots(1, queue=2)
        await slots.take(5)
        tasks = []
        for number in (1, 2, 3):
            tasks.append(asyncio.create_task(one(slots, number)))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (slots.taken, slots.waiting) == (1, 2)
        slots.give_back()
        await asyncio.gather(*tasks)
        assert (slots.taken, slots.waiting) == (0, 0)

    asyncio.run(main())
    assert order == [-1, 3, 2]


def test_a_slot_is_never_lost() -> None:
    """Whoever leaves or gives up while a slot comes to it has not got it."""

    async def main() -> None:
        slots = Slots(2, queue=50)
        held = 0

        async def one(number: int) -> None:
            nonlocal held
            try:
                await slots.take(0.001 * (number % 7))
            except Busy:
                return
            held += 1
            assert held <= 2
            try:
                await asyncio.sleep(0.0005 * (number % 3))
            finally:
                held -= 1
                slots.give_back()

        tasks = [asyncio.create_task(one(number)) for number in range(200)]
        for number, task in enumerate(tasks):
            if number % 3 == 0:
                await asyncio.sleep(0)
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (slots.taken, slots.waiting, held) == (0, 0, 0)

    asyncio.run(main())


def test_contents_are_bounded_and_named_by_us() -> None:
    contents = Contents(limit=100)
    texts = [letter * 40 for letter in "abc"]
    digests = [SourceFile.of("", text).digest for text in texts]
    contents.put(texts[:2])
    contents.get(digests[:1])
    contents.put(texts[2:])
    assert contents.get(digests) == {digests[0]: texts[0], digests[2]: texts[2]} and contents.size == 80
    contents.put(["d" * 500])
    assert contents.size == 500, "one that is larger than all is kept until the next comes"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_elsewhere_only_with_tls(host: str) -> None:
    with pytest.raises(UserError, match="--insecure") as caught:
        check_safe(ServeConfig(host=host), insecure=False)
    assert "\n" not in str(caught.value)
    check_safe(ServeConfig(host=host), insecure=True)
    with pytest.raises(UserError, match=r"serve\.tokens may not be off"):
        check_safe(ServeConfig(host=host, tokens="off"), insecure=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_at_home_all_is_well(host: str) -> None:
    assert is_loopback(host)
    check_safe(ServeConfig(host=host, tokens="off"), insecure=False)


def test_tls_wants_both_files_and_good_ones(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    with pytest.raises(UserError, match="TLS needs both"):
        check_safe(ServeConfig(tls_cert=file), insecure=False)
    with pytest.raises(UserError, match="cannot be used for TLS"):
        check_safe(ServeConfig(tls_cert=file, tls_key=file), insecure=False)


def test_a_key_with_a_passphrase_asks_nobody(tmp_path: Path) -> None:
    key, cert = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:secret", "-subj", "/CN=x"]
    subprocess.run([*argv, "-keyout", key, "-out", cert], check=True, capture_output=True)
    with pytest.raises(UserError, match=r"key\.pem: wants a passphrase"):
        check_safe(ServeConfig.model_validate({"tls_cert": cert, "tls_key": key}), insecure=False)


def test_a_port_that_is_taken_is_told() -> None:
    with listening(ServeConfig(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken; name another with --port"):
            listening(ServeConfig(port=port))
    with pytest.raises(UserError, match="no such address"):
        listening(ServeConfig(host="no.such.host.invalid"))


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("127.0.0.1:8765", True), ("localhost", True), ("[::1]:1", True), ("LOCALHOST:1", True),
        ("rtl.example.org", True), ("RTL.example.org:443", True), ("evil.example", False), ("", False),
        ("127.0.0.1.evil.example", False), ("[bad", False),
    ],
)  # fmt: skip
def test_names_that_are_ours(host: str, good: bool) -> None:
    config = ServeConfig(hosts=("rtl.example.org",))
    assert (_name(host) in _hosts(config) or _is_address(_name(host))) is good
