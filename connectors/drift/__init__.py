"""Whether a source still looks as its mapping expects, told before it does harm.

Each run's records are profiled (`shape`), compared with what is usual (`compare`, `likeness`, `baseline`) and
what differs is kept as findings (`findings`). While a finding is open, the canonical fields it endangers are
held: known values stay, everything else goes on. A rename is proposed and can be made into a draft mapping
(`repair`). The engine uses `Watch` alone.
"""

from connectors.drift.findings import accept
from connectors.drift.repair import repair
from connectors.drift.watch import Watch

__all__ = ["Watch", "accept", "repair"]
