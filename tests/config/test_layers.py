"""The layers hold: imports run one way, and pure rules know no Django."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def lint_imports(folder, *options):
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_point_one_way():
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


def test_import_against_the_direction_is_found(tmp_path):
    for app in ["config", "municipalities", "grants", "invoices", "reporting"]:
        (tmp_path / app).mkdir()
        (tmp_path / app / "__init__.py").write_text("")
    (tmp_path / "municipalities" / "wrong.py").write_text("import grants\n")
    rules = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    start = rules.index("[tool.importlinter]")
    end = rules.index('[[tool.importlinter.contracts]]\nname = "Pure')
    (tmp_path / "pyproject.toml").write_text(rules[start:end], encoding="utf-8")

    result = lint_imports(tmp_path)

    assert (result.returncode, "municipalities.wrong -> grants" in result.stdout) == (
        1,
        True,
    )
