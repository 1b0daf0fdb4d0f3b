"""Plausible names of invented people."""

FIRST_NAMES = (
    "Amara", "Ben", "Clara", "Daniel", "Elif", "Felix", "Greta", "Hassan", "Ines", "Jonas",
    "Katya", "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Quinn", "Rosa", "Samuel", "Tomasz",
    "Ulrike", "Viktor", "Wanda", "Xenia", "Yusuf", "Zofia", "Anton", "Beatriz", "Carlos", "Dilan",
)  # fmt: skip
LAST_NAMES = (
    "Adeyemi", "Bergmann", "Castillo", "Dubois", "Eriksen", "Fischer", "Grabowski", "Haddad", "Ivanova",
    "Jansen", "Kowalska", "Lindqvist", "Moreau", "Nguyen", "Okafor", "Petrov", "Quist", "Rossi", "Schneider",
    "Tanaka", "Ulmer", "Vogel", "Weber", "Yilmaz", "Zimmermann", "Arslan", "Brandt", "Conti", "Doyle",
)  # fmt: skip


def full_name(number: int) -> str:
    """The name of the person of that number; 870 people go by different names, then numbers help."""
    combinations = len(FIRST_NAMES) * len(LAST_NAMES)
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number % len(LAST_NAMES)]
    suffix = f" {number // combinations + 1}" if number >= combinations else ""
    return f"{first} {last}{suffix}"
