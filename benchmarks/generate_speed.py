"""How fast a world is simulated and written as CSV (goal: 54,000 rows within 1.5 s of one core).

Prints CPU seconds after imports, how they grow with the rows, and whether partitions change a byte.
"""

from __future__ import annotations

import resource
import time
from hashlib import sha256

from customs_data.profile import load_profile
from customs_data.streams import secret_of_seed
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import simulate
from customs_data.writing import csv_chunks

GOAL = 1.5


def measure(rows: int, partitions: int = 1) -> tuple[float, float, str]:
    wall, cpu = time.perf_counter(), time.process_time()
    world = simulate(
        load_configuration(),
        secret_of_seed(0),
        n_declarations=rows,
        profile=load_profile(),
        n_workers=partitions,
    )
    digest = sha256()
    for chunk in csv_chunks(world.declarations):
        digest.update(chunk)
    return time.perf_counter() - wall, time.process_time() - cpu, digest.hexdigest()


def main() -> None:
    measure(1000)  # warm caches
    digests = {}
    print(f"{'rows':>10} {'partitions':>10} {'seconds':>8} {'CPU s':>8} {'CPU s / goal':>13}")
    for partitions in (1, 2, 7):
        wall, cpu, digests[partitions] = measure(54_000, partitions)
        print(f"{54_000:>10,} {partitions:>10} {wall:>8.2f} {cpu:>8.2f} {cpu / GOAL:>13.2f}")
    base = None
    for rows in (54_000, 216_000, 1_000_000):
        wall, cpu, _ = measure(rows, max(rows // 200_000, 1))
        base = base or cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        growth = f"{rows / 54_000:.1f} x rows, {cpu / base:.1f} x CPU, peak {peak:,.0f} MiB"
        print(f"{rows:>10,} {max(rows // 200_000, 1):>10} {wall:>8.2f} {cpu:>8.2f}   {growth}")
    same = "the same" if len(set(digests.values())) == 1 else "DIFFERENT"
    print(f"SHA-256 for 1, 2 and 7 partitions: {same}")


if __name__ == "__main__":
    main()
