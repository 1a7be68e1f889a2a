"""What a power cut can leave of a recorded run: every call that changed the folder, and what of it was not synced."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

SECTOR = 512  # bytes that a disk writes whole or not at all
SECONDS = 120.0  # when what is recorded hangs
_LONGEST = 4_000_000  # bytes of a write that the log shows
ROOT = 0  # the folder itself
_PASSING = ("-shm", ".lock")  # files that say nothing after a restart: SQLite makes the one anew, the other is empty
_CALLS = (
    "openat,creat,write,pwrite64,writev,pwritev,ftruncate,truncate,fallocate,rename,renameat,renameat2,link,linkat,"
    "symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,sync,syncfs,msync,copy_file_range,sendfile"
)


# --- what was recorded -------------------------------------------------------------------------------------------
#
# Files and folders are numbers: a name is what a folder says, and a file can have two or none.


@dataclass(frozen=True, slots=True)
class Wrote:
    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    file: int
    size: int
    grown: bool  # by fallocate, which never cuts


@dataclass(frozen=True, slots=True)
class Named:
    """A name was given to a file (None: taken away). Both halves of a rename have the same `moment`."""

    folder: int
    name: str
    file: int | None
    moment: int


@dataclass(frozen=True, slots=True)
class Synced:
    """A file's bytes, or a folder's names, of events before `since` are on the disk: the call began there."""

    file: int
    since: int


@dataclass(frozen=True, slots=True)
class Marked:
    """Something the recorded process said."""

    text: str


Event = Wrote | Resized | Named | Synced | Marked


@dataclass(frozen=True, slots=True)
class Recording:
    """Events in their order, which numbers are folders, and the first path of each file.

    The events before `start` make what was there already.
    """

    events: Sequence[Event]
    folders: frozenset[int]
    paths: dict[int, str]
    start: int

    def without(self, forgotten: Callable[[str], bool]) -> Recording:
        """As if nobody had synced the files and folders whose paths are `forgotten`."""
        events = [
            replace(event, since=0) if isinstance(event, Synced) and forgotten(self.paths[event.file]) else event
            for event in self.events
        ]
        return Recording(events, self.folders, self.paths, self.start)

    def near(self, at: int) -> str:
        """The events before a cut, a line each."""
        last = [(i, self.events[i]) for i in range(max(0, at - 12), at)]
        return "\n".join(f"{i}: {self.paths.get(getattr(event, 'file', -1), '')} {event!r}"[:160] for i, event in last)


def record(command: Sequence[str], folder: Path, log: Path) -> Recording:
    """Run a program, and note all that it changes in a folder. What it writes to /dev/null are marks."""
    reader = _Reader(str(folder))
    reader.take(folder, ROOT)
    options = ("-f", "-qq", "-y", "-xx", "-a", "1", "-s", str(_LONGEST), "--seccomp-bpf", "-e", f"trace={_CALLS}")
    subprocess.run(["strace", *options, "-o", str(log), *command], check=True, timeout=SECONDS)
    return _read(log, reader)


# --- reading a log -----------------------------------------------------------------------------------------------

_CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"(\d+)<([^>]*)>")


def _read(log: Path, reader: _Reader) -> Recording:
    start = len(reader.events)
    begun: dict[str, tuple[str, int]] = {}
    with log.open(encoding="ascii") as lines:
        for line in lines:
            pid, rest = line.rstrip("\n").split(maxsplit=1)
            if rest.endswith("<unfinished ...>"):
                begun[pid] = rest.removesuffix("<unfinished ...>"), len(reader.events)
                continue
            since = len(reader.events)
            if resumed := _RESUMED.match(rest):
                first, since = begun.pop(pid)
                rest = first + rest[resumed.end() :]
            if (call := _CALL.match(rest)) and int(call["result"]) >= 0:
                reader.call(call["name"], call["arguments"], int(call["result"]), since)
    return Recording(reader.events, frozenset(reader.names), reader.paths, start)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass(slots=True)
class _Reader:
    """Follows the names and descriptors that the calls speak of."""

    root: str
    events: list[Event] = field(default_factory=list)
    names: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})
    paths: dict[int, str] = field(default_factory=lambda: {ROOT: "."})
    open: dict[int, int] = field(default_factory=dict)
    at: dict[int, int] = field(default_factory=dict)

    def take(self, path: Path, folder: int) -> None:
        """Have what is there already."""
        for entry in sorted(path.iterdir()):
            file = self._made(folder, entry.name)
            if entry.is_dir():
                self.names[file] = {}
                self.take(entry, file)
            else:
                self.events += [Wrote(file, 0, entry.read_bytes()), Synced(file, len(self.events) + 1)]
        self.events.append(Synced(folder, len(self.events)))

    def call(self, name: str, arguments: str, result: int, since: int) -> None:
        texts = [_bytes(text) for text in _TEXT.findall(arguments)]
        if name in {"write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate"}:
            self._on_file(name, arguments, texts, result, since)
            return
        if not any(text.decode(errors="replace").startswith(self.root + "/") for text in texts):
            if name == "openat" and texts[0].decode(errors="replace") == self.root:
                self.open[result] = ROOT
            return
        places = [self._place(text.decode()) for text in texts]
        if name == "openat":
            self._opened(places[0], arguments, result)
        elif name == "mkdir":
            self.names[self._made(*places[0])] = {}
        elif name in {"unlink", "rmdir"}:
            self._name(*places[0], None)
        elif name == "rename":
            (folder, old), target = places
            file = self.names[folder][old]
            moment = len(self.events)
            self._name(*target, file, moment)
            self._name(folder, old, None, moment)
        elif name == "link":
            (folder, old), target = places
            self._name(*target, self.names[folder][old])
        else:
            raise AssertionError(f"the model does not know {name}({arguments[:200]})")

    def _on_file(self, name: str, arguments: str, texts: list[bytes], result: int, since: int) -> None:
        found = _FD.match(arguments)
        assert found, (name, arguments[:200])
        fd, path = int(found[1]), _plain(found[2])
        if name == "write" and path == os.devnull:
            self.events.append(Marked(texts[0].decode()))
        if not f"{path}/".startswith(f"{self.root}/"):
            return
        file = self.open[fd]
        numbers = arguments.rpartition('"')[2] if texts else arguments
        last = numbers.split(",")[-1].strip()
        if name == "write":
            self.events.append(Wrote(file, self.at[fd], texts[0][:result]))
            self.at[fd] += result
        elif name == "pwrite64":
            self.events.append(Wrote(file, int(last), texts[0][:result]))
        elif name == "ftruncate":
            self.events.append(Resized(file, int(last), grown=False))
        elif name == "fallocate":
            self.events.append(Resized(file, sum(map(int, numbers.split(",")[-2:])), grown=True))
        else:
            self.events.append(Synced(file, since))

    def _opened(self, place: tuple[int, str], arguments: str, fd: int) -> None:
        folder, name = place
        file = self.names[folder].get(name)
        if file is None:
            assert "O_CREAT" in arguments, arguments
            file = self._made(folder, name)
        elif "O_TRUNC" in arguments:
            self.events.append(Resized(file, 0, grown=False))
        self.open[fd], self.at[fd] = file, 0

    def _place(self, path: str) -> tuple[int, str]:
        *above, name = path.removeprefix(self.root + "/").split("/")
        folder = ROOT
        for one in above:
            folder = self.names[folder][one]
        return folder, name

    def _made(self, folder: int, name: str) -> int:
        file = len(self.paths)
        self.paths[file] = name if folder == ROOT else f"{self.paths[folder]}/{name}"
        self._name(folder, name, file)
        return file

    def _name(self, folder: int, name: str, file: int | None, moment: int | None = None) -> None:
        self.events.append(Named(folder, name, file, len(self.events) if moment is None else moment))
        if file is None:
            del self.names[folder][name]
        else:
            self.names[folder][name] = file


def _plain(path: str) -> str:
    return _bytes(path).decode() if path.startswith("\\x") else path.partition("<")[0]


# --- what is left ------------------------------------------------------------------------------------------------

NAMES = ("none", "all", "journal", "folders", "each")
"""Which names survive that were not synced.

