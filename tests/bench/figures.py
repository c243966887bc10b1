"""Made-up measurements, with ratios that are easy to see."""

from tinyllm.bench.compare import measurement


def measured(name="training step", unit="ms", /, *, facts=None, **sides):
    """Sides as lists of rounds: tinyllm=[[1.0, 2.0], [1.0]]."""
    into = measurement(name, unit)
    for side, rounds in sides.items():
        extra = {"compiling": 0.0} | (facts or {})
        into["sides"][side] = [{"values": values, **extra} for values in rounds]
    return into


def at(quantity, size, **sides):
    """One size of growth."""
    found = measured(f"{quantity} {size}", **{side: [[ms]] for side, ms in sides.items()})
    return found | {"quantity": quantity, "size": size}
