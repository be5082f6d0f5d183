"""Facts from Vietnamese reports on the New Rural Development programme (nông thôn mới)."""

from __future__ import annotations

__version__ = "0.1.0"
