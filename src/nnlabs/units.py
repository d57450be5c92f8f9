"""Times and powers as a person reads them."""

from __future__ import annotations

import math


def clock(seconds: float) -> str:
    """A time as `1:05:09`, or `5:09` below an hour.

    Args:
        seconds: how long.
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """A time as exact as an estimate can be: `40 s`, `12 min`, `3.5 h`; below two minutes in steps of 5 s.

    Args:
        seconds: how long.

    Example:
        >>> duration(3), duration(62), duration(700), duration(12_000)
        ('5 s', '60 s', '12 min', '3.3 h')
    """
    if seconds < 117.5:
        return f"{max(1, round(seconds / 5)) * 5} s"
    return f"{seconds / 60:.0f} min" if seconds < 5370 else f"{seconds / 3600:.1f} h"


def round_up(value: float) -> str:
    """A number above 0 with one digit, rounded up, for what comes after "at most".

    Example:
        >>> round_up(3.3e-16), round_up(4e-14), round_up(0)
        ('4e-16', '4e-14', '0e+00')
    """
    digit, exponent = f"{value:.6e}".split("e")
    up = math.ceil(float(digit))
    return f"{up}e{exponent}" if up < 10 else f"1e{int(exponent) + 1:+03d}"


def power_of_ten(exponent: int) -> str:
    """10 to a power, in letters.

    Example:
        >>> power_of_ten(-15)
        '10⁻¹⁵'
    """
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
