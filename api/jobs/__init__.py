"""Work that nobody waits for: scenarios are solved, what died is rescued, what has run out is swept."""
