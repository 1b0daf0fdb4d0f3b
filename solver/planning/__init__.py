"""Appointments planned anew: repair after an absence, rebuild of a schedule; see `planner.make_plan`."""