`journal`: those before some moment, as a journal keeps them; a rename whole. `folders`: in each folder those before a
moment of its own, so that a rename between two can be done in one of them alone. `each`: likewise for each name.
"""

DATA = ("none", "all", "zeros", "order", "each")
"""Which bytes survive that were not synced.

`zeros`: the sizes alone. `order`: those before some moment, the last write torn. `each`: every write by itself is
there, or not, or torn; where it is not, the size may be there all the same.
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """The power goes before event `at`; the rest says what survives of what was not synced."""

    at: int
    names: str
    data: str
    seed: int


def extremes(at: int) -> list[Cut]:
    """What a cut leaves when all of one kind survives or nothing does."""
    pairs = (("none", "none"), ("all", "all"), ("all", "none"), ("all", "zeros"), ("none", "all"))
    return [Cut(at, names, data, 0) for names, data in pairs]


def some(at: int, seed: int) -> Cut:
    """One of the many other things that it can leave."""
    chance = random.Random(f"{at} {seed}")
    return Cut(at, chance.choice(NAMES), chance.choice(DATA[1:]), seed)


def rebuild(recording: Recording, cut: Cut, folder: Path) -> None:
    """Make the folder, which is not there yet, as the cut leaves it."""
    synced: dict[int, int] = {}
    for event in recording.events[: cut.at]:
        if isinstance(event, Synced):
            synced[event.file] = max(event.since, synced.get(event.file, 0))
    chance = random.Random(repr(cut))
    names = _names(recording, cut, synced, chance)
    contents = _contents(recording, cut, synced, chance)
    _write(ROOT, folder, names, contents, {})
    if chance.random() < 0.3 and (folder / "entrepot.db").exists():
        (folder / "entrepot.db-shm").write_bytes(chance.randbytes(32768))


