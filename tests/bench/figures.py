# SPDX-License-Identifier: MIT
"""How every benchmark prints its figures."""

missed = []


def figure(name, ours, peer=None, budget=None, unit="s", peer_name=""):
    """
    One line: name, ours, peer, ratio, budget, ok or MISS.

    With a peer the budget is a ratio of ours to the peer's; without one it is a limit of ours,
    in the same unit. Less is better in both.
    """
    ratio = ours / peer if peer else None
    measured = ratio if peer else ours
    verdict = "-" if budget is None else ("ok" if measured <= budget else "MISS")
    if verdict == "MISS":
        missed.append(name)
    print(
        f"{name:<40} ours {ours:.4g} {unit:<4}",
        f"{peer_name or 'peer'} {peer:.4g} {unit}" if peer else "no peer",
        f"ratio {ratio:.3f}" if peer else "",
        f"budget {budget:g}{'x' if peer else ' ' + unit}" if budget is not None else "no budget",
        verdict,
        sep="  ",
        flush=True,
    )
