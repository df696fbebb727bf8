"""What must hold: clauses in prose, and the typed predicates that state the theorems."""
