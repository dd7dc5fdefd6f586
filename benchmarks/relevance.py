"""How well relevance works: COCO128's labels against what the constants in calibration.py make of the scores.

Constants are fitted on one half of the photos and reported on the other, both ways. A hit is right when it
shows a category (other than person) that the query shows or names.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from aggregate_service.search.calibration import Calibration, Curve, Kind, calibration_of
from benchmarks.relevance_fit import area_under_curve, fitted, floor_under, growth, near_copies
from benchmarks.relevance_queries import Flags, Floats, Half, Material, best_of_nothing
from benchmarks.retrieval import read_coco
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import BY_NAME

BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0001)
THRESHOLDS = (0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)
KINDS: dict[str, Kind] = {"pictures": "picture", "words": "words", "mixtures": "mixture"}
FLOORED = ("pictures", "words")
"""Kinds of which it is known what scores so little that nothing is close: questions that nothing answers."""


def report(fit_on: Half, shown_on: Half, shipped: Calibration) -> dict[str, Any]:
    """Of each kind of query: the constants from one half, and what they are worth on the other; the threshold
    of `nothing_close` is the one that is shipped."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        train, test = getattr(fit_on, kind), getattr(shown_on, kind)
        if train is None or test is None:
            continue
        curve = fitted(train.standing(), train.scores, train.right, train.spreads)
        curve = replace(curve, nothing_close=shipped.curve(KINDS[kind]).nothing_close)
        if kind in FLOORED:
            curve = replace(curve, floor=floor_under([train]))
        relevance = test.relevance(curve)
        found[kind] = {
            "curve": curve,
            "relevance": relevance,
            "close": test.close(curve),
            "right": test.right,
            "auc": area_under_curve(relevance, test.right),
            "auc of the cosine": area_under_curve(test.scores, test.right),
        }
    for name, kind in (("drawn pictures", "pictures"), ("words of other things", "words")):
        if kind in found and name in shown_on.foreign:
            hits, curve = shown_on.foreign[name], found[kind]["curve"]
            found[kind]["foreign"] = hits.relevance(curve)[:, 0]
            found[kind]["foreign close"] = hits.close(curve)
    return found


def summed(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Both ways together, as numbers for a table."""
    table: dict[str, Any] = {}
    for kind in parts[0]:
        relevance = np.concatenate([part[kind]["relevance"].ravel() for part in parts])
        right = np.concatenate([part[kind]["right"].ravel() for part in parts])
        best_right = np.concatenate([part[kind]["right"][:, 0] for part in parts])
        row: dict[str, Any] = {"bins": bins(relevance, right)}
        for name in ("auc", "auc of the cosine"):
            row[name] = float(np.mean([part[kind][name] for part in parts]))
        best = np.concatenate([part[kind]["relevance"][:, 0] for part in parts])
        close = np.concatenate([part[kind]["close"] for part in parts])
        groups, denied = grouped(best, best_right), grouped(~close, best_right)
        if "foreign" in parts[0][kind]:
            groups["nothing there"] = np.concatenate([part[kind]["foreign"] for part in parts])
            denied["nothing there"] = ~np.concatenate([part[kind]["foreign close"] for part in parts])
            row["auc of the best hit, right or nothing there"] = area_under_curve(
                np.concatenate([groups["best hit right"], groups["nothing there"]]),
                np.arange(int(best_right.sum()) + len(groups["nothing there"])) < best_right.sum(),
            )
        row["said nothing close"] = {
            f"by relevance under {least:g}": {name: _share(best < least) for name, best in groups.items()}
            for least in THRESHOLDS
        } | {"as it is said": {name: _share(flags) for name, flags in denied.items()}}
        table[kind] = row
    return table


def grouped(best: Any, right: Flags) -> dict[str, Any]:
    return {"best hit right": best[right], "best hit wrong": best[~right]}


def bins(relevance: Floats, right: Flags) -> list[dict[str, float]]:
    rows = []
    for low, high in pairwise(BINS):
        inside = (relevance >= low) & (relevance < high)
        if inside.any():
            said, true = float(relevance[inside].mean()), float(right[inside].mean())
            rows.append({"from": low, "hits": int(inside.sum()), "said": said, "right": true})
    return rows


def shipped(halves: Sequence[Half]) -> dict[str, Curve]:
    """The constants for calibration.py: from both halves."""
    curves = {}
    for kind in KINDS:
        hits = [getattr(half, kind) for half in halves]
        if all(hits):
            spreads = [spread for each in hits for spread in each.spreads]
            curve = fitted(
                np.concatenate([each.standing() for each in hits]),
                np.concatenate([each.scores for each in hits]),
                np.concatenate([each.right for each in hits]),
                spreads,
            )
            curves[kind] = replace(curve, floor=floor_under(hits)) if kind in FLOORED else curve
    return curves


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def show(name: str, table: dict[str, Any]) -> None:
    for kind, row in table.items():
        print(f"\n{name}, {kind}\n  relevance     hits    said   right")
        for each in row["bins"]:
            print(f"  {each['from']:.1f} and up {each['hits']:7} {each['said']:7.3f} {each['right']:7.3f}")
        for measure, value in row.items():
            if isinstance(value, float):
                print(f"  {measure}: {value:.3f}")
        for least, shares in row["said nothing close"].items():
            print(f"  nothing close {least}: " + ", ".join(f"{name} {x:.2f}" for name, x in shares.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coco", type=Path, required=True, help="coco128.zip")
    parser.add_argument("--photos", type=Path, help="folder with photos-val.tar.gz, for the floor's growth")
    parser.add_argument("--output", type=Path, help="where to write the figures as JSON")
    arguments = parser.parse_args()
    coco, result = read_coco(arguments.coco), dict[str, Any]()
    for name in ("mini", "color-layout"):
        encoder = load_encoder(BY_NAME[name])
        material, tables = Material.of(encoder, coco), []
        halves = [material.halves(seed) for seed in range(5)]  # several splits: 64 photos are few
        for first, second in halves:
            calibration = calibration_of(encoder.spec.fingerprint)
            tables += [report(first, second, calibration), report(second, first, calibration)]
        result[name] = summed(tables)
        show(name, result[name])
        copies = near_copies(encoder, coco.images)
        result[name]["near copies"] = copies
        print(f"\n{name}, near-duplicates: {copies}")
        for kind, curve in shipped([half for both in halves for half in both]).items():
            print(f"{name}, {kind}: {curve}")
    if arguments.photos:
        nothing = best_of_nothing(load_encoder(BY_NAME["mini"]), arguments.photos)
        for kind, best in nothing.items():
            print(
                f"\nmini, {kind} that nothing answers, median best score: {best}; growth {growth(best):.3f}"
            )
        result["mini"]["best of nothing"] = nothing
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
