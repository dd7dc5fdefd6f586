"""What the embedding benchmark is to reach, and whether its results do."""

from typing import Any

LEAST_TO_NAIVE, LEAST_OF_LIMIT, LEAST_OF_ENGINE = 5.0, 0.85, 0.85
LEAST_OF_LIMIT_OVER_HTTP = 0.8
"""Of the bundled encoder, which is so fast that all around it counts for more."""
MOST_TO_IN_PROCESS, MOST_GROWTH, MOST_RESIDENT_MB = 1.3, 0.05, 1500


def reached(results: dict[str, Any]) -> dict[str, str]:
    """Each aim whose points were measured, with what was measured, and whether that is enough."""
    told: dict[str, str] = {}
    engine, http = results.get("b_engine"), results.get("c_f_http")
    if engine and "a_naive" in results:
        ratio = engine["photos_a_second"] / results["a_naive"]["photos_a_second"]
        told["engine, times the naive way"] = at_least(ratio, LEAST_TO_NAIVE)
    if engine and "d_steps" in results:
        part = engine["photos_a_second"] / results["d_steps"]["limit_photos_a_second"]
        told["engine, as a part of the limit"] = at_least(part, LEAST_OF_LIMIT)
    if http and "d_steps" in results and results.get("setup", {}).get("encoder") == "mini":
        part = http["clients_32"]["photos_a_second"] / results["d_steps"]["limit_photos_a_second"]
        told["32 clients, as a part of the limit"] = at_least(part, LEAST_OF_LIMIT_OVER_HTTP)
    if engine and http:
        part = http["clients_32"]["photos_a_second"] / engine["photos_a_second"]
        told["32 clients, as a part of the engine in process"] = at_least(part, LEAST_OF_ENGINE)
        times = http["one_client"]["median_ms"] / engine["one_photo_ms"]
        told["one client's median, times the same in process"] = at_most(times, MOST_TO_IN_PROCESS)
    if http:
        told |= _service(http)
    return told


def _service(http: dict[str, Any]) -> dict[str, str]:
    resident, statuses = http["resident_mb"], set(http["deep_1000"]["statuses"])
    growth = resident[-1] / resident[0] - 1
    wanted = "200 and 429 only"
    overload = f"statuses {', '.join(sorted(map(str, statuses)))} (wanted {wanted})"
    return {
        "memory's growth over the last nine tenths of the requests": at_most(growth, MOST_GROWTH),
        "resident megabytes, at most": at_most(max(resident), MOST_RESIDENT_MB),
        "1,000 at once": f"{overload}: {_word({int(status) for status in statuses} <= {200, 429})}",
    }


def at_least(measured: float, wanted: float) -> str:
    return f"{measured:.3g} (wanted ≥ {wanted:g}): {_word(measured >= wanted)}"


def at_most(measured: float, wanted: float) -> str:
    return f"{measured:.4g} (wanted ≤ {wanted:g}): {_word(measured <= wanted)}"


def _word(good: bool) -> str:
    return "reached" if good else "missed"
