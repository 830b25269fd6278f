"""The command line on the fakes."""

import io
from dataclasses import dataclass, field

from cutout.admin.cli import main
from cutout.admin.stores import Stores
from tests.contract.builders import NOON
from tests.contract.worlds import World, fake_world


@dataclass
class Terminal:
    """Runs commands; `out` and `err` are what the last one printed."""

    world: World = field(default_factory=fake_world)
    now_ms: int = NOON
    out: str = ""
    err: str = ""

    def run(self, line: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        world = self.world
        stores = Stores(world.book, world.ledger, world.auditor, world.tasks, world.secrets)
        code = main(line.split(), {"TABLE_NAME": "table"}, now_ms=self.now_ms, out=out, err=err, open_stores=lambda *_: stores)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def rows(self) -> list[list[str]]:
        """The table that the last command printed, without its header, cell by cell."""
        return [line.split() for line in self.out.splitlines()[1:]]