def _names(recording: Recording, cut: Cut, synced: dict[int, int], chance: random.Random) -> dict[int, dict[str, int]]:
    done = [(i, event) for i, event in enumerate(recording.events[: cut.at]) if isinstance(event, Named)]
    certain = {i for i, event in done if i < synced.get(event.folder, 0)}
    if cut.names not in {"folders", "each"}:  # a rename is one thing
        moments = {event.moment for i, event in done if i in certain}
        certain = {i for i, event in done if event.moment in moments}
    open_ = [event for i, event in done if i not in certain]
    kept = _kept(cut.names, open_, cut.at, chance)
    names: dict[int, dict[str, int]] = {number: {} for number in recording.folders}
    for i, event in done:
        if i not in certain and event.moment >= kept(event):
            continue
        if event.file is None:
            names[event.folder].pop(event.name, None)
        else:
            names[event.folder][event.name] = event.file
    return names


def _kept(policy: str, open_: Sequence[Named], at: int, chance: random.Random) -> Callable[[Named], int]:
    """Up to which moment an event of its kind survives."""
    if policy in {"none", "all"}:
        return lambda _: at if policy == "all" else 0

    def kind(event: Named) -> Hashable:
        return {"journal": None, "folders": event.folder, "each": (event.folder, event.name)}[policy]

    moments: dict[Hashable, list[int]] = {}
    for event in open_:
        moments.setdefault(kind(event), []).append(event.moment)
    ends = {one: chance.choice([*found, at]) for one, found in moments.items()}
    return lambda event: ends[kind(event)]


def _contents(recording: Recording, cut: Cut, synced: dict[int, int], chance: random.Random) -> dict[int, bytearray]:
    contents: dict[int, bytearray] = {}
    done = [(i, event) for i, event in enumerate(recording.events[: cut.at]) if isinstance(event, (Wrote, Resized))]
    open_ = [i for i, event in done if i >= synced.get(event.file, 0)]
    end = chance.choice([*open_, cut.at])
    for i, event in done:
        content = contents.setdefault(event.file, bytearray())
        fate = "all" if i < synced.get(event.file, 0) else _fate(cut.data, i, end, chance)
        if isinstance(event, Resized):
            if fate != "none" and not (event.grown and event.size <= len(content)):
                _resize(content, event.size)
        else:
            _apply(content, event, fate, chance)
    return contents


def _fate(policy: str, i: int, end: int, chance: random.Random) -> str:
    if policy == "order":
        return "all" if i < end else "prefix" if i == end else "none"
    if policy == "each":
        return chance.choice(("all", "all", "none", "zeros", "prefix", "sectors"))
    return policy


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


def _apply(content: bytearray, event: Wrote, fate: str, chance: random.Random) -> None:
    end = event.offset + len(event.data)
    if fate == "none":
        return
    if fate == "zeros":
        _resize(content, max(end, len(content)))
        return
    pieces = list(_sectors(event.offset, end)) if fate in {"prefix", "sectors"} else [(event.offset, end)]
    if fate == "prefix":
        pieces = pieces[: chance.randint(0, len(pieces))]
    elif fate == "sectors":
        pieces = [piece for piece in pieces if chance.random() < 0.5]
    for start, stop in pieces:
        if len(content) < stop:
            _resize(content, stop)
        content[start:stop] = event.data[start - event.offset : stop - event.offset]


def _sectors(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = min(end, start - start % SECTOR + SECTOR)
        yield start, stop
        start = stop


def _write(
    number: int, path: Path, names: dict[int, dict[str, int]], contents: dict[int, bytearray], there: dict[int, Path]
) -> None:
    path.mkdir(0o700)
    for name, file in names[number].items():
        if name.endswith(_PASSING):
            continue
        if file in names:
            _write(file, path / name, names, contents, there)
        elif file in there:
            (path / name).hardlink_to(there[file])
        else:
            there[file] = path / name
            there[file].write_bytes(contents.get(file, b""))
