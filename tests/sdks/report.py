"""What worked, as a table: client by transport by input by output, and below it what else was asked of each client."""

from dataclasses import dataclass, field

from tests.sdks.clients import KINDS, Kind
from tests.sdks.pictures import INPUTS, OUTPUTS


@dataclass
class Report:
    cells: dict[tuple[str, str, str], str] = field(default_factory=dict)
    beside: dict[tuple[str, str], str] = field(default_factory=dict)

    def text(self) -> str:
        return "\n".join([*self._matrix(), "", *self._beside(), ""])

    def _matrix(self) -> list[str]:
        lines = [_row("client", "transport", "input", *OUTPUTS), _row(*["---"] * (3 + len(OUTPUTS)))]
        for name, kind in KINDS.items():
            for form in INPUTS:
                cells = [self.cells.get((name, form, output), "-") for output in OUTPUTS]
                lines.append(_row(_title(kind), kind.transport, form, *cells))
        return lines

    def _beside(self) -> list[str]:
        lines = [_row("", *[kind.label for kind in KINDS.values()]), _row(*["---"] * (1 + len(KINDS)))]
        topics = dict.fromkeys(topic for topic, _ in self.beside)
        return lines + [_row(topic, *[self.beside.get((topic, name), "-") for name in KINDS]) for topic in topics]


def _title(kind: Kind) -> str:
    return f"{kind.name} {kind.version}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
