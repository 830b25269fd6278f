"""What the documents promise is there."""

import re
from pathlib import Path

import pytest

from cutout.imaging.models import load_registry

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("spec", load_registry().values(), ids=lambda spec: spec.name)
def test_every_model_is_listed_with_its_input_and_licence(spec):
    rows = (ROOT / "docs/models.md").read_text(encoding="utf-8").splitlines()
    (row,) = [row for row in rows if row.startswith(f"| `{spec.name}` ")]
    assert f"| {spec.input_size}² |" in row
    assert spec.licence in row
    assert all(f"`{air}`" in row for air in spec.air)
