"""Measure queries against step-wise plans and hand-written SQL, as whole processes, side by side."""
