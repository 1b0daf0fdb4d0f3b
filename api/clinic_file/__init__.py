"""The clinic file: one JSON document that describes a clinic whole."""

from api.clinic_file.dump import dump_clinic
from api.clinic_file.parse import parse_clinic

__all__ = ["dump_clinic", "parse_clinic"]
